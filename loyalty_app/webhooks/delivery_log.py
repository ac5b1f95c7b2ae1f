"""The delivery log, for integrators: what was sent to an endpoint with which result, tests, and replays.

`delivery_queue` decides what is tried next.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, func, select

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedAnswer, KeyedRequest, answer_once
from loyalty_app.db.tables import attempt, delivery, event
from loyalty_app.pagination import Page, PageRequest, Walk, read_page
from loyalty_app.webhooks.endpoints import find_endpoint
from loyalty_app.webhooks.fan_out import fan_out_now, fan_out_shop
from loyalty_app.webhooks.outbox import FAILED, QUEUED, EventIds, event_id_floor, queue_again
from loyalty_core.errors import InvalidRequest
from loyalty_core.events import OfTest, WebhookTest, event_type

MOST_REPLAYED = 10_000
KEPT = timedelta(days=30)
"""How long deliveries are kept and can be sent again."""


class AttemptView(msgspec.Struct, frozen=True):
    """One try: when, how long it took, what the receiver answered (its beginning) or what went wrong."""

    number: int
    at: datetime
    milliseconds: int
    http_status: int | None
    error: str | None
    response: str | None


class DeliveryView(msgspec.Struct, frozen=True):
    """One event on its way to one endpoint; `event_id` is the header webhook-id, the same on every try."""

    id: int
    event_id: str
    event_type: str
    status: str
    created_at: datetime
    next_attempt_at: datetime | None
    attempts: tuple[AttemptView, ...]


class Queued(msgspec.Struct, frozen=True):
    """How many deliveries were queued, and the first of them."""

    queued: int
    delivery_id: int | None


async def show_deliveries(
    database: Database, business_id: int, webhook_id: int, *, wanted: PageRequest
) -> Page[DeliveryView]:
    """The deliveries to an endpoint, the newest first, all written before. Raises what `list_deliveries` does."""
    await fan_out_now(database, business_id)
    return await database.read(lambda c: list_deliveries(c, business_id, webhook_id, wanted=wanted))


def list_deliveries(
    connection: Connection, business_id: int, webhook_id: int, *, wanted: PageRequest
) -> Page[DeliveryView]:
    """The deliveries to an endpoint, the newest first. Raises WebhookNotFound, PageTooDeep, InvalidCursor."""
    find_endpoint(connection, business_id, webhook_id)
    own = and_(delivery.c.business_id == business_id, delivery.c.endpoint_id == webhook_id)
    total = connection.execute(select(func.count()).select_from(delivery).where(own)).scalar_one()
    told = and_(event.c.business_id == delivery.c.business_id, event.c.id == delivery.c.event_id)
    rows = select(delivery, event.c.type).join_from(delivery, event, told).where(own)
    walk = Walk("deliveries", delivery.c.id, newest_first=True)
    shown, pagination = read_page(connection, rows, walk, wanted=wanted, total=total)
    tries = _attempts(connection, business_id, [row.id for row in shown])
    return Page([_view(row, tries.get(row.id, [])) for row in shown], pagination)


def _attempts(connection: Connection, business_id: int, delivery_ids: list[int]) -> dict[int, list[AttemptView]]:
    of_these = select(attempt).where(attempt.c.business_id == business_id, attempt.c.delivery_id.in_(delivery_ids))
    found: dict[int, list[AttemptView]] = {}
    for row in connection.execute(of_these.order_by(attempt.c.delivery_id, attempt.c.number)):
        response = None if row.response is None else row.response.decode("utf-8", "replace")
        view = AttemptView(row.number, row.at, row.milliseconds, row.http_status, row.error, response)
        found.setdefault(row.delivery_id, []).append(view)
    return found


def _view(row: Row[Any], attempts: Sequence[AttemptView]) -> DeliveryView:
    next_at = row.next_at if row.status == QUEUED else None
    return DeliveryView(row.id, row.event_id, row.type, row.status, row.created_at, next_at, tuple(attempts))


async def send_test(database: Database, request: KeyedRequest, webhook_id: int, *, now: datetime) -> KeyedAnswer:
    """Queue a webhook.test for one endpoint, whatever events it wants; the answer is a Queued.

    Raises WebhookNotFound, IdempotencyKeyReused.
    """
    business_id = request.business_id

    def work(connection: Connection) -> bytes:
        endpoint = find_endpoint(connection, business_id, webhook_id, lock=True)
        told = WebhookTest(now, OfTest(webhook_id))
        row = {
            "business_id": business_id,
            "id": EventIds(now).next(),
            "type": event_type(told),
            "customer_id": 0,
            "body": msgspec.json.encode(told),
            "created_at": now,
        }
        database.insert(connection, event, [row])
        return _queued(queue_again(connection, database, endpoint, [str(row["id"])], now=now))

    return await answer_once(database, request, work, now=now)


async def replay_one(
    database: Database, request: KeyedRequest, webhook_id: int, *, delivery_id: int, now: datetime
) -> KeyedAnswer:
    """Queue the event of a finished delivery again, under its webhook-id; the answer is a Queued.

    Raises WebhookNotFound, InvalidRequest, IdempotencyKeyReused.
    """
    business_id = request.business_id

    def work(connection: Connection) -> bytes:
        endpoint = find_endpoint(connection, business_id, webhook_id, lock=True)
        told = and_(event.c.business_id == delivery.c.business_id, event.c.id == delivery.c.event_id)
        own = and_(delivery.c.business_id == business_id, delivery.c.endpoint_id == webhook_id)
        asked = select(delivery.c.status, delivery.c.event_id).join_from(delivery, event, told)
        kept = asked.where(own, delivery.c.id == delivery_id, event.c.id >= event_id_floor(now - KEPT))
        row = connection.execute(kept.with_for_update(of=event, read=True)).one_or_none()
        if row is None:
            raise InvalidRequest.field("delivery_id", "must be a delivery to this webhook from the last 30 days")
        if row.status == QUEUED:
            raise InvalidRequest.field("delivery_id", "must be a delivery that is finished; this one is still queued")
        return _queued(queue_again(connection, database, endpoint, [row.event_id], now=now))

    return await answer_once(database, request, work, now=now)


async def replay_since(
    database: Database, request: KeyedRequest, webhook_id: int, *, since: datetime, now: datetime
) -> KeyedAnswer:
    """Queue all events since a moment that the endpoint wants and that are not queued; the answer is a Queued.

    Raises WebhookNotFound, InvalidRequest, IdempotencyKeyReused.
    """
    business_id = request.business_id

    def work(connection: Connection) -> bytes:
        if not now - KEPT <= since <= now:
            raise InvalidRequest.field("since", "must be a time within the last 30 days, as 2026-03-01T09:30:00Z")
        endpoint = find_endpoint(connection, business_id, webhook_id, lock=True)
        fan_out_shop(connection, database, business_id)
        waiting = select(delivery.c.id).where(
            delivery.c.business_id == event.c.business_id,
            delivery.c.event_id == event.c.id,
            delivery.c.endpoint_id == webhook_id,
            delivery.c.status == QUEUED,
        )
        missed = (
            select(event.c.id)
            .where(event.c.business_id == business_id, event.c.id >= event_id_floor(since))
            .where(event.c.type.in_(endpoint.events.split()), ~waiting.exists())
            .order_by(event.c.id)
            .limit(MOST_REPLAYED)
            .with_for_update(of=event, read=True)
        )
        event_ids = list(connection.execute(missed).scalars())
        return _queued(queue_again(connection, database, endpoint, event_ids, now=now))

    return await answer_once(database, request, work, now=now)


async def replay_failed(database: Database, request: KeyedRequest, webhook_id: int, *, now: datetime) -> KeyedAnswer:
    """Queue all events of the last 30 days again that failed for good and were not delivered since; a Queued.

    Raises WebhookNotFound, IdempotencyKeyReused.
    """
    own = and_(delivery.c.business_id == request.business_id, delivery.c.endpoint_id == webhook_id)

    def work(connection: Connection) -> bytes:
        endpoint = find_endpoint(connection, request.business_id, webhook_id, lock=True)
        failed = select(delivery.c.event_id).where(own, delivery.c.status == FAILED)
        others = select(delivery.c.event_id).where(own, delivery.c.status != FAILED, delivery.c.event_id == event.c.id)
        missed = (
            select(event.c.id)
            .where(event.c.business_id == request.business_id, event.c.id >= event_id_floor(now - KEPT))
            .where(event.c.id.in_(failed), ~others.exists())
            .order_by(event.c.id)
            .limit(MOST_REPLAYED)
            .with_for_update(of=event, read=True)
        )
        event_ids = list(connection.execute(missed).scalars())
        return _queued(queue_again(connection, database, endpoint, event_ids, now=now))

    return await answer_once(database, request, work, now=now)


def _queued(delivery_ids: list[int]) -> bytes:
    return msgspec.json.encode(Queued(len(delivery_ids), delivery_ids[0] if delivery_ids else None))
