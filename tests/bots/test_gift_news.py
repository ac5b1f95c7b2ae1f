"""Gifts in the chat: each is told once, to those who want it, whatever stops in between."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from loyalty_app.chat.card_gifts import mark_told, mark_untold
from loyalty_app.chat.card_queue import cards_of_customer, mute
from loyalty_app.chat.chats import HeldCard
from loyalty_app.customers.card_snapshots import look
from loyalty_app.settings import Settings
from loyalty_app.upkeep.birthdays import give_birthdays
from loyalty_core.customers import Customer
from loyalty_core.fields import BusinessId
from loyalty_core.gifts import BirthdayGift
from testkit.clocks import Clock
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town, open_town
from tests.bots.customers import card_of, come_in, mark, only, sent
from tests.bots.test_card_news import texts

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
A_CAKE = BirthdayGift(reward_description="A cake", valid_days=14)


async def celebrating(
    town: Town, clock: Clock, gift: BirthdayGift, stamps_required: int = 10
) -> tuple[Shop, Person, Customer]:
    """A customer with a card in the chat, whose birthday is in forty days."""
    shop = await town.open_shop(birthday=gift, updated_at=LONG_AGO, stamps_required=stamps_required)
    shop.clock = clock
    lena = await come_in(town, shop)
    day = (clock.now + timedelta(days=40)).date()
    customer = await only(shop)
    await shop.update(customer.id, birthday=date(1988, day.month, day.day))
    await town.idle()
    clock.wait(days=40)
    return shop, lena, customer


async def morning(town: Town, shop: Shop) -> None:
    await give_birthdays(shop.database, shop.counter, now=shop.clock.now)
    await town.idle()


async def test_a_gift_is_told_once_and_a_reward_is_no_full_card(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena, customer = await celebrating(town, clock, A_CAKE)
        await morning(town, shop)
        [text] = await texts(lena)
        assert text.startswith("🎂 Happy birthday from Bean & Leaf! A gift for you: A cake")
        await shop.stamp(customer.id)
        await town.restart()
        shop.database, shop.counter = town.runtime.database, town.runtime.counter
        await morning(town, shop)
        assert len(await texts(lena)) == 1


async def test_the_history_names_a_gift_and_for_what_it_was(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena, _ = await celebrating(town, clock, A_CAKE)
        await morning(town, shop)
        await lena.press_data((await card_of(lena)).id, f"myhistory:{shop.business.id}")
        assert (await card_of(lena)).words.splitlines()[-1].endswith(": 🎁 a gift: A cake (a birthday)")


async def test_stamps_are_told_of_and_a_card_that_they_fill_too(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena, _ = await celebrating(town, clock, BirthdayGift(stamps=2), stamps_required=2)
        await morning(town, shop)
        full, gift = sorted(await texts(lena), key=lambda text: "birthday" in text)
        assert ("is full" in full, "2 stamps are a gift for you" in gift) == (True, True)


async def test_who_muted_the_card_or_blocked_the_bot_is_told_nothing(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena, customer = await celebrating(town, clock, A_CAKE)
        [card] = await cards(shop, customer)
        await mute(shop.database, card, muted=True)
        since = await mark(town)
        await morning(town, shop)
        assert await sent(town, since=since) == []
        assert await texts(lena) == []
        assert [reward.description for reward in await shop.rewards()] == ["A cake"]


async def test_two_processes_mark_a_gift_once(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, _, customer = await celebrating(town, clock, A_CAKE)
        [card] = await cards(shop, customer)
        await mute(shop.database, card, muted=True)
        await morning(town, shop)
        snapshot = await shop.database.read(lambda connection: look(connection, card, now=clock.now))
        assert snapshot is not None
        [gift] = snapshot.gifts
        marks = await asyncio.gather(*(mark_told(shop.database, card, gift) for _ in range(4)))
        assert sorted(marks) == [False, False, False, True]
        await mark_untold(shop.database, card, gift)
        assert await mark_told(shop.database, card, gift)
        [told] = await cards(shop, customer)
        snapshot = await shop.database.read(lambda connection: look(connection, told, now=clock.now))
        assert snapshot is not None
        assert snapshot.gifts == ()


async def cards(shop: Shop, customer: Customer) -> list[HeldCard]:
    business = BusinessId(shop.business.id)
    return await shop.database.read(lambda connection: cards_of_customer(connection, business, customer.id))
