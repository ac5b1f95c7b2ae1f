"""Telemetry: metrics and log lines about finished batches. Nothing is decided here, and nobody waits for it.

A line names the order, the shop and the events sent, under the id of the request or update that asked. So a stamp can
be traced from till or chat to the receiver of a webhook. Lines hold ids only.
"""

import logging
import time
from collections.abc import Sequence

from loyalty_app.counter.answers import Reply
from loyalty_app.counter.orders import Request
from loyalty_app.observability import metrics
from loyalty_app.observability.log_context import log_context
from loyalty_core.errors import LoyaltyError

log = logging.getLogger(__name__)


class PendingRequest:
    """A request: where it came from, when it began to wait, and the webhook-ids of its events."""

    __slots__ = ("began", "events", "log_context", "request")

    def __init__(self, request: Request) -> None:
        self.request, self.log_context, self.began = request, log_context.get(), time.perf_counter()
        self.events: list[str] = []

    @property
    def order(self) -> str:
        """The name of the order."""
        return self.request.name

    @property
    def actor(self) -> str:
        """The type of the actor."""
        return self.request.caller.actor.type


def tell(batch: Sequence[PendingRequest], replies: Sequence[Reply | Exception]) -> None:
    """Count and log a finished batch."""
    metrics.count_batch(len(batch))
    now, loud = time.perf_counter(), log.isEnabledFor(logging.INFO)
    for pending, reply in zip(batch, replies, strict=True):
        metrics.count_order(pending.order, pending.actor, result_of(reply), seconds=now - pending.began)
        if loud:
            _log(pending, reply, now - pending.began)


def result_of(reply: Reply | Exception) -> str:
    """The result of an order: replayed, ok, refused or failed."""
    if isinstance(reply, Reply):
        return "replayed" if reply.replayed else "ok"
    return "refused" if isinstance(reply, LoyaltyError) else "failed"


def _log(pending: PendingRequest, reply: Reply | Exception, seconds: float) -> None:
    more = {"code": reply.code} if isinstance(reply, LoyaltyError) else {}
    log.info(
        "order",
        extra={
            **pending.log_context,
            "order": pending.order,
            "outcome": result_of(reply),
            **more,
            "business": pending.request.business_id,
            "actor": pending.actor,
            "events": pending.events,
            "milliseconds": round(seconds * 1000, 1),
        },
    )
