"""SQLite: one writer thread with one connection, readers that cannot write, and a thread that copies the WAL.

Why: a deferred BEGIN answers "database is locked" at once, so every write begins IMMEDIATE. An answer is sent only
after a commit with synchronous=FULL. SQLite up to 3.51.2 can lose commits when the WAL is reset, so the driver is
pysqlite3 if it is installed. The statements are elsewhere.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool, StaticPool

from loyalty_app.db.bulk import BulkWrite, Gathered, Lookup, Wanted, Writes, keys_of
from loyalty_app.db.outages import Doing, Outages
from loyalty_app.db.shards import Node, Shard
from loyalty_app.db.sqlite import reads, writes
from loyalty_app.db.sqlite.checkpoints import Checkpoints
from loyalty_app.db.sqlite.kept_rows import KeptRows
from loyalty_app.db.sqlite.served_file import ServedFile
from loyalty_app.db.sqlite.writes import SqliteIds
from loyalty_app.ids import Ids
from loyalty_app.private_files import close_to_others, make_if_missing

try:
    import pysqlite3

    driver: ModuleType = pysqlite3
except ImportError:
    driver = sqlite3

READERS = 4
KEPT_STATEMENTS = 512
BUSY_MILLISECONDS = 4_000
"""How long SQLite waits for another program that holds the file."""
UNHURRIED_MILLISECONDS = 60_000
TURN_SECONDS = 4.5
"""How long work waits for its thread: behind work that waits for the file, it is given up."""
WAITED = "the work before it has waited for the file for seconds"
WAL_PAUSE_SECONDS = 0.01
SAFE_VERSION = (3, 51, 3)

Result = TypeVar("Result")


def has_wal_reset_bug() -> bool:
    """Whether the SQLite in use can lose commits when its WAL is reset (3.7.0 to 3.51.2)."""
    return tuple(int(part) for part in driver.sqlite_version.split(".")) < SAFE_VERSION


def open_engine(path: Path, *, read_only: bool = False, unhurried: bool = False) -> Engine:
    """An engine for a SQLite file, which its owner alone may read; a missing file is created, unless `read_only`.

    With `unhurried` it waits a minute for others who write without a pause.
    """

    def connect() -> Any:  # noqa: ANN401  # either of two drivers' connections
        mode = "ro" if read_only else "rwc"
        if not read_only:
            make_if_missing(path)  # SQLite gives the WAL the mode of the file
            close_to_others(files_of(path))
        return _connect(path, mode)

    pool: dict[str, Any] = {"poolclass": StaticPool}
    if read_only:
        pool = {"poolclass": QueuePool, "pool_size": READERS, "max_overflow": 0}
    engine = create_engine("sqlite+pysqlite://", module=driver, creator=connect, hide_parameters=True, **pool)
    event.listen(engine, "connect", _prepare_reader if read_only else _prepare_writer)
    if unhurried:
        event.listen(engine, "connect", _be_patient)
    event.listen(engine, "begin", _begin if read_only else _begin_immediate)
    return engine


def _connect(path: Path, mode: str) -> Any:  # noqa: ANN401  # either of two drivers' connections
    """A connection of the driver that begins no transactions by itself, with one of SQLite's modes for files."""
    target = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return driver.connect(
        target, uri=True, check_same_thread=False, isolation_level=None, cached_statements=KEPT_STATEMENTS
    )


def _prepare_writer(connection: Any, _record: object) -> None:  # noqa: ANN401  # either of two drivers' connections
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _be_patient(connection: Any, _record: object) -> None:  # noqa: ANN401  # the same
    connection.execute(f"PRAGMA busy_timeout = {UNHURRIED_MILLISECONDS}")


def _use_wal(connection: Any) -> None:  # noqa: ANN401  # the same
    """Switch to WAL; SQLite itself does not wait for another process that uses the file."""
    patience = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except driver.OperationalError:
            if time.monotonic() > patience:
                raise
            time.sleep(WAL_PAUSE_SECONDS)
        else:
            return


def _prepare_reader(connection: Any, _record: object) -> None:  # noqa: ANN401  # either of two drivers' connections
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    connection.execute("PRAGMA query_only = ON")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def files_of(path: Path) -> list[Path]:
    """A SQLite file with everything that lies beside it: WAL, lock, and the key of its secrets."""
    real = path.resolve()  # where SQLite puts the WAL of a link
    of_sqlite = [real.with_name(f"{real.name}{end}") for end in ("", "-wal", "-shm")]
    return [*of_sqlite, *(path.with_name(f"{path.name}{end}") for end in (".lock", ".key"))]


class SqliteDatabase(Writes):
    """A SQLite file, used from asyncio."""

    name = "sqlite"
    writers = 1
    shards: Sequence[Shard | None] = (None,)

    def __init__(self, path: Path, served: ServedFile | None = None, *, unhurried: bool = False) -> None:
        self.path, self._served = path, served
        self.engine = open_engine(path, unhurried=unhurried)
        self._readers = open_engine(path, read_only=True)
        self._checkpoints = None if has_wal_reset_bug() else Checkpoints(self.engine, partial(_connect, path, "rw"))
        self._kept, self.outages = KeptRows(self.engine), Outages()
        self._writer_thread = ThreadPoolExecutor(1, "sqlite-writer")
        self._reader_threads = ThreadPoolExecutor(READERS, "sqlite-reader")

    async def write(
        self,
        work: Callable[[Connection], Result],
        *,
        durable: bool = True,
        begun: Callable[[], None] = lambda: None,
        proof: Callable[[Result], Lookup | None] = lambda _: None,
        shard: Shard | None = None,
    ) -> Result:
        """Run `work` in a transaction that is durable when this returns, unless it need not be; see `Database`.

        `proof` is not needed: a commit has always an answer here.
        """
        del proof, shard
        begun()  # on the event loop, not in the writer thread
        write = self._write if durable else self._write_lightly
        with self.outages.noticed(Doing.WRITE):
            return await _in_turn(self._writer_thread, partial(write, work))

    def _write(self, work: Callable[[Connection], Result]) -> Result:
        if self._served is not None and not self._served.begun:
            self._served.begin(self.engine)
        try:
            with self.engine.begin() as connection:
                result = self._checked(work(connection))
                writer: Any = connection.connection.driver_connection
        except DatabaseError:
            self._checked(None)  # it may have failed because the file is lost
            raise
        if self._checkpoints is not None:
            self._checkpoints.look(writer)
        return result

    def _checked(self, result: Result) -> Result:
        """Let a transaction be committed only into the file that is served. Raises FileLost."""
        if self._served is not None:
            self._served.check()
        return result

    def _write_lightly(self, work: Callable[[Connection], Result]) -> Result:
        with self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA synchronous = NORMAL")
            try:
                with connection.begin():
                    return self._checked(work(connection))
            finally:
                raw.execute("PRAGMA synchronous = FULL")

    async def read(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work` on one state of the data; it cannot write."""
        del shard
        with self.outages.noticed(Doing.READ):
            return await _in_turn(self._reader_threads, partial(self._read, work))

    async def glance(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work`, which asks one question; here that is an ordinary read."""
        del shard
        return await self.read(work)

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        try:
            with self._readers.connect() as connection:
                return work(connection)
        except DatabaseError:
            self._checked(None)
            raise

    def shard_of(self, business_id: int) -> None:
        """None: all is in one file."""
        del business_id

    async def takes_writes(self) -> bool:
        """Whether a transaction could write now: it begins one and ends it, which costs no wait for the disk."""
        await self.write(lambda _: None)
        return True

    async def away(self) -> Sequence[Node]:
        """None: there is no other machine."""
        return ()

    def ids(self, connection: Connection, expected: int = 1) -> SqliteIds:
        """The ids of one transaction."""
        del expected
        return SqliteIds(connection)

    def put(self, connection: Connection, writings: Sequence[BulkWrite]) -> list[int]:
        """Carry out writes, one after the other; return how many rows each had."""
        self._kept.note(one.table for one in writings)
        return [writes.write(connection, writing) for writing in writings]

    def load(self, connection: Connection, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """Insert very many rows, each with the values of all columns in their order."""
        writes.load(connection, table, rows)

    def fetch(
        self,
        connection: Connection,
        table: Table,
        columns: tuple[str, ...],
        wanted: Iterable[Wanted],
        *,
        lock: bool = False,
    ) -> Sequence[Any]:
        """All rows whose columns have one of the wanted values; a write transaction locks the whole file anyway."""
        del lock
        return reads.rows(connection, Lookup(table, columns, set(wanted)))

    def gather(
        self,
        connection: Connection,
        questions: Sequence[Lookup],
        *,
        ids: Ids | None,
        locked: Sequence[Lookup] = (),
        patient: bool = True,
    ) -> Gathered:
        """The rows of each question, one after the other; ids are known already, and everything is locked."""
        del ids, patient
        found = [rows for one in locked if (rows := reads.rows(connection, one))]
        first = found[0] if len(found) == 1 else list({row for rows in found for row in rows})
        named = [one.named(lambda: keys_of(locked, first)) for one in questions]
        return Gathered(first, [self._kept.rows(connection, one) for one in named])

    async def close(self) -> None:
        """Close all connections, after work that has begun. The writer goes last: only it can empty the WAL."""
        self._reader_threads.shutdown()
        self._readers.dispose()
        loop = asyncio.get_running_loop()
        if self._checkpoints is not None:
            await loop.run_in_executor(self._writer_thread, self._checkpoints.close)
        await loop.run_in_executor(self._writer_thread, self.engine.dispose)
        self._writer_thread.shutdown()


async def _in_turn(threads: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
    """Run `work` in a thread. Raises TimeoutError if its turn does not come in time; then it never runs."""
    submitted, loop = threads.submit(work), asyncio.get_running_loop()
    giving_up = loop.call_later(TURN_SECONDS, submitted.cancel)  # work that has begun is not cancelled
    try:
        return await asyncio.wrap_future(submitted)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise TimeoutError(WAITED) from None
    finally:
        giving_up.cancel()
