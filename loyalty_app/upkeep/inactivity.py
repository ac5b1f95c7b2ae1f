"""Inactivity: erases customers who had no activity for as long as the operator keeps such customers.

Every change of a card or a profile is activity: a stamp, a redemption, an import. Erasing goes through the counter, as
if the customer had asked for it: personal data goes, the ledger stays without a name.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, select

from loyalty_app.clock import Clock
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.each_shard import in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import customer
from loyalty_app.shops.businesses import Business, find_business
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.errors import CustomerNotFound, ShopClosed, ShopMoved
from loyalty_core.ledger import SYSTEM

DAYS_IN_A_MONTH = 365.25 / 12
EVERY_SECONDS = 24 * 3_600
AGAIN_SECONDS = 600
AT_ONCE = 200


async def erase_inactive(
    database: Database, counter: Counter, *, months: int, now: datetime, stop: Stop | None = None
) -> int:
    """Erase customers without activity for `months` months, until `stop` is asked; return how many."""
    before = now - timedelta(days=months * DAYS_IN_A_MONTH)
    return await in_each_shard(database, partial(_erase, database, counter, before=before, stop=stop or Stop()))


async def _erase(database: Database, counter: Counter, shard: Shard | None, *, before: datetime, stop: Stop) -> int:
    erased = 0
    while found := await database.read(lambda connection: _inactive(connection, before), shard=shard):
        for shop, number in found:
            if stop.asked:
                return erased
            with suppress(CustomerNotFound, ShopMoved, ShopClosed):  # it happened since they were looked up
                await counter.erase(Caller(business=shop, actor=SYSTEM), number)
                erased += 1
    return erased


def _inactive(connection: Connection, before: datetime) -> list[tuple[Business, int]]:
    columns = (customer.c.business_id, customer.c.id)
    over = (customer.c.erased_at.is_(None), customer.c.updated_at < before, served(customer))
    silent = select(*columns).where(*over).limit(AT_ONCE)
    rows = connection.execute(silent).all()
    shops = {number: find_business(connection, number) for number in {row.business_id for row in rows}}
    return [(shops[row.business_id], row.id) for row in rows]


def inactivity(database: Database, counter: Counter, *, months: int, clock: Clock) -> Every:
    """Erase inactive customers once a day; after a failure again in ten minutes."""

    async def erase(stop: Stop) -> None:
        await erase_inactive(database, counter, months=months, now=clock(), stop=stop)

    return Every(EVERY_SECONDS, erase, "inactive customers could not be erased", AGAIN_SECONDS)
