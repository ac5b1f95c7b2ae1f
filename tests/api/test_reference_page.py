"""The page of the reference in a real browser: it draws itself from this server alone, and its links lead somewhere."""

import gzip
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from api.reference.errors import IN_THE_CHAT, example_problems
from api.reference.routes import calls
from tests.api.live import Live, live_shop
from tests.api.till import Api
from tests.bots.browser import Browser, Page, find_chromium, open_browser
from tests.conftest import leg

PHONE, DESK = 390, 1400
CODES = example_problems().keys() - IN_THE_CHAT
DRAWN = "document.querySelector('h1') && document.getElementById('busy')"


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


@pytest.fixture
async def browser(home: Path, tmp_path: Path) -> AsyncIterator[Browser]:
    program = leg("Chromium", lambda _: find_chromium(), home, needed=False)
    async with open_browser(program, tmp_path) as browser:
        yield browser


async def opened(browser: Browser, live: Live, place: str = "", *, width: int = DESK, dark: bool = False) -> Page:
    """The page, drawn."""
    page = await browser.open(f"{live.url}/docs{place}", width=width, dark=dark)
    await page.until(DRAWN)
    return page


async def test_the_page_shows_every_operation_and_every_code_and_asks_nobody_else(browser: Browser, live: Live) -> None:
    page = await opened(browser, live)
    shown = await page.ask("[...document.querySelectorAll('a[href^=\"#tag\"]')].map((a) => a.getAttribute('href'))")
    tags = {f"#tag/{call.operation.tag.lower().replace(' ', '-')}" for call in calls()}
    assert tags <= set(shown)
    assert set(await page.ask("[...document.querySelectorAll('td > a[id]')].map((a) => a.id)")) == CODES
    asked = await page.ask("performance.getEntriesByType('resource').map((one) => one.name)")
    assert {address.split("/docs")[0].split("/openapi")[0] for address in asked} == {live.url}
    assert page.problems == []


async def test_the_type_of_a_problem_leads_to_the_row_that_explains_it(browser: Browser, live: Live) -> None:
    page = await opened(browser, live, "#stamp_too_soon", width=PHONE)
    row = await page.until(
        "((row) => { const box = row?.getBoundingClientRect();"
        " return box && box.top >= 0 && box.bottom <= innerHeight && row.innerText })"
        "(document.querySelector('tr.wanted'))"
    )
    assert "stamp_too_soon" in row


@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_nothing_sticks_out_to_the_side(browser: Browser, live: Live, width: int) -> None:
    page = await opened(browser, live, "#tag/stamps/POST/customers/qr/{qr_code}/stamps", width=width, dark=True)
    assert await page.ask("document.documentElement.scrollWidth") <= width


async def test_an_operation_is_shown_in_four_languages(browser: Browser, live: Live) -> None:
    page = await opened(browser, live, "#tag/stamps/POST/customers/qr/{qr_code}/stamps")
    operation = "document.getElementById(document.querySelector('[id$=\"{qr_code}/stamps\"]').id)"
    await page.until(f"{operation}.innerText.includes('$API/customers/qr/CUS12AB34CD56/stamps')")
    languages = f"[...{operation}.querySelectorAll('button')].find((one) => one.innerText.trim() === 'curl')"
    await page.click(languages)
    await page.until("['Python', 'JavaScript', 'PHP'].every((name) => document.body.innerText.includes(name))")


async def test_a_link_in_the_prose_leads_to_its_operation_or_its_code(browser: Browser, live: Live) -> None:
    page = await opened(browser, live)
    links = await page.ask("[...document.querySelectorAll('.markdown a[href^=\"#\"]')].map((a) => decodeURI(a.hash))")
    places = {f"#tag/{c.operation.tag.lower()}/{c.method}{c.path}" for c in calls()} | {f"#{code}" for code in CODES}
    assert set(links) <= places
    assert len(links) >= 5
    await page.ask("document.querySelector('.markdown a[href*=\"replay\"]').click()")
    await page.until("[...document.querySelectorAll('h3,h2')].some((one) => one.innerText.includes('Send again')"
                     " && Math.abs(one.getBoundingClientRect().top) < innerHeight)")  # fmt: skip
    await page.ask("document.querySelector('.markdown a[href=\"#rate_limited\"]').click()")
    await page.until("document.querySelector('tr.wanted')?.innerText.includes('rate_limited')")
