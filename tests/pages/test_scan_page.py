"""The scanner in a real browser: cards are held before it and are stamped without a tap, once each, whatever happens.

These have a Chromium of their own, whose camera shows a film: it takes two seconds to start.
"""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route

from loyalty_app.shops.staff import remove_staff
from loyalty_core.fields import BusinessId
from loyalty_core.views import CustomerView
from testkit.shop import Shop
from tests.pages.place import Place
from tests.pages.scanning import card_of, film_of, open_camera_browser, open_scanner, plain

pytestmark = pytest.mark.asyncio(loop_scope="session")

STAMPS = re.compile(r"/stamps$")
AGE = """
for (const [key, kept] of Object.entries(sessionStorage).filter(([key]) => key.includes("program-"))) {
  sessionStorage.setItem(key, JSON.stringify({ ...JSON.parse(kept), at: JSON.parse(kept).at - 13 * 3600 * 1000 }));
}
"""
"""Thirteen hours pass since a program was chosen in this window."""


class Filmed:
    """A shop, and its customer whose card the camera shows."""

    def __init__(self, browser: Browser, shop: Shop, customer: CustomerView) -> None:
        self.browser, self.shop, self.customer = browser, shop, customer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filmed(place: Place, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Filmed]:
    shop = await place.town.open_shop()
    lena = await shop.join("Lena")
    film = film_of(await card_of(shop, lena.id), tmp_path_factory.mktemp("film") / "card.y4m")
    async with open_camera_browser(film) as browser:
        yield Filmed(browser, shop, lena)


async def test_a_card_before_the_camera_is_stamped_once_without_a_tap_by_pictures_that_the_server_reads(
    place: Place, filmed: Filmed
) -> None:
    ana = await place.town.hire(filmed.shop, "Ana")
    before = len((await ana.screen()).messages)
    async with open_scanner(filmed.browser, place, detector=False) as scanner:
        sizes: list[int] = []
        scanner.page.on(
            "request",
            lambda request: sizes.append(len(request.post_data_buffer or b"")) if "/frames" in request.url else None,
        )
        await scanner.open(ana)
        assert await scanner.last("done") == "+1 for Lena\n1 of 10 stamps"
        sent = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/frames')).length"
        frames = await scanner.page.evaluate(sent)
        await scanner.tab.until(f"{sent} > {frames + 2}")
        assert await scanner.rows() == 1
        assert max(sizes) <= 30 * 1024
        dropped = "status of (429|503).*/frames"  # a picture that comes too soon or too late; the next one follows
        assert [one for one in scanner.tab.problems if not re.search(dropped, one)] == []
    assert [entry.actor.name for entry in await filmed.shop.ledger()] == ["Ana"]
    assert len((await ana.screen()).messages) == before


async def test_a_full_card_asks_for_its_reward_and_each_scan_can_be_undone(place: Place, filmed: Filmed) -> None:
    shop = await place.town.open_shop(stamps_required=2, reward_description="Cake")
    ana, lena, ben = await place.town.hire(shop, "Ana"), await shop.join("Lena"), await shop.join("Ben")
    async with open_scanner(filmed.browser, place) as scanner:
        await scanner.open(ana)
        await scanner.show(f"https://t.me/stamps_bot?start=c_{lena.qr_code}", lena.qr_code)
        assert await scanner.row("done", "+1 for Lena") == "+1 for Lena\n1 of 2 stamps\nUndo"
        await scanner.show(ben.qr_code)
        await scanner.row("done", "+1 for Ben")
        assert await scanner.rows() == 2
        await scanner.page.get_by_role("radio", name="Ask how many").check()
        await scanner.page.get_by_label("Code, phone number or name").fill("Lena")
        await scanner.page.get_by_role("button", name="Find", exact=True).click()
        await scanner.page.get_by_role("button", name="Lena · 1 stamp").click()
        await scanner.page.get_by_role("dialog").get_by_role("button", name="3", exact=True).click()
        assert "The card is full" in await scanner.last("reward")
        await scanner.page.get_by_role("button", name="Hand out now").click()
        await scanner.row("done", "Cake for Lena")
        await scanner.press("Undo", "Cake")
        await scanner.row("undone", "Cake for Lena")
        assert scanner.tab.problems == []
    [reward] = await shop.rewards()
    assert reward.status.value == "available"
    assert [entry.stamps for entry in await shop.ledger()] == [1, 1, 3, 0, 0]


async def test_what_is_scanned_without_a_network_or_without_an_answer_is_kept_sent_again_and_booked_once(
    place: Place, filmed: Filmed
) -> None:
    shop = await place.town.open_shop()
    ana = await place.town.hire(shop, "Ana")
    lena, ben, kim = [await shop.join(name) for name in ("Lena", "Ben", "Kim")]
    async with open_scanner(filmed.browser, place) as scanner:
        await scanner.open(ana)
        await scanner.page.context.set_offline(True)
        await scanner.show(lena.qr_code)
        assert "Waits for the network" in await scanner.row("waiting", f"+1 for {lena.qr_code}")
        assert await shop.ledger() == []
        await scanner.page.context.set_offline(False)
        await scanner.row("done", "+1 for Lena")
        await scanner.page.route(STAMPS, lose_the_answer)
        await scanner.show(ben.qr_code)
        await scanner.row("waiting", f"+1 for {ben.qr_code}")
        await scanner.show(kim.qr_code)
        await scanner.row("waiting", f"+1 for {kim.qr_code}")
        await scanner.press("Undo", kim.qr_code)
        await scanner.tab.until("/undone once it is sent/.test(document.querySelector('#scans').innerText)")
        await scanner.page.reload(wait_until="commit")
        await scanner.ready()
        await scanner.row("waiting", f"+1 for {kim.qr_code}")
        await scanner.reconnect()
        await scanner.row("done", "+1 for Ben")
        await scanner.row("undone", "+1 for Kim")
        await scanner.tab.until("document.querySelector('#waiting').textContent === ''")
    stamped = [await shop.customer(one.id) for one in (lena, ben, kim)]
    assert [one.card.current_stamps for one in stamped] == [1, 1, 0]
    assert len(await shop.ledger()) == 4


async def lose_the_answer(route: Route) -> None:
    """The server gets the request, and the phone gets no answer."""
    await route.fetch()
    await route.abort()


async def test_a_refusal_says_its_reason_and_who_is_removed_is_out_at_the_next_scan(
    place: Place, filmed: Filmed
) -> None:
    shop = await place.town.open_shop()
    ana, lena = await place.town.hire(shop, "Ana"), await shop.join("Lena")
    async with open_scanner(filmed.browser, place) as scanner:
        await scanner.open(ana, language="de")
        await scanner.show("https://example.org/menu")
        assert "Kundenkarte" in await scanner.row("refused", "+1")
        await scanner.show(lena.qr_code)
        await scanner.row("done", "+1")
        [entry] = await shop.ledger()
        await remove_staff(shop.database, BusinessId(shop.business.id), entry.actor.id or 0, now=place.town.clock())
        await scanner.show("CUS0000000000")
        said = await scanner.last("refused")
        assert "nicht (mehr) zum Team" in said
    assert len(await shop.ledger()) == 1


async def test_the_program_is_chosen_with_one_tap_and_kept_and_a_scan_that_waits_keeps_the_one_it_was_made_for(
    place: Place, filmed: Filmed
) -> None:
    shop = await place.town.open_shop()
    await shop.change(title="☕ Coffee")
    salads = await shop.make_program("🥗 Salad", stamps_required=4)
    ana = await place.town.hire(shop, "Ana")
    lena, ben, kim, otto = [await shop.join(name) for name in ("Lena", "Ben", "Kim", "Otto")]
    async with open_scanner(filmed.browser, place) as scanner:
        await scanner.open(ana)
        assert await scanner.program() == "☕ Coffee"
        await scanner.show(lena.qr_code)
        await scanner.row("done", "+1 for Lena · ☕ Coffee")
        await scanner.choose("🥗 Salad")
        await scanner.page.context.set_offline(True)
        await scanner.show(ben.qr_code)
        await scanner.row("waiting", f"+1 for {ben.qr_code} · 🥗 Salad")
        await scanner.choose("☕ Coffee")
        await scanner.show(kim.qr_code)
        await scanner.row("waiting", f"+1 for {kim.qr_code} · ☕ Coffee")
        await scanner.choose("🥗 Salad")
        await scanner.page.context.set_offline(False)
        assert "1 of 4 stamps\n3 more for: A salad" in await scanner.row("done", "+1 for Ben · 🥗 Salad")
        await scanner.row("done", "+1 for Kim · ☕ Coffee")
        await scanner.page.reload(wait_until="commit")
        await scanner.ready()
        assert await scanner.program() == "🥗 Salad"
        await scanner.page.evaluate("sessionStorage.clear()")
        await scanner.page.goto("about:blank")  # a new window remembers what this device does
        await scanner.open(ana)
        assert await scanner.program() == "🥗 Salad"
        await scanner.choose("☕ Coffee")
        await scanner.choose("🥗 Salad")
        await scanner.page.evaluate(AGE)
        await scanner.page.reload(wait_until="commit")
        await scanner.ready()
        assert await scanner.program() == "☕ Coffee", "the shift is over"
        await scanner.choose("🥗 Salad")
        await shop.programs_deed(archive=salads)
        await scanner.show(otto.qr_code)
        assert "takes no new stamps" in await scanner.row("refused", f"+1 for {otto.qr_code} · 🥗 Salad")
        await scanner.tab.until("document.querySelector('#program-line').hidden")
        assert "Now stamps go to: Bean & Leaf" in plain(await scanner.page.locator("#notice").inner_text())
    stamped = {entry.customer_id: entry.program_id for entry in await shop.ledger()}
    assert stamped == {lena.id: None, ben.id: salads, kim.id: None}
