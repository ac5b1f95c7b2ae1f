"""What comes for a bot whose shop is deleted: nothing of it is stored, and nothing that was stored is left."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, Table, text

from loyalty_app.chat.chats import ChatChange, change_chat
from loyalty_app.chat.incoming_updates import NewUpdate, take_in, take_in_and_claim
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import telegram_bot, telegram_chat, telegram_update
from loyalty_app.settings import Settings
from loyalty_app.shops import closing
from loyalty_app.shops.closing import close_shop
from loyalty_app.upkeep.retention import prune
from loyalty_core.fields import BotId, ChatId
from testkit.builders import NOON
from testkit.concurrency import until
from tests.app.test_closing_shops import GONE, STAYS, fill, is_of, rows_of, value
from tests.app.test_transactions import LOCK, WAITING

BOT, ANA = 70 + GONE, ChatId(501)
LATE = NewUpdate(777, ANA, b"{}")
GERMAN = ChatChange(language="de")


@pytest.fixture
async def two_shops(database: Database) -> Database:
    await database.write(fill)
    return database


async def left_of(database: Database, bot: int = BOT) -> dict[str, int]:
    def look(connection: Connection) -> dict[str, int]:
        tables = (telegram_bot, telegram_chat, telegram_update)
        found = {table.name: rows_with(table, connection, bot) for table in tables}
        return {name: count for name, count in found.items() if count}

    return await database.read(look)


def rows_with(table: Table, connection: Connection, bot: int) -> int:
    return len([row for row in rows_of(table, connection) if row.bot_id == bot])


async def write_late(database: Database, bot: int = BOT) -> tuple[int, int]:
    """What a process does that does not know yet; how many updates were stored, and how many are begun with."""
    stored = await take_in(database, bot, [LATE], now=NOON)
    begun = await take_in_and_claim(database, bot, [NewUpdate(778, ANA, b"{}")], now=NOON, room=9)
    await change_chat(database, BotId(bot), ANA, GERMAN, now=NOON)
    return stored, len(begun)


async def test_what_comes_for_a_bot_that_is_gone_is_not_stored_nor_begun_with(two_shops: Database) -> None:
    await close_shop(two_shops, GONE)
    assert (await write_late(two_shops), await left_of(two_shops)) == ((0, 0), {})
    assert await write_late(two_shops, 70 + STAYS) == (1, 0), "another update of hers is under way"


async def test_nor_is_what_comes_between_the_end_of_the_shop_and_that_of_its_bot(
    two_shops: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, written = closing.finish, []

    async def then_write(database: Database, delete_the_rest: Any) -> None:  # noqa: ANN401  # as it is called
        await finish(database, delete_the_rest)
        written.append((await write_late(database), await left_of(database)))

    monkeypatch.setattr(closing, "finish", then_write)
    assert (await close_shop(two_shops, GONE)).left == 0
    assert written == [((0, 0), {"telegram_bot": 1})]


async def test_the_hourly_upkeep_takes_away_the_bot_that_a_killed_deleting_has_left_and_no_other(
    two_shops: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(_: Database, __: int) -> None:
        raise InterruptedError

    monkeypatch.setattr(closing, "forget_rest", killed)
    with pytest.raises(InterruptedError):
        await close_shop(two_shops, GONE)
    late = {c.name: value(c, GONE) for c in telegram_update.columns} | {"update_id": 999}
    await two_shops.write(lambda connection: connection.execute(telegram_update.insert().values(late)).close())
    assert await left_of(two_shops) == {"telegram_bot": 1, "telegram_update": 1}
    others = await left_of(two_shops, 70 + STAYS)
    await prune(two_shops, NOON)
    assert await left_of(two_shops) == {}
    assert await left_of(two_shops, 70 + STAYS) == others
    bots = await two_shops.read(lambda connection: rows_of(telegram_bot, connection))
    assert [is_of(row, STAYS) for row in bots] == [True]


@pytest.fixture
async def looker(postgres_settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's connection."""
    connection = await asyncpg.connect(postgres_settings.database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def slow(postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A process that is held up right before it inserts, as long as somebody has the lock."""
    opened = open_database(postgres_settings)
    insert = opened.insert

    def late(connection: Connection, table: Table, rows: Iterable[Any]) -> None:
        connection.execute(text(LOCK)).close()
        insert(connection, table, rows)

    monkeypatch.setattr(opened, "insert", late)
    yield opened
    await opened.close()


@pytest.mark.parametrize("table", [telegram_update, telegram_chat])
async def test_what_is_being_stored_while_the_shop_is_deleted_is_deleted_with_it(
    postgres_settings: Settings, looker: asyncpg.Connection, slow: Database, table: Table
) -> None:
    fast = open_database(postgres_settings)
    await fast.write(fill)

    async def held_up(*tasks: asyncio.Task[Any]) -> bool:
        return await looker.fetchval(WAITING) == len(tasks) or tasks[-1].done()

    await looker.execute("SELECT pg_advisory_lock(1)")
    late = asyncio.create_task(store(slow, table))
    await until(lambda: held_up(late))
    gone = asyncio.create_task(close_shop(fast, GONE))
    await until(lambda: held_up(late, gone))
    await looker.execute("SELECT pg_advisory_unlock(1)")
    await late
    assert ((await gone).left, (await left_of(fast)).get(table.name, 0)) == (0, 0)
    await fast.close()


async def store(database: Database, table: Table) -> None:
    if table is telegram_update:
        await take_in(database, BOT, [LATE], now=NOON)
    else:
        await change_chat(database, BotId(BOT), ANA, GERMAN, now=NOON)
