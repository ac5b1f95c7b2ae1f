"""The database as the rest of the application sees it: one interface, two dialects.

`sqlite` and `postgres` beside this module are the only places where they differ. All statements are written against
SQLAlchemy's plain `Connection` and run by `write` and `read`, in a thread on SQLite and inside asyncpg on PostgreSQL.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, Table
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from loyalty_app.db.bulk import Gathered, Lookup, Writes
from loyalty_app.db.postgres.engine import CommitUnknown, PostgresDatabase
from loyalty_app.db.sqlite.engine import SqliteDatabase
from loyalty_app.ids import Ids
from loyalty_app.settings import Settings

Result = TypeVar("Result")

SERVERS_TROUBLE = {"08", "40", "53", "55", "57", "58"}
"""Classes of SQLSTATE: connection, rollback (deadlocks too), resources, not in the right state, operator, system."""


class Database(Writes, Protocol):
    """A database that is open."""

    name: str
    writers: int
    """How many transactions of the counter may be under way at once."""

    async def write(
        self,
        work: Callable[[Connection], Result],
        *,
        durable: bool = True,
        begun: Callable[[], None] = lambda: None,
    ) -> Result:
        """Run `work` in a transaction that is durable when this returns; an exception undoes it.

        One that need not be durable does not wait for the disk. If the machine itself breaks down within the next
        second it may be undone, as a whole: that is for notes of what was done, where doing it again harms nobody.
        `begun` is called on the event loop right before the work: where a transaction takes time to begin, after that.
        """

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on one state of the data; it cannot write."""

    async def glance(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work`, which asks a single question, without a transaction around it. It must not write."""

    def ids(self, connection: Connection, expected: int = 1) -> Ids:
        """The ids of one transaction; `expected` is of how many requests."""

    def fetch(
        self,
        connection: Connection,
        table: Table,
        columns: tuple[str, ...],
        wanted: Iterable[tuple[int | str | None, ...]],
        *,
        lock: bool = False,
    ) -> Sequence[Row[Any]]:
        """All rows whose columns hold one of the wanted values; locked, in the order of the columns, if asked."""

    def gather(
        self,
        connection: Connection,
        questions: Sequence[Lookup],
        *,
        ids: Ids,
        locked: Sequence[Lookup] = (),
    ) -> Gathered:
        """The rows of each question, at once if possible, and along with them ids that are likely to be needed.

        Before that, the rows of one table that `locked` is about are locked, in the order of their key. Ids come
        after the locks. No answer is older than a change of a locked row, or by more than 10 ms older than the locks.
        A row has its columns as attributes, and is no more than that.
        """

    async def close(self) -> None:
        """Close all connections, after the work that was begun."""


def open_database(settings: Settings) -> Database:
    """Open the database that the settings name; its schema must be there already (see `migrate`)."""
    if settings.on_sqlite:
        return SqliteDatabase(settings.sqlite_path)
    return PostgresDatabase(settings.database_url)


def will_pass(error: Exception) -> bool:
    """Whether a failure is the database's own (away, stopping, locked, full), so that the same may succeed later."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, CommitUnknown | OSError | PoolTimeout)
    state = str(getattr(error.orig, "sqlstate", None))
    away = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return away or state[:2] in SERVERS_TROUBLE
