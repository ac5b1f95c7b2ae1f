"""Failover: a standby that was behind takes over. Nobody is told after the crash that what was lost is there."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from loyalty_app.counter import Counter
from loyalty_app.db.migrate import migrate
from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.settings import Settings
from loyalty_core.errors import Busy
from testkit import servers
from testkit.audit import assert_books_balance
from testkit.clocks import Clock
from testkit.postgres_pair import PostgresPair
from testkit.postgres_wire import Cut, open_wire
from testkit.shop import Shop, found
from tests.conftest import leg

NUMBERS_OF_OTHERS = 200
LONGEST_GAP_SECONDS = 20


@pytest.fixture
def pair(home: Path, tmp_path: Path) -> Iterator[PostgresPair]:
    """A primary and a standby of this test's own: it crashes one of them."""
    leg("PostgreSQL", lambda where: str(servers.postgres_in(where / "none")), home)
    pair = PostgresPair(home / f"pair-{tmp_path.name}")
    pair.start()
    yield pair
    pair.stop()


async def test_after_a_failover_to_a_standby_that_was_behind_nobody_is_told_what_is_not_so(
    pair: PostgresPair, tmp_path: Path
) -> None:
    await asyncio.to_thread(migrate, Settings(database_url=pair.urls[0]))
    async with open_wire(pair.urls[0], tmp_path) as (wire, _):
        both = f"postgresql://postgres:@/postgres?host={tmp_path},127.0.0.1&port=5432,{pair.standbys_port}"
        database = PostgresDatabase(both)
        shop = Shop(database, await found(database), Clock(), Counter(database))
        lena, ben = await shop.join(), await shop.join("Ben")
        await pair.let_it_catch_up()
        await pair.let_it_fall_behind()
        wire.cut(Cut.AFTER_COMMIT, dead_dials=float("inf"))
        in_doubt = asyncio.create_task(shop.stamp(lena.id, key="in doubt"))
        await wire.broken.wait()
        await asyncio.to_thread(pair.crash_the_primary)
        await asyncio.to_thread(pair.promote)
        promoted = time.monotonic()
        await give_numbers_to_others(pair.urls[1])
        with pytest.raises(Busy):
            await in_doubt
        assert [entry.customer_id for entry in await shop.ledger()] == []
        assert (await until_stamped(shop, ben.id)) == 1
        assert time.monotonic() - promoted < LONGEST_GAP_SECONDS
        assert (await shop.stamp(lena.id, key="in doubt")).total_stamps == 1
        await assert_books_balance(shop)
        await shop.counter.close()
        await database.close()


async def give_numbers_to_others(url: str) -> None:
    """Let others commit, so that the number of the lost transaction is theirs on the new server."""
    connection = await asyncpg.connect(url)
    for _ in range(NUMBERS_OF_OTHERS):
        await connection.execute("SELECT pg_current_xact_id()")
    await connection.close()


async def until_stamped(shop: Shop, customer: int) -> int:
    """Ask again until it is done."""
    while True:
        try:
            return (await shop.stamp(customer, key="again")).total_stamps
        except Busy:
            continue
