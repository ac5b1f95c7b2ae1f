"""Connections to PostgreSQL ask about its own types once a process, and about types of a database each time."""

from collections.abc import Iterable

import asyncpg
import pytest

from loyalty_app.db.postgres import server
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.db.postgres.server import Limits, PostgresServer

ARRAYS = "SELECT $1::bigint[], $2::varchar[], ARRAY(SELECT ROW(7, 'stamps'))"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The types that a connection asked its server about; at first nothing is known of any."""
    ask, noted = asyncpg.Connection._introspect_types, []  # noqa: SLF001 - there is no other way to hear of it

    async def note(connection: asyncpg.Connection, oids: Iterable[int], seconds: float | None) -> object:
        noted.append(set(oids))
        return await ask(connection, oids, seconds)

    monkeypatch.setattr(asyncpg.Connection, "_introspect_types", note)
    monkeypatch.setattr(server, "_known_types", {})
    return noted


async def row_of(url: str, question: str, *values: object) -> tuple[object, ...]:
    """What a new connection of ours is answered."""
    connection = await PostgresServer(read_parameters(url), Limits()).connect()
    try:
        return tuple(await connection.fetchrow(question, *values))
    finally:
        await connection.close()


async def test_only_the_first_connection_asks_what_arrays_of_postgresql_itself_are(
    postgres_url: str, asked: list[set[int]]
) -> None:
    first = await row_of(postgres_url, ARRAYS, [1, 2], ["ä"])
    assert len(asked) == 1
    assert await row_of(postgres_url, ARRAYS, [1, 2], ["ä"]) == first == ([1, 2], ["ä"], [(7, "stamps")])
    assert await row_of(postgres_url, "SELECT $1::bigint[]", [3]) == ([3],)
    assert len(asked) == 1


async def test_each_connection_asks_what_a_type_of_its_database_is(
    postgres_database: str, asked: list[set[int]]
) -> None:
    maker = await asyncpg.connect(postgres_database)
    await maker.execute("CREATE TYPE drink AS ENUM ('tea')")
    await maker.close()
    for _ in range(2):
        assert await row_of(postgres_database, "SELECT ARRAY['tea'::drink]") == (["tea"],)
    assert len(asked) == 2
