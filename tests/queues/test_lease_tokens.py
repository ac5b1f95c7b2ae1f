"""Lease tokens: who made one is known on its own machine, and nothing is taken from a process that runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loyalty_app.queues import lease_tokens
from loyalty_app.queues.lease_tokens import is_gone, new_token

PRINT_ONE = "from loyalty_app.queues.lease_tokens import new_token; print(new_token(), flush=True); input()"


def test_no_two_tokens_are_the_same_and_each_fits_its_column() -> None:
    tokens = [new_token() for _ in range(1_000)]
    assert len({*tokens}) == 1_000
    assert max(map(len, tokens)) <= 40


def test_a_process_that_runs_is_not_gone_and_one_that_was_killed_is() -> None:
    assert not is_gone(new_token())
    with subprocess.Popen(
        [sys.executable, "-c", PRINT_ONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        token = other.stdout.readline().strip()
        assert not is_gone(token)
        other.kill()
        other.wait()
        assert is_gone(token)


def test_another_process_with_the_same_number_is_another_process() -> None:
    machine, pid, started, chance = new_token().split(".")
    assert int(pid, 16) == os.getpid()
    assert is_gone(f"{machine}.{pid}.{int(started, 16) - 1:x}.{chance}")


@pytest.mark.parametrize("token", ["", "0" * 32, "00000000.1.1.abc", "a.b", "ffffffff.fffff.0.00"])
def test_of_another_machine_or_an_older_release_nothing_is_known(token: str) -> None:
    assert not is_gone(token)


def test_where_the_system_tells_less_only_the_number_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lease_tokens, "STATUS", f"{tmp_path}/{{}}/stat")
    monkeypatch.setattr(lease_tokens, "BOOT_ID", tmp_path / "boot_id")
    token = new_token()
    assert not is_gone(token)
    machine, _, started, chance = token.split(".")
    assert is_gone(f"{machine}.{2**22 + 7:x}.{started}.{chance}")
