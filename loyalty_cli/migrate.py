"""The schema: `loyalty migrate`."""

import click

from loyalty_app.db.migrate import migrate as bring_to_newest
from loyalty_app.db.migrate import newest, version_of
from loyalty_app.settings import read_settings
from loyalty_cli import options
from loyalty_cli.database import place
from loyalty_cli.output import tell


@click.command()
@options.as_json
def migrate(*, as_json: bool) -> None:
    """Set the database up, or bring it up to date.

    For after an update of the program; `loyalty serve` does the same when it starts, and it is safe to run twice. Make
    a copy of your data before an update: the way back is the copy.
    """
    settings = read_settings()
    before = version_of(settings)
    bring_to_newest(settings)
    after = newest()
    if before == after:
        words = f"Nothing to do: {place(settings)} is at version {after} already."
    else:
        words = f"Brought {place(settings)} from {before or 'nothing'} to version {after}."
    tell({"from": before, "to": after, "changed": before != after}, words, as_json=as_json)
