"""Clients that other programs make of /openapi.json: they come out whole, compile strictly, and go a whole journey.

Each is made by a generator as it is published, and asked against a live server. The linters of OpenAPI have nothing to
say. The programs of npm are those of `tests/npm_programs.py`.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.live import NOBODY, Live, live_shop
from tests.conftest import leg
from tests.npm_programs import INSTALL_SECONDS, PLACE, RUN_SECONDS, install_tools, install_typescript, run

SOURCES = Path(__file__).with_name("clients")
ROOT = Path(__file__).parents[2]
MYPY_CACHE = ROOT / "build" / "mypy-of-clients"
"""Kept, because what others wrote takes mypy longest."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_shop(tmp_path_factory.mktemp("live")) as live:
        yield live


@pytest.fixture
def tools(home: Path) -> str:
    """The folder of the programs of npm."""
    return leg("generators of clients, and linters of OpenAPI", install_tools, home, needed=False)


@pytest.fixture
def folder(tmp_path: Path, live: Live) -> Path:
    """A folder with the document as it is served, and the journeys."""
    shutil.copytree(SOURCES, tmp_path, dirs_exist_ok=True)
    (tmp_path / "openapi.json").write_bytes(live.client.get(f"{live.url}/openapi.json").content)
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    return tmp_path


def variables(live: Live) -> dict[str, str]:
    """What a journey needs to know."""
    return {"API": f"{live.url}/v1", "KEY": live.key, "PHONE": live.free_phone(), "HOOK": NOBODY}


@pytest.mark.timeout(INSTALL_SECONDS + RUN_SECONDS)
def test_the_linters_of_openapi_have_nothing_to_say(tools: str, folder: Path) -> None:
    run([f"{tools}/spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", "openapi.json"], folder)
    said = run([f"{tools}/redocly", "lint", "--config", "redocly.yaml", "--format", "json", "openapi.json"], folder)
    totals = json.loads(said[said.index("{") : said.rindex("}") + 1])["totals"]
    assert (totals["errors"], totals["warnings"]) == (0, 0)


@pytest.mark.timeout(INSTALL_SECONDS + 3 * RUN_SECONDS)
def test_clients_in_typescript_compile_strictly_and_go_a_whole_journey(
    tools: str, folder: Path, live: Live, home: Path
) -> None:
    tsc = leg("TypeScript", install_typescript, home, needed=False)
    run([f"{tools}/openapi-typescript", "openapi.json", "--output", "schema.ts"], folder)
    run([f"{tools}/openapi-ts", "--file", "openapi-ts.config.mjs"], folder)
    (folder / "node_modules").symlink_to(PLACE / "node_modules")
    run([tsc, "--project", "."], folder)
    for journey in ("journey_fetch.js", "journey_hey.js"):
        assert run(["node", f"out/{journey}"], folder, **variables(live)).endswith("done\n"), journey


@pytest.mark.timeout(3 * RUN_SECONDS)
def test_a_client_in_python_is_typed_strictly_and_goes_a_whole_journey(folder: Path, live: Live) -> None:
    tools = Path(sys.executable).parent
    made = ["generate", "--path", "openapi.json", "--config", "openapi-python-client.yaml", "--fail-on-warning"]
    run(
        [str(tools / "openapi-python-client"), *made, "--output-path", "made"],
        folder,
        PATH=f"{tools}:{os.environ['PATH']}",
    )
    package = folder / "made"
    shutil.copy(folder / "journey.py.txt", package / "journey.py")
    run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(MYPY_CACHE), "journey.py"], package)
    assert run([sys.executable, "journey.py"], package, PYTHONPATH=str(package), **variables(live)).endswith("done\n")
