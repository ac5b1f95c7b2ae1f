"""How commands that go on take signals: a closed terminal ends them, unless it is to be ignored, as under nohup."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from loyalty_app.settings import Settings
from testkit.console import Console
from testkit.warm_process import Process

PATIENCE_SECONDS = 30
SERVE, WORKER = ("serve", "--port", "0"), ("worker",)
DEMO = ("demo", "--port", "0", "--json")


def first_of(lines: Iterable[str] | None) -> str:
    """The line by which a command says that it is ready; notes come before it."""
    assert lines is not None
    return next(line for line in lines if not line.startswith("Note:"))


def hang_up(process: Process) -> None:
    """Close the terminal of a process that ignores that."""
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)


def end(process: Process, sign: signal.Signals) -> None:
    process.send_signal(sign)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


@pytest.mark.parametrize("words", [SERVE, WORKER], ids=lambda words: words[0])
def test_a_closed_terminal_ends_what_serves(tmp_path: Path, sqlite_settings: Settings, words: tuple[str, ...]) -> None:
    with Console(tmp_path, sqlite_settings).start(*words) as process:
        assert first_of(process.stderr)
        end(process, signal.SIGHUP)


@pytest.mark.parametrize(("words", "sign"), [(SERVE, signal.SIGTERM), (WORKER, signal.SIGINT)], ids=["serve", "worker"])
def test_where_a_closed_terminal_is_ignored_it_serves_on_until_it_is_told_otherwise(
    tmp_path: Path, sqlite_settings: Settings, words: tuple[str, ...], sign: signal.Signals
) -> None:
    console = Console(tmp_path, sqlite_settings, hangup=signal.SIG_IGN, cold=True)
    with console.start(*words) as process:
        assert first_of(process.stderr)
        hang_up(process)
        end(process, sign)


def test_a_demo_goes_on_where_a_closed_terminal_is_ignored_and_removes_its_data_when_it_ends(tmp_path: Path) -> None:
    with Console(tmp_path, hangup=signal.SIG_IGN).start(*DEMO) as process:
        database = json.loads(first_of(process.stdout))["database"]
        hang_up(process)
        assert Path(database.removeprefix("sqlite:///")).exists()
        end(process, signal.SIGINT)

    assert not Path(database.removeprefix("sqlite:///")).parent.exists()


POOL = """
import signal, sys, uvicorn
from loyalty_cli.server import WorkerPool

signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1]))
WorkerPool(uvicorn.Config(print), [])
print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)
"""


@pytest.mark.parametrize(("before", "stays_ignored"), [("SIG_IGN", "True"), ("SIG_DFL", "False")])
def test_a_server_of_several_processes_leaves_sighup_ignored_where_it_is(before: str, stays_ignored: str) -> None:
    ended = subprocess.run([sys.executable, "-c", POOL, before], check=True, capture_output=True, text=True)

    assert ended.stdout.strip() == stays_ignored
