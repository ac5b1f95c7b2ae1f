"""Faults of PostgreSQL: silent hosts, locks of others, standbys. Nobody waits for long, and others go on."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Self

import asyncpg
import pytest
from sqlalchemy import Connection, text

from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.db.postgres.server import Limits
from loyalty_app.settings import Settings
from loyalty_core.errors import Busy, BusyReason
from testkit.audit import assert_books_balance
from testkit.concurrency import at_once, until
from testkit.postgres_relay import open_relay
from testkit.shop import Shop, open_next_door, open_shop

END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
HASTY = Limits(connect_seconds=1.0, lock_seconds=1.0, statement_seconds=2.0)
"""The same waits as those of a server, shorter, so that the tests are: what is well must never take so long."""

STEADY_SECONDS = 1.5
SOON_SECONDS = 60
"""No test is about seconds: a test that waits for what never comes, or for each of many, waits for longer."""


@pytest.fixture
def settings(postgres_settings: Settings) -> Settings:
    """On SQLite one lock is for all: see `test_sqlite`."""
    return postgres_settings


@asynccontextmanager
async def shop_at(url: str, limits: Limits = HASTY) -> AsyncIterator[Shop]:
    database = PostgresDatabase(url, limits)
    shop = await open_shop(database)
    yield shop
    await shop.counter.close()
    await database.close()


@pytest.fixture
async def steady(settings: Settings) -> AsyncIterator[Shop]:
    """A shop that waits for locks for longer than a slow machine needs for some stamps."""
    limits = Limits(connect_seconds=SOON_SECONDS, lock_seconds=STEADY_SECONDS, statement_seconds=SOON_SECONDS)
    async with shop_at(settings.database_url, limits) as shop:
        yield shop


@pytest.fixture
async def other(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's session."""
    connection = await asyncpg.connect(settings.database_url)
    yield connection
    await connection.close()


async def is_waited_for(other: asyncpg.Connection) -> bool:
    """Whether anybody waits for a lock of that session."""
    found: bool = await other.fetchval(
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
    )
    return found


class Watch:
    """How long something took."""

    def __enter__(self) -> Self:
        self.began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self.began


async def test_a_card_that_somebody_holds_stops_no_other_whoever_asks_for_it(
    steady: Shop, other: asyncpg.Connection
) -> None:
    lena, ben = await steady.join(), await steady.join("Ben")
    async with other.transaction():
        await other.execute("SELECT 1 FROM customer WHERE id = $1 FOR UPDATE", lena.id)
        waiting = [asyncio.create_task(steady.stamp(name)) for name in (lena.id, lena.qr_code, lena.id, lena.qr_code)]
        await asyncio.sleep(0)
        assert [(await steady.stamp(ben.id)).total_stamps for _ in range(5)] == [1, 2, 3, 4, 5]
        assert not any(task.done() for task in waiting)
        answers, refusals = await at_once(waiting)
    assert answers == []
    assert {refusal.reason for refusal in refusals if isinstance(refusal, Busy)} == {BusyReason.LOCKED}
    assert (await steady.stamp(lena.id)).total_stamps == 1
    await assert_books_balance(steady)


async def test_who_waits_for_a_card_is_stamped_in_order_once_it_is_free(
    steady: Shop, other: asyncpg.Connection
) -> None:
    lena = await steady.join()
    async with other.transaction():
        await other.execute("SELECT 1 FROM customer WHERE id = $1 FOR UPDATE", lena.id)
        waiting = [asyncio.create_task(steady.stamp(lena.id)) for _ in range(3)]
        await until(lambda: is_waited_for(other))
    assert [(await task).total_stamps for task in waiting] == [1, 2, 3]


@pytest.mark.parametrize("verb", ["redeem", "void", "update", "erase"])
async def test_every_verb_steps_over_a_card_that_somebody_holds(
    steady: Shop, other: asyncpg.Connection, verb: str
) -> None:
    lena, ben = await steady.join(opening_stamps=9), await steady.join("Ben")
    given = await steady.stamp(lena.id)
    async with other.transaction():
        await other.execute("SELECT 1 FROM customer WHERE id = $1 FOR UPDATE", lena.id)
        verbs: dict[str, Callable[[], Coroutine[None, None, object]]] = {
            "redeem": lambda: steady.redeem(lena.id),
            "void": lambda: steady.void(given.transaction_id),
            "update": lambda: steady.update(lena.id, name="Lena B"),
            "erase": lambda: steady.erase(lena.id),
        }
        waiting = asyncio.create_task(verbs[verb]())
        await asyncio.sleep(0)
        assert (await steady.stamp(ben.id)).total_stamps == 1
        assert not waiting.done()
        with pytest.raises(Busy):
            await waiting


@pytest.mark.parametrize(("table", "key"), [("business_total", "business_id"), ("business", "id")])
async def test_a_lock_on_what_belongs_to_a_shop_hinders_that_shop_alone(
    steady: Shop, other: asyncpg.Connection, table: str, key: str
) -> None:
    next_door = await open_next_door(steady)
    lena, ben = await steady.join(), await next_door.join("Ben")
    async with other.transaction():
        await other.execute(f"SELECT 1 FROM {table} WHERE {key} = $1 FOR UPDATE", steady.business.id)  # noqa: S608  # ours
        hindered = asyncio.create_task(steady.join("Cara"))
        both = asyncio.create_task(next_door.stamp(ben.id))
        assert (await both).total_stamps == 1
        took = []
        for _ in range(5):
            waiting = asyncio.create_task(steady.join("Dora"))
            with Watch() as watch:
                await next_door.stamp(ben.id)
            waiting.cancel()
            took.append(watch.seconds)
        assert min(took) < STEADY_SECONDS / 2, "not each of the five has waited for the lock"
        with pytest.raises(Busy):
            await hindered
    assert (await steady.stamp(lena.id)).total_stamps == 1


async def test_a_host_that_falls_silent_is_left_for_the_next(settings: Settings) -> None:
    async with (
        open_relay(settings.database_url) as first,
        open_relay(settings.database_url) as second,
        shop_at(first.url(second)) as shop,
    ):
        lena = await shop.join()
        await asyncio.gather(*(shop.database.read(nap) for _ in range(6)))  # six connections lead there
        first.silent = True
        with Watch() as watch:
            assert await until_stamped(shop, lena.id) == 1
        assert watch.seconds < SOON_SECONDS
        assert (await shop.customer(lena.id)).card.total_stamps == 1
        await assert_books_balance(shop)


def nap(connection: Connection) -> None:
    connection.execute(text("SELECT pg_sleep(0.05)"))


async def until_stamped(shop: Shop, customer: int) -> int:
    """Ask again, with the same key, until it is done."""
    while True:
        try:
            return (await shop.stamp(customer, key="once")).total_stamps
        except Busy:
            continue


async def test_while_the_only_host_is_silent_everybody_is_told_and_afterwards_all_goes_on(settings: Settings) -> None:
    async with open_relay(settings.database_url) as relay, shop_at(relay.url()) as shop:
        lena = await shop.join()
        relay.silent = True
        with Watch() as watch:
            _, refusals = await at_once(
                [*(shop.stamp(lena.id, key=f"k{number}") for number in range(3)), shop.customer(lena.id), shop.change()]
            )
        assert ([type(refusal) for refusal in refusals], watch.seconds < SOON_SECONDS) == ([Busy] * 5, True)
        relay.silent = False
        with Watch() as watch:
            assert (await shop.stamp(lena.id, key="k0")).total_stamps >= 1
        assert watch.seconds < SOON_SECONDS
        await assert_books_balance(shop)


async def is_refused_as_read_only(ask: Callable[[], Awaitable[object]]) -> bool:
    """Whether what is asked is refused for that; on a machine that is busy itself a connection may take too long."""
    with pytest.raises(Busy) as refusal:
        await ask()
    return refusal.value.reason is BusyReason.READ_ONLY


async def test_a_server_without_writes_is_busy_and_its_connections_are_made_anew(
    steady: Shop, other: asyncpg.Connection
) -> None:
    lena = await steady.join()
    name = await other.fetchval("SELECT current_database()")
    await other.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = $1", name
    )
    try:
        for ask in (
            lambda: steady.stamp(lena.id),
            lambda: steady.change(stamps_required=3),
            lambda: steady.join("Ben"),
        ):
            await until(partial(is_refused_as_read_only, ask))
        assert not await steady.database.takes_writes()
        assert (await steady.customer(lena.id)).card.total_stamps == 0
    finally:
        await other.execute("SET default_transaction_read_only = off")
        await other.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    assert (await steady.stamp(lena.id)).total_stamps == 1
