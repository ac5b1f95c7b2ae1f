"""The database as the application sees it: one interface, two dialects.

They differ only in the packages `sqlite` and `postgres` beside this module. All statements use SQLAlchemy's plain
`Connection`; `write` and `read` run them, in a thread on SQLite and inside asyncpg on PostgreSQL.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, Table
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from loyalty_app.db.bulk import Gathered, Lookup, Writes
from loyalty_app.db.postgres.engine import CommitUnknown, PostgresDatabase
from loyalty_app.db.sqlite.engine import SqliteDatabase
from loyalty_app.db.sqlite.served_file import ServedFile
from loyalty_app.ids import Ids
from loyalty_app.settings import Settings

Result = TypeVar("Result")

SERVERS_TROUBLE = {"08", "40", "53", "55", "57", "58"}
"""Classes of SQLSTATE: connection, rollback (deadlocks too), resources, wrong state, operator, system."""


class Database(Writes, Protocol):
    """An open database."""

    name: str
    writers: int
    """How many transactions of the counter may run at once."""

    async def write(
        self,
        work: Callable[[Connection], Result],
        *,
        durable: bool = True,
        begun: Callable[[], None] = lambda: None,
    ) -> Result:
        """Run `work` in a transaction that is durable when this returns; an exception rolls it back.

        With `durable=False` it does not wait for the disk: if the machine crashes within the next second, the whole
        transaction may be lost. Use that only for notes of finished work that may be done again. `begun` is called on
        the event loop right before the work; on PostgreSQL, after BEGIN.
        """

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on one state of the data; it cannot write."""

    async def glance(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work`, which asks one question, outside a transaction. It must not write."""

    def ids(self, connection: Connection, expected: int = 1) -> Ids:
        """The ids of one transaction for `expected` requests."""

    def fetch(
        self,
        connection: Connection,
        table: Table,
        columns: tuple[str, ...],
        wanted: Iterable[tuple[int | str | None, ...]],
        *,
        lock: bool = False,
    ) -> Sequence[Row[Any]]:
        """All rows whose columns have one of the wanted values; with `lock`, locked in the order of the columns."""

    def gather(
        self,
        connection: Connection,
        questions: Sequence[Lookup],
        *,
        ids: Ids,
        locked: Sequence[Lookup] = (),
    ) -> Gathered:
        """The rows of each question, at once if possible, and ids that are likely to be needed.

        Rows of the one table that `locked` names are locked first, in the order of their key. Ids come after the locks.
        No answer is older than a change of a locked row, or more than 10 ms older than the locks. A row has its columns
        as attributes, and nothing else.
        """

    async def close(self) -> None:
        """Close all connections, after work that has begun."""


def open_database(settings: Settings, served: ServedFile | None = None) -> Database:
    """Open the database that the settings name. Its schema must exist already (see `migrate`).

    A server gives the SQLite file that it has locked: each write makes sure that it is still the right one.
    """
    if settings.on_sqlite:
        return SqliteDatabase(settings.sqlite_path, served)
    return PostgresDatabase(settings.database_url)


def will_pass(error: Exception) -> bool:
    """Whether a failure is the database's own (away, stopping, locked, full), so that a retry may succeed."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, CommitUnknown | OSError | PoolTimeout)
    state = str(getattr(error.orig, "sqlstate", None))
    away = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return away or state[:2] in SERVERS_TROUBLE
