"""Copying: the rows of one table go from one database to another, and both sides are added up, to be compared.

The sum of a table does not depend on the order of its rows, for databases order texts differently. The last ids that
were given out go along: no id is given out twice, also if its row is gone. Which tables are copied when, and what else
a move does, is in `move`.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, func, select, text, tuple_

from loyalty_app.db.bulk import BulkUpdate, Values
from loyalty_app.db.engine import Database
from loyalty_app.db.postgres.ids import REWARD_BLOCK
from loyalty_app.db.tables import metadata, numbers
from loyalty_app.ids import Kind

AT_ONCE = 2_000
DIGEST_BYTES = 16

encode = msgspec.json.Encoder().encode


class TableSum(msgspec.Struct):
    """How many rows a table has, and the sum of their digests."""

    rows: int = 0
    digest: int = 0

    def add(self, rows: Sequence[Row[Any]]) -> None:
        """Add rows, in whatever order."""
        self.rows += len(rows)
        for row in rows:
            digest = hashlib.blake2b(encode(tuple(row)), digest_size=DIGEST_BYTES).digest()
            self.digest = (self.digest + int.from_bytes(digest)) % 2 ** (8 * DIGEST_BYTES)


async def read_rows(database: Database, table: Table) -> AsyncIterator[Sequence[Row[Any]]]:
    """All rows of a table, some at a time, in the order of its key. Nothing may write it meanwhile."""
    key = [*table.primary_key.columns]
    last: tuple[object, ...] | None = None
    while True:
        after = last

        def some(connection: Connection, after: tuple[object, ...] | None = after) -> Sequence[Row[Any]]:
            following = select(table) if after is None else select(table).where(tuple_(*key) > tuple_(*after))
            return connection.execute(following.order_by(*key).limit(AT_ONCE)).all()

        rows = await database.read(some)
        if not rows:
            return
        yield rows
        last = tuple(getattr(rows[-1], column.name) for column in key)


async def copy_table(source: Database, target: Database, table: Table) -> TableSum:
    """Copy a table into an empty one; return the sum of what was read."""
    summed = TableSum()
    async for rows in read_rows(source, table):
        summed.add(rows)
        values: list[Values] = [dict(row._mapping) for row in rows]  # noqa: SLF001  # what SQLAlchemy offers
        await target.write(
            lambda connection, values=values: target.insert(connection, table, values),  # type: ignore[misc]  # bound
            durable=False,
        )
    return summed


async def sum_of(database: Database, table: Table) -> TableSum:
    """The sum of a table."""
    summed = TableSum()
    async for rows in read_rows(database, table):
        summed.add(rows)
    return summed


TABLES_OF = {Kind.WEBHOOK: "webhook_endpoint", Kind.IMPORT: "import_job"}
"""The tables of kinds that are called otherwise than these."""


def heights_of(connection: Connection) -> dict[Kind, int]:
    """The last id of each kind."""
    given = _from_sequences(connection) if connection.dialect.name == "postgresql" else _from_table(connection)
    return {kind: max(given[kind], _highest_row(connection, kind)) for kind in Kind}


def _from_table(connection: Connection) -> dict[Kind, int]:
    kept = {row.name: row.last for row in connection.execute(select(numbers))}
    return {kind: kept.get(kind.value, 0) for kind in Kind}


def _from_sequences(connection: Connection) -> dict[Kind, int]:
    found = {}
    for kind in Kind:
        row = connection.execute(text(f"SELECT last_value, is_called FROM {kind}_number")).one()  # noqa: S608  # our own
        block = REWARD_BLOCK if kind is Kind.REWARD else 1
        found[kind] = row.last_value + block - 1 if row.is_called else 0
    return found


def _highest_row(connection: Connection, kind: Kind) -> int:
    table = metadata.tables[TABLES_OF.get(kind, kind.value)]
    return int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one())


def go_on_behind(database: Database, connection: Connection, heights: Mapping[Kind, int]) -> None:
    """Let a database give out ids behind these."""
    if connection.dialect.name == "postgresql":
        for kind, last in heights.items():
            connection.execute(text(f"SELECT setval('{kind}_number', :next, false)"), {"next": last + 1})
        return
    rows = [{"name": kind.value, "last": last} for kind, last in heights.items()]
    database.put(connection, [BulkUpdate(numbers, rows, ("name",))])
