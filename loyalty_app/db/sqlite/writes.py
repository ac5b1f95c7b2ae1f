"""The statements with which SQLite writes many rows at once.

Why: the driver lets go of Python's lock for every row of an `executemany`, and under load waits for it each time; many
rows in one statement wait once. SQLAlchemy's own binding of a row costs more than writing it, so the values are bound
here, by the same types.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite

from loyalty_app.db.bulk import BulkAdd, BulkInsert, BulkUpdate, BulkWrite, Shape, Values

DIALECT = sqlite.dialect()
MOST_ROWS = 32
"""Rows in one statement at most; each number of rows is a statement of its own, and prepared statements are kept."""

Binder = Callable[[object], object]


def write(connection: Connection, writing: BulkWrite) -> int:
    """Write all rows; says how many there were."""
    return sum(_write(connection, writing.shape, rows) for rows in _portions(writing.rows))


def _portions(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    return (rows[start : start + MOST_ROWS] for start in range(0, len(rows), MOST_ROWS))


def _write(connection: Connection, shape: Shape, rows: Sequence[Values]) -> int:
    binders = _binders(shape)
    values = tuple(row[name] if bind is None else bind(row[name]) for row in rows for name, bind in binders)
    return connection.exec_driver_sql(_statement(shape, len(rows)), values).rowcount


@lru_cache(1_024)
def _binders(shape: Shape) -> list[tuple[str, Binder | None]]:
    """The columns, each with what turns its values into those of SQLite."""
    types = ((name, shape.table.c[name].type) for name in shape.names)
    return [(name, kind.dialect_impl(DIALECT).bind_processor(DIALECT)) for name, kind in types]


@lru_cache(1_024)
def _statement(shape: Shape, rows: int) -> str:
    table, names, key = f'"{shape.table.name}"', shape.names, shape.key
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join([f"({', '.join('?' * len(names))})"] * rows)
    insert = f"INSERT INTO {table} ({columns}) VALUES {values}"  # noqa: S608  # our own names
    if shape.kind is BulkInsert:
        return insert
    if shape.kind is BulkAdd:
        sums = ", ".join(f'"{name}" = "{name}" + excluded."{name}"' for name in names if name not in key)
        return f"{insert} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sums}"
    assert shape.kind is BulkUpdate  # noqa: S101  # there is no fourth kind
    new = {name: f"new.column{place}" for place, name in enumerate(names, 1)}
    changes = ", ".join(f'"{name}" = {new[name]}' for name in names if name not in key)
    found = " AND ".join(f'{table}."{name}" = {new[name]}' for name in key)
    return f"UPDATE {table} SET {changes} FROM (VALUES {values}) AS new WHERE {found}"  # noqa: S608  # the same
