"""The demo as people see it: its two phones open the pages of the bot, each for who holds it, without the internet."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from testkit.console import Console
from tests.browser import open_tab
from tests.cli.test_demo import demo

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_each_phone_opens_a_page_for_who_holds_it(browser: Browser, tmp_path: Path) -> None:
    with demo(Console(tmp_path), "--port", "0") as (_, cafe):
        async with open_tab(browser) as tab:
            await tab.page.goto(cafe["sandbox"], wait_until="commit")
            await tab.page.locator(".live[data-state=live]").wait_for()
            for phone in ("left", "right"):
                shown = tab.page.locator(f"#phone-{phone}")
                await shown.get_by_role("button", name="More", exact=True).first.click()
                await shown.get_by_role("menuitem", name="Open a link").click()
                await shown.locator(".dialog input").fill("https://t.me/moon_and_muffin_bot?startapp")
                await shown.get_by_role("button", name="Open", exact=True).click()
                await shown.locator(".web-view[data-ready=true] iframe").wait_for()
            tokens = "Object.entries(sessionStorage).filter(([name]) => name.startsWith('session-'))"
            opened = await tab.until(f"({tokens}).length === 2 && ({tokens}).map(([, token]) => token)")
            assert len(set(opened)) == 2
            assert tab.problems == []


async def test_the_scanner_at_the_counter_stamps_the_card_on_the_other_phone_by_itself(
    browser: Browser, tmp_path: Path
) -> None:
    with demo(Console(tmp_path), "--port", "0") as (_, cafe):
        async with open_tab(browser) as tab:
            await tab.page.goto(cafe["sandbox"], wait_until="commit")
            customer, counter = (tab.page.locator(f"#phone-{phone}") for phone in ("left", "right"))
            await customer.get_by_role("button", name="Start", exact=True).click()
            await customer.locator(".message.bot").filter(has_text="0 of 8 stamps").wait_for()
            await counter.get_by_role("button", name="Scan", exact=True).click()
            await customer.locator(".message.bot").filter(has_text="1 of 8 stamps").wait_for()
            assert tab.problems == []
