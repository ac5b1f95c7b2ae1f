"""Programs from npm for tests: linters, generators, a compiler. Pinned, installed into build/, no lock file."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from testkit.servers import Missing

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "@arethetypeswrong/cli@0.18.5",
    "@hey-api/openapi-ts@0.95.0",
    "@redocly/cli@2.77.0",
    "@stoplight/spectral-cli@6.15.0",
    "@types/node@22.10.0",
    "openapi-fetch@0.17.0",
    "openapi-typescript@7.13.0",
    "publint@0.3.25",
    "typescript@5.9.3",
)
INSTALL_SECONDS, RUN_SECONDS = 300, 120
PLACE = ROOT / "build" / f"openapi-{sha256(' '.join(PACKAGES).encode()).hexdigest()[:12]}"
BIN = PLACE / "node_modules" / ".bin"
AXE, NEWMAN = "axe-core@4.14.1", "newman@6.2.2"
TYPESCRIPT = "typescript@7.0.2"
"""The compiler itself, ten times as fast as the one above, which generators use as a library."""


def install_tools(_home: Path) -> str:
    """Install the packages, once for these versions. Raises Missing."""
    _install(PACKAGES, PLACE)
    return str(BIN)


def install_newman(_home: Path) -> str:
    """Install newman, Postman's own runner; gives its path. Raises Missing."""
    return str(_install_alone(NEWMAN) / ".bin" / "newman")


def install_typescript(_home: Path) -> str:
    """Install the compiler of TypeScript where `make scripts` has it; gives its path. Raises Missing."""
    return str(_install_alone(TYPESCRIPT) / ".bin" / "tsc")


def install_axe(_home: Path) -> str:
    """Install axe, which looks at pages for what keeps people out; gives the path of its script. Raises Missing."""
    return str(_install_alone(AXE) / "axe-core" / "axe.min.js")


def _install_alone(package: str) -> Path:
    """Install one package; gives the folder of its modules."""
    place = ROOT / "build" / package.replace("@", "-")
    _install((package,), place)
    return place / "node_modules"


def _install(packages: tuple[str, ...], place: Path) -> None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        message = "npm and node are not installed"
        raise Missing(message)
    place.mkdir(parents=True, exist_ok=True)
    with FileLock(place / "lock"):
        if not (place / "installed").exists():
            options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
            ended = _run([npm, "install", "--prefix", str(place), *options, *packages], place, {}, INSTALL_SECONDS)
            if ended.returncode:
                message = f"npm could not install what is needed: {ended.stderr[-300:]!r}"
                raise Missing(message)
            (place / "installed").touch()


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
