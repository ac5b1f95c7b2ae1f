"""A shop that is deleted: nothing of it is left in any table, whatever tables there are; others lose nothing."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Connection, Date, DateTime, Integer, LargeBinary, Row, String, Table, select

from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import NAME
from loyalty_app.db.own_triggers import tables_with
from loyalty_app.db.tables import metadata
from loyalty_app.db.types import UtcDateTime
from loyalty_app.moving import departures
from loyalty_app.shops import closing
from loyalty_app.shops.closing import close_shop, examine_closing
from loyalty_core.errors import InvalidRequest, LoyaltyError
from testkit.builders import NOON
from testkit.shop import Shop, open_next_door

GONE, STAYS, SHARED_BOT = 1, 2, 99
WITHOUT_OWNER = {"numbers", "vault"}
OF_SHOPS = [table for table in metadata.sorted_tables if table.name not in WITHOUT_OWNER]


def value(column: Column[Any], shop: int) -> object:
    """A value that fits a column and names the shop, or something of it."""
    if column.table.name == "business" and column.name == "id":
        return shop
    named: dict[str, object] = {"business_id": shop, "bot_id": 70 + shop, "timezone": "UTC"}
    named |= {"plan": "basic", "type": "stamp", "moved_to": None}
    if column.name in named:
        return named[column.name]
    for kind, made in ((Boolean, True), (UtcDateTime, NOON), (DateTime, NOON), (Date, NOON.date())):
        if isinstance(column.type, kind):
            return made
    if isinstance(column.type, Integer):
        return 10 * shop
    return b"x%d" % shop if isinstance(column.type, LargeBinary) else f"x{shop}"


def fill(connection: Connection) -> None:
    """Give two shops a row in every table."""
    for table in OF_SHOPS:
        for shop in (GONE, STAYS):
            connection.execute(table.insert().values({c.name: value(c, shop) for c in table.columns})).close()
    guest = {c.name: value(c, GONE) for c in tables.telegram_chat.columns} | {"bot_id": SHARED_BOT}
    connection.execute(tables.telegram_chat.insert().values(guest)).close()


@pytest.fixture
async def two_shops(database: Database) -> Database:
    """A database in which two shops have a row in every table."""
    await database.write(fill)
    return database


def rows_of(table: Table, connection: Connection) -> list[Row[Any]]:
    return list(connection.execute(select(table)).all())


def is_of(row: Row[Any], shop: int) -> bool:
    values = row._mapping  # noqa: SLF001  # what SQLAlchemy offers for it
    return values.get("business_id") == shop or values.get("bot_id") == 70 + shop


async def test_every_table_is_known_to_belong_to_shops_or_to_none(two_shops: Database) -> None:
    found = await examine_closing(two_shops, GONE)
    assert found.rows.keys() == {table.name for table in OF_SHOPS}
    assert set(found.rows.values()) == {1}


async def test_nothing_is_left_of_a_deleted_shop_and_nothing_of_another_is_touched(two_shops: Database) -> None:
    before = {table.name: await two_shops.read(lambda c, t=table: rows_of(t, c)) for table in OF_SHOPS}  # type: ignore[misc]  # bound
    done = await close_shop(two_shops, GONE)
    assert (done.left, sum(done.rows.values())) == (0, len(OF_SHOPS))
    for table in OF_SHOPS:
        now = await two_shops.read(lambda c, t=table: rows_of(t, c))  # type: ignore[misc]  # bound
        assert not [row for row in now if is_of(row, GONE)], table.name
        assert [row for row in before[table.name] if is_of(row, STAYS)] == [row for row in now if is_of(row, STAYS)]
    shops = await two_shops.read(lambda c: c.scalars(select(tables.business.c.id)).all())
    assert shops == [STAYS]


async def test_a_chat_with_the_shared_bot_stays_and_forgets_the_shop(two_shops: Database) -> None:
    await close_shop(two_shops, GONE)
    shared = tables.telegram_chat.c.bot_id == SHARED_BOT
    [chat] = await two_shops.read(lambda c: c.execute(select(tables.telegram_chat).where(shared)).all())
    assert (chat.business_id, chat.branch_id, chat.draft, chat.chat_id) == (None, None, None, 10)


async def test_a_shop_that_has_moved_away_is_deleted_too_with_its_bot_and_what_test_keys_wrote(
    two_shops: Database,
) -> None:
    twin = tables.business.update().where(tables.business.c.id == STAYS).values(test_of=GONE)
    await two_shops.write(lambda c: c.execute(twin).close())
    await departures.hold(two_shops, [GONE, STAYS])
    await departures.close_shops(two_shops, [GONE, STAYS], place="there", now=NOON)
    assert (await close_shop(two_shops, GONE)).left == 0
    assert await two_shops.read(lambda c: (c.scalars(select(tables.business.c.id)).all(), tables_with(c, NAME))) == (
        [],
        [],
    )


async def test_what_the_process_of_the_shops_bot_still_writes_is_gone_too_and_would_be_counted(
    two_shops: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = closing.finish
    late = {c.name: value(c, GONE) for c in tables.telegram_update.columns}

    async def write_late(database: Database, delete_the_rest: Callable[[Connection], None]) -> None:
        await finish(database, delete_the_rest)
        await database.write(lambda c: c.execute(tables.telegram_update.insert().values(late)).close())

    monkeypatch.setattr(closing, "finish", write_late)
    with monkeypatch.context() as patch:
        patch.setattr(closing, "_delete_bots", lambda connection: rows_of(tables.telegram_bot, connection))
        assert (await close_shop(two_shops, GONE)).left == 1
    rows = await two_shops.read(lambda c: rows_of(tables.telegram_update, c))
    assert [row.bot_id for row in rows if is_of(row, GONE)] == [70 + GONE]
    late |= {c.name: value(c, STAYS) for c in tables.telegram_update.columns} | {"update_id": 777}
    assert (await close_shop(two_shops, STAYS)).left == 0
    assert not [row for row in await two_shops.read(lambda c: rows_of(tables.telegram_update, c)) if is_of(row, STAYS)]


async def test_looking_first_changes_nothing_and_an_unknown_shop_is_refused(two_shops: Database) -> None:
    assert (await examine_closing(two_shops, GONE)).rows == (await examine_closing(two_shops, GONE)).rows
    for verb in (examine_closing, close_shop):
        with pytest.raises(InvalidRequest, match="no business 7"):
            await verb(two_shops, 7)


async def test_a_shop_that_is_stamping_meanwhile_leaves_nothing_either(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "AT_ONCE", 2)
    other = await open_next_door(shop)
    kept = await other.join("Mira")
    cards = [(await shop.join(f"Guest {n}")).id for n in range(9)]
    busy = [asyncio.create_task(keep_busy(shop, cards[n::3])) for n in range(3)]
    await asyncio.sleep(0)
    try:
        done = await close_shop(shop.database, shop.business.id)
    finally:
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
    assert done.left == 0
    with pytest.raises(InvalidRequest):
        await examine_closing(shop.database, shop.business.id)
    for table in OF_SHOPS:
        if "business_id" in table.c:
            assert await shop.rows(table) == [], table.name
    assert (await other.stamp(kept.id)).total_stamps == 1


async def keep_busy(shop: Shop, cards: Sequence[int]) -> None:
    while True:
        for card in cards:
            with suppress(LoyaltyError, KeyError):
                await shop.stamp(card)
            with suppress(LoyaltyError, KeyError):
                await shop.join("Late")


def test_texts_of_the_tables_have_room_for_what_is_filled_in() -> None:
    """The test above leans on it."""
    texts = [c for table in OF_SHOPS for c in table.columns if isinstance(c.type, String) and c.type.length]
    assert all(c.type.length >= 2 for c in texts)  # type: ignore[attr-defined]  # they are String
