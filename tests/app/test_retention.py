"""Retention of what belongs to chats: handled updates go after two days, cards of the erased after thirty."""

from datetime import timedelta

import pytest

from loyalty_app.chat.chats import ChatChange, change_chat
from loyalty_app.chat.incoming_updates import NewUpdate, take_in
from loyalty_app.chat.update_queue import HandledUpdate, UpdateQueue
from loyalty_app.counter.orders import Holder
from loyalty_app.db import tables
from loyalty_app.upkeep.retention import prune
from loyalty_core.customers import Profile
from loyalty_core.fields import BotId, ChatId
from loyalty_core.views import CustomerView
from testkit.builders import ANA
from testkit.shop import Shop
from tests.app.test_links import add_bot

BOT = BotId(1)


@pytest.fixture(autouse=True)
async def _bot(shop: Shop) -> None:
    await add_bot(shop.database, BOT, "stamp_bot")


async def join(shop: Shop, user_id: int) -> CustomerView:
    holder = Holder(BOT, user_id)
    return (await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=holder)).outcome


async def handle_first_update(shop: Shop) -> None:
    queue, database, now = UpdateQueue(), shop.database, shop.clock.now
    [job] = await database.write(lambda connection: queue.claim(connection, database, now=now, room=1))
    await database.write(lambda connection: queue.record(connection, database, [HandledUpdate(update=job)], now=now))


async def test_a_handled_update_goes_after_two_days_and_one_that_waits_stays(shop: Shop) -> None:
    database = shop.database
    await take_in(database, BOT, [NewUpdate(1, 501, b"{}"), NewUpdate(2, 501, b"{}")], now=shop.clock.now)
    await handle_first_update(shop)
    shop.clock.now += timedelta(hours=48)
    assert await prune(database, shop.clock.now) == 0
    shop.clock.wait(milliseconds=1)
    assert await prune(database, shop.clock.now) == 1
    kept = await database.read(lambda connection: connection.execute(tables.telegram_update.select()).all())
    assert [row.update_id for row in kept] == [2]


async def test_the_card_of_somebody_who_was_erased_leaves_the_chat_after_thirty_days_at_the_latest(shop: Shop) -> None:
    lena, paul = await join(shop, 501), await join(shop, 502)
    shop.clock.wait(days=100)
    await shop.erase(lena.id)
    shop.clock.now += timedelta(days=30)
    await prune(shop.database, shop.clock.now)
    assert len(await shop.rows(tables.telegram_card)) == 2
    shop.clock.wait(milliseconds=1)
    await prune(shop.database, shop.clock.now)
    assert [row.customer_id for row in await shop.rows(tables.telegram_card)] == [paul.id]


async def test_a_chat_with_somebody_who_holds_no_card_and_works_nowhere_is_forgotten_after_thirty_days(
    shop: Shop,
) -> None:
    await join(shop, 501)
    await shop.hire(ANA, user_id=502)
    for person in (501, 502, 503):
        await change_chat(shop.database, BOT, ChatId(person), ChatChange(language="de"), now=shop.clock.now)
    shop.clock.now += timedelta(days=30, milliseconds=1)
    await prune(shop.database, shop.clock.now)
    kept = await shop.database.read(lambda connection: connection.execute(tables.telegram_chat.select()).all())
    assert [row.chat_id for row in kept] == [501, 502]
