"""The command `loyalty` in this very process: its folder, variables, output and logging last as long as it runs.

It runs in a thread, so that it can have an event loop even if the test has one. One runs at a time.
"""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from threading import Lock, Thread

from loyalty_cli import loyalty
from testkit.own_logging import own_logging

PROGRAM = "loyalty"

one_at_a_time = Lock()


def run_here(words: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in this process; its output and exit code are returned as those of a process."""
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", errors="replace", write_through=True) for _ in range(2))
    codes: list[int] = []

    def work() -> None:
        codes.append(_exit_code(lambda: loyalty.main([*words], prog_name=PROGRAM)))

    with one_at_a_time, ExitStack() as stack:
        stack.enter_context(_inside(folder, environment))
        stack.enter_context(_without_a_terminal())
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        stack.enter_context(own_logging())
        thread = Thread(target=work, name="loyalty")
        thread.start()
        thread.join()
    return subprocess.CompletedProcess([PROGRAM, *words], codes[0], _text(out), _text(err))


def _text(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _exit_code(command: Callable[[], None]) -> int:
    """The exit code that a process would have."""
    try:
        command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:  # noqa: BLE001  # as Python does at the end of a process
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _inside(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    before, variables = Path.cwd(), dict(os.environ)
    os.chdir(folder)
    _set_environment(environment)
    try:
        yield
    finally:
        _set_environment(variables)
        os.chdir(before)


def _set_environment(variables: Mapping[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


@contextmanager
def _without_a_terminal() -> Iterator[None]:
    before = sys.stdin
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.stdin = before
