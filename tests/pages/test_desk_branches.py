"""Branches at the desk: opened, renamed, closed and opened again; each form does its work once."""

import pytest

from loyalty_app.shops.workplaces import Branch, add_branch, list_branches
from loyalty_core.access import Role
from loyalty_core.stamping import StampOrder
from tests.pages.desk_page import DeskPage, desk_of, texts
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def branches(desk: DeskPage) -> list[Branch]:
    return await list_branches(desk.shop.database, desk.shop.business.id)


async def test_a_branch_is_opened_once_renamed_and_its_name_is_text(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    form = await desk.form("branches", "branches")
    for _ in range(2):
        assert "The branch is open." in (await desk.send("branches", form, name="<b>Old</b> Town")).text
    [old] = await branches(desk)
    page = (await desk.get("branches")).text
    assert ("<b>Old" in page, "&lt;b&gt;Old" in page, f"Number for tills: {old.id}" in page) == (False, True, True)
    path = f"branches/{old.id}/rename"
    form = await desk.form("branches", path)
    assert "Nothing was different" in (await desk.send(path, form)).text
    assert "Saved." in (await desk.send(path, {**form, "key": "k" * 20}, name="مركز المدينة")).text
    assert [one.name for one in await branches(desk)] == ["مركز المدينة"]


async def test_a_closed_branch_is_chosen_no_more_but_named_and_can_be_opened_again(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    shop = desk.shop
    harbour = await add_branch(shop.database, shop.business.id, name="Harbour", now=shop.clock.now)
    station = await add_branch(shop.database, shop.business.id, name="Station", now=shop.clock.now)
    shop.clock.now = place.town.clock()
    lena = await shop.join("Lena")
    await shop.counter.give_stamp(shop.caller(), lena.id, StampOrder(branch_id=harbour.id))
    card = f"customers/{lena.id}"
    stale = await desk.form(card, f"{card}/stamp")
    path = f"branches/{harbour.id}/close"
    form = await desk.form("branches", path)
    for _ in range(2):
        assert "The branch is closed." in (await desk.send(path, form)).text
    assert (await desk.form(card, f"{card}/stamp"))["branch_id"] == str(station.id), "the only one that is left"
    refused = await desk.send(f"{card}/stamp", stale, branch_id=str(harbour.id))
    assert (refused.status_code, len(await shop.ledger())) == (400, 1)
    assert "Harbour" in texts((await desk.get("ledger", branch=harbour.id)).text)
    assert "Harbour" in texts((await desk.get("figures", days=1)).text)
    page = (await desk.get("branches")).text
    assert ("Closed branches" in page, f"ledger?branch={harbour.id}" in page) == (True, True)
    path = f"branches/{harbour.id}/reopen"
    assert "The branch is open." in (await desk.send(path, await desk.form("branches", path))).text
    assert (await desk.send(f"{card}/stamp", stale, branch_id=str(harbour.id))).status_code == 200


async def test_a_wrong_name_is_said_beside_its_field_and_stays_typed(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    harbour = await add_branch(desk.shop.database, desk.shop.business.id, name="Harbour", now=desk.shop.clock.now)
    long = "x" * 201
    for path in ("branches", f"branches/{harbour.id}/rename"):
        answer = await desk.send(path, await desk.form("branches", path), name=long)
        assert (answer.status_code, answer.text.count('id="fault-name"')) == (400, 1)
        assert f'name="name" value="{long}"' in answer.text
        assert (await desk.send(path, {"name": "No key"})).status_code == 400
    assert [one.name for one in await branches(desk)] == ["Harbour"]


async def test_staff_and_other_shops_change_no_branch(place: Place) -> None:
    staff, other = await desk_of(place, Role.STAFF), await desk_of(place)
    harbour = await add_branch(staff.shop.database, staff.shop.business.id, name="Harbour", now=staff.shop.clock.now)
    key = {"key": "k" * 20, "name": "Mine"}
    for act in ("rename", "close", "reopen"):
        path = f"branches/{harbour.id}/{act}"
        mine, foreign = await staff.send(path, key), await other.send(path, {**key, "key": f"{act}{'k' * 20}"})
        assert (mine.status_code, foreign.status_code, 'id="fault-branch_id"' in foreign.text) == (403, 400, True)
    assert (await staff.send("branches", key)).status_code == 403
    assert [(one.name, one.closed_at) for one in await branches(staff)] == [("Harbour", None)]
