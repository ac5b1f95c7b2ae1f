"""The database: how a command opens it for a moment, also while a server uses it; and `loyalty migrate`."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

from loyalty_app.settings import Settings, read_settings
from loyalty_cli import options
from loyalty_cli.failures import CommandFailed
from loyalty_cli.output import counted, tell
from loyalty_core.errors import InvalidRequest

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from loyalty_app.db.engine import Database
    from loyalty_app.shops.businesses import Business

Result = TypeVar("Result")


def with_database(work: "Callable[[Database], Awaitable[Result]]", *, make: bool = False) -> Result:
    """Run `work` on the database of the settings; an empty database is set up if `make` is True.

    Raises SettingsError, or CommandFailed if the schema is not the newest.
    """
    import asyncio

    from loyalty_app.db.engine import open_database
    from loyalty_app.db.sqlite.server_lock import check_name

    settings = read_settings()
    check_name(settings)
    check_schema(settings, make=make)

    async def opened() -> Result:
        database = open_database(settings, unhurried=True)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


def with_shop(business_id: int, work: "Callable[[Database], Awaitable[Result]]") -> Result:
    """Run `work`, which changes a shop, on the database of the settings.

    Raises InvalidRequest if there is no such shop, if it has moved or is being deleted; and what `with_database` does.
    """
    return _checked(_check_can_change, business_id, work)


def with_whole_shop(business_id: int, work: "Callable[[Database], Awaitable[Result]]") -> Result:
    """Run `work`, which writes out all of a shop, on the database of the settings.

    Raises InvalidRequest if there is no such shop, or if it is being deleted; and what `with_database` does.
    """
    return _checked(_check_is_whole, business_id, work)


def _checked(
    check: "Callable[[Connection, int], Business]", business_id: int, work: "Callable[[Database], Awaitable[Result]]"
) -> Result:
    async def checked(database: "Database") -> Result:
        await database.read(lambda connection: check(connection, business_id))
        return await work(database)

    return with_database(checked)


def _check_can_change(connection: "Connection", business_id: int) -> "Business":
    shop = _check_is_whole(connection, business_id)
    if shop.moved_to:
        raise InvalidRequest.field("business", f"{business_id} has moved to {shop.moved_to}: give the command there")
    return shop


def _check_is_whole(connection: "Connection", business_id: int) -> "Business":
    from loyalty_app.shops.businesses import being_deleted, find_business

    shop = find_business(connection, business_id)
    if shop.is_closing:
        raise being_deleted(business_id)
    return shop


def check_schema(settings: Settings, *, make: bool = False) -> None:
    """Raise CommandFailed unless the schema is the newest; an empty database is set up if `make` is True."""
    from loyalty_app.db.migrate import check_known, newest, version_of
    from loyalty_app.db.migrate import migrate as bring_to_newest

    version = version_of(settings)
    check_known(version)
    if version is None and make:
        bring_to_newest(settings)
    elif version is None:
        message = f"There is nothing yet in {place(settings)}. Is it the right one? `loyalty migrate` sets it up."
        raise CommandFailed(message)
    elif version != newest():
        message = f"The database is at version {version}, this program needs {newest()}: run `loyalty migrate`."
        raise CommandFailed(message)


def place(settings: Settings) -> str:
    """Where the data is, without a password."""
    if settings.on_sqlite:
        return f"the SQLite file {settings.sqlite_path.absolute()}"
    from loyalty_app.db.postgres.parameters import read_parameters

    return f"the database {read_parameters(settings.database_url).without_password}"


@click.command()
@click.option("--repair", is_flag=True, help="Also add tables, columns and indexes that `loyalty doctor` misses.")
@options.as_json
def migrate(*, repair: bool, as_json: bool) -> None:
    """Set the database up, or bring it up to date.

    For after an update of the program; `loyalty serve` does the same when it starts, and it is safe to run twice. Make
    a copy of your data before an update: the way back is the copy.
    """
    from loyalty_app.db.migrate import migrate as bring_to_newest
    from loyalty_app.db.migrate import newest, version_of
    from loyalty_app.db.migrate import repair as add_missing

    settings = read_settings()
    before = version_of(settings)
    lost = bring_to_newest(settings)
    after = newest()
    added = add_missing(settings) if repair else []
    if before == after and lost:
        words = f"Moved {counted(len(lost), 'table')} of {place(settings)} to the right place on the cluster."
    elif before == after:
        words = f"Nothing to do: {place(settings)} is at version {after} already."
    else:
        words = f"Brought {place(settings)} from {before or 'nothing'} to version {after}."
    if repair:
        words += "".join(f"\nAdded, because {one}." for one in added) or "\nNothing was missing that could be added."
    answer = {"from": before, "to": after, "changed": before != after or bool(added or lost)}
    tell({**answer, **({"added": added} if repair else {})}, words, as_json=as_json)
