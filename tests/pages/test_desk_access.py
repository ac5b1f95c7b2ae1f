"""API access at the desk: keys and what is left of their hour; made once, shown once, and revoked for ever."""

import re

import pytest

from loyalty_app.shops.api_key_check import ApiKeys
from loyalty_app.shops.api_keys import create_key, list_keys
from loyalty_app.shops.twins import create_test_key
from loyalty_core.access import Plan, Role, Scope
from loyalty_core.errors import InvalidApiKey
from tests.browser import Tab
from tests.pages.desk_page import DeskPage, desk_of, texts
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


def key_in(page: str) -> str:
    return str(re.findall(r">(ll_[A-Za-z0-9]{57})<", page)[0])


async def made(desk: DeskPage, *scopes: Scope, name: str = "Till") -> str:
    form = await desk.form("access", "access")
    return (await desk.send("access", {**form, **dict.fromkeys(scopes, "yes")}, name=name)).text


async def test_a_key_is_made_once_with_its_scopes_and_shown_only_to_who_made_it(place: Place) -> None:
    desk = await desk_of(place)
    form = {**await desk.form("access", "access"), "name": "Till <1>", Scope.STAMPS_WRITE: "yes"}
    first, again = await desk.send("access", form), await desk.send("access", form)
    key = key_in(first.text)
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    assert (again.status_code, "was made already and is not shown again" in again.text) == (422, True)
    listed = (await desk.get("access")).text
    assert [key in page for page in (again.text, listed)] == [False, False]
    [kept] = await list_keys(desk.shop.database, desk.shop.business.id)
    assert (kept.name, kept.scopes, f"ll_{kept.public_id}…" in listed) == (
        "Till <1>",
        frozenset({Scope.STAMPS_WRITE}),
        True,
    )
    keys = ApiKeys(desk.shop.database)
    assert (await keys.recognise(key)).business.id == desk.shop.business.id
    await keys.close()


async def test_what_a_key_has_used_of_its_hour_is_what_its_answers_say(place: Place) -> None:
    desk = await desk_of(place)
    key = key_in(await made(desk, Scope.PROGRAM_READ))
    assert "never used" in texts((await desk.get("access")).text)
    url, bearer = f"{place.url}/v1/program", {"Authorization": f"Bearer {key}"}
    answers = [await desk.client.get(url, headers=bearer) for _ in range(3)]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["999", "998", "997"]
    read = texts((await desk.get("access")).text)
    assert "This hour: 3 of 1,000 requests, 997 left." in read
    assert "This hour: 3 of 1,000 requests, 997 left." in texts((await desk.get("access")).text), (
        "looking costs nothing"
    )
    assert ("professional" in read, "see the program and the branches" in read) == (True, True)


async def test_a_key_is_revoked_for_ever_and_revoking_again_changes_nothing(place: Place) -> None:
    desk = await desk_of(place)
    key = key_in(await made(desk, *Scope))
    [kept] = await list_keys(desk.shop.database, desk.shop.business.id)
    form = await desk.form("access", f"access/{kept.key_id}/revoke")
    for _ in range(2):
        page = (await desk.send(f"access/{kept.key_id}/revoke", form)).text
        said = ("The key is revoked.", "There is no key.", "Keys that open nothing any more")
        assert [sentence in page for sentence in said] == [True] * 3
    keys = ApiKeys(desk.shop.database)
    with pytest.raises(InvalidApiKey):
        await keys.recognise(key)
    await keys.close()


async def test_test_keys_are_listed_and_revoked_too(place: Place) -> None:
    desk = await desk_of(place)
    test = await create_test_key(desk.shop.database, desk.shop.business.id, name="Trial", now=place.town.clock())
    assert re.search(r"Trial.*test key", texts((await desk.get("access")).text))
    form = await desk.form("access", f"access/{test.key_id}/revoke")
    assert "There is no key." in (await desk.send(f"access/{test.key_id}/revoke", form)).text


@pytest.mark.parametrize(
    ("name", "scopes", "field"), [("", [Scope.STAMPS_WRITE], "name"), ("Till", [], "scopes"), ("x" * 201, [], "scopes")]
)
async def test_a_wrong_key_is_said_beside_its_field_and_what_was_chosen_stays(
    place: Place, name: str, scopes: list[Scope], field: str
) -> None:
    desk = await desk_of(place)
    ticked: dict[str, str] = dict.fromkeys(scopes, "yes")
    answer = await desk.send("access", {**await desk.form("access", "access"), **ticked}, name=name)
    assert (answer.status_code, f'id="fault-{field}"' in answer.text) == (400, True)
    assert f'name="name" value="{name}"' in answer.text
    assert re.findall(r'name="([a-z:]+)" value="yes" checked', answer.text) == scopes
    assert await list_keys(desk.shop.database, desk.shop.business.id) == []


async def test_a_plan_without_the_api_says_so_and_an_old_key_can_still_be_revoked(place: Place) -> None:
    shop = await place.town.open_shop(plan=Plan.BASIC)
    mira = await place.town.hire(shop, "Mira", Role.OWNER)
    desk = DeskPage(shop, mira, await place.signed_in(mira))
    old = await create_key(shop.database, shop.business.id, name="Old", now=place.town.clock())
    page = (await desk.get("access")).text
    assert (str(shop.business.id) in texts(page), 'name="name"' in page) == (True, False)
    refused = await desk.send("access", {"key": "k" * 20, "name": "Till", Scope.STAMPS_WRITE: "yes"})
    assert (refused.status_code, "does not include that" in refused.text) == (403, True)
    form = await desk.form("access", f"access/{old.key_id}/revoke")
    assert "The key is revoked." in (await desk.send(f"access/{old.key_id}/revoke", form)).text


async def test_managers_and_other_shops_reach_no_key(place: Place) -> None:
    manager, owner = await desk_of(place, Role.MANAGER), await desk_of(place)
    key = await create_key(manager.shop.database, manager.shop.business.id, name="Till", now=place.town.clock())
    form = {"key": "k" * 20, "name": "Till", Scope.STAMPS_WRITE: "yes"}
    sent = [await manager.send(path, form) for path in ("access", f"access/{key.key_id}/revoke")]
    assert [answer.status_code for answer in (await manager.get("access"), *sent)] == [403] * 3
    foreign = await owner.send(f"access/{key.key_id}/revoke", form)
    assert (foreign.status_code, 'id="fault-key_id"' in foreign.text) == (400, True)
    [kept] = await list_keys(manager.shop.database, manager.shop.business.id)
    assert kept.revoked_at is None
    bare = await owner.send("access", {"name": "Till", Scope.STAMPS_WRITE: "yes"})
    assert (bare.status_code, await list_keys(owner.shop.database, owner.shop.business.id)) == (400, [])


async def test_in_a_browser_a_key_is_made_and_shown_though_the_button_is_pressed_twice(
    place: Place, phone: Tab
) -> None:
    """Of two answers a browser shows the second, and the key is in the first."""
    desk, page = await desk_of(place), phone.page
    await place.open(phone, "shop", desk.person)
    await page.get_by_role("link", name="API access", exact=True).click()
    await page.get_by_label("What is it for?").fill("Kiosk")
    await page.get_by_role("button", name="Make the key").dblclick()
    await page.get_by_role("heading", name="The key Kiosk").wait_for()
    shown = await page.locator("code.whole").inner_text()
    await page.get_by_role("link", name="I have kept it").click()
    await page.get_by_text("Kiosk").first.wait_for()
    await page.get_by_role("link", name="Staff", exact=True).click()
    await page.get_by_label("manager").check()
    await page.get_by_role("button", name="Make the link").click()
    await page.get_by_role("img", name="The link as a code to scan").wait_for()
    await page.get_by_role("link", name="To the staff").click()
    await page.get_by_role("button", name="Withdraw").click()
    await page.get_by_text("There is no open invitation.").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    [kept] = await list_keys(desk.shop.database, desk.shop.business.id)
    assert (shown.startswith(f"ll_{kept.public_id}"), phone.problems) == (True, [])
