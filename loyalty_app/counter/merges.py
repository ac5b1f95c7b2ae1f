"""Merges: which customers were merged into which others, as far as a batch needs to know, and what it changes of that.

Nothing is decided here.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from loyalty_core.merging import Merge
from loyalty_core.number_plans import one_number
from loyalty_core.rewards import Reward

Key = tuple[int, int]
"""A business's id, and a customer's."""


class KeptMerge(msgspec.Struct, frozen=True, kw_only=True):
    """What takes a merge back: the core's part, and the chats (bot and person) whose card was the other's."""

    merge: Merge
    places: tuple[tuple[int, int], ...] = ()


class MergeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table `customer_merge`. `undo` is a KeptMerge; None once it cannot be taken back any more.

    `phone` is a number that leads to the other customer, because they have one of their own.
    """

    business_id: int
    from_id: int
    into_id: int
    merged_at: datetime
    actor_type: str
    actor_id: int | None
    actor_name: str | None
    phone: str | None
    undo: bytes | None

    @classmethod
    def of(cls, row: Row[Any]) -> "MergeRecord":
        """Read a row."""
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})

    @property
    def key(self) -> Key:
        """Who was merged."""
        return self.business_id, self.from_id


encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(KeptMerge).decode


class Merges:
    """The merges that a batch knows; `new` and `removed` are to be written."""

    def __init__(self) -> None:
        self.known: dict[Key, MergeRecord] = {}
        self.phones: dict[tuple[int, str], int] = {}
        """Numbers that lead to a customer into whom somebody was merged."""
        self.new: dict[Key, MergeRecord] = {}
        self.removed: set[Key] = set()
        self.phones_to_free: set[Key] = set()
        """Customers whose number another gets in this batch: a number has one holder at any moment."""

    def keep(self, record: MergeRecord) -> None:
        """Remember a merge."""
        self.known[record.key] = record
        if record.phone is not None:
            self.phones[record.business_id, one_number(record.phone)] = record.into_id

    def add(self, record: MergeRecord) -> None:
        """Note a merge that this batch has decided."""
        self.keep(record)
        self.new[record.key] = record
        self.phones_to_free |= {record.key, (record.business_id, record.into_id)}

    def remove(self, record: MergeRecord) -> None:
        """Note that a merge is taken back."""
        self.known.pop(record.key)
        if record.phone is not None:
            self.phones.pop((record.business_id, one_number(record.phone)), None)
        self.phones_to_free |= {record.key, (record.business_id, record.into_id)}
        if self.new.pop(record.key, None) is None:
            self.removed.add(record.key)

    def merged_into(self, business_id: int, customer_id: int) -> set[int]:
        """The customers who were merged into one, and into those in turn."""
        found: set[int] = set()
        while more := self._direct(business_id, {customer_id, *found}) - found:
            found |= more
        return found

    def _direct(self, business_id: int, ids: Iterable[int]) -> set[int]:
        into = set(ids)
        theirs = (one for one in self.known.values() if one.business_id == business_id and one.into_id in into)
        return {one.from_id for one in theirs}


def leave_former_owners(rewards: Mapping[Key, dict[int, Reward]], settled: Iterable[Reward]) -> None:
    """Take rewards that now belong to another customer from those to whom they belonged; `rewards` are by customer."""
    for reward in settled:
        for (business_id, customer_id), theirs in rewards.items():
            if business_id == reward.business_id and customer_id != reward.customer_id:
                theirs.pop(reward.id, None)
