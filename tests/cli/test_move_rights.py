"""What either place does not allow is found before a move begins, by a dry run too, and said in words."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from loyalty_app.db.engine import Database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.sqlite.server_lock import server_lock
from loyalty_app.settings import Settings
from testkit.console import Console, refused
from testkit.servers import execute, strict_postgres
from testkit.shop import open_shop
from tests.cli.test_move import at
from tests.cli.test_move_refusals import console
from tests.cli.test_move_shops import NEW_KEY, OLD_KEY, console_at, lock_with

__all__ = ["console"]

WAYS = ((), ("--dry-run",), ("--business", "1"), ("--business", "1", "--dry-run"))


def said_each_way(console: Console, url: str, code: int) -> set[str]:
    """What the command says, whatever it was to move."""
    return {refused(console.run("move", "--to", url, *more), code) for more in WAYS}


@pytest.mark.parametrize(
    ("place", "code", "words"),
    [
        ("/proc/x.db", 2, "--to: no file can be made in the folder /proc"),
        ("text.db", 1, "--to names a file that is no SQLite database"),
        ("~/x.db", 2, "--to: there is no folder ~. Write the whole path"),
    ],
)
def test_a_file_that_cannot_become_the_new_place_is_named_and_stays_as_it_is(
    console: Console, tmp_path: Path, place: str, code: int, words: str
) -> None:
    text = tmp_path / "text.db"
    text.write_text("this is a letter and no database, and longer than a header")
    text.chmod(0o644)
    (said,) = said_each_way(console, f"sqlite:///{place}", code)
    assert words in said
    assert (text.stat().st_mode & 0o777, text.stat().st_size) == (0o644, 58)
    assert console.ask("business", "list")["businesses"]


def test_a_place_without_room_is_refused_before_anything_is_copied(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100_000))
    for more in ((), ("--dry-run",)):
        said = refused(console.run("move", "--to", f"sqlite:///{tmp_path}/new.db", *more), 2)
        assert "--to: there is no room" in said
        assert f"0.1 MB are free in {tmp_path}" in said
    assert not (tmp_path / "new.db").exists()


def test_a_server_on_the_file_that_everything_would_go_into_is_found_by_a_dry_run(
    console: Console, tmp_path: Path
) -> None:
    with server_lock(Settings(database_url=f"sqlite:///{tmp_path}/new.db")):
        for more in ((), ("--dry-run",)):
            said = refused(console.run("move", "--to", f"sqlite:///{tmp_path}/new.db", *more), 2)
            assert f"--to: a server runs on {tmp_path}/new.db" in said


@pytest.fixture
def guest(postgres_database: str) -> Iterator[str]:
    """The URL of a role that may only look at a database."""
    name = f"guest_{urlsplit(postgres_database).path[1:]}"
    asyncio.run(execute(postgres_database, f"CREATE ROLE {name} LOGIN"))
    asyncio.run(execute(postgres_database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    parts = urlsplit(postgres_database)
    yield parts._replace(netloc=f"{name}:@{parts.netloc.rpartition('@')[2]}").geturl()
    asyncio.run(execute(postgres_database, f"DROP OWNED BY {name}"))
    asyncio.run(execute(postgres_database, f"DROP ROLE {name}"))


def test_rights_that_a_role_lacks_at_the_new_place_or_the_old_one_are_named(
    console: Console, tmp_path: Path, postgres_database: str, guest: str
) -> None:
    (said,) = said_each_way(console, guest, 2)
    assert "--to: guest_" in said
    assert "GRANT CREATE ON SCHEMA public" in said
    name = urlsplit(guest).username
    asyncio.run(execute(postgres_database, f"GRANT CREATE ON SCHEMA public TO {name}"))
    migrate(Settings(database_url=postgres_database))
    asyncio.run(
        execute(postgres_database, f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
    )
    (said,) = said_each_way(console, guest, 2)
    assert "lacks the right to TRIGGER on the table api_key" in said
    left = Console(tmp_path, Settings(database_url=guest))
    (said,) = said_each_way(left, f"sqlite:///{tmp_path}/new.db", 2)
    assert "LOYALTY_DATABASE_URL: guest_" in said
    reads_only = postgres_database + "&options=-c%20default_transaction_read_only%3Don"
    (said,) = said_each_way(console, reads_only, 2)
    assert "--to: that server takes no changes" in said


async def test_a_server_that_lets_nobody_in_or_has_no_such_database_is_told_of_the_option(
    console: Console, postgres_database: str
) -> None:
    parts = urlsplit(postgres_database)
    unknown = parts._replace(netloc=f"nobody_at_all:@{parts.netloc.rpartition('@')[2]}")
    async with strict_postgres(postgres_database, "right") as url:
        for wrong in (url.replace(":right@", ":wrong@"), unknown.geturl()):
            (said,) = said_each_way(console, wrong, 1)
            assert "lets nobody in with --to" in said
            assert "wrong" not in said
    (said,) = said_each_way(console, parts._replace(path="/not_there").geturl(), 1)
    assert '--to names a database that is not there: database "not_there"' in said
    (said,) = said_each_way(console, "postgresql://a:b@127.0.0.1:1/x", 1)
    assert "--to: The database does not answer: 127.0.0.1, port 1" in said


async def fill(database: Database) -> None:
    await (await open_shop(database)).counter.close()


def test_a_place_with_shops_of_which_no_key_was_seen_gets_none_of_another_place(
    tmp_path: Path, sqlite_settings: Settings
) -> None:
    at(sqlite_settings, fill)
    old = console_at(sqlite_settings, tmp_path, OLD_KEY)
    used = Settings(database_url=f"sqlite:///{tmp_path}/used.db")
    migrate(used)
    words = ("move", "--to", used.database_url, "--business", "1")
    assert old.ask(*words, "--dry-run")  # without shops it is new, and gets the key of the old place
    Console(tmp_path, used).ask("business", "create", "--name", "Bean", "--reward", "A coffee")
    for more in ((), ("--dry-run",)):
        assert "which key it has cannot be seen" in refused(old.run(*words, *more), 2)
    (tmp_path / "short.key").write_bytes(b"\xff\xfe")
    (tmp_path / "new.key").write_text(NEW_KEY)
    assert "must hold the LOYALTY_SECRET_KEY" in refused(old.run(*words, "--to-key-file", "short.key"), 2)
    old.ask(*words, "--to-key-file", "new.key")
    assert console_at(used, tmp_path, NEW_KEY).run("doctor").returncode == 0


def test_a_move_can_be_given_up_without_the_key_of_the_new_place(tmp_path: Path, sqlite_settings: Settings) -> None:
    at(sqlite_settings, fill)
    used = Settings(database_url=f"sqlite:///{tmp_path}/used.db")
    migrate(used)
    at(used, lambda database: lock_with(database, NEW_KEY))
    old = console_at(sqlite_settings, tmp_path, OLD_KEY)
    words = ("move", "--to", used.database_url, "--business", "1")
    assert "another key" in refused(old.run(*words), 2)
    assert old.ask(*words, "--give-up")["given_up"]


def test_a_shop_that_is_not_there_is_refused_before_anything_is_made_at_the_new_place(
    console: Console, tmp_path: Path
) -> None:
    said = refused(console.run("move", "--to", f"sqlite:///{tmp_path}/new.db", "--business", "9"), 2)
    assert "there is no business 9" in said
    assert not [*tmp_path.glob("new.db*")]
