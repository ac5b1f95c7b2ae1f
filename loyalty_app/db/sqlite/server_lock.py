"""The server lock: one process serves a SQLite file, and a restore runs only while none does.

It is two locks of the operating system, which end with their process, however that ends. One is on the file itself
(`served_file`), whatever name it is reached by. The other is on a file `<database>.lock` beside it, for systems that
lack the first, and for restores, which put another file in its place.
Administrative commands do not take it: SQLite lets them write between the server's transactions, under the name that
the server uses (`check_name`). Servers and restores both need the folder of the database to exist.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from loyalty_app.db.sqlite.served_file import FileTaken, ServedFile, is_locked
from loyalty_app.private_files import FOR_ITS_OWNER
from loyalty_app.settings import Settings, SettingsError

TAKEN = (
    "Another process already serves this SQLite file. To run several, use PostgreSQL: "
    "LOYALTY_DATABASE_URL=postgresql://…"
)


def check_folder(settings: Settings) -> None:
    """Raise SettingsError if the folder of a SQLite file is missing, or it is itself one, or a device.

    Why: a typing error must not create a folder, nor be answered in the words of a system call.
    """
    if not settings.on_sqlite:
        return
    if not settings.sqlite_path.parent.is_dir():
        message = f"LOYALTY_DATABASE_URL: there is no folder {settings.sqlite_path.parent}."
        home = " Write the whole path: ~ is a letter here." if str(settings.sqlite_path).startswith("~") else ""
        raise SettingsError(f"{message}{home}")
    check_file(settings.sqlite_path)


def check_file(path: Path) -> None:
    """Raise SettingsError if the path of a SQLite file leads to something else, as a folder or a device."""
    if path.is_dir():
        raise SettingsError(f"LOYALTY_DATABASE_URL: {path} is a folder. Name a file in it.")
    if path.exists() and not path.is_file():
        raise SettingsError(f"LOYALTY_DATABASE_URL: {path} is no ordinary file. Name another one.")


def check_name(settings: Settings) -> None:
    """Raise SettingsError if a server has the SQLite file open under another name, or it is no file.

    Call it before opening the file. Why: SQLite looks for the WAL beside the name, and two WALs of one file damage it.
    """
    if not settings.on_sqlite:
        return
    check_file(settings.sqlite_path)
    if is_locked(settings.sqlite_path):
        wal = Path(f"{os.path.realpath(settings.sqlite_path)}-wal")
        if not wal.exists():
            message = (
                f"A server has {settings.sqlite_path} open under another name (a hard link or another mount). "
                "Use the name that the server uses."
            )
            raise SettingsError(message)


@contextmanager
def server_lock(settings: Settings) -> Iterator[ServedFile | None]:
    """Hold a SQLite file for one process; with PostgreSQL there is nothing to hold.

    A file that is not there is made, empty. Raises SettingsError if another process serves the file, or its folder is
    missing.
    """
    if not settings.on_sqlite:
        yield None
        return
    with name_lock(settings), closing(_open_served(settings)) as served:
        yield served


@contextmanager
def name_lock(settings: Settings) -> Iterator[None]:
    """Hold the name of a SQLite file, whether the file is there or not. Raises as `server_lock` does."""
    check_folder(settings)  # FileLock would create it
    lock = FileLock(f"{settings.sqlite_path}.lock", timeout=0, mode=FOR_ITS_OWNER)
    try:
        lock.acquire()
    except Timeout as error:
        raise SettingsError(TAKEN) from error
    try:
        if is_locked(settings.sqlite_path):
            raise SettingsError(TAKEN)
        yield
    finally:
        lock.release()


def _open_served(settings: Settings) -> ServedFile:
    try:
        return ServedFile(settings.sqlite_path)
    except FileTaken as error:
        raise SettingsError(TAKEN) from error
