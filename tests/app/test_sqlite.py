"""SQLite: set up so that what is answered is on the disk, and so that several processes may use the file."""

import asyncio

import pytest
from sqlalchemy import Connection

from loyalty_app.db.engine import open_database
from loyalty_app.db.sqlite import engine as sqlite
from loyalty_app.settings import Settings
from loyalty_core.errors import Busy
from testkit.shop import Shop, open_shop

NORMAL, FULL = 1, 2


def ask(connection: Connection, pragma: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()


async def test_the_writer_is_durable_and_strict(sqlite_settings: Settings) -> None:
    database = open_database(sqlite_settings)
    assert await database.write(lambda c: ask(c, "journal_mode")) == "wal"
    assert await database.write(lambda c: ask(c, "synchronous")) == FULL
    assert await database.write(lambda c: ask(c, "foreign_keys")) == 1
    assert await database.write(lambda c: ask(c, "busy_timeout")) == sqlite.BUSY_MILLISECONDS
    await database.close()


async def test_readers_are_readers_only(sqlite_settings: Settings) -> None:
    database = open_database(sqlite_settings)
    assert await database.read(lambda c: ask(c, "query_only")) == 1
    await database.close()


async def test_a_closed_database_is_one_file_which_holds_everything(sqlite_settings: Settings) -> None:
    database = open_database(sqlite_settings)
    shop = await open_shop(database)
    lena = await shop.join()
    assert (await shop.customer(lena.id)).id == lena.id, "readers were there too"
    await shop.counter.close()
    await database.close()
    beside = [path.name for path in sqlite_settings.sqlite_path.parent.glob(f"{sqlite_settings.sqlite_path.name}-*")]
    assert beside == []


def test_a_version_that_can_lose_commits_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Driver:
        sqlite_version = "3.51.2"

    assert sqlite.has_wal_reset_bug() == (sqlite.driver.sqlite_version_info < sqlite.SAFE_VERSION)
    monkeypatch.setattr(sqlite, "driver", Driver)
    assert sqlite.has_wal_reset_bug()
    monkeypatch.setattr(Driver, "sqlite_version", "3.51.3")
    assert not sqlite.has_wal_reset_bug()


async def test_a_writer_waits_for_another_process_and_then_goes_on(sqlite_settings: Settings) -> None:
    database = open_database(sqlite_settings)
    shop = await open_shop(database)
    lena = await shop.join()
    other = sqlite.open_engine(sqlite_settings.sqlite_path)
    with other.begin():
        waiting = asyncio.create_task(shop.stamp(lena.id))
        assert (await shop.customer(lena.id)).card.total_stamps == 0, "readers need not wait"
        assert not waiting.done()
    assert (await waiting).total_stamps == 1
    other.dispose()
    await shop.counter.close()
    await database.close()


async def test_if_another_process_takes_too_long_everyone_is_asked_to_come_back(sqlite_settings: Settings) -> None:
    database = open_database(sqlite_settings)
    shop = await open_shop(database)
    lena = await shop.join()
    await database.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 0").close())
    other = sqlite.open_engine(sqlite_settings.sqlite_path)
    with other.begin():
        for _ in range(2):
            with pytest.raises(Busy):
                await shop.stamp(lena.id, key="k")
    assert (await shop.stamp(lena.id, key="k")).total_stamps == 1
    other.dispose()
    await shop.counter.close()
    await database.close()


async def test_two_writers_give_out_no_number_twice(sqlite_settings: Settings) -> None:
    databases = [open_database(sqlite_settings) for _ in range(2)]
    shop = await open_shop(databases[0])
    importer = Shop(databases[1], shop.business, shop.clock)
    people = await asyncio.gather(*(till.join() for till in (shop, importer) for _ in range(50)))
    assert sorted(person.id for person in people) == list(range(1, 101))
    for till in (shop, importer):
        await till.counter.close()
        await till.database.close()


async def test_a_full_disk_is_one_line_of_the_log_and_goes_on_once_there_is_room(
    sqlite_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(sqlite_settings)
    shop = await open_shop(database)
    lena = await shop.join()
    pages = await database.write(lambda c: ask(c, "page_count"))
    await database.write(lambda c: ask(c, f"max_page_count = {pages}"))
    refused = 0
    for _ in range(200):
        try:
            await shop.stamp(lena.id)
        except Busy:
            refused += 1
        if refused == 3:
            break
    said = [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
    assert (refused, len(said)) == (3, 1)
    assert all("full" in record.getMessage() and record.exc_info is None for record in said)
    await database.write(lambda c: ask(c, "max_page_count = 1000000"))
    assert (await shop.stamp(lena.id)).total_stamps > 0
    await shop.counter.close()
    await database.close()
