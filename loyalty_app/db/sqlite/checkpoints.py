"""Checkpoints: what was committed is copied from the WAL into the file, beside the thread that writes.

Why: SQLite copies after a commit, in the writer's thread, and everybody waits: milliseconds for each thousand pages. It
still does so where this thread cannot keep up, or the WAL would grow without end. A WAL begins again from its start
if all of it was copied between two commits, so a long one is copied after each. A commit is durable by the WAL alone,
whatever happens here.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, event

MANY_PAGES, LONG_WAL, LONGEST_WAL = 1_000, 2_000, 4_000
"""Pages: so many that are not copied make it due; in a WAL of so many any page does; with so many the writer copies."""
COUNT = "PRAGMA wal_checkpoint(NOOP)"
COPY = "PRAGMA wal_checkpoint(PASSIVE)"
"""It waits for nobody, and nobody for it."""


class Checkpoints:
    """Copies the WAL of a file whenever enough has been committed."""

    def __init__(self, writer: Engine, connect: Callable[[], Any]) -> None:
        """`connect` opens the file once more, and may raise what the driver of the writer raises."""
        self._connect = connect
        self._failures: type[Exception] = writer.dialect.loaded_dbapi.Error
        self._thread = ThreadPoolExecutor(1, "sqlite-checkpoint")
        self._under_way: Future[None] | None = None
        self._connection: Any = None
        event.listen(writer, "connect", _leave_copying)

    def look(self, writer: Any) -> None:  # noqa: ANN401  # either of two drivers' connections
        """Begin to copy if it is due; called in the writer's thread after a commit, which it never makes fail."""
        if self._under_way is not None and not self._under_way.done():
            return
        with suppress(self._failures, RuntimeError):  # the thread may have ended, or cannot begin
            _, pages, copied = writer.execute(COUNT).fetchone()
            if pages - copied >= MANY_PAGES or (pages >= LONG_WAL and pages > copied):
                self._under_way = self._thread.submit(self._copy)

    def _copy(self) -> None:
        with suppress(self._failures):  # the writer meets the same, and says it
            self._connection = self._connection or self._connect()
            self._connection.execute(COPY).fetchall()

    def close(self) -> None:
        """Close the file, after what has begun."""
        self._thread.submit(self._end)
        self._thread.shutdown()

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _leave_copying(connection: Any, _record: object) -> None:  # noqa: ANN401  # the same
    connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_WAL}")
