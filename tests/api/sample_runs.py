"""Samples run as they stand: all of a language one after another in one process, which loads its libraries once."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from tests.sdks.driving import DRIVERS

Json = dict[str, Any]
Runs: TypeAlias = Callable[[str], Json]
"""Runs a sample. Gives what it printed, as {"answer": …}, or {"error": …}."""


class Samples:
    """A process that runs samples."""

    def __init__(self, process: subprocess.Popen[str], place: Path, ending: str) -> None:
        self._process, self._place, self._ending, self._count = process, place, ending, 0

    def run(self, text: str) -> Json:
        """What came of a sample; each is a new file, since Node imports a file once."""
        self._count += 1
        file = self._place / f"sample-{self._count}.{self._ending}"
        file.write_text(text, encoding="utf-8")
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{file}\n")
        self._process.stdin.flush()
        told: Json = json.loads(self._process.stdout.readline())
        return told


@contextmanager
def running(program: Sequence[str], ending: str, place: Path, **variables: str) -> Iterator[Runs]:
    """Start the driver of a language in a folder."""
    environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*", **variables}
    pipes: Json = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [*program, str(DRIVERS / f"samples.{ending}")]
    with subprocess.Popen(command, cwd=place, env=environment, **pipes) as process:
        try:
            yield Samples(process, place, ending).run
        finally:
            process.kill()
