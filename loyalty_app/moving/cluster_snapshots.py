"""Snapshots of a cluster: one state of each machine, read past the coordinator. Citus has no snapshot of all machines.

The rows of a shop are in one shard, so they are of one moment; other shops, and what is on the coordinator, may be of
another, a moment before or after. The coordinator comes last: what others refer to is there. Nothing is written.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, text

from loyalty_app.db.citus.cluster import read_cluster
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.db.shards import Cluster, Node, Shard, shards_of
from loyalty_app.settings import SettingsError

Result = TypeVar("Result")
BEGIN = text("SELECT 1")
"""The first question of a transaction decides which state it sees."""
MOVED = "A shard of the cluster moved to another machine just now. Nothing was closed. Run this again."


class PartSnapshot:
    """One state of a machine; with a shard, of its tables."""

    def __init__(self, connection: Any, shard: Shard | None = None) -> None:  # noqa: ANN401  # AsyncConnection, which brings the ORM
        self._connection, self._shard = connection, shard

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work`, which writes nothing."""

        def named(connection: Connection) -> Result:
            return work(connection.execution_options(shard=self._shard))

        found: Result = await self._connection.run_sync(named)
        return found


class ClusterSnapshot(PartSnapshot):
    """One state of each machine; what is asked of it alone is asked of the coordinator."""

    def __init__(self, coordinator: Any, machines: Mapping[Node, Any], cluster: Cluster) -> None:  # noqa: ANN401  # the same
        super().__init__(coordinator)
        self.shards = cluster.shards
        self._shard_of = cluster.shard_of
        self._parts = {shard: PartSnapshot(machines[shard.node], shard) for shard in cluster.shards}
        self.others: Mapping[Node, PartSnapshot] = {}
        """All machines but the coordinator, which may have shards too."""

    def shard_of(self, business_id: int) -> Shard:
        """The shard in which the rows of a business are."""
        return self._shard_of(business_id)

    def parts_of(self, table: Table) -> Sequence[PartSnapshot]:
        """What has rows of a table; together they have all of them, each once."""
        return [self if shard is None else self._parts[shard] for shard in shards_of(self, table.name)]

    def part_of(self, table: Table, business_id: int) -> PartSnapshot:
        """What has the rows of a business in a table."""
        return self._parts[self.shard_of(business_id)] if shards_of(self, table.name) != (None,) else self


@asynccontextmanager
async def cluster_snapshot(database: CitusDatabase) -> AsyncIterator[ClusterSnapshot]:
    """One state of each machine, until the block ends. Raises SettingsError if a shard moves at this moment."""
    await database.look_again()
    before = database.cluster
    others = await database.machines()
    nodes = {**others, **{node: database.machine(node) for node in before.nodes}}
    async with AsyncExitStack() as stack:
        machines = {node: await _state_of(stack, machine) for node, machine in nodes.items()}
        coordinator = await _state_of(stack, database)
        now = await coordinator.run_sync(read_cluster)
        if now is None or _places(now) != _places(before):
            raise SettingsError(MOVED)
        cluster = ClusterSnapshot(coordinator, machines, now)
        cluster.others = {node: PartSnapshot(machines[node]) for node in others}
        yield cluster


async def _state_of(stack: AsyncExitStack, machine: PostgresDatabase) -> Any:  # noqa: ANN401  # the same
    connection = await stack.enter_async_context(machine.snapshots.connect())
    await connection.execute(BEGIN)
    return connection


def _places(cluster: Cluster) -> list[tuple[int, Node]]:
    return [(shard.number, shard.node) for shard in cluster.shards]
