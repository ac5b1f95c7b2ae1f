"""Referrals: thanks for bringing a friend along, where they were not given right after the friend's first visit.

A process may have ended in between, or the database was away for a moment. The core says whether a gift is due, with
the ledger at hand: two processes at once give it once. How a gift is told is not known here.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection, and_, or_, select, tuple_

from loyalty_app.counter import Caller, Counter
from loyalty_app.counter.referrals import referral_of
from loyalty_app.db.each_shard import in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import card, customer, referral
from loyalty_app.shops.businesses import Business, find_business
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.fields import BusinessId
from loyalty_core.ledger import SYSTEM
from loyalty_core.referrals import Referral

EVERY_SECONDS = 60
AT_ONCE = 50
"""How many are thanked together. Why so few: a stamp waits for the gifts of its batch."""
KEY = (referral.c.business_id, referral.c.customer_id)


async def thank_referrers(database: Database, counter: Counter, *, stop: Stop | None = None) -> int:
    """Thank all whose friends were there; return how many gifts those were. What failed is raised at the end."""
    return await in_each_shard(database, partial(_thank, database, counter, stop=stop or Stop()))


async def _thank(database: Database, counter: Counter, shard: Shard | None, *, stop: Stop) -> int:
    given, last, failures = 0, (0, 0), list[BaseException]()
    while not stop.asked:
        found = await database.read(partial(_visited, after=last), shard=shard)
        if not found:
            break
        shops = await database.read(partial(_shops, referrals=found), shard=shard)
        asked = (counter.thank_referrer(Caller(business=shops[one.business_id], actor=SYSTEM), one) for one in found)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        failures += (answer for answer in answers if isinstance(answer, BaseException))
        given += sum(not isinstance(answer, BaseException) and answer.outcome is not None for answer in answers)
        last = found[-1].business_id, found[-1].customer_id
    if failures:
        raise failures[0]
    return given


def _visited(connection: Connection, *, after: tuple[int, int]) -> list[Referral]:
    """Some referrals that wait, of friends who were there since, or are no customers of their own any more."""
    friend = and_(customer.c.business_id == referral.c.business_id, customer.c.id == referral.c.customer_id)
    theirs = and_(card.c.business_id == referral.c.business_id, card.c.customer_id == referral.c.customer_id)
    elsewhere = select(card.c.program_id).where(theirs, card.c.total_visits > 0).exists()
    waiting = (
        select(referral)
        .join(customer, friend)
        .where(referral.c.result.is_(None), tuple_(*KEY) > after, served(referral))
        .where(or_(customer.c.total_visits > 0, customer.c.erased_at.is_not(None), elsewhere))
    )
    return [referral_of(row) for row in connection.execute(waiting.order_by(*KEY).limit(AT_ONCE))]


def _shops(connection: Connection, *, referrals: Sequence[Referral]) -> dict[int, Business]:
    numbers = {one.business_id for one in referrals}
    return {number: find_business(connection, BusinessId(number)) for number in numbers}


def referrals(database: Database, counter: Counter) -> Every:
    """Look each minute for friends who were there."""

    async def thank(stop: Stop) -> None:
        await thank_referrers(database, counter, stop=stop)

    return Every(EVERY_SECONDS, thank, "who brought friends along could not be thanked")
