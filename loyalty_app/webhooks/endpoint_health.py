"""Endpoint health: what becomes of an endpoint after attempts, and what its owner is told, once.

The core decides how long one may fail. `owner_notices` tells the owners.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business, webhook_endpoint
from loyalty_app.observability.queue_depths import QueueDepth
from loyalty_app.shops.notice_facts import Ailment, Trouble, WebhookFacts
from loyalty_app.shops.owner_notices import add_notice
from loyalty_core.delivery_retries import DISABLE_AFTER, Delivered, Disable, Fine, Health, Verdict, Warn, judge_endpoint


def endpoint_depths(connection: Connection, _now: datetime) -> Iterator[QueueDepth]:
    """How many endpoints there are and fail, so that one dead receiver counts as one; and how many shops pause."""
    active = webhook_endpoint.c.active.is_(True)
    failing = func.count().filter(webhook_endpoint.c.failing_since.is_not(None))
    there = connection.execute(select(func.count(), failing).select_from(webhook_endpoint).where(active)).one()
    pauses = select(func.count()).select_from(business).where(business.c.deliveries_paused_at.is_not(None))
    yield QueueDepth("loyalty_webhook_endpoints", "Endpoints of webhooks that are switched on.", there[0])
    yield QueueDepth("loyalty_webhook_endpoints_failing", "Those of them whose last attempt failed.", there[1])
    yield QueueDepth(
        "loyalty_deliveries_paused", "Businesses whose deliveries are paused.", connection.execute(pauses).scalar_one()
    )


def failing_endpoints(connection: Connection, business_id: int) -> dict[int, datetime]:
    """The endpoints of a business that fail, by their ids, each with since when; also those switched off for it."""
    failing = webhook_endpoint.c.business_id == business_id, webhook_endpoint.c.failing_since.is_not(None)
    found = select(webhook_endpoint.c.id, webhook_endpoint.c.failing_since).where(*failing)
    return {row.id: row.failing_since for row in connection.execute(found)}


class EndpointHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an endpoint, and what to tell its owner."""

    active: bool
    health: Health
    notices: tuple[Trouble, ...] = ()


Tried = tuple[Row[Any], Iterable[Verdict]]
"""An endpoint, and what came of attempts at it, in their order."""


def note_health(connection: Connection, database: Database, tried: Iterable[Tried], *, now: datetime) -> None:
    """Record what attempts say about endpoints, whose rows the caller has locked; leave notices for their owners.

    All endpoints are written at once: hundreds may fail in the same moment.
    """
    changed = [
        (endpoint, standing)
        for endpoint, verdicts in tried
        if (standing := _standing(endpoint, verdicts, now)) != before_of(endpoint)
    ]
    rows = [_row(endpoint, standing) for endpoint, standing in changed]
    database.update(connection, webhook_endpoint, rows, key=("business_id", "id"))
    for endpoint, standing in changed:
        _tell(connection, database, endpoint, standing.notices, now=now)


def before_of(endpoint: Row[Any]) -> EndpointHealth:
    """The state of an endpoint as it is stored."""
    health = Health(failing_since=endpoint.failing_since, warnings=endpoint.warnings)
    return EndpointHealth(active=endpoint.active, health=health)


def _standing(endpoint: Row[Any], verdicts: Iterable[Verdict], now: datetime) -> EndpointHealth:
    standing = before_of(endpoint)
    for verdict in verdicts:
        standing = after(standing, verdict, now)
    return standing


def _row(endpoint: Row[Any], standing: EndpointHealth) -> Values:
    return {
        "business_id": endpoint.business_id,
        "id": endpoint.id,
        "active": standing.active,
        "failing_since": standing.health.failing_since,
        "warnings": standing.health.warnings,
    }


def after(standing: EndpointHealth, verdict: Verdict, now: datetime) -> EndpointHealth:
    """The state of an endpoint after one more attempt. One that is switched off already gets no more notices."""
    if isinstance(verdict, Delivered):
        return msgspec.structs.replace(standing, health=Health())
    judged = judge_endpoint(standing.health, now)
    warnings = judged.warnings if isinstance(judged, Warn) else standing.health.warnings
    health = Health(failing_since=standing.health.failing_since or now, warnings=warnings)
    said = _saying(verdict, judged) if standing.active else None
    if said is None:
        return msgspec.structs.replace(standing, health=health)
    active = not (isinstance(verdict, Disable) or isinstance(judged, Disable))
    return EndpointHealth(active=active, health=health, notices=(*standing.notices, said))


def _saying(verdict: Verdict, judged: Fine | Warn | Disable) -> Trouble | None:
    match verdict, judged:
        case Disable(), _:
            return Trouble(Ailment.GONE)
        case _, Disable():
            return Trouble(Ailment.SWITCHED_OFF, DISABLE_AFTER.days)
        case _, Warn(failing_for=span):
            return Trouble(Ailment.FAILING, span.days)
        case _:
            return None


def _tell(
    connection: Connection, database: Database, endpoint: Row[Any], notices: Iterable[Trouble], *, now: datetime
) -> None:
    for trouble in notices:
        facts = WebhookFacts(endpoint_id=endpoint.id, url=endpoint.url, trouble=trouble)
        add_notice(database, connection, endpoint.business_id, facts=facts, now=now)
