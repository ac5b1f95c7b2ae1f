"""The maker of a shop's posting lists: makes all of them, or puts in those customers who have changed.

It works in small portions, and rests as long as it works, because people are served meanwhile. While the lists are made
nobody reads them. One process works on a shop at a time: each transaction proves that the shop is still its own.
When the work is due is said in `posting_lists.py`.
"""

import asyncio
import time
from array import array
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Delete, delete, func, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from loyalty_app.customers.listed_search import words_of
from loyalty_app.customers.search import few_of
from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.posting_lists import PART, Bits, bits_of, pack, unpack
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import business_total, posting_change, posting_index, posting_list
from loyalty_app.upkeep.frequent_beginnings import (
    AT_ONCE,
    EVERYBODY,
    Begins,
    common,
    ends,
    gather,
    listed,
    listed_begins,
    samples,
)
from loyalty_app.upkeep.periodic import Stop

OWN_FOR, TRIED_AGAIN = timedelta(minutes=10), timedelta(hours=1)
"""How long a shop belongs to a process that has died over it, and how long it rests if its lists came out wrong."""
Lists = Mapping[str, Bits]
"""Of one part: the customers of each beginning."""
Notes = Mapping[int, int]
"""Customers who have changed, and how often that was noted."""
Result = TypeVar("Result")


class LargeShop(msgspec.Struct, frozen=True):
    """A shop that has lists, or is to have them.

    Since when it has them (None if they are not complete), how many customers it has, how many the lists know, and of
    how many it is noted that they have changed.
    """

    business_id: int
    customers: int
    made_at: datetime | None
    listed: int
    noted: int


class _Lost(Exception):
    """Another process works on the shop, or it is gone, or this one is asked to stop."""


class ListMaker:
    """Works on the lists of one shop."""

    def __init__(self, database: Database, shard: Shard | None, shop: LargeShop, *, now: datetime, stop: Stop) -> None:
        self._database, self._shard, self._shop, self._stop = database, shard, shop, stop
        self._business_id, self._began_at, self._begun = shop.business_id, now, time.monotonic()
        self._until = now

    async def make(self) -> int:
        """Make all lists; return 1 if that is done, 0 if it was stopped, or another process works on them."""
        return await self._own(self._make)

    async def fold(self) -> int:
        """Put what is noted into the lists; return as `make` does."""
        return await self._own(self._fold)

    async def _own(self, work: Callable[[], Awaitable[None]]) -> int:
        try:
            await self._take()
            await work()
        except _Lost:
            return 0
        return 1

    async def _make(self) -> None:
        await self._write(lambda _: None, made_at=None)
        await self._remove_all()
        notes, begins = await self._read(partial(_notes, self._business_id)), await self._frequent()
        first, last = await self._read(partial(ends, self._business_id))
        for part in range(first // PART, last // PART + 1):
            await self._put(part, await self._lists_of(part, begins))
        await self._finish(notes, made_at=self._now())

    async def _fold(self) -> None:
        notes = await self._read(partial(_notes, self._business_id))
        begins = await self._read(partial(listed_begins, self._business_id))
        by_part: dict[int, list[int]] = {}
        for number in sorted(notes):
            by_part.setdefault(number // PART, []).append(number)
        for part, numbers in by_part.items():
            await self._put(part, await self._changed_lists(numbers, begins), changed=bits_of(numbers))
        await self._finish(notes, made_at=self._shop.made_at)

    async def _take(self) -> None:
        """Take the shop. Raises _Lost."""
        until = self._now() + OWN_FOR
        shop = select(business_total.c.business_id).where(business_total.c.business_id == self._business_id)

        def take(connection: Connection) -> bool:
            own = posting_index.c.business_id == self._business_id
            free = update(posting_index).where(own, posting_index.c.busy_until <= self._now())
            if connection.execute(free.values(busy_until=until)).rowcount:
                return True
            if connection.execute(select(posting_index.c.business_id).where(own)).first() is not None:
                return False
            if connection.execute(shop.with_for_update(read=True, key_share=True)).first() is None:
                return False  # it was deleted meanwhile
            row = {"business_id": self._business_id, "made_at": None, "customers": 0, "busy_until": until}
            self._database.insert(connection, posting_index, [row])
            return True

        try:
            taken = await self._database.write(take, shard=self._shard)
        except IntegrityError:  # another process was quicker
            taken = False
        if not taken:
            raise _Lost
        self._until = until

    def _now(self) -> datetime:
        return self._began_at + timedelta(seconds=time.monotonic() - self._begun)

    async def _read(self, work: Callable[[Connection], Result]) -> Result:
        """Read a portion, then rest as long as that took. Raises _Lost if asked to stop."""
        if self._stop.asked:
            raise _Lost
        begin = time.monotonic()
        found = await self._database.read(work, shard=self._shard)
        await self._stop.pause(time.monotonic() - begin)
        return found

    async def _write(self, work: Callable[[Connection], None], **state: object) -> None:
        """Write a portion, and prove that the shop is still this process's. Raises _Lost."""
        until = state.pop("busy_until", self._now() + OWN_FOR)

        def write(connection: Connection) -> bool:
            own = (posting_index.c.business_id == self._business_id, posting_index.c.busy_until == self._until)
            kept = connection.execute(update(posting_index).where(*own).values(busy_until=until, **state)).rowcount
            if kept:
                work(connection)
            return bool(kept)

        if self._stop.asked or not await self._database.write(write, shard=self._shard):
            raise _Lost
        self._until = until  # type: ignore[assignment]

    async def _remove_all(self) -> None:
        key = (posting_list.c.beginning, posting_list.c.part)
        own = posting_list.c.business_id == self._business_id
        some = select(*key).where(own).order_by(*key).limit(AT_ONCE)
        while keys := await self._read(lambda c: [tuple(row) for row in c.execute(some)]):
            await self._write(partial(_run, delete(posting_list).where(own, tuple_(*key).in_(keys))))

    async def _frequent(self) -> Begins:
        """The beginnings that many entries of the index have, and all of which `few_of` have.

        Of each so many entries one is looked at: what two that follow each other begin with, all between begin with.
        """
        every = few_of(self._shop.customers) // 2
        found, before = {EVERYBODY}, ("", 0)
        while some := await self._read(partial(samples, self._business_id, after=before, every=every)):
            for word, number in some:
                shared = common(before[0], word)
                found |= {shared[:length] for length in range(1, len(shared) + 1)}
                before = (word, number)
        return frozenset(found)

    async def _lists_of(self, part: int, begins: Begins) -> Lists:
        """The lists of a part, read from its customers."""
        places: dict[str, array[int]] = {begin: array("H") for begin in begins}
        end = (part + 1) * PART
        last: int | None = part * PART - 1
        while last is not None:
            last = await self._read(partial(gather, places, self._business_id, after=last, end=end))
        return await asyncio.to_thread(lambda: {begin: bits_of(some) for begin, some in places.items() if some})

    async def _changed_lists(self, numbers: Sequence[int], begins: Begins) -> Lists:
        """Some customers of a part in the lists in which they are now; the lists in which they are not are empty."""
        found = dict.fromkeys(begins, 0)
        for start in range(0, len(numbers), AT_ONCE):
            asked = partial(words_of, business_id=self._business_id, numbers=numbers[start : start + AT_ONCE])
            for number, text in (await self._read(asked)).items():
                for begin in listed(text, begins) if text else ():
                    found[begin] |= 1 << number % PART
        return found

    async def _put(self, part: int, lists: Lists, *, changed: Bits = 0) -> None:
        """Write the lists of a part; what they had stays, but for the changed customers."""
        begins = sorted(lists)
        for start in range(0, len(begins), AT_ONCE):
            some = begins[start : start + AT_ONCE]
            kept = await self._read(partial(_kept, self._business_id, part, some))
            new = {begin: kept.get(begin, 0) & ~changed | lists[begin] for begin in some}
            differing = {begin: bits for begin, bits in new.items() if bits != kept.get(begin, 0)}
            if differing:
                rows = await asyncio.to_thread(_rows, self._business_id, part, differing)
                await self._write(partial(self._replace, part, differing.keys(), rows))

    def _replace(self, part: int, begins: Iterable[str], rows: Sequence[Values], connection: Connection) -> None:
        own = (posting_list.c.business_id == self._business_id, posting_list.c.part == part)
        connection.execute(delete(posting_list).where(*own, posting_list.c.beginning.in_(sorted(begins)))).close()
        self._database.insert(connection, posting_list, rows)

    async def _finish(self, notes: Notes, *, made_at: datetime | None) -> None:
        """Forget what is noted, and say that the lists are complete; if they know too many or too few, they are not."""
        known = [*notes.items()]
        for start in range(0, len(known), AT_ONCE):
            await self._write(partial(_forget, self._business_id, known[start : start + AT_ONCE]))
        customers, noted, listed = await self._read(partial(_counts, self._business_id))
        is_true = abs(customers - listed) <= noted
        made_at, until = (made_at, self._began_at) if is_true else (None, self._now() + TRIED_AGAIN)
        await self._write(lambda _: None, made_at=made_at, customers=listed, busy_until=until)


def _run(statement: Delete, connection: Connection) -> None:
    connection.execute(statement).close()


def _notes(business_id: int, connection: Connection) -> Notes:
    noted = select(posting_change.c.customer_id, posting_change.c.changes)
    own = noted.where(posting_change.c.business_id == business_id)
    return {row.customer_id: row.changes for row in connection.execute(own)}


def _kept(business_id: int, part: int, begins: Sequence[str], connection: Connection) -> Lists:
    own = (posting_list.c.business_id == business_id, posting_list.c.part == part)
    kept = select(posting_list.c.beginning, posting_list.c.customers).where(*own, posting_list.c.beginning.in_(begins))
    return {row.beginning: unpack(row.customers) for row in connection.execute(kept)}


def _rows(business_id: int, part: int, lists: Lists) -> list[Values]:
    return [
        {"business_id": business_id, "beginning": begin, "part": part, "customers": pack(bits)}
        for begin, bits in lists.items()
        if bits
    ]


def _forget(business_id: int, known: Sequence[tuple[int, int]], connection: Connection) -> None:
    """Forget notes, but of whom has changed again. They are locked in the order in which writers have them."""
    numbers = [number for number, _ in known]
    own = (posting_change.c.business_id == business_id, posting_change.c.customer_id.in_(numbers))
    key = (posting_change.c.customer_id, posting_change.c.changes)
    held = select(*key).where(*own).order_by(posting_change.c.customer_id).with_for_update()
    same = {tuple(row) for row in connection.execute(held)} & {*known}
    connection.execute(delete(posting_change).where(*own, tuple_(*key).in_(sorted(same)))).close()


def _counts(business_id: int, connection: Connection) -> tuple[int, int, int]:
    """How many customers a shop has, how many of them have changed, and how many are in its lists."""
    total = select(business_total.c.customers).where(business_total.c.business_id == business_id)
    noted = select(func.count()).where(posting_change.c.business_id == business_id)
    own = (posting_list.c.business_id == business_id, posting_list.c.beginning == EVERYBODY)
    parts = connection.scalars(select(posting_list.c.customers).where(*own))
    listed = sum(unpack(packed).bit_count() for packed in parts)
    return connection.scalars(total).one(), connection.scalars(noted).one(), listed
