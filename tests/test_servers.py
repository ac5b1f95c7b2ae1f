"""The servers that other tests stand on are there, are the right ones, and keep tests apart."""

import socket
import sys
from contextlib import closing
from importlib import import_module
from importlib.util import find_spec
from urllib.parse import urlsplit

import asyncpg
import pytest
from redis import Redis

from testkit.servers import free_port, fresh_postgres
from tests.conftest import SLOW_IMPORTS, is_slow_file


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_postgresql_is_recent_and_durable(postgres_url: str) -> None:
    assert int(str(await ask(postgres_url, "SHOW server_version_num"))) >= 150_000
    assert await ask(postgres_url, "SHOW fsync") == "on"


async def test_a_fresh_database_copies_its_template_and_is_dropped(postgres_url: str, postgres_database: str) -> None:
    await ask(postgres_database, "CREATE TABLE card AS SELECT 7 AS stamps")
    template = urlsplit(postgres_database).path.removeprefix("/")

    async with fresh_postgres(postgres_url, template) as copy:
        assert await ask(copy, "SELECT stamps FROM card") == 7
        assert await ask(copy, "UPDATE card SET stamps = 8 RETURNING stamps") == 8

    assert await ask(postgres_database, "SELECT stamps FROM card") == 7
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await ask(copy, "SELECT 1")


@pytest.mark.parametrize("time", ["first", "second"])
def test_redis_remembers_within_a_test_and_forgets_between_tests(redis_url: str, time: str) -> None:
    with closing(Redis.from_url(redis_url, decode_responses=True)) as redis:
        assert redis.get("time") is None
        redis.set("time", time)
        assert redis.get("time") == time


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port that is held lets no server listen")
def test_a_free_port_is_nobodys_until_the_server_that_is_told_it_listens_there() -> None:
    place = "127.0.0.1", free_port()
    with socket.socket() as passer_by, pytest.raises(OSError, match="in use"):
        passer_by.bind(place)
    with socket.socket() as caller, pytest.raises(ConnectionRefusedError):
        caller.connect(place)
    with socket.create_server(place), socket.create_connection(place) as caller:
        assert caller.getpeername() == place


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Python's own SQLite serves")
def test_sqlite_is_free_of_the_wal_reset_bug() -> None:
    pysqlite3 = pytest.importorskip("pysqlite3", reason="pysqlite3 has no wheel for this machine")

    assert pysqlite3.sqlite_version_info >= (3, 51, 3)


def test_what_makes_a_test_slow_is_known_by_names_that_there_are() -> None:
    assert [name for name in sorted(SLOW_IMPORTS) if find_spec(name) is None] == []


def test_a_file_that_imports_what_starts_a_program_is_slow() -> None:
    assert is_slow_file(import_module("tests.api.test_server"))
    assert not is_slow_file(import_module("tests.core.test_stamping"))
