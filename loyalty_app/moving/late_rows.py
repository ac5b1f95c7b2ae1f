"""Late rows: keys, bots, and who is in chats and at pages with them. They go over once the shops are held.

They are few, and nobody is let in before they are there. They arrive in one transaction, which also compares them.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, Row, Table, delete, select, tuple_

from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import allowed
from loyalty_app.db.plain_rows import PlainRow, plain_rows
from loyalty_app.db.tables import telegram_bot, telegram_card, telegram_chat
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.carrying import Carrier, TableSum
from loyalty_app.moving.snapshots import Key, Reader, among, key_of, pages, parts_of
from loyalty_app.settings import SettingsError

AT_ONCE = 500
BOT, CHAT = ({name: at for at, name in enumerate(one.columns.keys())} for one in (telegram_bot, telegram_chat))
"""Where in a row the columns are."""


class LateRows:
    """Brings the late tables of a cargo."""

    def __init__(self, new: Database, cargo: Cargo, carrier: Carrier, *, now: datetime) -> None:
        self._new, self._cargo, self._carrier, self._now = new, cargo, carrier, now
        self.bots: list[int] = []
        """The bots that begin to serve once the shops are open."""
        self._own_bots: set[int] = set()

    async def bring(self, reader: Reader) -> dict[str, int]:
        """Copy the rows; return how many each table has. Raises SettingsError if they arrive otherwise."""
        counts = {}
        self._own_bots = set(await reader.read(lambda connection: connection.scalars(self._cargo.own_bots).all()))
        for table in self._cargo.late:
            counts[table.name] = 0
            async with aclosing(pages(reader, table, self._cargo.rows_of(table))) as found:
                async for rows in found:
                    counts[table.name] += len(rows)
                    await self._new.write(partial(self._put, table=table, rows=rows))
            if table is telegram_chat and self._cargo.spread:
                counts[table.name] += await self._bring_chats_of_cards(reader)
        return counts

    async def _bring_chats_of_cards(self, reader: Reader) -> int:
        """Copy the chats that only cards lead to, which are on other machines than the chats; return how many."""
        own = select(telegram_chat.c.bot_id, telegram_chat.c.chat_id).where(self._cargo.rows_of(telegram_chat))
        known = {tuple(row) for row in await reader.read(lambda connection: connection.execute(own).all())}
        held = {tuple(row) for part in parts_of(reader, telegram_card) for row in await part.read(self._held_cards)}
        brought, wanted = 0, sorted(held - known)
        for start in range(0, len(wanted), AT_ONCE):
            which = tuple_(telegram_chat.c.bot_id, telegram_chat.c.chat_id).in_(wanted[start : start + AT_ONCE])
            async with aclosing(pages(reader, telegram_chat, which)) as found:
                async for rows in found:
                    brought += len(rows)
                    await self._new.write(partial(self._put, table=telegram_chat, rows=rows))
        return brought

    def _held_cards(self, connection: Connection) -> Sequence[Row[tuple[int, int]]]:
        return connection.execute(self._cargo.held_cards()).all()

    def _put(self, connection: Connection, *, table: Table, rows: Sequence[PlainRow]) -> None:
        keyed = {self._carrier.key(table, key_of(table, row)): row for row in rows}
        there = set(_keys(connection, table, [*keyed]))
        stay = {one for one in there if table is telegram_chat and one[0] not in self._own_bots}
        new = {key: row for key, row in keyed.items() if key not in stay}
        with allowed(connection, table):
            gone = list(there - stay)  # those of an earlier try
            for start in range(0, len(gone), AT_ONCE):
                connection.execute(delete(table).where(among(table, gone[start : start + AT_ONCE]))).close()
            self._new.load(connection, table, self._as_there(table, [*new.values()]))
        self._check(connection, table, new)

    def _as_there(self, table: Table, rows: Sequence[PlainRow]) -> Sequence[PlainRow]:
        """The rows as they are written, with the values of all columns in their order."""
        carried = self._carrier.all_carried(table, rows)
        if table is telegram_bot:
            return [self._bot_as_there([*row], was) for row, was in zip(carried, rows, strict=True)]
        if table is telegram_chat:
            return [self._chat_as_there([*row], was) for row, was in zip(carried, rows, strict=True)]
        return carried

    def _bot_as_there(self, row: PlainRow, was: PlainRow) -> PlainRow:
        """A bot that begins to serve only once the shops are open."""
        if was[BOT["removed_at"]] is None:
            self.bots.append(was[BOT["bot_id"]])
            row[BOT["removed_at"]] = self._now
        return row

    def _chat_as_there(self, row: PlainRow, was: PlainRow) -> PlainRow:
        """A chat as it is there: with a shop's own bot what it was, else without what is about other shops."""
        own = was[CHAT["bot_id"]] in self._own_bots
        at_work = was[CHAT["business_id"]] in (self._cargo.shops or ())
        if not at_work:
            row[CHAT["business_id"]] = row[CHAT["branch_id"]] = None
        row[CHAT["draft"]] = self._carrier.numbers.of_draft(was[CHAT["draft"]] if own or at_work else None)
        return row

    def _check(self, connection: Connection, table: Table, keyed: Mapping[Key, PlainRow]) -> None:
        old, new = TableSum(), TableSum()
        keys = [*keyed]
        if table in {telegram_bot, telegram_chat}:  # they differ, as `_as_there` says
            arrived = set(_keys(connection, table, keys)) == keyed.keys()
        else:
            old.add(self._carrier.summed_old(table, [*keyed.values()]))
            for start in range(0, len(keys), AT_ONCE):
                which = among(table, keys[start : start + AT_ONCE])
                there = plain_rows(connection, [*table.columns], select(table).where(which))
                new.add(self._carrier.summed_new(table, there))
            arrived = old == new
        if not arrived:
            raise SettingsError(f"The rows of {table.name} arrived otherwise than they were. Nothing was closed.")


def _keys(connection: Connection, table: Table, keys: Sequence[Key]) -> list[Key]:
    found: list[Key] = []
    columns = [*table.primary_key.columns]
    for start in range(0, len(keys), AT_ONCE):
        asked = select(*columns).where(among(table, keys[start : start + AT_ONCE]))
        found += [tuple(row) for row in connection.execute(asked)]
    return found
