"""Customers who changed since a moment, without an index by the time of their last change.

Why: such an index would change with every stamp, and PostgreSQL could not update a card in place any more. What changes
a customer leaves a trace that is in order: an event, or, where a reward has expired, an entry of the ledger. Events are
kept for 30 days. For more than that, or where nearly everybody has changed, the customers themselves are read.
"""

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, literal_column, select, union

from loyalty_app.customers.ledger_times import CLOCKS, DISORDER, first_entry_since
from loyalty_app.db.tables import customer, event, transaction
from loyalty_app.webhooks.delivery_log import KEPT
from loyalty_app.webhooks.outbox import event_id_floor
from loyalty_core.fields import BusinessId
from loyalty_core.ledger import EntryType

MOST_TRACES = 20_000


class ChangedSince(msgspec.Struct, frozen=True):
    """Which customers: those that changed at `since` or later, asked at `now`.

    With more than `most_traces` events since then, the customers are read instead.
    """

    since: datetime
    now: datetime
    most_traces: int = MOST_TRACES


def changed_since(connection: Connection, business_id: BusinessId, asked: ChangedSince) -> ColumnElement[bool]:
    """The condition that a customer changed at that moment or later."""
    changed = customer.c.updated_at >= asked.since
    earliest = asked.since - CLOCKS
    if earliest < asked.now - KEPT:
        return changed
    told = select(event.c.customer_id.label("customer_id")).where(
        event.c.business_id == business_id, event.c.id >= event_id_floor(earliest)
    )
    if connection.execute(told.offset(asked.most_traces).limit(1)).first() is not None:
        return changed
    traces = union(told, _expired(connection, business_id, earliest)).subquery()
    return and_(changed, customer.c.id.in_(select(traces.c.customer_id)))


def _expired(connection: Connection, business_id: BusinessId, earliest: datetime) -> Select[tuple[int]]:
    """Those of whom a reward was booked as expired: no event tells that."""
    return select(transaction.c.customer_id.label("customer_id")).where(
        transaction.c.business_id == business_id,
        transaction.c.type == EntryType.EXPIRE.value,
        transaction.c.type != literal_column("'stamp'"),  # the condition of the index, to the letter
        transaction.c.id >= first_entry_since(connection, business_id, earliest - DISORDER),
    )
