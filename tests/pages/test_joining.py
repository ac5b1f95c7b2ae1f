"""Joining by the page of a shop: where it is wanted, once for each form, and never onto the card of somebody else."""

import asyncio
import re

import pytest

from api import rate_limits
from loyalty_app.moving import departures
from loyalty_core.access import Plan
from testkit.builders import NOON
from testkit.half_deleted import begin_deleting
from testkit.shop import Shop
from tests.browser import Tab
from tests.pages.place import Place
from tests.pages.private_cards import FORM_KEY, browser_of, let_join

pytestmark = pytest.mark.asyncio(loop_scope="session")


def filled(key: str, name: str = "Lena", **more: str) -> dict[str, str]:
    return {"key": key, "name": name, "agree": "yes", **more}


async def form_key(address: str) -> str:
    async with browser_of() as browser:
        found = FORM_KEY.search((await browser.get(address)).text)
    assert found is not None
    return found[1]


async def names(shop: Shop) -> list[str]:
    return [customer.name for customer in await shop.customers()]


async def test_a_shop_that_has_not_switched_it_on_hands_out_no_card_and_shows_the_way(place: Place) -> None:
    shop = await place.town.open_shop()
    address = f"{place.url}/join/{shop.business.slug}"
    async with browser_of() as browser:
        shown = await browser.get(address)
        sent = await browser.post(address, data=filled("k" * 20))
        unknown = await browser.get(f"{place.url}/join/nothing-here")
    assert "t.me/" in shown.text
    assert 'method="post"' not in shown.text + sent.text
    assert (unknown.status_code, "poster" in unknown.text) == (404, True)
    assert await names(shop) == []


async def test_a_shop_that_has_moved_hands_out_no_card_and_says_where_it_is(place: Place) -> None:
    shop = await place.town.open_shop()
    address = await let_join(place, shop)
    key = await form_key(address)
    await departures.hold(shop.database, [shop.business.id])
    async with browser_of() as browser:
        while_moving = await browser.post(address, data=filled(key))
        await departures.close_shops(shop.database, [shop.business.id], place="https://two.example.com", now=NOON)
        shown, sent = await browser.get(f"{address}?lang=de"), await browser.post(address, data=filled(key))
    assert (while_moving.status_code, shown.status_code, sent.status_code) == (503, 410, 410)
    assert "Dieser Laden ist umgezogen: https://two.example.com." in re.sub(r"[\u2066-\u2069]", "", shown.text)
    assert await names(shop) == []


async def test_a_shop_that_is_being_deleted_hands_out_no_card_and_says_so_and_so_do_its_cards(place: Place) -> None:
    shop = await place.town.open_shop()
    address = await let_join(place, shop)
    key = await form_key(address)
    async with browser_of() as browser:
        card = (await browser.post(address, data=filled(key))).headers["location"]
        await begin_deleting(shop.database, shop.business.id)
        asked = [await browser.get(f"{address}?lang=de"), await browser.get(f"{place.url}{card}?lang=de")]
        sent = await browser.post(address, data=filled("k" * 20))
    assert [answer.status_code for answer in (*asked, sent)] == [410, 410, 410]
    for answer in asked:
        assert "Diesen Laden gibt es hier nicht mehr. Seine Karten werden gelöscht." in answer.text
    assert await names(shop) == ["Lena"]


async def test_a_form_that_is_sent_many_times_at_once_makes_one_card(place: Place) -> None:
    shop = await place.town.open_shop()
    address = await let_join(place, shop)
    form = filled(await form_key(address), "नीलम ﷲ 🐈", phone="+1 415 555 0142")
    async with browser_of() as browser:
        answers = await asyncio.gather(*(browser.post(address, data=form) for _ in range(5)))
        again = await browser.post(address, data=form)
        assert {answer.status_code for answer in (*answers, again)} == {303}
        [where] = {answer.headers["location"] for answer in (*answers, again)}
        assert "0 of 10 stamps" in (await browser.get(f"{place.url}{where}")).text.replace("\u2068", "").replace(
            "\u2069", ""
        )
        other = await browser.post(address, data={**form, "name": "Another"})
        assert (other.status_code, "sent before" in other.text) == (409, True)
    [customer] = await shop.customers()
    assert (customer.name, customer.phone) == ("नीलम ﷲ 🐈", "+14155550142")


async def test_a_number_that_has_a_card_never_leads_to_it(place: Place) -> None:
    shop = await place.town.open_shop()
    address = await let_join(place, shop)
    omar = await shop.join("Omar", phone="+14155550143")
    async with browser_of() as browser:
        answer = await browser.post(address, data=filled(await form_key(address), phone="415-555-0143"))
    assert answer.status_code == 409
    assert "already has a card" in answer.text
    assert "Omar" not in answer.text
    assert omar.qr_code not in answer.text
    assert await names(shop) == ["Omar"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ""}, "enter a name"),
        ({"name": "x" * 250}, "enter a name"),
        ({"name": "\u3164"}, "enter a name"),
        ({"phone": "12"}, "cannot be read"),
        ({"agree": ""}, "agree"),
    ],
)
async def test_what_is_wrong_is_said_beside_what_was_entered_and_changes_nothing(
    place: Place, wrong: dict[str, str], says: str
) -> None:
    shop = await place.town.open_shop()
    address = await let_join(place, shop)
    form = {**filled(await form_key(address), phone="+14155550144"), **wrong}
    async with browser_of() as browser:
        answer = await browser.post(address, data=form)
    assert answer.status_code == 400
    assert says in answer.text
    assert f'value="{form["phone"]}"' in answer.text
    assert await names(shop) == []


async def test_another_site_cannot_make_cards_and_a_full_shop_says_so(place: Place) -> None:
    shop = await place.town.open_shop(plan=Plan.TRIAL)
    address = await let_join(place, shop)
    async with browser_of() as browser:
        foreign = await browser.post(address, data=filled("k" * 20), headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        for number in range(25):
            await shop.join(f"Guest {number}")
        full = await browser.post(address, data=filled("k" * 20))
    assert (full.status_code, "more cards" in full.text) == (409, True)


async def test_one_address_makes_so_many_cards_an_hour(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await place.town.open_shop()
    address = await let_join(place, shop)
    monkeypatch.setattr(rate_limits, "JOINS_AN_HOUR", 0)
    async with browser_of() as browser:
        answer = await browser.post(address, data=filled("k" * 20))
    assert (answer.status_code, "this network" in answer.text) == (429, True)
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert await names(shop) == []


async def test_somebody_without_telegram_joins_in_a_browser_and_sees_their_card(place: Place, phone: Tab) -> None:
    shop = await place.town.open_shop()
    page = phone.page
    await page.goto(await let_join(place, shop))
    await page.get_by_label("Your name").fill("Ana Ionescu")
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Get my card").click()
    await page.get_by_role("heading", name="Show this code each time you pay").wait_for()
    assert await page.get_by_role("heading", level=1).inner_text() == "Bean & Leaf"
    assert await names(shop) == ["Ana Ionescu"]
    await page.get_by_role("link", name="Delete my card").click()
    await page.get_by_role("button", name="Yes, delete").click()
    await page.get_by_role("heading", name="is deleted").wait_for()
    assert await names(shop) == [""]
    assert phone.problems == []
