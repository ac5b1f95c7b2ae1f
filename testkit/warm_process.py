"""Processes of ours that start warm: forked from a parent that has imported everything, which saves a second each.

They are processes as others are: with an id, streams and an exit code of their own, to be signalled and killed. Tests
of how a process starts, of its memory, or of what Python itself reads at its start take a cold one.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import IO, Self

import msgspec

ROOT = Path(__file__).parents[1]
LONGEST_ORDER = 1 << 17
PARENT = Path(__file__).with_name("warm_start.py")
RELAY = Path(__file__).with_name("warm_relay.py")
"""A script that starts one for a shell; its docstring says how."""
READ_AT_START = ("PYTHON", "LANG", "LC_", "LD_", "MALLOC_")
"""Beginnings of variables that Python reads before any module: a process for which they differ starts cold."""


class Order(msgspec.Struct):
    """Run `python -m module words` in a folder, with these variables; SIGHUP does what `hangup` says."""

    module: str
    words: Sequence[str]
    folder: str
    environment: dict[str, str]
    hangup: int = int(signal.SIG_DFL)


def can_be_warm(environment: Mapping[str, str]) -> bool:
    """Whether a process with these variables can be forked here."""
    return hasattr(os, "pidfd_open") and _of_the_start(environment) == _of_the_start(os.environ)


def _of_the_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in environment.items() if name.startswith(READ_AT_START)}


@cache
def warm_place() -> Path:
    """The socket of the parent, which is started first; it ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="loyalty-warm-"))
    place = folder / "parent"
    environment = {name: text for name, text in os.environ.items() if not name.startswith("LOYALTY_")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    parent = subprocess.Popen(
        [sys.executable, "-P", str(PARENT), str(place)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"

    def end() -> None:
        parent.communicate()
        shutil.rmtree(folder)

    atexit.register(end)
    return place


class WarmProcess:
    """A process that was forked, used as `subprocess.Popen` is. Leaving its context waits for its end."""

    def __init__(self, order: Order, *, piped: bool = True) -> None:
        """Its output and its errors are pipes, unless they are thrown away."""
        self.returncode: int | None = None
        self.stdout: IO[str] | None = None
        self.stderr: IO[str] | None = None
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.connect(str(warm_place()))
        with ExitStack() as stack:
            nothing = os.open(os.devnull, os.O_RDWR)
            stack.callback(os.close, nothing)
            out = err = nothing
            if piped:
                (self.stdout, out), (self.stderr, err) = _pipe(stack), _pipe(stack)
            socket.send_fds(self._connection, [msgspec.json.encode(order)], [nothing, out, err])
            self.pid = int(self._connection.recv(LONGEST_ORDER))

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int(self._connection.recv(LONGEST_ORDER))
            except (BlockingIOError, TimeoutError):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None
            self._connection.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """All output and errors that were not read yet, when it has ended. Raises subprocess.TimeoutExpired."""
        said = ["", ""]

        def read(number: int, stream: IO[str]) -> None:
            with stream:
                said[number] = stream.read()

        readers = [Thread(target=read, args=each) for each in enumerate((self.stdout, self.stderr)) if each[1]]
        for reader in readers:
            reader.start()
        self.wait(timeout)
        for reader in readers:
            reader.join()
        return said[0], said[1]

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()


Process = subprocess.Popen[str] | WarmProcess
SET_HANGUP = (
    sys.executable,
    "-S",
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGHUP, int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])",
)
"""Starts the command that follows, with a disposition of SIGHUP: a process inherits one that is ignored."""


def started(order: Order, *, cold: bool = False) -> Process:
    """Start a process whose output and errors are pipes: warm where that can be, unless a new Python is asked for."""
    if can_be_warm(order.environment) and not cold:
        return WarmProcess(order)
    return subprocess.Popen(
        [*SET_HANGUP, str(order.hangup), sys.executable, "-m", order.module, *order.words],
        cwd=order.folder,
        env=order.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def _pipe(stack: ExitStack) -> tuple[IO[str], int]:
    """What is read from a pipe, and the end that is written to, which is closed with the stack."""
    ours, theirs = os.pipe()
    stack.callback(os.close, theirs)
    return os.fdopen(ours, encoding="utf-8"), theirs
