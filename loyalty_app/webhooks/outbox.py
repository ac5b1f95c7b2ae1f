"""The outbox: events wait in the database until every subscribed endpoint has them, or has failed for good.

Here deliveries are created and deleted. `queued` is called in the transaction that made the events, so that a crash
cannot come between. Where very many endpoints listen it only notes which; `fan_out` writes the deliveries. Which
delivery is tried next, and what is stored after an attempt, is in `delivery_queue`.

Code that locks several rows does so in this order, so that nobody deadlocks: endpoints, notes of fan-outs, events,
deliveries, each in the order of their ids. Claiming and renewing wait for nobody.
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, select

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import attempt, business, delivery, event, fan_out, webhook_endpoint
from loyalty_app.ids import Ids, Kind
from loyalty_app.observability.queue_depths import QueueDepth

CHANCE_BYTES, IDS_AT_ONCE = 8, 16
FEW = 4
"""For a shop with so many active endpoints each stamp writes its deliveries itself. With more it writes one note."""
QUEUED, DELIVERED, FAILED = "queued", "delivered", "failed"
KEY = ("business_id", "id")
THEIR_ENDPOINT = and_(
    webhook_endpoint.c.business_id == delivery.c.business_id, webhook_endpoint.c.id == delivery.c.endpoint_id
)

WAITS = delivery.c.status == QUEUED
WORKS = and_(webhook_endpoint.c.active.is_(True), webhook_endpoint.c.failing_since.is_(None))
"""Whether an endpoint is switched on, and took the last that it was sent."""


class EventIds:
    """Webhook-ids of one moment: unique, unguessable, in the order of time and then of taking.

    They are the milliseconds, the microseconds, a count, and chance. Random bytes are drawn for many at once.
    """

    def __init__(self, now: datetime) -> None:
        self._floor, self._taken, self._chances = f"{event_id_floor(now)}{now.microsecond % 1_000:03x}", 0, ""

    def next(self) -> str:
        """The next id."""
        if not self._chances:
            self._chances = secrets.token_hex(CHANCE_BYTES * IDS_AT_ONCE)
        chance, self._chances = self._chances[: 2 * CHANCE_BYTES], self._chances[2 * CHANCE_BYTES :]
        self._taken += 1
        return f"{self._floor}{self._taken:03x}{chance}"


def event_id_floor(moment: datetime) -> str:
    """What the ids of events of that moment begin with."""
    return f"msg_{int(moment.timestamp()) * 1_000 + moment.microsecond // 1_000:012x}"


class Outgoing(NamedTuple):
    """New rows for what is to be sent: deliveries, and notes of those that are written later."""

    deliveries: Sequence[Values]
    fan_outs: Sequence[Values]


def queued(events: Sequence[Mapping[str, Any]], endpoints: Sequence[Row[Any]], ids: Ids) -> Outgoing:
    """New rows so that each endpoint that wants an event gets it.

    Either all events of a shop are noted, or none: so they stay in their order.
    """
    active = [endpoint for endpoint in endpoints if endpoint.active]
    wanting: dict[tuple[int, str], list[int]] = defaultdict(list)
    for endpoint in active:
        for kind in set(endpoint.events.split()):
            wanting[endpoint.business_id, kind].append(endpoint.id)
    counts = Counter(endpoint.business_id for endpoint in active)
    deliveries, notes = list[Values](), list[Values]()
    for one in events:
        wanted = wanting.get((one["business_id"], one["type"]), ())
        if counts[one["business_id"]] > FEW:
            notes += [_note(one, wanted)] if wanted else []
        else:
            own = ((one["business_id"], endpoint_id) for endpoint_id in wanted)
            deliveries += [queued_row(ids, endpoint, one["id"], one["created_at"]) for endpoint in own]
    return Outgoing(deliveries, notes)


def _note(told: Mapping[str, Any], endpoint_ids: Sequence[int]) -> Values:
    """A note that an event is for these endpoints."""
    return {
        "business_id": told["business_id"],
        "event_id": told["id"],
        "endpoint_ids": " ".join(map(str, endpoint_ids)),
        "deliveries": len(endpoint_ids),
        "created_at": told["created_at"],
    }


def queued_row(ids: Ids, endpoint: tuple[int, int], event_id: str, now: datetime) -> dict[str, object]:
    """A delivery that is due now, for the endpoint with that key."""
    business_id, endpoint_id = endpoint
    return {
        "business_id": business_id,
        "id": ids.take(Kind.DELIVERY),
        "endpoint_id": endpoint_id,
        "event_id": event_id,
        "status": QUEUED,
        "attempts": 0,
        "created_at": now,
        "next_at": now,
    }


def queue_again(
    connection: Connection, database: Database, endpoint: Row[Any], event_ids: Iterable[str], *, now: datetime
) -> list[int]:
    """Queue events for an endpoint once more; return the ids of the new deliveries."""
    with database.ids(connection) as ids:
        rows = [queued_row(ids, (endpoint.business_id, endpoint.id), event_id, now) for event_id in event_ids]
    database.insert(connection, delivery, rows)
    return [int(str(row["id"])) for row in rows]


def drop(connection: Connection, business_id: int, which: ColumnElement[bool]) -> None:
    """Delete deliveries of a business, with their attempts."""
    ids = select(delivery.c.id).where(delivery.c.business_id == business_id, which)
    connection.execute(ids.order_by(delivery.c.id).with_for_update()).close()
    for table, column in ((attempt, attempt.c.delivery_id), (delivery, delivery.c.id)):
        connection.execute(delete(table).where(table.c.business_id == business_id, column.in_(ids)))


def forget(connection: Connection, business_id: int, customer_id: int) -> None:
    """Delete all events about a customer, sent or not, with their deliveries and attempts."""
    theirs = and_(event.c.business_id == business_id, event.c.customer_id == customer_id)
    ids = select(event.c.id).where(theirs)
    noted = and_(fan_out.c.business_id == business_id, fan_out.c.event_id.in_(ids))
    notes = select(fan_out.c.event_id).where(noted).order_by(fan_out.c.event_id)
    connection.execute(notes.with_for_update()).close()  # first: it waits for those that write their deliveries
    connection.execute(delete(fan_out).where(noted)).close()
    connection.execute(ids.order_by(event.c.id).with_for_update()).close()
    drop(connection, business_id, delivery.c.event_id.in_(ids))
    connection.execute(delete(event).where(theirs))


def outbox_depths(connection: Connection, now: datetime) -> Iterator[QueueDepth]:
    """What waits in the outbox. Late is what is due and could be sent.

    That is, its endpoint is switched on and does not fail, and its business does not pause: so one dead receiver makes
    nothing late.
    """
    queued = connection.execute(select(func.count()).select_from(delivery).where(WAITS)).scalar_one()
    noted = connection.scalar(select(func.sum(fan_out.c.deliveries))) or 0
    first = _first_due(connection)
    late = max(0.0, (now - first).total_seconds()) if first is not None else 0.0
    yield QueueDepth(
        "loyalty_outbox_queued", "Deliveries of webhooks that wait, for their time or for a worker.", queued + noted
    )
    yield QueueDepth("loyalty_outbox_late_seconds", "How long the first delivery that is due has been due.", late)


def _first_due(connection: Connection) -> datetime | None:
    """Since when the first of those has been due that could be sent, written or noted."""
    written = connection.scalar(
        select(func.min(delivery.c.next_at))
        .join_from(delivery, webhook_endpoint, THEIR_ENDPOINT)
        .join(business, business.c.id == delivery.c.business_id)
        .where(WAITS, WORKS, business.c.deliveries_paused_at.is_(None))
    )
    noted = connection.scalar(
        select(func.min(fan_out.c.created_at))
        .join_from(fan_out, business, business.c.id == fan_out.c.business_id)
        .where(business.c.deliveries_paused_at.is_(None))
    )
    return min((first for first in (written, noted) if first is not None), default=None)
