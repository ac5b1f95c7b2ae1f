"""A real Chromium, driven by Playwright: one for each test process, a context of its own for each page.

The browser knows no address but loopback: what a page asks for elsewhere fails, and is a problem of that page.
Measured: refusing such requests one by one, by a route of Playwright, makes a page of the sandbox 1.4 times as slow.
The browser is that of the machine; nothing is downloaded.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from testkit import servers

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync", "--no-proxy-server"),
    *("--disable-background-networking", "--disable-component-update"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
PATIENCE_MILLISECONDS = 60_000
NARROW = 600
"""Windows below so many pixels are phones."""


def find_chromium() -> str:
    """Find a Chromium on PATH. Raises Missing."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    message = "no chromium on PATH. Install one, as `apt-get install chromium`."
    raise servers.Missing(message)


@asynccontextmanager
async def open_browser(program: str, *flags: str) -> AsyncIterator[Browser]:
    """Start a Chromium, perhaps with more flags, and end it afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, headless=True, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            await browser.close()


class Tab:
    """A page, and the `problems` it has had: errors and warnings of its console."""

    def __init__(self, page: Page) -> None:
        self.page, self.problems = page, list[str]()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.problems.append(f"{message.text} ({message.location})")

    async def until(self, script: str) -> Any:  # noqa: ANN401 - whatever the script gives
        """Wait in the page until an expression of JavaScript is true, and give what it is then.

        Playwright's own `wait_for_function` evaluates in the page, which a strict Content-Security-Policy forbids.
        """
        look = f"const look = () => {{ const it = ({script}); if (it) so(it); else setTimeout(look, 10); }}; look();"
        async with asyncio.timeout(PATIENCE_MILLISECONDS / 1_000):
            return await self.page.evaluate(f"new Promise((so) => {{ {look} }})")


@asynccontextmanager
async def open_tab(
    browser: Browser, *, width: int = 1400, height: int = 900, dark: bool = False, moving: bool = False
) -> AsyncIterator[Tab]:
    """An empty page in a context of its own. Unless it is `moving`, its user has asked for less movement."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        is_mobile=width < NARROW,
        color_scheme="dark" if dark else "light",
        reduced_motion="no-preference" if moving else "reduce",
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    try:
        yield Tab(await context.new_page())
    finally:
        await context.close()
