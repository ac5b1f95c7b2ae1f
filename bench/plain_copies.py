"""Plain copies: the rows of a database go into an empty one of the same kind by the database's own means.

That is what a move is compared with: nobody looks at the rows, nobody writes meanwhile, nothing is proven. The tables
have their keys and indexes, as those have into which rows are moved. PostgreSQL copies out into a file, and in again;
SQLite selects into the other file.
"""

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from bench.databases import Databases
from loyalty_app.db.migrate import migrate
from loyalty_app.db.sqlite.engine import driver
from loyalty_app.db.tables import metadata
from loyalty_app.settings import Settings

TABLES = tuple(f'"{table.name}"' for table in metadata.sorted_tables)


def plain_copy(databases: Databases, source: Settings) -> Callable[[], None]:
    """Make an empty database of the same kind; return what copies all rows of the source into it."""
    if source.on_sqlite:
        target = databases.sqlite("plain")
        migrate(target)
        return lambda: _within_sqlite(source.sqlite_path, target.sqlite_path)
    other = databases.postgres("plain")
    migrate(other)
    return lambda: asyncio.run(_within_postgres(source.database_url, other.database_url))


def _within_sqlite(source: Path, target: Path) -> None:
    with closing(driver.connect(str(target), isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("ATTACH ? AS old", [str(source)])
        connection.execute("BEGIN")
        for table in TABLES:
            connection.execute(f"DELETE FROM main.{table}")  # noqa: S608  # our own
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table}")  # noqa: S608  # the same
        connection.execute("COMMIT")


async def _within_postgres(source: str, target: str) -> None:
    old, new = await asyncpg.connect(source), await asyncpg.connect(target)
    try:
        async with new.transaction():
            for table in TABLES:
                await new.execute(f"DELETE FROM {table}")  # noqa: S608  # our own
                await _through_a_file(old, new, table.strip('"'))
    finally:
        await old.close()
        await new.close()


async def _through_a_file(old: Any, new: Any, table: str) -> None:  # noqa: ANN401  # the driver's, untyped
    with tempfile.NamedTemporaryFile() as file:
        await old.copy_from_table(table, output=file.name, format="binary")
        await new.copy_to_table(table, source=file.name, format="binary")


def server_process(databases: Databases) -> int | None:
    """The process of the PostgreSQL server that was started for this run; None if it is one of your own."""
    found = next(iter(databases.folder.rglob("postmaster.pid")), None)
    named = urlsplit(databases.server).query
    return int(found.read_text().split()[0]) if found is not None and str(databases.folder) in named else None
