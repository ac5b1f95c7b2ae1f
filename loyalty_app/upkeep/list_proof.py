"""Proof of posting lists: whether they have the customers whose words begin so, and nobody else.

The rules, in words:
- A shop is proven if its lists are complete, nobody's words wait to be indexed, and it does not move.
- Each list must have those customers whose words begin so. Customers who are noted as changed are left out: a search
  judges them by their own row.
- A beginning that has no list at all is read from the index by a search, so it is not wrong. But where a longer one has
  a list, the shorter ones must have one too; and so must everybody.
- A part is proven on one state of the data, and no more than a part is in memory. If the lists are given up or made
  again meanwhile, what was found before does not count.
- Lists of a shop that is gone should not be there.
"""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import Connection, func, select

from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.posting_lists import PART, Bits, bits_of, unpack
from loyalty_app.db.shards import shards_of
from loyalty_app.db.tables import customer, posting_change, posting_index, posting_list
from loyalty_app.upkeep.frequent_beginnings import EVERYBODY, gather, listed_begins
from loyalty_app.upkeep.posting_lists import is_being_indexed, shops_gone


class WrongLists(msgspec.Struct, frozen=True):
    """Lists of a shop that are wrong: how many customers are missing or too much somewhere, and in which beginnings."""

    business_id: int
    customers: int
    beginnings: tuple[str, ...]


class ProvenLists(msgspec.Struct, frozen=True):
    """What was proven: which shops, with how many customers, and what is wrong.

    `unfinished` are shops whose lists are still made, `gone` those that no longer exist, and have left lists.
    """

    shops: Sequence[int]
    customers: int
    wrong: Sequence[WrongLists]
    unfinished: Sequence[int]
    gone: Sequence[int]


async def prove_lists(database: Database) -> ProvenLists:
    """Prove the lists of all shops that are served here. Raises Busy if a shop cannot be read."""
    provers, gone = list[ListProver](), list[int]()
    for shard in shards_of(database, posting_list.name):
        gone += (left := await database.read(shops_gone, shard=shard))
        listed = await database.read(_listed_shops, shard=shard)
        provers += [ListProver(database, number) for number in listed if number not in left]
    done = [prover for prover in provers if await prover.run()]
    return ProvenLists(
        shops=[prover.business_id for prover in done],
        customers=sum(prover.customers for prover in done),
        wrong=[prover.wrong for prover in done if prover.wrong.beginnings],
        unfinished=[prover.business_id for prover in provers if prover not in done],
        gone=sorted(gone),
    )


class _Unfinished(Exception):
    """The lists of a shop are not complete, or not those that they were when its proof began."""


class ListProver:
    """Proves the lists of one shop."""

    def __init__(self, database: Database, business_id: int) -> None:
        self._database, self.business_id = database, business_id
        self.customers = self._wrong_customers = 0
        self._made_at: datetime | None = None
        self._wrong_begins = set[str]()

    @property
    def wrong(self) -> WrongLists:
        """What was found."""
        return WrongLists(self.business_id, self._wrong_customers, tuple(sorted(self._wrong_begins)))

    async def run(self) -> bool:
        """Prove one part after the other; return whether the lists were complete all the time."""
        shard = self._database.shard_of(self.business_id)
        part: int | None = 0
        try:
            while part is not None:
                part = await self._database.read(partial(self._prove_next, part), shard=shard)
        except _Unfinished:
            return False
        return True

    def _prove_next(self, least: int, connection: Connection) -> int | None:
        """Prove the next part that has customers or lists; return which may follow, None if there is no more."""
        self._require_complete(connection)
        part = self._part_from(least, connection)
        if part is None:
            return None
        self._prove(connection, part)
        return part + 1

    def _require_complete(self, connection: Connection) -> None:
        """Raise _Unfinished unless the shop is served, and the lists are complete and those of the part before."""
        made = select(posting_index.c.made_at).where(posting_index.c.business_id == self.business_id)
        made_at = connection.scalar(made.where(served(posting_index)))
        self._made_at = self._made_at or made_at
        if made_at is None or made_at != self._made_at or is_being_indexed(connection, self.business_id):
            raise _Unfinished

    def _part_from(self, least: int, connection: Connection) -> int | None:
        """The first part from one on that has customers or lists."""
        own = (customer.c.business_id == self.business_id, customer.c.id >= least * PART)
        first = connection.scalar(select(func.min(customer.c.id)).where(*own))
        kept = (posting_list.c.business_id == self.business_id, posting_list.c.part >= least)
        listed = connection.scalar(select(func.min(posting_list.c.part)).where(*kept))
        parts = (listed, None if first is None else first // PART)
        return min((part for part in parts if part is not None), default=None)

    def _prove(self, connection: Connection, part: int) -> None:
        """Compare each list of a part with the customers whose words begin so."""
        kept, places = self._kept(connection, part), self._places(connection, part)
        judged, wrong = ~self._noted(connection, part), 0
        for begin, some in places.items():
            there, wanted = _opened(kept.get(begin)), bits_of(some)
            differing = (wanted ^ (there or 0)) & judged
            if differing or there is None:
                self._wrong_begins.add(begin)
            wrong |= differing
        self._wrong_customers += wrong.bit_count()
        self.customers += len(places[EVERYBODY])

    def _kept(self, connection: Connection, part: int) -> dict[str, bytes]:
        own = (posting_list.c.business_id == self.business_id, posting_list.c.part == part)
        rows = connection.execute(select(posting_list.c.beginning, posting_list.c.customers).where(*own))
        return {row.beginning: row.customers for row in rows}

    def _places(self, connection: Connection, part: int) -> "dict[str, array[int]]":
        """The places of a part's customers, by the beginnings that have lists or should have."""
        begins = _with_shorter(listed_begins(self.business_id, connection))
        places = {begin: array("H") for begin in begins}
        last: int | None = part * PART - 1
        while last is not None:
            last = gather(places, self.business_id, connection, after=last, end=(part + 1) * PART)
        return places

    def _noted(self, connection: Connection, part: int) -> Bits:
        number = posting_change.c.customer_id
        own = (posting_change.c.business_id == self.business_id, number >= part * PART, number < (part + 1) * PART)
        return bits_of(connection.scalars(select(number).where(*own)))


def _opened(packed: bytes | None) -> Bits | None:
    """A list that the database has kept; empty if it has none, None if it cannot be read."""
    try:
        return 0 if packed is None else unpack(packed)
    except zlib.error:
        return None


def _with_shorter(begins: Iterable[str]) -> frozenset[str]:
    """Beginnings, and what they begin with themselves; everybody is always there."""
    return frozenset({EVERYBODY, *(begin[:length] for begin in begins for length in range(1, len(begin) + 1))})


def _listed_shops(connection: Connection) -> list[int]:
    """The shops that are served here and have lists, or are to have them."""
    listed = select(posting_index.c.business_id).where(served(posting_index))
    return list(connection.scalars(listed.order_by(posting_index.c.business_id)))
