"""Clients that other programs make of /openapi.json: they come out whole, compile strictly, and go a whole journey.

Each is made by a generator as it is published, and asked against a live server. The linters of OpenAPI have nothing to
say. The packages of npm are pinned here and installed into build/ only, without a lock file.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

from testkit.servers import Missing
from tests.api.live import NOBODY, Live, live_shop
from tests.conftest import leg

SOURCES = Path(__file__).with_name("clients")
ROOT = Path(__file__).parents[2]
PACKAGES = (
    "@hey-api/openapi-ts@0.95.0",
    "@redocly/cli@2.77.0",
    "@stoplight/spectral-cli@6.15.0",
    "@types/node@22.10.0",
    "openapi-fetch@0.17.0",
    "openapi-typescript@7.13.0",
    "typescript@5.9.3",
)
INSTALL_SECONDS, RUN_SECONDS = 300, 120
PLACE = ROOT / "build" / f"openapi-{sha256(' '.join(PACKAGES).encode()).hexdigest()[:12]}"
BIN = PLACE / "node_modules" / ".bin"
DONE = PLACE / "installed"
MYPY_CACHE = ROOT / "build" / "mypy-of-clients"
"""Kept, because what others wrote takes mypy longest."""


def install_tools(_home: Path) -> str:
    """Install the packages, once for these versions. Raises Missing."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        message = "npm and node are not installed"
        raise Missing(message)
    PLACE.mkdir(parents=True, exist_ok=True)
    with FileLock(PLACE / "lock"):
        if not DONE.exists():
            options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
            ended = _run([npm, "install", "--prefix", str(PLACE), *options, *PACKAGES], PLACE, {}, INSTALL_SECONDS)
            if ended.returncode:
                message = f"npm could not install what is needed: {ended.stderr[-300:]!r}"
                raise Missing(message)
            DONE.touch()
    return str(BIN)


def _run(
    command: list[str], folder: Path, variables: Mapping[str, str], seconds: int = RUN_SECONDS
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*", "REDOCLY_TELEMETRY": "off", **variables}
    return subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=seconds
    )


def run(command: list[str], folder: Path, **variables: str) -> str:
    """Run a command that must succeed; what it says."""
    ended = _run(command, folder, variables)
    assert ended.returncode == 0, f"{command}\n{ended.stdout[-4_000:]}{ended.stderr[-4_000:]}"
    return ended.stdout + ended.stderr


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
def test_clients_in_typescript_compile_strictly_and_go_a_whole_journey(tools: str, folder: Path, live: Live) -> None:
    run([f"{tools}/openapi-typescript", "openapi.json", "--output", "schema.ts"], folder)
    run([f"{tools}/openapi-ts", "--file", "openapi-ts.config.mjs"], folder)
    (folder / "node_modules").symlink_to(PLACE / "node_modules")
    run([f"{tools}/tsc", "--project", "."], folder)
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
