"""Staff at the desk: who works there and what each did; inviting and removing by the rules of the chat."""

import re

import pytest

from loyalty_app.chat.chats import ChatChange, change_chat
from loyalty_app.shops.invites import accept, invite
from loyalty_app.shops.staff import list_staff, remove_staff
from loyalty_app.shops.workplaces import add_branch
from loyalty_core.access import Role
from loyalty_core.errors import InviteInvalid
from loyalty_core.fields import BotId, ChatId
from loyalty_core.ledger import Actor, ActorType
from tests.pages.desk_page import DeskPage, desk_of, texts
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def roles(desk: DeskPage) -> dict[str, Role]:
    return {one.name: one.role for one in await list_staff(desk.shop.database, desk.shop.business.id)}


async def staff_ids(desk: DeskPage) -> dict[str, int]:
    return {one.name: one.staff_id for one in await list_staff(desk.shop.database, desk.shop.business.id)}


def payload_in(page: str) -> str:
    return str(re.findall(r">https://t\.me/stamp_bot\?start=(i_[A-Za-z0-9]+)<", page)[0])


async def join(place: Place, desk: DeskPage, payload: str, user_id: int = 990_001) -> None:
    await accept(desk.shop.database, payload, user_id=user_id, name="Nina", now=place.town.clock())


async def test_each_person_is_listed_with_role_branch_and_work_that_leads_to_their_entries(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    shop, database = desk.shop, desk.shop.database
    ana = await place.town.hire(shop, "Ana")
    old_town = await add_branch(database, shop.business.id, name="Old Town", now=shop.clock.now)
    await add_branch(database, shop.business.id, name="Harbour", now=shop.clock.now)
    chosen = ChatChange(business_id=shop.business.id, branch_id=old_town.id)
    await change_chat(database, BotId(place.bot_id), ChatId(ana.id), chosen, now=shop.clock.now)
    number = (await staff_ids(desk))["Ana"]
    shop.clock.now = place.town.clock()
    lena = await shop.join("Lena")
    await shop.stamp(lena.id, 3, by=Actor(ActorType.STAFF, number, "Ana", Role.STAFF))
    page = (await desk.get("staff")).text
    read = texts(page)
    assert re.search(r"Mira \(you\).*manager.*Ana.*staff.*at Old Town", read)
    assert "Today: 3 stamps, 0 rewards handed out and 0 undone" in read
    assert f"ledger?who={number}" in page
    assert "3 stamps" in texts((await desk.get("ledger", who=number)).text)
    await remove_staff(database, shop.business.id, number, now=shop.clock.now)
    assert re.search(r"Ana\W+not on the staff any more", texts((await desk.get("staff")).text))


async def test_a_form_makes_one_link_shown_again_only_to_the_same_form(place: Place) -> None:
    desk = await desk_of(place)
    form = await desk.form("staff", "staff/invite")
    pages = [(await desk.send("staff/invite", form, role="manager")).text for _ in range(2)]
    assert len({payload_in(page) for page in pages}) == 1
    assert all("<svg" in page and "works once" in page for page in pages)
    other = await desk.send("staff/invite", form, role="owner")
    assert (other.status_code, "This form was sent before" in other.text) == (422, True)
    page = (await desk.get("staff")).text
    assert ("t.me" in page, page.count("staff/withdraw")) == (False, 1)
    await join(place, desk, payload_in(pages[0]))
    assert (await roles(desk))["Nina"] is Role.MANAGER
    late = await desk.send("staff/invite", form, role="manager")
    assert (late.status_code, "was used already" in late.text, "t.me" in late.text) == (409, True, False)


async def test_a_role_is_raised_by_an_invitation_to_the_higher_one(place: Place) -> None:
    desk = await desk_of(place)
    ana = await place.town.hire(desk.shop, "Ana")
    page = await desk.send("staff/invite", await desk.form("staff", "staff/invite"), role="manager")
    await join(place, desk, payload_in(page.text), ana.id)
    assert await roles(desk) == {"Mira": Role.OWNER, "Ana": Role.MANAGER}


async def test_a_withdrawn_invitation_lets_nobody_in(place: Place) -> None:
    desk = await desk_of(place)
    page = await desk.send("staff/invite", await desk.form("staff", "staff/invite"), role="staff")
    form = await desk.form("staff", "staff/withdraw")
    for _ in range(2):
        assert "The invitation is withdrawn." in (await desk.send("staff/withdraw", form)).text
    assert "There is no open invitation." in (await desk.get("staff")).text
    with pytest.raises(InviteInvalid):
        await join(place, desk, payload_in(page.text))
    for wrong in ("", "zz", "00" * 32):
        refused = await desk.send("staff/withdraw", form, invitation=wrong)
        assert (refused.status_code, "That invitation was used already" in refused.text) == (409, True)


async def test_managers_invite_remove_and_withdraw_staff_only(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    await place.town.hire(desk.shop, "Otto", Role.OWNER)
    await place.town.hire(desk.shop, "Max", Role.MANAGER)
    await invite(desk.shop.database, desk.shop.business.id, Role.OWNER, now=place.town.clock())
    page, ids = (await desk.get("staff")).text, await staff_ids(desk)
    assert re.findall(r'name="role" value="(\w+)"', page) == ["staff"]
    assert ("/remove" in page, "staff/withdraw" in page, "owner" in texts(page)) == (False, False, True)
    key = {"key": "k" * 20}
    for role in ("manager", "owner"):
        refused = await desk.send("staff/invite", key, role=role)
        assert (refused.status_code, "Only owners can do that." in refused.text) == (403, True)
    for name in ("Otto", "Max", "Mira"):
        assert (await desk.send(f"staff/{ids[name]}/remove", key)).status_code == 403
    assert set(await roles(desk)) == {"Mira", "Otto", "Max"}


async def test_who_is_removed_is_out_at_once_and_removing_twice_changes_nothing(place: Place) -> None:
    desk = await desk_of(place)
    ana = await place.town.hire(desk.shop, "Ana", Role.MANAGER)
    hers = await place.signed_in(ana)
    number = (await staff_ids(desk))["Ana"]
    form = await desk.form("staff", f"staff/{number}/remove")
    for _ in range(2):
        assert "not on the staff any more" in (await desk.send(f"staff/{number}/remove", form)).text
    assert (await hers.get(f"{desk.path}/ledger")).status_code == 403
    assert await roles(desk) == {"Mira": Role.OWNER}


async def test_the_last_owner_stays_and_another_who_leaves_is_led_to_their_shops(place: Place) -> None:
    desk = await desk_of(place)
    own = (await staff_ids(desk))["Mira"]
    form = await desk.form("staff", f"staff/{own}/remove")
    last = await desk.send(f"staff/{own}/remove", form)
    assert (last.status_code, "A shop keeps at least one owner." in last.text) == (409, True)
    await place.town.hire(desk.shop, "Otto", Role.OWNER)
    gone = await desk.client.post(f"{desk.path}/staff/{own}/remove", data=form)
    assert (gone.status_code, gone.headers["location"]) == (303, f"/app/{place.bot_id}/shop")
    assert await roles(desk) == {"Otto": Role.OWNER}


async def test_what_is_sent_wrong_is_said_and_changes_nothing(place: Place) -> None:
    desk = await desk_of(place)
    key = {"key": "k" * 20}
    role = await desk.send("staff/invite", key, role="king")
    nobody = await desk.send("staff/999999/remove", key)
    assert [role.status_code, nobody.status_code] == [400, 400]
    assert ('id="fault-role"' in role.text, 'id="fault-staff"' in nobody.text) == (True, True)
    for path in ("invite", "withdraw", "999999/remove"):
        bare = await desk.send(f"staff/{path}", {"role": "staff"})
        assert (bare.status_code, 'role="alert"' in bare.text) == (400, True)
    assert "There is no open invitation." in (await desk.get("staff")).text
    assert (await desk.send("staff/x/remove", key)).status_code == 404
