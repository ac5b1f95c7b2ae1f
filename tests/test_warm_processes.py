"""Warm processes are processes as others are: all that a test can see of one is as if it were a new Python."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.console import CAFE, Console
from testkit.warm_process import RELAY, Order, WarmProcess, started, warm_place

PATIENCE_SECONDS = 30


@pytest.mark.parametrize("words", [("--version",), ("nonsense",), ("doctor", "--json"), ("demo", "--port", "x")])
def test_a_warm_command_says_and_leaves_what_a_cold_one_does(tmp_path: Path, words: tuple[str, ...]) -> None:
    warm, cold = (Console(tmp_path, cold=cold).run_process(*words) for cold in (False, True))
    assert (warm.returncode, tidied(warm.stdout), warm.stderr) == (cold.returncode, tidied(cold.stdout), cold.stderr)


def tidied(text: str) -> str:
    """Without what is measured, or different with each start."""
    return re.sub(r"[\d.]+ (?=ms|s|GB|MB)", "", text)


def test_a_warm_process_has_the_folder_the_variables_and_the_id_that_it_was_given(tmp_path: Path) -> None:
    console = Console(tmp_path)
    with console.serve("serve", LOYALTY_WEBHOOK_ALLOW="127.0.0.0/8") as (process, _):
        assert (tmp_path / "loyalty.db").exists()
        assert Path(f"/proc/{process.pid}/cwd").resolve() == tmp_path.resolve()
        assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    assert not Path(f"/proc/{process.pid}").exists()


def test_a_warm_process_that_runs_is_waited_for_only_so_long(tmp_path: Path) -> None:
    with Console(tmp_path).serve("serve") as (process, _):
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.terminate()
        assert process.communicate(timeout=PATIENCE_SECONDS) == ("", "")
        assert process.returncode == 0


def test_several_warm_processes_run_at_once_and_end_each_as_it_ends(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    orders = [
        Order("loyalty_cli", ("business", "create", *CAFE, "--json"), str(each), dict(os.environ)) for each in folders
    ]
    running = [
        started(order) for order in (*orders, Order("loyalty_cli", ("nonsense",), str(tmp_path), dict(os.environ)))
    ]
    ended = [(process.communicate(timeout=PATIENCE_SECONDS), process.returncode) for process in running]
    assert [code for _, code in ended] == [0, 0, 0, 2]
    assert all('"business_id":1' in out for (out, _), code in ended if code == 0)


def test_an_error_that_nobody_caught_ends_a_warm_process_as_python_ends(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise ValueError('as it is')\n", "utf-8")
    with WarmProcess(Order("broken", (), str(tmp_path), dict(os.environ))) as process:
        assert process.communicate(timeout=PATIENCE_SECONDS)[1].endswith("ValueError: as it is\n")
        assert process.returncode == 1


def test_a_shell_starts_a_warm_process_and_its_signals_and_its_end_are_passed_on(tmp_path: Path) -> None:
    command = [sys.executable, "-IS", str(RELAY), str(warm_place()), "loyalty_cli"]
    served = [*command, "serve", "--port", "0"]
    with subprocess.Popen(served, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as relay:
        assert relay.stderr is not None
        assert "Serving" in relay.stderr.readline()
        relay.terminate()
        assert relay.communicate(timeout=PATIENCE_SECONDS) == ("", "")
    assert relay.returncode == 0
    assert subprocess.run([*command, "nonsense"], check=False, capture_output=True).returncode == 2


def test_what_a_shell_started_warm_dies_with_it(tmp_path: Path) -> None:
    served = [sys.executable, "-IS", str(RELAY), str(warm_place()), "loyalty_cli", "serve", "--port", "0"]
    with subprocess.Popen(served, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as relay:
        assert relay.stderr is not None
        assert "Serving" in relay.stderr.readline()
        relay.kill()
        assert relay.communicate(timeout=PATIENCE_SECONDS) == ("", ""), "the pipes are closed when the server is gone"


def test_what_python_reads_when_it_starts_makes_a_process_cold(tmp_path: Path) -> None:
    order = Order("loyalty_cli", ("--version",), str(tmp_path), {**os.environ, "PYTHONIOENCODING": "ascii"})
    with started(order) as process:
        process.communicate(timeout=PATIENCE_SECONDS)
        assert isinstance(process, subprocess.Popen)
