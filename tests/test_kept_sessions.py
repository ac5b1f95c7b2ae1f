"""The sessions that tests keep: another test finds one as good as new, and never one that is not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.db.postgres.server import Limits, PostgresServer
from loyalty_app.settings import Settings
from testkit.concurrency import until
from testkit.migrated import Emptier
from tests.app.conftest import migrated_postgres, postgres_settings

__all__ = ["migrated_postgres", "postgres_settings"]

Work = Callable[[asyncpg.Connection], Awaitable[Any]]


@pytest.fixture
def server(postgres_settings: Settings, migrated_postgres: Emptier) -> PostgresServer:
    """A server of which it is known that no pooler stands before it; no session is kept yet."""
    migrated_postgres.keeper.end()
    server = PostgresServer(read_parameters(postgres_settings.database_url), Limits())
    server.pooled = False
    return server


async def connected(server: PostgresServer, work: Work) -> tuple[int, Any]:
    """The number of a session of ours, and what was done over it."""
    connection = await server.connect()
    try:
        return connection.get_server_pid(), await work(connection)
    finally:
        await connection.close()


async def number(connection: asyncpg.Connection) -> int:
    found: int = await connection.fetchval("SELECT pg_backend_pid()")
    return found


def test_a_session_goes_from_one_event_loop_to_the_next(server: PostgresServer) -> None:
    found = [asyncio.run(connected(server, number)) for _ in range(3)]
    assert len({number for both in found for number in both}) == 1


async def test_a_closed_connection_is_closed_though_its_session_goes_on(server: PostgresServer) -> None:
    connection = await server.connect()
    await connection.close()
    assert connection.is_closed()
    with pytest.raises(asyncpg.InterfaceError):
        await number(connection)
    assert await connected(server, number)


async def test_two_at_once_have_two_sessions_and_a_kind_of_its_own_has_its_own(server: PostgresServer) -> None:
    opened = await server.connect()
    first = opened.get_server_pid()
    second, _ = await connected(server, number)
    await opened.close()
    hasty = PostgresServer(server.parameters, replace(server.limits, lock_seconds=0.5))
    hasty.pooled = False
    third, limit = await connected(hasty, lambda connection: connection.fetchval("SHOW lock_timeout"))
    assert len({first, second, third}) == 3
    assert limit == "500ms"


async def test_nothing_that_was_set_locked_or_listened_to_goes_on(server: PostgresServer) -> None:
    async def leave_traces(connection: asyncpg.Connection) -> None:
        await connection.execute("SET lock_timeout = 7; SET work_mem = '9MB'; SELECT pg_advisory_lock(7); LISTEN news")

    async def traces(connection: asyncpg.Connection) -> tuple[Any, ...]:
        locks = "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"
        heard = "(SELECT count(*) FROM pg_listening_channels())"
        asked = f"SELECT current_setting('lock_timeout'), current_setting('work_mem'), {locks}, {heard}"
        return tuple(await connection.fetchrow(asked))

    _, clean = await connected(server, traces)
    before, _ = await connected(server, leave_traces)
    assert (before, clean) == await connected(server, traces)


async def test_a_transaction_that_is_open_is_rolled_back_and_its_session_ended(server: PostgresServer) -> None:
    async def begin(connection: asyncpg.Connection) -> None:
        await connection.execute("BEGIN; CREATE TABLE left_open (id int)")

    before, _ = await connected(server, begin)
    now, found = await connected(server, lambda connection: connection.fetchval("SELECT to_regclass('left_open')"))
    assert (now != before, found) == (True, None)


async def test_a_session_that_the_server_has_ended_is_given_to_nobody(
    server: PostgresServer, postgres_settings: Settings
) -> None:
    before, _ = await connected(server, number)
    other = await asyncpg.connect(postgres_settings.database_url)
    await other.fetchval("SELECT pg_terminate_backend($1)", before)

    async def gone() -> bool:
        return not await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", before)

    await until(gone)
    await other.close()
    now, asked = await connected(server, number)
    assert (now != before, asked) == (True, now)


async def test_what_a_session_has_prepared_it_knows(server: PostgresServer) -> None:
    async def prepared(connection: asyncpg.Connection) -> str:
        statement = await connection.prepare("SELECT $1::bigint[], 'seven'")
        assert await statement.fetchrow([7]) == ([7], "seven")
        name: str = statement.get_name()
        return name

    assert await connected(server, prepared) == await connected(server, prepared)


async def test_no_more_statements_are_prepared_than_are_known(server: PostgresServer) -> None:
    async def prepared(connection: asyncpg.Connection) -> int:
        assert await connection.fetchrow("SELECT $1::int", 7) == (7,)
        found: int = await connection.fetchval("SELECT count(*) FROM pg_prepared_statements")
        return found

    found = [await connected(server, prepared) for _ in range(4)]
    assert found == [found[0]] * 4


async def test_a_query_over_a_session_that_was_kept_can_be_cancelled(server: PostgresServer) -> None:
    before, _ = await connected(server, number)
    with pytest.raises(TimeoutError):
        await connected(server, lambda connection: connection.execute("SELECT pg_sleep(60)", timeout=0.05))
    now, asked = await connected(server, number)
    assert (before, now) == (now, asked)


@pytest.mark.usefixtures("own_sessions")
async def test_who_wants_sessions_of_ones_own_finds_no_others(server: PostgresServer) -> None:
    first, _ = await connected(server, number)
    second, _ = await connected(server, number)
    assert first != second
