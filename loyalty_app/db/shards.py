"""Shards: in which one a business lies, on which machine that is, and what the tables are called there.

Only a cluster has several; elsewhere all rows are together, and None stands for that. The hash is PostgreSQL's
`hashint8` (src/backend/access/hash/hashfunc.c, src/common/hashfn.c), by which Citus splits tables. No database is asked
here.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import msgspec

from loyalty_app.db.tables import metadata
from loyalty_app.db.tables.homes import HOMES, TableHome

WORD = 0xFFFFFFFF
GOLDEN = 0x9E3779B9 + 4 + 3_923_095
MIXED = ((2, 1, 14), (0, 2, 11), (1, 0, 25), (2, 1, 16), (0, 2, 4), (1, 0, 14), (2, 1, 24))
"""The steps of `final` in hashfn.c: which word is changed by which other, turned by how many bits."""
TOKEN = re.compile(rf"'(?:[^']|'')*'|(?<![.\"\w])\"?\b(?:{'|'.join(HOMES)})\b\"?")
"""A text in quotation marks, which stays as it is, or the name of a table; what follows a dot is a column."""
BEFORE_TABLES = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|OF)\s+$", re.IGNORECASE)
ALSO_COLUMNS = {table.name for table in metadata.tables.values()} & {
    column.name for table in metadata.tables.values() for column in table.columns
}
"""Tables that are called as some column is."""
_COPIED = "|".join(name for name, home in HOMES.items() if home is TableHome.EVERYWHERE)
_FAR = "|".join(name for name, home in HOMES.items() if home is TableHome.COORDINATOR)
NOT_THERE = re.compile(
    rf'\b(?:(?:INSERT INTO|UPDATE|DELETE FROM) "?(?:{_COPIED})|(?:FROM|JOIN|INTO|UPDATE) "?(?:{_FAR}))\b', re.IGNORECASE
)
"""Changes of a table that is everywhere, and any use of one that is on the coordinator."""
KEPT = 4_096
"""How many statements a shard remembers."""


class NotOfOneShard(Exception):  # a mistake of ours
    """A statement would change on one machine what is the same on all, or is about a table that is not there."""


class Node(msgspec.Struct, frozen=True, order=True):
    """A machine of the cluster, as the coordinator calls it."""

    host: str
    port: int

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.host}:{self.port}"


class Shard:
    """Where the businesses of one shard lie. It is the same one after it has moved to another machine."""

    def __init__(self, number: int, node: Node, names: Mapping[str, str]) -> None:
        """`names` are those of the tables there, by their usual names."""
        self.number, self.node, self._names = number, node, names
        self._said: dict[str, str] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shard) and other.number == self.number

    def __hash__(self) -> int:
        return self.number

    def named(self, statement: str) -> str:
        """A statement about the tables of the product, as it is said to this shard. Raises NotOfOneShard."""
        said = self._said.get(statement)
        if said is None:
            if NOT_THERE.search(statement):
                raise NotOfOneShard(statement)
            if len(self._said) >= KEPT:
                self._said.clear()
            said = self._said[statement] = TOKEN.sub(self._name, statement)
        return said

    def _name(self, found: re.Match[str]) -> str:
        name = found[0].strip('"')
        there = self._names.get(name)
        if there is None or (name in ALSO_COLUMNS and not _is_table(found)):
            return found[0]
        return f'"{there}"'


def _is_table(found: re.Match[str]) -> bool:
    """Whether a name that a column has too stands where only a table can: before a dot, or after FROM and the like."""
    before, after = found.string[: found.start()], found.string[found.end() :]
    return after.startswith(".") or BEFORE_TABLES.search(before[-20:]) is not None


class Sharded(Protocol):
    """What lies in shards, or in one piece, whose only shard is None."""

    @property
    def shards(self) -> Sequence[Shard | None]:
        """All shards."""

    def shard_of(self, business_id: int) -> Shard | None:
        """The shard in which the rows of a business are."""


def shards_of(database: Sharded, table: str) -> Sequence[Shard | None]:
    """The shards in which rows of a table are; the only one is None if they are together."""
    return database.shards if HOMES.get(table) is TableHome.SHARD else (None,)


def is_spread(database: Sharded) -> bool:
    """Whether the data lies in shards, on several machines."""
    return database.shards[0] is not None


class InOnePiece:
    """What lies on one machine."""

    shards = (None,)

    def shard_of(self, business_id: int) -> None:
        """None: all businesses are together."""
        del business_id


class Cluster:
    """All shards of a cluster, as they were when it was asked."""

    def __init__(self, shards: Sequence[tuple[int, Shard]]) -> None:
        """`shards` have the least hash of each, and rise."""
        self._least = [least for least, _ in shards]
        self.shards = tuple(shard for _, shard in shards)

    def shard_of(self, business_id: int) -> Shard:
        """The shard of a business, whether it exists or not."""
        return self.shards[bisect_right(self._least, hash_of(business_id)) - 1]

    def numbered(self, number: int) -> Shard | None:
        """The shard with that number; None if it was split."""
        return next((shard for shard in self.shards if shard.number == number), None)

    @property
    def nodes(self) -> list[Node]:
        """The machines that hold shards."""
        return sorted({shard.node for shard in self.shards})


@lru_cache(100_000)
def hash_of(number: int) -> int:
    """PostgreSQL's hash of a bigint, which is negative for half of all numbers."""
    low, high = number & WORD, (number >> 32) & WORD
    folded = low ^ (high if number >= 0 else ~high & WORD)
    words = [(GOLDEN + folded) & WORD, GOLDEN & WORD, GOLDEN & WORD]
    for changed, other, bits in MIXED:
        turned = (words[other] << bits | words[other] >> (32 - bits)) & WORD
        words[changed] = ((words[changed] ^ words[other]) - turned) & WORD
    return words[2] - (1 << 32) if words[2] >> 31 else words[2]
