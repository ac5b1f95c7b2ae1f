"""Backups by the clock: whether they come, as the doctor sees it from their files."""

from datetime import datetime, timedelta
from pathlib import Path

from loyalty_app.settings import Settings, SettingsError
from loyalty_app.upkeep.scheduled_backups import backups_in, check_backup_folder
from loyalty_cli.doctor.findings import Check, Status

NAME = "backups"
LATE = 2
"""So many times their distance a backup may be old; below that one may be under way, or be tried again."""


def examine_backups(settings: Settings, now: datetime) -> Check:
    """Look for the folder and the newest backup in it."""
    if settings.backup_folder is None:
        return Check(name=NAME, message="None are made by the clock; LOYALTY_BACKUP_FOLDER would begin that.")
    try:
        check_backup_folder(settings)
    except SettingsError as error:
        return Check(name=NAME, status=Status.PROBLEM, message=str(error), mend="Make the folder, or correct its name.")
    made = [moment for moment, _ in backups_in(Path(settings.backup_folder)) if moment <= now]
    if made and now - made[-1] < LATE * timedelta(hours=settings.backup_hours):
        return Check(name=NAME, message=f"The newest is of {made[-1]:%Y-%m-%d %H:%M} UTC.")
    newest = f"The newest is of {made[-1]:%Y-%m-%d %H:%M} UTC" if made else "There is none yet"
    return Check(
        name=NAME,
        status=Status.NOTE,
        message=f"{newest}, and there should be one every {settings.backup_hours} hours.",
        mend="See whether a server runs that makes them, and whether its log says that one failed.",
    )
