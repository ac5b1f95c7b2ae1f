"""PgBouncer in transaction mode: everything works behind it, and what cannot is refused with a way out."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_app.backups.archive import BackupRefused
from loyalty_app.backups.create import make_backup
from loyalty_app.clock import utc_now
from loyalty_app.db.migrate import migrate, version_of
from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.db.postgres.server import Limits
from loyalty_app.settings import Settings
from loyalty_app.shops.api_keys import create_key
from loyalty_core.errors import Busy
from testkit import pgbouncer
from testkit.audit import assert_books_balance
from testkit.builders import NOON
from testkit.concurrency import at_once
from testkit.shop import Shop, holder_of, open_shop
from tests.conftest import leg

CROWD = 15


@pytest.fixture
def pooled(postgres_settings: Settings, home: Path, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database through PgBouncer."""
    leg("PgBouncer", lambda _: pgbouncer.program(), home)
    with pgbouncer.open_pgbouncer(postgres_settings.database_url, tmp_path) as url:
        yield url


async def test_two_processes_share_few_sessions_and_everything_works(pooled: str) -> None:
    databases = [PostgresDatabase(pooled) for _ in range(2)]
    shop = await open_shop(databases[0])
    twin = Shop(databases[1], shop.business, shop.clock)
    people = await asyncio.gather(*(till.join() for till in (shop, twin) for _ in range(CROWD)))
    for _ in range(3):
        await asyncio.gather(
            *(till.stamp(person.id) for till in (shop, twin) for person in people),
            *(till.customer(person.id) for till in (shop, twin) for person in people),
            *(till.database.glance(lambda connection: connection.exec_driver_sql("SELECT 1")) for till in (shop, twin)),
            shop.change(name="Beans"),
        )
    text = (await create_key(twin.database, shop.business.id, now=utc_now(), name="Till")).api_key
    assert (await holder_of(shop.database, text)).business.id == shop.business.id
    assert [(await shop.customer(person.id)).card.total_stamps for person in people] == [6] * len(people)
    assert [database.server.pooled for database in databases] == [True, True]
    await assert_books_balance(shop)
    for till in (shop, twin):
        await till.counter.close()
        await till.database.close()


@pytest.mark.usefixtures("looks")
async def test_a_server_without_a_pooler_is_not_taken_for_one(postgres_settings: Settings) -> None:
    database = PostgresDatabase(postgres_settings.database_url)
    await open_and_close(database)
    assert database.server.pooled is False


async def open_and_close(database: PostgresDatabase) -> None:
    shop = await open_shop(database)
    await shop.counter.close()
    await database.close()


async def test_limits_hold_in_each_transaction(pooled: str) -> None:
    database = PostgresDatabase(pooled, Limits(lock_seconds=1.0, statement_seconds=2.0))
    for ask in (database.read, database.write):
        with pytest.raises(Busy):
            await ask(lambda connection: connection.exec_driver_sql("SELECT pg_sleep(60)"))
    assert await at_once([database.read(lambda c: c.exec_driver_sql("SELECT 1").scalar())]) == ([1], [])
    await database.close()


@pytest.mark.usefixtures("tools")
def test_migrations_work_and_a_backup_needs_the_way_past_the_pooler(
    pooled: str, postgres_settings: Settings, tmp_path: Path
) -> None:
    settings = Settings(database_url=pooled, secret_key=postgres_settings.secret_key)
    migrate(settings)
    assert version_of(settings) == version_of(postgres_settings)
    with pytest.raises(BackupRefused, match="LOYALTY_DATABASE_DIRECT_URL"):
        make_backup(settings, tmp_path / "b.zip", now=NOON)
    past = Settings(
        database_url=pooled, database_direct_url=postgres_settings.database_url, secret_key=settings.secret_key
    )
    assert make_backup(past, tmp_path / "b.zip", now=NOON).manifest.proven
