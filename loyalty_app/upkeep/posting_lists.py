"""Posting lists of large shops: when they are made, and when what has changed is put into them.

The rules, in words:
- A shop with more customers than can be looked through has lists: of each beginning of words that many have, and of
  everybody under the empty beginning (`list_maker.py` makes them).
- A customer who changes is noted by the writer (`db/search_index.py`), and judged by their own row until the
  lists know it. When some have changed, the lists are changed.
- When very many have, or a day has passed, all are made again: other beginnings become frequent, and a server of an
  older release notes nothing. The same happens where the lists know another number of customers than the shop has.
- Lists that are wrong (`list_proof.py`) are given up by hand: nobody reads them until they are made again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy import Connection, delete, exists, func, select, update

from loyalty_app.clock import Clock
from loyalty_app.customers.listed_search import MOST_CHANGED
from loyalty_app.customers.search import SMALL_SHOP
from loyalty_app.db.each_shard import in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.search_index import UNINDEXED
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import business, business_total, customer, posting_change, posting_index, posting_list
from loyalty_app.shops.businesses import find_business
from loyalty_app.upkeep.list_maker import LargeShop, ListMaker
from loyalty_app.upkeep.periodic import Every, Stop

EVERY_SECONDS = 60
ENOUGH, MOST_FOLDED = MOST_CHANGED // 3, 5_000
"""So many changes are put into the lists; with more, all are made again."""
MADE_AGAIN, LONG_AGO = timedelta(days=1), datetime(1970, 1, 1, tzinfo=UTC)
TABLES = (posting_list, posting_index, posting_change)


class RenewedLists(msgspec.Struct, frozen=True):
    """The shops whose lists are made again, and those that are gone, and whose lists were deleted."""

    renewed: Sequence[int]
    removed: Sequence[int]


def posting_lists(database: Database, clock: Clock) -> Every:
    """Look each minute which lists are to be made or changed."""

    async def keep(stop: Stop) -> None:
        await keep_lists(database, now=clock(), stop=stop)

    return Every(EVERY_SECONDS, keep, "the lists for searching could not be made")


async def keep_lists(database: Database, *, now: datetime, stop: Stop | None = None) -> int:
    """Make or change the lists of all large shops where it is time for it; return how many shops that were."""
    return await in_each_shard(database, partial(_keep_all, database, now=now, stop=stop or Stop()))


async def _keep_all(database: Database, shard: Shard | None, *, now: datetime, stop: Stop) -> int:
    done = 0
    for shop in await database.read(_large_shops, shard=shard):
        maker = ListMaker(database, shard, shop, now=now, stop=stop)
        if shop.made_at is None or _is_to_be_made_again(shop, now):
            done += await maker.make()
        elif shop.noted >= ENOUGH:
            done += await maker.fold()
    await database.write(_forget_needless, shard=shard, durable=False)
    return done


def _is_to_be_made_again(shop: LargeShop, now: datetime) -> bool:
    old = shop.made_at is not None and shop.made_at <= now - MADE_AGAIN
    return old or shop.noted > MOST_FOLDED or abs(shop.customers - shop.listed) > shop.noted


def _large_shops(connection: Connection) -> list[LargeShop]:
    """The large shops that are served here, and whose customers all have their words."""
    own = posting_index.c.business_id == business_total.c.business_id
    total, made = business_total.c, posting_index.c
    asked = select(total.business_id, total.customers, made.made_at, made.customers.label("listed"))
    large = asked.join_from(business_total, posting_index, own, isouter=True)
    rows = connection.execute(large.where(total.customers > SMALL_SHOP, served(business_total))).all()
    return [
        LargeShop(number, customers, made_at, listed or 0, _noted(connection, number))
        for number, customers, made_at, listed in rows
        if not is_being_indexed(connection, number)
    ]


def _noted(connection: Connection, business_id: int) -> int:
    """Of how many customers it is noted that they have changed, as far as it matters."""
    noted = select(posting_change.c.customer_id).where(posting_change.c.business_id == business_id)
    some = noted.limit(MOST_FOLDED + 1).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def is_being_indexed(connection: Connection, business_id: int) -> bool:
    """Whether customers of a shop wait for their words."""
    waiting = select(customer.c.id).where(customer.c.business_id == business_id, UNINDEXED)
    return connection.execute(waiting.order_by(customer.c.id).limit(1)).first() is not None


def _forget_needless(connection: Connection) -> None:
    """Forget what is noted of shops without lists. What is noted while the first lists are made stays."""
    listed = exists().where(posting_index.c.business_id == posting_change.c.business_id)
    own = (~listed.correlate(posting_change), served(posting_change))
    connection.execute(delete(posting_change).where(*own)).close()


def shops_gone(connection: Connection) -> list[int]:
    """The numbers of shops that are gone, and have left lists."""
    found = set[int]()
    for table in TABLES:
        there = select(business.c.id).where(business.c.id == table.c.business_id).correlate(table).exists()
        found.update(connection.scalars(select(table.c.business_id).where(~there).distinct()))
    return sorted(found)


async def renew_lists(database: Database, shops: Sequence[int]) -> RenewedLists:
    """Let nobody read the lists of some shops until they are made again, and delete those of shops that are gone.

    A process that works on the lists of one loses it, and writes no more. Raises InvalidRequest if there never was such
    a shop, Busy if it moves.
    """
    renewed, removed = list[int](), list[int]()
    for number in shops:
        shard = database.shard_of(number)
        if await database.write(partial(_remove, number), shard=shard):
            removed.append(number)
        elif await database.write(partial(_give_up, number), shard=shard):
            renewed.append(number)
    return RenewedLists(renewed, removed)


def _remove(business_id: int, connection: Connection) -> bool:
    """Delete the lists of a shop if it is gone."""
    is_gone = business_id in shops_gone(connection)
    for table in TABLES if is_gone else ():
        connection.execute(delete(table).where(table.c.business_id == business_id)).close()
    return is_gone


def _give_up(business_id: int, connection: Connection) -> bool:
    """Let the lists of a shop be incomplete, and nobody's work; return whether it has any."""
    find_business(connection, business_id)
    own = update(posting_index).where(posting_index.c.business_id == business_id)
    return bool(connection.execute(own.values(made_at=None, busy_until=LONG_AGO)).rowcount)
