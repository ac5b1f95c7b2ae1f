"""Lanes: receivers that never answer hold up nobody, however many there are."""

import asyncio
from contextlib import AsyncExitStack, ExitStack

import pytest

from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_app.webhooks.lanes import MOST_AT_ONCE, MOST_FAILING, MOST_QUICK, QUICK_SECONDS, DeliveryLanes, LaneRoom
from testkit.builders import NOON
from testkit.concurrency import until
from tests.webhooks.office import Office
from tests.webhooks.receiver import receiving
from tests.webhooks.sending import SECRET

DEAD, NEVER = 500, 3_600.0
SOON = 2.0
"""When an attempt is given up: not before a receiver that answers has had its time, also on a busy machine."""


class Timer:
    """A timer that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


# The rules.


def test_an_attempt_without_a_quick_answer_frees_its_place_and_its_endpoint_gets_nothing_more() -> None:
    timer = Timer()
    lanes = DeliveryLanes(timer)
    with ExitStack() as attempts:
        for endpoint in range(MOST_QUICK):
            attempts.enter_context(lanes.attempt(endpoint, failing=False))
        assert lanes.room() == LaneRoom(sound=0, failing=MOST_FAILING)
        timer.now = QUICK_SECONDS
        assert lanes.room() == LaneRoom(MOST_QUICK, MOST_FAILING, tuple(range(MOST_QUICK)))
    assert lanes.room() == LaneRoom()


def test_endpoints_that_fail_share_half_as_many_places_as_there_are_for_others_and_take_none_of_theirs() -> None:
    assert MOST_FAILING * 2 <= MOST_QUICK
    timer = Timer()
    lanes = DeliveryLanes(timer)
    with ExitStack() as attempts:
        for endpoint in range(MOST_FAILING):
            attempts.enter_context(lanes.attempt(endpoint, failing=True))
        assert lanes.room() == LaneRoom(sound=MOST_QUICK, failing=0)
        timer.now = 10
        assert lanes.room() == LaneRoom(sound=MOST_QUICK, failing=0)


def test_a_process_has_a_limit_whatever_happens() -> None:
    timer = Timer()
    lanes = DeliveryLanes(timer)
    with ExitStack() as attempts:
        for endpoint in range(MOST_AT_ONCE):
            attempts.enter_context(lanes.attempt(endpoint, failing=False))
        timer.now = 1
        assert (lanes.room().sound, lanes.room().failing) == (0, 0)


# In earnest.


async def endpoints(office: Office, url: str, count: int, **more: object) -> None:
    """Endpoints that listen to stamps, more than one shop may register."""
    row = {"business_id": office.shop.business.id, "url": url, "events": "stamp.added", "active": True}
    row |= {"created_at": NOON, "secret": office.vault.lock(SECRET), "secret_hint": "x", "warnings": 0}
    rows = [{**row, "id": 10_000 + number, "failing_since": None, **more} for number in range(count)]
    await office.database.write(lambda c: office.database.insert(c, tables.webhook_endpoint, rows))
    if office.database.name == "postgresql":  # as it does by itself, within a minute
        await office.database.write(lambda c: c.exec_driver_sql("ANALYZE webhook_endpoint").close())


@pytest.mark.parametrize("known", [False, True], ids=["new", "known to fail"])
async def test_an_event_arrives_beside_500_receivers_that_never_answer(
    office: Office,
    known: bool,  # noqa: FBT001  # a case
) -> None:
    async with AsyncExitStack() as there:
        silent = await there.enter_async_context(receiving("hang"))
        receiver = await there.enter_async_context(receiving())
        await office.endpoint(receiver.url, "customer.deleted")
        await endpoints(office, silent.url, DEAD, failing_since=NOON if known else None)
        lena = await office.shop.join()
        await office.stamps(2)
        await there.enter_async_context(office.worker(deadline=NEVER))
        await asyncio.sleep(QUICK_SECONDS)  # the worst moment: all places are taken
        await office.shop.erase(lena.id)
        await receiver.gets(1)
        assert len(silent.requests) <= MOST_AT_ONCE
        if known:
            assert len(silent.requests) <= MOST_FAILING
        silent.will("500")
        await silent.close()


async def test_two_workers_send_once_where_some_receivers_never_answer(
    office: Office, second_database: Database
) -> None:
    async with receiving("hang") as silent, receiving() as receiver:
        await office.endpoint(receiver.url)
        await endpoints(office, silent.url, 20)
        async with office.worker(deadline=SOON), office.worker(second_database, deadline=SOON):
            await office.stamps(10)

            async def all_there() -> bool:
                return len(receiver.requests) >= 10

            await until(all_there)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == len(receiver.requests) == 10
