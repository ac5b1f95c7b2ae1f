"""PostgreSQL 15 or newer through asyncpg: pooled connections, set-based writes, and certainty about lost commits.

Why: a connection that breaks during COMMIT leaves open whether it happened. So the transaction's id is noted, and a row
that it wrote; PostgreSQL is asked for both before anybody is answered. The statements are elsewhere.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    ARRAY,
    Connection,
    Engine,
    ExceptionContext,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    event,
    func,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.util import await_, greenlet_spawn

from loyalty_app.db.bulk import BulkWrite, Gathered, Lookup, Wanted, Writes
from loyalty_app.db.outages import CommitUnknown, Doing, Outages
from loyalty_app.db.postgres import reads, writes
from loyalty_app.db.postgres.driver import BEGIN, LIGHTLY, Ended, Opening, cannot_go_on, discard, load, transact
from loyalty_app.db.postgres.ids import IdHabits, PostgresIds
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.db.postgres.server import Limits, PostgresServer
from loyalty_app.db.shards import Node, Shard
from loyalty_app.ids import Ids

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

FATE = text("SELECT pg_xact_status(CAST(CAST(:xid AS text) AS xid8))")
READS_ONLY = text("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean")
FATE_SECONDS = (0.05, 0.2, 0.5, 1, 1.5, 1.5)
LONGEST_DOUBT_SECONDS = 5.0
"""How long to ask for the fate of a commit: then everybody is asked to come back."""
UNNAMED = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}
"""How SQLAlchemy prepares statements where the next one may reach another session of the server."""
POOL_SECONDS = 3.0
"""How long to wait for one of this process's connections."""

Result = TypeVar("Result")


def open_engine(url: str, limits: Limits | None = None) -> "AsyncEngine":
    """An engine for a PostgreSQL URL, without an end for statements if no limits are given. Raises SettingsError."""
    return engine_of(PostgresServer(read_parameters(url), limits or Limits().unhurried))


def engine_of(server: PostgresServer) -> "AsyncEngine":
    """An engine whose connections lead to a server."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  # brings the ORM, for PostgreSQL alone

    def connect() -> Any:  # noqa: ANN401  # SQLAlchemy's, untyped
        how: dict[str, Any] = UNNAMED if await_(server.is_pooled()) else {}
        return dialect.loaded_dbapi.connect(async_creator_fn=server.connect, **how)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        creator=connect,
        pool_size=server.limits.pool_size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
    )
    dialect: Any = engine.sync_engine.dialect
    _listen(engine.sync_engine, server)
    return engine


def _listen(engine: Engine, server: PostgresServer) -> None:
    """Let the pool replace connections that are closed or lead to the wrong place; it costs no round trip."""

    def note(_connection: object, record: Any) -> None:  # noqa: ANN401  # the same
        record.info.update(server=server, made_at=time.monotonic())

    def check(connection: Any, record: Any, _proxy: object) -> None:  # noqa: ANN401  # the same
        if server.is_suspect(record.info["made_at"]):
            connection.driver_connection.terminate()
        if connection.driver_connection.is_closed():
            raise DisconnectionError

    def look(context: ExceptionContext) -> None:
        connection = context.connection
        if connection is not None and not connection.invalidated and cannot_go_on(context.original_exception):
            discard(connection.connection.dbapi_connection, connection.info)
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False

    event.listen(engine, "connect", note)
    event.listen(engine, "checkout", check)
    event.listen(engine, "handle_error", look)


class PostgresDatabase(Writes):
    """A PostgreSQL database, used from asyncio; several processes may use it at once."""

    name = "postgresql"
    writers = 2
    shards: Sequence[Shard | None] = (None,)

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self._use(PostgresServer(read_parameters(url), limits or Limits()))

    def _use(self, server: PostgresServer) -> None:
        self.server = server
        self.engine = engine_of(server)
        self.snapshots = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._plain = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._habits = IdHabits()
        self.outages = Outages()

    async def write(
        self,
        work: Callable[[Connection], Result],
        *,
        durable: bool = True,
        begun: Callable[[], None] = lambda: None,
        proof: Callable[[Result], Lookup | None] = lambda _: None,
        shard: Shard | None = None,
    ) -> Result:
        """Run `work` in a transaction that is durable when this returns, unless it need not be; see `Database`."""
        del shard

        def work_at_last(connection: Connection) -> Result:
            begun()
            return work(connection)

        with self.outages.noticed(Doing.WRITE):
            ended: Ended[Result] = await greenlet_spawn(self._transact, work_at_last, durable=durable)
            if ended.failure is not None and not await self._happened(ended, proof(ended.result)):
                raise ended.failure
            return ended.result

    def _transact(self, work: Callable[[Connection], Result], *, durable: bool) -> Ended[Result]:
        with self._plain.sync_engine.connect() as connection, self._forgetting_ids():
            return transact(connection, work, opening=self._opening(durable=durable))

    def _opening(self, *, durable: bool) -> Opening:
        """What a transaction begins with."""
        return Opening("; ".join(self._commands(durable=durable)))

    def _commands(self, *, durable: bool) -> list[str]:
        limits = self.server.limits_of_a_transaction
        return [BEGIN, *([] if durable else [LIGHTLY]), *([limits] if limits else [])]

    @contextmanager
    def _forgetting_ids(self) -> Iterator[None]:
        """Forget the ids that are kept for rewards if one is in use: a shop came with it that was moved here."""
        try:
            yield
        except IntegrityError:
            self._habits.rewards_left = 0
            raise

    async def _happened(self, ended: Ended[Result], proof: Lookup | None) -> bool:
        """Whether a transaction whose COMMIT got no answer was committed. Raises CommitUnknown."""
        if ended.xid is None or proof is None:
            raise CommitUnknown
        try:
            async with asyncio.timeout(LONGEST_DOUBT_SECONDS):
                return await self.committed(ended.xid, proof)
        except TimeoutError as error:
            raise CommitUnknown from error

    async def committed(self, xid: str, proof: Lookup) -> bool:
        """Whether the transaction with that id, which wrote a row that `proof` finds, was committed.

        The id alone says nothing: after a failover to a standby that was behind, the new server gives the same ids to
        others. Only the row shows that the transaction is there; and only an id that failed, that it is not and will
        not come. Raises CommitUnknown.
        """
        for pause in FATE_SECONDS:
            await asyncio.sleep(pause)
            try:
                async with self.engine.connect() as connection:
                    fate = await connection.scalar(FATE, {"xid": xid})
                    found = await connection.run_sync(
                        lambda held: self.fetch(held, proof.table, proof.columns, proof.wanted)
                    )
            except (DBAPIError, OSError, PoolTimeout):
                continue
            if found or fate == "aborted":
                return bool(found)
            if fate == "committed":
                raise CommitUnknown  # another transaction of another server
        raise CommitUnknown

    async def read(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work` on one state of the data; it cannot write."""
        del shard

        def work_in_time(connection: Connection) -> Result:
            if limits := self.server.limits_of_a_transaction:
                connection.exec_driver_sql(limits)
            return work(connection)

        with self.outages.noticed(Doing.READ):
            async with self.snapshots.connect() as connection:
                return await connection.run_sync(work_in_time)

    async def glance(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work`, which asks one question, without the two round trips of a transaction."""
        del shard
        with self.outages.noticed(Doing.READ):
            pooled = await self.server.is_pooled()
        if pooled:
            return await self.read(work)
        with self.outages.noticed(Doing.READ):
            async with self._plain.connect() as connection:
                return await connection.run_sync(work)

    def shard_of(self, business_id: int) -> Shard | None:
        """None: all is on one server."""
        del business_id
        return None

    async def takes_writes(self) -> bool:
        """Whether a transaction could write now."""
        return not await self.glance(lambda connection: connection.scalar(READS_ONLY))

    async def away(self) -> Sequence[Node]:
        """None: there is no other machine."""
        return ()

    def ids(self, connection: Connection, expected: int = 1) -> PostgresIds:
        """The ids of one transaction; `expected` of a kind are fetched at once."""
        return PostgresIds(connection, self._habits, expected)

    def put(self, connection: Connection, writings: Sequence[BulkWrite]) -> list[int]:
        """Carry out independent writes in one statement; return how many rows each had."""
        given = [writing for writing in writings if writing.rows]
        counts = iter(writes.write(connection, given) if given else ())
        return [next(counts) if writing.rows else 0 for writing in writings]

    def load(self, connection: Connection, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """Insert very many rows, each with the values of all columns in their order."""
        load(connection, table.name, [column.name for column in table.columns], rows)

    def fetch(
        self,
        connection: Connection,
        table: Table,
        columns: tuple[str, ...],
        wanted: Iterable[Wanted],
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
        ids: Ids | None,
        locked: Sequence[Lookup] = (),
        patient: bool = True,
    ) -> Gathered:
        """Locked rows, the rows of each question and likely ids, in one round trip."""
        holding = [one for one in locked if one.wanted]
        empty = [not (one.wanted or (one.of_locked and holding)) for one in questions]
        asked = [one for one, is_empty in zip(questions, empty, strict=True) if not is_empty]
        found = reads.ask(connection, asked, ids, locked=holding, patient=patient)
        answers = iter(found.answers)
        return Gathered(found.locked, [[] if is_empty else next(answers) for is_empty in empty])

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
