"""Databases on a Citus cluster of your own, which LOYALTY_TEST_CITUS_URL names; without it no test uses one.

The URL leads to any database of the coordinator in which its machines are known (`citus_add_node`). Its role must be
allowed to make databases and extensions on all of them.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Connection

from loyalty_app.db.citus import engine
from loyalty_app.db.citus.cluster import find_cluster
from loyalty_app.db.citus.distribution import ONE_AFTER_THE_OTHER
from loyalty_app.db.citus.machines import Machine
from loyalty_app.db.own_triggers import change_triggers, drop_own_triggers
from loyalty_app.db.postgres.engine import open_engine
from loyalty_app.db.postgres.parameters import ConnectionParameters
from loyalty_app.db.postgres.server import Limits
from loyalty_app.db.shards import Node
from loyalty_app.db.tables import metadata
from loyalty_app.db.tables.homes import HOMES, TableHome
from testkit.servers import free_port

VARIABLE = "LOYALTY_TEST_CITUS_URL"
NODES = "SELECT nodename, nodeport, groupid FROM pg_dist_node WHERE noderole = 'primary' ORDER BY groupid"

BEGIN_AGAIN = "SELECT setval(sequencename::regclass, start_value, false) FROM pg_sequences WHERE schemaname = 'public'"


def citus_url() -> str | None:
    """The cluster for tests, if there is one."""
    return os.environ.get(VARIABLE)


SERVERS = ("postgresql", *(("citus",) if citus_url() else ()))
"""The kinds of servers for tests that run on each; a file is no server."""


@asynccontextmanager
async def fresh_citus(url: str) -> AsyncIterator[str]:
    """Yield the URL of a new, empty database on the cluster at `url`, and drop it afterwards."""
    name = f"test_{uuid4().hex}"
    known = await asyncpg.connect(url)
    nodes = await known.fetch(NODES)
    await known.close()
    account = urlsplit(url).netloc.rpartition("@")[0]
    places = {node["groupid"]: f"postgresql://{account}@{node['nodename']}:{node['nodeport']}" for node in nodes}
    for place in places.values():
        await _execute(f"{place}/postgres", f'CREATE DATABASE "{name}"')
        await _execute(f"{place}/{name}", "CREATE EXTENSION citus")
    own = f"{places[0]}/{name}"
    (coordinator, *others) = nodes
    await _execute(own, f"SELECT citus_set_coordinator_host('{coordinator['nodename']}', {coordinator['nodeport']})")
    for node in others:
        await _execute(own, f"SELECT citus_add_node('{node['nodename']}', {node['nodeport']})")
    try:
        yield own
    finally:
        for place in places.values():
            await _execute(f"{place}/postgres", f'DROP DATABASE "{name}" WITH (FORCE)')


async def empty_citus(url: str) -> None:
    """Delete all rows, each shard on its machine, and begin the ids again."""
    find_cluster.cache_clear()  # the test before may have moved a shard, and left a copy
    await _execute(url, "CALL citus_cleanup_orphaned_resources()")
    try:
        await _empty(url)
    except asyncpg.LockNotAvailableError:  # a test has left a shop that is held
        await _let_go(url)
        await _empty(url)


async def _let_go(url: str) -> None:
    """Take all triggers away that a move has made."""

    def let_go(connection: Connection) -> None:
        connection.execute(ONE_AFTER_THE_OTHER)
        change_triggers(connection)
        drop_own_triggers(connection)

    opened = open_engine(url)
    async with opened.begin() as connection:
        await connection.run_sync(let_go)
    await opened.dispose()


async def _empty(url: str) -> None:
    cluster = find_cluster(url)
    assert cluster is not None
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    for shard in cluster.shards:
        there = parts._replace(netloc=f"{account}@{shard.node}").geturl()
        await _execute(there, shard.named(_deleting(TableHome.SHARD)))
    await _execute(url, f"{_deleting(TableHome.COORDINATOR)}; {_deleting(TableHome.EVERYWHERE)}; {BEGIN_AGAIN}")


@asynccontextmanager
async def node_away(url: str, node: Node) -> AsyncIterator[None]:
    """Let nobody reach a machine, for this database alone: databases that are opened from now on, and Citus itself."""
    moved = "UPDATE pg_dist_node SET nodeport = {} WHERE nodename = '{}' AND nodeport = {}"
    nowhere = free_port()
    await _execute(url, moved.format(nowhere, node.host, node.port))
    find_cluster.cache_clear()
    try:
        yield
    finally:
        await _execute(url, moved.format(node.port, node.host, nowhere))
        find_cluster.cache_clear()


def dial_elsewhere(patch: pytest.MonkeyPatch, node: Node, instead: Node) -> None:
    """Let databases of a cluster that are opened from now on reach a machine at another place."""

    class Elsewhere(Machine):
        def __init__(self, coordinators: ConnectionParameters, asked: Node, limits: Limits) -> None:
            super().__init__(coordinators, instead if asked == node else asked, limits)

    patch.setattr(engine, "Machine", Elsewhere)


def _deleting(home: TableHome) -> str:
    tables = (table.name for table in reversed(metadata.sorted_tables) if HOMES[table.name] is home)
    return "; ".join(f'DELETE FROM "{name}"' for name in tables)  # noqa: S608  # our own names


async def _execute(url: str, command: str) -> None:
    settings = {"client_min_messages": "error", "citus.multi_shard_modify_mode": "sequential"}
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        await connection.execute(command)
    finally:
        await connection.close()
