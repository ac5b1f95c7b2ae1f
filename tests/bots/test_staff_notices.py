"""News of the staff: that somebody came or was taken off is told to those in charge and to the person, once each."""

import pytest
from msgspec.structs import replace

from bots.notice_texts import notice_text
from bots.words import LANGUAGES, words_for
from loyalty_app.clock import utc_now
from loyalty_app.db.tables import notice
from loyalty_app.shops.invites import accept, invite
from loyalty_app.shops.notice_facts import StaffEvent, StaffFacts
from loyalty_app.shops.staff import list_staff, remove_staff
from loyalty_core.access import Role
from testkit.concurrency import until
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import BOT, Town
from tests.bots.cafe import Cafe, own_bot
from tests.bots.test_owner_notice_worker import A_NOTICE, told

pytestmark = pytest.mark.usefixtures("unhurried")


async def heard(shop: Shop, *people: Person) -> list[list[str]]:
    """What each of them was told, once everybody was."""
    await until(lambda: told(shop))
    return [
        [message.words.partition("\n")[2] for message in (await person.screen()).from_bot if "👥 Bean" in message.words]
        for person in people
    ]


async def staff_id(shop: Shop, name: str) -> int:
    return next(each.staff_id for each in await list_staff(shop.database, shop.business.id) if each.name == name)


async def test_who_opened_an_invitation_is_told_to_the_owners_and_to_who_gave_it(either_town: Town) -> None:
    shop = await either_town.open_shop()
    mira = await either_town.hire(shop, "Mira", Role.OWNER)
    max_, ana = await either_town.hire(shop, "Max", Role.MANAGER), await either_town.hire(shop, "Ana")
    payload = await invite(shop.database, shop.business.id, Role.STAFF, now=utc_now(), by=await staff_id(shop, "Max"))
    nina = await either_town.person("Nina")
    await nina.start(payload)
    await nina.start(payload)
    said = "Nina opened an invitation from Max and is on the staff now. Role: staff"
    assert await heard(shop, mira, max_, ana, nina) == [[said], [said], [], []]


async def test_an_invitation_of_the_operator_is_told_and_a_higher_role_is_too(town: Town) -> None:
    shop = await town.open_shop()
    mira, ana = await town.hire(shop, "Mira", Role.OWNER), await town.hire(shop, "Ana")
    await ana.start(await invite(shop.database, shop.business.id, Role.MANAGER, now=utc_now()))
    [[said]] = await heard(shop, mira)
    assert said == "Ana opened an invitation from the operator of this server and may do more now. Role: manager"


async def test_an_invitation_that_is_left_for_somebody_else_is_told_to_nobody(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await town.hire(shop, "Otto", Role.OWNER)
    await mira.start(await invite(shop.database, shop.business.id, Role.STAFF, now=utc_now()))
    assert await shop.rows(notice) == []


async def test_a_removal_in_the_chat_is_told_to_the_other_owners_and_to_the_person(town: Town) -> None:
    shop = await town.open_shop()
    mira, otto = await town.hire(shop, "Mira", Role.OWNER), await town.hire(shop, "Otto", Role.OWNER)
    ana = await town.hire(shop, "Ana")
    await mira.say("/shop")
    await mira.press("👥 Staff")
    await mira.press("✖ Ana")
    await mira.press("Yes, remove")
    gone = "You are not on the staff here any more. Your own stamp cards stay as they are."
    assert await heard(shop, mira, otto, ana) == [[], ["Mira took Ana off the staff. Role: staff"], [gone]]


@pytest.mark.parametrize("times", [1, 2])
async def test_a_removal_by_the_operator_is_told_to_all_owners_and_to_the_person_once(town: Town, times: int) -> None:
    shop = await town.open_shop()
    mira, ana = await town.hire(shop, "Mira", Role.OWNER), await town.hire(shop, "Ana")
    number = await staff_id(shop, "Ana")
    for _ in range(times):
        await remove_staff(shop.database, shop.business.id, number, now=utc_now())
    [by_owner, by_person] = await heard(shop, mira, ana)
    assert by_owner == ["The operator of this server took Ana off the staff. Role: staff"]
    assert len(by_person) == 1


async def test_who_leaves_is_told_to_the_owners_only(town: Town) -> None:
    shop = await town.open_shop()
    mira, max_ = await town.hire(shop, "Mira", Role.OWNER), await town.hire(shop, "Max", Role.OWNER)
    number = await staff_id(shop, "Max")
    await remove_staff(shop.database, shop.business.id, number, now=utc_now(), by=number)
    assert await heard(shop, mira, max_) == [["Max left the staff. Role: owner"], []]


async def test_who_never_met_the_shops_own_bot_hears_it_from_the_bot_of_all_shops(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await own_bot(Cafe(town=town, shop=shop, ana=mira, lena=await shop.join()), "bean_bot")
    payload = await invite(shop.database, shop.business.id, Role.STAFF, now=utc_now())
    await accept(shop.database, payload, user_id=77, name="Nina", now=utc_now())
    assert len((await heard(shop, mira.at(BOT)))[0]) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", StaffEvent)
@pytest.mark.parametrize("by", ["Mira", None])
def test_every_change_of_the_staff_can_be_said_in_every_language(
    language: str, event: StaffEvent, by: str | None
) -> None:
    if event is StaffEvent.LEFT and by is None:
        return
    facts = StaffFacts(event=event, name="Ana <&>", role=Role.STAFF, by=by)
    said = notice_text(words_for(language), replace(A_NOTICE, kind="staff", facts=facts))
    assert "Bean &lt;&amp; Leaf&gt;" in said
    assert ("Ana &lt;&amp;&gt;" in said) == (event is not StaffEvent.DISMISSED)
    assert str(facts)
