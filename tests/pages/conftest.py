"""One place for all tests of the pages in this process, and a tab for each test.

All run in the loop of the session, as the browser does: `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from loyalty_app.settings import Settings
from tests.app.conftest import sqlite_template
from tests.browser import Tab, find_chromium, open_browser, open_tab
from tests.pages.place import Place, open_place

__all__ = ["sqlite_template"]

PHONE = (400, 800)
CAMERA = ("--use-fake-device-for-media-stream", "--deny-permission-prompts")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """The application, its bots, and the sandbox; at the end, each call of a bot was one that Telegram knows."""
    path = tmp_path_factory.mktemp("pages") / "loyalty.db"
    shutil.copy(sqlite_template, path)
    async with open_place(Settings(database_url=f"sqlite:///{path}")) as opened:
        yield opened
        await opened.town.sandbox.check()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser) -> AsyncIterator[Tab]:
    """The browser of a phone."""
    async with open_tab(browser, width=PHONE[0], height=PHONE[1]) as tab:
        yield tab


@pytest_asyncio.fixture(loop_scope="session")
async def laptop(browser: Browser) -> AsyncIterator[Tab]:
    """The browser of a laptop."""
    async with open_tab(browser) as tab:
        yield tab


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def camera_browser() -> AsyncIterator[Browser]:
    """A Chromium for the tests of one file, with a camera that shows nothing: it takes two seconds to start."""
    async with open_browser(find_chromium(), *CAMERA) as browser:
        yield browser


@pytest.fixture
def settings_of_a_fresh_file(sqlite_template: Path, tmp_path: Path) -> Settings:
    """A database of a test's own, for one that needs an application of its own."""
    shutil.copy(sqlite_template, tmp_path / "loyalty.db")
    return Settings(database_url=f"sqlite:///{tmp_path / 'loyalty.db'}")
