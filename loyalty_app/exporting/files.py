"""Files of an export: each appears whole or not at all, and only its owner may read it; rows are written as CSV.

CSV is UTF-8 with CR LF, and has a ' before a cell that would be a formula. Why: spreadsheets may calculate a cell that
begins with =, +, -, @, a tab or a line break. So may the part after a semicolon within a cell, where spreadsheets take
semicolons for separators: in half of Europe. An import removes the '. A cell that has such a ' itself gets one more, so
that an import reads what was exported.

A download is written whole first, from one state of the data, and sent from the disk. Why: a slow reader must not hold
a state of the database.
"""

import asyncio
import csv
import os
import re
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from io import BufferedRandom, BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from loyalty_app.private_files import FOR_ITS_OWNER, make_folder

PIECE = 256 * 1024


class FileNotWritten(Exception):
    """A file of an export could not be written.

    Why it is no OSError: files are written while the database is read, where that would be taken for its outage.
    """


@contextmanager
def _writing() -> Iterator[None]:
    """Raise FileNotWritten if the system fails."""
    try:
        yield
    except OSError as error:
        raise FileNotWritten(f"The file could not be written: {error.strerror or error}.") from error


class _File(FileIO):
    """A file on the disk, or a pipe; a write raises FileNotWritten."""

    def write(self, content: Any) -> int:  # noqa: ANN401  # any buffer
        with _writing():
            return super().write(content)


def own_file(path: Path) -> BinaryIO:
    """A new file that only its owner may read. Raises FileNotWritten, later too."""
    with _writing():
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FOR_ITS_OWNER)
        return BufferedRandom(_File(handle, "r+"))


def own_folder(path: Path) -> None:
    """Make a folder that only its owner may open; one that is there stays as it is. Raises FileNotWritten."""
    with _writing():
        make_folder(path)


def unnamed_file() -> BinaryIO:
    """A new file that is in no folder, and ends when it is closed. Raises FileNotWritten, later too."""
    with _writing():
        handle, name = tempfile.mkstemp(prefix="loyalty-export-")
        Path(name).unlink()
        return BufferedRandom(_File(handle, "r+"))


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A file that replaces the target once it is whole; the old one stays until then. A pipe is written to directly.

    Raises FileNotWritten.
    """
    if target.exists() and not target.is_file():
        with _writing():
            pipe = BufferedWriter(_File(target, "w"))
        with pipe:
            yield pipe
        return
    place = target.resolve()
    draft = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
    try:
        with own_file(draft) as file:
            yield file
            file.flush()
            with _writing():
                os.fsync(file.fileno())
        with _writing():
            draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def as_text(file: BinaryIO) -> Iterator[TextIO]:
    """The same file, for text in UTF-8, whatever the system's encoding. It stays open."""
    letters = TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield letters
    finally:
        letters.detach()


FORMULA = re.compile(r"^(?='*[=+\-@\t\r\n])|(?<=[;|\t\r\n])(?=['\"]*[=+\-@])")
BYTE_ORDER_MARK = "\ufeff"


def guarded(value: object) -> str:
    """A value as the text of a cell; None is empty, times are in UTC with Z."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case int() | date():
            return str(value)
        case _:
            return FORMULA.sub("'", str(value))


def write_sheet(file: TextIO, head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a head and rows; return how many rows. Open the file with newline=""."""
    writer, count = csv.writer(file), 0
    writer.writerow(head)
    for row in rows:
        writer.writerow(map(guarded, row))
        count += 1
    return count


async def download(write: Callable[[Path], Awaitable[object]]) -> BinaryIO:
    """The file that `write` puts at the path which it gets; it is in no folder any more, and ends with its reader."""
    with tempfile.TemporaryDirectory(prefix="loyalty-export-") as folder:
        path = Path(folder, "download.zip")
        await write(path)
        return await asyncio.to_thread(path.open, "rb")


async def pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """The content of a file, piece by piece; it is closed at the end, and when nobody reads on."""
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
