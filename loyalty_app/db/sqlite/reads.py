"""The statement with which SQLite finds the rows of a question, whatever number of values it wants.

Why not SQLAlchemy's own: reading the columns of a row one by one costs more than finding it, and so do its cursors. A
value that is there is read by the type of its column.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from loyalty_app.db.bulk import Lookup, Seen, seen_rows
from loyalty_app.db.types import UtcDateTime

DIALECT = sqlite.dialect()

Reader = Callable[[Any], Any]


def rows(connection: Connection, asked: Lookup) -> list[Seen]:
    """The rows that a question is about."""
    if not (given := list(set(asked.wanted))):
        return []
    statement = _statement(asked.table, asked.columns, asked.null, asked.read)
    found = execute(connection, statement, (msgspec.json.encode(given).decode(),)).fetchall()
    return seen_rows(asked.read, _read(asked.table, asked.read, found))


def execute(connection: Connection, statement: str, values: Sequence[object] = ()) -> Any:  # noqa: ANN401  # either of two drivers' cursors
    """Execute a statement past SQLAlchemy's cursors, which cost as much as four rows; failures are its own.

    Outside a transaction SQLAlchemy has to begin one first.
    """
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection
    kind: type[Exception] = connection.dialect.loaded_dbapi.Error
    try:
        return driver.execute(statement, values)
    except kind as error:
        raise DBAPIError.instance(statement, None, error, kind, hide_parameters=True) from error


def _read(table: Table, names: tuple[str, ...], found: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    """The values as Python knows them."""
    readers = _readers(table, names)
    for row in found:
        values = list(row)
        for place, read in readers:
            if values[place] is not None:
                values[place] = read(values[place])
        yield values


@lru_cache(1_024)
def _readers(table: Table, names: tuple[str, ...]) -> list[tuple[int, Reader]]:
    """The places of the columns whose values are something else in SQLite, and what reads them."""
    found = enumerate(_reader(table.c[name].type) for name in names)
    return [(place, read) for place, read in found if read is not None]


def _reader(kind: TypeEngine[Any]) -> Reader | None:
    if isinstance(kind, UtcDateTime):
        return _moment
    return kind.dialect_impl(DIALECT).result_processor(DIALECT, None)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


@lru_cache(1_024)
def _statement(table: Table, columns: tuple[str, ...], null: tuple[str, ...], names: tuple[str, ...]) -> str:
    own = ", ".join(f't."{name}"' for name in names)
    found = [f"t.\"{name}\" = json_extract(wanted.value, '$[{place}]')" for place, name in enumerate(columns)]
    found += [f't."{name}" IS NULL' for name in null]
    return f'SELECT {own} FROM json_each(?) AS wanted JOIN "{table.name}" AS t ON {" AND ".join(found)}'  # noqa: S608  # our own names
