"""Transactions on PostgreSQL: whatever becomes of one, the next begins on a clean connection."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from loyalty_app.db.postgres.driver import TransactionRolledBack, single_row
from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.db.postgres.ids import IdHabits, PostgresIds
from loyalty_app.db.tables import branch
from loyalty_app.ids import Kind
from loyalty_app.settings import Settings
from testkit.builders import NOON
from testkit.concurrency import until
from testkit.shop import found

LOCK = "SELECT pg_advisory_xact_lock(1)"
OPEN = """SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
async def database(postgres_settings: Settings) -> AsyncIterator[PostgresDatabase]:
    opened = PostgresDatabase(postgres_settings.database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def looker(postgres_settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's connection."""
    connection = await asyncpg.connect(postgres_settings.database_url)
    yield connection
    await connection.close()


def a_branch(business_id: int, number: int) -> dict[str, object]:
    return {"business_id": business_id, "id": number, "name": "Market", "created_at": NOON}


async def numbers_of_branches(database: PostgresDatabase) -> list[int]:
    return await database.read(lambda connection: [*connection.scalars(text("SELECT id FROM branch ORDER BY id"))])


async def test_one_that_is_given_up_in_the_middle_has_written_nothing_and_keeps_nothing_open(
    database: PostgresDatabase, looker: asyncpg.Connection
) -> None:
    shop = await found(database)

    def work(connection: Connection) -> None:
        connection.execute(insert(branch).values(a_branch(shop.id, 1)))
        single_row(connection, LOCK, ())

    async with looker.transaction():
        await looker.execute(LOCK)
        waiting = asyncio.create_task(database.write(work))
        await until(lambda: looker.fetchval(WAITING))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await asyncio.gather(*(database.write(lambda c: c.execute(text(LOCK)).close()) for _ in range(5)))
    assert await looker.fetchval(OPEN) == 0
    assert await numbers_of_branches(database) == []


@pytest.mark.parametrize("durable", [True, False])
async def test_one_that_fails_has_written_nothing_and_the_next_is_not_disturbed(
    database: PostgresDatabase, looker: asyncpg.Connection, *, durable: bool
) -> None:
    shop = await found(database)

    def work(connection: Connection) -> None:
        database.insert(connection, branch, [a_branch(shop.id, 1)])
        database.insert(connection, branch, [a_branch(shop.id, 1)])

    for _ in range(3):
        with pytest.raises(IntegrityError):
            await database.write(work, durable=durable)
    assert await looker.fetchval(OPEN) == 0
    await database.write(lambda c: database.insert(c, branch, [a_branch(shop.id, 2)]))
    assert await numbers_of_branches(database) == [2]


async def test_a_failure_that_was_kept_quiet_is_not_taken_for_a_commit(database: PostgresDatabase) -> None:
    shop = await found(database)

    def work(connection: Connection) -> None:
        database.insert(connection, branch, [a_branch(shop.id, 1)])
        with pytest.raises(DBAPIError):
            single_row(connection, "SELECT 1 / 0", ())

    with pytest.raises(TransactionRolledBack):
        await database.write(work)
    assert await numbers_of_branches(database) == []


async def test_the_work_is_told_once_its_transaction_has_begun(
    database: PostgresDatabase, postgres_settings: Settings
) -> None:
    events: list[str] = []
    await database.write(lambda _: events.append("work"), begun=lambda: events.append("begun"))
    nowhere = PostgresDatabase(urlsplit(postgres_settings.database_url)._replace(path="/nowhere").geturl())
    with pytest.raises(DBAPIError):
        await nowhere.write(lambda _: events.append("work"), begun=lambda: events.append("begun"))
    assert events == ["begun", "work"]
    await nowhere.close()


async def test_what_a_request_needed_last_time_is_there_the_next_time(database: PostgresDatabase) -> None:
    habits = IdHabits()

    def work(connection: Connection, deliveries: int) -> dict[Kind, int]:
        with PostgresIds(connection, habits, expected=4) as ids:
            for kind, count in ((Kind.TRANSACTION, 4), (Kind.DELIVERY, deliveries), (Kind.BRANCH, 1)):
                for _ in range(count):
                    ids.take(kind)
        return dict(PostgresIds(connection, habits, expected=4).likely())

    assert await database.write(lambda c: work(c, 5)) == {"transaction": 4, "delivery": 8}
    assert await database.write(lambda c: work(c, 200)) == {"transaction": 4, "delivery": 204}
    assert await database.write(lambda c: work(c, 0)) == {"transaction": 4}


async def test_who_only_writes_deliveries_changes_nothing_about_what_is_there_for_stamps(
    database: PostgresDatabase,
) -> None:
    habits = IdHabits()
    habits.each = {Kind.TRANSACTION: 1}

    def work(connection: Connection) -> None:
        with PostgresIds(connection, habits, expected=3) as ids:
            assert len({ids.take(Kind.DELIVERY) for _ in range(3)}) == 3

    await database.write(work)
    assert habits.each == {Kind.TRANSACTION: 1}
