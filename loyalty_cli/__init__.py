"""The console command `loyalty`: its commands, and what all of them share.

Each topic has a module of its own. Commands parse, call one verb of `loyalty_app` and print the outcome; no rule and no
SQL lives here. What is slow to load is imported inside the function that needs it, so that help comes at once.
"""

import io
import os
import sys

import click

from loyalty_app.private_files import UMASK
from loyalty_cli.commands import CommandTable, RootGroup
from loyalty_cli.logs import log_to_stderr

__all__ = ["main"]


@click.group(
    cls=RootGroup,
    commands=CommandTable(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
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
    del debug  # RootGroup reads it
    log_to_stderr()


def main() -> None:
    """Run the command that was typed. What it writes is for its owner alone."""
    os.umask(UMASK)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter shows ? for it
    loyalty()
