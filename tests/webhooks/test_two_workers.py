"""Two workers on one outbox, each with connections of its own: together they send everything once."""

import asyncio
from collections import Counter

import asyncpg
import pytest

from loyalty_app.db.engine import Database
from loyalty_app.settings import Settings
from testkit.concurrency import until
from tests.webhooks.office import Office
from tests.webhooks.receiver import receiving

NOWHERE = "http://127.0.0.1:9/hook"


async def test_two_workers_at_once_never_send_the_same_attempt(office: Office, second_database: Database) -> None:
    async with receiving() as receiver:
        for _ in range(4):
            await office.endpoint(receiver.url)
        lena = await office.shop.join()
        async with office.worker(second_database), office.worker():
            await asyncio.gather(*(office.shop.stamp(lena.id) for _ in range(100)))
            await office.until_delivered(400)
    came = Counter(request.headers["webhook-id"] for request in receiver.requests)
    assert set(came.values()) == {4}
    assert len(receiver.requests) == len(await office.attempts()) == 400


async def test_what_two_workers_claim_at_once_is_not_the_same(office: Office, second_database: Database) -> None:
    for _ in range(3):
        await office.endpoint(NOWHERE)
    await office.stamps(20)
    claims = await asyncio.gather(*(office.claim(5, database) for database in (office.database, second_database) * 3))
    claimed = [job.delivery_id for jobs in claims for job in jobs]
    assert len(claimed) == len(set(claimed)) <= 3 * 4
    in_flight = Counter(row.endpoint_id for row in await office.deliveries() if row.lease)
    assert max(in_flight.values()) <= 4


SLOW = """
ALTER TABLE business RENAME TO kept;
CREATE VIEW business AS SELECT kept.* FROM kept WHERE (SELECT pg_advisory_xact_lock_shared(7)) IS NOT NULL
"""
QUICK_AGAIN = "DROP VIEW IF EXISTS business; ALTER TABLE IF EXISTS kept RENAME TO business"
CHOOSING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_what_another_worker_has_finished_while_one_was_choosing_is_not_given_out_again(
    office: Office, settings: Settings
) -> None:
    """Keys are chosen on the data as it was when that began; rows are looked at again as they are locked."""
    await office.endpoint(NOWHERE)
    await office.stamps(1)
    other = await asyncpg.connect(settings.database_url)

    async def is_choosing() -> bool:
        return bool(await other.fetchval(CHOOSING))

    try:
        await other.execute(SLOW)
        await other.execute("SELECT pg_advisory_lock(7)")
        choosing = asyncio.create_task(office.claim())
        await until(is_choosing)
        await other.execute("UPDATE delivery SET status = 'delivered', attempts = 1, next_at = NULL")
        await other.execute("SELECT pg_advisory_unlock(7)")
        assert await choosing == []
    finally:
        await other.execute(QUICK_AGAIN)
        await other.close()
