"""Storage, for the doctor: free space, the key beside the database, and scheduled backups."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from loyalty_app.db.sqlite.engine import files_of
from loyalty_app.private_files import OTHERS, is_open_to_others
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.upkeep.backup_folder import backups_in, check_backup_folder, last_failure, newest_backup
from loyalty_cli.doctor.findings import Check, Status

LITTLE_SPACE, TOO_LITTLE_SPACE = 500_000_000, 50_000_000
BACKUPS = "backups"
LATE = 2
"""A backup may be this many intervals old; until then one may be under way, or be tried again."""


def examine_storage(settings: Settings) -> Iterator[Check]:
    """Check whether there is room for a SQLite file, and whether its key and the data are safe."""
    if settings.on_sqlite:
        yield _space(settings.sqlite_path)
        yield _key(Path(f"{settings.sqlite_path}.key"))
    yield _files(settings)


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


def _files(settings: Settings) -> Check:
    """Check that only their owner can read the data: the file, what lies beside it, and scheduled backups."""
    folder = settings.backup_folder
    backups = [path for _, path in backups_in(Path(folder))] if folder else []
    beside = files_of(settings.sqlite_path)[:-1] if settings.on_sqlite else []
    found = [str(path) for path in (*beside, *backups) if is_open_to_others(path)]
    if not found:
        return Check(name="files", message="Only their owner may read the data and scheduled backups.")
    return Check(
        name="files",
        status=Status.PROBLEM,
        message="Others on this machine may read names and phone numbers.",
        mend=f"Run `chmod 600 {' '.join(found)}`, or start the server, which closes what belongs to its user.",
        details=tuple(found),
    )


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
