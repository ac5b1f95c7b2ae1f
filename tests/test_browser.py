"""The browser of the tests reaches nobody but this machine."""

import pytest
from playwright.async_api import Browser

from tests.browser import open_tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


ASK = "(url) => fetch(url, {mode: 'no-cors'}).catch((error) => error.name)"


@pytest.mark.parametrize("address", ["http://example.org/", "https://203.0.113.7/", "http://[2001:db8::7]/"])
async def test_what_a_page_asks_of_another_machine_is_not_sent_and_is_a_problem(browser: Browser, address: str) -> None:
    async with open_tab(browser) as tab:
        assert await tab.page.evaluate(ASK, address) == "TypeError"
        assert tab.problems
        assert all("ERR_NAME_NOT_RESOLVED" in problem for problem in tab.problems)
