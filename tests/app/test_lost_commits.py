"""Lost commits: whatever happens to the connection, nobody is stamped twice, and nobody is told what is not so."""

import asyncio
from collections.abc import AsyncIterator
from math import inf
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import Connection, text

from loyalty_app.db import tables
from loyalty_app.db.bulk import Lookup
from loyalty_app.db.migrate import migrate
from loyalty_app.db.outages import CommitUnknown
from loyalty_app.db.postgres import driver
from loyalty_app.db.postgres import engine as postgres
from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.settings import Settings
from loyalty_core.errors import Busy, BusyReason
from testkit.audit import assert_books_balance
from testkit.concurrency import at_once, until
from testkit.postgres_wire import Cut, PostgresWire, open_wire
from testkit.shop import Shop, open_shop

END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@pytest.fixture
async def reached(postgres_settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[Shop, PostgresWire]]:
    """A shop whose database is reached through a wire."""
    async with open_wire(postgres_settings.database_url, tmp_path) as (wire, url):
        database = PostgresDatabase(url)
        shop = await open_shop(database)
        yield shop, wire
        wire.ends.set()
        await shop.counter.close()
        await database.close()


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for the fate of a commit three times and do not wait between."""
    monkeypatch.setattr(postgres, "FATE_SECONDS", (0, 0, 0))


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("with_keys", [True, False])
async def test_a_batch_whose_commit_broke_is_answered_and_written_once(
    reached: tuple[Shop, PostgresWire], cut: Cut, *, with_keys: bool
) -> None:
    shop, wire = reached
    lena = await shop.join()
    wire.cut(cut)
    keys = [f"k{number}" if with_keys else None for number in range(5)]
    stamped = await asyncio.gather(*(shop.stamp(lena.id, key=key) for key in keys))
    assert wire.whole, "it was cut and is whole again"
    assert [answer.total_stamps for answer in stamped] == [1, 2, 3, 4, 5]
    assert [entry.id for entry in await shop.ledger()] == [answer.transaction_id for answer in stamped]
    await assert_books_balance(shop)


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize("cut", Cut)
async def test_if_nobody_knows_everyone_is_asked_to_come_back_and_a_key_tells_then(
    reached: tuple[Shop, PostgresWire], cut: Cut
) -> None:
    shop, wire = reached
    lena = await shop.join()
    wire.cut(cut, dead_dials=inf)
    answers, refusals = await at_once(shop.stamp(lena.id, key=f"k{number}") for number in range(3))
    assert (answers, [type(refusal) for refusal in refusals]) == ([], [Busy] * 3)
    wire.repair()
    await asyncio.gather(*(shop.stamp(lena.id, key=f"k{number}") for number in range(3)))
    assert (await shop.customer(lena.id)).card.total_stamps == 3
    await assert_books_balance(shop)


async def test_a_commit_whose_answer_does_not_come_in_time_counts_once(
    postgres_settings: Settings, tmp_path: Path
) -> None:
    async with open_wire(postgres_settings.database_url, tmp_path) as (wire, url):
        database = PostgresDatabase(f"{url}&command_timeout=2")
        shop = await open_shop(database)
        lena = await shop.join()
        wire.ends.clear()
        wire.cut(Cut.AFTER_COMMIT)
        assert (await shop.stamp(lena.id)).total_stamps == 1
        wire.ends.set()
        assert len(await shop.ledger()) == 1
        await shop.counter.close()
        await database.close()


async def test_a_session_that_the_server_has_ended_is_replaced_and_nobody_feels_it(
    reached: tuple[Shop, PostgresWire], postgres_settings: Settings
) -> None:
    shop, wire = reached
    lena = await shop.join()
    wire.ends.clear()
    server = await asyncpg.connect(postgres_settings.database_url)
    await asyncio.gather(*(shop.database.glance(lambda c: c.execute(text("SELECT pg_sleep(0.05)"))) for _ in range(6)))
    await server.execute(END_OTHERS)
    await until(lambda: is_alone(server))
    assert [(await shop.stamp(lena.id)).total_stamps for _ in range(3)] == [1, 2, 3]
    wire.ends.set()
    await server.close()


async def is_alone(server: asyncpg.Connection) -> bool:
    """Whether the server has ended all other sessions of the database."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return not await server.fetchval(others)


@pytest.mark.usefixtures("no_patience")
async def test_what_nobody_knows_is_not_tried_again_even_if_it_could_be(reached: tuple[Shop, PostgresWire]) -> None:
    shop, wire = reached
    lena = await shop.join()
    wire.cut(Cut.AFTER_COMMIT, dead_dials=len(postgres.FATE_SECONDS))
    _, refusals = await at_once(shop.stamp(lena.id) for _ in range(3))
    assert wire.whole, "it was cut, asking failed each time, and then it was whole again"
    assert [type(refusal) for refusal in refusals] == [Busy] * 3
    assert (await shop.customer(lena.id)).card.total_stamps == 3
    await assert_books_balance(shop)


@pytest.mark.usefixtures("no_patience")
async def test_while_the_server_is_away_everyone_is_asked_to_come_back(reached: tuple[Shop, PostgresWire]) -> None:
    shop, wire = reached
    lena = await shop.join()
    wire.cut(Cut.BEFORE_COMMIT, dead_dials=inf)
    for _ in range(2):
        with pytest.raises(Busy) as refusal:
            await shop.stamp(lena.id)
        assert refusal.value.retry_after == 5
    wire.repair()
    assert (await shop.stamp(lena.id)).total_stamps == 1


async def test_while_the_server_lets_nobody_in_everyone_is_asked_to_come_back(
    postgres_url: str, postgres_database: str
) -> None:
    await asyncio.to_thread(migrate, Settings(database_url=postgres_database))
    database = PostgresDatabase(postgres_database)
    shop = await open_shop(database)
    lena = await shop.join()
    name = urlsplit(postgres_database).path.removeprefix("/")
    await close_doors(postgres_url, name)
    for _ in range(2):
        with pytest.raises(Busy):
            await shop.stamp(lena.id)
    await tell(postgres_url, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert (await shop.stamp(lena.id)).total_stamps == 1
    await shop.counter.close()
    await database.close()


async def test_a_restart_of_the_server_between_two_requests_is_not_felt(
    postgres_url: str, postgres_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    database = PostgresDatabase(postgres_settings.database_url)
    shop = await open_shop(database)
    lena = await shop.join()
    for verb in (shop.stamp(lena.id), shop.customer(lena.id), shop.change(stamps_required=3)):
        await end_sessions(postgres_url, urlsplit(postgres_settings.database_url).path.removeprefix("/"))
        await verb
    assert caplog.text == ""
    await shop.counter.close()
    await database.close()


async def test_a_session_that_ends_just_as_a_change_begins_is_replaced_and_nobody_feels_it(
    postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = PostgresDatabase(postgres_settings.database_url)
    shop = await open_shop(database)
    ending, say = [True], driver.say

    def end_first(connection: Connection, command: str, *, seconds: float) -> str:
        if ending.pop() if ending else False:
            connection.connection.dbapi_connection.driver_connection.terminate()  # type: ignore[union-attr]  # open
        return say(connection, command, seconds=seconds)

    monkeypatch.setattr(driver, "say", end_first)
    await shop.change(stamps_required=3)
    assert ending == []
    await shop.counter.close()
    await database.close()


async def close_doors(server: str, name: str) -> None:
    """Let nobody into a database, and end the sessions there are, as a server does that is being stopped."""
    await tell(server, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    await end_sessions(server, name)


async def end_sessions(server: str, name: str) -> None:
    await tell(server, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1", name)

    async def gone() -> bool:
        return not await tell(server, "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name)

    await until(gone)


async def tell(server: str, statement: str, *values: str) -> object:
    connection = await asyncpg.connect(server)
    try:
        return await connection.fetchval(statement, *values)
    finally:
        await connection.close()


NUMBER = text("SELECT pg_current_xact_id()::text")
A_SHOP = Lookup(tables.business, ("id",), [(1,)])
"""Stands for the row that a transaction wrote."""
NO_SHOP = Lookup(tables.business, ("id",), [(404,)])


async def numbers_of_two(database: PostgresDatabase) -> tuple[str, str]:
    """The number of a transaction that was committed, and of one that was not."""
    async with database.engine.connect() as connection:
        committed = await connection.scalar(NUMBER)
        await connection.commit()
        aborted = await connection.scalar(NUMBER)
        await connection.rollback()
    return str(committed), str(aborted)


async def test_the_fate_of_a_transaction_is_known_by_its_row(reached: tuple[Shop, PostgresWire]) -> None:
    database = reached[0].database
    assert isinstance(database, PostgresDatabase)
    committed, aborted = await numbers_of_two(database)
    assert await database.committed(committed, A_SHOP) is True
    assert await database.committed(aborted, NO_SHOP) is False


async def test_a_number_that_was_committed_is_no_proof_without_its_row(reached: tuple[Shop, PostgresWire]) -> None:
    database = reached[0].database
    assert isinstance(database, PostgresDatabase)
    committed, _ = await numbers_of_two(database)
    with pytest.raises(CommitUnknown):
        await database.committed(committed, NO_SHOP)


@pytest.mark.usefixtures("no_patience")
async def test_the_fate_of_a_transaction_that_goes_on_or_never_was_is_unknown(
    postgres_settings: Settings,
) -> None:
    database = PostgresDatabase(postgres_settings.database_url)
    async with database.engine.connect() as connection:
        goes_on = await connection.scalar(NUMBER)
        for unknown in (goes_on, str(int(goes_on) + 10**6)):
            with pytest.raises(CommitUnknown):
                await database.committed(unknown, NO_SHOP)
    await database.close()


async def test_a_write_that_names_no_row_is_in_doubt_if_its_commit_broke(reached: tuple[Shop, PostgresWire]) -> None:
    shop, wire = reached
    wire.cut(Cut.BEFORE_COMMIT)
    with pytest.raises(Busy) as refusal:
        await shop.change(stamps_required=3)
    assert refusal.value.reason is BusyReason.IN_DOUBT
    assert (await shop.program()).terms.stamps_required == 10
