"""A shop that is being deleted serves nobody from the first write on, and what was under way is deleted with it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, Table, select, text, update

from loyalty_app.backups.verify import look_into
from loyalty_app.customers.flags import look
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.held_shops import NOWHERE, hold_again
from loyalty_app.db.own_triggers import HELD_SHOP, tables_with
from loyalty_app.db.tables import business, customer, flag, metadata, posting_index
from loyalty_app.settings import Settings
from loyalty_app.shops.api_keys import create_key
from loyalty_app.shops.businesses import list_businesses
from loyalty_app.shops.closing import close_shop, examine_closing, unfinished_closings
from loyalty_app.shops.twins import create_test_key
from loyalty_app.upkeep.expiry import book_expired
from loyalty_app.upkeep.inactivity import erase_inactive
from loyalty_app.upkeep.list_maker import LargeShop, ListMaker
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.errors import InvalidApiKey, InvalidRequest, LoyaltyError, ShopClosed, ShopMoved
from testkit.builders import ANA
from testkit.concurrency import until
from testkit.half_deleted import begin_deleting
from testkit.shop import Shop, holder_of, open_next_door, open_shop
from tests.app.test_bots_of_gone_shops import looker
from tests.app.test_transactions import LOCK, WAITING

__all__ = ["looker"]

VERBS: dict[str, Callable[[Shop, int, int], Any]] = {
    "join": lambda shop, _lena, _entry: shop.join("Late"),
    "stamp": lambda shop, lena, _entry: shop.stamp(lena),
    "stamp again": lambda shop, lena, _entry: shop.stamp(lena, 10, key="receipt 1"),
    "stamp by staff": lambda shop, lena, _entry: shop.stamp(lena, by=ANA),
    "redeem": lambda shop, lena, _entry: shop.redeem(lena),
    "void": lambda shop, _lena, entry: shop.void(entry),
    "change": lambda shop, lena, _entry: shop.update(lena, name="Helena"),
    "erase": lambda shop, lena, _entry: shop.erase(lena),
    "merge": lambda shop, lena, _entry: shop.merge(lena, lena + 1),
}


async def everything(database: Database) -> dict[str, list[Any]]:
    def look(connection: Connection) -> dict[str, list[Any]]:
        tables = (table for table in metadata.sorted_tables if "business_id" in table.c)
        return {table.name: [*connection.execute(select(table).order_by(*table.primary_key))] for table in tables}

    return await database.read(look)


async def with_history(shop: Shop) -> tuple[int, int]:
    """Lena, who has a reward, and her entry; Otto joined after her."""
    await shop.hire(ANA)
    lena = (await shop.join("Lena")).id
    entry = (await shop.stamp(lena, 10, key="receipt 1")).transaction_id
    await shop.join("Otto")
    return lena, entry


@pytest.mark.parametrize("verb", VERBS)
async def test_whatever_is_asked_of_the_counter_is_refused_at_once_and_changes_nothing(
    shop: Shop, twin: Shop, verb: str
) -> None:
    """Another process deletes: what this one has kept of the shop in its memory is of no use."""
    lena, entry = await with_history(shop)
    await begin_deleting(twin.database, twin.business.id)
    before = await everything(shop.database)
    with pytest.raises(ShopClosed):
        await VERBS[verb](shop, lena, entry)
    assert await everything(shop.database) == before


@pytest.mark.parametrize("verb", VERBS)
async def test_so_is_what_is_asked_once_the_shop_is_gone(shop: Shop, verb: str) -> None:
    lena, entry = await with_history(shop)
    await close_shop(shop.database, shop.business.id)
    with pytest.raises(ShopClosed):
        await VERBS[verb](shop, lena, entry)
    assert not any((await everything(shop.database)).values())


async def test_its_keys_and_test_keys_are_unknown_at_once_and_there_will_be_no_others(shop: Shop) -> None:
    number, now = shop.business.id, shop.clock.now
    keys = [
        await create_key(shop.database, number, name="Till", now=now),
        await create_test_key(shop.database, number, name="Test", now=now),
    ]
    for key in keys:
        await holder_of(shop.database, key.api_key)
    [twin] = [one for one in await list_businesses(shop.database) if one.test_of == number]
    await begin_deleting(shop.database, shop.business.id)
    for key in keys:
        with pytest.raises(InvalidApiKey):
            await holder_of(shop.database, key.api_key)
    with pytest.raises(ShopClosed):
        await Shop(shop.database, twin, shop.clock, shop.counter).join()
    for make in (create_key, create_test_key):
        with pytest.raises(InvalidRequest, match="is being deleted"):
            await make(shop.database, number, name="Late", now=now)


async def test_others_are_served_meanwhile_and_it_is_found_until_the_deleting_is_repeated(shop: Shop) -> None:
    other, database = await open_next_door(shop), shop.database
    await examine_closing(database, shop.business.id)
    assert await unfinished_closings(database) == []
    await begin_deleting(shop.database, shop.business.id)
    assert (await other.stamp((await other.join()).id)).current_stamps == 1
    assert await unfinished_closings(database) == [shop.business.id]
    assert (await close_shop(database, shop.business.id)).left == 0
    assert await unfinished_closings(database) == []


async def test_the_mark_is_the_first_thing_and_what_has_moved_away_keeps_its_place(shop: Shop) -> None:
    moved, database = await open_next_door(shop), shop.database
    place = update(business).where(business.c.id == moved.business.id).values(moved_to="https://two.example.com")
    await database.write(lambda connection: connection.execute(place).close())
    for one in (shop, moved):
        await begin_deleting(one.database, one.business.id)
    marks = select(business.c.moved_to).order_by(business.c.id)
    assert await database.read(lambda c: [*c.scalars(marks)]) == [NOWHERE, "https://two.example.com"]
    with pytest.raises(ShopMoved):
        await moved.join()
    await hold_again(database)  # as another move does, or an update of the program
    held = await database.read(lambda connection: tables_with(connection, HELD_SHOP))
    assert held != []
    assert (await close_shop(database, shop.business.id)).left == 0


async def test_the_upkeep_leaves_it_alone_and_goes_on_with_others(shop: Shop) -> None:
    other = await open_next_door(shop)
    for one in (shop, other):
        await one.change(reward_valid_days=1)
        await one.stamp((await one.join()).id, 10)
    await begin_deleting(shop.database, shop.business.id)
    before = await shop.rows(customer)
    shop.clock.wait(days=2)
    assert await book_expired(shop.database, shop.counter, shop.clock.now) == 1
    later = shop.clock.now + timedelta(days=800)
    assert await erase_inactive(shop.database, shop.counter, months=24, now=later) == 1
    assert await shop.rows(customer) == before


@pytest.mark.parametrize("refusal", [ShopClosed(), ShopMoved("there")])
async def test_a_shop_that_goes_while_the_upkeep_is_at_it_is_no_failure_of_it(
    caplog: pytest.LogCaptureFixture, refusal: LoyaltyError
) -> None:
    stop = Stop()

    async def work(_: Stop) -> None:
        stop.ask()
        raise refusal

    with caplog.at_level(logging.INFO):
        await Every(60, work, "it failed").run(stop)
    assert caplog.records == []


async def test_books_that_are_not_whole_any_more_stop_no_backup(shop: Shop) -> None:
    for name in ("Lena", "Otto", "Ana"):
        await shop.stamp((await shop.join(name)).id, 10)
    await begin_deleting(shop.database, shop.business.id, at_once=2)
    assert len(await shop.customers()) == 1
    await shop.database.read(look_into)


UPKEEP: dict[str, tuple[Table, Callable[[Shop], Awaitable[object]]]] = {
    "flags": (flag, lambda shop: look(shop.database, shop.business, now=shop.clock.now)),
    "lists": (
        posting_index,
        lambda shop: ListMaker(
            shop.database,
            shop.database.shard_of(shop.business.id),
            LargeShop(business_id=shop.business.id, customers=1, made_at=None, listed=0, noted=0),
            now=shop.clock.now,
            stop=Stop(),
        ).make(),
    ),
}


@pytest.mark.parametrize("work", UPKEEP)
async def test_what_the_upkeep_has_found_before_a_shop_is_deleted_is_not_written_after_it(
    shop: Shop, twin: Shop, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    lena = await shop.join()
    for _ in range(5):
        await shop.stamp(lena.id)
    write, (table, do) = shop.database.write, UPKEEP[work]

    async def after_the_end(*given: Any, **more: Any) -> Any:  # noqa: ANN401  # as it is called
        monkeypatch.undo()
        await close_shop(twin.database, shop.business.id)
        return await write(*given, **more)

    monkeypatch.setattr(shop.database, "write", after_the_end)
    await do(shop)
    assert shop.database.write == write
    assert await shop.rows(table) == []


@pytest.fixture
async def slow(postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """A shop at a process that is held up before it writes what it has decided, while somebody has the lock."""
    database = open_database(postgres_settings)
    shop, put = await open_shop(database), database.put
    await shop.join("Lena")

    def late(connection: Connection, writes: Sequence[Any]) -> list[int]:
        connection.execute(text(LOCK)).close()
        return put(connection, writes)

    monkeypatch.setattr(database, "put", late)
    yield shop
    await shop.counter.close()
    await database.close()


@pytest.mark.parametrize("verb", ["join", "stamp"])
async def test_what_was_looked_at_before_the_mark_and_is_written_after_it_is_deleted_with_the_rest(
    postgres_settings: Settings, looker: asyncpg.Connection, slow: Shop, verb: str
) -> None:
    fast = open_database(postgres_settings)
    marked = "SELECT moved_to IS NOT NULL FROM business"

    async def held_up(*tasks: asyncio.Task[Any]) -> bool:
        return await looker.fetchval(WAITING) == len(tasks) or tasks[-1].done()

    await looker.execute("SELECT pg_advisory_lock(1)")
    late = asyncio.create_task(VERBS[verb](slow, 1, 0))
    await until(lambda: held_up(late))
    gone = asyncio.create_task(close_shop(fast, slow.business.id))
    await until(lambda: held_up(late, gone))
    assert await looker.fetchval(marked)
    await looker.execute("SELECT pg_advisory_unlock(1)")
    await late  # it was answered: it was written
    assert (await gone).left == 0
    assert not any((await everything(fast)).values())
    await fast.close()
