"""PostgreSQL 15 or newer through asyncpg: pooled connections, set-based writes, and certainty about lost commits.

Why: a connection that breaks during COMMIT leaves open whether it happened. So the transaction's id is noted, and
PostgreSQL is asked for its fate before anybody is answered. The statements are elsewhere.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    ARRAY,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.util import greenlet_spawn

from loyalty_app.db.bulk import BulkWrite, Gathered, Lookup, Writes
from loyalty_app.db.postgres import reads, writes
from loyalty_app.db.postgres.driver import Ended, transact
from loyalty_app.db.postgres.ids import IdHabits, PostgresIds
from loyalty_app.ids import Ids
from loyalty_app.settings import SettingsError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

POOL = 20
FATE = text("SELECT pg_xact_status(CAST(CAST(:xid AS text) AS xid8))")
FATE_SECONDS = (0.05, 0.2, 0.5, 1, 2, 4)

Result = TypeVar("Result")


class CommitUnknown(Exception):  # a fact, not a mistake
    """The connection broke during COMMIT, and PostgreSQL cannot be asked for the result."""


def open_engine(url: str) -> "AsyncEngine":
    """An engine for a PostgreSQL URL; libpq's `sslmode` is understood. Raises SettingsError."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  # brings the ORM, for PostgreSQL alone

    try:
        target = make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+asyncpg")
    except (ArgumentError, ValueError) as error:
        message = "LOYALTY_DATABASE_URL cannot be read: it must be like postgresql://user:password@host:5432/database."
        raise SettingsError(message) from error
    if "sslmode" in target.query:
        mode = target.query["sslmode"]
        target = target.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    engine = create_async_engine(target, pool_size=POOL, max_overflow=0, pool_timeout=10, hide_parameters=True)
    event.listen(engine.sync_engine, "checkout", _check_alive)
    return engine


def _check_alive(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401  # SQLAlchemy's, untyped
    """Let the pool replace a connection that the server has closed; the check costs no round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class PostgresDatabase(Writes):
    """A PostgreSQL database, used from asyncio; several processes may use it at once."""

    name = "postgresql"
    writers = 2

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._snapshots = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._plain = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._habits = IdHabits()

    async def write(
        self,
        work: Callable[[Connection], Result],
        *,
        durable: bool = True,
        begun: Callable[[], None] = lambda: None,
    ) -> Result:
        """Run `work` in a transaction that is durable when this returns, unless it need not be; see `Database`.

        Raises CommitUnknown if the connection broke during COMMIT and the result cannot be learned.
        """

        def work_at_last(connection: Connection) -> Result:
            begun()
            return work(connection)

        ended: Ended[Result] = await greenlet_spawn(self._transact, work_at_last, durable=durable)
        if ended.failure is not None and not (ended.xid and await self.committed(ended.xid)):
            raise ended.failure
        return ended.result

    def _transact(self, work: Callable[[Connection], Result], *, durable: bool) -> Ended[Result]:
        with self._plain.sync_engine.connect() as connection:
            return transact(connection, work, durable=durable)

    async def committed(self, xid: str) -> bool:
        """Whether the transaction with that id was committed. Raises CommitUnknown."""
        for pause in FATE_SECONDS:
            await asyncio.sleep(pause)
            try:
                async with self.engine.connect() as connection:
                    fate = await connection.scalar(FATE, {"xid": xid})
            except (DBAPIError, OSError, PoolTimeout):
                continue
            if fate != "in progress":
                return bool(fate == "committed")
        raise CommitUnknown

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on one state of the data; it cannot write."""
        async with self._snapshots.connect() as connection:
            return await connection.run_sync(work)

    async def glance(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work`, which asks one question, without the two round trips of a transaction."""
        async with self._plain.connect() as connection:
            return await connection.run_sync(work)

    def ids(self, connection: Connection, expected: int = 1) -> PostgresIds:
        """The ids of one transaction; `expected` of a kind are fetched at once."""
        return PostgresIds(connection, self._habits, expected)

    def put(self, connection: Connection, writings: Sequence[BulkWrite]) -> list[int]:
        """Carry out independent writes in one statement; return how many rows each had."""
        given = [writing for writing in writings if writing.rows]
        counts = iter(writes.write(connection, given) if given else ())
        return [next(counts) if writing.rows else 0 for writing in writings]

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
        if not (given := set(wanted)):
            return []
        values = {
            f"wanted_{name}": list(column) for name, column in zip(columns, zip(*given, strict=True), strict=True)
        }
        return connection.execute(_fetch(table, columns, lock=lock), values).all()

    def gather(
        self,
        connection: Connection,
        questions: Sequence[Lookup],
        *,
        ids: Ids,
        locked: Sequence[Lookup] = (),
    ) -> Gathered:
        """Locked rows, the rows of each question and likely ids, in one round trip."""
        holding = [one for one in locked if one.wanted]
        found = reads.ask(connection, [one for one in questions if one.wanted], ids, locked=holding)
        answers = iter(found.answers)
        return Gathered(found.locked, [next(answers) if question.wanted else [] for question in questions])

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


@lru_cache
def _fetch(table: Table, columns: tuple[str, ...], *, lock: bool) -> Select[Any]:
    arrays = [bindparam(f"wanted_{name}", type_=ARRAY(table.c[name].type)) for name in columns]
    wanted = func.unnest(*arrays).table_valued(*columns, name="wanted").render_derived()
    found = and_(*(table.c[name] == wanted.c[name] for name in columns))
    statement = select(table).select_from(wanted.join(table, found)).order_by(*(table.c[name] for name in columns))
    return statement.with_for_update(of=table) if lock else statement
