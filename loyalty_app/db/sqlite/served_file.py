"""The served file: the SQLite file of a server, locked by what it is and not by its name, and watched meanwhile.

The lock is on one byte behind those that SQLite locks itself, so neither disturbs the other. It belongs to the file:
hard links, symbolic links and other mounts of it meet the same lock, and no file beside it matters. It is an "open file
description lock" of Linux; elsewhere only the name guards (`server_lock`).

A file can be deleted or replaced under a server. SQLite does not notice: it goes on writing to what has no name.
So before each commit the file is compared with what is found under its name. A number in the header, new with each
server, tells when other data was written into the same file.

The descriptor is opened before SQLite opens the file and closed after SQLite has closed it. Why: closing any descriptor
of a file drops all locks of SQLite on it in this process.
"""

import os
import sqlite3
import struct
import sys
from pathlib import Path
from secrets import randbits
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from loyalty_app.db.move_mark import MoveMark, read_mark

FIRST_BYTE_OF_LOCKS, LOCKED_BY_SQLITE = 0x4000_0000, 512
HEADER_BYTES, MAGIC = 100, b"SQLite format 3\0"
BESIDE = ("-wal", "-shm")
LOCK = struct.Struct("hhqqi4x")
"""The kernel's `struct flock`: type, whence, start, length, pid."""

Identity = tuple[int, int]


class FileTaken(Exception):
    """Another process serves this file."""


class FileLost(OSError):
    """The file under the server's name is not the one that it serves."""


class ServedFile:
    """A file that this process serves."""

    def __init__(self, path: Path) -> None:
        """Open a file, made if it is not there, and lock it. Raises FileTaken or OSError."""
        self.path = path.resolve()  # as SQLite names its WAL
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        self._identity = _identity(os.fstat(self._file))
        self._beside: dict[Path, Identity] = {}
        self._mark: int | None = None
        self._marked = False
        self._size = 0
        self.moved: MoveMark | None = None
        """Where everything has moved to, once that was found in the place of the file."""
        if not _lock(self._file):
            os.close(self._file)
            raise FileTaken

    def close(self) -> None:
        """Give the file free, after SQLite has closed it."""
        os.close(self._file)

    def begin(self, engine: Engine) -> None:
        """Watch what belongs to the file from now on, and mark its header. SQLite has opened it."""
        self._mark = randbits(31)
        with engine.connect() as connection:
            sqlite: Any = connection.connection.driver_connection
            sqlite.execute(f"PRAGMA user_version = {self._mark}")
            sqlite.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # so that the mark soon is in the file itself
        beside = [self.path.with_name(self.path.name + end) for end in BESIDE]
        self._beside = {path: _identity(path.stat()) for path in beside}
        self._size = os.fstat(self._file).st_size

    @property
    def begun(self) -> bool:
        """Whether it is watched."""
        return self._mark is not None

    def check(self) -> None:
        """Raise FileLost if what is served is not what the name stands for; costs some microseconds."""
        reason = self.trouble()
        if reason is not None:
            raise FileLost(f"the file {reason}")

    def trouble(self) -> str | None:
        """What is wrong with the file, as the rest of a sentence; None if all is well."""
        try:
            if _identity(self.path.stat()) != self._identity:
                return self._replaced()
            for path, identity in self._beside.items():
                if _identity(path.stat()) != identity:
                    return f"has another {path.name[-4:]} file beside it now"
        except FileNotFoundError as error:
            return "is gone" if error.filename == str(self.path) else f"has lost its {str(error.filename)[-4:]} file"
        return self._trouble_inside()

    def _replaced(self) -> str:
        self.moved = self.moved or _mark_in(self.path)
        if self.moved is None:
            return "was replaced by another file"
        return f"has moved to {self.moved.place} on {self.moved.at}, with all that was in it"

    def _trouble_inside(self) -> str | None:
        header, size = os.pread(self._file, HEADER_BYTES, 0), os.fstat(self._file).st_size
        if not header.startswith(MAGIC):
            return "was emptied or overwritten"
        page, pages, mark = int.from_bytes(header[16:18]), int.from_bytes(header[28:32]), int.from_bytes(header[60:64])
        if size < self._size and size < pages * (page if page > 1 else 65_536):
            return "was cut short"
        self._size = size
        self._marked = self._marked or mark == self._mark
        return "was overwritten with other data" if self._marked and mark != self._mark else None


def _mark_in(path: Path) -> MoveMark | None:
    """What a move has left in the place of a file, if it was one."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)  # touches nothing beside it

    engine = create_engine("sqlite+pysqlite://", module=sqlite3, creator=connect, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            mark = read_mark(connection)
    except DBAPIError:
        return None
    return mark if mark is not None and mark.state == "moved" else None


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


def _lock(file: int) -> bool:
    """Lock a file until its descriptor is closed; whether that was possible."""
    if sys.platform != "linux":
        return True
    import fcntl  # noqa: PLC0415  # Windows has none

    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, _description(fcntl.F_WRLCK))
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether a server has locked this file, under whatever name. Only for when this process has not opened it."""
    if sys.platform != "linux" or not path.exists():
        return False
    import fcntl  # noqa: PLC0415  # see above

    with path.open("rb") as file:
        answer = fcntl.fcntl(file.fileno(), fcntl.F_OFD_GETLK, _description(fcntl.F_WRLCK))
    kind: int = LOCK.unpack(answer)[0]
    return kind != fcntl.F_UNLCK


def _description(kind: int) -> bytes:
    return LOCK.pack(kind, os.SEEK_SET, FIRST_BYTE_OF_LOCKS + LOCKED_BY_SQLITE, 1, 0)
