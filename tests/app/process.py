"""Other processes: real ones, that do what `elsewhere` can do, and can be killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loyalty_app.settings import Settings

ROOT = Path(__file__).parents[2]


@contextmanager
def process(what: str, settings: Settings, *words: object) -> Iterator["subprocess.Popen[str]"]:
    """Another process; it is killed at the end unless it has ended by itself."""
    command = [sys.executable, "-m", "tests.app.elsewhere", what, settings.database_url, *map(str, words)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def first_line(what: str, settings: Settings, *words: object) -> str:
    """Let another process do something, and read the first thing that it says."""
    with process(what, settings, *words) as started:
        return next_line(started)


def next_line(started: "subprocess.Popen[str]") -> str:
    assert started.stdout is not None
    return started.stdout.readline().rstrip("\n")
