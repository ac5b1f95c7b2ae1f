"""Versions: what is known of shops and their programs between batches, so that each batch need not put it together.

Every batch reads the rows of its shops: what is kept here is used only while they are the same. Nothing is read here.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from loyalty_app.shops.businesses import Business, business_of
from loyalty_app.shops.further_programs import FurtherPrograms, main_program
from loyalty_core.programs import Program, Terms

MOST_KEPT = 20_000
"""Of so many shops it is kept how they are; each takes a kilobyte."""


class Versions:
    """What is known of businesses and their programs. A version never changes, so batches may share them."""

    def __init__(self) -> None:
        self._businesses: dict[int, tuple[Row[Any], Business]] = {}
        self.terms: dict[int, tuple[Terms, ...]] = {}
        """All versions of the programs with which businesses began."""
        self.further: dict[int, FurtherPrograms] = {}
        """What else there is of the programs of those that have more."""
        self._programs: dict[int, tuple[Business, Program]] = {}

    def business_of(self, row: Row[Any]) -> Business:
        """The business of a row that was just read: the one of before, if nothing has changed in it."""
        known = self._businesses.get(row.id)
        if known is None or (known[0] is not row and known[0] != row):
            self._make_room()
            known = self._businesses[row.id] = row, business_of(row)
        return known[1]

    def _make_room(self) -> None:
        if len(self._businesses) >= MOST_KEPT:
            self._businesses.clear()
            self._programs.clear()

    def lacking(self, shops: Iterable[Business]) -> list[Business]:
        """Those of the shops whose program has a version that is not known yet."""
        return [shop for shop in shops if len(self.terms.get(shop.id, ())) < shop.program_version]

    def keep(self, business_id: int, terms: tuple[Terms, ...]) -> None:
        """Keep all versions of a program, unless more are known: of two batches the slower may have read fewer."""
        if len(terms) > len(self.terms.get(business_id, ())):
            self.terms[business_id] = terms

    def keep_further(self, business_id: int, further: FurtherPrograms) -> None:
        """Keep what else a shop has, unless something newer is known, for the same reason."""
        if further.version >= self.further.get(business_id, further).version:
            self.further[business_id] = further

    def program_of(self, business: Business) -> Program:
        """The main program of a business, with the others: put together once, until anything changes."""
        known, number = self._programs.get(business.id), business.id
        if known is None or known[0] is not business:
            terms = self.terms[number][: business.program_version]
            known = self._programs[number] = business, main_program(business, terms, self.further.get(number))
        return known[1]
