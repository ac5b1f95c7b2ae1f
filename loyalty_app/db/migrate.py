"""Migrations: bring the schema of a database to the newest version, or read its version. Alembic does the work.

Why versions are compared first: Alembic takes long to load, and most databases are up to date. A dialect takes long as
well, so each is loaded for a database that speaks it.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, inspect, text

from loyalty_app.db.citus import distribution
from loyalty_app.db.held_shops import hold_all, release_all
from loyalty_app.db.move_mark import refuse_marked
from loyalty_app.db.schema import add_missing
from loyalty_app.db.sqlite import statistics
from loyalty_app.db.sqlite.server_lock import check_folder
from loyalty_app.settings import Settings, SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

Result = TypeVar("Result")

MIGRATION_LOCK = 0x10A17
MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415  # see above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def known() -> list[str]:
    """The schema versions that this code knows, from the names of their files; the oldest first."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def newest() -> str:
    """The schema version that this code needs."""
    return known()[-1]


def current(connection: Connection) -> str | None:
    """The schema version of a database, or None if it is empty. Raises SettingsError if a move has marked it."""
    refuse_marked(connection)
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  # our own
    return version


def check_known(version: str | None) -> None:
    """Raise SettingsError if a schema version comes from a newer release than this code."""
    if version is not None and version not in known():
        message = (
            f"LOYALTY_DATABASE_URL names a database of version {version}, made by a newer release than this one, "
            f"which knows the versions up to {newest()}. Update the program."
        )
        raise SettingsError(message)


def version_of(settings: Settings) -> str | None:
    """The schema version of the database in the settings; None if it is empty or missing. Changes nothing.

    Call it where no event loop runs. Raises SettingsError if the SQLite file is none, or as `current` does.
    """
    if not settings.on_sqlite:
        return asyncio.run(_version_of_postgres(settings.direct_url))
    if not settings.sqlite_path.exists():
        return None
    check_folder(settings)
    from loyalty_app.db.sqlite import engine as sqlite  # noqa: PLC0415  # see above

    engine = sqlite.open_engine(settings.sqlite_path, read_only=True)
    try:
        with engine.connect() as connection:
            return current(connection)
    finally:
        engine.dispose()


async def _version_of_postgres(url: str) -> str | None:
    from loyalty_app.db.postgres import engine as postgres  # noqa: PLC0415  # see above

    engine = postgres.open_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(current)
    finally:
        await engine.dispose()


def upgrade(connection: Connection, *, kind: str = "auto") -> list[str]:
    """Bring the schema to the newest version; two processes that do so at once wait for each other.

    On a cluster each table is brought to where it belongs, and those that were elsewhere are returned; `kind` is
    LOYALTY_DATABASE_KIND, which says what it must be.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    version = current(connection)
    check_known(version)
    with _brought_home(connection, kind) as lost:
        if version != newest():
            _run_migrations(connection)
    if connection.dialect.name == "sqlite":
        statistics.describe(connection)
    return lost


@contextmanager
def _brought_home(connection: Connection, kind: str) -> Iterator[list[str]]:
    """Bring tables on a cluster to where they belong, also those that the block makes; at its end they are in the list.

    Raises as `_is_spread` does.
    """
    lost: list[str] = []
    if not _is_spread(connection, kind):
        yield lost
        return
    with distribution.changing(connection) if distribution.is_distributed(connection) else nullcontext():
        yield lost
    lost += distribution.distribute(connection)
    _ask_again_for_clusters()


def _ask_again_for_clusters() -> None:
    from loyalty_app.db.citus.cluster import find_cluster  # noqa: PLC0415  # see above

    find_cluster.cache_clear()


def _is_spread(connection: Connection, kind: str) -> bool:
    """Whether the tables are to be spread over the machines of a cluster. Raises SettingsError if there is none."""
    if connection.dialect.name != "postgresql" or kind == "postgresql":
        return False
    found = distribution.is_citus(connection)
    if kind == "citus" and not found:
        message = (
            "LOYALTY_DATABASE_KIND is citus, but LOYALTY_DATABASE_URL leads to no coordinator of a cluster: it needs"
            " the extension citus, and machines that citus_add_node has made known."
        )
        raise SettingsError(message)
    return found


def _run_migrations(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  # see above

    release_all(connection)
    command.upgrade(_config(connection), "head")
    add_missing(connection)  # a database may have come by an earlier form of a migration
    hold_all(connection)


def migrate(settings: Settings) -> list[str]:
    """Bring the database in the settings to the newest schema. Call it where no event loop runs.

    Return the tables that were brought to where they belong on a cluster. Raises SettingsError if the folder of a
    SQLite file is missing, or the database comes from a newer release.
    """
    return _in_transaction(settings, partial(upgrade, kind=settings.database_kind))


def repair(settings: Settings) -> list[str]:
    """Migrate, and add what is missing in a database of the newest version; return what was added.

    Raises SettingsError, as `migrate` does.
    """

    def work(connection: Connection) -> list[str]:
        upgrade(connection, kind=settings.database_kind)
        with _brought_home(connection, settings.database_kind):
            return add_missing(connection)

    return _in_transaction(settings, work)


def _in_transaction(settings: Settings, work: Callable[[Connection], Result]) -> Result:
    if not settings.on_sqlite:
        done = asyncio.run(_in_transaction_of_postgres(settings.direct_url, work))
        _ask_again_for_clusters()  # it may be one now
        return done
    from loyalty_app.db.sqlite import engine as sqlite  # noqa: PLC0415  # see above

    check_folder(settings)
    engine = sqlite.open_engine(settings.sqlite_path, unhurried=True)
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


async def _in_transaction_of_postgres(url: str, work: Callable[[Connection], Result]) -> Result:
    from loyalty_app.db.postgres import engine as postgres  # noqa: PLC0415  # see above

    engine = postgres.open_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
