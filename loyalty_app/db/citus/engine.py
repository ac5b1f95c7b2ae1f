"""A Citus cluster as a database: the coordinator for everything, and the machine of a shard for what says its shard.

A transaction with a shard goes past the coordinator: its statements name the tables of the shard, and one machine
commits them alone. It first takes the lock that Citus takes for each of its own writes (`lock_shard_metadata`), so a
shard is never moved away under it; and it looks whether the shard is still there. Statements are elsewhere.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, event
from sqlalchemy.exc import DBAPIError

from loyalty_app.db.bulk import BulkWrite, Gathered, Lookup, Wanted
from loyalty_app.db.citus import statements
from loyalty_app.db.citus.cluster import read_cluster, read_nodes
from loyalty_app.db.citus.machines import CoordinatorIds, Machine, with_settings
from loyalty_app.db.postgres.driver import BEGIN, ELSEWHERE, Ended, Opening
from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.db.postgres.ids import IdHabits, PostgresIds
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.db.postgres.server import Limits, PostgresServer
from loyalty_app.db.shards import Cluster, Node, Shard
from loyalty_app.db.tables.homes import HOMES, TableHome
from loyalty_app.ids import Ids
from loyalty_core.errors import Busy

HOLD_SECONDS = 3.0
"""How long a machine may take to begin while a shard is about to move: longer than it waits for the lock by itself."""
HOLD = (
    "SELECT lock_shard_metadata(5, ARRAY[{0}]);"
    " SELECT 1 / ((SELECT groupid FROM pg_dist_placement WHERE shardid = {0})"
    " IS NOT DISTINCT FROM (SELECT groupid FROM pg_dist_local_group))::int"
)
"""The lock against moving, in mode 5, SHARE; then a failure if the shard is not there. Said with BEGIN.

Of a shard that was split Citus knows nothing, and gives no lock (XX000)."""
HERE = (
    "SELECT (SELECT groupid FROM pg_dist_placement WHERE shardid = $1)"
    " IS NOT DISTINCT FROM (SELECT groupid FROM pg_dist_local_group)"
)
"""Whether a shard is there. Where it has been, a copy lies for some time, as it was at that moment."""
TRIES = 3
Result = TypeVar("Result")


class ShardMoved(Exception):  # a fact, not a mistake
    """A shard is on another machine by now."""


class ShardDatabase(PostgresDatabase):
    """One shard of a cluster, as a PostgreSQL database with tables of the usual names."""

    def __init__(self, machine: PostgresDatabase, shard: Shard, habits: IdHabits) -> None:
        self._habits = habits  # those of the coordinator, which gives the ids
        self.server, self.outages, self.shard = machine.server, machine.outages, shard
        self.engine = machine.engine.execution_options(shard=shard)
        self.snapshots = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._plain = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def _opening(self, *, durable: bool) -> Opening:
        """BEGIN, and the lock that keeps the shard where it is: one round trip for both."""
        commands = [*self._commands(durable=durable), HOLD.format(self.shard.number)]
        return Opening("; ".join(commands), HOLD_SECONDS)

    def _transact(self, work: Callable[[Connection], Result], *, durable: bool) -> Ended[Result]:
        """Raises ShardMoved."""
        try:
            return super()._transact(work, durable=durable)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in ELSEWHERE or not str(error.statement).startswith(BEGIN):
                raise
            raise ShardMoved from error

    async def read(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work` on one state of the data, in which the shard is there. Raises ShardMoved."""
        return await super().read(partial(self._there, work), shard=shard)

    async def glance(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work`, which asks one question, if the shard is there. Raises ShardMoved."""
        return await super().glance(partial(self._there, work), shard=shard)

    def _there(self, work: Callable[[Connection], Result], connection: Connection) -> Result:
        if not connection.exec_driver_sql(HERE, (self.shard.number,)).scalar():
            raise ShardMoved
        return work(connection)


class CitusDatabase(PostgresDatabase):
    """A Citus cluster, used from asyncio; several processes may use it at once."""

    writers = 1
    """One for each shard: a second one there would only make batches smaller."""

    def __init__(self, url: str, limits: Limits | None, cluster: Cluster) -> None:
        self._limits, self._parameters = limits or Limits(), read_parameters(url)
        self._use(PostgresServer(with_settings(self._parameters), self._limits))
        self._cluster = cluster
        self._machines: dict[Node, PostgresDatabase] = {}
        self._databases: dict[tuple[int, Node], ShardDatabase] = {}

    @property
    def cluster(self) -> Cluster:
        """The shards, as far as this process knows."""
        return self._cluster

    @property
    def shards(self) -> Sequence[Shard | None]:  # type: ignore[override]  # the same
        """All shards, whose places are known by now."""
        return self._cluster.shards

    def shard_of(self, business_id: int) -> Shard | None:
        """The shard of a business."""
        return self._cluster.shard_of(business_id)

    async def write(
        self,
        work: Callable[[Connection], Result],
        *,
        durable: bool = True,
        begun: Callable[[], None] = lambda: None,
        proof: Callable[[Result], Lookup | None] = lambda _: None,
        shard: Shard | None = None,
    ) -> Result:
        """Run `work` in a transaction; with a shard, on its machine alone. See `Database`."""
        if shard is None:
            return await super().write(work, durable=durable, begun=begun, proof=proof)
        return await self._where_it_is(
            shard, lambda there: there.write(work, durable=durable, begun=begun, proof=proof)
        )

    async def _where_it_is(self, shard: Shard, ask: Callable[[ShardDatabase], Awaitable[Result]]) -> Result:
        """Ask a shard; one that has moved is looked up, and asked again. Raises Busy if it was split."""
        for _ in range(TRIES):
            try:
                return await ask(self._database_of(shard))
            except ShardMoved:
                await self.look_again()
        raise Busy

    async def glance(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work`, which asks one question; with a shard, on its machine alone."""
        if shard is None:
            return await super().glance(work)
        return await self._where_it_is(shard, lambda there: there.glance(work))

    async def read(self, work: Callable[[Connection], Result], *, shard: Shard | None = None) -> Result:
        """Run `work` on one state of the data; with a shard, on its machine alone."""
        if shard is None:
            return await super().read(work)
        return await self._where_it_is(shard, lambda there: there.read(work))

    async def look_again(self) -> None:
        """Ask the coordinator where the shards are now."""
        cluster = await self.glance(read_cluster)
        if cluster is not None:
            self._cluster = cluster

    def _database_of(self, shard: Shard) -> ShardDatabase:
        """A shard as a database, where it is now. Raises Busy if it was split."""
        now = self._cluster.numbered(shard.number)
        if now is None:
            raise Busy
        place = now.number, now.node
        if place not in self._databases:
            self._databases[place] = ShardDatabase(self.machine(now.node), now, self._habits)
        return self._databases[place]

    def machine(self, node: Node) -> PostgresDatabase:
        """A machine; statements with the option `shard` are about the tables of that."""
        if node not in self._machines:
            machine = Machine(self._parameters, node, self._limits)
            event.listen(machine.engine.sync_engine, "before_cursor_execute", _name_tables, retval=True)
            self._machines[node] = machine
        return self._machines[node]

    def ids(self, connection: Connection, expected: int = 1) -> PostgresIds:
        """The ids of one transaction, from the coordinator."""
        if _shard_of(connection) is None:
            return super().ids(connection, expected)
        return CoordinatorIds(connection, self._habits, expected, self._plain.sync_engine)

    def put(self, connection: Connection, writings: Sequence[BulkWrite]) -> list[int]:
        """Carry out independent writes; return how many rows each had."""
        if _shard_of(connection) is not None:
            return super().put(connection, writings)
        return [statements.write(connection, one) if one.rows else 0 for one in writings]

    def fetch(
        self,
        connection: Connection,
        table: Table,
        columns: tuple[str, ...],
        wanted: Iterable[Wanted],
        *,
        lock: bool = False,
    ) -> Sequence[Row[Any]]:
        """All rows whose columns have one of the wanted values; see `Database`."""
        home = HOMES[table.name]
        if _shard_of(connection) is not None and home is TableHome.COORDINATOR:
            with self.beside(connection) as coordinator:
                return super().fetch(coordinator, table, columns, wanted)
        if _shard_of(connection) is not None or home is not TableHome.SHARD:
            return super().fetch(connection, table, columns, wanted, lock=lock)
        return statements.fetch(connection, Lookup(table, columns, set(wanted)), lock=lock)

    def gather(
        self,
        connection: Connection,
        questions: Sequence[Lookup],
        *,
        ids: Ids | None,
        locked: Sequence[Lookup] = (),
        patient: bool = True,
    ) -> Gathered:
        """Locked rows and the rows of each question; one after the other, unless the transaction says its shard."""
        if _shard_of(connection) is not None:
            return super().gather(connection, questions, ids=ids, locked=locked, patient=patient)
        return statements.gather(connection, questions, locked=locked)

    @contextmanager
    def beside(self, connection: Connection) -> Iterator[Connection]:
        """The coordinator, outside the transaction, for tables that are there alone."""
        if _shard_of(connection) is None:
            yield connection
        else:
            with self._plain.sync_engine.connect() as coordinator:
                yield coordinator

    async def machines(self) -> Mapping[Node, PostgresDatabase]:
        """All machines but the coordinator, also those without shards: they have copies of what is everywhere."""
        return {node: self.machine(node) for node in await self.glance(read_nodes)}

    async def away(self) -> Sequence[Node]:
        """The machines with shards that do not answer."""
        answered = await asyncio.gather(*map(self._answers, self._cluster.nodes))
        return [node for node, answers in zip(self._cluster.nodes, answered, strict=True) if not answers]

    async def _answers(self, node: Node) -> bool:
        try:
            return await self.machine(node).takes_writes()
        except Busy:
            return False

    async def close(self) -> None:
        """Close all connections."""
        for machine in self._machines.values():
            await machine.close()
        await super().close()


def _shard_of(connection: Connection) -> Shard | None:
    found: Shard | None = connection.get_execution_options().get("shard")
    return found


def _name_tables(  # as SQLAlchemy calls it
    connection: Connection, _cursor: object, statement: str, parameters: object, _context: object, _many: object
) -> tuple[str, object]:
    shard = _shard_of(connection)
    return (statement if shard is None else shard.named(statement)), parameters
