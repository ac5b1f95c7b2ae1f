"""The webhook worker: claims due deliveries, has them sent, and records the results.

Any number of workers may run, in `loyalty serve` and as `loyalty worker`. How a queue is worked through is in
`queues/worker.py`; which delivery is next is in `delivery_queue`, and how many are under way in `lanes`.
"""

import logging

from loyalty_app.clock import Clock, utc_now
from loyalty_app.db.engine import Database
from loyalty_app.observability import metrics
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.webhooks.delivery_queue import DeliveryAttempt, DeliveryJob, DeliveryQueue
from loyalty_app.webhooks.lanes import MOST_AT_ONCE, DeliveryLanes
from loyalty_app.webhooks.sender import Sender
from loyalty_core.delivery_retries import Delivered, Disable, GaveUp, RetryAt, Verdict

OUTCOMES: dict[type[Verdict], str] = {
    Delivered: "delivered",
    RetryAt: "retry",
    GaveUp: "failed",
    Disable: "switched_off",
}

log = logging.getLogger(__name__)


class WebhookWorker(QueueWorker[DeliveryJob, DeliveryAttempt]):
    """Delivers until it is closed; closing finishes current attempts."""

    most_at_once = MOST_AT_ONCE

    def __init__(self, database: Database, sender: Sender, *, clock: Clock = utc_now) -> None:
        self._sender, self._lanes = sender, DeliveryLanes()
        queue = DeliveryQueue(self._lanes)
        super().__init__(database, queue, self._attempt, clock=clock, name="webhook-worker")

    async def _attempt(self, job: DeliveryJob) -> DeliveryAttempt:
        with self._lanes.attempt(job.endpoint_id, failing=job.failing):
            tried = await self._sender.attempt(job, self._clock)
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
