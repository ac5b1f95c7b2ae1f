"""SQLite: a consistent copy of a file in use, and one file put in the place of another.

SQLite's own backup makes the copy, and nobody has to stop writing meanwhile.
"""

import glob
import os
import secrets
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from loyalty_app.backups.archive import BackupRefused
from loyalty_app.backups.verify import BackupContents, look_into, refuse_foreign
from loyalty_app.db.sqlite import engine as sqlite

BESIDE = ("-wal", "-shm")


def copy(source: Path, target: Path) -> None:
    """Copy a file as it is at one moment; it may be in use. Raises BackupRefused."""
    try:
        _copy(source, target)
    except sqlite.driver.Error as error:
        raise BackupRefused(f"SQLite cannot copy {source.absolute()}: {error}.") from error


def _copy(source: Path, target: Path) -> None:
    uri = f"file:{quote(str(source.absolute()))}?mode=ro"
    with (
        closing(sqlite.driver.connect(uri, uri=True)) as live,
        closing(sqlite.driver.connect(str(target), isolation_level=None)) as still,
    ):
        live.execute(f"PRAGMA busy_timeout = {sqlite.BUSY_MILLISECONDS}")
        live.backup(still)
        still.execute("PRAGMA journal_mode = DELETE")


def examine(path: Path, foreign: Callable[[Connection], None] = refuse_foreign) -> BackupContents:
    """Check pages and references of a copy and prove its ledger; `foreign` looks for what does not belong there.

    Raises BackupRefused, SettingsError.
    """
    try:
        with closing(sqlite.driver.connect(str(path), isolation_level=None)) as connection:
            [(pages,)] = connection.execute("PRAGMA integrity_check(1)").fetchall()
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite.driver.DatabaseError as error:
        raise BackupRefused(f"{path.name} is no SQLite database, or it is damaged: {error}.") from error
    if pages != "ok" or broken is not None:
        raise BackupRefused(f"SQLite finds the copy damaged: {pages if pages != 'ok' else 'rows refer to nothing'}.")
    engine = sqlite.open_engine(path, read_only=True)
    try:
        with engine.connect() as connection:
            foreign(connection)
            return look_into(connection)
    finally:
        engine.dispose()


def put_in_place(new: Path, place: Path, aside: Path) -> None:
    """Put `new` in the place of `place`, which is kept as `aside`; one of them exists at any moment.

    Raises BackupRefused if another process has `place` open.
    """
    if place.exists():
        _settle(place)
        for end in BESIDE:
            _move(place.with_name(place.name + end), aside.with_name(aside.name + end))
        os.link(place, aside)
    new.replace(place)
    _sync_folder(place.parent)


def _settle(path: Path) -> None:
    """Move the WAL into the file itself, if possible; a file too broken for that stays as it is.

    Why: leaving WAL mode needs the file exclusively. A process that has it open would go on writing to the file put
    aside.
    """
    try:
        with closing(sqlite.driver.connect(str(path), isolation_level=None, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite.driver.OperationalError as error:
        if "locked" in str(error):
            message = f"{path.absolute()} is in use by another command. Let it finish, or stop it first."
            raise BackupRefused(message) from error
    except sqlite.driver.Error:
        pass


def _move(path: Path, target: Path) -> None:
    with suppress(FileNotFoundError):
        path.replace(target)


def put_key(new: Path, place: Path, aside: Path) -> None:
    """Put the key of the secrets in its place; a different one there is kept as `aside`."""
    if place.exists() and place.read_bytes() != new.read_bytes():
        place.replace(aside)
    new.replace(place)
    _sync_folder(place.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def beside(place: Path) -> Path:
    """A new name in the same folder, so that the final rename is one step."""
    return place.with_name(f"{place.name}.restoring-{secrets.token_hex(4)}")


def remove_leftovers(place: Path) -> None:
    """Remove what killed restores left beside a file. The caller holds the lock, so no other restore runs."""
    for left in place.parent.glob(f"{glob.escape(place.name)}.restoring-*"):
        left.unlink(missing_ok=True)
