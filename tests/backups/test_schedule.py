"""The schedule: backups are made when they are due, the oldest go, and nothing else is touched."""

import asyncio
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from loyalty_app.backups.archive import read_manifest
from loyalty_app.backups.create import make_backup
from loyalty_app.runtime import open_runtime, open_webhook_worker
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.upkeep.backup_folder import (
    STAMP,
    backup_readings,
    backups_in,
    check_backup_folder,
    is_due,
    last_failure,
    remove_old,
)
from loyalty_app.upkeep.periodic import Stop
from loyalty_app.upkeep.scheduled_backups import BackupSchedule, back_up, begin_backup, scheduled_backups
from testkit.builders import NOON
from testkit.clocks import Clock
from testkit.concurrency import until


def made(folder: Path, *hours_ago: int) -> None:
    for hours in hours_ago:
        (folder / (NOON - timedelta(hours=hours)).strftime(STAMP)).write_bytes(b"")


def ages(folder: Path) -> list[float]:
    return [(NOON - moment) / timedelta(hours=1) for moment, _ in backups_in(folder)]


def test_a_backup_is_due_if_the_newest_is_old_enough_or_there_is_none(tmp_path: Path) -> None:
    assert is_due(tmp_path, 24, NOON)
    made(tmp_path, 24, 48)
    assert is_due(tmp_path, 24, NOON)
    assert not is_due(tmp_path, 25, NOON)


def test_a_clock_that_was_once_ahead_stops_no_backups(tmp_path: Path) -> None:
    made(tmp_path, -24 * 365, 24)
    assert is_due(tmp_path, 24, NOON)
    assert not is_due(tmp_path, 25, NOON)


def test_the_newest_are_kept_and_what_others_put_there_too(tmp_path: Path) -> None:
    made(tmp_path, 1, 2, 3, 4)
    others = {"mine.zip", "loyalty-before-the-move.zip", "loyalty-20261399T000000Z.zip"}
    for name in others:
        (tmp_path / name).write_bytes(b"")
    assert remove_old(tmp_path, 2) == 2
    assert ages(tmp_path) == [2, 1]
    assert {path.name for path in tmp_path.iterdir()} >= others


async def test_a_scheduled_backup_can_be_restored_and_takes_the_oldest_away(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    made(tmp_path, 24, 48)
    assert await back_up(replace(sqlite_settings, backup_keep=2), tmp_path, NOON)
    assert ages(tmp_path) == [24, 0]
    assert read_manifest(backups_in(tmp_path)[-1][1]).proven


async def test_a_backup_that_fails_takes_nothing_away(
    sqlite_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made(tmp_path, 24, 48)
    nowhere = replace(sqlite_settings, database_url=f"sqlite:///{tmp_path}/nothing.db", backup_keep=1)
    assert not await back_up(nowhere, tmp_path, NOON)
    assert ages(tmp_path) == [48, 24]
    assert "the backup failed: There is no file" in caplog.text


async def test_after_a_failure_a_backup_is_not_tried_again_for_ten_minutes(
    sqlite_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, folder, stop = Clock(), tmp_path / "backups", Stop()
    folder.mkdir()
    nowhere = replace(sqlite_settings, database_url=f"sqlite:///{tmp_path}/nothing.db")
    schedule = BackupSchedule(nowhere, folder, clock)
    await schedule.keep(stop)
    clock.wait(minutes=9)
    await schedule.keep(stop)
    assert caplog.text.count("the backup failed") == 1
    clock.wait(minutes=1)
    await schedule.keep(stop)
    assert caplog.text.count("the backup failed") == 2


async def test_a_failed_backup_is_noted_until_one_is_made(sqlite_settings: Settings, tmp_path: Path) -> None:
    def figures() -> dict[str, float]:
        return {one.name: one.value for one in backup_readings(sqlite_settings, tmp_path, NOON)}

    nowhere = replace(sqlite_settings, database_url=f"sqlite:///{tmp_path}/nothing.db")
    assert (figures()["loyalty_backup_last_success_timestamp_seconds"], figures()["loyalty_backup_failed"]) == (0, 0)
    await back_up(nowhere, tmp_path, NOON)
    noted = last_failure(tmp_path)
    assert noted is not None
    assert (noted.failed_at, "There is no file" in noted.reason) == (NOON, True)
    assert figures()["loyalty_backup_failed"] == 1
    await back_up(sqlite_settings, tmp_path, NOON)
    assert (last_failure(tmp_path), figures()["loyalty_backup_failed"]) == (None, 0)
    assert figures()["loyalty_backup_last_success_timestamp_seconds"] == NOON.timestamp()
    assert figures()["loyalty_backup_interval_seconds"] == 24 * 3_600


def test_a_folder_that_went_away_counts_as_a_failure(sqlite_settings: Settings, tmp_path: Path) -> None:
    gone = backup_readings(sqlite_settings, tmp_path / "unmounted", NOON)
    assert {one.name: one.value for one in gone}["loyalty_backup_failed"] == 1


async def test_stopping_does_not_wait_for_a_backup(sqlite_settings: Settings, tmp_path: Path) -> None:
    stop = Stop()
    keeping = asyncio.create_task(scheduled_backups(sqlite_settings, tmp_path, Clock()).run(stop))
    await asyncio.sleep(0)
    stop.ask()
    await asyncio.wait_for(keeping, 30)


async def test_a_backup_that_is_given_up_leaves_nothing_behind(sqlite_settings: Settings, tmp_path: Path) -> None:
    folder, key = tmp_path / "backups", Path(f"{sqlite_settings.sqlite_path}.key")
    folder.mkdir()
    os.mkfifo(key)
    making = asyncio.create_task(back_up(sqlite_settings, folder, NOON))
    writer = await asyncio.to_thread(key.open, "wb")  # the copy is there, and the backup waits for the key
    making.cancel()
    with suppress(asyncio.CancelledError):
        await making
    writer.close()
    assert list(folder.iterdir()) == []


async def test_what_a_killed_backup_has_left_is_taken_away_by_the_next(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    folder, key = tmp_path / "backups", Path(f"{sqlite_settings.sqlite_path}.key")
    folder.mkdir()
    os.mkfifo(key)
    process = await begin_backup(sqlite_settings, folder / "a.zip")
    writer = await asyncio.to_thread(key.open, "wb")
    try:
        alive = len(list(folder.iterdir()))
        make_beside(sqlite_settings, folder / "b.zip")
        assert len(list(folder.iterdir())) == alive + 1
    finally:
        process.kill()
        await process.wait()
        writer.close()
    make_beside(sqlite_settings, folder / "c.zip")
    assert sorted(path.name for path in folder.iterdir()) == ["b.zip", "c.zip"]


def make_beside(settings: Settings, target: Path) -> None:
    make_backup(replace(settings, secret_key="a key for tests, and more"), target, now=NOON)


@pytest.mark.usefixtures("tools")
async def test_a_worker_beside_the_api_makes_the_backups(
    postgres_settings: Settings, strict_database: str, tmp_path: Path
) -> None:
    async def is_made() -> bool:
        await asyncio.sleep(0)
        return bool(backups_in(tmp_path))

    strict = replace(postgres_settings, database_url=strict_database, backup_folder=str(tmp_path))
    async with open_webhook_worker(strict):
        await until(is_made)


def test_a_folder_that_cannot_be_written_to_is_refused_where_backups_are_made(
    sqlite_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(sqlite_settings, backup_folder=str(tmp_path))
    check_backup_folder(settings, writing=True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    check_backup_folder(settings)
    with pytest.raises(SettingsError, match=r"LOYALTY_BACKUP_FOLDER.*ReadWritePaths"):
        check_backup_folder(settings, writing=True)


async def test_a_folder_that_is_not_there_is_named_at_the_start(sqlite_settings: Settings) -> None:
    with pytest.raises(SettingsError, match="LOYALTY_BACKUP_FOLDER"):
        async with open_runtime(replace(sqlite_settings, backup_folder="no/where")):
            pass
