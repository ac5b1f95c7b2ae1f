"""PostgreSQL 15 or newer through asyncpg: pooled connections, set-based writes, and certainty about lost commits.

What was paid for: a connection that breaks during COMMIT leaves open whether it happened, so the transaction's id is
noted and PostgreSQL is asked for its fate before anybody is answered. Which statements are run is not known here.
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

from loyalty_app.db import postgres_writing
from loyalty_app.db.writings import Writes, Writing
from loyalty_app.settings import SettingsError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

POOL = 20
REWARD_BLOCK = 1_000
FATE = text("SELECT pg_xact_status(CAST(CAST(:xid AS text) AS xid8))")
MOST_NUMBERS = 1_000
FATE_SECONDS = (0.05, 0.2, 0.5, 1, 2, 4)

Result = TypeVar("Result")


class CommitUnknown(Exception):  # a fact, not a mistake
    """The connection broke during COMMIT, and PostgreSQL cannot be asked what came of it."""


def open_engine(url: str) -> "AsyncEngine":
    """An engine on a PostgreSQL database; `sslmode` of libpq's URLs is understood. Raises SettingsError."""
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
    """Let the pool replace a connection that the server has closed meanwhile; asking costs no round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class PostgresNumbers:
    """Gives out numbers from sequences. A customer's transactions rise: the row is locked before."""

    def __init__(self, connection: Connection, block: "RewardBlock", expected: int) -> None:
        self.connection, self.block, self.expected = connection, block, expected
        self._taken: dict[str, list[int]] = {}

    def next(self, name: str) -> int:
        """The number that comes next, fetched with as many as this transaction is expected to need."""
        if not self._taken.get(name):
            rows = self.connection.execute(
                text(
                    f"SELECT nextval('{name}_number'), pg_current_xact_id()::text "  # noqa: S608  # our own names
                    "FROM generate_series(1, :n)"
                ),
                {"n": self.expected},
            ).all()
            self.connection.info["xid"] = rows[0][1]
            self._taken[name] = [row[0] for row in reversed(rows)]
            self.expected = min(2 * self.expected, MOST_NUMBERS)
        return self._taken[name][-1]

    def use(self, name: str) -> None:
        """Note that the next number was used."""
        self._taken[name].pop()

    def next_reward(self, most: int) -> int:
        """The number that the next reward gets; `most` (at most 1,000) may follow without a gap."""
        if self.block.left < min(most, REWARD_BLOCK):
            self.block.next = int(self.connection.execute(text("SELECT nextval('reward_number')")).scalar_one())
            self.block.left = REWARD_BLOCK
        return self.block.next

    def rewards_issued(self, count: int) -> None:
        """Note how many numbers were used."""
        self.block.next += count
        self.block.left -= count

    def save(self) -> None:
        """Sequences remember by themselves."""


class RewardBlock:
    """The numbers that this process has set aside for rewards."""

    next = 0
    left = 0


class PostgresDatabase(Writes):
    """A PostgreSQL database, used from asyncio; several processes may use it at once."""

    name = "postgresql"
    writers = 2

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._snapshots = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._glances = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._block = RewardBlock()

    async def write(self, work: Callable[[Connection], Result], *, durable: bool = True) -> Result:
        """Run `work` in a transaction that is durable when this returns, unless it need not be; see `Database`.

        Raises CommitUnknown if the connection broke during COMMIT and its fate could not be learned.
        """
        async with self.engine.connect() as connection:
            transaction = await connection.begin()
            if not durable:
                await connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            result = await connection.run_sync(work)
            xid = connection.sync_connection.info.pop("xid", None) if connection.sync_connection else None
            try:
                await transaction.commit()
            except DBAPIError as error:
                if not error.connection_invalidated or xid is None or not await self.committed(xid):
                    raise
            return result

    async def committed(self, xid: str) -> bool:
        """Whether the transaction of that number was committed. Raises CommitUnknown."""
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
        """Run `work`, which asks a single question, without the two round trips of a transaction."""
        async with self._glances.connect() as connection:
            return await connection.run_sync(work)

    def numbers(self, connection: Connection, expected: int = 1) -> PostgresNumbers:
        """Numbers for the rows that a transaction is about to insert; `expected` of a kind are fetched at once."""
        return PostgresNumbers(connection, self._block, expected)

    def put(self, connection: Connection, writings: Sequence[Writing]) -> list[int]:
        """Carry out writings that do not depend on each other, in one statement; says how many rows each had."""
        given = [writing for writing in writings if writing.rows]
        counts = iter(postgres_writing.write(connection, given) if given else ())
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
        """All rows whose columns hold one of the wanted values; locked, in the order of the columns, if asked."""
        if not (given := set(wanted)):
            return []
        values = {
            f"wanted_{name}": list(column) for name, column in zip(columns, zip(*given, strict=True), strict=True)
        }
        return connection.execute(_fetch(table, columns, lock=lock), values).all()

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
