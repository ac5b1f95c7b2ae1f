"""The webhook worker: claims due deliveries, has them sent, and records the results.

Any number of workers may run, in `loyalty serve` and as `loyalty worker`. How a queue is worked through is in
`queues/worker.py`; which delivery is next is in `delivery_queue`, and how many are under way in `lanes`.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from loyalty_app.clock import Clock, utc_now
from loyalty_app.db.engine import Database
from loyalty_app.observability import metrics
from loyalty_app.queues.pace import Pace, Rush
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.webhooks.addresses import Guard
from loyalty_app.webhooks.delivery_queue import DeliveryAttempt, DeliveryJob, DeliveryQueue
from loyalty_app.webhooks.lanes import MOST_AT_ONCE, DeliveryLanes
from loyalty_core.delivery_retries import Delivered, Disable, GaveUp, RetryAt, Verdict

if TYPE_CHECKING:
    from loyalty_app.webhooks.sender import Sender

OUTCOMES: dict[type[Verdict], str] = {
    Delivered: "delivered",
    RetryAt: "retry",
    GaveUp: "failed",
    Disable: "switched_off",
}

log = logging.getLogger(__name__)


class SendsDeliveries(Protocol):
    """Sends deliveries, one attempt at a time."""

    async def attempt(self, job: DeliveryJob, clock: Clock) -> DeliveryAttempt:
        """Try a delivery once, and judge the result."""

    async def close(self) -> None:
        """Close all connections."""


class SenderOnDemand:
    """The sender, made for the first delivery.

    Why: its library takes a tenth of a second and 10 MB, and a shop without webhooks pays for none of it. It is loaded
    in a thread, so that nobody at the counter waits for it.
    """

    def __init__(self, guard: Guard, unlock: Callable[[bytes], str], *, signed_at: Clock | None = None) -> None:
        self._guard, self._unlock, self._signed_at = guard, unlock, signed_at
        self._made: Sender | None = None

    async def attempt(self, job: DeliveryJob, clock: Clock) -> DeliveryAttempt:
        """Try a delivery once, and judge the result."""
        sender = self._made or await self._first()
        return await sender.attempt(job, clock)

    async def _first(self) -> "Sender":
        make = await asyncio.to_thread(_load_sender)
        made = self._made = self._made or make(self._guard, self._unlock, signed_at=self._signed_at)
        return made

    async def close(self) -> None:
        """Close all connections, if there are any."""
        if self._made is not None:
            await self._made.close()


def _load_sender() -> "type[Sender]":
    from loyalty_app.webhooks.sender import Sender  # noqa: PLC0415  # see above

    return Sender


class WebhookWorker(QueueWorker[DeliveryJob, DeliveryAttempt]):
    """Delivers until it is closed; closing finishes current attempts. In a `rush` of its process it takes its time."""

    most_at_once = MOST_AT_ONCE

    def __init__(
        self, database: Database, sender: SendsDeliveries, *, clock: Clock = utc_now, rush: Rush | None = None
    ) -> None:
        self._sender, self._lanes, self._pace = sender, DeliveryLanes(), Pace(rush)
        queue = DeliveryQueue(self._lanes, self._pace)
        super().__init__(database, queue, self._attempt, clock=clock, name="webhook-worker")

    async def take_turn(self) -> int:
        """Record results, and begin what fits in; then rest, while people wait at tills of this process."""
        try:
            return await super().take_turn()
        finally:
            self._pace.end()
            await self._pace.rest()

    async def _attempt(self, job: DeliveryJob) -> DeliveryAttempt:
        with self._lanes.attempt(job.endpoint_id, failing=job.failing):
            tried = await self._pace.metered(self._sender.attempt(job, self._clock))
        _tell(tried)
        return tried

    async def close(self) -> None:
        """Claim no more deliveries, and finish current attempts."""
        await super().close()
        await self._sender.close()


def _tell(tried: DeliveryAttempt) -> None:
    """Count an attempt and log it, by ids: a URL may hold a secret, and an answer a name."""
    job, outcome = tried.job, OUTCOMES[type(tried.verdict)]
    metrics.count_delivery(outcome, seconds=tried.milliseconds / 1000)
    log.info(
        "delivery",
        extra={
            "event_id": job.event_id,
            "outcome": outcome,
            "business": job.business_id,
            "webhook": job.endpoint_id,
            "delivery": job.delivery_id,
            "attempt": job.number,
            "http_status": tried.http_status,
            "error": tried.error,
            "milliseconds": tried.milliseconds,
        },
    )
