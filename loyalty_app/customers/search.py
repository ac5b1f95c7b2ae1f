"""Search: customers found by a typed text, from an index of the beginnings of words.

Ways to the same answer. The customers whom a frequent beginning finds in a large shop are in lists
(`listed_search.py`). Without these: if few customers have a word, they are read from the index and sorted. Where
several words are typed, either the other words are looked for in the row of each customer who has the rarest, or all
entries of those words are read from the index too, whichever reads less. If many have each word, customers are walked
through in order until the page is full. In a shop whose customers are not all indexed yet, everybody is looked through.
"""

from collections.abc import Collection, Mapping, Sequence
from math import isqrt
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select

from loyalty_app.contacts import checked_phone
from loyalty_app.customers.listed_search import Word, entries, listed_customers
from loyalty_app.db.posting_lists import Numbers
from loyalty_app.db.search_index import UNINDEXED
from loyalty_app.db.tables import business_total, customer
from loyalty_app.pagination import DEEPEST, PageRequest, Pagination, Walk, page_of_ids, read_cursor, read_page
from loyalty_app.shops.businesses import Business
from loyalty_core.customers import fold_case
from loyalty_core.errors import InvalidRequest
from loyalty_core.number_plans import forms_of
from loyalty_core.search_words import number_words, wanted_words

FEW, WALKED = 500, 16
"""So many entries are always sorted. A shop of n customers sorts up to √(16 n): more take longer than to walk through
customers until a page is full."""
MOST_WALKED = 20_000
ENOUGH = 3 * DEEPEST
"""So many entries have `DEEPEST` customers: nobody has four words that begin alike, on average."""
ENTRIES_A_ROW = 40
"""Reading so many entries of the index takes less time than looking up the row of a customer (measured with a million
on SQLite: 0.06 microseconds an entry; a row 2 to 7, the more the farther apart they are)."""
FURTHER = 8
SMALL_SHOP = 20_000
"""Customers who can be looked through in a few milliseconds."""
LIST = "customers"
Found = tuple[Sequence[int], Pagination]


def few_of(customers: int) -> int:
    """How many entries of the index are always read and sorted, in a shop with so many customers."""
    return max(FEW, isqrt(WALKED * customers))


def wanted_by(text: str, country: str | None) -> list[Word]:
    """What a typed text looks for: customers who have all of these words. Empty if it is signs alone."""
    words, number = wanted_words(text)
    wanted: list[Word] = [(word,) for word in words]
    if number is not None:
        code = _country_code(country) if country else 0
        wanted.append(number_words(number, _whole_number(number, country), str(code) if code else None))
    return wanted


def _country_code(country: str) -> int:
    from phonenumbers import country_code_for_region  # noqa: PLC0415  # loads long, for the first number

    return country_code_for_region(country)


def _whole_number(typed: str, country: str | None) -> Collection[str]:
    """The forms in which a number may be kept; none if the typed one is not whole."""
    try:
        return forms_of(checked_phone(typed, country))
    except InvalidRequest:
        return ()


class Counted(msgspec.Struct, frozen=True):
    """How many entries of the index each word has, counted up to `most`."""

    counts: Mapping[Word, int]
    most: int

    @property
    def rarest(self) -> int:
        """How many the rarest word has."""
        return min(self.counts.values())


class CustomerSearch:
    """One search in one shop, among the customers who meet all `conditions` on the table `customer`.

    `handful` tells that only a handful of customers meet them: then each of those is looked at.
    """

    def __init__(
        self, connection: Connection, business: Business, *conditions: ColumnElement[bool], handful: bool = False
    ) -> None:
        self._connection, self._business_id, self._handful = connection, business.id, handful
        self._country, self._conditions = business.country, conditions
        waiting = self._waiting().scalar_subquery()
        kept = select(business_total.c.customers, waiting).where(business_total.c.business_id == business.id)
        self._customers, self._unindexed = connection.execute(kept).one()

    def find(self, text: str, wanted: PageRequest) -> Found:
        """The ids of those who are found, in order of joining. Raises PageTooDeep, InvalidCursor.

        If nobody has words that begin so, a small shop is searched for words that have the letters inside, and for
        signs if there are no words.
        """
        words = wanted_by(text, self._country)
        if self._unindexed is not None:
            return self._page(self._everybody(_has_or_had(words, text)), wanted)
        found = self._by_index(words, wanted) if words else page_of_ids(LIST, (), wanted)
        if found[1].total == 0 and self._customers <= SMALL_SHOP:
            inside = [*map(_has_inside, words)] or [customer.c.name.contains(text.strip(), autoescape=True)]
            return self._page(self._everybody(*inside), wanted)
        return found

    def _by_index(self, words: Sequence[Word], wanted: PageRequest) -> Found:
        if self._handful:
            return self._page(self._everybody(*map(_has_any, words)), wanted)
        few = few_of(self._customers)
        if (listed := self._by_lists(words, wanted, few)) is not None:
            return listed
        if (rare := self._all_who_have(words, few)) is not None:
            return page_of_ids(LIST, rare, wanted)
        counted = Counted({word: self._count(word, few) for word in words}, few)
        if counted.rarest < few:
            return page_of_ids(LIST, sorted(self._connection.scalars(self._having_all(counted))), wanted)
        if len(words) > 1 or self._conditions:
            counted = self._counted_further(counted)
            ids = sorted(self._connection.scalars(self._having_all(counted).limit(DEEPEST)))
            if len(ids) < DEEPEST:
                return page_of_ids(LIST, ids, wanted)
            total = DEEPEST
        else:
            total = self._count_customers(words[0])
        return self._walk(words, wanted, total) or self._page(self._having_all(counted), wanted, total)

    def _by_lists(self, words: Sequence[Word], wanted: PageRequest, few: int) -> Found | None:
        """From the lists of frequent beginnings, if the shop is large and they tell."""
        if self._customers <= SMALL_SHOP or self._conditions:
            return None
        about = (self._connection, self._business_id, words)
        found = listed_customers(*about, customers=self._customers, few=few)
        if found is None:
            return None
        ids = Numbers(found)
        return page_of_ids(LIST, ids, wanted, up_to=ids.up_to)

    def _all_who_have(self, words: Sequence[Word], few: int) -> Sequence[int] | None:
        """The ids of those who have the only word, if it is rare: then it need not be counted before it is read."""
        if len(words) > 1 or self._conditions:
            return None
        had_by = self._connection.scalars(self._entries(words[0]).limit(few)).all()
        return sorted(set(had_by)) if len(had_by) < few else None

    def _count(self, word: Word, most: int) -> int:
        """How many entries of the index begin so, `most` at most."""
        some = self._entries(word).limit(most).subquery()
        return self._connection.execute(select(func.count()).select_from(some)).scalar_one()

    def _entries(self, word: Word) -> Select[Any]:
        return entries(self._business_id, word)

    def _counted_further(self, counted: Counted) -> Counted:
        """The counts of frequent words, counted on until it is known which of them is the rarest."""
        counts, most = dict(counted.counts), counted.most
        while len(counts) > 1 and min(counts.values()) == most:
            most *= FURTHER
            counts = {word: self._count(word, most) for word in counts}
        return Counted(counts, most)

    def _having_all(self, counted: Counted) -> Select[Any]:
        """The ids of those who have all words."""
        rarest, *others = sorted(counted.counts, key=counted.counts.__getitem__)
        read = [other for other in others if self._is_quickly_read(other, counted)]
        looked_up = [other for other in others if other not in read]
        return self._having([rarest, *read], [*map(_has_any, looked_up), *self._conditions])

    def _is_quickly_read(self, word: Word, counted: Counted) -> bool:
        """Whether all entries of a word are read sooner than the rows of the customers who have the rarest word."""
        most, known = ENTRIES_A_ROW * counted.rarest, counted.counts[word]
        if known < counted.most or most <= counted.most:
            return known < most
        return self._count(word, most) < most

    def _having(self, words: Sequence[Word], conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
        """The ids of those who have all of some words. The entries of the last are read, the others' are kept.

        Conditions are asked of each customer by key, whatever the database would prefer.
        """
        entries = self._entries(words[-1])
        for kept in words[:-1]:
            entries = entries.where(entries.selected_columns.customer_id.in_(self._entries(kept)))
        found = entries.subquery()
        ids = select(found.c.customer_id.label("id")).distinct()
        if conditions:
            own = (customer.c.business_id == self._business_id, customer.c.id == found.c.customer_id)
            ids = ids.where(select(and_(*conditions)).where(*own).scalar_subquery())
        return select(ids.subquery().c.id)

    def _count_customers(self, word: Word) -> int:
        """How many have a word, as far as pages reach. Entries are counted first: that is several times quicker."""
        if self._count(word, ENOUGH) == ENOUGH:
            return DEEPEST
        some = select(*self._entries(word).limit(ENOUGH).subquery().c).distinct().limit(DEEPEST).subquery()
        return self._connection.execute(select(func.count()).select_from(some)).scalar_one()

    def _walk(self, words: Sequence[Word], wanted: PageRequest, total: int | None) -> Found | None:
        """A full page from the next customers, about `MOST_WALKED`; None if they do not fill one.

        Why so few: customers who were imported in the order of their names stand together, perhaps at the end.
        """
        own = customer.c.business_id == self._business_id
        ends = [select(end(customer.c.id)).where(own).scalar_subquery() for end in (func.min, func.max)]
        first, last = self._connection.execute(select(*ends)).one()
        after = first if wanted.cursor is None else read_cursor(LIST, wanted.cursor)
        nearby = after + MOST_WALKED * (last - first) // max(self._customers, 1)
        found = self._page(self._everybody(*map(_has_any, words), customer.c.id <= nearby), wanted, total)
        return found if found[1].next_cursor or nearby >= last else None

    def _everybody(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        own = (customer.c.business_id == self._business_id, customer.c.erased_at.is_(None))
        return select(customer.c.id).where(*own, *self._conditions, *conditions)

    def _page(self, ids: Select[Any], wanted: PageRequest, total: int | None = None) -> Found:
        walk = Walk(LIST, ids.selected_columns.id)
        rows, pagination = read_page(self._connection, ids, walk, wanted=wanted, total=total)
        return [row.id for row in rows], pagination

    def _waiting(self) -> Select[Any]:
        """One customer who is not indexed yet.

        Why in order: PostgreSQL takes nearly everybody for one, and would look through the whole table for the first.
        """
        own = (customer.c.business_id == self._business_id, UNINDEXED)
        return select(customer.c.id).where(*own).order_by(customer.c.id).limit(1)


def _has_any(word: Word) -> ColumnElement[bool]:
    """Whether a customer has a word that begins so, judged by the customer's own row."""
    return or_(false(), *(customer.c.search_text.contains(f"\n{begin}", autoescape=True) for begin in word))


def _has_inside(word: Word) -> ColumnElement[bool]:
    """Whether a customer has a word with these letters anywhere; digits that stand backwards are turned."""
    parts = {part[:0:-1] if part.startswith("-") else part.removeprefix("+") for part in word}
    return or_(*(customer.c.search_text.contains(part, autoescape=True) for part in sorted(parts)))


def _has_or_had(words: Sequence[Word], text: str) -> ColumnElement[bool]:
    """Whether a customer has all words, or is not indexed yet and has the text as older releases look for it."""
    before = and_(UNINDEXED, customer.c.search_text.contains(fold_case(text), autoescape=True))
    return or_(before, and_(*map(_has_any, words))) if words else before
