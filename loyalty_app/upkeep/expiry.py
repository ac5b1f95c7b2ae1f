"""Expiry: books rewards as expired when their time is over.

Nobody has to wait for it: a lapsed reward cannot be redeemed and is shown as expired before it is booked.
"""

import asyncio
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, func, select

from loyalty_app.clock import Clock
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.each_shard import ask_each_shard, in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import reward
from loyalty_app.shops.businesses import Business, find_business
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.errors import LoyaltyError
from loyalty_core.ledger import SYSTEM
from loyalty_core.rewards import RewardStatus

EVERY_SECONDS = 30
AT_ONCE = 500

Due = tuple[Business, int, int]


async def book_expired(database: Database, counter: Counter, now: datetime, *, at_once: int = AT_ONCE) -> int:
    """Book lapsed rewards, at most `at_once` of a shard; return how many were due. Raises Busy if one is away."""
    return await in_each_shard(database, partial(_book, database, counter, now=now, at_once=at_once))


async def _book(database: Database, counter: Counter, shard: Shard | None, *, now: datetime, at_once: int) -> int:
    due = await database.read(lambda connection: _due(connection, now, at_once), shard=shard)
    booked = [counter.expire(Caller(business=shop, actor=SYSTEM), owner, number) for shop, owner, number in due]
    for outcome in await asyncio.gather(*booked, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, LoyaltyError):
            raise outcome
    return len(due)


def _due(connection: Connection, now: datetime, at_once: int) -> list[Due]:
    over = (
        select(reward.c.business_id, reward.c.customer_id, reward.c.id)
        .where(reward.c.status == RewardStatus.AVAILABLE.value, reward.c.expires_at <= now, served(reward))
        .order_by(reward.c.expires_at)
        .limit(at_once)
    )
    rows = connection.execute(over).all()
    shops = {number: find_business(connection, number) for number in {row.business_id for row in rows}}
    return [(shops[row.business_id], row.customer_id, row.id) for row in rows]


def until_next(connection: Connection, now: datetime) -> list[float]:
    """The seconds until the next reward ends, if one does before the next run."""
    soon = (reward.c.expires_at > now, reward.c.expires_at <= now + timedelta(seconds=EVERY_SECONDS))
    open_ones = (reward.c.status == RewardStatus.AVAILABLE.value, served(reward))
    ends = select(func.min(reward.c.expires_at)).where(*open_ones, *soon)
    end: datetime | None = connection.scalar(ends)
    return [] if end is None else [(end - now).total_seconds()]


def expiry(database: Database, counter: Counter, clock: Clock) -> Every:
    """Book lapsed rewards every 30 seconds, and those that end in between at their moment."""

    async def book_all(stop: Stop) -> None:
        while not stop.asked:
            if await book_expired(database, counter, clock()) >= AT_ONCE:
                continue
            soon = await ask_each_shard(database, lambda connection: until_next(connection, clock()))
            if not soon:
                return
            await stop.pause(min(soon))

    return Every(EVERY_SECONDS, book_all, "expired rewards could not be booked")
