"""Lines of webhooks as people read them: where events go, how that does, and each delivery with its attempts."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from api.pages.desk.forms import SentForm
from api.pages.desk.frame import DeskVisit
from loyalty_app.webhooks.delivery_log import AttemptView, DeliveryView
from loyalty_app.webhooks.endpoints import WebhookView
from loyalty_app.webhooks.outbox import DELIVERED, FAILED, QUEUED
from loyalty_app.words import N_
from loyalty_core.events import EVENT_TYPES

EVENTS: dict[str, str] = {
    "customer.created": N_("somebody has a new card"),
    "customer.updated": N_("a profile was changed"),
    "customer.deleted": N_("a customer was erased"),
    "customer.merged": N_("two customers became one"),
    "customer.unmerged": N_("one customer became two again"),
    "stamp.added": N_("stamps were given"),
    "reward.earned": N_("a card became full"),
    "reward.redeemed": N_("a reward was handed out"),
    "transaction.voided": N_("something was undone"),
    "webhook.test": N_("somebody sent a test"),
}
"""What each event says, by its name on the wire."""

STATUSES: dict[str, str] = {
    QUEUED: N_("waits"),
    DELIVERED: N_("delivered"),
    FAILED: N_("failed"),
}


class EndpointLine(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook in words. `failing` is since when it has failed, `last` what came of the last attempt."""

    id: int
    url: str
    events: str
    active: bool
    failing: str
    last: str
    secret_hint: str


class AttemptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt in words; `response` is how the answer began."""

    what: str
    response: str


class DeliveryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery in words; `next` is when it is tried again."""

    id: int
    event: str
    event_id: str
    status: str
    when: str
    next: str
    finished: bool
    attempts: tuple[AttemptLine, ...]


def events_in(form: SentForm) -> tuple[str, ...]:
    """The events that are ticked, in their usual order."""
    return tuple(kind for kind in EVENT_TYPES if form.text(kind) == "yes")


def endpoint_line(visit: DeskVisit, webhook: WebhookView, failing: datetime | None) -> EndpointLine:
    """One webhook, which has failed since then, if it has."""
    last = webhook.last_delivery
    return EndpointLine(
        id=webhook.id,
        url=webhook.url,
        events=", ".join(webhook.events),
        active=webhook.active,
        failing=visit.moment(failing) if failing else "",
        last=_outcome(visit, last.at, last.http_status, None) if last else "",
        secret_hint=webhook.secret_hint,
    )


def _outcome(visit: DeskVisit, at: datetime, status: int | None, error: str | None) -> str:
    when = visit.moment(at)
    if status is not None:
        return visit.words.plain("{when}: answered with {status}", when=when, status=str(status))
    if error:
        return visit.words.plain("{when}: no answer ({error})", when=when, error=error)
    return visit.words.plain("{when}: no answer", when=when)


def delivery_lines(visit: DeskVisit, deliveries: Sequence[DeliveryView]) -> list[DeliveryLine]:
    """What was sent to a webhook."""
    return [
        DeliveryLine(
            id=one.id,
            event=one.event_type,
            event_id=one.event_id,
            status=visit.words.plain(STATUSES[one.status]),
            when=visit.moment(one.created_at),
            next=visit.moment(one.next_attempt_at) if one.next_attempt_at else "",
            finished=one.status != QUEUED,
            attempts=tuple(_attempt(visit, each) for each in one.attempts),
        )
        for one in deliveries
    ]


def _attempt(visit: DeskVisit, attempt: AttemptView) -> AttemptLine:
    outcome = _outcome(visit, attempt.at, attempt.http_status, attempt.error)
    took = visit.words.plain("{n} ms", n=attempt.milliseconds)
    return AttemptLine(what=f"{outcome} · {took}", response=attempt.response or "")
