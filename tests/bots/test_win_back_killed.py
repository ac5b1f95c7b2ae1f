"""A bot that is killed while it tells many that they are missed: nobody is told twice, and it goes on with the rest.

It starts real processes, and takes some seconds.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from bots.card_worker import TOLD_AT_ONCE
from loyalty_app.chat.bots import BotRecord, new_secret, register
from loyalty_app.counter.orders import Holder
from loyalty_app.db.tables import telegram_card
from loyalty_app.settings import Settings
from loyalty_app.upkeep.periodic import Stop
from loyalty_app.upkeep.win_back import WinBacks
from loyalty_core.customers import Profile
from loyalty_core.gifts import WinBack
from loyalty_core.ledger import Gift
from testkit.audit import assert_books_balance
from testkit.clocks import Clock
from testkit.concurrency import until
from testkit.killed_bots import KillableBot
from testkit.sandbox import SandboxServer
from testkit.screens import Json
from testkit.shop import VAULT, Shop, found
from testkit.town import BOT
from tests.bots.test_gift_news import LONG_AGO

PEOPLE = 16
GIFT = WinBack(after_days=30, stamps=2)


def where_it_is_afternoon() -> str:
    """A time zone in which it is two o'clock in the afternoon, more or less."""
    east = 14 - datetime.now(UTC).hour
    return f"Etc/GMT{-east:+d}" if east else "UTC"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # an upload that the kill cuts off
async def test_nobody_is_told_twice_though_the_bot_is_killed_in_the_middle(
    sandbox: SandboxServer, sqlite_settings: Settings
) -> None:
    made = await sandbox.add_bot(username=BOT)
    bot = KillableBot(sandbox, sqlite_settings, made["token"])
    zone = where_it_is_afternoon()
    shop = Shop(bot.database, await found(bot.database, timezone=zone, win_back=GIFT, updated_at=LONG_AGO), Clock())
    try:
        sandbox.attended = False
        await register(shop.database, VAULT, record_of(made), now=datetime.now(UTC))
        await _people(sandbox, shop, made["id"])
        await _win_back(shop)
        await bot.start()
        await until(_some_told(sandbox, 2))
        await bot.kill()
        before = sum((await _told(sandbox)).values())
        assert before < PEOPLE, "it was killed in the middle"
        await bot.start()
        await until(lambda: shop.database.read(_all_marked))
        await until(_some_told(sandbox, PEOPLE - TOLD_AT_ONCE))
        assert set((await _told(sandbox)).values()) == {1}
        await assert_books_balance(shop)
    finally:
        await shop.counter.close()
        await bot.close()


def record_of(made: Json) -> BotRecord:
    return BotRecord(bot_id=made["id"], business_id=None, username=BOT, secret=new_secret())


async def _win_back(shop: Shop) -> None:
    """Give to everybody; a second look gives nothing."""
    shop.clock.now = datetime.now(UTC)
    for _ in range(2):
        await WinBacks(shop.database, shop.counter, shop.clock, pause=0).run(Stop())
    assert Counter(entry.occasion for entry in await shop.ledger())[Gift.WIN_BACK] == PEOPLE


async def _people(sandbox: SandboxServer, shop: Shop, bot_id: int) -> None:
    """People with cards in their chats, who were there twice, forty days ago."""
    for number in range(PEOPLE):
        person = await sandbox.add_person(f"Guest {number}", bot=BOT)
        await person.start()
        shop.clock.now = datetime.now(UTC) - timedelta(days=40)
        holder = Holder(bot_id, person.id)
        lena = (await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=holder)).outcome
        for _ in range(2):
            await shop.stamp(lena.id)


async def _told(sandbox: SandboxServer) -> Counter[int]:
    calls = await sandbox.calls(BOT)
    return Counter(call["params"]["chat_id"] for call in calls if "has missed you" in str(call["params"].get("text")))


def _some_told(sandbox: SandboxServer, most: int) -> Callable[[], Awaitable[bool]]:
    """Whether so many were told, or more."""

    async def look() -> bool:
        return sum((await _told(sandbox)).values()) >= most

    return look


def _all_marked(connection: Connection) -> bool:
    waiting = select(func.count()).select_from(telegram_card).where(telegram_card.c.told_gift.is_(None))
    return connection.scalar(waiting) == 0
