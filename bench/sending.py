"""Deliveries that are really sent while stamps are measured.

A worker in this process sends them, as in `loyalty serve`, to a receiver in a process of its own, which answers at
once. What the receiver spends is told apart.

Here nothing is compared and nothing printed.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, delete, update

from bench.crowd.store import Place
from bench.crowd_growth import stamps
from bench.http_load import Round
from bench.memory import cpu_seconds
from bench.webhooks import Sink
from loyalty_app.clock import Clock, utc_now
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import delivery, fan_out, webhook_endpoint
from loyalty_app.queues.wakeups import Wakeups
from loyalty_app.webhooks.addresses import Guard, read_ranges
from loyalty_app.webhooks.delivery_queue import DeliveryAttempt, DeliveryJob
from loyalty_app.webhooks.outbox import QUEUED
from loyalty_app.webhooks.sender import Sender
from loyalty_app.webhooks.worker import WebhookWorker

SECRET = "whsec_b25seSBmb3IgdGhlIGJlbmNoLCBhbmQgbm8gc2VjcmV0"  # noqa: S105  # it says so
LOOPBACK = "127.0.0.0/8"
FAR_AHEAD = timedelta(days=10_000)
"""Each round stamps on a day of its own, later than today; the worker's clock is later than all of them."""


class SendingRound(Round, frozen=True, kw_only=True):
    """A round of stamps beside deliveries: how many a second were taken, and the receiver's share of a core."""

    sent: float
    receiver: float


class CountingSender:
    """Sends, and counts what was taken."""

    def __init__(self) -> None:
        self._sender, self.taken = Sender(Guard(read_ranges(LOOPBACK)), lambda _: SECRET), 0

    async def attempt(self, job: DeliveryJob, clock: Clock) -> DeliveryAttempt:
        """Try a delivery once."""
        tried = await self._sender.attempt(job, clock)
        self.taken += tried.http_status is not None
        return tried

    async def close(self) -> None:
        """Close all connections."""
        await self._sender.close()


async def stamps_and_deliveries(place: Place, seconds: float, receiver: Sink) -> SendingRound:
    """Stamp for that many seconds, while the deliveries of these stamps are sent to the receiver."""
    database = open_database(place.settings)
    await database.write(lambda connection: aim(connection, receiver.url))
    wakeups, sender = Wakeups(), CountingSender()
    async with delivering(database, sender, wakeups):
        spent, begun = cpu_seconds(receiver.pid), time.process_time()
        done = await stamps(place, seconds, wakeups)
        spent, own = cpu_seconds(receiver.pid) - spent, time.process_time() - begun
        taken = sender.taken
    await database.close()
    told = msgspec.structs.asdict(msgspec.structs.replace(done, client=own / done.seconds))
    return SendingRound(**told, sent=taken / done.seconds, receiver=spent / done.seconds)


async def sent_a_second(place: Place, seconds: float, receiver: Sink) -> float:
    """How many deliveries are sent a second while nobody stamps: written, claimed, sent and recorded."""
    await stamps_and_deliveries(place, seconds, receiver)
    database, sender = open_database(place.settings), CountingSender()
    async with delivering(database, sender, Wakeups()):
        begin = time.perf_counter()
        await asyncio.sleep(seconds)
        speed = sender.taken / (time.perf_counter() - begin)
    await database.close()
    return speed


def aim(connection: Connection, url: str) -> None:
    """Have all endpoints at that URL; nothing of the round before waits any more."""
    connection.execute(update(webhook_endpoint).values(url=url))
    connection.execute(delete(fan_out))
    ended = {"status": "delivered", "next_at": None, "lease": None, "lease_until": None}
    connection.execute(update(delivery).where(delivery.c.status == QUEUED).values(ended))


@asynccontextmanager
async def delivering(database: Database, sender: CountingSender, wakeups: Wakeups) -> AsyncIterator[WebhookWorker]:
    """A worker until the block ends, as a server has it beside its counter."""
    worker = WebhookWorker(database, sender, clock=far_ahead, rush=wakeups.rush)
    wakeups.deliveries.listen(worker.wake)
    try:
        yield worker
    finally:
        await worker.close()


def far_ahead() -> datetime:
    """A time at which everything is due."""
    return utc_now() + FAR_AHEAD
