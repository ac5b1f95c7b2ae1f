"""Span keeping: makes spans of the ledgers of large shops (`customers/ledger_spans.py`), once nothing is added.

The rules, in words:
- A shop with more customers than can be looked through has spans.
- A span is made when nothing can come between its entries any more. It is noted each hour which id a ledger goes up to.
  Ids are given out in their order, and a transaction that takes one ends within a day; so a day later nothing comes
  between the entries up to that id, whichever process writes, and of whatever release.
- Where nothing was noted a day ago, times tell: an entry of longer ago than a stamp may be late was booked before.
- Nothing changes the time of an entry, and only the deletion of a shop deletes some. A shop that moves comes with all
  its entries before it is served, and goes on behind their ids.
- Spans are made one by one, each in a transaction of its own that proves that it follows the last and that the shop is
  still there: a process that was stopped goes on there, and of two processes one gives up.
- The newest are looked at again each time. If one is not as its entries give it, it is made again with those behind it.

It rests as long as it works, because people are served meanwhile.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import IntegrityError

from loyalty_app.clock import Clock
from loyalty_app.customers.ledger_spans import LedgerSpan, forget_spans, is_true, keep_span, newest_pairs, next_span
from loyalty_app.customers.ledger_times import DISORDER, first_entry_since
from loyalty_app.customers.search import SMALL_SHOP
from loyalty_app.db.each_shard import in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import business_total, ledger_height, transaction
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.fields import BusinessId

EVERY_SECONDS = 600
SETTLED = timedelta(days=1)
"""How long after its id was taken an entry is there for sure. Why so long: a process may stand still meanwhile."""
NOTED_AGAIN = timedelta(hours=1)
LOOKED_AT_AGAIN = 10
Result = TypeVar("Result")


def span_keeping(database: Database, clock: Clock) -> Every:
    """Look every ten minutes which spans are to be made."""

    async def keep(stop: Stop) -> None:
        await keep_spans(database, clock, stop=stop)

    return Every(EVERY_SECONDS, keep, "the spans of ledgers could not be made")


async def keep_spans(database: Database, clock: Clock, *, stop: Stop | None = None) -> int:
    """Make the spans of all large shops that can be made; return how many those were."""
    return await in_each_shard(database, partial(_keep_all, database, clock=clock, stop=stop or Stop()))


async def _keep_all(database: Database, shard: Shard | None, *, clock: Clock, stop: Stop) -> int:
    shops = await database.read(_large_shops, shard=shard)
    keepers = [_Keeper(database, shard, number, stop) for number in shops]
    return sum([await keeper.keep(clock) for keeper in keepers])


def _large_shops(connection: Connection) -> list[BusinessId]:
    large = (business_total.c.customers > SMALL_SHOP, served(business_total))
    found = select(business_total.c.business_id).where(*large).order_by(business_total.c.business_id)
    return [BusinessId(number) for number in connection.scalars(found)]


def settled_end(connection: Connection, business_id: BusinessId, now: datetime) -> int:
    """The id before which nothing is added any more."""
    own = (ledger_height.c.business_id == business_id, ledger_height.c.noted_at <= now - SETTLED)
    noted = connection.scalar(select(func.max(ledger_height.c.height)).where(*own))
    return max((noted or 0) + 1, first_entry_since(connection, business_id, now - DISORDER - SETTLED))


def note_height(database: Database, connection: Connection, business_id: BusinessId, now: datetime) -> bool:
    """Note the height of a ledger, unless that was done within an hour; forget those that tell nothing any more."""
    own, noted_at = ledger_height.c.business_id == business_id, ledger_height.c.noted_at
    lately = select(noted_at).where(own, noted_at > now - NOTED_AGAIN, noted_at <= now)
    height = connection.scalar(select(func.max(transaction.c.id)).where(transaction.c.business_id == business_id))
    if height is None or connection.execute(lately).first() is not None:
        return False
    settled = connection.scalar(select(func.max(noted_at)).where(own, noted_at <= now - SETTLED))
    if settled is not None:
        connection.execute(delete(ledger_height).where(own, noted_at < settled)).close()
    database.insert(connection, ledger_height, [{"business_id": business_id, "noted_at": now, "height": height}])
    return True


class _Keeper(msgspec.Struct, frozen=True):
    """Keeps the spans of one shop."""

    database: Database
    shard: Shard | None
    business_id: BusinessId
    stop: Stop

    async def keep(self, clock: Clock) -> int:
        """Look at the newest again, and make what can be made; return how many were made.

        Why it looks at the clock here: the shops before this one may have taken days, the first time.
        """
        await self._look_again()
        now = clock()
        await self._write(partial(self._note, now))
        end = await self._read(lambda connection: settled_end(connection, self.business_id, now))
        made = 0
        while not self.stop.asked:
            span = await self._read(lambda connection: next_span(connection, self.business_id, end))
            if span is None or not await self._write(partial(self._keep_one, span)):
                break
            made += 1
        return made

    async def _look_again(self) -> None:
        pairs = await self._read(lambda connection: newest_pairs(connection, self.business_id, LOOKED_AT_AGAIN))
        for before, span in pairs:
            if self.stop.asked:
                return
            if not await self._read(partial(is_true, business_id=self.business_id, before=before, span=span)):
                await self._write(partial(self._forget, span))
                return

    def _note(self, now: datetime, connection: Connection) -> bool:
        return note_height(self.database, connection, self.business_id, now)

    def _keep_one(self, span: LedgerSpan, connection: Connection) -> bool:
        return keep_span(self.database, connection, self.business_id, span)

    def _forget(self, span: LedgerSpan, connection: Connection) -> bool:
        forget_spans(connection, self.business_id, span.first_id)
        return True

    async def _read(self, work: Callable[[Connection], Result]) -> Result:
        """Read a portion, then rest as long as that took."""
        begin = time.monotonic()
        found = await self.database.read(work, shard=self.shard)
        await self.stop.pause(time.monotonic() - begin)
        return found

    async def _write(self, work: Callable[[Connection], bool]) -> bool:
        """Write a portion, if the shop is still there, and nobody else was quicker; return whether it was written.

        A deletion of the shop waits for it, and finds what it wrote.
        """
        own = (business_total.c.business_id == self.business_id, served(business_total))
        held = select(business_total.c.business_id).where(*own)
        held = held.with_for_update(read=True, key_share=True, of=business_total)

        def write(connection: Connection) -> bool:
            return connection.execute(held).first() is not None and work(connection)

        try:
            return await self.database.write(write, shard=self.shard, durable=False)
        except IntegrityError:
            return False
