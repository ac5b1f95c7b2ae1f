"""The console command `loyalty`: which commands there are, and what all of them share.

Each topic has a module of its own. Commands parse, call one verb of `loyalty_app` and say what came of it; no rule and
no SQL lives here. The application that answers HTTP is started by its name, never imported.
"""

import io
import sys

import click

from loyalty_app.cli.backup import backup, restore
from loyalty_app.cli.bot import bot
from loyalty_app.cli.branch import branch
from loyalty_app.cli.business import business
from loyalty_app.cli.customers import customers
from loyalty_app.cli.deliveries import deliveries
from loyalty_app.cli.demo import demo
from loyalty_app.cli.doctor import doctor
from loyalty_app.cli.export import export
from loyalty_app.cli.failures import OneLineFailures
from loyalty_app.cli.key import key
from loyalty_app.cli.logs import log_to_stderr
from loyalty_app.cli.schema import migrate
from loyalty_app.cli.serving import api, serve
from loyalty_app.cli.staff import staff
from loyalty_app.cli.worker import worker

__all__ = ["main"]


@click.group(cls=OneLineFailures, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="loyalty-stamps", prog_name="loyalty", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, envvar="LOYALTY_DEBUG", help="Show where in the program something went wrong.")
def loyalty(*, debug: bool) -> None:
    """Digital stamp cards for shops.

    New here? `loyalty demo` opens a café with made-up customers and shows what to try. For a shop of your own:

    \b
      loyalty business create --name "Bean & Leaf" --reward "A free coffee" --plan professional
      loyalty serve

    Settings come from variables named LOYALTY_… or from a file named .env in the folder you are in; without any, all
    data is kept in the file loyalty.db there.
    """  # noqa: D301  # \b is click's mark for lines that stay as they are
    del debug  # read by OneLineFailures
    log_to_stderr()


for command in (
    demo,
    serve,
    api,
    worker,
    bot,
    business,
    branch,
    staff,
    customers,
    key,
    deliveries,
    export,
    backup,
    restore,
    migrate,
    doctor,
):
    loyalty.add_command(command)


def main() -> None:
    """Run the command that was typed."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter shows ? for it
    loyalty()
