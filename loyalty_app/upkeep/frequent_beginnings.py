"""Frequent beginnings of words, and the customers who have them: what is read to make a shop's posting lists.

Each question is a portion that takes a millisecond or a few. What becomes of the answers stands in `list_maker.py`.
"""

from array import array
from collections.abc import Container, Mapping

from sqlalchemy import Connection, func, select, tuple_

from loyalty_app.db.posting_lists import PART
from loyalty_app.db.search_index import is_indexed
from loyalty_app.db.tables import customer, customer_word, posting_list

AT_ONCE, SAMPLED_AT_ONCE = 200, 10
EVERYBODY = ""
"""The beginning of all words: its lists have all customers."""

Begins = frozenset[str]


def ends(business_id: int, connection: Connection) -> tuple[int, int]:
    """The first and the last number of a customer."""
    own = customer.c.business_id == business_id
    ends = [select(end(customer.c.id)).where(own).scalar_subquery() for end in (func.min, func.max)]
    first, last = connection.execute(select(*ends)).one()
    return first or 0, last or 0


def listed_begins(business_id: int, connection: Connection) -> Begins:
    """The beginnings that have lists."""
    own = select(posting_list.c.beginning).where(posting_list.c.business_id == business_id)
    return frozenset(connection.scalars(own.distinct()))


def samples(business_id: int, connection: Connection, *, after: tuple[str, int], every: int) -> list[tuple[str, int]]:
    """Some entries of the index, each so many after the one before."""
    key, found = (customer_word.c.word, customer_word.c.customer_id), list[tuple[str, int]]()
    for _ in range(SAMPLED_AT_ONCE):
        following = select(*key).where(customer_word.c.business_id == business_id, tuple_(*key) > tuple_(*after))
        row = connection.execute(following.order_by(*key).offset(every - 1).limit(1)).one_or_none()
        if row is None:
            break
        after = (row.word, row.customer_id)
        found.append(after)
    return found


def common(one: str, other: str) -> str:
    """What two words begin with."""
    differs = (place for place, (own, theirs) in enumerate(zip(one, other, strict=False)) if own != theirs)
    return one[: next(differs, min(len(one), len(other)))]


def gather(
    places: "Mapping[str, array[int]]", business_id: int, connection: Connection, *, after: int, end: int
) -> int | None:
    """Put some customers into the lists of their beginnings; return the last of them, None if they were the last."""
    own = (customer.c.business_id == business_id, customer.c.id > after, customer.c.id < end)
    some = select(customer.c.id, customer.c.search_text, customer.c.erased_at).where(*own)
    rows = connection.execute(some.order_by(customer.c.id).limit(AT_ONCE)).all()
    for number, text, erased_at in rows:
        for begin in listed(text, places) if erased_at is None and is_indexed(text) else ():
            places[begin].append(number % PART)
    return rows[-1].id if len(rows) == AT_ONCE else None


def listed(text: str, begins: Container[str]) -> set[str]:
    """The beginnings of a customer's words that have lists; where one has none, no longer one has."""
    found = {EVERYBODY}
    for word in text.split("\n"):
        for length in range(1, len(word) + 1):
            if word[:length] not in begins:
                break
            found.add(word[:length])
    return found
