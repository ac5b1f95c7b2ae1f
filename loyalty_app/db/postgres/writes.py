"""The statements with which PostgreSQL writes many rows: one document for each table, one round trip for all.

Why: a round trip costs as much as writing thirty rows, so writes travel together, as parts of one WITH. Binding values
one by one costs this process more than anything else, so the rows of a table are one JSON document, which the server
takes apart. PostgreSQL runs the parts in any order. But parts with totals, on which others may wait, depend on all
other parts, so they are locked last. Other rows that somebody may wait for must be locked before.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from sqlalchemy import Connection, LargeBinary
from sqlalchemy.dialects import postgresql

from loyalty_app.db.bulk import BulkAdd, BulkInsert, BulkUpdate, BulkWrite, Shape
from loyalty_app.db.postgres.driver import single_row

MOST_ROWS = 1_000_000_000
"""A limit that no document reaches, and that PostgreSQL does not know when it plans.

Why: it plans for a hundred rows of any document, and then reads all ten thousand cards of a small installation. With a
limit that it does not know it plans for ten.
"""
DIALECT = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]


def write(connection: Connection, writings: Sequence[BulkWrite]) -> list[int]:
    """Write all rows; return how many each write had."""
    statement = _statement(tuple(writing.shape for writing in writings))
    documents = tuple(msgspec.json.encode(writing.rows).decode() for writing in writings)
    return list(single_row(connection, statement, documents))


@lru_cache(1_024)
def _statement(shapes: tuple[Shape, ...]) -> str:
    parts = [f"w{place} AS ({_part(shape, place)} RETURNING 1)" for place, shape in enumerate(shapes)]
    counts = (f"(SELECT count(*) FROM w{place})" for place in range(len(shapes)))  # noqa: S608  # our own names
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _part(shape: Shape, place: int) -> str:
    table, names, key = f'"{shape.table.name}"', shape.names, shape.key
    rows, values = rows_of_document(shape, place), {name: value_of(shape, name) for name in names}
    columns = ", ".join(f'"{name}"' for name in names)
    changed = [name for name in names if name not in key]
    insert = f"INSERT INTO {table} ({columns}) SELECT {', '.join(values.values())} FROM {rows}"  # noqa: S608  # ours
    if shape.kind is BulkInsert:
        return insert
    if shape.kind is BulkAdd:
        sums = ", ".join(f'"{name}" = {table}."{name}" + excluded."{name}"' for name in changed)
        others = " AND ".join(f"(SELECT count(*) FROM w{before}) >= 0" for before in range(place)) or "true"  # noqa: S608  # ours
        return f"{insert} WHERE {others} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sums}"
    assert shape.kind is BulkUpdate  # noqa: S101  # there is no fourth kind
    changes = ", ".join(f'"{name}" = {values[name]}' for name in changed)
    found = " AND ".join(f't."{name}" = {values[name]}' for name in key)
    few = f"(SELECT * FROM {rows} LIMIT (SELECT {MOST_ROWS})) AS new"  # noqa: S608  # the same
    found += f" AND {_is_among(shape, values[key[-1]], rows)}" if shape.is_part else ""
    return f"UPDATE {table} AS t SET {changes} FROM {few} WHERE {found}"  # noqa: S608  # the same


def _is_among(shape: Shape, value: str, rows: str) -> str:
    """Whether the last column of the key is in the document.

    Why: where the table was empty when PostgreSQL last looked, it plans for one row, and compares each row with each of
    the document, for minutes. IS TRUE keeps this a condition: it leaves only rows that are meant to be compared.
    """
    return f'(t."{shape.key[-1]}" IN (SELECT {value} FROM {rows})) IS TRUE'  # noqa: S608  # our own names


def rows_of_document(shape: Shape, place: int) -> str:
    """The rows of a document, each column with its type in the table."""
    types = shape.table.c
    kinds = ("text" if _is_bytes(shape, name) else types[name].type.compile(DIALECT) for name in shape.names)
    columns = (f'"{name}" {kind}' for name, kind in zip(shape.names, kinds, strict=True))
    return f"json_to_recordset(CAST(${place + 1} AS json)) AS new({', '.join(columns)})"


def value_of(shape: Shape, name: str) -> str:
    """The value of a column in a row of a document."""
    return f"decode(new.\"{name}\", 'base64')" if _is_bytes(shape, name) else f'new."{name}"'


def _is_bytes(shape: Shape, name: str) -> bool:
    """Bytes travel as base64: JSON has none."""
    return isinstance(shape.table.c[name].type, LargeBinary)
