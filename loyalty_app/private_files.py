"""Private files: everything that holds data or keys is readable and writable by its owner only, whatever the umask.

Files of an older release, or of a careless copy, are closed when they are opened again. A file of another user stays as
it is; `loyalty doctor` names it.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

FOR_ITS_OWNER, FOLDER_FOR_ITS_OWNER = 0o600, 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO
UMASK = 0o077


def new_file(path: Path) -> BinaryIO:
    """A new file that only its owner may read. Raises FileExistsError, OSError."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FOR_ITS_OWNER), "w+b")


def make_folder(path: Path) -> None:
    """Make a folder that only its owner may open; one that is there stays as it is. Raises OSError."""
    path.mkdir(FOLDER_FOR_ITS_OWNER, exist_ok=True)


def make_if_missing(path: Path) -> None:
    """Make an empty file that only its owner may read, unless there is one. Raises OSError."""
    with suppress(FileExistsError):
        new_file(path).close()


def is_open_to_others(path: Path) -> bool:
    """Whether others on this machine may read or write a file; False if there is none, or it cannot be seen."""
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


def write_private(path: Path, content: bytes) -> None:
    """Write a small file that only its owner may read; one that is there is written over. Raises OSError."""
    make_if_missing(path)
    close_to_others([path])
    path.write_bytes(content)


def close_to_others(paths: Iterable[Path]) -> None:
    """Let only their owner read these files; those that are missing or belong to somebody else are left alone.

    So is what is no ordinary file: nobody could enter such a folder, and a machine needs its /dev/null.
    """
    for path in paths:
        if is_open_to_others(path) and path.is_file():
            with suppress(OSError):
                path.chmod(FOR_ITS_OWNER)
