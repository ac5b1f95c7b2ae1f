"""The outbox: what is queued for whom, who gets it to deliver, and what is left of people who were erased."""

import asyncio
import itertools
import json
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError

from loyalty_app.db import tables
from loyalty_app.db.tables import metadata
from loyalty_app.webhooks.delivery_queue import IN_FLIGHT_PER_ENDPOINT, LEASE, DeliveryQueue
from loyalty_app.webhooks.outbox import queued_row
from loyalty_core.delivery_retries import RetryAt
from loyalty_core.errors import Busy, CustomerExists, NoRewardAvailable
from testkit.shop import open_in_same_shard, open_next_door
from tests.webhooks.office import EVERYTHING_BUT_TESTS, PLENTY, Office
from tests.webhooks.receiver import receiving

NOWHERE = "http://127.0.0.1:9/hook"


def said(row: Any) -> Any:  # noqa: ANN401  # a row of the database, a body of the wire
    """What an event tells."""
    return json.loads(row.body)


# What is queued, for whom.


async def test_each_endpoint_is_told_of_what_it_listens_to_and_of_nothing_else(office: Office) -> None:
    stamps = await office.endpoint(NOWHERE, "stamp.added")
    people = await office.endpoint(NOWHERE, "customer.created", "customer.updated")
    lena = await office.shop.join()
    await office.shop.stamp(lena.id)
    kinds = {row.id: row.type for row in await office.events()}
    told = {(row.endpoint_id, kinds[row.event_id]) for row in await office.deliveries()}
    assert told == {(stamps.id, "stamp.added"), (people.id, "customer.created")}


async def test_a_business_is_told_of_its_own_customers_only_also_where_two_are_stamped_at_once(office: Office) -> None:
    next_door = await open_next_door(office.shop)
    for one in (office, Office(next_door)):
        await one.endpoint(NOWHERE)
    lena, omar = await office.shop.join("Lena"), await next_door.join("Omar")
    await asyncio.gather(office.shop.stamp(lena.id), next_door.stamp(omar.id))
    for one, name in ((office, "Lena"), (Office(next_door), "Omar")):
        [delivery] = await one.deliveries()
        [told] = [event for event in await one.events() if event.id == delivery.event_id]
        assert said(told)["data"]["customer"]["name"] == name


async def test_an_endpoint_that_is_switched_off_is_not_queued_for(office: Office) -> None:
    webhook = await office.endpoint(NOWHERE)
    await office.change(webhook.id, active=False)
    await office.stamps(1)
    assert await office.deliveries() == []


async def test_the_events_tell_what_was_answered(office: Office) -> None:
    shop = office.shop
    lena = await shop.join(phone="+14155550123")
    changed = await shop.update(lena.id, name="Lena M.")
    stamped = await shop.stamp(lena.id, 10)
    redeemed = await shop.redeem(lena.id)
    voided = await shop.void(redeemed.transaction_id)
    events = {row.type: said(row) for row in await office.events()}
    answers = {
        "customer.created": {"customer": lena},
        "customer.updated": {"customer": changed, "changed": ["name"]},
        "stamp.added": stamped,
        "reward.earned": {"reward": stamped.rewards[0], "customer": stamped.customer},
        "reward.redeemed": redeemed,
        "transaction.voided": voided,
    }
    for kind, answer in answers.items():
        assert events[kind] == {"type": kind, "timestamp": "2026-03-02T12:00:00Z", "data": plain(answer)}
    assert events.keys() == answers.keys()


def plain(answer: object) -> Any:  # noqa: ANN401  # JSON
    """An answer as JSON reads it."""
    return json.loads(msgspec.json.encode(answer))


async def test_that_somebody_was_erased_is_told_without_a_name(office: Office) -> None:
    lena = await office.shop.join("Lena Kowalski")
    await office.shop.erase(lena.id)
    [told] = await office.events()
    assert said(told)["type"] == "customer.deleted"
    assert said(told)["data"] == {"id": lena.id, "qr_code": lena.qr_code, "deleted": True}


# An event is written if and only if what it tells has happened.


async def test_a_refused_request_tells_nobody(office: Office) -> None:
    await office.endpoint(NOWHERE, *EVERYTHING_BUT_TESTS)
    lena = await office.shop.join(phone="+14155550123")
    before = await office.events(), await office.deliveries()
    with pytest.raises(NoRewardAvailable):
        await office.shop.redeem(lena.id)
    with pytest.raises(CustomerExists):
        await office.shop.join("Omar", phone="+14155550123")
    assert (await office.events(), await office.deliveries()) == before


@pytest.mark.parametrize("table", ["event", "delivery"])
async def test_a_stamp_that_cannot_be_told_is_not_given(office: Office, table: str) -> None:
    await office.endpoint(NOWHERE)
    lena = await office.shop.join()
    await rename(office, table, "away")
    try:
        with pytest.raises((DBAPIError, Busy)):
            await office.shop.stamp(lena.id)
    finally:
        await rename(office, "away", table)
    assert await office.shop.ledger() == []
    assert [row.type for row in await office.events()] == ["customer.created"]
    assert await office.deliveries() == []


async def rename(office: Office, table: str, name: str) -> None:
    """Call a table something else, so that nobody finds it."""
    await office.database.write(
        lambda connection: connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}")).close()
    )


async def test_a_repeated_request_tells_once(office: Office) -> None:
    await office.endpoint(NOWHERE)
    lena = await office.shop.join()
    for _ in range(3):
        await office.shop.stamp(lena.id, key="once")
    assert len(await office.deliveries()) == 1


# Which deliveries are claimed.


async def test_each_endpoint_has_its_turn_when_there_is_little_room(office: Office) -> None:
    endpoints = [await office.endpoint(NOWHERE) for _ in range(3)]
    await office.stamps(5)
    for _ in range(2):
        assert sorted(job.endpoint_id for job in await office.claim(3)) == [endpoint.id for endpoint in endpoints]


async def test_shops_whose_deliveries_have_the_same_numbers_hold_up_nobody(office: Office) -> None:
    next_door = Office(await open_in_same_shard(office.shop))
    for one in (office, next_door):
        await one.endpoint(NOWHERE)
    await office.stamps(1)
    await next_door.stamps(IN_FLIGHT_PER_ENDPOINT + 1)
    same, own = (await next_door.deliveries())[-1].id, tables.delivery.c.business_id == office.shop.business.id
    moved = update(tables.delivery).where(own).values(id=same)
    await office.database.write(lambda c: c.execute(moved).close(), shard=office.shard)
    claimed = [job.business_id for job in await office.claim()]
    assert claimed.count(office.shop.business.id) == 1
    assert claimed.count(next_door.shop.business.id) == IN_FLIGHT_PER_ENDPOINT


async def test_no_more_than_four_are_in_flight_to_an_endpoint(office: Office) -> None:
    await office.endpoint(NOWHERE)
    await office.stamps(9)
    first = await office.claim()
    assert len(first) == IN_FLIGHT_PER_ENDPOINT
    assert await office.claim() == []
    await office.record(office.tried(first[0]), office.tried(first[1]))
    assert len(await office.claim()) == 2


async def test_an_endpoint_that_fails_gets_one_at_a_time_until_it_has_taken_one(office: Office) -> None:
    await office.endpoint(NOWHERE)
    await office.stamps(9)
    later = RetryAt(office.clock.now + LEASE)
    await office.record(*(office.tried(job, later) for job in await office.claim()))
    [alone] = await office.claim()
    assert await office.claim() == []
    await office.record(office.tried(alone))
    assert len(await office.claim()) == 4


async def test_the_oldest_go_first(office: Office) -> None:
    await office.endpoint(NOWHERE)
    for _ in range(6):
        await office.stamps(1)
        office.clock.wait(seconds=1)
    assert [job.delivery_id for job in await office.claim()] == [row.id for row in await office.deliveries()][:4]


async def test_a_delivery_is_given_out_once_until_its_lease_ends_and_then_again_as_the_same_try(office: Office) -> None:
    await office.endpoint(NOWHERE)
    await office.stamps(1)
    [first] = await office.claim()
    office.clock.now += LEASE - timedelta(milliseconds=1)
    assert await office.claim() == []
    assert not await office.is_due()
    office.clock.wait(milliseconds=1)
    [again] = await office.claim()
    assert (again.event_id, again.body, again.number) == (first.event_id, first.body, 1)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # which counts its steps
async def test_to_claim_from_a_long_line_takes_no_more_steps_than_from_a_short_one(office: Office) -> None:
    await office.endpoint(NOWHERE)
    await office.stamps(20)
    short = await steps_of_a_claim(office)
    [first, *_] = await office.deliveries()

    def lengthen(connection: Connection) -> None:
        with office.database.ids(connection, 5_000) as ids:
            rows = [
                queued_row(ids, (first.business_id, first.endpoint_id), first.event_id, office.clock.now)
                for _ in range(5_000)
            ]
        office.database.insert(connection, tables.delivery, rows)

    await office.database.write(lengthen)
    assert await steps_of_a_claim(office) < 1.2 * short


async def steps_of_a_claim(office: Office) -> int:
    """How many steps SQLite takes to claim what is due; nothing stays claimed."""

    def count(connection: Connection) -> int:
        steps, driver = itertools.count(), cast("Any", connection.connection.driver_connection)
        driver.set_progress_handler(lambda: next(steps) < 0, 1)
        claimed = DeliveryQueue().claim(connection, office.database, now=office.clock.now, room=PLENTY)
        driver.set_progress_handler(None, 0)
        assert len(claimed) == IN_FLIGHT_PER_ENDPOINT
        connection.rollback()
        return next(steps)

    return await office.database.write(count)


async def test_who_has_lost_the_lease_notes_nothing(office: Office) -> None:
    await office.endpoint(NOWHERE)
    await office.stamps(1)
    [late] = await office.claim()
    office.clock.wait(seconds=61)
    [current] = await office.claim()
    await office.record(office.tried(late))
    assert await office.attempts() == []
    assert [row.status for row in await office.deliveries()] == ["queued"]
    await office.record(office.tried(current, RetryAt(office.clock.now)))
    await office.record(office.tried(current))
    assert [(row.number, row.http_status) for row in await office.attempts()] == [(1, None)]
    assert [(row.status, row.attempts) for row in await office.deliveries()] == [("queued", 1)]


async def test_what_waits_for_an_endpoint_that_is_switched_off_is_not_given_out(office: Office) -> None:
    webhook = await office.endpoint(NOWHERE)
    await office.stamps(1)
    await office.change(webhook.id, active=False)
    assert not await office.is_due()
    assert await office.claim() == []


# Nothing is left of people who were erased.


async def test_nothing_that_was_told_of_an_erased_customer_is_left_and_nobody_is_told_any_more(office: Office) -> None:
    shop = office.shop
    async with receiving("echo") as receiver:
        await office.endpoint(receiver.url, *EVERYTHING_BUT_TESTS)
        async with office.worker():
            lena = await shop.join("Lena Kowalski", phone="+14155550123", email="lena@example.com")
            await office.until_delivered(1)
            omar = await shop.join("Omar Haddad")
            await office.until_delivered(2)
        assert b"Lena Kowalski" in await everything(office)
        await shop.update(lena.id, name="Lena Kowalski-Meyer")
        [under_way] = await office.claim()
        await shop.erase(lena.id)
        await office.record(office.tried(under_way))
        left = await everything(office)
        async with office.worker():
            await office.until_delivered(2)
    assert not [piece for piece in (b"Kowalski", b"4155550123", b"lena@example.com") if piece in left]
    assert b"Omar Haddad" in left
    assert [json.loads(request.body)["type"] for request in receiver.requests[2:]] == ["customer.deleted"]
    assert omar.name in receiver.requests[1].body.decode()


async def everything(office: Office) -> bytes:
    """All that is kept, in one piece."""

    def work(connection: Connection) -> list[object]:
        return [tuple(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]

    return repr(await office.database.read(work)).encode()
