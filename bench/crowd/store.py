"""Crowds that are filled once for several benchmarks, in a folder, or for one run alone.

With a folder (`--folder`) the SQLite files and the data of a PostgreSQL server stay there and are used again; the
server is still stopped. The stamps of a benchmark stay in them too.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import msgspec

from bench.crowd.fill import fill
from bench.crowd.shape import Crowd
from bench.crowd.warm import warm
from bench.databases import Databases, execute
from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, list_businesses
from testkit.servers import stop_all

DATABASES = ("SQLite", "PostgreSQL")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A filled database: its kind, its settings, its crowd and its shops."""

    database: str
    settings: Settings
    crowd: Crowd
    shops: list[Business]


class Crowds:
    """Finds crowds in a folder, or makes them."""

    def __init__(self, folder: Path) -> None:
        self.databases = Databases(folder)

    def find(self, database: str, crowd: Crowd, name: str = "crowd") -> Place:
        """The crowd in that kind of database, filled if it does not exist yet."""
        whole = f"{name}_{crowd.shops}_{crowd.customers}_{crowd.stamps}"
        settings, there = self._sqlite(whole) if database == "SQLite" else self._postgres(whole)
        if not there:
            fill(settings, crowd)
        migrate(settings)  # also tells SQLite again what its tables hold: filling drops indexes, and that with them
        shops = asyncio.run(_shops(settings))
        warm(settings)
        return Place(database=database, settings=settings, crowd=crowd, shops=shops)

    def _sqlite(self, name: str) -> tuple[Settings, bool]:
        settings = self.databases.sqlite(name)
        return settings, settings.sqlite_path.exists()

    def _postgres(self, name: str) -> tuple[Settings, bool]:
        url = urlsplit(self.databases.server)._replace(path=f"/{name}").geturl()
        there = asyncio.run(_is_there(self.databases.server, name))
        if not there:
            execute(self.databases.server, f'CREATE DATABASE "{name}"')
        return Settings(database_url=url), there


async def _is_there(server: str, name: str) -> bool:
    connection = await asyncpg.connect(server)
    found = await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name)
    await connection.close()
    return bool(found)


async def _shops(settings: Settings) -> list[Business]:
    database = open_database(settings)
    found = await list_businesses(database)
    await database.close()
    return list(found)


@contextmanager
def crowds(folder: str | None) -> Iterator[Crowds]:
    """Crowds in a folder, or in one that is removed afterwards; servers are stopped."""
    with tempfile.TemporaryDirectory() as fresh:
        where = Path(folder or fresh)
        where.mkdir(parents=True, exist_ok=True)
        try:
            yield Crowds(where.absolute())
        finally:
            stop_all(where.absolute())
