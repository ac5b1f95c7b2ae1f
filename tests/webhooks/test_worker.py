"""The worker: when it sends, what it sends again, whom it leaves in peace, and how it stops. The receivers are real."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import asyncpg
import pytest
from sqlalchemy import text

from loyalty_app.queues import worker as queue_worker
from loyalty_app.settings import Settings
from loyalty_app.webhooks.delivery_queue import IN_FLIGHT_PER_ENDPOINT
from loyalty_app.webhooks.worker import WebhookWorker
from loyalty_core.delivery_retries import RETRY_SCHEDULE
from loyalty_core.errors import Busy
from loyalty_core.webhooks import InvalidSignature, verify
from testkit.concurrency import until
from tests.webhooks.office import Office
from tests.webhooks.receiver import Receiver, receiving

NEVER = 3_600.0


def ids(receiver: Receiver) -> list[str]:
    """The webhook-id of everything that came."""
    return [request.headers["webhook-id"] for request in receiver.requests]


# When it sends.


async def test_a_stamp_is_told_at_once_and_not_when_the_worker_next_looks(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_worker, "LOOK_EVERY_SECONDS", NEVER)
    async with receiving() as receiver:
        await office.endpoint(receiver.url)
        lena = await office.shop.join()
        async with office.worker():
            await office.shop.stamp(lena.id)
            await receiver.gets(1)
            await office.until_delivered(1)


async def test_a_worker_beside_the_counter_s_process_finds_what_is_queued_by_itself(office: Office) -> None:
    async with receiving() as receiver:
        await office.endpoint(receiver.url)
        async with office.worker(woken=False):
            await office.stamps(1)
            await receiver.gets(1)


async def test_the_receiver_gets_the_very_bytes_that_are_kept_and_can_check_who_sent_them(office: Office) -> None:
    async with receiving() as receiver:
        webhook = await office.endpoint(receiver.url)
        async with office.worker():
            await office.stamps(1)
            [request] = await receiver.gets(1)
    [told] = [row for row in await office.events() if row.type == "stamp.added"]
    assert (request.body, request.headers["webhook-id"]) == (told.body, told.id)
    verify(webhook.secret, request.headers, request.body, now=office.clock.now)


# What it sends again.


async def test_a_delivery_is_tried_ten_times_on_schedule_and_then_given_up(office: Office) -> None:
    async with receiving("500") as receiver:
        webhook = await office.endpoint(receiver.url)
        async with office.worker() as worker:
            await office.stamps(1)
            for number in range(1, len(RETRY_SCHEDULE)):
                await office.until_attempts(number)
                await go_to_the_next_try(office, number, worker)
            await office.until_attempts(10)
    [delivery] = await office.deliveries()
    assert (delivery.status, delivery.attempts, delivery.next_at) == ("failed", 10, None)
    assert [row.number for row in await office.attempts()] == list(range(1, 11))
    office.clock.wait(days=3)
    assert not await office.is_due()
    assert len(set(ids(receiver))) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.requests}) == 10
    for request, tried in zip(receiver.requests, await office.attempts(), strict=True):
        verify(webhook.secret, request.headers, request.body, now=tried.at)


async def go_to_the_next_try(office: Office, number: int, worker: WebhookWorker) -> None:
    """Let time pass until a delivery is due again, which must be when the schedule says, and not before."""
    [delivery] = await office.deliveries()
    planned = RETRY_SCHEDULE[number]
    assert planned * 0.8 <= delivery.next_at - office.clock.now <= planned * 1.2
    office.clock.now = delivery.next_at - timedelta(milliseconds=1)
    assert not await office.is_due()
    office.clock.now = delivery.next_at
    worker.wake()


async def test_a_try_that_succeeds_is_the_last(office: Office) -> None:
    async with receiving("503", "ok") as receiver:
        await office.endpoint(receiver.url)
        async with office.worker() as worker:
            await office.stamps(1)
            await office.until_attempts(1)
            office.clock.wait(seconds=6)
            worker.wake()
            await office.until_delivered(1)
    assert [(row.http_status, row.error, row.response) for row in await office.attempts()] == [
        (503, None, b"said 503"),
        (200, None, b"thank you"),
    ]
    office.clock.wait(days=1)
    assert not await office.is_due()
    assert len(receiver.requests) == 2


async def test_for_24_hours_after_a_rotation_both_secrets_sign_and_then_the_new_one_only(office: Office) -> None:
    async with receiving() as receiver:
        old = await office.endpoint(receiver.url)
        new = await office.rotate(old.id)
        async with office.worker():
            office.clock.wait(hours=23, minutes=59)
            await office.stamps(1)
            [during] = await receiver.gets(1)
            await office.until_delivered(1)
            during_at = office.clock.now
            office.clock.wait(minutes=2)
            await office.stamps(1)
            [_, after] = await receiver.gets(2)
    for secret in (old.secret, new.secret):
        verify(secret, during.headers, during.body, now=during_at)
    verify(new.secret, after.headers, after.body, now=office.clock.now)
    with pytest.raises(InvalidSignature):
        verify(old.secret, after.headers, after.body, now=office.clock.now)


# Whom it leaves in peace.


async def test_a_tarpit_with_a_thousand_waiting_deliveries_does_not_delay_anybody_else(office: Office) -> None:
    async with receiving("hang") as tarpit, receiving() as receiver:
        await office.endpoint(tarpit.url)
        lena = await office.shop.join()
        await asyncio.gather(*(office.shop.stamp(lena.id) for _ in range(1_000)))
        await office.endpoint(receiver.url)
        async with office.worker(deadline=NEVER):
            await tarpit.gets(IN_FLIGHT_PER_ENDPOINT)
            for count in range(1, 11):
                await office.shop.stamp(lena.id)
                await receiver.gets(count)
            await office.until_delivered(10)
            assert tarpit.connections == IN_FLIGHT_PER_ENDPOINT
            tarpit.will("500")
            await tarpit.close()


async def test_a_receiver_that_is_slow_gets_four_at_a_time(office: Office) -> None:
    async with receiving("wait") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(9)
        async with office.worker() as worker:
            await receiver.gets(4)
            assert await worker.take_turn() == 0
            assert len(receiver.requests) == 4
            receiver.allowed.set()
            await office.until_delivered(9)
    assert len(set(ids(receiver))) == len(receiver.requests) == 9


async def test_a_receiver_that_has_not_answered_in_time_is_left_alone_for_a_minute(office: Office) -> None:
    async with receiving("hang") as receiver:
        await office.endpoint(receiver.url)
        async with office.worker(deadline=0.05):
            await office.stamps(1)
            await office.until_attempts(1)
    [tried] = await office.attempts()
    assert (tried.http_status, tried.error) == (None, "timeout")
    [delivery] = await office.deliveries()
    assert timedelta(minutes=1) <= delivery.next_at - office.clock.now <= timedelta(minutes=2)


# How it stops, and how it does not.


async def test_closing_finishes_what_is_under_way_and_begins_nothing_more(office: Office) -> None:
    async with receiving("wait") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(6)
        async with office.worker() as worker:
            await receiver.gets(4)
            closing = asyncio.create_task(worker.close())
            receiver.allowed.set()
            await closing
            assert [row.status for row in await office.deliveries()] == ["delivered"] * 4 + ["queued"] * 2
            assert len(receiver.requests) == 4
        async with office.worker():
            await office.until_delivered(6)


async def test_the_worker_outlives_a_database_that_cannot_be_used(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_worker, "TROUBLE_SECONDS", 0.01)
    async with receiving() as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(1)
        await rename(office, "delivery", "away")
        async with office.worker() as worker:
            with pytest.raises(Exception, match="delivery"):
                await worker.take_turn()
            await rename(office, "away", "delivery")
            await office.until_delivered(1)


async def rename(office: Office, table: str, name: str) -> None:
    renamed = text(f"ALTER TABLE {table} RENAME TO {name}")
    await office.database.write(lambda connection: connection.execute(renamed).close())


async def test_what_could_not_be_noted_is_noted_later_and_not_sent_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_worker, "TROUBLE_SECONDS", 0.01)
    async with receiving("wait") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(1)
        async with office.worker() as worker:
            await receiver.gets(1)
            await rename(office, "attempt", "away")
            receiver.allowed.set()
            await worker.settle()
            await rename(office, "away", "attempt")
            await office.until_delivered(1)
    assert len(receiver.requests) == len(await office.attempts()) == 1


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_the_worker_outlives_a_postgresql_that_takes_no_connections(
    office: Office, settings: Settings, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_worker, "TROUBLE_SECONDS", 0.01)
    async with receiving() as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(1)
        async with closed(settings.database_url, postgres_url) as opening, office.worker() as worker:
            with pytest.raises(Busy):
                await worker.take_turn()
            await opening()
            await receiver.gets(1)
            await office.until_delivered(1)


@asynccontextmanager
async def closed(url: str, server: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A PostgreSQL database that has thrown everybody out and lets nobody in until the block ends, or it is opened."""
    name = url.partition("?")[0].rpartition("/")[2]
    administrator = await asyncpg.connect(server)

    async def allow(*, connections: bool) -> None:
        await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {connections}')

    async def is_empty() -> bool:
        there = "FROM pg_stat_activity WHERE datname = $1"
        await administrator.execute(f"SELECT pg_terminate_backend(pid) {there}", name)
        return not await administrator.fetchval(f"SELECT count(*) {there}", name)

    await allow(connections=False)
    try:
        await until(is_empty)
        yield partial(allow, connections=True)
    finally:
        await allow(connections=True)
        await administrator.close()
