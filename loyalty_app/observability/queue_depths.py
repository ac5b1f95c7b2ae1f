"""Depths: how much waits in the database, asked when somebody looks, and not more often than every five seconds.

All processes of an installation see the same queues, so these figures are not to be added up over them. What was left
for a bot that is not there any more waits for nobody, and does not count.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime

import msgspec
from prometheus_client.metrics_core import GaugeMetricFamily
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from loyalty_app.chat.bots import LIVE
from loyalty_app.chat.card_queue import SERVES
from loyalty_app.chat.update_queue import WAITING
from loyalty_app.clock import Clock
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import delivery, telegram_bot, telegram_card, telegram_update, webhook_endpoint
from loyalty_app.webhooks.outbox import QUEUED, THEIR_ENDPOINT

KEPT_SECONDS = 5.0
PATIENCE_SECONDS = 5.0


class QueueDepth(msgspec.Struct, frozen=True, kw_only=True):
    """What waits: deliveries in the outbox and how late the latest is, updates, cards that are due in chats."""

    outbox: int = 0
    late_seconds: float = 0.0
    updates: int = 0
    cards: int = 0


class QueueDepths:
    """Asks a database how much waits there, and keeps the answer for a moment."""

    def __init__(self, database: Database, clock: Clock, *, shared_bot: bool = True) -> None:
        """`shared_bot` says whether the installation has one."""
        self._database, self._clock, self._shared_bot = database, clock, shared_bot
        self._asking = asyncio.Lock()
        self._asked_at = -KEPT_SECONDS
        self._kept: QueueDepth | None = None

    async def measured(self) -> QueueDepth | None:
        """How much waits, 5 seconds old at most; None if the database does not answer within 5 seconds."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= KEPT_SECONDS:
                self._kept = await self._ask()
                self._asked_at = time.monotonic()
            return self._kept

    async def _ask(self) -> QueueDepth | None:
        now = self._clock()
        try:
            return await asyncio.wait_for(
                self._database.read(lambda connection: look(connection, now, shared_bot=self._shared_bot)),
                PATIENCE_SECONDS,
            )
        except (SQLAlchemyError, OSError):  # TimeoutError is one too
            return None


def look(connection: Connection, now: datetime, *, shared_bot: bool) -> QueueDepth:
    """Count what waits; each question is answered by a small index of its own."""
    queued = select(func.count()).select_from(delivery).where(delivery.c.status == QUEUED)
    first = connection.scalar(
        select(func.min(delivery.c.next_at))
        .join_from(delivery, webhook_endpoint, THEIR_ENDPOINT)
        .where(delivery.c.status == QUEUED, webhook_endpoint.c.active.is_(True))
    )
    there = _bots_there(shared=shared_bot)
    updates = select(func.count()).where(WAITING, telegram_update.c.bot_id.in_(there))
    cards = select(func.count()).where(telegram_card.c.due_at <= now, telegram_card.c.bot_id.in_(there), SERVES)
    return QueueDepth(
        outbox=connection.execute(queued).scalar_one(),
        late_seconds=max(0.0, (now - first).total_seconds()) if first is not None else 0.0,
        updates=connection.execute(updates).scalar_one(),
        cards=connection.execute(cards).scalar_one(),
    )


def _bots_there(*, shared: bool) -> Select[tuple[int]]:
    """The bots that somebody runs; a shared one whose token was taken out of the settings is still in the table."""
    own = select(telegram_bot.c.bot_id).where(LIVE)
    return own if shared else own.where(telegram_bot.c.business_id.is_not(None))


def families(depth: QueueDepth | None) -> Iterator[GaugeMetricFamily]:
    """The figures of what waits; only whether the database answers, if it does not."""
    yield _gauge("loyalty_database_answers", "1 if the database answers, 0 if not.", float(depth is not None))
    if depth is None:
        return
    yield _gauge(
        "loyalty_outbox_queued", "Deliveries of webhooks that wait, for their time or for a worker.", depth.outbox
    )
    yield _gauge(
        "loyalty_outbox_late_seconds", "How long the first delivery that is due has been due.", depth.late_seconds
    )
    yield _gauge("loyalty_updates_waiting", "Updates of Telegram that wait to be handled.", depth.updates)
    yield _gauge("loyalty_cards_due", "Cards in chats that are due to be shown anew.", depth.cards)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
