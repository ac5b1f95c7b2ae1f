"""The driver: transactions and their most frequent statements go to asyncpg, past SQLAlchemy's cursors.

Measured: a statement takes this process 110 µs through SQLAlchemy, and 40 µs through asyncpg alone. Failures are still
SQLAlchemy's, so that callers need not know which way a statement went. It works inside SQLAlchemy's greenlet only, on a
connection that begins no transactions by itself. The statements themselves are elsewhere.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError

Result = TypeVar("Result")

BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
LIGHTLY = "SET LOCAL synchronous_commit = off"
MOST_REPLACED = 20
"""As many connections as a process has at most: after a restart of the server all of them may be gone."""


class Ended(NamedTuple, Generic[Result]):
    """How a transaction ended: what came of the work, and the failure if COMMIT was not answered.

    Then its number (if it has one) is what PostgreSQL can be asked for.
    """

    result: Result
    xid: str | None
    failure: DBAPIError | None


class TransactionRolledBack(Exception):  # a fact, not a mistake
    """A transaction was not committed, because one of its statements had failed."""


def transact(connection: Connection, work: Callable[[Connection], Result], *, durable: bool) -> Ended[Result]:
    """Run `work` in a transaction; an exception undoes it.

    Raises TransactionRolledBack if nothing was committed although there was none.
    """
    try:
        _begin(connection)
        if not durable:
            _say(connection, LIGHTLY)
        result = work(connection)
        xid = connection.info.pop("xid", None)  # a connection that breaks has no more to say
        return Ended(result, xid, _commit(connection))
    except Exception:
        _undo(connection)
        raise
    except BaseException:  # the caller was cancelled, in the middle of something
        connection.invalidate()
        raise


def _begin(connection: Connection) -> None:
    """Begin. A connection that the server has ended meanwhile is replaced, for nothing has been done on it yet."""
    for _ in range(MOST_REPLACED):
        connection.connection.info.pop("xid", None)  # connects, if need be, and fails where the server is away
        try:
            _say(connection, BEGIN)
        except DBAPIError:
            connection.invalidate()
        else:
            return
    _say(connection, BEGIN)


def _commit(connection: Connection) -> DBAPIError | None:
    """Commit; the failure if the server has not answered, so that nobody knows yet what came of it."""
    try:
        said = _say(connection, "COMMIT")
    except DBAPIError as failure:
        if not (failure.connection_invalidated or isinstance(failure, InterfaceError)):
            raise
        connection.invalidate()
        return failure
    if said != "COMMIT":
        raise TransactionRolledBack
    return None


def _undo(connection: Connection) -> None:
    """Roll back. A connection that cannot is given up, so that nobody goes on in a transaction of somebody else's."""
    if connection.invalidated:
        return
    try:
        _say(connection, "ROLLBACK")
    except BaseException as failure:
        connection.invalidate()
        if not isinstance(failure, DBAPIError):
            raise


def _say(connection: Connection, command: str) -> str:
    said: str = _run(connection, command, lambda driver: driver.execute(command))
    return said


def single_row(connection: Connection, statement: str, values: Sequence[object]) -> Sequence[Any]:
    """The row of a statement that always has one. Raises DBAPIError or IntegrityError."""
    row: Sequence[Any] = _run(connection, statement, lambda driver: driver.fetchrow(statement, *values))
    return row


def _run(connection: Connection, statement: str, ask: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401  # the driver's
    driver: Any = connection.connection.dbapi_connection
    try:
        return driver.run_async(ask)
    except Exception as error:
        kind = _kind(error)
        if kind is None:
            raise
        broken = driver.driver_connection.is_closed()
        raise kind(statement, None, error, hide_parameters=True, connection_invalidated=broken) from error


def _kind(error: Exception) -> type[DBAPIError] | None:
    """What SQLAlchemy calls a failure of the driver or the network; None if it is neither."""
    import asyncpg  # noqa: PLC0415  # a shop on SQLite has no use for it

    match error:
        case asyncpg.IntegrityConstraintViolationError():
            return IntegrityError
        case asyncpg.InterfaceError() | asyncpg.InternalClientError() | OSError():
            return InterfaceError
        case asyncpg.PostgresError():
            return DBAPIError
        case _:
            return None
