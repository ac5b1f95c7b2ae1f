"""`loyalty move` refuses what cannot become a move before it begins, and in the words of its own options."""

from pathlib import Path

import pytest

from loyalty_app.settings import Settings
from testkit.console import Console, refused

CAFE = ("--name", "Bean", "--reward", "A coffee", "--plan", "professional")


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A terminal at a SQLite file with a shop in it."""
    console = Console(tmp_path, Settings(database_url=f"sqlite:///{tmp_path}/loyalty.db"))
    console.ask("business", "create", *CAFE)
    return console


def test_a_folder_is_no_place_and_keeps_its_rights(console: Console, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(0o755)
    folder.chmod(0o755)
    for more in ((), ("--dry-run",), ("--business", "1")):
        said = refused(console.run("move", "--to", f"sqlite:///{folder}", *more), 2)
        assert f"--to: {folder} is a folder" in said
    assert folder.stat().st_mode & 0o777 == 0o755


def test_what_is_wrong_with_the_new_place_is_said_of_the_option(console: Console, tmp_path: Path) -> None:
    said = refused(console.run("move", "--to", f"sqlite:///{tmp_path}/none/new.db"), 2)
    assert f"--to: there is no folder {tmp_path}/none" in said


def test_a_public_url_that_is_none_is_refused(console: Console, tmp_path: Path) -> None:
    words = ("move", "--to", f"sqlite:///{tmp_path}/new.db", "--business", "1", "--public-url", "nonsense")
    assert "--public-url must begin with https://" in refused(console.run(*words), 2)
    assert not (tmp_path / "new.db").exists()


def test_an_old_database_that_could_not_be_kept_is_told_before_anything_is_copied(
    console: Console, tmp_path: Path
) -> None:
    (tmp_path / "loyalty.db.moved").touch()
    assert "is there already" in refused(console.run("move", "--to", f"sqlite:///{tmp_path}/new.db"), 2)
    assert "is there already" in refused(console.run("move", "--to", f"sqlite:///{tmp_path}/new.db", "--dry-run"), 2)
    assert not (tmp_path / "new.db").exists()


def test_without_a_move_there_is_nothing_to_give_up(console: Console, tmp_path: Path) -> None:
    words = ("move", "--to", f"sqlite:///{tmp_path}/new.db", "--give-up")
    assert console.ask(*words) == {"moved": False, "given_up": False}
    assert "no move to give up" in console.run(*words).stdout
