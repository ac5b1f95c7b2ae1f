"""Polling leases: one process at a time fetches a bot's updates, whatever machine of a cluster is away."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from loyalty_app.chat.bots import POLL_LEASE, leave_polling, may_poll, release
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import telegram_bot
from loyalty_app.db.tables.homes import HOMES, TableHome
from tests.app.test_links import add_bot

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BOT, FIRST, SECOND = 7, "first", "second"


@pytest.fixture
async def bot(database: Database) -> int:
    await add_bot(database, BOT, "stamp_bot")
    return BOT


async def test_one_process_alone_polls_until_it_leaves(database: Database, bot: int) -> None:
    assert await may_poll(database, bot, FIRST, now=NOON)
    assert not await may_poll(database, bot, SECOND, now=NOON)
    await leave_polling(database, bot, SECOND)  # it is not its own
    assert await may_poll(database, bot, FIRST, now=NOON + timedelta(seconds=10))
    await leave_polling(database, bot, FIRST)
    assert await may_poll(database, bot, SECOND, now=NOON + timedelta(seconds=11))


async def test_of_many_processes_at_once_one_gets_the_first_lease(database: Database, bot: int) -> None:
    got = await asyncio.gather(*(may_poll(database, bot, f"process {number}", now=NOON) for number in range(6)))
    assert got.count(True) == 1


async def test_a_lease_that_is_not_renewed_lapses(database: Database, bot: int) -> None:
    assert await may_poll(database, bot, FIRST, now=NOON)
    assert not await may_poll(database, bot, SECOND, now=NOON + POLL_LEASE - timedelta(seconds=1))
    assert await may_poll(database, bot, SECOND, now=NOON + POLL_LEASE)
    assert not await may_poll(database, bot, FIRST, now=NOON + POLL_LEASE)


async def test_nobody_polls_for_a_bot_that_is_not_there(database: Database) -> None:
    assert not await may_poll(database, BOT, FIRST, now=NOON)


async def test_a_server_of_an_older_release_beside_keeps_the_bot_while_it_renews(database: Database, bot: int) -> None:
    assert await may_poll(database, bot, FIRST, now=NOON)
    older = {"poll_lease": "older", "poll_until": NOON + POLL_LEASE}
    await database.write(lambda connection: connection.execute(update(telegram_bot).values(older)).close())
    assert not await may_poll(database, bot, FIRST, now=NOON + timedelta(seconds=10))
    assert await may_poll(database, bot, FIRST, now=NOON + POLL_LEASE)


async def test_a_server_that_is_alone_frees_all_leases(database: Database, bot: int) -> None:
    older = {"poll_lease": "older", "poll_until": NOON + POLL_LEASE}
    await database.write(lambda connection: connection.execute(update(telegram_bot).values(older)).close())
    await release(database)
    assert await may_poll(database, bot, FIRST, now=NOON)
    await release(database)
    assert await may_poll(database, bot, SECOND, now=NOON)


def test_a_lease_is_where_no_machine_but_the_coordinator_is_needed() -> None:
    assert HOMES["polling_lease"] is TableHome.COORDINATOR
