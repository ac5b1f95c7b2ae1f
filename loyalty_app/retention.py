"""Retention: what is kept of deliveries for 30 days, and taken away after that, a little at a time.

What is old is looked for without holding anybody up; only taking it away is a transaction. What waits for an endpoint
that is switched off, or gone, does not wait for longer.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Delete, Table, and_, delete, or_, select, tuple_

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import attempt, delivery, event, webhook_endpoint
from loyalty_app.outbox import QUEUED, THEIR_ENDPOINT, event_id_floor

KEPT = timedelta(days=30)
AT_ONCE = 500


async def prune(database: Database, now: datetime) -> int:
    """Take away attempts, deliveries and events older than 30 days, but for what is to be sent; says how many rows."""
    taken = 0
    for table, old in _old(now - KEPT):
        taken += await _take_away(database, table, old)
    return taken


def _old(before: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    open_for_it = select(webhook_endpoint.c.id).where(THEIR_ENDPOINT, webhook_endpoint.c.active.is_(True))
    done = or_(delivery.c.status != QUEUED, ~open_for_it.exists())
    about_it = and_(delivery.c.business_id == event.c.business_id, delivery.c.event_id == event.c.id)
    return [
        (attempt, attempt.c.at < before),
        (delivery, and_(delivery.c.created_at < before, done)),
        (event, and_(event.c.id < event_id_floor(before), ~select(delivery.c.id).where(about_it).exists())),
    ]


async def _take_away(database: Database, table: Table, old: ColumnElement[bool]) -> int:
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(old).limit(AT_ONCE)

    def look(connection: Connection) -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection.execute(some)]

    taken = 0
    while keys := await database.read(look):
        taken += await database.write(_running(delete(table).where(key.in_(keys), old)))
    return taken


def _running(statement: Delete) -> Callable[[Connection], int]:
    return lambda connection: int(connection.execute(statement).rowcount)
