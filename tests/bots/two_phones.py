"""Two phones on the page of the sandbox, as tests in a browser use them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from playwright.async_api import Locator

from tests.bots.echo import Laptop
from tests.browser import Tab


class Phones:
    """The page, and who holds its two phones."""

    def __init__(self, tab: Tab, laptop: Laptop, left: int, right: int) -> None:
        self.tab, self.page, self.laptop, self.people = tab, tab.page, laptop, {"left": left, "right": right}

    def part(self, phone: str, selector: str) -> Locator:
        """A part of a phone."""
        return self.page.locator(f"#phone-{phone} {selector}")

    def button(self, phone: str, label: str, *, within: str = "") -> Locator:
        """The newest button of a phone that carries a label."""
        return self.part(phone, within).get_by_role("button", name=label, exact=True).last

    def message(self, phone: str, text: str) -> Locator:
        """The newest message of the bot with a text."""
        return self.part(phone, ".message.bot").filter(has_text=text).last

    async def says(self, phone: str, text: str) -> None:
        """Type a text on a phone."""
        field = self.part(phone, "textarea")
        await field.fill(text)
        await field.press("Enter")

    async def sees(self, phone: str, text: str) -> str:
        """Wait until a message with a text is on a phone; gives what the whole message says."""
        return await self.message(phone, text).inner_text()

    async def press(self, phone: str, label: str) -> None:
        """Press what carries a label on a phone."""
        await self.button(phone, label).click()

    async def write_elsewhere(self, phone: str, text: str) -> None:
        """Let the person write without this page."""
        path = f"chats/{self.people[phone]}/echo_bot/say"
        (await self.laptop.control.post(path, json={"text": text})).raise_for_status()

    async def until(self, script: str) -> None:
        """Wait in the page until an expression is true."""
        await self.tab.until(script)

    async def ask(self, script: str) -> Any:  # noqa: ANN401 - whatever the script gives
        """What an expression is in the page."""
        return await self.page.evaluate(script)


@asynccontextmanager
async def open_phones(tab: Tab, laptop: Laptop, *names: str, link: str = "") -> AsyncIterator[Phones]:
    """Open the page for two new people. `link` is how the left one came. Each test holds this law: no problems."""
    left, right = [int((await laptop.add("people", first_name=name))["id"]) for name in names]
    asked = urlencode({"left": left, "right": right, "bot": "echo_bot", "hint": "understood", "left-link": link})
    await tab.page.goto(f"{laptop.url}?{asked}", wait_until="commit")
    await tab.page.locator(".live[data-state=live]").wait_for()
    await tab.page.locator("#phone-right .big, #phone-left .big").filter(visible=True).first.wait_for()
    yield Phones(tab, laptop, left, right)
    assert tab.problems == []


async def start(phones: Phones) -> Phones:
    """Press START on both phones."""
    for phone in ("left", "right"):
        await phones.press(phone, "Start")
    for phone in ("left", "right"):
        await phones.sees(phone, "You said: /start")
    return phones
