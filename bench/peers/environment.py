"""The environment of the peers: a .venv of their own, so that nothing of theirs becomes a dependency of the project.

It is made on first use from hashed locks, with pip as it is configured, and made anew when the lock changes.
"""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from bench.serving import ROOT

HOME = ROOT / "build" / "peers"
LOCK = Path(__file__).with_name("requirements.lock")
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "--no-deps", "--require-hashes")


def python() -> str:
    """The Python that has all that the peers need."""
    program, stamp = HOME / "bin" / "python", HOME / ".installed"
    wanted = f"{sys.version} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"
    if not stamp.exists() or stamp.read_text() != wanted:
        print("Installing the peers …", file=sys.stderr)
        venv.create(HOME, clear=True, with_pip=True)
        subprocess.run([program, *PIP, "-r", LOCK], check=True)  # noqa: S603  # our own lock
        stamp.write_text(wanted)
    return str(program)
