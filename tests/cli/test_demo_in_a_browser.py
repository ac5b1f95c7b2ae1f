"""The demo as people see it: its two phones open the pages of the bot, each for its holder, without the internet."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.async_api import Browser

from testkit.console import Console
from tests.browser import open_tab
from tests.cli.test_demo import demo

pytestmark = pytest.mark.asyncio(loop_scope="session")

STAMPS = re.compile(r"/stamps$")


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


async def test_a_scan_that_waits_outlives_its_window_in_telegrams_storage_alone(
    browser: Browser, tmp_path: Path
) -> None:
    with demo(Console(tmp_path), "--port", "0") as (_, cafe):
        async with open_tab(browser) as tab:
            await tab.page.context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: null })")
            await tab.page.goto(cafe["sandbox"], wait_until="commit")
            customer, counter = (tab.page.locator(f"#phone-{phone}") for phone in ("left", "right"))
            await customer.get_by_role("button", name="Start", exact=True).click()
            await customer.locator(".message.bot").filter(has_text="0 of 8 stamps").wait_for()
            await tab.page.route(STAMPS, lambda route: route.abort())
            await counter.get_by_role("button", name="Scan", exact=True).click()
            page = counter.frame_locator(".web-view iframe")
            await page.locator("#scans > li[data-state=waiting]").wait_for()
            [(_, who)] = [pair for pair in parse_qsl(urlsplit(tab.page.url).query) if pair[0] == "right"]
            camera = f"{cafe['sandbox']}control/people/{who}/camera"
            await tab.page.request.post(camera, data={"text": "no card"})
            await counter.get_by_role("button", name="Close the camera", exact=True).click()
            await counter.locator(".app-bar").get_by_role("button", name="Close", exact=True).click()
            await counter.get_by_role("button", name="Close anyway", exact=True).click()
            await counter.locator(".web-view iframe").wait_for(state="detached")
            await tab.page.unroute_all()
            await counter.get_by_role("button", name="Scan", exact=True).click()
            await customer.locator(".message.bot").filter(has_text="1 of 8 stamps").wait_for()
