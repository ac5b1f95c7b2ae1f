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
DONE = PLACE / "installed"


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
