"""Webhook endpoints: registering, listing, changing and deleting them, and renewing their secrets.

A secret is shown once and then only used; it is stored encrypted, and so are answers that hold one. What writes takes a
request that may have an idempotency key. What is delivered to which endpoint is in `outbox`.
"""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, select, update

from loyalty_app.clock import Clock
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedAnswer, KeyedRequest, answer_once, first_answer
from loyalty_app.db.tables import attempt, business, delivery, retired_secret, webhook_endpoint
from loyalty_app.ids import Kind
from loyalty_app.pagination import Page, PageRequest, Walk, page_of, read_page
from loyalty_app.shops.businesses import find_business
from loyalty_app.vault import Vault
from loyalty_app.webhooks.addresses import Guard, addresses_of, checked_url, judge_url
from loyalty_app.webhooks.outbox import drop
from loyalty_core.errors import InvalidRequest, WebhookLimitReached, WebhookNotFound
from loyalty_core.events import EVENT_TYPES
from loyalty_core.outcomes import Deleted
from loyalty_core.webhooks import SECRET_RANDOM_BYTES, make_secret

if TYPE_CHECKING:
    from yarl import URL

MOST_ENDPOINTS = 20
OLD_SECRET_VALID = timedelta(hours=24)
HINT_LETTERS = 4

encode = msgspec.json.Encoder().encode


class LastDelivery(msgspec.Struct, frozen=True):
    """The last attempt at an endpoint."""

    at: datetime
    status: str
    http_status: int | None


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as the world sees it; of the secret only its last letters."""

    id: int
    url: str
    events: tuple[str, ...]
    active: bool
    created_at: datetime
    secret_hint: str
    last_delivery: LastDelivery | None


class NewWebhookView(WebhookView, frozen=True, kw_only=True):
    """An endpoint with its new secret, which is shown this once."""

    secret: str


class WebhookChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change at an endpoint; unset fields stay as they are."""

    url: str | UnsetType = UNSET
    events: tuple[str, ...] | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class Webhooks:
    """The endpoints of all businesses."""

    def __init__(self, database: Database, *, vault: Vault, guard: Guard, clock: Clock) -> None:
        self._database, self._vault, self._guard, self._clock = database, vault, guard, clock

    async def register(self, request: KeyedRequest, url: str, events: tuple[str, ...]) -> KeyedAnswer:
        """Register an endpoint; the answer is a NewWebhookView.

        Raises InvalidRequest, WebhookLimitReached or IdempotencyKeyReused.
        """
        first = await first_answer(self._database, request, self._vault)
        if first is not None:
            return first
        checked, wanted, now = await self._checked_url(url), checked_events(events), self._clock()
        secret, business_id = make_secret(secrets.token_bytes(SECRET_RANDOM_BYTES)), request.business_id

        def work(connection: Connection) -> bytes:
            _check_room(connection, business_id)
            with self._database.ids(connection) as ids:
                webhook_id = ids.take(Kind.WEBHOOK)
            row = {
                "business_id": business_id,
                "id": webhook_id,
                "url": str(checked),
                "events": " ".join(wanted),
                "active": True,
                "created_at": now,
                "secret": self._vault.lock(secret),
                "secret_hint": secret[-HINT_LETTERS:],
                "warnings": 0,
            }
            self._database.insert(connection, webhook_endpoint, [row])
            return _with_secret(read_webhook(connection, business_id, webhook_id), secret)

        return await answer_once(self._database, request, work, now=now, vault=self._vault)

    async def change(self, request: KeyedRequest, webhook_id: int, change: WebhookChange) -> KeyedAnswer:
        """Change an endpoint; switching it on again clears its failures. The answer is a WebhookView.

        Raises InvalidRequest, WebhookNotFound or IdempotencyKeyReused.
        """
        first = await first_answer(self._database, request)
        if first is not None:
            return first
        values, business_id = await self._changed_values(change), request.business_id

        def work(connection: Connection) -> bytes:
            find_endpoint(connection, business_id, webhook_id, lock=True)
            if values:
                connection.execute(update(webhook_endpoint).where(_own(business_id, webhook_id)).values(**values))
            return encode(read_webhook(connection, business_id, webhook_id))

        return await answer_once(self._database, request, work, now=self._clock())

    async def _changed_values(self, change: WebhookChange) -> dict[str, object]:
        values: dict[str, object] = {}
        if isinstance(change.url, str):
            values["url"] = str(await self._checked_url(change.url))
        if isinstance(change.events, tuple):
            values["events"] = " ".join(checked_events(change.events))
        if isinstance(change.active, bool):
            values |= {"active": change.active, "failing_since": None, "warnings": 0}
        return values

    async def delete(self, request: KeyedRequest, webhook_id: int) -> KeyedAnswer:
        """Delete an endpoint with all its deliveries; the answer is a Deleted.

        Raises WebhookNotFound or IdempotencyKeyReused.
        """
        business_id = request.business_id

        def work(connection: Connection) -> bytes:
            find_endpoint(connection, business_id, webhook_id, lock=True)
            drop(connection, business_id, delivery.c.endpoint_id == webhook_id)
            connection.execute(delete(retired_secret).where(_retired(business_id, webhook_id)))
            connection.execute(delete(webhook_endpoint).where(_own(business_id, webhook_id)))
            return encode(Deleted(id=webhook_id))

        return await answer_once(self._database, request, work, now=self._clock())

    async def rotate_secret(self, request: KeyedRequest, webhook_id: int) -> KeyedAnswer:
        """Give an endpoint a new secret; for 24 hours each older one signs too. The answer is a NewWebhookView.

        Raises WebhookNotFound or IdempotencyKeyReused.
        """
        secret, now = make_secret(secrets.token_bytes(SECRET_RANDOM_BYTES)), self._clock()
        business_id = request.business_id

        def work(connection: Connection) -> bytes:
            endpoint = find_endpoint(connection, business_id, webhook_id, lock=True)
            self._retire_old_secret(connection, endpoint, now)
            renewed = (
                update(webhook_endpoint)
                .where(_own(business_id, webhook_id))
                .values(
                    secret=self._vault.lock(secret),
                    secret_hint=secret[-HINT_LETTERS:],
                    old_secret=endpoint.secret,
                    old_secret_until=now + OLD_SECRET_VALID,
                )
            )
            connection.execute(renewed)
            return _with_secret(read_webhook(connection, business_id, webhook_id), secret)

        return await answer_once(self._database, request, work, now=now, vault=self._vault)

    def _retire_old_secret(self, connection: Connection, endpoint: Row[Any], now: datetime) -> None:
        """Keep the secret before the last one as long as it is valid; it is not read here."""
        over = and_(_retired(endpoint.business_id, endpoint.id), retired_secret.c.valid_until <= now)
        connection.execute(delete(retired_secret).where(over))
        if endpoint.old_secret is not None and endpoint.old_secret_until > now:
            row = {
                "business_id": endpoint.business_id,
                "endpoint_id": endpoint.id,
                "secret": endpoint.old_secret,
                "valid_until": endpoint.old_secret_until,
            }
            self._database.insert(connection, retired_secret, [row])

    async def _checked_url(self, text: str) -> "URL":
        url = checked_url(text)
        judge_url(url, await addresses_of(url), self._guard)
        return url


def checked_events(events: tuple[str, ...]) -> tuple[str, ...]:
    """Names of events: at least one, all known, none twice. Raises InvalidRequest."""
    known = ", ".join(EVENT_TYPES)
    if not events or len(set(events)) != len(events) or not set(events) <= set(EVENT_TYPES):
        raise InvalidRequest.field("events", f"must be a list of one or more of {known}, each named once")
    return events


def _check_room(connection: Connection, business_id: int) -> None:
    """Raise WebhookLimitReached. Locks the business, so that two requests cannot both take the last place."""
    connection.execute(select(business.c.id).where(business.c.id == business_id).with_for_update())
    find_business(connection, business_id)
    own = select(func.count()).select_from(webhook_endpoint).where(webhook_endpoint.c.business_id == business_id)
    if connection.execute(own).scalar_one() >= MOST_ENDPOINTS:
        raise WebhookLimitReached(MOST_ENDPOINTS)


def _own(business_id: int, webhook_id: int) -> ColumnElement[bool]:
    return and_(webhook_endpoint.c.business_id == business_id, webhook_endpoint.c.id == webhook_id)


def _retired(business_id: int, webhook_id: int) -> ColumnElement[bool]:
    return and_(retired_secret.c.business_id == business_id, retired_secret.c.endpoint_id == webhook_id)


def find_endpoint(connection: Connection, business_id: int, webhook_id: int, *, lock: bool = False) -> Row[Any]:
    """The row of an endpoint, locked if the caller will change something. Raises WebhookNotFound."""
    found = select(webhook_endpoint).where(_own(business_id, webhook_id))
    row = connection.execute(found.with_for_update() if lock else found).one_or_none()
    if row is None:
        raise WebhookNotFound(webhook_id)
    return row


def read_webhook(connection: Connection, business_id: int, webhook_id: int) -> WebhookView:
    """An endpoint for the wire. Raises WebhookNotFound."""
    return _view(connection, find_endpoint(connection, business_id, webhook_id))


def list_webhooks(connection: Connection, business_id: int, *, wanted: PageRequest) -> Page[WebhookView]:
    """The endpoints of a business, the oldest first. Raises PageTooDeep or InvalidCursor."""
    own = webhook_endpoint.c.business_id == business_id
    total = connection.execute(select(func.count()).select_from(webhook_endpoint).where(own)).scalar_one()
    walk = Walk("webhooks", webhook_endpoint.c.id)
    found = read_page(connection, select(webhook_endpoint).where(own), walk, wanted=wanted, total=total)
    return page_of(found, lambda row: _view(connection, row))


def _view(connection: Connection, row: Row[Any]) -> WebhookView:
    return WebhookView(
        id=row.id,
        url=row.url,
        events=tuple(row.events.split()),
        active=row.active,
        created_at=row.created_at,
        secret_hint=row.secret_hint,
        last_delivery=_last_delivery(connection, row),
    )


def _last_delivery(connection: Connection, row: Row[Any]) -> LastDelivery | None:
    last = (
        select(attempt.c.at, attempt.c.http_status, delivery.c.status)
        .join_from(
            attempt,
            delivery,
            and_(delivery.c.business_id == attempt.c.business_id, delivery.c.id == attempt.c.delivery_id),
        )
        .where(attempt.c.business_id == row.business_id, attempt.c.endpoint_id == row.id)
        .order_by(attempt.c.at.desc(), attempt.c.delivery_id.desc(), attempt.c.number.desc())
        .limit(1)
    )
    found = connection.execute(last).one_or_none()
    return LastDelivery(found.at, found.status, found.http_status) if found else None


def _with_secret(view: WebhookView, secret: str) -> bytes:
    return encode(NewWebhookView(**msgspec.structs.asdict(view), secret=secret))
