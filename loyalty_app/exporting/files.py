"""Files: what leaves the house appears whole or not at all, and only its owner may read it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

FOR_ITS_OWNER, FOLDER_FOR_ITS_OWNER = 0o600, 0o700


def new_file(path: Path) -> BinaryIO:
    """A new file that only its owner may read. Raises FileExistsError."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FOR_ITS_OWNER), "w+b")


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A file that takes its place once it is whole; what was there stays until then. A pipe is written to as it is."""
    if target.exists() and not target.is_file():
        with target.open("wb") as pipe:
            yield pipe
        return
    place = target.resolve()
    draft = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
    try:
        with new_file(draft) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def as_text(file: BinaryIO) -> Iterator[TextIO]:
    """The same file for letters, in UTF-8 whatever is usual here. It stays open."""
    letters = TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield letters
    finally:
        letters.detach()
