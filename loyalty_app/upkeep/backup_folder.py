"""The backup folder: which scheduled backups are in it, whether the next is due, and whether the last try failed.

The files alone say so, so that servers, the doctor and a restarted process agree. Why a note of a failure: the process
that failed may be gone when somebody asks. The note holds the reason, and no values of the data.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from loyalty_app.observability.machine import MachineReading
from loyalty_app.observability.redaction import redacted
from loyalty_app.private_files import close_to_others, write_private
from loyalty_app.settings import Settings, SettingsError

PATTERN = "loyalty-*Z.zip"
STAMP = "loyalty-%Y%m%dT%H%M%SZ.zip"
NOTE = "last-backup-failed.json"


class FailedBackup(msgspec.Struct, frozen=True):
    """The last try to make a scheduled backup, which failed."""

    failed_at: datetime
    reason: str


def check_backup_folder(settings: Settings, *, writing: bool = False) -> None:
    """Raise SettingsError if the folder of the schedule is missing: a typing error must not create one.

    With `writing`, also if this process cannot write to it.
    """
    if settings.backup_folder is None:
        return
    if not Path(settings.backup_folder).is_dir():
        message = f"LOYALTY_BACKUP_FOLDER: there is no folder {settings.backup_folder}."
        raise SettingsError(message)
    if writing and not os.access(settings.backup_folder, os.W_OK | os.X_OK):
        message = (
            f"LOYALTY_BACKUP_FOLDER: this process may not write to {settings.backup_folder}. Give it to the user that "
            "runs the server; under systemd also name it in ReadWritePaths (docs/howto/run.md)."
        )
        raise SettingsError(message)


def backups_in(folder: Path) -> list[tuple[datetime, Path]]:
    """The scheduled backups in a folder, and when they were made; the oldest first."""
    found = []
    for path in folder.glob(PATTERN):
        with suppress(ValueError):
            found.append((datetime.strptime(path.name, STAMP).replace(tzinfo=UTC), path))
    return sorted(found)


def close_backups(folder: Path) -> None:
    """Let only their owner read the scheduled backups in a folder."""
    close_to_others(path for _, path in backups_in(folder))


def newest_backup(folder: Path, now: datetime) -> datetime | None:
    """When the newest scheduled backup was made; None if there is none. One from the future does not count."""
    return max((moment for moment, _ in backups_in(folder) if moment <= now), default=None)


def is_due(folder: Path, hours: int, now: datetime) -> bool:
    """Whether the newest backup is older than `hours`, or there is none."""
    newest = newest_backup(folder, now)
    return newest is None or now - newest >= timedelta(hours=hours)


def remove_old(folder: Path, keep: int) -> int:
    """Delete all but the newest `keep` scheduled backups; other files stay. Return how many."""
    old = backups_in(folder)[:-keep]
    for _, path in old:
        path.unlink(missing_ok=True)
    return len(old)


def note_failure(folder: Path, reason: str, now: datetime) -> None:
    """Note that a backup failed; a folder that cannot be written to stays as it is."""
    note = msgspec.json.encode(FailedBackup(now, redacted(reason)))
    with suppress(OSError):
        write_private(folder / NOTE, note)


def forget_failure(folder: Path) -> None:
    """Remove the note, after a backup that was made."""
    (folder / NOTE).unlink(missing_ok=True)


def last_failure(folder: Path) -> FailedBackup | None:
    """The failure of the last try; None if it was made, or nothing is known of it."""
    try:
        return msgspec.json.decode((folder / NOTE).read_bytes(), type=FailedBackup)
    except (OSError, msgspec.MsgspecError):
        return None


def backup_readings(settings: Settings, folder: Path, now: datetime) -> Iterable[MachineReading]:
    """When the newest backup was made, how often there should be one, and whether the last try failed."""
    newest = newest_backup(folder, now)
    made_at = 0 if newest is None else newest.timestamp()
    failed = not folder.is_dir() or last_failure(folder) is not None
    yield MachineReading(
        "loyalty_backup_last_success_timestamp_seconds", "When the newest scheduled backup was made; 0: never.", made_at
    )
    yield MachineReading(
        "loyalty_backup_interval_seconds",
        "How often there should be a scheduled backup.",
        settings.backup_hours * 3_600,
    )
    yield MachineReading("loyalty_backup_failed", "1 if the last scheduled backup failed, 0 if not.", float(failed))
