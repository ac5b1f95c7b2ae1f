"""The backlog of deliveries: how many wait in the outbox, and how late the first of them is."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from loyalty_app.db.tables import delivery, webhook_endpoint
from loyalty_app.observability.queue_depths import QueueDepth
from loyalty_app.webhooks.outbox import QUEUED, THEIR_ENDPOINT


def outbox_depths(connection: Connection, now: datetime) -> Iterator[QueueDepth]:
    """What waits in the outbox; late is what is due and could be sent, for its endpoint is switched on."""
    waits = delivery.c.status == QUEUED
    queued = connection.execute(select(func.count()).select_from(delivery).where(waits)).scalar_one()
    first = connection.scalar(
        select(func.min(delivery.c.next_at))
        .join_from(delivery, webhook_endpoint, THEIR_ENDPOINT)
        .where(waits, webhook_endpoint.c.active.is_(True))
    )
    late = max(0.0, (now - first).total_seconds()) if first is not None else 0.0
    yield QueueDepth(
        "loyalty_outbox_queued", "Deliveries of webhooks that wait, for their time or for a worker.", queued
    )
    yield QueueDepth("loyalty_outbox_late_seconds", "How long the first delivery that is due has been due.", late)
