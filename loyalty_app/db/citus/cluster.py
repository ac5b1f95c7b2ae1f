"""Reading a cluster: whether a URL leads to one, and where its shards are. Nothing is changed here."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from loyalty_app.db.citus.distribution import is_citus, is_distributed
from loyalty_app.db.postgres import engine as postgres
from loyalty_app.db.shards import Cluster, Node, Shard
from loyalty_app.db.tables.homes import FIRST, HOMES, TableHome

Result = TypeVar("Result")

SHARDS = text(
    "SELECT s.shardid, r.relname, s.shardminvalue::int AS least, n.nodename, n.nodeport"
    " FROM pg_dist_shard s JOIN pg_class r ON r.oid = s.logicalrelid"
    " JOIN pg_dist_placement p USING (shardid) JOIN pg_dist_node n USING (groupid)"
    " WHERE r.relnamespace = 'public'::regnamespace AND n.noderole = 'primary' ORDER BY s.shardminvalue::int"
)


OTHERS = text(
    "SELECT nodename, nodeport FROM pg_dist_node WHERE noderole = 'primary' AND groupid <> 0 ORDER BY groupid"
)


@lru_cache(64)
def find_cluster(url: str) -> Cluster | None:
    """The cluster at a URL; None if it is an ordinary PostgreSQL. Works while an event loop runs.

    Raises what the database raises if it is away.
    """
    with ThreadPoolExecutor(1, "recognition") as thread:
        return thread.submit(lambda: asyncio.run(_look(url, _cluster))).result()


def is_cluster(url: str) -> bool:
    """Whether a URL leads to the coordinator of a cluster, spread yet or not. Call it where no event loop runs."""
    return asyncio.run(_look(url, is_citus))


async def _look(url: str, work: Callable[[Connection], Result]) -> Result:
    engine = postgres.open_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _cluster(connection: Connection) -> Cluster | None:
    return read_cluster(connection) if is_distributed(connection) else None


def read_nodes(connection: Connection) -> list[Node]:
    """All machines but the coordinator, asked of that."""
    return [Node(row.nodename, row.nodeport) for row in connection.execute(OTHERS)]


def read_cluster(connection: Connection) -> Cluster | None:
    """The shards, asked of the coordinator; None if the tables are not spread over machines."""
    rows = connection.execute(SHARDS).all()
    everywhere = {
        row.relname: f"{row.relname}_{row.shardid}" for row in rows if HOMES.get(row.relname) is TableHome.EVERYWHERE
    }
    names: dict[int, dict[str, str]] = {}
    first: dict[int, Any] = {}
    for row in rows:
        if HOMES.get(row.relname) is TableHome.SHARD:
            names.setdefault(row.least, {})[row.relname] = f"{row.relname}_{row.shardid}"
        if row.relname == FIRST:
            first[row.least] = row
    shards = [
        (least, Shard(row.shardid, Node(row.nodename, row.nodeport), {**everywhere, **names[least]}))
        for least, row in first.items()
    ]
    return Cluster(shards) if shards else None
