"""Fan-out: with many endpoints a stamp writes one note, and the deliveries are written soon, each of them once."""

import asyncio
import itertools
import json
import signal
from collections import Counter
from typing import Any, cast

import msgspec
import pytest
from sqlalchemy import Connection, Row, delete

from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import hold_again
from loyalty_app.moving.departures import close_shops, hold, release
from loyalty_app.moving.renumbering import NewNumbers
from loyalty_app.pagination import PageRequest
from loyalty_app.runtime import open_runtime
from loyalty_app.settings import Settings
from loyalty_app.upkeep.retention import prune
from loyalty_app.webhooks.delivery_log import Queued, replay_since, show_deliveries
from loyalty_app.webhooks.fan_out import ALL_AT_ONCE, LATE, OF_A_SHOP, fan_out_late, fan_out_now, fan_out_some
from loyalty_app.webhooks.outbox import FEW, outbox_depths
from loyalty_app.webhooks.pausing import list_pauses, pause, resume
from testkit.concurrency import until
from testkit.shop import open_in_same_shard
from tests.webhooks.office import PLENTY, Office
from tests.webhooks.receiver import receiving
from tests.webhooks.test_killed import DOOMED, lines, real_time, running, the_rest

NOWHERE = "http://127.0.0.1:9/hook"
MANY = FEW + 2


async def endpoints(office: Office, count: int = MANY, url: str = NOWHERE) -> list[int]:
    """So many endpoints that listen to stamps."""
    return [(await office.endpoint(url)).id for _ in range(count)]


async def notes(office: Office) -> list[Row[Any]]:
    return await office.shop.rows(tables.fan_out)


async def write_some(office: Office, database: Database | None = None, turn: int = 0) -> int:
    """What a worker does before it claims."""
    where = database or office.database
    return await where.write(lambda connection: fan_out_some(connection, where, turn=turn), shard=office.shard)


async def told(office: Office) -> Counter[tuple[str, int]]:
    """How many deliveries there are of each event to each endpoint."""
    return Counter((row.event_id, row.endpoint_id) for row in await office.deliveries())


async def test_with_few_endpoints_a_stamp_writes_its_deliveries_and_with_more_one_note(office: Office) -> None:
    few = await endpoints(office, FEW)
    await office.stamps(1)
    assert (sorted(row.endpoint_id for row in await office.deliveries()), await notes(office)) == (few, [])
    last = await office.endpoint(NOWHERE)
    await office.stamps(1)
    [note] = await notes(office)
    assert len(await office.deliveries()) == FEW
    assert note.deliveries == FEW + 1
    assert await office.is_due()
    assert max(job.endpoint_id for job in await office.claim()) == last.id


async def test_each_endpoint_gets_each_event_once_and_in_their_order(office: Office) -> None:
    wanted = await endpoints(office)
    lena, entries = await office.shop.join(), list[int]()
    for _ in range(2 * OF_A_SHOP + 1):
        office.clock.wait(milliseconds=1)
        entries.append((await office.shop.stamp(lena.id)).transaction_id)
    bodies = {row.id: row.body for row in await office.events()}
    while await write_some(office):
        pass
    rows = await office.deliveries()
    for endpoint in wanted:
        theirs = [json.loads(bodies[row.event_id]) for row in rows if row.endpoint_id == endpoint]
        assert [one["data"]["transaction_id"] for one in theirs] == entries
    at = {row.id: row.created_at for row in await office.events()}
    assert all(row.created_at == row.next_at == at[row.event_id] for row in rows)
    assert await notes(office) == []


async def test_a_worker_sends_what_is_noted_as_soon_as_it_is_woken(office: Office) -> None:
    async with receiving() as receiver:
        await endpoints(office, url=receiver.url)
        async with office.worker():
            await office.stamps(20)
            await office.until_delivered(20 * MANY)
    assert set(Counter(one.headers["webhook-id"] for one in receiver.requests).values()) == {MANY}


async def test_a_batch_that_leaves_only_notes_wakes_the_worker(office: Office) -> None:
    await endpoints(office)
    heard: list[int] = []
    office.shop.counter.wakeups.deliveries.listen(lambda: heard.append(1))
    await office.stamps(1)
    assert heard == [1]


async def test_who_gets_an_event_is_decided_when_it_happens(office: Office) -> None:
    off, changed, gone, *others = await endpoints(office, MANY + 2)
    await office.stamps(1)
    await office.change(off, active=False)
    await office.change(changed, events=("customer.created",))
    await office.webhooks.delete(office.once, gone)
    await endpoints(office, 1)
    claimed = {job.endpoint_id for job in await office.claim()}
    assert claimed == {changed, *others}
    assert gone not in {row.endpoint_id for row in await office.deliveries()}
    await office.change(off, active=True)
    assert [job.endpoint_id for job in await office.claim()] == [off]


# Nothing is lost, and nothing is written twice.


async def test_a_transaction_that_breaks_off_leaves_the_note_and_no_delivery(office: Office) -> None:
    await endpoints(office)
    await office.stamps(2)

    def breaks_off(connection: Connection) -> None:
        assert fan_out_some(connection, office.database, turn=0) == 2
        raise LookupError

    with pytest.raises(LookupError):
        await office.database.write(breaks_off, shard=office.shard)
    assert (len(await notes(office)), await office.deliveries()) == (2, [])
    assert await write_some(office) == 2
    assert set((await told(office)).values()) == {1}


async def test_what_was_noted_before_a_kill_is_sent_after_it_and_also_if_a_worker_is_killed_too(
    office: Office, settings: Settings
) -> None:
    async with receiving() as receiver:
        wanted = await endpoints(office, url=receiver.url)
        with running(settings, DOOMED, "stamp", str(office.shop.business.id)) as till:
            committed = await lines(till, 1)
            till.send_signal(signal.SIGKILL)
            committed += await the_rest(till)
        with running(settings, DOOMED, "deliver") as worker:
            await receiver.gets(10)
            worker.send_signal(signal.SIGKILL)
            await asyncio.to_thread(worker.wait)
        ledger = {entry.id for entry in await office.shop.ledger()}
        assert {int(number) for number in committed} <= ledger
        async with office.worker(clock=real_time):
            await office.until_delivered(len(ledger) * len(wanted))
    pairs = await told(office)
    assert (len(pairs), set(pairs.values())) == (len(ledger) * len(wanted), {1})
    came = {json.loads(request.body)["data"]["transaction_id"] for request in receiver.requests}
    assert came == ledger


async def test_those_who_write_at_once_never_write_the_same(office: Office, second_database: Database) -> None:
    wanted = await endpoints(office)
    await office.stamps(3 * OF_A_SHOP)
    both = itertools.cycle((office.database, second_database))
    await asyncio.gather(
        *(write_some(office, next(both), turn) for turn in range(6)),
        *(fan_out_now(next(both), office.shop.business.id) for _ in range(4)),
    )
    await fan_out_now(office.database, office.shop.business.id)
    pairs = await told(office)
    assert (len(pairs), set(pairs.values())) == (3 * OF_A_SHOP * len(wanted), {1})


async def test_a_shop_with_very_many_notes_does_not_make_another_wait(office: Office) -> None:
    next_door = Office(await open_in_same_shard(office.shop))
    for one, count in ((office, 5 * OF_A_SHOP), (next_door, 1)):
        await endpoints(one)
        await one.stamps(count)
    assert await write_some(office) == OF_A_SHOP + 1
    assert (len(await notes(office)), await notes(next_door)) == (4 * OF_A_SHOP, [])


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # which counts its steps
async def test_to_write_some_of_many_takes_no_more_steps_than_of_few(office: Office) -> None:
    await endpoints(office)
    await office.stamps(OF_A_SHOP)
    few = await steps(office)
    await add_notes(office, 3_000)
    assert await steps(office) < 1.2 * few


async def add_notes(office: Office, count: int) -> None:
    """Add so many events with their notes, as the last ones."""
    [*_, told], [*_, note] = await office.events(), await notes(office)

    def work(connection: Connection) -> None:
        for table, like, name in ((tables.event, told, "id"), (tables.fan_out, note, "event_id")):
            rows = [{**like._mapping, name: f"msg_x{number:04}"} for number in range(count)]  # noqa: SLF001
            office.database.insert(connection, table, rows)

    await office.database.write(work)


async def steps(office: Office) -> int:
    """How many steps SQLite takes to write some deliveries; nothing stays written."""

    def count(connection: Connection) -> int:
        steps, driver = itertools.count(), cast("Any", connection.connection.driver_connection)
        driver.set_progress_handler(lambda: next(steps) < 0, 1)
        assert fan_out_some(connection, office.database, turn=0) == OF_A_SHOP
        driver.set_progress_handler(None, 0)
        connection.rollback()
        return next(steps)

    return await office.database.write(count)


# What is noted is shown, counted, replayed and given up like what is written.


async def test_what_is_noted_is_listed_although_no_worker_has_seen_it(office: Office) -> None:
    first, *_ = await endpoints(office)
    for _ in range(3):
        office.clock.wait(milliseconds=1)
        await office.stamps(1)
    page = await show_deliveries(office.database, office.shop.business.id, first, wanted=PageRequest(limit=10))
    events = [row.id for row in await office.events() if row.type == "stamp.added"]
    assert [(one.event_id, one.status, one.attempts) for one in page.data] == [
        (event, "queued", ()) for event in reversed(events)
    ]


async def test_what_is_noted_is_queued_already_for_who_replays(office: Office) -> None:
    first, *_ = await endpoints(office)
    await office.stamps(3)
    answer = await replay_since(office.database, office.once, first, since=office.clock.now, now=office.clock.now)
    assert msgspec.json.decode(answer.body, type=Queued).queued == 0
    assert set((await told(office)).values()) == {1}


async def test_what_is_noted_counts_among_what_waits_and_is_late(office: Office) -> None:
    await endpoints(office)
    await office.stamps(2)
    office.clock.wait(minutes=7)

    def look(connection: Connection) -> list[float]:
        return [depth.value for depth in outbox_depths(connection, office.clock.now)]

    assert await office.database.read(look) == [2 * MANY, 420]
    await pause(office.database, None, now=office.clock.now)
    assert await office.database.read(look) == [2 * MANY, 0]
    assert [one.waiting for one in await list_pauses(office.database)] == [2 * MANY]


async def test_what_is_noted_is_given_up_with_what_waits(office: Office) -> None:
    await endpoints(office)
    await office.stamps(2)
    await pause(office.database, None, now=office.clock.now)
    [before] = await resume(office.database, None, drop_waiting=True)
    assert before.waiting == 2 * MANY
    assert Counter(row.status for row in await office.deliveries()) == {"failed": 2 * MANY}
    assert not await office.is_due()


async def test_all_that_a_shop_has_noted_is_written_at_once_however_much_it_is(office: Office) -> None:
    await endpoints(office)
    await office.stamps(1)
    await add_notes(office, ALL_AT_ONCE)
    await fan_out_now(office.database, office.shop.business.id)
    assert (await notes(office), len(await office.deliveries())) == ([], (ALL_AT_ONCE + 1) * MANY)


async def test_nothing_that_is_noted_is_left_of_somebody_who_was_erased(office: Office) -> None:
    await endpoints(office)
    lena, omar = await office.shop.join("Lena"), await office.shop.join("Omar")
    for customer in (lena, omar):
        await office.shop.stamp(customer.id)
    await office.shop.erase(lena.id)
    assert len(await notes(office)) == 1
    await write_some(office)
    kept = {row.id: row.customer_id for row in await office.events()}
    assert {kept[row.event_id] for row in await office.deliveries()} == {omar.id}


async def test_a_note_without_its_event_ends_and_holds_up_nobody(office: Office) -> None:
    """A process of the release before erases an event and knows nothing of its note."""
    await endpoints(office)
    await office.stamps(1)
    erased = (await notes(office))[0].event_id
    await office.database.write(lambda c: c.execute(delete(tables.event).where(tables.event.c.id == erased)).close())
    await office.stamps(1)
    assert len(await office.claim()) == MANY
    assert (len(await office.deliveries()), await notes(office)) == (MANY, [])


async def test_the_event_of_a_note_is_kept_however_old_it_is(office: Office) -> None:
    await endpoints(office)
    await office.stamps(1)
    office.clock.wait(days=400)
    await prune(office.database, office.clock.now)
    assert [row.type for row in await office.events()] == ["stamp.added"]
    assert len(await office.claim(PLENTY)) == MANY


# Shops that move, and processes of the release before.


async def test_nothing_is_written_for_a_shop_that_moves_and_nothing_is_left_once_it_has_moved(office: Office) -> None:
    await endpoints(office)
    await office.stamps(1)
    shop = office.shop.business.id
    await hold(office.database, [shop])
    assert not await office.is_due()
    assert await write_some(office) == 0
    await fan_out_now(office.database, shop)
    assert len(await notes(office)) == 1
    await close_shops(office.database, [shop], place="elsewhere", now=office.clock.now)
    assert await notes(office) == []
    await release(office.database, [shop])
    await hold_again(office.database)


def test_a_note_names_its_endpoints_by_their_new_numbers() -> None:
    note = {"business_id": 7, "event_id": "msg_1", "endpoint_ids": "3 4 5", "deliveries": 3}
    moved = NewNumbers(businesses={7: 8}, webhooks={4: 40}).renumbered(tables.fan_out, note)
    assert moved == {"business_id": 8, "event_id": "msg_1", "endpoint_ids": "3 40 5", "deliveries": 3}


async def test_a_process_that_delivers_nothing_writes_what_no_worker_has_written_for_a_while(
    office: Office, settings: Settings
) -> None:
    await endpoints(office)
    await office.stamps(1)
    assert await fan_out_late(office.database, now=office.clock.now + LATE - LATE / 1_000) == 0
    office.clock.now += LATE
    async with open_runtime(settings, clock=office.clock, delivering=False):
        await until(lambda: is_noted(office, 0))
    assert set((await told(office)).values()) == {1}


async def is_noted(office: Office, count: int) -> bool:
    return len(await notes(office)) == count
