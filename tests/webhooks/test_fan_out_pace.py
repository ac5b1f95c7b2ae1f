"""How much a worker does at once for shops with many endpoints, and that a rush at the tills only slows it down."""

from collections import Counter

import pytest
from sqlalchemy import Connection, delete, text

from loyalty_app.db import tables
from loyalty_app.queues.pace import CROWD, Rush
from loyalty_app.webhooks.delivery_queue import DeliveryQueue
from loyalty_app.webhooks.fan_out import AT_ONCE, FIRST, FanOutPace, fan_out_now
from tests.webhooks.office import Office
from tests.webhooks.receiver import receiving
from tests.webhooks.test_fan_out import MANY, add_notes, endpoints

ROWS_READ = text("SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables WHERE relname = 'delivery'")


async def test_a_worker_writes_about_as_many_deliveries_as_it_has_room_for_and_not_all_that_are_noted(
    office: Office,
) -> None:
    await endpoints(office)
    await office.stamps(1)
    await add_notes(office, 60)
    queue, room, claimed = DeliveryQueue(), 2 * MANY, 0

    def claim(connection: Connection) -> int:
        return len(queue.claim(connection, office.database, now=office.clock.now, room=room))

    for _ in range(2):
        claimed += await office.database.write(claim, shard=office.shard)
    assert claimed == 2 * room
    assert len(await office.deliveries()) <= claimed + FIRST * MANY


def test_a_worker_with_room_left_replaces_more_notes_the_next_time() -> None:
    pace, seen = FanOutPace(), list[int]()
    for noted, filled in ((FIRST, False), (2 * FIRST, False), (1, False), (AT_ONCE, True), (1, True)):
        pace.learn(noted=noted, filled=filled)
        seen.append(pace.most)
    assert seen == [2 * FIRST, 4 * FIRST, 4 * FIRST, 2 * FIRST, FIRST]
    for _ in range(9):
        pace.learn(noted=pace.most, filled=True)
    assert pace.most == 1
    for _ in range(9):
        pace.learn(noted=pace.most, filled=False)
    assert pace.most == AT_ONCE


async def test_a_worker_delivers_all_although_the_rush_at_its_tills_never_ends(office: Office) -> None:
    rush = Rush(lambda: 0.0)
    rush.tell(CROWD)
    async with receiving() as receiver:
        await endpoints(office, url=receiver.url)
        await office.stamps(20)
        async with office.worker(rush=rush):
            await office.until_delivered(20 * MANY)
    assert set(Counter(one.headers["webhook-id"] for one in receiver.requests).values()) == {MANY}


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)  # which plans by statistics, and counts rows read
async def test_a_claim_does_not_go_through_a_shop_for_each_delivery_although_there_are_no_statistics(
    office: Office,
) -> None:
    await endpoints(office, 20)
    await office.stamps(1)
    await add_notes(office, 199)
    await fan_out_now(office.database, office.shop.business.id)
    written, room = 200 * 20, 80

    def rows_read(connection: Connection) -> int:
        claimed = DeliveryQueue().claim(connection, office.database, now=office.clock.now, room=room)
        assert len(claimed) == room
        return int(connection.scalar(ROWS_READ) or 0)

    assert await office.database.write(rows_read) < 2 * written


async def test_a_delivery_whose_event_is_gone_holds_up_nobody(office: Office) -> None:
    await endpoints(office, 1)
    await office.stamps(2)
    gone, left = sorted(row.event_id for row in await office.deliveries())
    await office.database.write(lambda c: c.execute(delete(tables.event).where(tables.event.c.id == gone)).close())
    assert [job.event_id for job in await office.claim()] == [left]
