"""The outbox: events wait in the database until every subscribed endpoint has them, or has failed for good.

`queued` is asked inside the transaction that made the events, so that a crash cannot come between. `claim` gives
deliveries to a worker under a lease; `record` notes what came of attempts whose lease is still held. Nothing is sent
here.

Who locks more than one row does so in this order, so that nobody waits in a circle: endpoints, events, deliveries,
each in the order of their ids. `claim` waits for nobody.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, delete, func, or_, select

from loyalty_app.db.bulk_writes import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import attempt, business, delivery, event, webhook_endpoint
from loyalty_app.ids import Ids, Kind
from loyalty_app.webhooks.endpoint_health import note_health
from loyalty_core.webhooks import Delivered, RetryAt, Verdict

LEASE = timedelta(seconds=60)
IN_FLIGHT_PER_ENDPOINT = 4
CHANCE_BYTES, IDS_AT_ONCE = 8, 16
QUEUED, DELIVERED, FAILED = "queued", "delivered", "failed"
KEY = ("business_id", "id")


class EventIds:
    """Webhook-ids of one moment: unique, not to be guessed, in the order of time. Chance is drawn for many at once."""

    def __init__(self, now: datetime) -> None:
        self._floor, self._chances = event_id_floor(now), ""

    def next(self) -> str:
        """One more."""
        if not self._chances:
            self._chances = secrets.token_hex(CHANCE_BYTES * IDS_AT_ONCE)
        chance, self._chances = self._chances[: 2 * CHANCE_BYTES], self._chances[2 * CHANCE_BYTES :]
        return f"{self._floor}{chance}"


def event_id_floor(moment: datetime) -> str:
    """What the ids of events of that moment begin with."""
    return f"msg_{int(moment.timestamp() * 1000):012x}"


def queued(events: Sequence[Mapping[str, Any]], endpoints: Sequence[Row[Any]], ids: Ids) -> list[Values]:
    """A delivery, to be inserted, of each event for each endpoint that wants it."""
    active = [endpoint for endpoint in endpoints if endpoint.active]
    return [
        queued_row(ids, endpoint, one["id"], one["created_at"])
        for one in events
        for endpoint in active
        if endpoint.business_id == one["business_id"] and one["type"] in endpoint.events.split()
    ]


def queued_row(ids: Ids, endpoint: Row[Any], event_id: str, now: datetime) -> dict[str, object]:
    """A delivery that is due now."""
    return {
        "business_id": endpoint.business_id,
        "id": ids.take(Kind.DELIVERY),
        "endpoint_id": endpoint.id,
        "event_id": event_id,
        "status": QUEUED,
        "attempts": 0,
        "created_at": now,
        "next_at": now,
    }


class DeliveryJob(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that this worker may try until its lease ends. Secrets are still encrypted."""

    business_id: int
    delivery_id: int
    endpoint_id: int
    number: int
    url: str
    secrets: tuple[bytes, ...]
    event_id: str
    body: bytes
    lease: str


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether anything waits to be tried now."""
    return connection.execute(select(_due(now).exists())).scalar_one()


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(delivery.c.lease_until.is_(None), delivery.c.lease_until < now)


THEIR_ENDPOINT = and_(
    webhook_endpoint.c.business_id == delivery.c.business_id, webhook_endpoint.c.id == delivery.c.endpoint_id
)


THEIR_BUSINESS_PAUSES = (
    select(business.c.id)
    .where(business.c.id == webhook_endpoint.c.business_id, business.c.deliveries_paused_at.is_not(None))
    .correlate(webhook_endpoint)
    .exists()
)
OPEN = and_(webhook_endpoint.c.active.is_(True), ~THEIR_BUSINESS_PAUSES)
"""Whether something may be sent to an endpoint now."""


def _due(now: datetime) -> Select[Any]:
    due = (delivery.c.status == QUEUED, delivery.c.next_at <= now, _free(now), OPEN)
    return select(delivery.c.id).join_from(delivery, webhook_endpoint, THEIR_ENDPOINT).where(*due)


def claim(connection: Connection, database: Database, *, now: datetime, room: int) -> list[DeliveryJob]:
    """Lease due deliveries to the caller: at most `room`, each endpoint in its turn.

    Four are in flight for an endpoint, but only one while it fails, so that many tarpits cannot take all the room.
    """
    rows = connection.execute(_claimable(now, room)).all()
    lease = secrets.token_hex(16)
    leased = [
        {"business_id": row.business_id, "id": row.id, "lease": lease, "lease_until": now + LEASE} for row in rows
    ]
    database.update(connection, delivery, leased, key=KEY)
    return [_job(row, lease, now) for row in rows]


def _claimable(now: datetime, room: int) -> Select[Any]:
    """Due deliveries with their endpoint and event. Leased ones hold the first places of their endpoint.

    PostgreSQL looks at a row again once it has locked it, by what the outer question says. By then another worker may
    have claimed, sent and recorded it: so it must still be free, and have as many attempts as when it stood in line.
    """
    in_line = func.row_number().over(
        partition_by=(delivery.c.business_id, delivery.c.endpoint_id),
        order_by=(case((_free(now), 1), else_=0), delivery.c.next_at, delivery.c.id),
    )
    line = (
        select(delivery.c.business_id, delivery.c.id, delivery.c.attempts, in_line.label("place"))
        .where(delivery.c.status == QUEUED, delivery.c.next_at <= now)
        .subquery("line")
    )
    placed = and_(*(line.c[name] == delivery.c[name] for name in ("business_id", "id", "attempts")))
    told = and_(event.c.business_id == delivery.c.business_id, event.c.id == delivery.c.event_id)
    columns = (
        *(delivery.c[name] for name in ("business_id", "id", "endpoint_id", "attempts", "event_id")),
        *(webhook_endpoint.c[name] for name in ("url", "secret", "old_secret", "old_secret_until")),
        event.c.body,
    )
    one_if_it_fails = or_(line.c.place == 1, webhook_endpoint.c.failing_since.is_(None))
    return (
        select(*columns)
        .join_from(delivery, line, placed)
        .join(webhook_endpoint, THEIR_ENDPOINT)
        .join(event, told)
        .where(line.c.place <= IN_FLIGHT_PER_ENDPOINT, one_if_it_fails, _free(now), OPEN)
        .order_by(line.c.place, delivery.c.next_at)
        .limit(room)
        .with_for_update(of=delivery, skip_locked=True)
    )


def _job(row: Row[Any], lease: str, now: datetime) -> DeliveryJob:
    old = (row.old_secret,) if row.old_secret is not None and row.old_secret_until > now else ()
    return DeliveryJob(
        business_id=row.business_id,
        delivery_id=row.id,
        endpoint_id=row.endpoint_id,
        number=row.attempts + 1,
        url=row.url,
        secrets=(row.secret, *old),
        event_id=row.event_id,
        body=row.body,
        lease=lease,
    )


class DeliveryAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an attempt: when it began, how long it took, the receiver's answer or the kind of failure."""

    job: DeliveryJob
    at: datetime
    milliseconds: int
    verdict: Verdict
    http_status: int | None = None
    error: str | None = None
    response: bytes | None = None


def record(connection: Connection, database: Database, tries: Sequence[DeliveryAttempt], *, now: datetime) -> None:
    """Note what came of attempts. One whose lease is lost is left to whoever holds the delivery now, if it still is."""
    theirs = {(one.job.business_id, one.job.endpoint_id) for one in tries}
    endpoints = database.fetch(connection, webhook_endpoint, KEY, theirs, lock=True)
    keys = {(one.job.business_id, one.job.delivery_id) for one in tries}
    rows = database.fetch(connection, delivery, KEY, keys, lock=True)
    leases = {(row.business_id, row.id): row.lease for row in rows}
    held = [one for one in tries if leases.get((one.job.business_id, one.job.delivery_id)) == one.job.lease]
    database.update(connection, delivery, map(_delivery_row, held), key=KEY)
    database.insert(connection, attempt, map(_attempt_row, held))
    for endpoint in endpoints:
        own = (endpoint.business_id, endpoint.id)
        verdicts = [one.verdict for one in held if (one.job.business_id, one.job.endpoint_id) == own]
        note_health(connection, database, endpoint, verdicts, now=now)


def _delivery_row(tried: DeliveryAttempt) -> dict[str, object]:
    return {
        "business_id": tried.job.business_id,
        "id": tried.job.delivery_id,
        "status": {Delivered: DELIVERED, RetryAt: QUEUED}.get(type(tried.verdict), FAILED),
        "attempts": tried.job.number,
        "next_at": tried.verdict.at if isinstance(tried.verdict, RetryAt) else None,
        "lease": None,
        "lease_until": None,
    }


def _attempt_row(tried: DeliveryAttempt) -> dict[str, object]:
    return {
        "business_id": tried.job.business_id,
        "delivery_id": tried.job.delivery_id,
        "number": tried.job.number,
        "endpoint_id": tried.job.endpoint_id,
        "at": tried.at,
        "milliseconds": tried.milliseconds,
        "http_status": tried.http_status,
        "error": tried.error,
        "response": tried.response,
    }


def queue_again(
    connection: Connection, database: Database, endpoint: Row[Any], event_ids: Iterable[str], *, now: datetime
) -> list[int]:
    """Queue events for an endpoint once more; gives the ids of the new deliveries."""
    with database.ids(connection) as ids:
        rows = [queued_row(ids, endpoint, event_id, now) for event_id in event_ids]
    database.insert(connection, delivery, rows)
    return [int(str(row["id"])) for row in rows]


def drop(connection: Connection, business_id: int, which: ColumnElement[bool]) -> None:
    """Take away deliveries of a business, with their attempts."""
    ids = select(delivery.c.id).where(delivery.c.business_id == business_id, which)
    connection.execute(ids.order_by(delivery.c.id).with_for_update()).close()
    for table, column in ((attempt, attempt.c.delivery_id), (delivery, delivery.c.id)):
        connection.execute(delete(table).where(table.c.business_id == business_id, column.in_(ids)))


def forget(connection: Connection, business_id: int, customer_id: int) -> None:
    """Take away all that was told, or waits to be told, about a customer, and how it was answered."""
    theirs = and_(event.c.business_id == business_id, event.c.customer_id == customer_id)
    ids = select(event.c.id).where(theirs)
    connection.execute(ids.order_by(event.c.id).with_for_update()).close()
    drop(connection, business_id, delivery.c.event_id.in_(ids))
    connection.execute(delete(event).where(theirs))
