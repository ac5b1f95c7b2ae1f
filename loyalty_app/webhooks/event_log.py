"""The event log, for integrators: what happened in a shop, in order, for those who ask instead of being told.

It is the table of events, from which webhooks are sent, so it holds what they hold: all events of the last 30 days,
but none about an erased customer except their deletion, and no tests of webhooks.

Events are in the order of their ids, which begin with the time. Several processes write at once, so one may be seen a
moment after a later one. Nobody who asks again may miss it: `resume_cursor` goes no further than `UNSETTLED` ago, and
what is younger is shown again the next time, under the same id.
"""

import re
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from loyalty_app.db.tables import event
from loyalty_app.pagination import PageRequest, Pagination, Walk, make_cursor, read_cursor, read_page
from loyalty_app.webhooks.delivery_log import KEPT
from loyalty_app.webhooks.outbox import event_id_floor
from loyalty_core.errors import InvalidCursor, InvalidRequest
from loyalty_core.events import WebhookTest
from loyalty_core.fields import BusinessId

UNSETTLED = timedelta(seconds=30)
"""After that time no event appears any more that is older: transactions end sooner."""
NAME = "events"
TIME = re.compile(r"msg_([0-9a-f]{12})")
TEST = str(WebhookTest.__struct_config__.tag)


class LoggedEvent(msgspec.Struct, frozen=True):
    """An event as the log has it: the body of its webhook, and the webhook-id as `id`."""

    id: str
    type: str
    timestamp: datetime
    data: msgspec.Raw


class EventPage(msgspec.Struct, frozen=True):
    """Some events, each as JSON, and where to go on the next time."""

    data: list[msgspec.Raw]
    pagination: Pagination
    resume_cursor: str


def list_events(
    connection: Connection, business_id: BusinessId, *, since: datetime | None, now: datetime, wanted: PageRequest
) -> EventPage:
    """The events of a shop, the oldest first, from `since` on or from a cursor on.

    Raises InvalidRequest if either is longer ago than events are kept; PageTooDeep, InvalidCursor.
    """
    rows = select(event.c.id, event.c.body).where(event.c.business_id == business_id, event.c.type != TEST)
    if since is not None:
        _check_kept("since", since, now)
        rows = rows.where(event.c.id >= event_id_floor(since))
    if wanted.cursor is not None:
        _check_kept("cursor", _time_of(str(read_cursor(NAME, wanted.cursor, str))), now)
    shown, pagination = read_page(connection, rows, Walk(NAME, event.c.id, kind=str), wanted=wanted, total=None)
    settled = event_id_floor(now - UNSETTLED)
    resume = min(shown[-1].id, settled) if pagination.next_cursor is not None else settled
    return EventPage([_with_id(row.id, row.body) for row in shown], pagination, make_cursor(NAME, resume))


def _check_kept(field: str, moment: datetime, now: datetime) -> None:
    if moment < now - KEPT:
        days = f"the {KEPT.days} days for which events are kept"
        raise InvalidRequest.field(field, f"is longer ago than {days}; list what you need, and begin again without it")


def _time_of(event_id: str) -> datetime:
    """When an event happened, by its id. Raises InvalidCursor if it is no id."""
    found = TIME.match(event_id)
    if found is None:
        raise InvalidCursor
    return datetime.fromtimestamp(int(found[1], 16) / 1_000, UTC)


def _with_id(event_id: str, body: bytes) -> msgspec.Raw:
    """The body of an event, with its id in front."""
    return msgspec.Raw(b'{"id":"%b",%b' % (event_id.encode(), body[1:]))
