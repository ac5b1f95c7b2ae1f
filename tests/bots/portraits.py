"""Portraits: the pictures in the README and the documents, taken of a demo that runs: `python -m tests.bots.portraits`.

They are made anew when what they show has changed; nobody draws them.
"""

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tests.bots.browser import Page, find_chromium, open_browser

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WIDTH, HEIGHT = 940, 860
LEFT, RIGHT = "#phone-left", "#phone-right"
SCAN = "[...document.querySelectorAll('button')].filter((it) => it.textContent.includes('Scan the card')).at(-1)"
LIVE = "document.querySelector('.live').dataset.state === 'live'"
STILL = "!document.getAnimations().some((it) => it.playState === 'running' && it.effect.getTiming().iterations < 9)"


def labelled(phone: str, label: str) -> str:
    """The newest button of a phone whose label holds a text."""
    return f"[...document.querySelectorAll('{phone} button')].findLast((it) => it.textContent.includes('{label}'))"


async def press(page: Page, phone: str, label: str, then: str) -> None:
    """Press a button and wait until the page says something."""
    await page.click(labelled(phone, label))
    await sees(page, phone, then)


async def sees(page: Page, phone: str, text: str) -> None:
    """Wait until a phone shows a text and nothing moves."""
    await page.until(f"document.querySelector('{phone}').innerText.includes({json.dumps(text)}) && {STILL}")


async def keep(page: Page, name: str) -> None:
    """Keep what the page looks like."""
    picture = Image.open(BytesIO(await page.picture())).convert("RGB")
    picture.save(PICTURES / f"{name}.jpg", quality=88, optimize=True)


async def two_phones(demo: dict[str, Any]) -> str:
    """Where the demo leads whoever opens its sandbox."""
    async with httpx.AsyncClient() as client:
        leads = (await client.get(demo["sandbox"])).next_request
    assert leads is not None
    return str(leads.url)


async def take(demo: dict[str, Any]) -> None:
    """Live through a minute at the counter, and take pictures of it."""
    with tempfile.TemporaryDirectory(prefix="portraits-") as home:
        async with open_browser(find_chromium(), Path(home)) as browser:
            page = await browser.open(f"{await two_phones(demo)}&hint=understood", width=WIDTH, height=HEIGHT)
            await page.until(LIVE)
            await sees(page, RIGHT, "That is all")
            await press(page, LEFT, "Start", "0 of 8")
            await page.click(SCAN)
            await sees(page, RIGHT, "0 of 8")
            await press(page, RIGHT, "+5", "5 of 8")
            await press(page, RIGHT, "+1", "6 of 8")
            await sees(page, LEFT, "6 of 8")
            await keep(page, "two-phones")
            await page.click(f"document.querySelector('{RIGHT} textarea')")
            await page.write("/shop")
            await sees(page, RIGHT, "What we owe")
            await press(page, RIGHT, "Figures", "The last 30 days")
            await keep(page, "figures")


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
