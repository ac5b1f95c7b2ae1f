"""Customers who changed since a moment, without an index by the time of their last change.

Why: such an index would change with every stamp, and PostgreSQL could not update a card in place any more. What changes
a customer leaves a trace that is in order: an entry of the ledger, or an event. Events are kept for 30 days. For more
than that, or where nearly everybody has changed, the customers themselves are read.
"""

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, select, union

from loyalty_app.customers.transactions import DISORDER, first_entry_since
from loyalty_app.db.tables import customer, event, transaction
from loyalty_app.webhooks.delivery_log import KEPT
from loyalty_app.webhooks.outbox import event_id_floor
from loyalty_core.events import CustomerCreated, CustomerUpdated
from loyalty_core.fields import BusinessId

MOST_TRACES = 20_000
PROFILE_EVENTS = [str(kind.__struct_config__.tag) for kind in (CustomerCreated, CustomerUpdated)]


class ChangedSince(msgspec.Struct, frozen=True):
    """Which customers: those that changed at `since` or later, asked at `now`.

    With more than `most_traces` entries or events since then, the customers are read instead.
    """

    since: datetime
    now: datetime
    most_traces: int = MOST_TRACES


def changed_since(connection: Connection, business_id: BusinessId, asked: ChangedSince) -> ColumnElement[bool]:
    """The condition that a customer changed at that moment or later."""
    changed = customer.c.updated_at >= asked.since
    earliest = asked.since - DISORDER
    if earliest < asked.now - KEPT:
        return changed
    stamped = select(transaction.c.customer_id.label("customer_id")).where(
        transaction.c.business_id == business_id,
        transaction.c.id >= first_entry_since(connection, business_id, earliest),
    )
    told = select(event.c.customer_id.label("customer_id")).where(
        event.c.business_id == business_id,
        event.c.id >= event_id_floor(earliest),
    )
    if any(_more_than(asked.most_traces, traces, connection) for traces in (stamped, told)):
        return changed
    traces = union(stamped, told.where(event.c.type.in_(PROFILE_EVENTS))).subquery()
    return and_(changed, customer.c.id.in_(select(traces.c.customer_id)))


def _more_than(most: int, traces: Select[tuple[int]], connection: Connection) -> bool:
    return connection.execute(traces.offset(most).limit(1)).first() is not None
