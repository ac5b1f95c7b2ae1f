"""Virtual environments for what only benchmarks need, so that none of it is a dependency of the project.

Each is made on first use from hashed locks, with pip as it is configured, and again when its lock changes.
"""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from bench.server_process import ROOT

PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "--no-deps", "--require-hashes")


def programs(name: str, lock: Path) -> Path:
    """The folder of an environment's programs, with everything installed that its lock names."""
    home = ROOT / "build" / name
    found, stamp = home / "bin", home / ".installed"
    wanted = f"{sys.version} {hashlib.sha256(lock.read_bytes()).hexdigest()}"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Installing the {name} …", file=sys.stderr)
        venv.create(home, clear=True, with_pip=True)
        subprocess.run([found / "python", *PIP, "-r", lock], check=True)  # noqa: S603  # our own lock
        stamp.write_text(wanted)
    return found
