"""The database: how a command gets at the database, for a moment, whether or not a server uses it meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import make_url

from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import check_known, migrate, newest, version_of
from loyalty_app.settings import Settings, read_settings
from loyalty_cli.failures import CommandFailed

Result = TypeVar("Result")


def with_database(work: Callable[[Database], Awaitable[Result]], *, make: bool = False) -> Result:
    """Run `work` on the database of the settings; one that is still empty is set up if `make` says so."""
    settings = read_settings()
    _check_schema(settings, make=make)

    async def opened() -> Result:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


def _check_schema(settings: Settings, *, make: bool) -> None:
    version = version_of(settings)
    check_known(version)
    if version is None and make:
        migrate(settings)
    elif version is None:
        message = f"There is nothing yet in {place(settings)}. Is it the right one? `loyalty migrate` sets it up."
        raise CommandFailed(message)
    elif version != newest():
        message = f"The database is at version {version}, this program needs {newest()}: run `loyalty migrate`."
        raise CommandFailed(message)


def place(settings: Settings) -> str:
    """Where the data lies, without a password."""
    if settings.on_sqlite:
        return f"the SQLite file {settings.sqlite_path.absolute()}"
    return f"the database {make_url(settings.database_url).render_as_string(hide_password=True)}"
