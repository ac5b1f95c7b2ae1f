"""A card at its private address: complete without a script, for people who have the address, and for nobody else."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from loyalty_app.customers.rotating_codes import in_groups
from loyalty_app.moving import departures
from loyalty_app.words import LANGUAGES
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.programs import CardCodes
from testkit.builders import NOON
from testkit.concurrency import until
from tests.browser import Tab
from tests.pages.place import Place
from tests.pages.private_cards import address_of, browser_of, revoke

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON = 60


async def test_the_page_shows_all_of_the_card_without_a_script(place: Place) -> None:
    shop = await place.town.open_shop()
    lena = await shop.join("Léna <b>&</b> Müller")
    await shop.stamp(lena.id, 10)
    await shop.stamp(lena.id, 3)
    async with browser_of() as browser:
        answer = await browser.get(await address_of(place, shop, lena.id))
    assert answer.status_code == 200
    said = re.sub(r"[\u2066-\u2069]", "", answer.text)
    for part in (
        "Bean &amp; Leaf",
        "3 of 10 stamps",
        in_groups(lena.qr_code),
        "Your rewards",
        "10 stamps",
        "<svg",
        "Léna",
    ):
        assert part in said
    assert "<b>" not in said
    assert said.count('<li class="done">') == 3
    assert "'none'" in answer.headers["content-security-policy"].partition("default-src")[2]
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"


async def test_a_card_of_a_shop_that_has_moved_says_where_it_is_in_the_language_of_who_looks(place: Place) -> None:
    shop = await place.town.open_shop()
    lena = await shop.join()
    address = await address_of(place, shop, lena.id)
    await departures.hold(shop.database, [shop.business.id])
    async with browser_of() as browser:
        assert (await browser.get(address)).status_code == 200
        await departures.close_shops(shop.database, [shop.business.id], place="https://two.example.com", now=NOON)
        page, script = await browser.get(f"{address}?lang=de"), await browser.get(f"{address}/api/part")
        stream = await browser.get(f"{address}/api/live")
    assert (page.status_code, script.status_code, stream.status_code) == (410, 410, 410)
    assert "Dieser Laden ist umgezogen: https://two.example.com." in re.sub(r"[\u2066-\u2069]", "", page.text)
    assert script.json()["code"] == "shop_moved"


async def test_the_page_says_what_was_a_gift_and_of_what(place: Place) -> None:
    whole_week = BonusHours(weekdays=(1, 2, 3, 4, 5, 6, 7), begin="00:00", end="24:00", factor=2)
    shop = await place.town.open_shop(opening_stamps=2, bonus_hours=(whole_week,))
    lena = await shop.join()
    await shop.stamp(lena.id)
    async with browser_of() as browser:
        answer = await browser.get(await address_of(place, shop, lena.id))
    assert "2 stamps, 1 as a gift: bonus hours" in answer.text
    assert "2 stamps as a gift, to begin with" in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_is_in_each_language_with_no_sentence_left_in_english(place: Place, language: str) -> None:
    shop = await place.town.open_shop()
    address = await address_of(place, shop, (await shop.join()).id)
    async with browser_of({"Accept-Language": language}) as browser:
        pages = [await browser.get(address), await browser.get(f"{address}/erase")]
    text = " ".join(page.text.partition("<template")[0] for page in pages)
    assert f'<html lang="{language}"' in text
    english = [said for said in ("Show this code", "History", "Delete my card", "Yes, delete", "Print") if said in text]
    assert bool(english) == (language == "en")


async def test_a_revoked_link_and_a_wrong_one_say_what_to_do_next(place: Place) -> None:
    shop = await place.town.open_shop()
    lena = await shop.join()
    address = await address_of(place, shop, lena.id)
    await revoke(place, shop, lena.id)
    async with browser_of() as browser:
        for path in ("", "/erase", "/my-data.json", "/card.webmanifest", "/api/part", "/api/live"):
            answer = await browser.get(f"{address}{path}")
            assert (answer.status_code, "new link" in answer.text) == (410, True), path
        for wrong in (f"{address}x", f"{place.url}/c/nothing", f"{place.url}/c/%00"):
            answer = await browser.get(wrong)
            assert (answer.status_code, "Ask in the shop" in answer.text) == (404, True), wrong
    second = await address_of(place, shop, lena.id)
    async with browser_of() as browser:
        assert (await browser.get(second)).status_code == 200


async def test_ones_data_can_be_taken_along_and_deleted_from_there(place: Place) -> None:
    shop = await place.town.open_shop()
    lena = await shop.join("Lena", phone="+14155550123")
    await shop.stamp(lena.id, 2)
    address = await address_of(place, shop, lena.id)
    async with browser_of() as browser:
        copy = await browser.get(f"{address}/my-data.json")
        assert "attachment" in copy.headers["content-disposition"]
        assert copy.json()["profile"]["phone"] == "+14155550123"
        assert "for good" in (await browser.get(f"{address}/erase")).text
        assert len((await browser.get(address)).text) > 0, "a question changes nothing"
        foreign = await browser.post(f"{address}/erase", headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        erased = await browser.post(f"{address}/erase")
        assert erased.status_code == 200
        assert "is deleted" in erased.text
        assert (await browser.get(address)).status_code == 404
        assert (await browser.post(f"{address}/erase")).status_code == 404
    assert (await shop.customers())[0].name == ""


async def test_a_phone_can_put_the_card_onto_its_home_screen(place: Place) -> None:
    shop = await place.town.open_shop()
    address = await address_of(place, shop, (await shop.join()).id)
    async with browser_of() as browser:
        manifest = (await browser.get(f"{address}/card.webmanifest")).json()
        assert manifest["start_url"] == address.removeprefix(place.url)
        assert manifest["display"] == "standalone"
        for icon in manifest["icons"]:
            drawn = await browser.get(f"{place.url}{icon['src']}")
            assert drawn.headers["content-type"] == "image/png"
        assert (await browser.get(f"{place.url}/c/icon/6F4E37/9999")).status_code == 404
        look = await browser.get(f"{place.url}/c/look/}}body{{display:none.css")
        assert "body" not in look.text


async def test_where_the_shop_asks_for_rotating_codes_the_page_shows_those(place: Place) -> None:
    shop = await place.town.open_shop()
    lena = await shop.join()
    await shop.change(card_codes=CardCodes.ROTATING_ALL)
    address = await address_of(place, shop, lena.id)
    async with browser_of() as browser:
        page = await browser.get(address)
        codes = (await browser.get(f"{address}/api/codes")).json()["data"]
    assert codes["step_seconds"] == 30
    assert "data-rotating" in page.text
    assert f">{in_groups(lena.qr_code)}</p>" not in page.text
    assert in_groups(lena.qr_code) in page.text, "a rotating code begins with the card's"


async def events(answer: httpx.Response) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        if line.startswith("id: "):
            yield line.removeprefix("id: ")


async def test_the_stream_tells_what_is_there_and_each_change_and_ends_with_the_link(place: Place) -> None:
    shop = await place.town.open_shop()
    lena = await shop.join()
    address = await address_of(place, shop, lena.id)
    watch = place.town.runtime.card_watch
    async with (
        asyncio.timeout(SOON),
        browser_of({"Accept-Encoding": "gzip"}) as browser,
        browser.stream("GET", f"{address}/api/live") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in answer.headers
        heard = events(answer)
        assert await anext(heard) == "1"
        await shop.stamp(lena.id)
        assert await anext(heard) == "2"
        async with browser.stream("GET", f"{address}/api/live", headers={"Last-Event-ID": "1"}) as other:
            assert await anext(events(other)) == "2"
        async with browser.stream("GET", f"{address}/api/live", headers={"Last-Event-ID": "2"}) as other:
            also = events(other)
            await shop.stamp(lena.id)
            assert await anext(also) == "3", "what is known is not told again"
        watch.end(lena.id)
        assert [version async for version in heard] == ["3"]


async def _true_when(condition: bool) -> bool:  # noqa: FBT001  # a value, not a switch
    return condition


async def test_the_card_in_a_browser_is_live_and_says_when_its_link_has_ended(place: Place, phone: Tab) -> None:
    shop = await place.town.open_shop()
    lena = await shop.join("Lena")
    address = await address_of(place, shop, lena.id)
    page = phone.page
    await page.goto(address)
    await page.get_by_role("button", name="Print").wait_for()
    await phone.until("document.querySelectorAll('.stamps li.done').length === 0")
    watch = place.town.runtime.card_watch
    await until(lambda: _true_when(len(watch) > 0))
    await shop.stamp(lena.id, 4)
    await phone.until("document.querySelectorAll('.stamps li.done').length === 4")
    await shop.stamp(lena.id, 6)
    await page.get_by_role("heading", name="Your rewards").wait_for()
    await page.emulate_media(media="print")
    assert not await page.get_by_role("link", name="Delete my card").is_visible()
    assert await page.get_by_role("img", name="QR code of your card").is_visible()
    await page.emulate_media(media="screen")
    assert phone.problems == []
    await revoke(place, shop, lena.id)
    watch.end(lena.id)
    await page.get_by_role("heading", name="This link has ended.").wait_for()


async def test_in_telegram_a_person_chooses_among_their_cards_and_sees_each_stamp_come(
    place: Place, phone: Tab
) -> None:
    cafe, bakery = await place.town.open_shop(), await place.town.open_shop(stamps_required=5)
    lena, omar = await place.town.person("Lena"), await place.town.person("Omar")
    for shop in (cafe, bakery):
        await lena.start(f"j_{shop.business.slug}")
    nothing = await (await place.signed_in(omar)).get(f"api/cards/{cafe.business.id}/part")
    assert nothing.status_code == 404, "a card of somebody else is not there"
    page = phone.page
    await place.open(phone, "card", lena)
    await page.get_by_role("button", name="0 of 5 stamps").click()
    await page.get_by_role("heading", name="Show this code each time you pay").wait_for()
    assert await page.locator(".stamps li").count() == 5
    watch = place.town.runtime.card_watch
    await until(lambda: _true_when(len(watch) > 0))
    [customer] = await bakery.customers()
    await bakery.stamp(customer.id, 2)
    await phone.until("document.querySelectorAll('.stamps li.done').length === 2")
    assert phone.problems == []


async def test_in_telegram_a_person_takes_their_data_along_and_deletes_the_card(place: Place, phone: Tab) -> None:
    shop = await place.town.open_shop()
    lena, omar = await place.town.person("Lena"), await place.town.person("Omar")
    await lena.start(f"j_{shop.business.slug}")
    [customer] = await shop.customers()
    await shop.stamp(customer.id, 10)
    cards, page = f"api/cards/{shop.business.id}", phone.page
    stranger = await place.signed_in(omar)
    for answer in (await stranger.get(f"{cards}/my-data"), await stranger.post(f"{cards}/erase")):
        assert answer.status_code == 404, "a card of somebody else is not there"
    async with place.client() as nobody:
        assert (await nobody.post(f"{cards}/erase")).status_code == 401
    await place.open(phone, "card", lena)
    await page.get_by_role("button", name="A copy of my data").click()
    await page.get_by_text('"name": "Lena"').wait_for()
    await page.get_by_role("button", name="Delete my card").click()
    await page.get_by_text("1 reward waiting for you will be gone too.").wait_for()
    await page.get_by_role("button", name="Back").click()
    await page.get_by_role("button", name="Delete my card").click()
    assert [one.name for one in await shop.customers()] == ["Lena"], "a question changes nothing"
    await page.get_by_role("button", name="Yes, delete").click()
    await page.get_by_role("heading", name="is deleted").wait_for()
    assert [one.name for one in await shop.customers()] == [""]
    ended = "/live "  # what listens to the card may ask once more, and hears that there is none
    assert [one for one in phone.problems if ended not in one] == []
