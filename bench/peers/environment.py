"""The environment of the peers: a .venv of their own, so that nothing of theirs becomes a dependency of the project."""

from pathlib import Path

from bench.environments import programs

LOCK = Path(__file__).with_name("requirements.lock")


def python() -> str:
    """The Python that has all that the peers need."""
    return str(programs("peers", LOCK) / "python")
