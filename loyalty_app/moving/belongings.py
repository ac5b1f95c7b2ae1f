"""Belongings: what of each table goes along when an installation, or some of its shops, move.

Which tables those are is read from the tables themselves; a table of no known sort fails a test, so that a later one
cannot be forgotten. With a shop go its rows, those of its test keys, and those of its own bot. People who meet several
shops in the chat with a shared bot keep their place there, and get one at the new place too.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, or_, select, true, tuple_

from loyalty_app.db.tables import (
    api_key,
    business,
    ledger_height,
    ledger_span,
    metadata,
    numbers,
    polling_lease,
    posting_change,
    posting_index,
    posting_list,
    staff,
    straggler,
    telegram_bot,
    telegram_card,
    telegram_chat,
    vault,
)

AT_ONCE = 500


class Sort(StrEnum):
    """Whose the rows of a table are."""

    SHOP = "shop"
    BOT = "bot"
    PERSON = "person"
    INSTALLATION = "installation"


LISTS = "lists for searching, with the numbers of customers; the new place makes its own"
SPANS = "made from the ledger, for finding its entries by time; the new place makes its own"
INSTALLATIONS = {
    ledger_height.name: SPANS,
    ledger_span.name: SPANS,
    numbers.name: "the last ids that were given out; those of the new place go on behind the rows that came",
    polling_lease.name: "tells which process asks for a bot's updates; at the new place another one does so, at once",
    posting_change.name: LISTS,
    posting_index.name: LISTS,
    posting_list.name: LISTS,
    straggler.name: SPANS,
    vault.name: "tells the key of the secrets; a shop's secrets are locked with that of the new place",
}
"""Tables of which nothing goes along with a shop, and why."""
NOT_COPIED = INSTALLATIONS.keys() - {vault.name}
"""The same of a whole installation."""


def sort_of(table: Table) -> Sort:
    """Whose the rows of a table are. Raises LookupError if that cannot be told: then say it here."""
    if table.name in INSTALLATIONS:
        return Sort.INSTALLATION
    if table is telegram_chat:
        return Sort.PERSON
    if table is business or "business_id" in table.c:
        return Sort.SHOP
    if "bot_id" in table.c:
        return Sort.BOT
    message = f"{table.name} belongs neither to a shop nor to a bot; INSTALLATIONS has to name it"
    raise LookupError(message)


class Cargo(msgspec.Struct, frozen=True):
    """What moves: some shops with the test shops of theirs, or everything if `shops` is None."""

    shops: tuple[int, ...] | None = None
    spread: bool = False
    """Whether it lies on several machines: then chats cannot be asked for together with cards; see `held_cards`."""

    @property
    def early(self) -> list[Table]:
        """The tables that are copied while the shops are open, those first to which others refer."""
        if self.shops is None:
            return [table for table in metadata.sorted_tables if table.name not in NOT_COPIED]
        return [table for table in metadata.sorted_tables if sort_of(table) is Sort.SHOP and not is_late(table)]

    @property
    def late(self) -> list[Table]:
        """The tables that come once the shops are held: with a key or a bot there, people would be let in."""
        if self.shops is None:
            return []
        return [table for table in metadata.sorted_tables if is_late(table)]

    def rows_of(self, table: Table) -> ColumnElement[bool]:
        """The rows of a table that move; where all is spread, without chats that only cards lead to."""
        if self.shops is None:
            return true()
        match sort_of(table):
            case Sort.SHOP:
                return (business.c.id if table is business else table.c.business_id).in_(self.shops)
            case Sort.BOT:
                return table.c.bot_id.in_(self.own_bots)
            case _:
                return self._chats()

    @property
    def own_bots(self) -> Any:  # noqa: ANN401  # a question, untyped at SQLAlchemy
        """Asks for the ids of the shops' own bots."""
        return select(telegram_bot.c.bot_id).where(telegram_bot.c.business_id.in_(self.shops or ()))

    def _chats(self) -> ColumnElement[bool]:
        """The chats with the shops' own bots, and those of people who hold a card of theirs or work there."""
        place = (telegram_card.c.bot_id == telegram_chat.c.bot_id, telegram_card.c.user_id == telegram_chat.c.chat_id)
        holds = select(telegram_card.c.user_id).where(telegram_card.c.business_id.in_(self.shops or ()), *place)
        works = and_(staff.c.user_id == telegram_chat.c.chat_id, staff.c.business_id.in_(self.shops or ()))
        found = [telegram_chat.c.bot_id.in_(self.own_bots), select(staff.c.id).where(works).exists()]
        return or_(*found) if self.spread else or_(*found, holds.exists())

    def held_cards(self) -> Select[tuple[int, int]]:
        """The bots and people in whose chats a card of the shops hangs."""
        places = select(telegram_card.c.bot_id, telegram_card.c.user_id).distinct()
        return places.where(telegram_card.c.business_id.in_(self.shops or ()))


def is_late(table: Table) -> bool:
    """Whether a table's rows of a shop come only once it is held."""
    return table is api_key or table is telegram_bot or sort_of(table) in {Sort.BOT, Sort.PERSON}


def with_twins(connection: Connection, shops: Sequence[int]) -> tuple[int, ...]:
    """Shops with those that hold what their test keys write."""
    both = or_(business.c.id.in_(shops), business.c.test_of.in_(shops))
    return tuple(connection.scalars(select(business.c.id).where(both).order_by(business.c.id)))


def counted(connection: Connection, cargo: Cargo) -> dict[str, int]:
    """How many rows of each table would move."""
    found = early_counted(connection, cargo) | _counted(connection, cargo, cargo.late)
    if cargo.spread and cargo.late:
        found[telegram_chat.name] = len(_chats(connection, cargo))
    return found


def _chats(connection: Connection, cargo: Cargo) -> set[tuple[int, ...]]:
    """All chats that move, where cards have to be asked for first."""
    place = (telegram_chat.c.bot_id, telegram_chat.c.chat_id)
    own = select(*place).where(cargo.rows_of(telegram_chat))
    found = {tuple(row) for row in connection.execute(own)}
    held = sorted({tuple(row) for row in connection.execute(cargo.held_cards())} - found)
    for start in range(0, len(held), AT_ONCE):
        asked = select(*place).where(tuple_(*place).in_(held[start : start + AT_ONCE]))
        found |= {tuple(row) for row in connection.execute(asked)}
    return found


def early_counted(connection: Connection, cargo: Cargo) -> dict[str, int]:
    """The same of the tables that are copied while the shops are open."""
    return _counted(connection, cargo, cargo.early)


def _counted(connection: Connection, cargo: Cargo, tables: Sequence[Table]) -> dict[str, int]:
    return {t.name: connection.scalar(select(func.count()).select_from(t).where(cargo.rows_of(t))) or 0 for t in tables}
