"""`loyalty migrate`, and what the other commands do with a database that is not at the newest schema."""

from pathlib import Path

import pytest
from sqlalchemy import text

from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import newest
from loyalty_app.settings import Settings
from testkit.console import CAFE, Console, refused

READING = [("business", "list"), ("key", "list", "--business", "1"), ("branch", "list", "--business", "1")]


def test_a_new_database_is_brought_to_the_newest_schema_once(tmp_path: Path, empty: Settings) -> None:
    console = Console(tmp_path, empty)

    assert console.ask("migrate") == {"from": None, "to": newest(), "changed": True}
    assert console.ask("migrate") == {"from": newest(), "to": newest(), "changed": False}


@pytest.mark.parametrize("words", READING, ids=lambda words: " ".join(words[:2]))
def test_looking_makes_no_database(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = Console(tmp_path).run(*words)

    assert "loyalty.db" in refused(ended, 1)
    assert list(tmp_path.iterdir()) == []


async def call_it(settings: Settings, version: str) -> None:
    database, change = open_database(settings), text("UPDATE alembic_version SET version_num = :version")
    await database.write(lambda connection: connection.execute(change, {"version": version}))
    await database.close()


@pytest.mark.parametrize("words", [("migrate",), ("business", "list"), ("business", "create", *CAFE)])
async def test_a_database_of_a_newer_release_is_left_alone(
    tmp_path: Path, sqlite_settings: Settings, words: tuple[str, ...]
) -> None:
    await call_it(sqlite_settings, "9999")

    message = refused(Console(tmp_path, sqlite_settings).run(*words), 2)

    assert "9999" in message
    assert "newer release" in message


def test_the_folder_of_a_sqlite_file_is_not_made(tmp_path: Path) -> None:
    console = Console(tmp_path, Settings(database_url=f"sqlite:///{tmp_path}/no/where/loyalty.db"))

    for words in (("migrate",), ("serve", "--port", "0"), ("business", "create", *CAFE)):
        assert "there is no folder" in refused(console.run(*words), 2)
    assert list(tmp_path.iterdir()) == []
