"""Storage, for the doctor: free space, the key beside the database, and scheduled backups."""

import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from loyalty_app.settings import Settings, SettingsError
from loyalty_app.upkeep.backup_folder import check_backup_folder, last_failure, newest_backup
from loyalty_cli.doctor.findings import Check, Status

LITTLE_SPACE, TOO_LITTLE_SPACE = 500_000_000, 50_000_000
OTHERS = stat.S_IRWXG | stat.S_IRWXO
BACKUPS = "backups"
LATE = 2
"""A backup may be this many intervals old; until then one may be under way, or be tried again."""


def examine_storage(settings: Settings) -> Iterator[Check]:
    """Check whether there is room for a SQLite file, and whether its key is safe."""
    if settings.on_sqlite:
        yield _space(settings.sqlite_path)
        yield _key(Path(f"{settings.sqlite_path}.key"))


def _space(file: Path) -> Check:
    try:
        free = shutil.disk_usage(file.absolute().parent).free
    except OSError as error:
        return Check(name="disk", status=Status.NOTE, message=f"How much is free cannot be seen: {error.strerror}.")
    left = f"{free // 1_000_000:,} MB are free where the data lies."
    if free >= LITTLE_SPACE:
        return Check(name="disk", message=left)
    status = Status.PROBLEM if free < TOO_LITTLE_SPACE else Status.NOTE
    return Check(name="disk", status=status, message=left, mend="Make room: when it is full, nobody is stamped.")


def _key(file: Path) -> Check:
    """Check that only its owner can read the key beside the data."""
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        return Check(name="key", message="There is none beside the data yet; it is made when it is needed.")
    except OSError as error:
        return Check(
            name="key", status=Status.PROBLEM, message=f"{file}: {error.strerror}.", mend="Let this user read it."
        )
    if not mode & OTHERS:
        return Check(name="key", message=f"Only its owner may read {file.name}.")
    return Check(
        name="key",
        status=Status.PROBLEM,
        message=f"Others on this machine may read {file.name}, and with it every webhook secret and token.",
        mend=f"Run `chmod 600 {file}`.",
    )


def examine_backups(settings: Settings, now: datetime) -> Check:
    """Check the backup folder and the newest backup in it."""
    if settings.backup_folder is None:
        return Check(name=BACKUPS, message="None are made by the clock; LOYALTY_BACKUP_FOLDER would begin that.")
    try:
        check_backup_folder(settings)
    except SettingsError as error:
        return Check(
            name=BACKUPS, status=Status.PROBLEM, message=str(error), mend="Make the folder, or correct its name."
        )
    return _state_of_backups(settings, Path(settings.backup_folder), now)


def _state_of_backups(settings: Settings, folder: Path, now: datetime) -> Check:
    made = newest_backup(folder, now)
    newest = f"The newest is of {made:%Y-%m-%d %H:%M} UTC" if made else "There is none yet"
    if (failure := last_failure(folder)) is not None:
        return Check(
            name=BACKUPS,
            status=Status.PROBLEM,
            message=f"The last try, of {failure.failed_at:%Y-%m-%d %H:%M} UTC, failed. {newest}.",
            mend="Correct what the reason names. The server tries again after ten minutes.",
            details=(failure.reason,),
        )
    if made and now - made < LATE * timedelta(hours=settings.backup_hours):
        return Check(name=BACKUPS, message=f"{newest}.")
    return Check(
        name=BACKUPS,
        status=Status.PROBLEM if made else Status.NOTE,
        message=f"{newest}, and there should be one every {settings.backup_hours} hours.",
        mend="See whether a server runs that makes them.",
    )
