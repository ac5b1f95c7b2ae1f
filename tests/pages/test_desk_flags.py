"""What is flagged, set by owners at the desk over HTTP; and what a reward costs, seen in what is owed."""

import re

import pytest

from loyalty_app.shops.flag_rules import change_flag_rules, read_flag_rules
from loyalty_core.access import Role
from loyalty_core.flags import FlagKind, FlagRules, FlagRulesChange
from tests.pages.desk_page import DeskPage, desk_of
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def rules_of(desk: DeskPage) -> FlagRules:
    return await desk.shop.database.read(lambda connection: read_flag_rules(connection, desk.shop.business.id))


async def form_with_ticks(desk: DeskPage) -> dict[str, str]:
    """The form as a browser sends it, with the boxes that are ticked."""
    page = (await desk.get("flags")).text
    ticked = re.findall(r'<input type="checkbox" name="([^"]*)" value="yes" checked', page)
    return {**await desk.form("flags", "flags"), **dict.fromkeys(ticked, "yes")}


async def test_an_owner_switches_kinds_and_the_evening_and_sets_numbers(place: Place) -> None:
    desk = await desk_of(place)
    form = await form_with_ticks(desk)
    assert {kind.value for kind in FlagKind} <= form.keys()
    changed = {**form, "most_visits": "٦", "evening_summary": "yes"}
    del changed["unusual_hour"]
    for _ in range(2):
        assert "Saved." in (await desk.send("flags", changed)).text
    kept = FlagRules(most_visits=6, off=(FlagKind.UNUSUAL_HOUR,), evening_summary=True)
    assert await rules_of(desk) == kept
    assert "Nothing was different" in (await desk.send("flags", await form_with_ticks(desk))).text
    back = {**await form_with_ticks(desk), "unusual_hour": "yes", "evening_summary": ""}
    await desk.send("flags", back)
    assert await rules_of(desk) == FlagRules(most_visits=6)


async def test_what_somebody_else_switched_off_meanwhile_stays_off(place: Place) -> None:
    desk = await desk_of(place)
    form = await form_with_ticks(desk)
    await change_flag_rules(desk.shop.database, desk.shop.business.id, FlagRulesChange(off=(FlagKind.BY_HAND,)))
    del form["own_card"]
    await desk.send("flags", form, most_undos="9")
    assert await rules_of(desk) == FlagRules(most_undos=9, off=(FlagKind.OWN_CARD, FlagKind.BY_HAND))


@pytest.mark.parametrize(("field", "text"), [("most_visits", "0"), ("most_undos", "1001"), ("most_visits", "some")])
async def test_a_number_that_cannot_be_is_said_beside_its_field_and_nothing_is_changed(
    place: Place, field: str, text: str
) -> None:
    desk = await desk_of(place)
    form = await form_with_ticks(desk)
    page = await desk.send("flags", {**form, field: text, "own_card": ""})
    assert page.status_code == 400
    assert re.search(rf'id="fault-{field}">Please write a whole number from 1 to 1000', page.text)
    assert f'name="{field}" value="{text}"' in page.text
    assert re.search(r'name="own_card" value="yes">', page.text), "it stays unticked, as it was sent"
    assert await rules_of(desk) == FlagRules()


async def test_managers_set_nothing_about_flags(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    assert (await desk.send("flags", {"key": "k" * 20, "most_visits": "9"})).status_code == 403
    assert await rules_of(desk) == FlagRules()


async def test_owners_are_told_where_to_say_what_a_reward_costs_until_they_did(place: Place) -> None:
    desk, manager = await desk_of(place), await desk_of(place, Role.MANAGER)
    told = "Say in the program what a reward costs you"
    assert [told in (await one.get("rewards")).text for one in (desk, manager)] == [True, False]
    program = f"programs/{desk.shop.business.id}"
    await desk.send(program, await desk.form(program, program), reward_cost="2.50", currency="EUR")
    await desk.shop.stamp((await desk.shop.join()).id, 10)
    page = (await desk.get("rewards")).text
    assert (told in page, "In money: €2.50" in page) == (False, True)
