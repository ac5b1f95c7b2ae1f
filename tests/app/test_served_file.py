"""The file that a server serves: nobody else serves it, by whatever name, and the server notices if it loses it."""

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loyalty_app.db.engine import open_database
from loyalty_app.db.sqlite.engine import SqliteDatabase
from loyalty_app.db.sqlite.served_file import FileLost
from loyalty_app.db.sqlite.server_lock import check_name, server_lock
from loyalty_app.runtime import Runtime, open_runtime
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.upkeep.file_watch import FileWatch
from loyalty_core.errors import Busy
from testkit.console import Console
from testkit.shop import Shop, open_shop

linux = pytest.mark.skipif(sys.platform != "linux", reason="open file description locks are Linux's")


def renamed(settings: Settings, path: Path) -> Settings:
    return msgspec.structs.replace(settings, database_url=f"sqlite:///{path}")


@pytest.fixture
async def runtime(sqlite_settings: Settings) -> AsyncIterator[Runtime]:
    async with open_runtime(sqlite_settings) as runtime:
        yield runtime


@pytest.fixture
async def shop(runtime: Runtime) -> Shop:
    shop = await open_shop(runtime.database)
    await shop.join()
    return shop


@linux
def test_a_file_is_served_once_by_whatever_name_it_is_reached(sqlite_settings: Settings) -> None:
    place = sqlite_settings.sqlite_path
    hard, soft = place.with_name("hard.db"), place.with_name("soft.db")
    hard.hardlink_to(place)
    soft.symlink_to(place)
    with server_lock(sqlite_settings):
        place.with_name(f"{place.name}.lock").unlink()
        for name in (place, hard, soft):
            with pytest.raises(SettingsError, match="already serves"), server_lock(renamed(sqlite_settings, name)):
                pytest.fail("two servers on one file")
    for name in (place, hard, soft):
        with server_lock(renamed(sqlite_settings, name)):
            pass


@linux
async def test_a_command_is_refused_under_a_name_that_would_make_a_second_wal(
    sqlite_settings: Settings, shop: Shop
) -> None:
    del shop
    place = sqlite_settings.sqlite_path
    hard, soft = place.with_name("hard.db"), place.with_name("soft.db")
    hard.hardlink_to(place)
    soft.symlink_to(place)
    for name in (place, soft):
        check_name(renamed(sqlite_settings, name))
    with pytest.raises(SettingsError, match="under another name"):
        check_name(renamed(sqlite_settings, hard))


@linux
async def test_the_lock_of_the_server_does_not_touch_those_of_sqlite(
    runtime: Runtime, sqlite_settings: Settings
) -> None:
    database = open_database(sqlite_settings)
    shop, other = await open_shop(runtime.database), await open_shop(database)
    for one in (shop, other, shop, other):
        assert (await one.stamp((await one.join()).id)).total_stamps == 1
    await other.counter.close()
    await database.close()


def beside(place: Path, end: str) -> Path:
    return place.with_name(place.name + end)


def overwrite(place: Path) -> None:
    other = beside(place, ".other")
    shutil.copyfile(place, other)
    with other.open("r+b") as file:
        file.seek(60)
        file.write(bytes(4))
    shutil.copyfile(other, place)


def replace(place: Path) -> None:
    shutil.copyfile(place, beside(place, ".new")).rename(place)


ACCIDENTS: dict[str, Callable[[Path], object]] = {
    "is gone": Path.unlink,
    "was replaced": replace,
    "was emptied": lambda place: os.truncate(place, 0),
    "was cut short": lambda place: os.truncate(place, place.stat().st_size // 2),
    "was overwritten with": overwrite,
    "lost its -wal": lambda place: beside(place, "-wal").unlink(),
    "another -wal": lambda place: replace(beside(place, "-wal")),
    "lost its -shm": lambda place: beside(place, "-shm").unlink(),
}


@pytest.mark.parametrize("said", ACCIDENTS)
async def test_a_server_that_has_lost_its_file_acknowledges_nothing_and_says_so(
    runtime: Runtime, shop: Shop, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert runtime.served is not None
    lena = await shop.join()
    assert await runtime.answers()
    watch = FileWatch(runtime.served)
    await watch.look()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    ACCIDENTS[said](runtime.served.path)
    with pytest.raises(Busy):
        await shop.stamp(lena.id)
    with pytest.raises(Busy) as refusal:
        await runtime.database.write(lambda _: None, durable=False)
    assert isinstance(refusal.value.__cause__, FileLost)
    assert said in str(refusal.value.__cause__)
    assert not await runtime.answers()
    for _ in range(3):
        await watch.look()
    assert [record.levelname for record in caplog.records].count("CRITICAL") == 1
    assert said in caplog.text


async def test_a_server_whose_installation_has_moved_away_says_where_to(
    runtime: Runtime, shop: Shop, sqlite_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert runtime.served is not None
    lena = await shop.join()
    place = f"sqlite:///{tmp_path}/new.db"
    moved = await asyncio.to_thread(Console(tmp_path, sqlite_settings).run, "move", "--to", place)
    assert moved.returncode == 0, moved.stderr
    with pytest.raises(Busy) as refusal:
        await shop.stamp(lena.id)
    assert f"has moved to {place}" in str(refusal.value.__cause__)
    await FileWatch(runtime.served).look()
    assert "set LOYALTY_DATABASE_URL to that place" in caplog.text
    assert f"has moved to {place}" in caplog.text
    assert not await runtime.answers()


async def test_a_file_that_comes_back_is_served_again(runtime: Runtime, shop: Shop) -> None:
    assert runtime.served is not None
    lena, place = await shop.join(), runtime.served.path
    away = place.rename(beside(place, ".away"))
    with pytest.raises(Busy):
        await shop.stamp(lena.id)
    away.rename(place)
    assert (await shop.stamp(lena.id)).total_stamps == 1
    assert await runtime.answers()


async def test_what_others_do_with_the_file_is_no_loss(runtime: Runtime, shop: Shop, sqlite_settings: Settings) -> None:
    lena = await shop.join()
    other = SqliteDatabase(sqlite_settings.sqlite_path)
    for pragma in ("wal_checkpoint(TRUNCATE)", "optimize", "integrity_check"):
        with other.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            assert raw.execute(f"PRAGMA {pragma}").fetchall() is not None
        assert (await shop.stamp(lena.id)).total_stamps > 0
    await other.close()
    assert await runtime.answers()
