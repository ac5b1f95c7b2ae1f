"""Listed search: customers with several beginnings of words, from the lists of those that many customers have.

Lists are made now and then, so customers who have changed since are judged by their own rows. Where a shop has no
lists, or they cannot be trusted, the answer is None, and the caller searches in another way (`search.py`). What makes
the lists is `upkeep/posting_lists.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

from sqlalchemy import Connection, Select, select, union_all

from loyalty_app.db.posting_lists import PART, Bits, Parts, parts_of, unpack
from loyalty_app.db.search_index import is_indexed
from loyalty_app.db.tables import customer, customer_word, posting_change, posting_index, posting_list

Word = tuple[str, ...]
"""What a customer must have a word beginning with: any of these."""
BEYOND_ALL = "\U0010ffff"
MOST_CHANGED = 300
"""So many changed customers are judged one by one in a millisecond or two."""


def entries(business_id: int, word: Word) -> Select[Any]:
    """The customers of the entries that begin so; one may come twice."""
    own, column = customer_word.c.business_id == business_id, customer_word.c.word
    ranges = [
        select(customer_word.c.customer_id).where(own, column >= begin, column < begin + BEYOND_ALL) for begin in word
    ]
    return ranges[0] if len(ranges) == 1 else select(union_all(*ranges).subquery().c.customer_id)


def listed_customers(
    connection: Connection, business_id: int, words: Sequence[Word], *, customers: int, few: int
) -> Parts | None:
    """The customers who have all words, of a shop with so many; None if the lists do not tell.

    Beginnings without a list are read from the index of words, if fewer than `few` entries have them.
    """
    begins = {begin for word in words for begin in word}
    lists = _lists(connection, business_id, begins)
    changed = _changed(connection, business_id, customers) if lists else None
    if changed is None or (changed and not _know_all(connection, business_id, changed, customers=customers)):
        return None
    for begin in sorted(begins - lists.keys()):
        rare = connection.scalars(entries(business_id, (begin,)).limit(few)).all()
        if len(rare) == few:
            return None
        lists[begin] = parts_of(rare)
    return _corrected(_in_all([_in_any([lists[begin] for begin in word]) for word in words]), words, changed)


def _lists(connection: Connection, business_id: int, begins: Collection[str]) -> dict[str, dict[int, Bits]]:
    own = (posting_list.c.business_id == business_id, posting_list.c.beginning.in_(sorted(begins)))
    found: dict[str, dict[int, Bits]] = {}
    kept = select(posting_list.c.beginning, posting_list.c.part, posting_list.c.customers).where(*own)
    for beginning, part, packed in connection.execute(kept):
        found.setdefault(beginning, {})[part] = unpack(packed)
    return found


def _know_all(connection: Connection, business_id: int, changed: Mapping[int, str], *, customers: int) -> bool:
    """Whether the lists and the changed customers are all of the shop: an older server may have added others."""
    everybody = _lists(connection, business_id, [""]).get("", {})
    return sum(bits.bit_count() for bits in _corrected(everybody, [("",)], changed).values()) == customers


def _changed(connection: Connection, business_id: int, customers: int) -> Mapping[int, str] | None:
    """The words of customers who have changed since the lists were made; None if the lists cannot be trusted.

    Why the number of customers is compared: a server of an older release notes no changes.
    """
    own = posting_change.c.business_id == posting_index.c.business_id
    both = select(posting_index.c.customers, posting_change.c.customer_id).join_from(
        posting_index, posting_change, own, isouter=True
    )
    made = (posting_index.c.business_id == business_id, posting_index.c.made_at.is_not(None))
    rows = connection.execute(both.where(*made).limit(MOST_CHANGED + 1)).all()
    numbers = [row.customer_id for row in rows if row.customer_id is not None]
    if not rows or len(numbers) > MOST_CHANGED or abs(customers - rows[0].customers) > len(numbers):
        return None
    return words_of(connection, business_id=business_id, numbers=numbers)


def words_of(connection: Connection, *, business_id: int, numbers: Sequence[int]) -> dict[int, str]:
    """The words of some customers, as `customer.search_text` has them; none of the erased, nor of the deleted."""
    own = (customer.c.business_id == business_id, customer.c.id.in_(numbers), customer.c.erased_at.is_(None))
    found = select(customer.c.id, customer.c.search_text).where(*own)
    alive = {row.id: row.search_text for row in connection.execute(found)} if numbers else {}
    return {number: text if is_indexed(text := alive.get(number, "")) else "" for number in numbers}


def _in_any(lists: Sequence[Parts]) -> Parts:
    found: dict[int, Bits] = {}
    for one in lists:
        for part, bits in one.items():
            found[part] = found.get(part, 0) | bits
    return found


def _in_all(lists: Sequence[Parts]) -> dict[int, Bits]:
    common = reduce(and_, (one.keys() for one in lists))
    return {part: reduce(and_, (one[part] for one in lists)) for part in common}


def _corrected(found: dict[int, Bits], words: Sequence[Word], changed: Mapping[int, str]) -> Parts:
    """What was found, with the changed customers in it who have all words, and no others of them."""
    for number, text in changed.items():
        part, bit = number // PART, 1 << number % PART
        has_all = all(any(f"\n{begin}" in text for begin in word) for word in words)
        found[part] = found.get(part, 0) & ~bit | (bit if has_all else 0)
    return found
