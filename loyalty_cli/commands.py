"""The table of commands: the name of each, its line in `loyalty --help`, and how it is loaded.

A command is loaded when it is called, and its module loads the database, the web framework or Telegram when it runs. So
help is quick, and no command pays for the libraries of another. The lines of the help are here, because they are shown
before anything is loaded; a test compares them with the commands.
"""

import errno
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import click

from loyalty_cli.failures import explained
from loyalty_cli.groups import OrderedGroup


class ListedCommand(NamedTuple):
    """A command of `loyalty` that is not loaded yet."""

    summary: str
    load: Callable[[], click.Command]


def _demo() -> click.Command:
    from loyalty_cli.demo import demo

    return demo


def _serve() -> click.Command:
    from loyalty_cli.serve import serve

    return serve


def _api() -> click.Command:
    from loyalty_cli.serve import api

    return api


def _worker() -> click.Command:
    from loyalty_cli.workers import worker

    return worker


def _bot() -> click.Command:
    from loyalty_cli.workers import bot

    return bot


def _business() -> click.Command:
    from loyalty_cli.business import business

    return business


def _program() -> click.Command:
    from loyalty_cli.program import program

    return program


def _branch() -> click.Command:
    from loyalty_cli.branch import branch

    return branch


def _staff() -> click.Command:
    from loyalty_cli.staff import staff

    return staff


def _customers() -> click.Command:
    from loyalty_cli.customers import customers

    return customers


def _key() -> click.Command:
    from loyalty_cli.key import key

    return key


def _deliveries() -> click.Command:
    from loyalty_cli.deliveries import deliveries

    return deliveries


def _listen() -> click.Command:
    from loyalty_cli.listen import listen

    return listen


def _trigger() -> click.Command:
    from loyalty_cli.trigger import trigger

    return trigger


def _mcp() -> click.Command:
    from loyalty_cli.agent import mcp

    return mcp


def _export() -> click.Command:
    from loyalty_cli.backup_and_export import export

    return export


def _backup() -> click.Command:
    from loyalty_cli.backup_and_export import backup

    return backup


def _restore() -> click.Command:
    from loyalty_cli.backup_and_export import restore

    return restore


def _move() -> click.Command:
    from loyalty_cli.move import move

    return move


def _migrate() -> click.Command:
    from loyalty_cli.database import migrate

    return migrate


def _doctor() -> click.Command:
    from loyalty_cli.doctor import doctor

    return doctor


COMMANDS = {
    "demo": ListedCommand("Open a café with made-up customers; say what to try.", _demo),
    "serve": ListedCommand(
        "Serve one shop or a hundred, all in one process: the API, the Telegram bots, "
        "and a worker that delivers webhooks.",
        _serve,
    ),
    "api": ListedCommand(
        "Serve the API only, in several processes if you like; `loyalty worker` delivers the webhooks.", _api
    ),
    "worker": ListedCommand(
        "Deliver webhooks only, beside `loyalty api`; any number of these share the work.", _worker
    ),
    "bot": ListedCommand("Run the Telegram bots only, beside `loyalty api`; any number of these share the work.", _bot),
    "business": ListedCommand("Open shops, list them, change and delete them, bring them into the chat.", _business),
    "program": ListedCommand("The programs of a shop, each a stamp card of its own: ten may be in use.", _program),
    "branch": ListedCommand("The places of a shop, for those who have more than one.", _branch),
    "staff": ListedCommand("The people who work in a shop: invite them, list them, remove them.", _staff),
    "customers": ListedCommand(
        "Bring customers in from a spreadsheet, take them out again; show and erase what is kept of one.", _customers
    ),
    "key": ListedCommand("API keys: make them, list them, close them.", _key),
    "deliveries": ListedCommand("Webhooks on their way: hold them back, and let them go.", _deliveries),
    "listen": ListedCommand("Show the events of a shop as they happen; forward them to your own machine.", _listen),
    "trigger": ListedCommand("Make an event happen, so that your receiver can be tried.", _trigger),
    "mcp": ListedCommand("Let an agent on this machine work in a shop, over its API.", _mcp),
    "export": ListedCommand("Write all that a shop owns into open files.", _export),
    "backup": ListedCommand("Copy the whole database into one file, and prove the copy.", _backup),
    "restore": ListedCommand("Put a backup back in its place.", _restore),
    "move": ListedCommand(
        "Move everything, or some shops, to another database: SQLite, PostgreSQL or a Citus cluster.", _move
    ),
    "migrate": ListedCommand("Set the database up, or bring it up to date.", _migrate),
    "doctor": ListedCommand("Check everything, every card too; say what to correct.", _doctor),
}


class CommandTable(Mapping[str, click.Command]):
    """All commands by name. A command is loaded when it is looked up."""

    def __getitem__(self, name: str) -> click.Command:
        """Load a command. Raises KeyError if none has that name."""
        return COMMANDS[name].load()

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of the list."""
        return iter(COMMANDS)

    def __len__(self) -> int:
        """The number of commands."""
        return len(COMMANDS)


class RootGroup(OrderedGroup):
    """The outermost group: lists commands without loading them, prints a failure in one line, or all with --debug."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        del ctx
        room = formatter.width - 6 - max(map(len, COMMANDS))  # as much as click leaves for it
        with formatter.section("Commands"):
            formatter.write_dl([(name, _cut(listed.summary, room)) for name, listed in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if ctx.params["debug"] or getattr(error, "errno", None) == errno.EPIPE:
                raise
            raise explained(error) from error


def _cut(summary: str, room: int) -> str:
    """A summary, cut as click cuts it."""
    return click.Command(None, help=summary).get_short_help_str(room)
