"""Portraits: the pictures in the README and the documents, taken of a demo that runs: `python -m tests.bots.portraits`.

They are taken again when what they show has changed.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tests.browser import Tab, find_chromium, open_browser, open_tab

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WIDTH, HEIGHT = 940, 860
DESK_WIDTH, DESK_HEIGHT = 1180, 1010
LEFT, RIGHT = "#phone-left", "#phone-right"
STILL = "!document.getAnimations().some((it) => it.playState === 'running' && it.effect.getTiming().iterations < 9)"


async def press(tab: Tab, phone: str, label: str, then: str) -> None:
    """Press the newest button whose label holds a text, and wait until the phone says something."""
    await tab.page.locator(f"{phone} button").filter(has_text=label).last.click()
    await sees(tab, phone, then)


async def sees(tab: Tab, phone: str, text: str) -> None:
    """Wait until a phone shows a text and nothing moves."""
    await tab.until(f"document.querySelector('{phone}').innerText.includes({json.dumps(text)}) && {STILL}")


async def keep(tab: Tab, name: str, *, quality: int = 88) -> None:
    """Keep what the page looks like."""
    picture = Image.open(BytesIO(await tab.page.screenshot())).convert("RGB")
    picture.save(PICTURES / f"{name}.jpg", quality=quality, optimize=True)


async def two_phones(demo: dict[str, Any]) -> str:
    """Where the demo leads people who open its sandbox."""
    async with httpx.AsyncClient() as client:
        leads = (await client.get(demo["sandbox"])).next_request
    assert leads is not None
    return str(leads.url)


async def take(demo: dict[str, Any]) -> None:
    """Live through a minute at the counter, and take pictures of it."""
    async with (
        open_browser(find_chromium()) as browser,
        open_tab(browser, width=WIDTH, height=HEIGHT, moving=True) as tab,
    ):
        await tab.page.goto(f"{await two_phones(demo)}&hint=understood")
        await tab.page.locator(".live[data-state=live]").wait_for()
        await sees(tab, RIGHT, "That is all")
        await stamp(tab)
        await ask_for_figures(tab)
        link = await ask_for_a_link(tab)
        await scan_a_card_that_is_open(tab)
        async with open_tab(browser, width=DESK_WIDTH, height=DESK_HEIGHT) as laptop:
            await open_desk(laptop, link)


async def stamp(tab: Tab) -> None:
    """Show a card, scan it, and stamp it six times."""
    await press(tab, LEFT, "Start", "0 of 8")
    await press(tab, RIGHT, "Scan the card", "START")
    await press(tab, RIGHT, "Start", "0 of 8")
    await press(tab, RIGHT, "+5", "5 of 8")
    await press(tab, RIGHT, "+1", "6 of 8")
    await sees(tab, LEFT, "6 of 8")
    await keep(tab, "two-phones")


async def ask_for_the_shop(tab: Tab) -> None:
    """Write /shop on the right phone."""
    field = tab.page.locator(f"{RIGHT} textarea")
    await field.fill("/shop")
    await field.press("Enter")
    await sees(tab, RIGHT, "What you owe")


async def ask_for_figures(tab: Tab) -> None:
    """Ask for the shop, and for its figures."""
    await ask_for_the_shop(tab)
    await press(tab, RIGHT, "Figures", "The last 30 days")
    await keep(tab, "figures")


async def ask_for_a_link(tab: Tab) -> str:
    """Ask for the link that signs in on a computer."""
    await ask_for_the_shop(tab)
    await press(tab, RIGHT, "Open on a computer", "Open this link")
    return await tab.page.locator(f"{RIGHT} code").last.inner_text()


async def scan_a_card_that_is_open(tab: Tab) -> None:
    """Open the card on the left and the scanner on the right, and let it see the card; then close its camera."""
    await press(tab, LEFT, "More", "Full screen")
    await tab.page.locator(f"{LEFT} button").filter(has_text="Full screen").last.click()
    card = tab.page.frame_locator(f"{LEFT} iframe")
    await card.get_by_role("heading", name="Show this code each time you pay").wait_for()
    await tab.page.locator(f"{RIGHT} .menu-button").click()
    scanner = tab.page.frame_locator(f"{RIGHT} iframe")
    await scanner.get_by_role("button", name="Undo").wait_for(state="attached")
    await card.locator("#progress").filter(has_text="7").wait_for()
    await keep(tab, "scanner", quality=82)
    await tab.page.locator(f"{RIGHT} .close-camera").click()
    await tab.page.locator(f"{RIGHT} .close-camera").wait_for(state="hidden")
    await tab.until(STILL)
    await keep(tab, "card", quality=82)


async def open_desk(tab: Tab, link: str) -> None:
    """Open the desk on a computer, by the link from the chat."""
    await tab.page.goto(link)
    await tab.page.get_by_role("button", name="Sign in").click()
    await tab.page.get_by_role("heading", name="Figures", exact=True).wait_for()
    await keep(tab, "desk")


async def main() -> None:
    """Open a demo, take the pictures, close it."""
    PICTURES.mkdir(exist_ok=True)
    command = ("-m", "loyalty_cli", "demo", "--port", "0", "--json")
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE)
    assert process.stdout is not None
    try:
        await take(json.loads(await process.stdout.readline()))
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(main())
