"""Plain rows: very many rows of a table as lists of values, the same on every database.

Why: what SQLAlchemy does for each row of a result costs several times what reading it costs. Those who read a whole
table, to copy or to prove it, do without. All others read ordinary rows.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, Select

from loyalty_app.db.types import UtcDateTime

PlainRow = list[Any]
"""The values of a row, in the order of the columns that were asked for."""
Convert = Callable[[Any], object]


def plain_rows(connection: Connection, columns: Sequence[Column[Any]], asked: Select[Any]) -> list[PlainRow]:
    """All rows of a question that asks for these columns."""
    result = connection.execute(asked)
    driver: Any = result.cursor
    rows = list(map(list, driver.fetchall()))
    result.close()
    if connection.dialect.name == "sqlite":  # the driver of PostgreSQL has made all values already
        for place, convert in _converters(columns):
            _convert(rows, place, convert)
    return rows


def _convert(rows: Sequence[PlainRow], place: int, convert: Convert) -> None:
    for row in rows:
        if row[place] is not None:
            row[place] = convert(row[place])


def _converters(columns: Sequence[Column[Any]]) -> list[tuple[int, Convert]]:
    """The places of the columns that SQLite keeps as something else, and what makes the values of them."""
    found = ((place, _converter(column)) for place, column in enumerate(columns))
    return [(place, convert) for place, convert in found if convert is not None]


def _converter(column: Column[Any]) -> Convert | None:
    match column.type:
        case UtcDateTime():
            return _moment
        case Date():
            return date.fromisoformat
        case Boolean():
            return bool
        case _:
            return None


def _moment(kept: str) -> datetime:
    moment = datetime.fromisoformat(kept)
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
