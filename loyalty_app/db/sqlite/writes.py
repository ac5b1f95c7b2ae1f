"""The statements with which SQLite writes many rows at once, and the ids of rows: counted up, without gaps.

Why: for every row of an `executemany` the driver releases Python's lock, and under load waits for it each time; one
statement with many rows waits once. SQLAlchemy's own binding of a row costs more than writing it, so the values are
bound here, by the same types. The driver takes a microsecond for each None and each bytes, and a tenth of that for
other values: it looks for a converter for those.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Date, LargeBinary, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from loyalty_app.db.bulk import BulkAdd, BulkInsert, BulkUpdate, BulkWrite, Shape, Values
from loyalty_app.db.sqlite.reads import execute
from loyalty_app.db.tables import numbers
from loyalty_app.db.types import UtcDateTime
from loyalty_app.ids import Ids, Kind

DIALECT = sqlite.dialect()
MOST_ROWS = 32
"""The most rows in one statement. Each number of rows is its own statement, and prepared statements are cached."""

Binder = Callable[[object], object]


def write(connection: Connection, writing: BulkWrite) -> int:
    """Write all rows; return how many there were."""
    return sum(_write(connection, writing.shape, rows) for rows in _portions(writing.rows))


def _portions(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    return (rows[start : start + MOST_ROWS] for start in range(0, len(rows), MOST_ROWS))


def _write(connection: Connection, shape: Shape, rows: Sequence[Values]) -> int:
    return int(execute(connection, _statement(shape, len(rows)), _bound(shape, rows)).rowcount)


def _bound(shape: Shape, rows: Sequence[Values]) -> list[object]:
    """The values of all rows, one after the other, as SQLite takes them; what a row does not have is NULL."""
    names, bound = shape.names, list[object]()
    for row in rows:
        bound += row.values() if tuple(row) == names else map(row.get, names)
    for place, bind in enumerate(_binders(shape)):
        if bind is not None:
            bound[place :: len(names)] = map(bind, bound[place :: len(names)])
    return bound


def load(connection: Connection, table: Table, rows: Sequence[Sequence[object]]) -> None:
    """Insert very many rows, each with the values of all columns in their order."""
    for start in range(0, len(rows), MOST_ROWS):
        some = rows[start : start + MOST_ROWS]
        given = {column.name: values for column, values in zip(table.columns, zip(*some, strict=True), strict=True)
                 if column.server_default is not None or values.count(None) < len(some)}  # fmt: skip
        shape = Shape(BulkInsert, table, tuple(given), ())
        bound = [
            values if bind is None else map(bind, values)
            for bind, values in zip(_binders(shape), given.values(), strict=True)
        ]
        statement = _statement(shape, len(some))
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(zip(*bound, strict=True))))


@lru_cache(1_024)
def _binders(shape: Shape) -> list[Binder | None]:
    """What converts the values of each column for SQLite; None where nothing has to be converted."""
    return [_binder(shape.table.c[name].type) for name in shape.names]


def _binder(kind: TypeEngine[Any]) -> Binder | None:
    """What converts values of a type. The moments and days of a batch are few: each becomes a text once."""
    if isinstance(kind, LargeBinary):
        return _changeable
    bind = kind.dialect_impl(DIALECT).bind_processor(DIALECT)
    return lru_cache(64)(bind) if bind is not None and isinstance(kind, UtcDateTime | Date) else bind


def _changeable(value: object) -> object:
    """Bytes as a bytearray. Why: the driver looks for a converter of its own for each value of another type."""
    return bytearray(value) if isinstance(value, bytes) else value


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


LAST_IDS = f'SELECT "name", "last" FROM "{numbers.name}"'  # noqa: S608  # our own name


class SqliteIds(Ids):
    """Counts up from the last ids; its transaction holds the only write lock."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.last: dict[str, int] = dict(execute(connection, LAST_IDS).fetchall())
        self.before = dict(self.last)

    def peek(self, kind: Kind, *, ahead: int = 0) -> int:
        """The next id, or one that follows it. It stays the next until it is taken."""
        return self.last[kind] + 1 + ahead

    def take(self, kind: Kind) -> int:
        """Take the next id, for a row that will be inserted."""
        self.last[kind] += 1
        return self.last[kind]

    def peek_rewards(self, most: int) -> int:
        """The id of the next reward; `most` may follow without a gap."""
        del most
        return self.peek(Kind.REWARD)

    def take_rewards(self, count: int) -> None:
        """Take `count` reward ids, from the next one on."""
        self.last[Kind.REWARD] += count

    def likely(self) -> Mapping[Kind, int]:
        """None: ids cost nothing here."""
        return {}

    def keep(self, fetched: Mapping[Kind, Sequence[int]]) -> None:
        """Never called: nothing is likely."""
        raise NotImplementedError  # nothing is likely, so nothing is fetched

    def save(self) -> None:
        """Store what was taken."""
        used = [{"name": name, "last": last} for name, last in self.last.items() if last != self.before[name]]
        write(self.connection, BulkUpdate(numbers, used, ("name",)))
        self.before = dict(self.last)
