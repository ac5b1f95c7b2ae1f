"""PostgreSQL: dumps one state of the data, and puts one database in the place of another.

pg_dump and pg_restore do the work and must be on the PATH. The snapshot that is dumped is the one that is proven. Each
node of a cluster has a state of its own, and its tables are read one after the other: so writers wait meanwhile.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from loyalty_app.backups.archive import BackupRefused
from loyalty_app.backups.postgres_programs import run_program, tool
from loyalty_app.backups.verify import BackupContents, look_into, warn_of_foreign
from loyalty_app.db.citus.cluster import find_cluster
from loyalty_app.db.citus.distribution import is_citus
from loyalty_app.db.citus.machines import Machine
from loyalty_app.db.migrate import current
from loyalty_app.db.postgres.engine import engine_of, open_engine
from loyalty_app.db.postgres.parameters import read_parameters, with_database
from loyalty_app.db.postgres.server import Limits, PostgresServer
from loyalty_app.db.shards import Node

Result = TypeVar("Result")
NODES = text("SELECT nodename, nodeport FROM pg_dist_node WHERE noderole = 'primary' ORDER BY groupid")
HOLD_ALL = text("SELECT lock_shard_metadata(7, ARRAY(SELECT shardid FROM pg_dist_shard ORDER BY shardid))")
"""In mode 7, EXCLUSIVE: it waits for writers that have begun, and later ones wait for it."""
MAINTENANCE = "postgres"
THERE = text("SELECT count(*) FROM pg_database WHERE datname = :name")
SESSIONS = text(  # autovacuum gives way by itself
    "SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
    " AND backend_type IS DISTINCT FROM 'autovacuum worker'"
)
LEAVING_SECONDS = (0.0, *(0.1,) * 50)
"""Before each look for sessions: as long as PostgreSQL itself waits before it refuses to rename a database."""
PLAIN = "--extension=plpgsql"
"""No other extension is dumped: so a cluster can be restored on an ordinary server."""
NOT_ON_CLUSTERS = (
    "The database {} is that of a cluster, and backups are restored on an ordinary PostgreSQL: do that, and bring it "
    "here with `loyalty move`."
)
THROUGH_A_POOLER = (
    "LOYALTY_DATABASE_URL leads to a pooler such as PgBouncer, through which no backup can be made: pg_dump would "
    "leave its settings in sessions of others. Set LOYALTY_DATABASE_DIRECT_URL to the server itself."
)


async def dump(url: str, target: Path) -> BackupContents:
    """Dump one state of the data and prove that same state. Raises BackupRefused, SettingsError.

    A cluster is dumped as one server would be; nobody can write to it meanwhile.
    """
    tool("pg_dump")
    server = PostgresServer(read_parameters(url), Limits().unhurried)
    if await server.is_pooled():
        raise BackupRefused(THROUGH_A_POOLER)
    async with stillness(url) as is_cluster:
        return await _dump(url, server, target, (PLAIN,) if is_cluster else ())


async def _dump(url: str, server: PostgresServer, target: Path, more: Sequence[str]) -> BackupContents:
    engine = engine_of(server)
    try:
        snapshots = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        async with snapshots.connect() as connection:
            snapshot = await connection.scalar(text("SELECT pg_export_snapshot()"))
            words = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}")
            await asyncio.to_thread(run_program, "pg_dump", url, *words, *more)
            await connection.run_sync(warn_of_foreign)
            return await connection.run_sync(look_into)
    finally:
        await engine.dispose()


@asynccontextmanager
async def stillness(url: str) -> AsyncIterator[bool]:
    """Keep all writers of a cluster waiting; it yields whether there is a cluster. Without one nothing is done."""
    cluster = find_cluster(url)
    if cluster is None:
        yield False
        return
    parameters, limits = read_parameters(url), Limits().unhurried
    coordinator = Node(parameters.hosts[0].name, parameters.hosts[0].port)
    async with AsyncExitStack() as stack:
        first = await _hold(stack, Machine(parameters, coordinator, limits))
        known = [Node(row.nodename, row.nodeport) for row in (await first.execute(NODES)).all()]
        for node in known[1:]:
            _ = await _hold(stack, Machine(parameters, node, limits))
        yield True


async def _hold(stack: AsyncExitStack, machine: Machine) -> AsyncConnection:
    stack.push_async_callback(machine.close)
    connection = await stack.enter_async_context(machine.engine.begin())
    await connection.execute(HOLD_ALL)
    return connection


def named(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return with_database(url, name)


def name_of(url: str) -> str:
    """The name of the database in a URL."""
    return str(read_parameters(url).database)


async def with_connection(url: str, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
    """Run `work` on a database outside of any transaction."""
    engine = open_engine(url)
    try:
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            return await work(connection)
    finally:
        await engine.dispose()


def quoted(name: str) -> str:
    """The name of a database, quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


async def check_idle(url: str, *, replace: bool) -> bool:
    """Whether the database exists. Raises BackupRefused if it is in use, a cluster, or not empty without `replace`.

    A server that has just stopped may still have sessions that are ending: they get LEAVING_SECONDS.
    """
    name = read_parameters(url).database

    async def look(connection: AsyncConnection) -> tuple[bool, int]:
        there = bool(await connection.scalar(THERE, {"name": name}))
        busy = 0
        for wait in LEAVING_SECONDS:
            await asyncio.sleep(wait)
            if not (busy := await connection.scalar(SESSIONS, {"name": name}) or 0):
                break
        return there, busy

    there, busy = await with_connection(named(url, MAINTENANCE), look)
    if there and await with_connection(url, _is_cluster):
        raise BackupRefused(NOT_ON_CLUSTERS.format(name))
    if busy:
        raise BackupRefused(f"The database {name} is in use by {busy} connections. Stop the servers first.")
    if there and not replace and not await with_connection(url, _is_empty):
        raise BackupRefused(f"The database {name} is not empty. --replace puts it aside, under another name.")
    return there


async def _is_cluster(connection: AsyncConnection) -> bool:
    return await connection.run_sync(is_citus)


async def _is_empty(connection: AsyncConnection) -> bool:
    tables = text("SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
    return await connection.run_sync(current) is None and not await connection.scalar(tables)


async def create(url: str, prefix: str) -> str:
    """Create an empty database on the same server; return its name. Raises BackupRefused."""
    name = f"{prefix[:40]}_restoring_{secrets.token_hex(4)}"
    try:
        await with_connection(named(url, MAINTENANCE), lambda c: c.execute(text(f"CREATE DATABASE {quoted(name)}")))
    except DBAPIError as error:
        message = f"A restore goes into a new database first, and this role may not make one: {error.orig}."
        raise BackupRefused(message) from error
    return name


async def drop(url: str, name: str) -> None:
    """Drop a database, if it exists."""
    await with_connection(named(url, MAINTENANCE), lambda c: c.execute(text(f"DROP DATABASE IF EXISTS {quoted(name)}")))


def load(url: str, source: Path) -> None:
    """Load a dump into an empty database. Raises BackupRefused."""
    run_program("pg_restore", url, "--no-owner", "--no-privileges", "--exit-on-error", str(source))


async def swap(url: str, new: str, aside: str, *, there: bool) -> None:
    """Give the database `new` the name in the URL; the old one is kept as `aside`. Raises BackupRefused."""
    name = str(read_parameters(url).database)
    steps = [(name, aside)] if there else []

    async def rename(connection: AsyncConnection) -> None:
        async with connection.begin():
            for old, now in [*steps, (new, name)]:
                await connection.execute(text(f"ALTER DATABASE {quoted(old)} RENAME TO {quoted(now)}"))

    engine = open_engine(named(url, MAINTENANCE))
    try:
        async with engine.connect() as connection:
            await rename(connection)
    except DBAPIError as error:
        raise BackupRefused(f"The database could not be put in place: {error.orig}. Stop the servers first.") from error
    finally:
        await engine.dispose()


async def examine(url: str, work: Callable[[Connection], Result]) -> Result:
    """Run `work` in a transaction of a database."""
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
