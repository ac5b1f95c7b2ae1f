"""Migrated databases to copy, made once for all test processes: by the first that asks, in the home of the servers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
from filelock import FileLock

from loyalty_app.db import held_shops
from loyalty_app.db.migrate import migrate
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.db.postgres.server import PostgresServer
from loyalty_app.db.tables import metadata
from loyalty_app.settings import Settings
from testkit import servers

FORGET = """DO $$ DECLARE one text; BEGIN
FOR one IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname <> 'alembic_version' AND reltuples = 0 AND relpages > 0
LOOP EXECUTE 'TRUNCATE ' || one || ' CASCADE'; END LOOP; END $$"""
"""Tables that PostgreSQL looked at while they were empty are as if they were new.

Why: it would plan for no rows in the next test, which may have ten thousand.
"""
EMPTY = "; ".join(
    [
        *(f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)),  # noqa: S608  # our own names
        FORGET,
        "SELECT setval(sequencename::regclass, start_value, false) FROM pg_sequences WHERE schemaname = 'public'",
    ]
)


def migrated_sqlite(home: Path) -> Path:
    """A SQLite file with the newest schema and nothing in it, to be copied."""
    made = home / "migrated-sqlite" / "loyalty.db"
    with FileLock(home / "migrated-sqlite.lock"):
        if not made.exists():
            made.parent.mkdir()
            new = made.with_name("new.db")
            migrate(Settings(database_url=f"sqlite:///{new}"))
            new.rename(made)
    return made


@asynccontextmanager
async def migrated_postgres(home: Path, url: str) -> AsyncIterator[str]:
    """Yield the URL of a new PostgreSQL database with the newest schema, and drop it afterwards."""
    async with servers.fresh_postgres(url, template=await asyncio.to_thread(_template, home, url)) as copy:
        yield copy


def _template(home: Path, url: str) -> str:
    """The name of a migrated database to which nobody is connected."""
    note = home / servers.TEMPLATE
    with FileLock(home / f"{servers.TEMPLATE}.lock"):
        if not note.exists():
            name = f"migrated_{uuid4().hex}"
            asyncio.run(servers.execute(url, f'CREATE DATABASE "{name}"'))
            migrate(Settings(database_url=servers.database_at(url, name)))
            note.write_text(name)
    return note.read_text()


Look = Callable[[PostgresServer], Awaitable[bool]]


def look_elsewhere(url: str) -> Look:
    """How servers look for a pooler, except for a database where there is none for certain: each look is a session."""
    look, known = PostgresServer._looks_pooled, read_parameters(url).hosts  # noqa: SLF001 - what it stands for

    async def look_if_unknown(server: PostgresServer) -> bool:
        return server.parameters.hosts != known and await look(server)

    return look_if_unknown


class Emptier:
    """Empties a migrated PostgreSQL database again and again.

    Its connection stays open: a new one has to learn of every table first, which takes ten times as long.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: asyncpg.Connection | None = None

    async def empty(self) -> None:
        """Delete all rows, and let all ids begin again."""
        try:
            await self._empty()
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError):
            self._connection = None  # a test has ended all connections, or the server
            await self._empty()

    async def _empty(self) -> None:
        if self._connection is None:
            self._connection = await asyncpg.connect(self.url, server_settings={"synchronous_commit": "off"})
        try:
            await self._connection.execute(EMPTY)
        except asyncpg.LockNotAvailableError:  # a test has left a shop that is held
            await self._connection.execute(f"DROP FUNCTION {held_shops.NAME}() CASCADE")
            await self._connection.execute(EMPTY)

    def close(self) -> None:
        """Close the connection, if it is there."""
        if self._connection is not None:
            self._connection.terminate()  # whatever a test did to it
