"""Winning back in the chat of owners: they see how many it goes to and how it looks before they switch it on."""

import pytest

from loyalty_app.settings import Settings
from loyalty_core.access import Role
from loyalty_core.gifts import WinBack
from testkit.clocks import Clock
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town, open_town
from tests.bots.customers import come_in, only
from tests.bots.till import open_till

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def shop(town: Town) -> Shop:
    return await town.open_shop()


@pytest.fixture
async def mira(town: Town, shop: Shop) -> Person:
    """The owner, before her shop's screen."""
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    return mira


async def press(person: Person, *labels: str) -> None:
    for label in labels:
        await person.press(label)


async def set_now(shop: Shop) -> WinBack | None:
    return (await shop.program()).terms.win_back


async def test_three_taps_from_the_shop_switch_it_on_and_the_last_is_below_the_number_and_the_message(
    sqlite_settings: Settings,
) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop = await town.open_shop()
        await come_in(town, shop)
        customer = await only(shop)
        for _ in range(2):
            await shop.stamp(customer.id)
        clock.wait(days=60)
        mira = await town.hire(shop, "Mira", Role.OWNER)
        await mira.say("/shop")
        await press(mira, "Program", "Win back")
        text = mira.last.words
        assert "Win back: switched off" in text
        assert "With this, 1 customer would be written to now." in text
        assert "☀️ Bean & Leaf has missed you! 2 stamps are a gift for you." in text
        assert await set_now(shop) is None
        async with open_till(town) as till:
            preview = await till.data("/v1/program/win-back?after_days=60", shop)
        assert preview == {"after_days": 60, "customers": 1}
        await press(mira, "Switch it on")
        assert "Switched on. The first messages leave within a minute." in mira.last.words
        assert await set_now(shop) == WinBack(after_days=60, stamps=2)
        await press(mira, "« Program")
        assert "Win back: on, after 60 days: 2 stamps" in mira.last.words


async def test_days_and_gift_are_only_looked_at_until_the_last_press(shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Win back", "30 days", "3 stamps")
    assert "not for 30 days" in mira.last.words
    await mira.say("A slice of cake\n14")
    assert "A gift for you: A slice of cake" in mira.last.words
    await press(mira, "90 days")
    assert "A slice of cake" in mira.last.words
    assert await set_now(shop) is None
    await press(mira, "Switch it on")
    cake = WinBack(after_days=90, reward_description="A slice of cake", valid_days=14)
    assert await set_now(shop) == cake
    assert "Switch it on" not in str(mira.last.labels)
    await press(mira, "1 stamp", "Change it")
    assert await set_now(shop) == WinBack(after_days=90, stamps=1)
    await press(mira, "Switch it off")
    assert (await set_now(shop), "Switched off" in mira.last.words) == (None, True)


async def test_a_press_of_another_screen_switches_nothing_on_that_was_not_shown(shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Win back", "30 days")
    earlier = next(one.data for one in mira.last.buttons if "Switch it on" in one.text)
    await press(mira, "90 days")
    await mira.press_data(mira.last.id, str(earlier))
    assert await set_now(shop) is None
    assert "not for 90 days" in mira.last.words
    for nonsense in ("days:7", "days:99999", "stamps:0", "stamps:101", "on:0", "what"):
        await mira.press_data(mira.last.id, f"winback:{shop.business.id}:{nonsense}")
        assert await set_now(shop) is None


async def test_a_gift_above_the_goal_is_explained_and_switches_nothing_on(town: Town) -> None:
    shop = await town.open_shop(stamps_required=1)
    otto = await town.hire(shop, "Otto", Role.OWNER)
    await otto.say("/shop")
    await press(otto, "Program", "Win back")
    assert "1 stamp is a gift" in otto.last.words
    await press(otto, "3 stamps", "Switch it on")
    assert "at most as many stamps as fill a card" in otto.last.words
    assert await set_now(shop) is None
    await otto.say("\u200b")
    assert await set_now(shop) is None


async def test_only_owners_can_press_it(town: Town, shop: Shop) -> None:
    ana = await town.hire(shop, "Ana", Role.MANAGER)
    await ana.say("/shop")
    for act in ("", ":on:0", ":off"):
        await ana.press_data(ana.last.id, f"winback:{shop.business.id}{act}")
        assert "Win back" not in ana.last.words
    assert await set_now(shop) is None


async def test_a_shop_that_sends_no_messages_is_told_so(mira: Person) -> None:
    await press(mira, "Settings", "Switch messages off", "« My shop", "Program", "Win back")
    assert "Messages to customers are switched off in the settings, so nobody is written to." in mira.last.words
