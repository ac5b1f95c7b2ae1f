"""One server, and one driver of each language, for all tests of the SDKs in a process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.live import Live, live_shop
from tests.conftest import leg
from tests.sdks.driving import LANGUAGES, Driver, can_run, driving


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Bean & Leaf behind a real server."""
    with live_shop(tmp_path_factory.mktemp("live")) as live:
        yield live


@pytest.fixture(scope="session", params=LANGUAGES)
def running(request: pytest.FixtureRequest, home: Path) -> Iterator[Driver]:
    """An SDK in its language."""
    leg(request.param, lambda _: can_run(request.param), home, needed=False)
    with driving(request.param) as driver:
        yield driver


@pytest.fixture
def sdk(running: Driver, live: Live) -> Driver:
    """An SDK with a client of the shop."""
    running.open(live.url, live.key)
    return running
