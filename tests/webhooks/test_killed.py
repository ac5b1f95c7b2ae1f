"""Processes that end: what a killed one had committed is delivered by the next; one that is asked to stop finishes."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loyalty_app.settings import Settings
from loyalty_app.webhooks.delivery_queue import LEASE
from loyalty_app.webhooks.worker import WebhookWorker
from testkit.concurrency import until
from testkit.warm_process import Order, Process, started
from tests.webhooks.office import Office
from tests.webhooks.receiver import receiving

ROOT = Path(__file__).parents[2]


DOOMED, WORKER = "tests.webhooks.doomed", "loyalty_cli"


@contextmanager
def running(settings: Settings, module: str, *words: str) -> Iterator[Process]:
    """A process on this database, killed when the block ends."""
    own = {
        f"LOYALTY_{name.upper()}": value
        for name in ("database_url", "secret_key", "webhook_allow")
        if (value := getattr(settings, name))
    }
    with started(Order(module, words, str(ROOT), {**os.environ, **own})) as process:
        try:
            yield process
        finally:
            process.kill()


async def lines(process: Process, count: int) -> list[str]:
    """The next lines that a process prints."""
    assert process.stdout is not None
    return [(await asyncio.to_thread(process.stdout.readline)).strip() for _ in range(count)]


async def the_rest(process: Process) -> list[str]:
    """All that a process has printed before it was killed; a line that it could not finish is left out."""
    assert process.stdout is not None
    said = await asyncio.to_thread(process.stdout.read)
    return [line for line in said.splitlines(keepends=True) if line.endswith("\n")]


async def test_a_crash_between_commit_and_delivery_loses_nothing(office: Office, settings: Settings) -> None:
    async with receiving() as receiver:
        await office.endpoint(receiver.url)
        with running(settings, DOOMED, "stamp", str(office.shop.business.id)) as till:
            committed = await lines(till, 50)
            till.send_signal(signal.SIGKILL)
            committed += await the_rest(till)
        ledger = {entry.id for entry in await office.shop.ledger()}
        assert {int(number) for number in committed} <= ledger
        async with office.worker(clock=real_time):
            await office.until_delivered(len(ledger))
    told = [json.loads(request.body)["data"]["transaction_id"] for request in receiver.requests]
    assert sorted(told) == sorted(ledger)


async def test_a_worker_killed_after_sending_and_before_noting_it_sends_again_under_the_same_id(
    office: Office, settings: Settings
) -> None:
    async with receiving("wait") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(1)
        with running(settings, DOOMED, "deliver") as worker:
            await lines(worker, 1)
            await receiver.gets(1)
            worker.send_signal(signal.SIGKILL)
            await asyncio.to_thread(worker.wait)
        receiver.allowed.set()
        assert await office.attempts() == []
        async with office.worker(clock=after_the_lease):
            first, second = await receiver.gets(2)
            await office.until_delivered(1)
    assert second.headers["webhook-id"] == first.headers["webhook-id"]
    assert second.body == first.body
    assert [row.number for row in await office.attempts()] == [1]


async def test_what_a_killed_worker_had_under_way_is_sent_as_soon_as_another_one_starts(
    office: Office, settings: Settings
) -> None:
    async with receiving("wait") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(6)
        with running(settings, DOOMED, "deliver") as worker:
            await receiver.gets(4)
            worker.send_signal(signal.SIGKILL)
            await asyncio.to_thread(worker.wait)
        receiver.allowed.set()
        async with office.worker(clock=real_time):
            await receiver.gets(10)  # it waits for less than the minute that a lease lasts
            await office.until_delivered(6)


async def test_what_a_running_worker_has_under_way_is_left_to_it_when_another_one_starts(
    office: Office, settings: Settings
) -> None:
    async with receiving("wait") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(4)
        with running(settings, DOOMED, "deliver"):
            await receiver.gets(4)
            async with office.worker(clock=real_time) as other:
                await until(lambda: looked(other))
                assert len(receiver.requests) == 4


async def looked(worker: WebhookWorker) -> bool:
    return await worker.take_turn() == 0


async def test_a_worker_that_is_killed_keeps_its_deliveries_only_until_its_leases_end(
    office: Office, settings: Settings
) -> None:
    async with receiving("wait") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(1)
        with running(settings, DOOMED, "deliver") as worker:
            await lines(worker, 1)
            await receiver.gets(1)
        [row] = await office.deliveries()
        office.clock.now = row.lease_until - timedelta(milliseconds=1)
        assert not await office.is_due()
        office.clock.wait(milliseconds=1)
        assert await office.is_due()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
async def test_a_worker_that_is_asked_to_stop_finishes_what_is_under_way(
    office: Office, settings: Settings, name: str
) -> None:
    async with receiving("wait") as receiver:
        await office.endpoint(receiver.url)
        await office.stamps(6)
        with running(settings, WORKER, "worker") as worker:
            await receiver.gets(4)
            worker.send_signal(getattr(signal, name))
            assert worker.stderr is not None
            while "Finishing" not in await asyncio.to_thread(worker.stderr.readline):
                pass
            receiver.allowed.set()
            assert await asyncio.to_thread(worker.wait) == 0
    assert [row.status for row in await office.deliveries()] == ["delivered"] * 4 + ["queued"] * 2
    assert len(receiver.requests) == 4


def real_time() -> datetime:
    return datetime.now(UTC)


def after_the_lease() -> datetime:
    """A clock that is as much ahead as a lease is long."""
    return datetime.now(UTC) + LEASE + timedelta(seconds=1)
