"""Temporary files of tests are kept in memory where there is room for them, and where nobody chose otherwise."""

import os
import tempfile
from pathlib import Path

import pytest

from testkit.memory_files import MEMORY, ROOM, has_room, keep_files_in_memory


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not been told a folder."""
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.mark.usefixtures("nowhere")
def test_a_folder_in_memory_with_room_takes_all_temporary_files(tmp_path: Path) -> None:
    keep_files_in_memory(tmp_path, room=1)

    assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(tmp_path)


@pytest.mark.usefixtures("nowhere")
def test_without_a_folder_in_memory_or_room_in_it_files_lie_where_they_always_do(tmp_path: Path) -> None:
    keep_files_in_memory(tmp_path / "missing", room=1)
    keep_files_in_memory(tmp_path, room=1 << 60)

    assert "TMPDIR" not in os.environ
    assert tempfile.gettempdir() != str(tmp_path)


def test_a_folder_that_was_chosen_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/chosen")

    keep_files_in_memory(tmp_path, room=1)

    assert os.environ["TMPDIR"] == "/chosen"


def test_these_tests_themselves_keep_their_files_there() -> None:
    if has_room(MEMORY, ROOM) and os.environ.get("TMPDIR", str(MEMORY)) == str(MEMORY):
        assert tempfile.gettempdir() == str(MEMORY)
