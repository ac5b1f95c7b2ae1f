"""Search: who is found by a typed text, from an index of the beginnings of words.

Three ways to the same answer. If few customers have a word, they are read from the index and sorted, and the other
words are looked for in each. If many have each word, customers are walked through in order until the page is full. In a
shop whose customers are not all indexed yet, everybody is looked through.
"""

from collections.abc import Collection, Sequence
from math import isqrt
from typing import Any

import phonenumbers
from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select, union_all

from loyalty_app.contacts import checked_phone
from loyalty_app.customers.analytics import kept_totals
from loyalty_app.db.search_index import UNINDEXED
from loyalty_app.db.tables import customer, customer_word
from loyalty_app.pagination import DEEPEST, PageRequest, Pagination, Walk, page_of_ids, read_cursor, read_page
from loyalty_app.shops.businesses import Business
from loyalty_core.customers import fold_case
from loyalty_core.errors import InvalidRequest
from loyalty_core.number_plans import forms_of
from loyalty_core.search_words import number_words, wanted_words

Word = tuple[str, ...]
"""What a customer must have a word beginning with: any of these."""
BEYOND_ALL = "\U0010ffff"
FEW, WALKED = 500, 16
"""So many entries are always sorted. A shop of n customers sorts up to √(16 n): more take longer than to walk through
customers until a page is full."""
MOST_WALKED = 20_000
ENOUGH = 3 * DEEPEST
"""So many entries have `DEEPEST` customers: nobody has four words that begin alike, on average."""
SMALL_SHOP = 20_000
"""Customers who can be looked through in a few milliseconds."""
LIST = "customers"
Found = tuple[Sequence[int], Pagination]


def wanted_by(text: str, country: str | None) -> list[Word]:
    """What a typed text looks for: customers who have all of these words. Empty if it is signs alone."""
    words, number = wanted_words(text)
    wanted: list[Word] = [(word,) for word in words]
    if number is not None:
        code = phonenumbers.country_code_for_region(country) if country else 0
        wanted.append(number_words(number, _whole_number(number, country), str(code) if code else None))
    return wanted


def _whole_number(typed: str, country: str | None) -> Collection[str]:
    """The forms in which a number may be kept; none if the typed one is not whole."""
    try:
        return forms_of(checked_phone(typed, country))
    except InvalidRequest:
        return ()


class CustomerSearch:
    """One search in one shop, among the customers who meet all `conditions` on the table `customer`."""

    def __init__(self, connection: Connection, business: Business, *conditions: ColumnElement[bool]) -> None:
        self._connection, self._business_id = connection, business.id
        self._country, self._conditions = business.country, conditions
        self._customers = kept_totals(connection, business.id).customers

    def find(self, text: str, wanted: PageRequest) -> Found:
        """The ids of those who are found, in order of joining. Raises PageTooDeep, InvalidCursor.

        If nobody has words that begin so, a small shop is searched for words that have the letters inside, and for
        signs if there are no words.
        """
        words = wanted_by(text, self._country)
        if self._is_being_indexed():
            return self._page(self._everybody(_has_or_had(words, text)), wanted)
        found = self._by_index(words, wanted) if words else page_of_ids(LIST, (), wanted)
        if found[1].total == 0 and self._customers <= SMALL_SHOP:
            inside = [*map(_has_inside, words)] or [customer.c.name.contains(text.strip(), autoescape=True)]
            return self._page(self._everybody(*inside), wanted)
        return found

    def _by_index(self, words: Sequence[Word], wanted: PageRequest) -> Found:
        few = max(FEW, isqrt(WALKED * self._customers))
        counts = [self._count(word, few) for word in words]
        rarest = counts.index(min(counts))
        others = [*words[:rarest], *words[rarest + 1 :]]
        found = self._having(words[rarest], [*map(_has_any, others), *self._conditions])
        if counts[rarest] < few:
            return page_of_ids(LIST, sorted(self._connection.scalars(found)), wanted)
        if others or self._conditions:
            ids = sorted(self._connection.scalars(self._having_all(words).limit(DEEPEST)))
            if len(ids) < DEEPEST:
                return page_of_ids(LIST, ids, wanted)
            total = DEEPEST
        else:
            total = self._count_customers(words[rarest])
        return self._walk(words, wanted, total) or self._page(self._having_all(words), wanted, total)

    def _count(self, word: Word, most: int) -> int:
        """How many entries of the index begin so, `most` at most."""
        some = self._entries(word).limit(most).subquery()
        return self._connection.execute(select(func.count()).select_from(some)).scalar_one()

    def _entries(self, word: Word) -> Select[Any]:
        """The customers of the entries that begin so; one may come twice."""
        own, column = customer_word.c.business_id == self._business_id, customer_word.c.word
        ranges = [
            select(customer_word.c.customer_id).where(own, column >= begin, column < begin + BEYOND_ALL)
            for begin in word
        ]
        return ranges[0] if len(ranges) == 1 else select(union_all(*ranges).subquery().c.customer_id)

    def _having(self, word: Word, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
        """The ids of those who have a word. Conditions are asked of each by key, whatever the database would prefer."""
        found = self._entries(word).subquery()
        ids = select(found.c.customer_id.label("id")).distinct()
        if conditions:
            own = (customer.c.business_id == self._business_id, customer.c.id == found.c.customer_id)
            ids = ids.where(select(and_(*conditions)).where(*own).scalar_subquery())
        return select(ids.subquery().c.id)

    def _having_all(self, words: Sequence[Word]) -> Select[Any]:
        """The ids of those who have all of some frequent words, each of which many have."""
        counts = {word: self._count(word, ENOUGH) for word in words} if len(words) > 1 else {}
        rarest, *others = sorted(words, key=counts.__getitem__) if counts else words
        if counts.get(rarest, 0) < ENOUGH:
            return self._having(rarest, [*map(_has_any, others), *self._conditions])
        found = self._having(rarest, self._conditions)
        for other in others:
            found = found.where(found.selected_columns.id.in_(self._entries(other)))
        return found

    def _count_customers(self, word: Word) -> int:
        """How many have a word, as far as pages reach."""
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

    def _is_being_indexed(self) -> bool:
        waiting = select(customer.c.id).where(customer.c.business_id == self._business_id, UNINDEXED).limit(1)
        return self._connection.execute(waiting).first() is not None


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
