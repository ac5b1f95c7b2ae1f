"""Expiry: books rewards whose time is over, soon after it is over.

Nobody has to wait for it: a lapsed reward cannot be redeemed and is shown as expired before it is booked.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, select

from loyalty_app.clock import Clock
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import reward
from loyalty_app.shops.businesses import Business, find_business
from loyalty_core.errors import LoyaltyError
from loyalty_core.ledger import SYSTEM
from loyalty_core.rewards import RewardStatus

EVERY_SECONDS = 30
AT_ONCE = 500

log = logging.getLogger(__name__)

Due = tuple[Business, int, int]


async def book_expired(database: Database, counter: Counter, now: datetime) -> int:
    """Book the rewards whose time is over, 500 at most; says how many were due."""
    due = await database.read(lambda connection: _due(connection, now))
    booked = [counter.expire(Caller(business=shop, actor=SYSTEM), owner, number) for shop, owner, number in due]
    for outcome in await asyncio.gather(*booked, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, LoyaltyError):
            raise outcome
    return len(due)


def _due(connection: Connection, now: datetime) -> list[Due]:
    over = (
        select(reward.c.business_id, reward.c.customer_id, reward.c.id)
        .where(reward.c.status == RewardStatus.AVAILABLE.value, reward.c.expires_at <= now)
        .order_by(reward.c.expires_at)
        .limit(AT_ONCE)
    )
    rows = connection.execute(over).all()
    shops = {number: find_business(connection, number) for number in {row.business_id for row in rows}}
    return [(shops[row.business_id], row.customer_id, row.id) for row in rows]


async def keep_booking(database: Database, counter: Counter, clock: Clock, stopping: asyncio.Event) -> None:
    """Book expired rewards until the process stops; a failure is logged and tried again."""
    while not stopping.is_set():
        try:
            due = await book_expired(database, counter, clock())
        except Exception:  # whatever it was, the next round may succeed
            log.exception("expired rewards could not be booked")
            due = 0
        if due < AT_ONCE:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
