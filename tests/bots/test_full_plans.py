"""A plan that holds so many customers: its owners are told in time, and when it is full, and can always see it."""

import pytest
from msgspec.structs import replace

from bots.notice_texts import notice_text
from bots.words import LANGUAGES, words_for
from loyalty_app.db.tables import notice
from loyalty_app.settings import Settings
from loyalty_app.shops.notice_facts import RoomFacts
from loyalty_core.access import Plan, Role
from loyalty_core.errors import CustomerLimitReached
from testkit.clocks import Clock
from testkit.concurrency import until
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town, open_town
from tests.bots.test_owner_notice_worker import A_NOTICE, told

pytestmark = pytest.mark.usefixtures("unhurried")


async def join(shop: Shop, count: int) -> None:
    for _ in range(count):
        await shop.join()


async def heard(shop: Shop, person: Person) -> list[str]:
    """What a person was told about the plan, once everybody was."""
    await until(lambda: told(shop))
    return [message.words for message in (await person.screen()).from_bot if message.words.startswith("🎟")]


async def test_owners_are_told_at_four_fifths_and_at_the_limit_with_what_to_do(either_town: Town) -> None:
    shop = await either_town.open_shop(plan=Plan.TRIAL)
    mira = await either_town.hire(shop, "Mira", Role.OWNER)
    await join(shop, 19)
    assert await shop.rows(notice) == []
    await join(shop, 1)
    [nearly] = await heard(shop, mira)
    assert "nearly full: 20 of 25 customers" in nearly
    await join(shop, 5)
    [_, full] = await heard(shop, mira)
    assert "full: 25 of 25 customers" in full
    assert f"loyalty business set-plan --business {shop.business.id} --plan professional" in full
    with pytest.raises(CustomerLimitReached):
        await shop.join()
    await mira.say("/shop")
    assert "⚠️ Customers: 25 of 25. The plan is full." in mira.last.words


async def test_who_goes_and_comes_at_the_limit_is_not_told_each_time(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop = await town.open_shop(plan=Plan.TRIAL)
        mira = await town.hire(shop, "Mira", Role.OWNER)
        await join(shop, 25)
        for place, (days, times) in enumerate(((1, 1), (31, 2))):
            await shop.erase((await shop.customers())[place].id)
            clock.wait(days=days)
            await join(shop, 1)
            assert len([text for text in await heard(shop, mira) if "25 of 25" in text]) == times


async def test_a_plan_for_any_number_says_nothing(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await join(shop, 26)
    await mira.say("/shop")
    assert (await shop.rows(notice), "Customers:" in mira.last.words) == ([], False)


@pytest.mark.parametrize("plan", ["trial", "basic"])
async def test_a_shop_of_the_chat_starts_on_the_plan_of_new_shops(sqlite_settings: Settings, plan: str) -> None:
    holds = plan == "trial"
    async with open_town(replace(sqlite_settings, new_shop_plan=plan)) as town:
        mira = await town.person("Mira")
        for text in ("/newshop", "Moon", "8", "A coffee"):
            await mira.say(text)
        assert ("Your plan holds 25 customers" in mira.last.words) == holds
        await mira.press("🏪 My shop")
        assert ("Customers: 0 of 25" in mira.last.words) == holds


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("customers", [20, 25])
def test_a_full_plan_can_be_told_in_every_language(language: str, customers: int) -> None:
    facts = RoomFacts(business_id=7, customers=customers, limit=25)
    said = notice_text(words_for(language), replace(A_NOTICE, kind="room", facts=facts))
    assert "<code>loyalty business set-plan --business 7 --plan professional</code>" in said
