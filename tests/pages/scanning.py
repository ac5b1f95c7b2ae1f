"""Scanning in tests: a camera that sees a card, a browser's reader that sees what a test shows it, and the scanner."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.async_api import Browser

from loyalty_app.customers.card_pictures import read_card, render_card
from loyalty_core.fields import BusinessId
from testkit.people import Person
from testkit.shop import Shop
from tests.browser import Tab, find_chromium, open_browser, open_tab
from tests.pages.place import Place

WIDTH, HEIGHT = 640, 480
DETECTOR = """
window.cards = [];
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["code_128", "qr_code"]; }
  async detect() { return window.cards.map((rawValue) => ({ rawValue })); }
};
"""
"""In the place of a browser's own reader, which Chromium has on phones and not on Linux."""


async def card_of(shop: Shop, customer_id: int) -> bytes:
    """The picture of a card, as its holder's phone shows it."""
    card = await shop.database.read(lambda connection: read_card(connection, BusinessId(shop.business.id), customer_id))
    return render_card(card)


def film_of(card: bytes, path: Path) -> Path:
    """A film in which a card is held before the camera, as Chromium's fake camera takes it (YUV4MPEG2)."""
    table = Image.new("RGB", (WIDTH, HEIGHT), "#8a7a66")
    held = Image.open(BytesIO(card)).convert("RGB").resize((600, 360))
    table.paste(held, ((WIDTH - 600) // 2, (HEIGHT - 360) // 2))
    bright, blue, red = table.convert("YCbCr").split()
    half = (WIDTH // 2, HEIGHT // 2)
    frame = b"FRAME\n" + bright.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()
    path.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % (WIDTH, HEIGHT) + frame * 2)
    return path


def plain(text: str) -> str:
    """A text as it is seen: without marks of direction and empty lines."""
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[\u2066-\u2069]", "", text)).strip()


@asynccontextmanager
async def open_camera_browser(film: Path) -> AsyncIterator[Browser]:
    """A Chromium whose camera shows a film."""
    flags = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    async with open_browser(find_chromium(), *flags) as browser:
        yield browser


class Scanner:
    """The scanner on somebody's phone."""

    def __init__(self, tab: Tab, place: Place) -> None:
        self.tab, self.page, self.place = tab, tab.page, place

    async def open(self, person: Person, *, language: str = "en") -> None:
        """Open the page, and wait until it takes cards."""
        await self.go(person, language=language)
        await self.ready()

    async def go(self, person: Person, *, language: str = "en") -> None:
        """Open the page as Telegram in a browser does, which has no scanner of its own."""
        data = self.place.init_data(person, language=language)
        launch = {"tgWebAppData": data, "tgWebAppVersion": "9.1", "tgWebAppPlatform": "weba"}
        await self.page.goto(f"{self.place.pages}/scan?lang={language}#{urlencode(launch)}", wait_until="commit")

    async def ready(self) -> None:
        """Wait until it takes cards."""
        await self.tab.until("document.documentElement?.dataset.ready === 'yes'")
        await self.tab.until("document.querySelector('#camera-says')?.dataset.state === 'camera'")

    async def show(self, *codes: str) -> None:
        """Hold these cards before the camera."""
        await self.page.evaluate("(codes) => { window.cards = codes; }", list(codes))

    async def row(self, state: str, says: str) -> str:
        """The text of the scan in the list that begins so, once it is in a state; isolations of names are left out."""
        rows = "[...document.querySelectorAll('#scans > li')].map((row) => [row.dataset.state, row.innerText])"
        clean = f"{rows}.map(([state, text]) => [state, text.replace(/[\\u2066-\\u2069]/g, '')])"
        wanted = f"state === {json.dumps(state)} && text.startsWith({json.dumps(says)})"
        return plain((await self.tab.until(f"{clean}.find(([state, text]) => {wanted})"))[1])

    async def reconnect(self) -> None:
        """The network is there again, and the page hears of it."""
        await self.page.unroute_all()
        await self.page.evaluate("dispatchEvent(new Event('online'))")

    async def rows(self) -> int:
        """How many scans the list has."""
        return await self.page.locator("#scans > li").count()

    async def last(self, look: str) -> str:
        """The text of the large panel, once it has a look."""
        await self.tab.until(f"document.querySelector('#last').dataset.look === '{look}'")
        return plain(str(await self.tab.until("document.querySelector('#last').innerText")))

    async def program(self) -> str:
        """The program that is chosen."""
        return plain(await self.page.locator("#program-line label:has(:checked)").inner_text())

    async def choose(self, title: str) -> None:
        """Choose a program, and wait until the scanner says so."""
        await self.page.get_by_role("radio", name=title).check()
        said = "document.querySelector('#last-says').textContent.replace(/[\\u2066-\\u2069]/g, '')"
        await self.tab.until(f"{said} === {json.dumps(f'Now stamps go to: {title}')}")

    async def press(self, label: str, says: str) -> None:
        """Press a button of the scan in the list whose headline has such a text."""
        row = self.page.locator("#scans > li").filter(has=self.page.locator(".scan-says", has_text=says))
        await row.get_by_role("button", name=label).click()


@asynccontextmanager
async def open_scanner(browser: Browser, place: Place, *, detector: bool = True) -> AsyncIterator[Scanner]:
    """A phone with a camera, and where the browser has a `detector`, one that sees what `show` shows."""
    async with open_tab(browser, width=400, height=800) as tab:
        await tab.page.context.grant_permissions(["camera"], origin=place.url)
        if detector:
            await tab.page.add_init_script(DETECTOR)
        yield Scanner(tab, place)
