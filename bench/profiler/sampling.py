"""Sampling: lets py-spy watch a process for a while. py-spy is installed on first use, into build/profiler."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.profiler.parts import parts_of
from bench.virtual_environments import programs

LOCK = Path(__file__).with_name("requirements.lock")
TIMES_A_SECOND = 100


class Sampled:
    """The shares of the parts, once the block is over."""

    def __init__(self) -> None:
        self.shares: dict[str, float] = {}


@contextmanager
def sampled(pid: int, seconds: float) -> Iterator[Sampled]:
    """Watch a process for `seconds` from now on; the end of the block waits.

    Raises SystemExit if that is not allowed.
    """
    program, found = programs("profiler", LOCK) / "py-spy", Sampled()
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder, "stacks")
        command = [str(program), "record", "--pid", str(pid), "--duration", str(round(seconds)), "--nolineno"]
        command += ["--rate", str(TIMES_A_SECOND), "--format", "raw", "--output", str(kept)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603  # ours
            yield found
            said, _ = process.communicate()
        if process.returncode:
            message = f"py-spy could not look into the server; may it?\n{said}"
            raise SystemExit(message)
        found.shares = parts_of(kept.read_text().splitlines())
