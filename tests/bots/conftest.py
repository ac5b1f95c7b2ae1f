"""The sandbox for tests of bots, and a town in it where our own bot runs.

Afterwards every call is checked against Telegram's description of its Bot API.
"""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from loyalty_app.clock import utc_now
from loyalty_app.pictures.poster import draw_upright
from loyalty_app.pictures.sheets import DRAWN, PrintSheet
from loyalty_app.settings import Settings
from testkit.clocks import RunningClock
from testkit.direct_requests import DirectRequest
from testkit.people import Person
from testkit.sandbox import SandboxServer, open_sandbox
from testkit.town import Town, open_town
from tests.app.conftest import (
    citus_settings,
    migrated_citus,
    migrated_postgres,
    postgres_settings,
    settings,
    sqlite_settings,
    sqlite_template,
)

__all__ = [
    "citus_settings",
    "migrated_citus",
    "migrated_postgres",
    "postgres_settings",
    "settings",
    "sqlite_settings",
    "sqlite_template",
]

STAMP_BOT = "stamp_bot"


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxServer]:
    """An empty sandbox. What bots have asked of it in the end must be what Telegram knows."""
    async with open_sandbox() as running:
        yield running
        await running.check()


@pytest.fixture
async def bot(sandbox: SandboxServer) -> AsyncIterator[Bot]:
    """A bot that the test itself is: it does only what the test tells it, so people do not wait for it."""
    sandbox.attended = False
    made = await sandbox.add_bot(username=STAMP_BOT, name="Stamps")
    async with sandbox.client_of(made) as client:
        yield client


@pytest.fixture
async def ana(sandbox: SandboxServer, bot: Bot) -> Person:
    """Somebody who has begun the chat with the bot."""
    ana = await sandbox.add_person("Ana", bot=bot.username, last_name="Ruiz", language_code="es", phone="+34600111222")
    await ana.start()
    return ana


@pytest.fixture
async def town(request: pytest.FixtureRequest, sqlite_settings: Settings) -> AsyncIterator[Town]:
    """The sandbox with our bot in it, on SQLite; at noon, if a test asks for `noon`."""
    clock = RunningClock() if "noon" in request.fixturenames else utc_now
    async with open_town(sqlite_settings, clock=clock) as town:
        yield town
        await town.sandbox.check()


@pytest.fixture
async def either_town(settings: Settings) -> AsyncIterator[Town]:
    """The same on every kind of database: for what the database has a part in."""
    async with open_town(settings) as town:
        yield town
        await town.sandbox.check()


@pytest.fixture
def noon() -> None:
    """The clock of the town runs from noon, whatever time it is elsewhere: for laws that are about days."""


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Into a chat is sent as much as a test likes: for laws that are not about pace."""
    monkeypatch.setattr("bots.telegram_limits.PER_CHAT", (1_000, 1.0))
    monkeypatch.setattr("bots.telegram_limits.PER_BOT", (1_000, 1.0))


@pytest.fixture(autouse=True)
def quick_fingers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """People in tests read faster than anybody: what they press at once is meant, unless a test is about that."""
    if "slow_eyes" not in request.fixturenames:
        monkeypatch.setattr("bots.buttons.SECOND_TAP_SECONDS", 0.0)
        monkeypatch.setattr("bots.staff.screen.SECOND_TAP_SECONDS", 0.0)


@pytest.fixture
def slow_eyes() -> None:
    """What is pressed before anybody could read the screen is not meant."""


@pytest.fixture(autouse=True)
def small_posters(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posters have half their length and width, unless a test is about that: a real one takes longer than a test."""
    if "real_posters" not in request.fixturenames:
        monkeypatch.setitem(DRAWN, PrintSheet.A5, lambda poster: draw_upright(poster, 0.5))


@pytest.fixture
def real_posters() -> None:
    """Posters are drawn as they are printed."""


@pytest.fixture(autouse=True)
def no_connections(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bots ask the sandbox without a connection, unless a test is about what can happen to one."""
    if "connections" not in request.fixturenames:
        monkeypatch.setattr("bots.supervisor.SharedRequest", DirectRequest)


@pytest.fixture
def connections() -> None:
    """Bots ask the sandbox over HTTP, as they do."""


@pytest.fixture(autouse=True)
def one_menu(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bots set their menus in one language, which is four calls instead of 28, unless a test is about menus."""
    if "all_menus" not in request.fixturenames:
        monkeypatch.setattr("bots.menus.LANGUAGES", ())


@pytest.fixture
def all_menus() -> None:
    """Bots set their menus in all languages, as they do."""
