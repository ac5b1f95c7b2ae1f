"""The delivery queue: which delivery is tried next, for which endpoint, and what is stored after an attempt.

`loyalty_core/delivery_retries.py` decides when a failed delivery gets its next try; here that is stored. `outbox`
queues deliveries, `sender` sends them; nothing is sent here.

Code that locks several rows does so in the order that `outbox` names: endpoints, events, deliveries.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from sqlalchemy import BindParameter, Boolean, Connection, Row, and_, bindparam, or_, select, tuple_

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import attempt, business, delivery, event, retired_secret, webhook_endpoint
from loyalty_app.db.types import BigId
from loyalty_app.queues.leased_table import NOW, Given, Lease, LeasedTable
from loyalty_app.queues.pace import Pace
from loyalty_app.webhooks.delivery_line import anything_due, first_in_line
from loyalty_app.webhooks.endpoint_health import note_health
from loyalty_app.webhooks.fan_out import ANY_NOTED, FanOutPace, fan_out_some
from loyalty_app.webhooks.lanes import DeliveryLanes
from loyalty_app.webhooks.outbox import DELIVERED, FAILED, KEY, QUEUED
from loyalty_core.delivery_retries import Delivered, GaveUp, RetryAt, Verdict

DEADLINE_SECONDS = 15.0
"""How long one attempt may take."""
LEASE = timedelta(seconds=60)
IN_FLIGHT_PER_ENDPOINT = 4
SPARE = 64
"""How many more keys are found than there is room for: others may have locked some."""
MOST_RETIRED = 60
"""Signatures of 60 secrets are 3 KB; servers refuse headers above 8 KB."""


Value = TypeVar("Value")


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
LEFT_OUT, SHOPS, IDS = (bindparam(name, expanding=True, type_=BigId) for name in ("left_out", "shops", "ids"))
KEYS: BindParameter[Any] = bindparam("keys", expanding=True)


FAILS = webhook_endpoint.c.failing_since.is_not(None)
FIRST_IN_LINE = first_in_line(
    and_(FAILS == FAILING, webhook_endpoint.c.id.not_in(LEFT_OUT), OPEN), IN_FLIGHT_PER_ENDPOINT, failing=FAILING
)
"""The keys of due deliveries, each endpoint in its turn.

Each endpoint has at most four in flight, only one while it fails. `FAILING` chooses between endpoints that fail and
sound ones; of these some may be left out. See `delivery_line` for what is looked at.
"""


STILL_DUE = (
    select(*(delivery.c[name] for name in ("business_id", "id", "endpoint_id", "attempts", "event_id")))
    .where(
        delivery.c.business_id.in_(SHOPS),
        delivery.c.id.in_(IDS),
        tuple_(delivery.c.business_id, delivery.c.id).in_(KEYS),
        delivery.c.next_at <= NOW,
    )
    .order_by(delivery.c.id)
)
"""Deliveries with these keys, as far as they are due. Shops that have moved here may have deliveries with the same ids.

Another worker may have claimed, sent and recorded one meanwhile. Then it is not due, or not yet: what is finished has
no `next_at`. The status is not asked for, so that PostgreSQL finds them by their key and not along the line. Nothing is
joined: without statistics PostgreSQL went through all of a shop for each endpoint.
"""


ANYTHING_DUE = select(or_(ANY_NOTED, anything_due(OPEN).scalar_subquery()))
ANYTHING_DUE_THAT_FAILED = anything_due(and_(OPEN, webhook_endpoint.c.failing_since.is_not(None)))


class DeliveryQueue:
    """The deliveries of all businesses as a queue.

    `lanes` says how much room there is for which endpoints, and `pace` how much may begin at once.
    """

    leases = LeasedTable(delivery, key=KEY, due=STILL_DUE, lasts=LEASE).among(delivery.c.status == QUEUED)

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
        return _jobs(connection, database, rows, now)

    def _claim(
        self, connection: Connection, database: Database, now: datetime, *, room: int, given: Given
    ) -> list[tuple[Row[Any], Lease]]:
        """Lease the first in line: their keys are found first, and then the rows. Others stand in for locked ones."""
        asked = {"now": now, "room": room + SPARE, **given}
        line = connection.execute(FIRST_IN_LINE, asked).all() if room > 0 else ()
        claimed: list[tuple[Row[Any], Lease]] = []
        while line and len(claimed) < room:
            first, line = line[: room - len(claimed)], line[room - len(claimed) :]
            places = {(row.business_id, row.id): place for place, row in enumerate(first)}
            found = self.leases.claim(connection, database, now=now, room=room, given=_named(first))
            claimed += sorted(found, key=lambda one: places[one[0].business_id, one[0].id])
        return claimed

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


def _jobs(
    connection: Connection, database: Database, claimed: Sequence[tuple[Row[Any], Lease]], now: datetime
) -> list[DeliveryJob]:
    """What is needed to send claimed deliveries. One whose endpoint or event is gone holds up nobody."""
    if not claimed:
        return []
    theirs = {(row.business_id, row.endpoint_id) for row, _ in claimed}
    endpoints = {(one.business_id, one.id): one for one in database.fetch(connection, webhook_endpoint, KEY, theirs)}
    told = {(row.business_id, row.event_id) for row, _ in claimed}
    bodies = {(one.business_id, one.id): one.body for one in database.fetch(connection, event, KEY, told)}
    old = {key: _old_secret(one, now) for key, one in endpoints.items()}
    retired = _retired_secrets(connection, database, {key for key, secrets in old.items() if secrets}, now)
    secrets = {key: (one.secret, *old[key], *retired[key]) for key, one in endpoints.items()}
    jobs: list[DeliveryJob] = []
    for row, lease in claimed:
        key, body = (row.business_id, row.endpoint_id), bodies.get((row.business_id, row.event_id))
        if key in endpoints and body is not None:
            jobs.append(_job(row, lease, endpoints[key], secrets[key], body))
    return jobs


def _job(row: Row[Any], lease: Lease, endpoint: Row[Any], secrets: tuple[bytes, ...], body: bytes) -> DeliveryJob:
    return DeliveryJob(
        business_id=row.business_id,
        delivery_id=row.id,
        endpoint_id=row.endpoint_id,
        number=row.attempts + 1,
        url=endpoint.url,
        secrets=secrets,
        event_id=row.event_id,
        body=body,
        failing=endpoint.failing_since is not None,
        lease=lease.token,
    )


def _named(line: Sequence[Row[Any]]) -> Given:
    """The keys in a line, as they are asked for: in pairs, and for an index shops and ids by themselves."""
    keys = _padded([(row.business_id, row.id) for row in line])
    shops = _padded(sorted({business_id for business_id, _ in keys}))
    return {"shops": shops, "ids": [number for _, number in keys], "keys": keys}


def _padded(values: Sequence[Value]) -> Sequence[Value]:
    """Values, the last of them as often as makes a power of two: so there are few statements to prepare."""
    whole = 1 << (len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (whole - len(values))]


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
