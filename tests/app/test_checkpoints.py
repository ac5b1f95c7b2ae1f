"""Checkpoints of SQLite: what was committed is copied into the file beside the writer, and the WAL stays short."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import wait
from pathlib import Path

import pytest

from loyalty_app.db.sqlite.checkpoints import COUNT, LONGEST_WAL, MANY_PAGES
from loyalty_app.db.sqlite.engine import SqliteDatabase, driver, has_wal_reset_bug
from loyalty_app.db.tables import event
from loyalty_app.settings import Settings
from testkit.builders import NOON
from testkit.shop import found

PAGE = 4_096
PATIENCE_SECONDS = 20.0

pytestmark = pytest.mark.skipif(has_wal_reset_bug(), reason="copying beside a writer needs a SQLite without the bug")


@pytest.fixture
async def opened(sqlite_settings: Settings) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(sqlite_settings.sqlite_path)
    yield database
    await database.close()


class Pages:
    """Fills pages, a transaction after the other."""

    def __init__(self, database: SqliteDatabase, business_id: int) -> None:
        self.database, self.business_id, self.written = database, business_id, 0

    async def write(self, pages: int) -> None:
        numbers = range(self.written, self.written + pages)
        self.written += pages
        rows = [
            {
                "business_id": self.business_id,
                "id": f"msg_{number}",
                "type": "stamp.added",
                "customer_id": 1,
                "body": b"x" * PAGE,
                "created_at": NOON,
            }
            for number in numbers
        ]
        await self.database.write(lambda connection: self.database.insert(connection, event, rows))


async def settled(database: SqliteDatabase) -> None:
    """What has begun to be copied is copied."""
    begun = database._checkpoints and database._checkpoints._under_way  # noqa: SLF001  # nobody else need know
    if begun:
        assert wait([begun], PATIENCE_SECONDS).done


async def pages_of(database: SqliteDatabase) -> tuple[int, int]:
    """How many pages the WAL has, and how many of them were copied."""
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        _, pages, copied = raw.execute(COUNT).fetchone()
    return pages, copied


async def test_many_pages_are_copied_into_the_file_once_they_are_committed(opened: SqliteDatabase) -> None:
    pages = Pages(opened, (await found(opened)).id)
    await pages.write(MANY_PAGES)
    await settled(opened)
    there, copied = await pages_of(opened)
    assert there == copied >= MANY_PAGES


async def test_few_pages_are_left_in_the_wal(opened: SqliteDatabase) -> None:
    pages = Pages(opened, (await found(opened)).id)
    await pages.write(MANY_PAGES // 4)
    await settled(opened)
    there, copied = await pages_of(opened)
    assert there > copied == 0


async def test_the_wal_does_not_grow_while_others_write_without_a_pause(opened: SqliteDatabase) -> None:
    pages = Pages(opened, (await found(opened)).id)
    for _ in range(30):
        await pages.write(MANY_PAGES // 2)
    wal = opened.path.with_name(f"{opened.path.name}-wal")
    assert wal.stat().st_size < 2 * LONGEST_WAL * PAGE < pages.written * PAGE


async def test_a_write_succeeds_although_nothing_can_be_copied(
    opened: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise driver.OperationalError("unable to open database file")

    pages = Pages(opened, (await found(opened)).id)
    monkeypatch.setattr(opened._checkpoints, "_connect", refuse)  # noqa: SLF001  # as where no file can be opened any more
    for _ in range(6):
        await pages.write(MANY_PAGES)
    await settled(opened)
    assert len(await opened.read(lambda connection: connection.execute(event.select()).all())) == 6 * MANY_PAGES


async def test_a_write_whose_turn_comes_while_the_file_is_closed_succeeds(sqlite_settings: Settings) -> None:
    database = SqliteDatabase(sqlite_settings.sqlite_path)
    pages = Pages(database, (await found(database)).id)
    closing = asyncio.create_task(database.close())
    writing = asyncio.create_task(pages.write(MANY_PAGES))  # its turn comes before the writer is closed
    await asyncio.gather(closing, writing)
    with sqlite3.connect(sqlite_settings.sqlite_path) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (MANY_PAGES,)


async def test_a_file_that_was_closed_has_everything_and_no_wal(sqlite_settings: Settings) -> None:
    path = Path(sqlite_settings.sqlite_path)
    database = SqliteDatabase(path)
    pages = Pages(database, (await found(database)).id)
    await pages.write(MANY_PAGES)
    await database.close()
    assert not path.with_name(f"{path.name}-wal").exists()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (MANY_PAGES,)
