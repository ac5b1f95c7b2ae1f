"""Fresh databases and a Redis to measure on, which are removed afterwards.

PostgreSQL and Redis are those of the tests (`testkit.servers`): started on loopback for one run, from wheels where the
machine has none. PostgreSQL is configured as `docs/howto/grow.md` says. `LOYALTY_BENCH_POSTGRES_URL` names a PostgreSQL
server of your own; its role must be allowed to create databases.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from loyalty_app.settings import Settings
from testkit.servers import start_postgres, start_redis, stop_all

SELDOM = "max_wal_size = 8GB\ncheckpoint_timeout = 30min\n"


class Databases:
    """Makes databases: SQLite files in a folder, and databases on a server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: str | None = None
        self._made: list[str] = []

    @property
    def server(self) -> str:
        """The URL of the PostgreSQL server, which is started on first use."""
        if self._server is None:
            self._server = os.environ.get("LOYALTY_BENCH_POSTGRES_URL") or start_postgres(
                self.folder, more=settings_of_a_server()
            )
        return self._server

    def sqlite(self, name: str) -> Settings:
        """Settings for a SQLite file that does not exist yet."""
        return Settings(database_url=f"sqlite:///{self.folder}/{name}.db")

    def postgres(self, name: str) -> Settings:
        """Settings for a new, empty PostgreSQL database."""
        database = f"bench_{name}_{uuid4().hex[:8]}"
        execute(self.server, f'CREATE DATABASE "{database}"')
        self._made.append(database)
        return Settings(database_url=urlsplit(self.server)._replace(path=f"/{database}").geturl())

    def redis(self) -> str:
        """The URL of a Redis."""
        return start_redis(self.folder)

    def clear(self) -> None:
        """Drop the databases and stop the servers that were made here."""
        for database in self._made:
            execute(self.server, f'DROP DATABASE "{database}" WITH (FORCE)')
        stop_all(self.folder)


def settings_of_a_server() -> str:
    """The advice of `docs/howto/grow.md` for PostgreSQL: a quarter of the memory for pages, and rare checkpoints."""
    try:
        quarter = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4
    except (ValueError, AttributeError):  # not every system has these
        return SELDOM
    return f"{SELDOM}shared_buffers = {quarter >> 20}MB\n"


def execute(url: str, *statements: str) -> None:
    """Run statements on a PostgreSQL database, each in a transaction of its own."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


@contextmanager
def open_databases() -> Iterator[Databases]:
    """A folder and servers for one run."""
    with tempfile.TemporaryDirectory() as folder:
        opened = Databases(Path(folder))
        try:
            yield opened
        finally:
            opened.clear()


@contextmanager
def fresh_databases() -> Iterator[dict[str, Settings]]:
    """A fresh SQLite file and a fresh PostgreSQL database."""
    with open_databases() as opened:
        yield {"SQLite": opened.sqlite("bench"), "PostgreSQL": opened.postgres("bench")}
