"""How much a worker does at once for shops with many endpoints, and that a rush at the tills only slows it down."""

from collections import Counter

from sqlalchemy import Connection

from loyalty_app.queues.pace import CROWD, Rush
from loyalty_app.webhooks.delivery_queue import DeliveryQueue
from loyalty_app.webhooks.fan_out import AT_ONCE, FIRST, FanOutPace
from tests.webhooks.office import Office
from tests.webhooks.receiver import receiving
from tests.webhooks.test_fan_out import MANY, add_notes, endpoints


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
