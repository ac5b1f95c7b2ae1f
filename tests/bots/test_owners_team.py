"""The staff in the chat: invited by a link that works once, removed at once, and never without an owner."""

from datetime import datetime, timedelta

import pytest

from loyalty_app.clock import utc_now
from loyalty_app.db.tables import invite as invitations
from loyalty_app.db.tables import staff
from loyalty_app.settings import Settings
from loyalty_app.shops.staff import list_staff
from loyalty_core.access import Role
from testkit.bot_api import check_calls
from testkit.concurrency import until
from testkit.people import Person
from testkit.screens import Shown
from testkit.shop import Shop, open_next_door
from testkit.town import BOT, Town, open_town
from tests.bots.customers import give_own_bot, restart
from tests.bots.test_owner_notice_worker import told

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


@pytest.fixture
async def max_(town: Town, shop: Shop) -> Person:
    """A manager, before the shop's screen."""
    max_ = await town.hire(shop, "Max", Role.MANAGER)
    await max_.say("/shop")
    return max_


async def roles(shop: Shop) -> dict[str, Role]:
    return {member.name: member.role for member in await list_staff(shop.database, shop.business.id)}


async def invite(person: Person, *role: str) -> str:
    """The link that somebody is given, from the shop's screen on."""
    await person.press("👥 Staff")
    await person.press("Invite")
    for label in role:
        await person.press(label)
    return link_on(person)


def link_on(person: Person) -> str:
    """The link of the newest screen that has one: a notice may stand below it."""
    offered = [{str(each.value) for each in shown.buttons if "copy" in each.kind} for shown in person.messages]
    [link] = next(links for links in reversed(offered) if links)
    assert link.startswith(f"https://t.me/{BOT}?start=i_")
    return link


@pytest.mark.parametrize("role", Role)
async def test_whom_an_owner_invites_has_the_role_that_was_chosen(
    town: Town, shop: Shop, mira: Person, role: Role
) -> None:
    link = await invite(mira, role.value.capitalize())
    ben = await town.person("Ben")
    await ben.open(link)
    assert (await roles(shop))["Ben"] is role


async def test_a_manager_invites_staff_and_nobody_else(town: Town, shop: Shop, max_: Person) -> None:
    link = await invite(max_)
    ben = await town.person("Ben")
    await ben.open(link)
    assert (await roles(shop))["Ben"] is Role.STAFF
    for higher in (Role.MANAGER, Role.OWNER):
        assert await max_.press_data(max_.last.id, f"invited:{shop.business.id}:{higher.value}") is not None
        assert link_on(max_) == link


async def test_an_invitation_lets_one_person_in(town: Town, shop: Shop, mira: Person) -> None:
    link = await invite(mira, "Staff")
    ben, eve = await town.person("Ben"), await town.person("Eve")
    await ben.open(link)
    await eve.open(link)
    assert set(await roles(shop)) == {"Mira", "Ben"}
    assert "Ben" in (await shown(mira, "« Staff")).words


async def test_a_press_that_comes_again_makes_no_second_invitation(
    town: Town, shop: Shop, mira: Person, max_: Person
) -> None:
    await mira.press("👥 Staff")
    await mira.press("Invite")
    await max_.press("👥 Staff")
    for person, label in ((mira, "Staff"), (max_, "Invite")):
        screen = person.last.id
        pressed = next(str(button.data) for button in person.last.buttons if label in button.text)
        await person.press_data(screen, pressed)
        link = link_on(person)
        await person.press_data(screen, pressed)
        await town.sandbox.redeliver(BOT)
        await person.screen()
        assert link_on(person) == link
    assert len(await shop.rows(invitations)) == 2


async def test_every_new_screen_offers_a_new_invitation(mira: Person) -> None:
    first = await invite(mira, "Staff")
    await mira.press("« Staff")
    await mira.press("Invite")
    await mira.press("Staff")
    assert link_on(mira) != first


async def test_a_press_that_comes_again_shows_no_link_that_was_used(town: Town, shop: Shop, mira: Person) -> None:
    await mira.press("👥 Staff")
    await mira.press("Invite")
    screen, pressed = mira.last.id, str(next(button.data for button in mira.last.buttons if button.text == "Staff"))
    await mira.press_data(screen, pressed)
    ben = await town.person("Ben")
    await ben.open(link_on(mira))
    assert "used" in str(await mira.press_data(screen, pressed))
    assert len(await shop.rows(invitations)) == 1


async def test_an_owner_who_tries_the_link_leaves_it_for_whom_it_is_meant(town: Town, shop: Shop, mira: Person) -> None:
    link = await invite(mira, "Staff")
    await mira.open(link)
    assert "for somebody else" in mira.last.words
    ben = await town.person("Ben")
    await ben.open(link)
    assert set(await roles(shop)) == {"Mira", "Ben"}


async def shown(person: Person, label: str) -> Shown:
    await person.press(label)
    return person.last


async def test_an_invitation_is_over_after_a_day(sqlite_settings: Settings) -> None:
    passed = timedelta()

    def clock() -> datetime:
        return utc_now() + passed

    async with open_town(sqlite_settings, clock=clock) as town:
        shop = await town.open_shop()
        mira = await town.hire(shop, "Mira", Role.OWNER)
        await mira.say("/shop")
        link = await invite(mira, "Staff")
        passed = timedelta(hours=24, seconds=1)
        ben = await town.person("Ben")
        await ben.open(link)
        assert set(await roles(shop)) == {"Mira"}
        check_calls(await town.sandbox.calls())


@pytest.mark.usefixtures("noon")
async def test_the_list_says_who_is_there_as_what_and_since_when(town: Town, shop: Shop, mira: Person) -> None:
    await town.hire(shop, "Ana", Role.STAFF)
    await mira.press("👥 Staff")
    today = f"{town.clock().year}"
    assert "Mira (you), owner, since" in mira.last.words
    assert "Ana, staff, since" in mira.last.words
    assert today in mira.last.words


async def test_who_is_removed_can_do_nothing_more_at_once(town: Town, shop: Shop, mira: Person, max_: Person) -> None:
    await mira.press("👥 Staff")
    await mira.press("✖ Max")
    assert "Max" in mira.last.words
    assert (await roles(shop))["Max"] is Role.MANAGER
    await mira.press("Yes, remove")
    assert set(await roles(shop)) == {"Mira"}
    await until(lambda: told(shop))
    before = [message.words for message in (await max_.screen()).from_bot]
    for label in ("Figures", "What you owe", "Staff", "Poster", "Settings"):
        assert await max_.press(label) is not None
        assert [message.words for message in (await max_.screen()).from_bot] == before
    await max_.say("/shop")
    assert "Bean" not in max_.last.words
    assert town.supervisor.intake.worker.idle


async def test_removing_twice_is_removing_once(shop: Shop, mira: Person, max_: Person) -> None:
    del max_
    await mira.press("👥 Staff")
    await mira.press("✖ Max")
    pressed = next(button.data for button in mira.last.buttons if "Yes" in button.text)
    for _ in range(2):
        await mira.press_data(mira.last.id, str(pressed))
    assert set(await roles(shop)) == {"Mira"}


async def test_the_last_owner_stays(shop: Shop, mira: Person) -> None:
    await mira.press("👥 Staff")
    await mira.press("✖ Mira")
    assert await mira.press("Yes, remove") is not None
    assert await roles(shop) == {"Mira": Role.OWNER}


async def test_an_owner_may_leave_another_one_behind(town: Town, shop: Shop, mira: Person) -> None:
    await town.hire(shop, "Otto", Role.OWNER)
    await mira.press("👥 Staff")
    await mira.press("✖ Mira")
    await mira.press("Yes, remove")
    assert await roles(shop) == {"Otto": Role.OWNER}
    await mira.say("/shop")
    assert "/newshop" in mira.last.words


async def test_a_manager_removes_staff_and_nobody_else(town: Town, shop: Shop, mira: Person, max_: Person) -> None:
    await town.hire(shop, "Ana", Role.STAFF)
    await max_.press("👥 Staff")
    assert [label for label in max_.last.labels if label.startswith("✖")] == ["✖ Ana"]
    for member in await list_staff(shop.database, shop.business.id):
        await max_.press_data(max_.last.id, f"left:{shop.business.id}:{member.staff_id}")
    assert set(await roles(shop)) == {mira.first_name, max_.first_name}


async def test_staff_of_another_shop_are_not_removed(town: Town, shop: Shop, mira: Person) -> None:
    next_door = await town.open_shop()
    olga = await town.person("Olga")
    number = await town.employ(next_door, olga, Role.STAFF)
    for data in (f"left:{shop.business.id}:{number}", f"left:{next_door.business.id}:{number}"):
        await mira.press_data(mira.last.id, data)
    assert await roles(next_door) == {"Olga": Role.STAFF}


async def test_a_large_staff_with_long_names_is_read_and_removed_page_by_page(
    town: Town, shop: Shop, mira: Person
) -> None:
    first = await town.employ(shop, await town.person("Ben"))
    rows = [
        {"business_id": shop.business.id, "id": first + more, "user_id": 7_000_000 + more, "name": "🦊" * 128}
        | {"role": "staff", "created_at": utc_now()}
        for more in range(1, 44)
    ]
    await shop.database.write(lambda connection: shop.database.insert(connection, staff, rows))
    await mira.press("👥 Staff")
    seen = [label for label in mira.last.labels if label.startswith("✖")]
    for _ in range(2):
        await mira.press("Newer")
        seen += [label for label in mira.last.labels if label.startswith("✖")]
    assert len(seen) == 45
    last = mira.last.buttons[-4]
    await mira.press(str(last.data))
    await mira.press("Yes, remove")
    assert len(await list_staff(shop.database, shop.business.id)) == 44
    assert mira.last.words.count("\n•") == 20


async def test_a_shop_s_own_bot_takes_no_invitation_of_another_shop(town: Town, shop: Shop, mira: Person) -> None:
    payload = (await invite(mira, "Staff")).rpartition("=")[2]
    await give_own_bot(town, await open_next_door(shop), "next_bot")
    [shop] = await restart(town, shop)
    ben = await town.person("Ben", bot="next_bot")
    await ben.start(payload)
    assert set(await roles(shop)) == {"Mira"}
    await ben.at(BOT).start(payload)
    assert set(await roles(shop)) == {"Mira", "Ben"}
