"""What holds data or keys is for its owner alone, whatever the umask, and what was open is closed at the start."""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from loyalty_app.backups.create import make_backup
from loyalty_app.backups.restore import restore_backup
from loyalty_app.db.sqlite.engine import files_of
from loyalty_app.private_files import close_to_others, is_open_to_others
from loyalty_app.runtime import open_runtime
from loyalty_app.settings import Settings
from loyalty_app.upkeep.backup_folder import STAMP, note_failure
from loyalty_cli.doctor.findings import Status
from loyalty_cli.doctor.storage import examine_storage
from testkit.builders import NOON
from testkit.console import A_KEY, CAFE, Console, refused


@pytest.fixture(autouse=True)
def careless() -> Iterator[None]:
    """A umask that lets everybody read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(*paths: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths if path.exists()}


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_all_that_a_server_makes_is_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/loyalty.db", webhook_allow="127.0.0.0/8")
    async with open_runtime(settings):
        there = modes(*files_of(settings.sqlite_path))
        await asyncio.to_thread(make_backup, settings, tmp_path / "b.zip", now=NOON)
    assert there.keys() == {path.name for path in files_of(settings.sqlite_path)}
    assert set(there.values()) == {0o600}
    await asyncio.to_thread(restore_backup, settings, tmp_path / "b.zip", now=NOON, replace=True)
    assert set(modes(*files_in(tmp_path)).values()) == {0o600}


async def test_what_was_open_is_closed_when_a_server_starts(sqlite_settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = folder / NOON.strftime(STAMP)
    settings = replace(sqlite_settings, backup_folder=str(folder), backup_hours=10**6)
    for path in (*files_of(settings.sqlite_path), old):
        path.touch()
        path.chmod(0o666)
    files_of(settings.sqlite_path)[-1].write_text(A_KEY)
    *_, found = examine_storage(settings)
    assert (found.status, len(found.details)) == (Status.PROBLEM, 5)
    async with open_runtime(settings):
        assert set(modes(*files_of(settings.sqlite_path), old).values()) == {0o600}
        *_, found = examine_storage(settings)
        assert found.status is Status.OK


def test_commands_make_private_files_too(tmp_path: Path) -> None:
    console = Console(tmp_path, Settings(database_url=f"sqlite:///{tmp_path}/loyalty.db"))
    console.ask("business", "create", *CAFE)
    console.ask("customers", "export", "guests.csv", "--business", "1")
    console.ask("export", "all.zip", "--business", "1")
    console.ask("export", "all", "--business", "1")
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(made) > 5
    assert set(modes(*made).values()) == {0o600}
    assert modes(tmp_path / "all") == {"all": 0o700}


def test_what_libraries_write_for_a_command_is_private_by_its_umask(tmp_path: Path) -> None:
    console = Console(tmp_path, Settings(database_url=f"sqlite:///{tmp_path}/loyalty.db"))
    assert console.run_process("migrate").returncode == 0
    assert set(modes(*tmp_path.iterdir()).values()) == {0o600}


def test_the_note_of_a_failed_backup_is_private(tmp_path: Path) -> None:
    note_failure(tmp_path, "no room", NOON)
    assert [is_open_to_others(path) for path in tmp_path.iterdir()] == [False]


def test_a_device_is_no_database_and_keeps_its_rights(tmp_path: Path) -> None:
    device = tmp_path / "device"
    os.mknod(device, stat.S_IFSOCK | 0o666)
    close_to_others([device])
    here, there = (
        Console(tmp_path, Settings(database_url=f"sqlite:///{tmp_path}/{name}")) for name in ("l.db", "device")
    )
    here.ask("migrate")
    for words in (("migrate",), ("business", "list"), ("backup", "b.zip")):
        assert f"LOYALTY_DATABASE_URL: {device} is no ordinary file" in refused(there.run(*words), 2)
    for more in ((), ("--dry-run",), ("--business", "1")):
        assert f"--to: {device} is no ordinary file" in refused(
            here.run("move", "--to", f"sqlite:///{device}", *more), 2
        )
    assert "no ordinary file" in refused(here.run("backup", "device", "--replace"), 1)
    assert not device.is_file()
    assert modes(device) == {"device": 0o666}
    assert not [path for path in files_in(tmp_path) if path.name.startswith("device.")]
