"""Locks: what many wait for is locked last, and every number of a card is taken while its row is."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from loyalty_app.db.bulk import BulkAdd, BulkInsert, BulkUpdate, Lookup, Values
from loyalty_app.db.postgres.reads import _statement as question_of
from loyalty_app.db.postgres.writes import _statement as statement_of
from loyalty_app.db.tables import branch, card, customer
from loyalty_app.ids import Kind
from loyalty_app.settings import Settings
from testkit.concurrency import at_once, until
from testkit.shop import Shop

ROUNDS, CROWD = 100, 20
CHANGED = ("business", "idempotency", "customer")


@pytest.fixture
def settings(postgres_settings: Settings) -> Settings:
    """SQLite locks the whole file."""
    return postgres_settings


@pytest.fixture
async def till(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's connection."""
    connection = await asyncpg.connect(settings.database_url)
    yield connection
    await connection.close()


async def waits(till: asyncpg.Connection, count: int = 1) -> bool:
    """Whether so many wait for somebody else."""
    found = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    waiting: int = await till.fetchval(found)
    return waiting >= count


async def test_a_stamp_that_waits_for_somebody_does_not_hold_the_totals_of_its_shop(
    shop: Shop, till: asyncpg.Connection, settings: Settings
) -> None:
    lena, ben = await shop.join(), await shop.join("Ben")
    await shop.stamp(ben.id)  # so that there is a row of that day
    looker = await asyncpg.connect(settings.database_url)
    async with till.transaction():
        await till.execute("SELECT 1 FROM customer WHERE id = $1 FOR UPDATE", lena.id)
        stamping = asyncio.create_task(shop.stamp(lena.id))
        await until(lambda: waits(looker))
        assert await looker.fetchval("SELECT count(*) FROM (SELECT 1 FROM daily_total FOR UPDATE NOWAIT) AS free") == 1
    assert (await stamping).total_stamps == 1
    await looker.close()


def test_totals_ask_for_the_outcome_of_all_parts_before_them() -> None:
    rows: list[Values] = [{"id": 1, "name": ""}]
    parts = [BulkInsert(branch, rows), BulkUpdate(branch, rows, ("id",)), BulkAdd(branch, rows, ("id",))]
    text = statement_of(tuple(part.shape for part in parts))
    assert "WHERE (SELECT count(*) FROM w0) >= 0 AND (SELECT count(*) FROM w1) >= 0 ON CONFLICT" in text


async def test_a_column_that_comes_while_a_server_runs_stops_no_stamp(shop: Shop, till: asyncpg.Connection) -> None:
    lena = await shop.join()
    for key in ("a", "b"):
        await shop.stamp(lena.id, key=key)
    for table in CHANGED:
        await till.execute(f"ALTER TABLE {table} ADD COLUMN of_tomorrow integer")
    totals = [(await shop.stamp(lena.id, key=key)).total_stamps for key in "abcdef"]
    for table in CHANGED:
        await till.execute(f"ALTER TABLE {table} DROP COLUMN of_tomorrow")
    assert totals == [1, 2, 3, 4, 5, 6]


async def test_cards_to_be_stamped_are_locked_in_the_order_of_their_numbers_however_they_are_named(
    shop: Shop, till: asyncpg.Connection, settings: Settings
) -> None:
    first, *others = [await shop.join() for _ in range(CROWD)]
    names = [first.qr_code, *(card.id if card.id % 2 else card.qr_code for card in others)]
    looker = await asyncpg.connect(settings.database_url)
    async with till.transaction():
        await till.execute("SELECT 1 FROM customer WHERE id = $1 FOR UPDATE", first.id)
        stamping = asyncio.gather(*(shop.stamp(name) for name in names))
        await until(lambda: waits(looker))
        free = "SELECT count(*) FROM (SELECT 1 FROM customer WHERE id > $1 FOR UPDATE NOWAIT) AS free"
        assert await looker.fetchval(free, first.id) == len(others), "who waits for a card holds no later one"
    assert [answer.total_stamps for answer in await stamping] == [1] * CROWD
    await looker.close()


async def test_what_was_changed_while_a_card_was_waited_for_is_seen(
    shop: Shop, twin: Shop, till: asyncpg.Connection, settings: Settings
) -> None:
    lena = await shop.join()
    first = await shop.stamp(lena.id, order_ref="of the till")
    looker = await asyncpg.connect(settings.database_url)
    async with till.transaction():
        await till.execute("SELECT 1 FROM customer FOR UPDATE")
        voiding = asyncio.create_task(twin.void(first.transaction_id))
        await until(lambda: waits(looker, 1))
        again = asyncio.create_task(shop.stamp(lena.id, order_ref="of the till"))
        await until(lambda: waits(looker, 2))
    await voiding
    assert (await again).total_stamps == 1, "the order is free again"
    await looker.close()


async def test_what_belongs_to_a_row_that_was_waited_for_is_as_new_as_its_lock(
    shop: Shop, till: asyncpg.Connection, settings: Settings
) -> None:
    salads, lena = await shop.make_program("Salads", stamps_required=4), await shop.join()
    await shop.stamp(lena.id, program_id=salads)
    own = Lookup(customer, ("business_id", "id"), [(shop.business.id, lena.id)])
    theirs = Lookup(card, ("business_id", "customer_id"), of_locked=True)
    looker = await asyncpg.connect(settings.database_url)
    async with till.transaction():
        await till.execute("UPDATE customer SET version = version + 1")
        await till.execute("UPDATE card SET total_stamps = 3")
        gathering = asyncio.create_task(
            shop.database.write(lambda c: shop.database.gather(c, [theirs], ids=None, locked=[own]))
        )
        await until(lambda: waits(looker))
    assert [row.total_stamps for row in (await gathering).answers[0]] == [3]
    await looker.close()


def test_rows_are_locked_in_order_and_numbers_ask_for_the_locks_before_them() -> None:
    own = ((customer, ("business_id", "id"), (), False, ("id",)),)
    asked = question_of(own, (), (Kind.TRANSACTION,))
    assert 'ORDER BY t."business_id", t."id" FOR UPDATE OF t' in asked
    assert "generate_series(1, CAST($3 AS int)) WHERE (SELECT count(*) FROM locked) >= 0" in asked


async def test_of_two_stamps_of_a_card_the_later_one_has_the_higher_number_whoever_gave_it(
    shop: Shop, twin: Shop
) -> None:
    lena, given = await shop.join(), list[tuple[int, int]]()
    for _ in range(ROUNDS):
        answers, refusals = await at_once(one.stamp(lena.id) for one in (shop, twin))
        given += [(answer.transaction_id, answer.total_stamps) for answer in answers]
        assert refusals == []
    assert [total for _, total in sorted(given)] == [*range(1, 2 * ROUNDS + 1)]
