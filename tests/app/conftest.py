"""Databases for the tests: every test that asks for one of each kind runs on SQLite, on PostgreSQL, and on Citus.

A fresh one costs milliseconds: the SQLite file is a copy of one that was migrated before, the PostgreSQL database is a
copy that is emptied for each test. Only where LOYALTY_TEST_CITUS_URL names a cluster there is one of Citus.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from loyalty_app.customers import search
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.postgres.server import PostgresServer
from loyalty_app.settings import Settings
from loyalty_app.upkeep import posting_lists
from loyalty_core.errors import CustomerNotFound
from testkit import migrated
from testkit.citus import SERVERS, citus_url, empty_citus, fresh_citus
from testkit.console import A_KEY
from testkit.migrated import Emptier, look_elsewhere, migrated_sqlite
from testkit.shop import Shop, open_shop


@pytest.fixture(scope="session")
def sqlite_template(home: Path) -> Path:
    """A migrated SQLite file to copy."""
    return migrated_sqlite(home)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_postgres(home: Path, postgres_url: str) -> AsyncIterator[Emptier]:
    """A migrated PostgreSQL database for all tests of this process, and what empties it."""
    async with migrated.migrated_postgres(home, postgres_url) as url:
        emptier = Emptier(url)
        yield emptier
        emptier.close()


@pytest.fixture
def sqlite_settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """A SQLite file of this test's own, with the newest schema and nothing in it."""
    path = tmp_path / "loyalty.db"
    shutil.copy(sqlite_template, path)
    return Settings(database_url=f"sqlite:///{path}", webhook_allow="127.0.0.0/8")


@pytest_asyncio.fixture(loop_scope="session")
async def postgres_settings(
    migrated_postgres: Emptier, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A PostgreSQL database with the newest schema and nothing in it.

    Nobody looks whether a pooler stands before it, unless a test is about that.
    """
    await migrated_postgres.empty()
    if "looks" not in request.fixturenames:
        monkeypatch.setattr(PostgresServer, "_looks_pooled", look_elsewhere(migrated_postgres.url))
    return Settings(database_url=migrated_postgres.url, secret_key=A_KEY, webhook_allow="127.0.0.0/8")


@pytest.fixture
def looks() -> None:
    """Servers look whether a pooler stands before the database, as they do."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_citus() -> AsyncIterator[str]:
    """A migrated database on the cluster for tests, for all tests of this process."""
    async with fresh_citus(str(citus_url())) as url:
        await asyncio.to_thread(migrate, Settings(database_url=url))
        yield url


@pytest.fixture
async def citus_settings(migrated_citus: str) -> Settings:
    """A database on a cluster with the newest schema and nothing in it."""
    await empty_citus(migrated_citus)
    return Settings(database_url=migrated_citus, secret_key=A_KEY, webhook_allow="127.0.0.0/8")


DATABASES = ("sqlite", *SERVERS)


def fresh_database(request: pytest.FixtureRequest, kind: str) -> Settings:
    """A database of a kind with the newest schema and nothing in it."""
    names = {"sqlite": "sqlite_settings", "postgresql": "postgres_settings", "citus": "citus_settings"}
    found: Settings = request.getfixturevalue(names[kind])
    return found


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest) -> Settings:
    """A fresh database of each kind: a test that asks for it, or for what stands on it, runs on all."""
    return fresh_database(request, request.param)


@pytest.fixture(params=SERVERS)
def server_settings(request: pytest.FixtureRequest) -> Settings:
    """A fresh database on each kind of server, for what a file cannot do."""
    return fresh_database(request, request.param)


@pytest.fixture
async def citus_database() -> AsyncIterator[str]:
    """A new, empty database on the cluster for this test."""
    async with fresh_citus(str(citus_url())) as url:
        yield url


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A database of each kind in which nothing is yet."""
    if request.param == "sqlite":
        return Settings(database_url=f"sqlite:///{tmp_path}/empty.db")
    names = {"postgresql": "postgres_database", "citus": "citus_database"}
    return Settings(database_url=request.getfixturevalue(names[request.param]))


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings)
    yield database
    await database.close()


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    """Bean & Leaf, whose ten stamps make a coffee, with a counter that is open."""
    shop = await open_shop(database)
    yield shop
    await shop.counter.close()


@pytest.fixture
async def second_database(settings: Settings) -> AsyncIterator[Database]:
    """The same data, as a second process opens it."""
    database = open_database(settings)
    yield database
    await database.close()


@pytest.fixture
async def twin(shop: Shop, second_database: Database) -> AsyncIterator[Shop]:
    """The same shop as a second process sees it: a database and a counter of its own, on the same data."""
    twin = Shop(second_database, shop.business, shop.clock)
    with pytest.raises(CustomerNotFound):  # connected and prepared, it is as fast as the first
        await twin.stamp(0)
    yield twin
    await twin.counter.close()


@pytest.fixture
def large_shops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every shop is a large one for searching, and what three customers have is frequent."""
    for module in (search, posting_lists):
        monkeypatch.setattr(module, "SMALL_SHOP", 0)
    monkeypatch.setattr(search, "FEW", 6)
    monkeypatch.setattr(search, "WALKED", 0)
