"""Expiry: books rewards as expired when their time is over.

Nobody has to wait for it: a lapsed reward cannot be redeemed and is shown as expired before it is booked.
"""

import asyncio
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, func, select, tuple_

from loyalty_app.clock import Clock
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.each_shard import ask_each_shard, in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import reward
from loyalty_app.shops.businesses import Business, find_business
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.errors import Busy, LoyaltyError, ShopClosed, ShopMoved
from loyalty_core.ledger import SYSTEM
from loyalty_core.rewards import RewardStatus

EVERY_SECONDS = 30
AT_ONCE = 500

Due = tuple[Business, int, int]


class Unbooked(msgspec.Struct, frozen=True):
    """What could not be booked in this run, and has to wait for the next: whole shops, and rewards by shop and id."""

    shops: set[int] = msgspec.field(default_factory=set)
    rewards: set[tuple[int, int]] = msgspec.field(default_factory=set)

    def note(self, shop: int, number: int, refusal: LoyaltyError) -> None:
        """Put a reward aside, or with a shop that is busy, elsewhere or gone all of its rewards."""
        if isinstance(refusal, Busy | ShopMoved | ShopClosed):
            self.shops.add(shop)
        else:
            self.rewards.add((shop, number))


async def book_expired(
    database: Database, counter: Counter, now: datetime, *, at_once: int = AT_ONCE, unbooked: Unbooked | None = None
) -> int:
    """Book lapsed rewards, at most `at_once` of a shard; return how many were due. Raises Busy if one is away.

    What is refused is noted in `unbooked`, and what stands there is left out: so others go on.
    """
    left = unbooked or Unbooked()

    async def book(shard: Shard | None) -> int:
        due = await database.read(lambda connection: _due(connection, now, at_once, left), shard=shard)
        booked = [counter.expire(Caller(business=shop, actor=SYSTEM), owner, number) for shop, owner, number in due]
        outcomes = await asyncio.gather(*booked, return_exceptions=True)
        for (shop, _, number), outcome in zip(due, outcomes, strict=True):
            if isinstance(outcome, LoyaltyError):
                left.note(shop.id, number, outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
            elif outcome.outcome is None:  # not due by the clock of the counter
                left.rewards.add((shop.id, number))
        return len(due)

    return await in_each_shard(database, book)


def _due(connection: Connection, now: datetime, at_once: int, left: Unbooked) -> list[Due]:
    over = (
        select(reward.c.business_id, reward.c.customer_id, reward.c.id)
        .where(reward.c.status == RewardStatus.AVAILABLE.value, reward.c.expires_at <= now, served(reward))
        .where(reward.c.business_id.not_in(left.shops))
        .where(tuple_(reward.c.business_id, reward.c.id).not_in(left.rewards))
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
        unbooked = Unbooked()
        while not stop.asked:
            if await book_expired(database, counter, clock(), unbooked=unbooked) >= AT_ONCE:
                continue
            soon = await ask_each_shard(database, lambda connection: until_next(connection, clock()))
            if not soon:
                return
            await stop.pause(min(soon))

    return Every(EVERY_SECONDS, book_all, "expired rewards could not be booked")
