"""Late rows: keys, bots, and who is in chats and at pages with them. They go over once the shops are held.

They are few, and nobody is let in before they are there. They arrive in one transaction, which also compares them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, select, tuple_

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import allowed
from loyalty_app.db.tables import telegram_bot, telegram_chat
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.carrying import Carrier, TableSum
from loyalty_app.moving.snapshots import Key, Reader, key_of, pages
from loyalty_app.settings import SettingsError

AT_ONCE = 500


class LateRows:
    """Brings the late tables of a cargo."""

    def __init__(self, new: Database, cargo: Cargo, carrier: Carrier, *, now: datetime) -> None:
        self._new, self._cargo, self._carrier, self._now = new, cargo, carrier, now
        self.bots: list[int] = []
        """The bots that begin to serve once the shops are open."""

    async def bring(self, reader: Reader) -> dict[str, int]:
        """Copy the rows; return how many each table has. Raises SettingsError if they arrive otherwise."""
        counts = {}
        for table in self._cargo.late:
            counts[table.name] = 0
            async for rows in pages(reader, table, self._cargo.rows_of(table)):
                counts[table.name] += len(rows)
                await self._new.write(lambda connection, table=table, rows=rows: self._put(connection, table, rows))  # type: ignore[misc]  # bound
        return counts

    def _put(self, connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
        key = tuple_(*table.primary_key.columns)
        there = set(_keys(connection, table, [self._carrier.key(table, key_of(table, row)) for row in rows]))
        new = [
            row
            for row in rows
            if table is not telegram_chat or self._carrier.key(table, key_of(table, row)) not in there
        ]
        with allowed(connection, table):
            if table is not telegram_chat:  # those of an earlier try
                for start in range(0, len(gone := list(there)), AT_ONCE):
                    connection.execute(delete(table).where(key.in_(gone[start : start + AT_ONCE]))).close()
            self._new.insert(connection, table, [self._as_there(table, row) for row in new])
        self._check(connection, table, new)

    def _as_there(self, table: Table, row: Row[Any]) -> Values:
        values = self._carrier.carried(table, row)
        if table is telegram_bot and row.removed_at is None:
            self.bots.append(row.bot_id)
            return {**values, "removed_at": self._now}
        if table is telegram_chat and row.business_id not in (self._cargo.shops or ()):
            return {**values, "business_id": None, "branch_id": None, "draft": None}
        return values

    def _check(self, connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
        old, new = TableSum(), TableSum()
        if table in {telegram_bot, telegram_chat}:  # they differ, as `_as_there` says
            wanted = {self._carrier.key(table, key_of(table, row)) for row in rows}
            arrived = set(_keys(connection, table, list(wanted))) == wanted
        else:
            keys = [self._carrier.key(table, key_of(table, row)) for row in rows]
            old.add(self._carrier.summed_old(table, rows))
            for start in range(0, len(keys), AT_ONCE):
                which = tuple_(*table.primary_key.columns).in_(keys[start : start + AT_ONCE])
                new.add(self._carrier.summed_new(table, connection.execute(select(table).where(which)).all()))
            arrived = old == new
        if not arrived:
            raise SettingsError(f"The rows of {table.name} arrived otherwise than they were. Nothing was closed.")


def _keys(connection: Connection, table: Table, keys: Sequence[Key]) -> list[Key]:
    found: list[Key] = []
    columns = [*table.primary_key.columns]
    for start in range(0, len(keys), AT_ONCE):
        asked = select(*columns).where(tuple_(*columns).in_(keys[start : start + AT_ONCE]))
        found += [tuple(row) for row in connection.execute(asked)]
    return found
