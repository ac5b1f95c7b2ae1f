"""Being missed, in the chat: told once, between 10 and 20 o'clock, to those who want it, whatever happens."""

from datetime import UTC, datetime, timedelta

import pytest

from loyalty_app.settings import Settings
from loyalty_app.upkeep.birthdays import give_birthdays
from loyalty_app.upkeep.periodic import Stop
from loyalty_app.upkeep.win_back import WinBacks
from loyalty_core.gifts import BirthdayGift, WinBack
from testkit.clocks import Clock
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import BOT, Town, open_town
from tests.bots.customers import card_of, come_in, mark, only, sent
from tests.bots.test_card_news import texts
from tests.bots.test_gift_news import LONG_AGO

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TWO_STAMPS = WinBack(after_days=30, stamps=2)
A_CAKE = WinBack(after_days=30, reward_description="A cake", valid_days=14)
MISSED = "☀️ Bean & Leaf has missed you!"


async def missed(
    town: Town, clock: Clock, gift: WinBack = TWO_STAMPS, *, birthday: BirthdayGift | None = None
) -> tuple[Shop, Person]:
    """A customer with a card in the chat, who was there twice, and then not for thirty days."""
    shop = await town.open_shop(win_back=gift, updated_at=LONG_AGO, birthday=birthday)
    shop.clock = clock
    lena = await come_in(town, shop)
    customer = await only(shop)
    for _ in range(2):
        await shop.stamp(customer.id)
    await town.idle()
    clock.wait(days=30)
    return shop, lena


async def look(town: Town, shop: Shop) -> None:
    """Win back who is away, and wait until the chat has told it."""
    shop.database, shop.counter = town.runtime.database, town.runtime.counter
    await WinBacks(shop.database, shop.counter, shop.clock, pause=0).run(Stop())
    await town.idle()


async def later(town: Town, clock: Clock, **span: float) -> None:
    clock.wait(**span)
    await town.idle()


async def test_it_is_told_once_and_then_the_card_shows_it_in_its_place(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena = await missed(town, clock, A_CAKE)
        since = await mark(town)
        await look(town, shop)
        [text] = await texts(lena)
        assert text.splitlines() == [
            f"{MISSED} A gift for you: A cake",
            "It is yours until 15 Apr 2026.",
            "Show your card when you want it.",
        ]
        assert "is waiting for you" not in (await card_of(lena)).words, "many are told first"
        await later(town, clock, seconds=10)
        assert "1 reward is waiting for you" in (await card_of(lena)).words
        assert len(await sent(town, since=since)) == 1
        await town.restart()
        await look(town, shop)
        await later(town, clock, days=1)
        await look(town, shop)
        assert len(await texts(lena)) == 1


async def test_no_more_of_these_is_one_tap_and_counts_for_birthdays_too(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena = await missed(town, clock, birthday=BirthdayGift(stamps=1))
        await look(town, shop)
        await later(town, clock, seconds=10)
        assert await lena.press("No more of these") == (
            "Bean & Leaf sends you no more of these. You still hear of your own card."
        )
        customer = await only(shop)
        assert customer.opted_out_at == clock.now
        day = (clock.now + timedelta(days=60)).date()
        await shop.update(customer.id, birthday=day.replace(year=1990))
        await shop.stamp(customer.id, 2)
        clock.wait(days=60)
        since = await mark(town)
        await give_birthdays(shop.database, shop.counter, now=clock.now)
        await look(town, shop)
        assert await sent(town, since=since) == []
        assert (await only(shop)).card.current_stamps == 7, "the birthday gift is on the card"
        await shop.stamp(customer.id, 2)
        await town.idle()
        assert "One stamp to go" in "".join(await texts(lena)), "news of their own card"
        await lena.press("Send them again")
        assert (await only(shop)).opted_out_at is None
        assert "No more of these" in {one.text.removeprefix("🔕 ") for m in lena.messages for one in m.buttons}


async def test_it_can_be_chosen_beside_the_settings_of_the_card_and_in_any_language(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop = await town.open_shop()
        lena = await come_in(town, shop, language_code="de")
        await lena.press("Mehr")
        await lena.press("Grüße ausschalten")
        assert (await only(shop)).opted_out_at is not None
        await town.idle()
        await lena.press("Mehr")
        await lena.press("Grüße einschalten")
        assert (await only(shop)).opted_out_at is None


@pytest.mark.parametrize("reason", ["opted out", "muted", "blocked", "erased", "visited", "off"])
async def test_what_happened_between_the_gift_and_the_message_is_heeded(sqlite_settings: Settings, reason: str) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena = await missed(town, clock)
        clock.now = clock.now.replace(hour=19, minute=59)
        customer, counter = await only(shop), shop.counter
        await counter.give_win_back(shop.caller(), customer.id)
        clock.wait(hours=1)
        await town.idle()
        assert [text for text in await texts(lena) if MISSED in text] == [], "it is late"
        assert "4 of 10 stamps" in (await card_of(lena)).words
        match reason:
            case "opted out":
                await shop.update(customer.id, opted_out=True)
            case "muted":
                await lena.press("More")
                await lena.press("Turn notices off")
            case "blocked":
                await lena.block()
            case "erased":
                await shop.erase(customer.id)
            case "visited":
                await shop.stamp(customer.id)
            case _:
                await shop.change(win_back=None)
        clock.now = (clock.now + timedelta(days=1)).replace(hour=10, minute=0)
        since = await mark(town)
        await town.idle()
        told = [call for call in await sent(town, since=since) if "missed you" in str(call)]
        assert len(told) == (1 if reason == "off" else 0), "what was given is told, except those"


async def test_a_chat_that_has_ended_is_noted_and_left_alone(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena = await missed(town, clock)
        await lena.block()
        await town.idle()
        since = await mark(town)
        await look(town, shop)
        assert await sent(town, since=since) == []
        assert (await only(shop)).card.current_stamps == 2


async def test_two_shops_in_two_zones_are_told_at_their_own_time(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        here, lena = await missed(town, clock)
        there = await town.open_shop(timezone="Pacific/Auckland", win_back=TWO_STAMPS, updated_at=LONG_AGO)
        there.clock = clock
        await lena.start(f"j_{there.business.slug}")
        [customer] = await there.customers()
        for _ in range(2):
            await there.stamp(customer.id)
        clock.wait(days=30)
        await town.idle()
        await look(town, here)
        assert len(await texts(lena)) == 1, "in Auckland it is midnight"
        clock.wait(hours=10, days=1)
        await look(town, there)
        assert len(await texts(lena)) == 2


@pytest.mark.usefixtures("connections")
async def test_a_message_that_may_have_arrived_is_not_sent_again_and_the_log_says_so(
    sqlite_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena = await missed(town, clock)
        await town.sandbox.order_fault(BOT, "lost_answer", method="sendMessage")
        await look(town, shop)
        assert "may have arrived, and is not sent again" in caplog.text
        await later(town, clock, hours=1)
        assert len(await texts(lena)) == 1


async def test_a_message_that_is_put_off_is_sent_later_and_once(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop, lena = await missed(town, clock)
        await town.sandbox.order_fault(BOT, "too_many_requests", method="sendMessage", retry_after=60)
        await look(town, shop)
        assert await texts(lena) == []
        await later(town, clock, minutes=2)
        assert len(await texts(lena)) == 1
