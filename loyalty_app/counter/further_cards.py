"""Further cards: which cards of further programs a batch knows, has changed, and has seen go; and how they are written.

Nothing is decided here. The card of the program with which a shop began is part of the customer.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row, tuple_

from loyalty_app.db import tables
from loyalty_app.db.bulk import BulkInsert, BulkUpdate, BulkWrite
from loyalty_app.db.rows import program_card_of, program_card_row
from loyalty_core.customers import Card, Customer, ProgramCard

CardKey = tuple[int, int, int]
"""A business, a customer and a program."""
EMPTY = Card()
CARD_KEY = ("business_id", "customer_id", "program_id")


class FurtherCards:
    """The cards of further programs: those known, those to be written, and those to be deleted."""

    def __init__(self) -> None:
        self.known: set[CardKey] = set()
        self._read: dict[tuple[int, int], list[ProgramCard]] = {}
        """Those that were read and are not with their customers yet, by these."""
        self.changed: dict[CardKey, ProgramCard] = {}
        self.gone: set[CardKey] = set()
        """Those that have no entry any more: a merge has made them another customer's, or has given them back."""

    def keep(self, row: Row[Any]) -> None:
        """Remember a row of the table `card`; its customer has it once all are dealt out."""
        business_id, customer_id, held = program_card_of(row)
        self.known.add((business_id, customer_id, held.program_id or 0))
        self._read.setdefault((business_id, customer_id), []).append(held)

    def deal_out(self, customers: dict[tuple[int, int], Customer]) -> None:
        """Give the cards that were read to their customers, who are known."""
        for key, held in self._read.items():
            customers[key] = replace(customers[key], others=(*customers[key].others, *held))
        self._read.clear()

    def note(self, customer: Customer, before: Customer | None) -> None:
        """Note which cards of a customer have changed or are gone. One that has no entry yet is not written."""
        left = {held.program_id: held.card for held in before.cards} if before else {}
        for held in customer.cards:
            known = left.pop(held.program_id, None)
            if held.program_id is None or known is held.card:  # of the row of the customer, or nearly always
                continue
            came_along = known is None and held.program_id != customer.program_id
            if came_along or held.card != (known or EMPTY):
                self.changed[_key(customer, held.program_id)] = held
                self.gone.discard(_key(customer, held.program_id))
        for program_id in left:
            if program_id is not None:
                self.changed.pop(_key(customer, program_id), None)
                self.gone.add(_key(customer, program_id))


def _key(customer: Customer, program_id: int) -> CardKey:
    return customer.business_id, customer.id, program_id


def card_writes(cards: FurtherCards, customers: Mapping[tuple[int, int], Customer]) -> list[BulkWrite]:
    """The cards that have changed; with one program there are none, and nothing is asked."""
    if not cards.changed:
        return []
    rows = {key: program_card_row(customers[key[:2]], held) for key, held in cards.changed.items()}
    return [
        BulkInsert(tables.card, [row for key, row in rows.items() if key not in cards.known]),
        BulkUpdate(tables.card, [row for key, row in rows.items() if key in cards.known], CARD_KEY),
    ]


def delete_gone(connection: Connection, cards: FurtherCards) -> None:
    """Delete the cards that are gone."""
    gone = cards.gone & cards.known
    if gone:
        own = tuple_(*(tables.card.c[name] for name in CARD_KEY)).in_(gone)
        connection.execute(tables.card.delete().where(own)).close()
