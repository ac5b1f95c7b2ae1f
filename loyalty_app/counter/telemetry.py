"""Telling: what came of a batch, as figures and as lines of the log. Nothing is decided here, and nobody waits for it.

A line names the order, the shop and the events that it sent, under the id of the request or update that asked: so a
stamp can be followed from the till or the chat to the receiver of a webhook. It holds ids only.
"""

import logging
import time
from collections.abc import Sequence

from loyalty_app.counter.orders import Answer, Request
from loyalty_app.observability import metrics
from loyalty_app.observability.log_context import log_context
from loyalty_core.errors import LoyaltyError

log = logging.getLogger(__name__)


class PendingRequest:
    """A request that was made: where it came from, when it began to wait, and the webhook-ids of what it has sent."""

    def __init__(self, request: Request) -> None:
        self.request, self.trail, self.began = request, log_context.get(), time.perf_counter()
        self.events: list[str] = []

    @property
    def order(self) -> str:
        """What was asked for, by its name in the code."""
        return type(self.request.order).__name__

    @property
    def actor(self) -> str:
        """What kind of actor asked."""
        return self.request.caller.actor.type.value


def tell(batch: Sequence[PendingRequest], outcomes: Sequence[Answer | Exception]) -> None:
    """Count a batch that has ended, and log it."""
    metrics.count_batch(len(batch))
    now, loud = time.perf_counter(), log.isEnabledFor(logging.INFO)
    for asked, outcome in zip(batch, outcomes, strict=True):
        metrics.count_order(asked.order, asked.actor, result_of(outcome), seconds=now - asked.began)
        if loud:
            _log(asked, outcome, now - asked.began)


def result_of(outcome: Answer | Exception) -> str:
    """How an order came out, in one word."""
    match outcome:
        case Answer(replayed=True):
            return "replayed"
        case Answer():
            return "ok"
        case LoyaltyError():
            return "refused"
        case _:
            return "failed"


def _log(asked: PendingRequest, outcome: Answer | Exception, seconds: float) -> None:
    more = {"code": outcome.code} if isinstance(outcome, LoyaltyError) else {}
    log.info(
        "order",
        extra={
            **asked.trail,
            "order": asked.order,
            "outcome": result_of(outcome),
            **more,
            "business": asked.request.business_id,
            "actor": asked.actor,
            "events": asked.events,
            "milliseconds": round(seconds * 1000, 1),
        },
    )
