"""The delivery queue: which delivery is tried next, for which endpoint, and what is stored after an attempt.

`loyalty_core/delivery_retries.py` decides when a failed delivery gets its next try; here that is stored. `outbox`
queues deliveries, `sender` sends them; nothing is sent here.

Code that locks several rows does so in the order that `outbox` names: endpoints, events, deliveries.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Boolean, Connection, Row, Select, and_, bindparam, or_, select

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import attempt, business, delivery, event, retired_secret, webhook_endpoint
from loyalty_app.db.types import BigId
from loyalty_app.queues.leased_table import Given, Lease, LeasedTable
from loyalty_app.queues.pace import Pace
from loyalty_app.webhooks.delivery_line import anything_due, first_in_line
from loyalty_app.webhooks.endpoint_health import note_health
from loyalty_app.webhooks.fan_out import ANY_NOTED, FanOutPace, fan_out_some
from loyalty_app.webhooks.lanes import DeliveryLanes
from loyalty_app.webhooks.outbox import DELIVERED, FAILED, KEY, QUEUED, THEIR_ENDPOINT
from loyalty_core.delivery_retries import Delivered, GaveUp, RetryAt, Verdict

DEADLINE_SECONDS = 15.0
"""How long one attempt may take."""
LEASE = timedelta(seconds=60)
IN_FLIGHT_PER_ENDPOINT = 4
MOST_RETIRED = 60
"""Signatures of 60 secrets are 3 KB; servers refuse headers above 8 KB."""


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
    failing: bool
    """Whether the endpoint failed before."""
    lease: str


class DeliveryAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an attempt: when it began, how long it took, the receiver's answer or the kind of failure."""

    job: DeliveryJob
    at: datetime
    milliseconds: int
    verdict: Verdict
    http_status: int | None = None
    error: str | None = None
    response: bytes | None = None


THEIR_BUSINESS_PAUSES = (
    select(business.c.id)
    .where(
        business.c.id == webhook_endpoint.c.business_id,
        or_(business.c.deliveries_paused_at.is_not(None), business.c.moved_to.is_not(None)),
    )
    .correlate(webhook_endpoint)
    .exists()
)
OPEN = and_(webhook_endpoint.c.active.is_(True), ~THEIR_BUSINESS_PAUSES)
"""Whether anything may be sent to an endpoint now."""
FAILING = bindparam("failing", type_=Boolean())
LEFT_OUT = bindparam("left_out", expanding=True, type_=BigId)


def _next_in_line() -> Select[Any]:
    """Due deliveries with their endpoint and event, each endpoint in its turn.

    Each endpoint has at most four in flight, only one while it fails. `FAILING` chooses between endpoints that fail and
    sound ones; of these some may be left out. See `delivery_line` for what is looked at.

    Why `attempts` is compared: once PostgreSQL has locked a row, it checks only the outer query again. By then another
    worker may have claimed, sent and recorded the delivery, which changes its number of attempts.
    """
    fails = webhook_endpoint.c.failing_since.is_not(None)
    line = first_in_line(and_(fails == FAILING, webhook_endpoint.c.id.not_in(LEFT_OUT), OPEN), IN_FLIGHT_PER_ENDPOINT)
    placed = and_(*(line.c[name] == delivery.c[name] for name in ("business_id", "id", "attempts")))
    told = and_(event.c.business_id == delivery.c.business_id, event.c.id == delivery.c.event_id)
    columns = (
        *(delivery.c[name] for name in ("business_id", "id", "endpoint_id", "attempts", "event_id")),
        *(webhook_endpoint.c[name] for name in ("url", "secret", "old_secret", "old_secret_until", "failing_since")),
        event.c.body,
    )
    one_if_it_fails = or_(line.c.place == 1, ~fails)
    return (
        select(*columns)
        .join_from(delivery, line, placed)
        .join(webhook_endpoint, THEIR_ENDPOINT)
        .join(event, told)
        .where(line.c.place <= IN_FLIGHT_PER_ENDPOINT, one_if_it_fails, OPEN)
        .order_by(line.c.place, delivery.c.next_at)
    )


ANYTHING_DUE = select(or_(ANY_NOTED, anything_due(OPEN).scalar_subquery()))
ANYTHING_DUE_THAT_FAILED = anything_due(and_(OPEN, webhook_endpoint.c.failing_since.is_not(None)))


class DeliveryQueue:
    """The deliveries of all businesses as a queue.

    `lanes` says how much room there is for which endpoints, and `pace` how much may begin at once.
    """

    leases = LeasedTable(delivery, key=KEY, due=_next_in_line(), lasts=LEASE).among(delivery.c.status == QUEUED)

    def __init__(self, lanes: DeliveryLanes | None = None, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._lanes, self._turns, self._notes = lanes or DeliveryLanes(), 0, FanOutPace()

    def lease_of(self, job: DeliveryJob) -> Lease:
        """The lease of a delivery."""
        return Lease((job.business_id, job.delivery_id), job.lease)

    def is_due(self, connection: Connection, now: datetime) -> bool:
        """Whether a delivery is due now, written or noted; asked without ranking all of them."""
        return bool(connection.execute(ANYTHING_DUE, {"now": now}).scalar_one())

    def claim(self, connection: Connection, database: Database, *, now: datetime, room: int) -> list[DeliveryJob]:
        """Lease due deliveries: at most `room`, each endpoint in its turn, sound ones first; write some before."""
        lanes, most = self._lanes.room(), self._pace.most
        few = most(min(room, lanes.sound))
        noted = fan_out_some(connection, database, turn=self._turns, most=self._notes.most)
        self._turns += 1
        sound: Given = {"failing": False, "left_out": lanes.waited_for}
        rows = self._claim(connection, database, now, room=few, given=sound)
        self._notes.learn(noted=noted, filled=len(rows) >= few)
        left = most(min(room - len(rows), lanes.failing))
        if left and connection.execute(ANYTHING_DUE_THAT_FAILED, {"now": now}).scalar_one():
            given: Given = {"failing": True, "left_out": ()}
            rows += self._claim(connection, database, now, room=left, given=given)
        rotated = {(row.business_id, row.endpoint_id) for row, _ in rows if _old_secret(row, now)}
        retired = _retired_secrets(connection, database, rotated, now)
        return [
            _job(row, lease, (*_old_secret(row, now), *retired[row.business_id, row.endpoint_id]))
            for row, lease in rows
        ]

    def _claim(
        self, connection: Connection, database: Database, now: datetime, *, room: int, given: Given
    ) -> list[tuple[Row[Any], Lease]]:
        return self.leases.claim(connection, database, now=now, room=room, given=given) if room > 0 else []

    def record(
        self, connection: Connection, database: Database, ended: Sequence[DeliveryAttempt], *, now: datetime
    ) -> None:
        """Record attempts. One whose lease is lost is left to the holder of the delivery, if any."""
        self._pace.begin()
        theirs = {(one.job.business_id, one.job.endpoint_id) for one in ended}
        endpoints = database.fetch(connection, webhook_endpoint, KEY, theirs, lock=True)
        leases = {self.lease_of(one.job): one for one in ended}
        held = {lease: leases[lease] for lease in self.leases.held(connection, database, leases)}
        self.leases.finish(connection, database, {lease: _after(one) for lease, one in held.items()})
        database.insert(connection, attempt, map(_attempt_row, held.values()))
        verdicts: dict[tuple[int, int], list[Verdict]] = defaultdict(list)
        for one in held.values():
            verdicts[one.job.business_id, one.job.endpoint_id].append(one.verdict)
        tried = [(endpoint, verdicts[endpoint.business_id, endpoint.id]) for endpoint in endpoints]
        note_health(connection, database, tried, now=now)

    def set_aside(self, job: DeliveryJob, now: datetime) -> DeliveryAttempt:
        """A delivery that cannot even be tried has failed."""
        return DeliveryAttempt(job=job, at=now, milliseconds=0, verdict=GaveUp(), error="internal")


def _old_secret(row: Row[Any], now: datetime) -> tuple[bytes, ...]:
    """The secret before the present one, if it still signs."""
    return (row.old_secret,) if row.old_secret is not None and row.old_secret_until > now else ()


def _retired_secrets(
    connection: Connection, database: Database, rotated: Collection[tuple[int, int]], now: datetime
) -> Mapping[tuple[int, int], list[bytes]]:
    """The still older secrets of endpoints that sign too, the newest first, as many as a header holds."""
    found: dict[tuple[int, int], list[bytes]] = defaultdict(list)
    rows = database.fetch(connection, retired_secret, ("business_id", "endpoint_id"), rotated) if rotated else ()
    for row in sorted(rows, key=lambda row: row.valid_until, reverse=True):
        theirs = found[row.business_id, row.endpoint_id]
        if row.valid_until > now and len(theirs) < MOST_RETIRED:
            theirs.append(row.secret)
    return found


def _job(row: Row[Any], lease: Lease, old: tuple[bytes, ...]) -> DeliveryJob:
    return DeliveryJob(
        business_id=row.business_id,
        delivery_id=row.id,
        endpoint_id=row.endpoint_id,
        number=row.attempts + 1,
        url=row.url,
        secrets=(row.secret, *old),
        event_id=row.event_id,
        body=row.body,
        failing=row.failing_since is not None,
        lease=lease.token,
    )


def _after(tried: DeliveryAttempt) -> Values:
    """The delivery's columns after an attempt."""
    return {
        "status": {Delivered: DELIVERED, RetryAt: QUEUED}.get(type(tried.verdict), FAILED),
        "attempts": tried.job.number,
        "next_at": tried.verdict.at if isinstance(tried.verdict, RetryAt) else None,
    }


def _attempt_row(tried: DeliveryAttempt) -> Values:
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
