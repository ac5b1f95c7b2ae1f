"""The schedule: makes a backup every so many hours beside a server, and deletes the oldest ones.

Each backup is a process of its own, so that nobody at the counter waits for the proof. The files alone say what is due:
a restart makes no backup too many, and none too few. `backups` makes them, `backup_folder` knows what is there.
"""

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from loyalty_app import backups
from loyalty_app.clock import Clock
from loyalty_app.settings import Settings
from loyalty_app.upkeep.backup_folder import STAMP, close_backups, forget_failure, is_due, note_failure, remove_old
from loyalty_app.upkeep.periodic import Every, Stop

LOOK_EVERY_SECONDS = 60
GRACE_SECONDS = 3
AFTER_A_FAILURE = timedelta(minutes=10)
COMMAND = (sys.executable, "-m", backups.__name__)

log = logging.getLogger(__name__)


async def begin_backup(settings: Settings, target: Path) -> asyncio.subprocess.Process:
    """Start a backup in its own process, which says on stderr why it failed. Raises OSError."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *COMMAND, str(target), stdin=pipe, stdout=asyncio.subprocess.DEVNULL, stderr=pipe, start_new_session=True
    )
    if process.stdin is not None:
        process.stdin.write(msgspec.json.encode(settings))
        process.stdin.close()
    return process


async def back_up(settings: Settings, folder: Path, now: datetime) -> bool:
    """Make one backup in its own process, then delete old ones; False if it failed, which is logged and noted."""
    target = folder / now.astimezone(UTC).strftime(STAMP)
    process = await begin_backup(settings, target)
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        await _give_up(process)
        raise
    if process.returncode:
        reason = said.decode(errors="replace").strip()
        log.error("the backup failed: %s", reason)
        note_failure(folder, reason, now)
        return False
    forget_failure(folder)
    remove_old(folder, settings.backup_keep)
    return True


async def _give_up(process: asyncio.subprocess.Process) -> None:
    """Stop a backup and its children, which remove what they made; if they do not end, they are killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
            return


def scheduled_backups(settings: Settings, folder: Path, clock: Clock) -> Every:
    """Check every minute whether a backup is due, and make it; those that are there are closed to others."""
    close_backups(folder)
    return Every(LOOK_EVERY_SECONDS, BackupSchedule(settings, folder, clock).keep, "the backups could not be read")


class BackupSchedule:
    """Makes due backups in a folder; after a failure, not again for ten minutes."""

    def __init__(self, settings: Settings, folder: Path, clock: Clock) -> None:
        self._settings, self._folder, self._clock, self._not_before = settings, folder, clock, clock()

    async def keep(self, stop: Stop) -> None:
        """Make a backup if one is due. It may take minutes, so it is stopped when the process stops."""
        now = self._clock()
        if now < self._not_before or not is_due(self._folder, self._settings.backup_hours, now):
            return
        making = asyncio.create_task(back_up(self._settings, self._folder, now))
        if not await self._done_before(making, stop):
            self._not_before = self._clock() + AFTER_A_FAILURE

    async def _done_before(self, making: "asyncio.Task[bool]", stop: Stop) -> bool:
        """Whether a backup was made; also False if the process stops first, or it cannot be started."""
        asked = asyncio.create_task(stop.wait())
        await asyncio.wait({making, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not making.done():
            making.cancel()
        try:
            return await making
        except asyncio.CancelledError:
            return False
        except OSError as error:
            log.exception("the backup could not be started")
            note_failure(self._folder, f"It could not be started: {error.strerror}.", self._clock())
            return False
