"""The scanner where something is wrong: the page says what to do next, and nothing is lost or stamped twice."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, Route
from sqlalchemy import update

from loyalty_app.db.tables import page_session
from testkit.shop import Shop
from tests.browser import open_tab
from tests.pages.place import Place
from tests.pages.scanning import DETECTOR, Scanner, open_scanner, plain

pytestmark = pytest.mark.asyncio(loop_scope="session")

STAMPS = re.compile(r"/stamps$")
FAR_AHEAD = "{ const now = Date.now; Date.now = () => now() + 26 * 3600000; }"
"""A phone whose clock is 26 hours ahead."""
A_SECOND_LATER = """
Object.defineProperty(performance, "timeOrigin", { value: %f });
performance.now = () => 1000;
"""
"""A page that is loaded a second after a moment, however long that takes here."""
SLOW_LOOKS = """
const now = performance.now;
let late = 0;
performance.now = () => now.call(performance) + late;
Object.assign(window, { slow: false, looks: 0 });
BarcodeDetector.prototype.detect = async () => {
  looks += 1;
  if (slow) late += 6000;
  return slow && looks % 2 ? [] : cards.map((rawValue) => ({ rawValue }));
};
"""
"""A camera that needs six seconds for a look once it is `slow`, and then sees what lies there at every other look."""


async def stamps_of(shop: Shop) -> list[int]:
    """The stamps of each entry of the ledger."""
    return [entry.stamps for entry in await shop.ledger()]


async def abort(route: Route) -> None:
    """A network that brings nothing there."""
    await route.abort()


async def type_code(page: Page, code: str) -> None:
    """Type a code and press Find."""
    await page.get_by_label("Code, phone number or name").fill(code)
    await page.get_by_role("button", name="Find", exact=True).click()


async def test_where_the_camera_is_refused_the_page_says_so_stamps_typed_codes_and_opens_it_once_it_is_allowed(
    place: Place, camera_browser: Browser
) -> None:
    shop = await place.town.open_shop()
    ana, lena = await place.town.hire(shop, "Ana"), await shop.join("Lena")
    async with open_tab(camera_browser, width=400, height=800) as tab:
        await tab.page.add_init_script(DETECTOR)
        scanner = Scanner(tab, place)
        await scanner.go(ana)
        await tab.until("document.querySelector('#camera-says')?.dataset.state === 'refused'")
        assert "Allow it in the settings" in await tab.page.locator("#camera-says").inner_text()
        await type_code(tab.page, lena.qr_code)
        await scanner.row("done", "+1 for Lena")
        await tab.page.context.grant_permissions(["camera"], origin=place.url)
        await tab.page.locator("#camera-button").click()
        await scanner.ready()
        await scanner.show((await shop.join("Ben")).qr_code)
        await scanner.row("done", "+1 for Ben")
    assert await stamps_of(shop) == [1, 1]


async def test_a_phone_whose_clock_is_wrong_by_a_day_is_told_and_books_by_the_servers_clock_also_after_a_reload(
    place: Place, camera_browser: Browser
) -> None:
    shop = await place.town.open_shop()
    ana, lena, ben = await place.town.hire(shop, "Ana"), await shop.join("Lena"), await shop.join("Ben")
    async with open_scanner(camera_browser, place) as scanner:
        await scanner.page.add_init_script(FAR_AHEAD)
        await scanner.open(ana)
        assert "This phone's clock is wrong by 26 hours." in plain(await scanner.page.locator("body").inner_text())
        await scanner.show(lena.qr_code)
        await scanner.row("done", "+1 for Lena")
        await scanner.page.route(STAMPS, abort)
        await scanner.show(ben.qr_code)
        await scanner.row("waiting", f"+1 for {ben.qr_code}")
        await scanner.page.reload(wait_until="commit")
        await scanner.ready()
        await scanner.row("waiting", f"+1 for {ben.qr_code}")
        await scanner.reconnect()
        await scanner.row("done", "+1 for Ben")
    moments = [entry.occurred_at for entry in await shop.ledger()]
    assert [abs(place.town.clock() - moment) < timedelta(minutes=2) for moment in moments] == [True, True]


async def test_a_card_that_still_lies_there_when_the_page_is_loaded_again_is_no_second_scan(
    place: Place, camera_browser: Browser
) -> None:
    shop = await place.town.open_shop()
    ana, lena, ben = await place.town.hire(shop, "Ana"), await shop.join("Lena"), await shop.join("Ben")
    async with open_scanner(camera_browser, place) as scanner:
        await scanner.open(ana)
        await scanner.show(lena.qr_code)
        await scanner.row("done", "+1 for Lena")
        await scanner.page.add_init_script(f"window.cards = [{lena.qr_code!r}, {ben.qr_code!r}]")
        await scanner.page.add_init_script(
            A_SECOND_LATER % await scanner.page.evaluate("performance.timeOrigin + performance.now()")
        )
        await scanner.page.reload(wait_until="commit")
        await scanner.ready()
        await scanner.row("done", "+1 for Ben")
        assert await scanner.rows() == 1
    assert await stamps_of(shop) == [1, 1]


async def test_a_card_that_lies_there_is_one_scan_however_long_looks_take_and_another_once_it_was_away(
    place: Place, camera_browser: Browser
) -> None:
    shop = await place.town.open_shop()
    ana, lena = await place.town.hire(shop, "Ana"), await shop.join("Lena")
    async with open_scanner(camera_browser, place, detector=False) as scanner:
        await scanner.page.add_init_script(DETECTOR + SLOW_LOOKS)
        await scanner.open(ana)
        await scanner.show(lena.qr_code)
        await scanner.row("done", "+1 for Lena")
        seen = await scanner.page.evaluate("{ slow = true; looks; }")
        await scanner.tab.until(f"looks > {seen + 8}")
        assert await scanner.rows() == 1
        await scanner.show()
        seen = await scanner.page.evaluate("looks")
        await scanner.tab.until(f"looks > {seen + 4}")
        await scanner.page.evaluate("{ slow = false; }")
        await scanner.show(lena.qr_code)
        await scanner.tab.until("document.querySelectorAll('#scans > li[data-state=done]').length === 2")
    assert await stamps_of(shop) == [1, 1]


async def test_two_windows_of_one_person_send_what_waits_once(place: Place, camera_browser: Browser) -> None:
    shop = await place.town.open_shop()
    ana, lena = await place.town.hire(shop, "Ana"), await shop.join("Lena")
    async with open_scanner(camera_browser, place) as scanner:
        await scanner.open(ana)
        await scanner.page.route(STAMPS, abort)
        await scanner.show(lena.qr_code)
        await scanner.row("waiting", f"+1 for {lena.qr_code}")
        other = Scanner(type(scanner.tab)(await scanner.page.context.new_page()), place)
        await other.page.add_init_script(DETECTOR)
        await other.open(ana)
        await other.row("done", "+1 for Lena")
        await scanner.reconnect()
        await scanner.row("done", "+1 for Lena")
    assert await stamps_of(shop) == [1]


async def test_each_window_keeps_its_shop_and_a_scan_is_booked_where_it_was_made(
    place: Place, camera_browser: Browser
) -> None:
    first, second = await place.town.open_shop(), await place.town.open_shop()
    ana = await place.town.hire(first, "Ana")
    await place.town.employ(second, ana)
    lena, ben = await first.join("Lena"), await second.join("Ben")
    async with open_scanner(camera_browser, place) as scanner:
        await scanner.open(ana)
        await scanner.page.locator("#shop").select_option(str(first.business.id))
        await scanner.page.route(STAMPS, abort)
        await scanner.show(lena.qr_code)
        await scanner.row("waiting", f"+1 for {lena.qr_code}")
        await scanner.page.locator("#shop").select_option(str(second.business.id))
        await scanner.reconnect()
        await scanner.row("done", "+1 for Lena")
        await scanner.show(ben.qr_code)
        await scanner.row("done", "+1 for Ben")
    assert (await stamps_of(first), await stamps_of(second)) == ([1], [1])


async def test_scans_that_wait_when_the_session_has_ended_are_kept_until_their_person_signs_in_again(
    place: Place, camera_browser: Browser
) -> None:
    shop = await place.town.open_shop()
    ana, lena = await place.town.hire(shop, "Ana"), await shop.join("Lena")
    async with open_scanner(camera_browser, place) as scanner:
        await scanner.open(ana)
        ended = update(page_session).where(page_session.c.user_id == ana.id).values(ended_at=place.town.clock())
        await shop.database.write(lambda connection: connection.execute(ended).close())
        await scanner.show(lena.qr_code)
        await scanner.tab.until("/1 scan waits here and is kept/.test(document.body.innerText)")
        assert await stamps_of(shop) == []
        await scanner.page.goto("about:blank")
        await scanner.open(ana)
        await scanner.row("done", "+1 for Lena")
    assert await stamps_of(shop) == [1]
