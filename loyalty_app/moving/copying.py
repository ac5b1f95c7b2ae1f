"""Copying: the rows of one table go from one database to another, and both sides are added up, to be compared.

The sum of a table does not depend on the order of its rows, for databases order texts differently. Which tables are
copied when, and what else a move does, is in `move`.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, select, tuple_

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database

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
