"""The driver: transactions and the most frequent statements go to asyncpg directly, past SQLAlchemy's cursors.

Measured: a statement costs this process 110 µs through SQLAlchemy, 40 µs through asyncpg alone. Failures are still
SQLAlchemy's, so callers need not know which way a statement went. It works only inside SQLAlchemy's greenlet, on a
connection that begins no transactions itself. The statements are elsewhere.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError

from loyalty_app.db.outages import READ_ONLY

Result = TypeVar("Result")

BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
LIGHTLY = "SET LOCAL synchronous_commit = off"
MOST_REPLACED = 20
"""The most connections of a process: after a restart of the server all of them may be gone."""
BEGIN_SECONDS, COMMIT_SECONDS = 2.0, 3.0
"""A server that lives begins within milliseconds. One that has not committed in time is asked whether it did."""
ELSEWHERE, LOCKED = ("22012", "XX000"), "55P03"
"""SQLSTATEs of a transaction that begins in a shard: that has moved or was split, or has been about to for too long."""


class Ended(NamedTuple, Generic[Result]):
    """How a transaction ended: the result of the work, and the failure if COMMIT got no answer.

    Then PostgreSQL can be asked about the transaction by its id `xid`, if it has one.
    """

    result: Result
    xid: str | None
    failure: DBAPIError | None


class TransactionRolledBack(Exception):  # a fact, not a mistake
    """A transaction was not committed, because one of its statements had failed."""


class Opening(NamedTuple):
    """The commands that open a transaction, said in one round trip, and how long a server that lives may take."""

    commands: str = BEGIN
    seconds: float = BEGIN_SECONDS


def transact(connection: Connection, work: Callable[[Connection], Result], *, opening: Opening) -> Ended[Result]:
    """Run `work` in a transaction; an exception rolls it back.

    Raises TransactionRolledBack if PostgreSQL rolled back although `work` raised nothing.
    """
    try:
        _begin(connection, opening)
        result = work(connection)
        xid = connection.info.pop("xid", None)  # read it now: a broken connection loses it
        return Ended(result, xid, _commit(connection))
    except Exception:
        _undo(connection)
        raise
    except BaseException:  # cancelled in the middle of something
        connection.invalidate()
        raise


def _begin(connection: Connection, opening: Opening) -> None:
    """Begin. A connection that the server has closed meanwhile is replaced: nothing has been done on it yet."""
    for _ in range(MOST_REPLACED):
        if connection.invalidated:  # the new one knows nothing of whose transactions it has
            connection.execution_options(isolation_level=connection.get_execution_options()["isolation_level"])
        connection.connection.info.pop("xid", None)  # connects, if need be, and fails where the server is away
        try:
            say(connection, opening.commands, seconds=opening.seconds)
        except DBAPIError as failure:
            if getattr(failure.orig, "sqlstate", None) in {*ELSEWHERE, LOCKED}:
                raise
            connection.invalidate()
        else:
            return
    say(connection, opening.commands, seconds=opening.seconds)


def _commit(connection: Connection) -> DBAPIError | None:
    """Commit; return the failure if the server did not answer, so that the result is unknown."""
    try:
        said = say(connection, "COMMIT", seconds=COMMIT_SECONDS)
    except DBAPIError as failure:
        if not (failure.connection_invalidated or isinstance(failure, InterfaceError)):
            raise
        connection.invalidate()
        return failure
    if said != "COMMIT":
        raise TransactionRolledBack
    return None


def _undo(connection: Connection) -> None:
    """Roll back. A connection that cannot is discarded, so that nobody continues in another's transaction."""
    if connection.invalidated:
        return
    try:
        say(connection, "ROLLBACK", seconds=BEGIN_SECONDS)
    except BaseException as failure:
        connection.invalidate()
        if not isinstance(failure, DBAPIError):
            raise


def say(connection: Connection, command: str, *, seconds: float) -> str:
    """Say a command, or several, and return the status of the last. Raises DBAPIError."""
    said: str = _run(connection, command, lambda driver: driver.execute(command, timeout=seconds))
    return said


def single_row(connection: Connection, statement: str, values: Sequence[object]) -> Sequence[Any]:
    """The row of a statement that always returns one. Raises DBAPIError or IntegrityError."""
    shard = connection.get_execution_options().get("shard")
    said = statement if shard is None else shard.named(statement)
    row: Sequence[Any] = _run(connection, said, lambda driver: driver.fetchrow(said, *values))
    return row


def load(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Insert many rows with COPY, which costs the server a half of an INSERT. Raises DBAPIError or IntegrityError."""
    _run(connection, f"COPY {table}", lambda driver: driver.copy_records_to_table(table, records=rows, columns=columns))


def _run(connection: Connection, statement: str, ask: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401  # the driver's
    driver: Any = connection.connection.dbapi_connection
    try:
        return driver.run_async(ask)
    except Exception as error:
        kind = _kind(error)
        if kind is None:
            raise
        if cannot_go_on(error):
            discard(driver, connection.info)
        broken = driver.driver_connection.is_closed()
        raise kind(statement, None, error, hide_parameters=True, connection_invalidated=broken) from error


def cannot_go_on(error: BaseException | None) -> bool:
    """Whether a failure says that this connection leads to the wrong place: a silent server, or one without writes."""
    return isinstance(error, TimeoutError) or getattr(error, "sqlstate", None) == READ_ONLY


def discard(driver: Any, info: Mapping[str, Any]) -> None:  # noqa: ANN401  # the driver's
    """Drop a connection without a word to the other side, and trust none that is older than now."""
    info["server"].suspect()
    driver.driver_connection.terminate()


def _kind(error: Exception) -> type[DBAPIError] | None:
    """SQLAlchemy's class for a failure of the driver or the network; None if it is neither."""
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
