"""Posting lists: sets of customers' numbers, packed for the database and open in memory.

The customers of a frequent beginning of words are kept in parts of `PART` numbers, with a bit for each, compressed. In
memory a part is one integer, so that finding the customers who are in several lists takes a moment, however many there
are. Which lists there are, and for what, is known elsewhere.
"""

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import overload

PART = 1 << 16
"""How many numbers a part stands for."""
BYTES, CHUNK = PART // 8, 64
QUICKLY = 1
PLACES = [[place for place in range(8) if byte >> place & 1] for byte in range(256)]

Bits = int
"""The numbers of a part: bit n is set if the n-th of them is in the list."""
Parts = Mapping[int, Bits]


def bits_of(numbers: Iterable[int]) -> Bits:
    """The bits of numbers that all lie in one part."""
    found = bytearray(BYTES)
    for number in numbers:
        place = number % PART
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


def parts_of(numbers: Iterable[int]) -> dict[int, Bits]:
    """Numbers, part by part."""
    by_part: dict[int, list[int]] = {}
    for number in numbers:
        by_part.setdefault(number // PART, []).append(number)
    return {part: bits_of(some) for part, some in by_part.items()}


def pack(bits: Bits) -> bytes:
    """A part as the database keeps it."""
    return zlib.compress(bits.to_bytes(BYTES, "little"), QUICKLY)


def unpack(packed: bytes) -> Bits:
    """A part that the database has kept."""
    return int.from_bytes(zlib.decompress(packed), "little")


class Numbers(Sequence[int]):
    """The numbers of a list in their order; only those that are asked for are written out."""

    def __init__(self, parts: Parts) -> None:
        self._parts = [(part, bits) for part, bits in sorted(parts.items()) if bits]
        self._ends = [*accumulate(bits.bit_count() for _, bits in self._parts)]

    def __len__(self) -> int:
        """How many there are."""
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        """The number at a place, or those at some places that follow each other."""
        if isinstance(at, slice):
            first, end, _ = at.indices(len(self))
            return self._some(first, end - first)
        first = range(len(self))[at]
        return self._some(first, 1)[0]

    def up_to(self, number: int) -> int:
        """How many are no greater than a number."""
        place = bisect_left(self._parts, (number // PART, 0))
        before = self._ends[place - 1] if place else 0
        if place == len(self._parts) or self._parts[place][0] != number // PART:
            return before
        return before + (self._parts[place][1] & (1 << number % PART + 1) - 1).bit_count()

    def _some(self, first: int, count: int) -> list[int]:
        found: list[int] = []
        nearest = bisect_right(self._ends, first)
        for place in range(nearest, len(self._parts)):
            if len(found) >= count:
                break
            part, bits = self._parts[place]
            passed = max(0, first - (self._ends[place - 1] if place else 0))
            found += _written_out(part, bits, passed, count - len(found))
        return found


def _written_out(part: int, bits: Bits, passed: int, count: int) -> list[int]:
    """Some numbers of a part, after as many as are passed."""
    found: list[int] = []
    kept = bits.to_bytes(BYTES, "little")
    for start in range(0, BYTES, CHUNK):
        some = kept[start : start + CHUNK]
        many = int.from_bytes(some, "little").bit_count()
        if found or many > passed:
            found += [part * PART + 8 * at + place for at, byte in enumerate(some, start) for place in PLACES[byte]]
        else:
            passed -= many
        if len(found) >= passed + count:
            break
    return found[passed : passed + count]
