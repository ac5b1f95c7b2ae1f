"""A pretended cluster: an ordinary PostgreSQL that is spoken to as to a cluster with one shard, for tests without one.

What says its shard goes over connections of its own, and each statement there is looked at: one that is not of the
shard is refused, as on a real cluster, where it would fail or spoil something. Tables have their usual names.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache

import pytest

from loyalty_app.db import held_shops
from loyalty_app.db.citus import cluster, engine, machines
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.db.shards import Cluster, Node, Shard
from loyalty_app.moving import cluster_snapshots
from loyalty_app.settings import Settings
from testkit.servers import execute, free_port

REFUSED = """
CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'connection to the remote node failed' USING ERRCODE = '08006'; END$$;
CREATE TRIGGER away BEFORE INSERT OR UPDATE OR DELETE ON business EXECUTE FUNCTION away();
CREATE TRIGGER away BEFORE INSERT OR UPDATE OR DELETE ON staff EXECUTE FUNCTION away();
CREATE TRIGGER away BEFORE INSERT OR UPDATE OR DELETE ON telegram_bot EXECUTE FUNCTION away()
"""


def open_pretended_cluster(settings: Settings, patch: pytest.MonkeyPatch, *, half_away: bool = False) -> CitusDatabase:
    """Open it; until the test ends nothing asks Citus whether a shard is still there.

    With `half_away` there is a second shard, on a machine that does not answer.
    """
    _ask_citus_nothing(patch)
    shards = [_whole(settings.database_url)]
    if half_away:
        shards.append((0, Shard(2, Node("127.0.0.1", free_port()), {})))
    return CitusDatabase(settings.database_url, None, Cluster(shards))


def pretend_cluster(url: str, patch: pytest.MonkeyPatch) -> None:
    """Let `open_database` and all that reads a cluster take what is at a URL for one, until the test ends."""
    _ask_citus_nothing(patch)
    pretended = Cluster([_whole(url)])

    @lru_cache  # as the other, so that it can be forgotten
    def find(asked: str, found: Callable[[str], Cluster | None] = cluster.find_cluster) -> Cluster | None:
        return pretended if asked == url else found(asked)

    patch.setattr(cluster, "find_cluster", find)
    patch.setattr(engine, "read_nodes", lambda _: [])
    for module in (engine, cluster_snapshots):
        patch.setattr(module, "read_cluster", lambda _: pretended)


def split_pretended(database: CitusDatabase, patch: pytest.MonkeyPatch) -> None:
    """Split the first shard in two, which this database does not know yet; until the test ends the old one is gone."""
    (old, *_) = database.cluster.shards
    halves = [(least, Shard(old.number + more, old.node, {})) for more, least in ((10, -(2**31)), (20, 0))]
    says = "RAISE EXCEPTION 'could not find valid entry for shard {0}' USING ERRCODE = 'XX000'"
    patch.setattr(engine, "HOLD", f"DO $$BEGIN IF {{0}} = {old.number} THEN {says}; END IF; END$$")
    patch.setattr(engine, "HERE", f"SELECT $1::int <> {old.number}")
    patch.setattr(engine, "read_cluster", lambda _: Cluster(halves))


def _ask_citus_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine, "HOLD", "SELECT {0}")
    patch.setattr(engine, "HERE", "SELECT $1::int > 0")
    patch.setattr(machines, "ON_COORDINATOR", {})
    patch.setattr(held_shops, "MOVING_SHARDS", "SELECT 0")


def _whole(url: str) -> tuple[int, Shard]:
    (host, *_) = read_parameters(url).hosts
    return -(2**31), Shard(1, Node(host.name, host.port), {})


@asynccontextmanager
async def copies_held(settings: Settings) -> AsyncIterator[None]:
    """Refuse changes of what is on every machine, as Citus does while one of them is away."""
    await execute(settings.database_url, REFUSED)
    try:
        yield
    finally:
        await execute(settings.database_url, "DROP FUNCTION away() CASCADE")
