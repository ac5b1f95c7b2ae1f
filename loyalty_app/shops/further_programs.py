"""Further programs: what a shop has beside the program with which it began, read, and put together for the core.

Most shops have nothing of it: their `programs_version` is 0, and nothing is read. Nothing is decided or written here.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from loyalty_app.db.rows import program_card_of, terms_of
from loyalty_app.db.tables import card, program_terms, shop_program
from loyalty_app.shops.businesses import Business
from loyalty_core.customers import Customer, ProgramCard
from loyalty_core.programs import Program, Terms


class FurtherPrograms(msgspec.Struct, frozen=True):
    """What a shop's programs have beside the terms of the first, as of `version`; `by_id` has it by their numbers."""

    version: int
    by_id: dict[int, "ProgramParts"]


class ProgramParts(msgspec.Struct, frozen=True):
    """Of one program its title and end, and its terms, except those of the first."""

    title: str | None
    archived_at: datetime | None
    terms: tuple[Terms, ...]


def further_programs(shop: Business, programs: Iterable[Row[Any]], terms: Iterable[Row[Any]]) -> FurtherPrograms:
    """Put rows of `shop_program` and `program_terms` together; rows of other shops are left out."""
    versions: dict[int, list[Terms]] = {}
    for row in terms:
        if row.business_id == shop.id:
            versions.setdefault(row.program_id, []).append(terms_of(row))
    parts = {
        row.id: ProgramParts(row.title, row.archived_at, tuple(sorted(versions.get(row.id, ()), key=_version)))
        for row in programs
        if row.business_id == shop.id
    }
    return FurtherPrograms(shop.programs_version, parts)


def _version(terms: Terms) -> int:
    return terms.version


def is_known(shop: Business, further: FurtherPrograms | None) -> bool:
    """Whether all that a shop has now is known."""
    return further is not None and further.version >= shop.programs_version


def main_program(shop: Business, terms: tuple[Terms, ...], further: FurtherPrograms | None) -> Program:
    """The main program of a shop, with the others; `terms` are those of the program with which it began."""
    if further is None or not shop.programs_version:
        return Program(shop.name, terms)
    begun = further.by_id.get(shop.id, ProgramParts(None, None, ()))
    first = Program(shop.name, terms, None, begun.title, shop.main_program_id is None, begun.archived_at)
    others = tuple(
        Program(shop.name, parts.terms, number, parts.title, number == shop.main_program_id, parts.archived_at)
        for number, parts in sorted(further.by_id.items())
        if parts.terms
    )
    return msgspec.structs.replace(first, others=others).turned_to(shop.main_program_id) or first


def read_further(connection: Connection, shop: Business) -> FurtherPrograms | None:
    """What a shop has beside the program with which it began; None if there is nothing."""
    if not shop.programs_version:
        return None
    programs = connection.execute(select(shop_program).where(shop_program.c.business_id == shop.id)).all()
    terms = connection.execute(select(program_terms).where(program_terms.c.business_id == shop.id)).all()
    return further_programs(shop, programs, terms)


def with_cards(connection: Connection, customers: list[Customer]) -> list[Customer]:
    """Customers of one shop with their cards of further programs."""
    if not customers:
        return customers
    own = (card.c.business_id == customers[0].business_id, card.c.customer_id.in_([one.id for one in customers]))
    held: dict[int, list[ProgramCard]] = {}
    for row in connection.execute(select(card).where(*own).order_by(card.c.program_id)):
        _, customer_id, one = program_card_of(row)
        held.setdefault(customer_id, []).append(one)
    return [msgspec.structs.replace(one, others=tuple(held[one.id])) if one.id in held else one for one in customers]
