"""Parts: which tables hold what a business owns, and which of their columns are exported.

Secrets and what only this program needs are left out.
"""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Column, Connection, Table, select, tuple_

from loyalty_app.db import tables

AT_ONCE = 1_000
STAYS_HERE = {
    "business_id",
    "search_text",
    "goal",
    "last_visit_by",
    "day_stamps",
    "entries",
    "last_visits",
    "last_visits_again",
    "secret",
    "old_secret",
    "old_secret_until",
    "warnings",
    "user_id",
    "facts",
    "told_to",
    "next_at",
    "lease",
    "once_key",
    "once",
    "undo",
}
"""Columns that are secrets, somebody else's data, or this program's caches and memory."""


class Part(msgspec.Struct, frozen=True):
    """A table of a business, under the name of its files, with a sentence about it."""

    name: str
    table: Table
    text: str

    @property
    def keys(self) -> list[Column[object]]:
        """The columns that distinguish rows of one business."""
        return [column for column in self.table.primary_key if column.name != "business_id"]

    @property
    def columns(self) -> list[Column[object]]:
        """The columns that are exported."""
        own = set() if self.table is not tables.customer else {"day"}
        return [column for column in self.table.columns if column.name not in STAYS_HERE | own]

    def rows(self, connection: Connection, business_id: int) -> Iterator[tuple[object, ...]]:
        """All rows of a business in the order of their keys, read a few at a time to save memory."""
        last: tuple[object, ...] | None = None
        while True:
            found = select(*self.columns).where(self.table.c.business_id == business_id)
            found = found if last is None else found.where(tuple_(*self.keys) > tuple_(*last))
            rows = connection.execute(found.order_by(*self.keys).limit(AT_ONCE)).all()
            if not rows:
                return
            last = tuple(rows[-1][self.columns.index(key)] for key in self.keys)
            yield from map(tuple, rows)


PARTS = (
    Part("customers", tables.customer, "who holds a card, and its state; an erased customer has erased_at and no name"),
    Part("transactions", tables.transaction, "the ledger: all that was ever done to the cards"),
    Part("rewards", tables.reward, "what full cards have earned, and what became of it"),
    Part("program_versions", tables.program, "the program, each state of it that was ever in force"),
    Part("programs", tables.shop_program, "further programs and titles; the first one has the number of the shop"),
    Part("program_terms", tables.program_terms, "the further programs, each state of them that was ever in force"),
    Part("cards", tables.card, "the cards of further programs"),
    Part("program_days", tables.program_day, "what further programs had of the figures of each day"),
    Part("daily_totals", tables.daily_total, "the figures of each day, by the time zone of the shop"),
    Part("merges", tables.customer_merge, "which customers were merged into which others"),
    Part("referrals", tables.referral, "who was brought along by whom, and what came of it"),
    Part("branches", tables.branch, "the places of the shop"),
    Part("staff", tables.staff, "who works or worked there"),
    Part("webhook_endpoints", tables.webhook_endpoint, "where events are sent; their secrets are not here"),
    Part("notices", tables.notice, "what owners were told"),
    Part("flags", tables.flag, "what was flagged for owners to look at"),
)
