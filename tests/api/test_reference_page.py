"""The page of the reference in a real browser: it draws itself from this server alone, and its links lead somewhere."""

import gzip
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from api.reference.errors import IN_THE_CHAT, example_problems
from api.reference.routes import calls
from tests.api.live import Live, live_shop
from tests.api.till import Api
from tests.browser import Tab, open_tab

PHONE, DESK = 390, 1400
CODES = example_problems().keys() - IN_THE_CHAT
STAMP = "tag/stamps/POST/customers/qr/{qr_code}/stamps"


async def test_no_script_and_no_answer_from_anywhere_else_is_let_into_the_page(api: Api) -> None:
    answer = await api.client.get("/docs")
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert not re.search(r'(?:src|href)="?(?:https?:)?//', answer.text)
    for script in re.findall(r'<script src="([^"]+)"></script>', answer.text):
        served = await api.client.get(script)
        assert (served.status_code, served.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.text.count("<script") == 2


async def test_the_renderer_is_sent_compressed_to_whoever_takes_that_and_kept_forever(api: Api) -> None:
    plain = await api.client.get("/docs/scalar.js", headers={"Accept-Encoding": "identity"})
    packed = await api.client.get("/docs/scalar.js", headers={"Accept-Encoding": "br, gzip"})
    assert plain.content == packed.content
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, mtime=0)) < len(plain.content) / 2
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["vary"] == "Accept-Encoding"
    [address] = re.findall(r'src="(/docs/scalar[^"]+)"', (await api.client.get("/docs")).text)
    assert re.fullmatch(r"/docs/scalar\.js\?[\d.]+", address)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_shop(tmp_path_factory.mktemp("live")) as live:
        yield live


in_the_browser = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def opened(browser: Browser, live: Live, place: str = "", *, width: int = DESK) -> AsyncIterator[Tab]:
    """The page, drawn. Each test holds this law: no problems."""
    async with open_tab(browser, width=width, dark=width == PHONE) as tab:
        await tab.page.goto(f"{live.url}/docs{place}", wait_until="commit")
        await tab.page.locator("h1").first.wait_for(state="attached")
        await tab.page.locator("#busy").wait_for(state="attached")
        yield tab
        assert tab.problems == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(browser: Browser, live: Live) -> AsyncIterator[Tab]:
    """The page on a desk. Drawing all of it takes seconds, so it is drawn once."""
    async with opened(browser, live) as tab:
        yield tab


@in_the_browser
async def test_the_page_shows_every_operation_and_every_code_and_asks_nobody_else(desk: Tab, live: Live) -> None:
    shown = await desk.page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#tag\"]')].map((a) => a.getAttribute('href'))"
    )
    tags = {f"#tag/{call.operation.tag.lower().replace(' ', '-')}" for call in calls()}
    assert tags <= set(shown)
    codes = await desk.page.evaluate("[...document.querySelectorAll('td > a[id]')].map((a) => a.id)")
    assert set(codes) == CODES
    asked = await desk.page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert {address.split("/docs")[0].split("/openapi")[0] for address in asked} == {live.url}


@in_the_browser
async def test_a_link_in_the_prose_leads_to_its_operation_or_its_code(desk: Tab) -> None:
    links = await desk.page.evaluate(
        "[...document.querySelectorAll('.markdown a[href^=\"#\"]')].map((a) => decodeURI(a.hash))"
    )
    places = {f"#tag/{c.operation.tag.lower()}/{c.method}{c.path}" for c in calls()} | {f"#{code}" for code in CODES}
    assert set(links) <= places
    assert len(links) >= 5
    await desk.page.evaluate("document.querySelector('.markdown a[href*=\"replay\"]').click()")
    await desk.until(
        "[...document.querySelectorAll('h3,h2')].some((one) => one.innerText.includes('Send again')"
        " && Math.abs(one.getBoundingClientRect().top) < innerHeight)"
    )
    await desk.page.evaluate("document.querySelector('.markdown a[href=\"#rate_limited\"]').click()")
    await desk.until("document.querySelector('tr.wanted')?.innerText.includes('rate_limited')")


@in_the_browser
async def test_the_type_of_a_problem_leads_to_the_row_that_explains_it(browser: Browser, live: Live) -> None:
    async with opened(browser, live, "#stamp_too_soon", width=PHONE) as tab:
        row = await tab.until(
            "((row) => { const box = row?.getBoundingClientRect();"
            " return box && box.top >= 0 && box.bottom <= innerHeight && row.innerText })"
            "(document.querySelector('tr.wanted'))"
        )
        assert "stamp_too_soon" in row


@in_the_browser
async def test_an_operation_fits_on_any_screen_and_is_shown_in_four_languages(browser: Browser, live: Live) -> None:
    async with opened(browser, live, f"#{STAMP}", width=PHONE) as tab:
        operation = tab.page.locator("[id$='{qr_code}/stamps']").first
        for width in (PHONE, DESK):
            await tab.page.set_viewport_size({"width": width, "height": 900})
            await operation.get_by_text("$API/customers/qr/CUS12AB34CD56/stamps").first.wait_for(state="attached")
            assert await tab.page.evaluate("document.documentElement.scrollWidth") <= width
        await operation.locator("button:text-is('curl')").first.click()
        await tab.until("['Python', 'JavaScript', 'PHP'].every((name) => document.body.innerText.includes(name))")
