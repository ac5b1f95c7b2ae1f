"""A pretended cluster: an ordinary PostgreSQL that is spoken to as to a cluster with one shard, for tests without one.

What says its shard goes over connections of its own, and each statement there is looked at: one that is not of the
shard is refused, as on a real cluster, where it would fail or spoil something. Tables have their usual names.
"""

import pytest

from loyalty_app.db.citus import engine
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.db.shards import Cluster, Node, Shard
from loyalty_app.settings import Settings


def open_pretended_cluster(settings: Settings, patch: pytest.MonkeyPatch) -> CitusDatabase:
    """Open it; until the test ends nothing asks Citus whether a shard is still there."""
    patch.setattr(engine, "HOLD", "SELECT {0}")
    patch.setattr(engine, "ON_COORDINATOR", {})
    (host, *_) = read_parameters(settings.database_url).hosts
    shard = Shard(1, Node(host.name, host.port), {})
    return CitusDatabase(settings.database_url, None, Cluster([(-(2**31), shard)]))
