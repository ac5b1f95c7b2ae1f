"""Bulk statements: rows that a transaction is about to write, and rows that it asks for, many at once.

Both dialects take them in these words, and make their own statements of them.
"""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from msgspec import Struct
from sqlalchemy import Connection, Table

Values = Mapping[str, object]


class Shape(Struct, frozen=True):
    """All that the text of a statement depends on: the table, the columns and by which of them rows are found."""

    kind: type
    table: Table
    names: tuple[str, ...]
    key: tuple[str, ...]


class BulkWrite(Struct):
    """Rows of one table that all have the same columns; `key` are the columns that rows are found by."""

    table: Table
    rows: Sequence[Values]
    key: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """What the statement looks like; there must be a row."""
        return Shape(type(self), self.table, tuple(self.rows[0]), self.key)


class BulkInsert(BulkWrite):
    """Rows that are not there yet."""


class BulkUpdate(BulkWrite):
    """Columns to be set in the rows that have these keys, each of them once."""


class BulkAdd(BulkWrite):
    """Figures to be added to the rows that have these keys; a row that is not there yet starts with them.

    They are added after all other writings that they come with, and in the order in which they are given.
    """


class Writes(Protocol):
    """Whatever can carry out writings, and the same verbs for one of them alone."""

    @abstractmethod
    def put(self, connection: Connection, writings: Sequence[BulkWrite]) -> list[int]:
        """Carry out writings that do not depend on each other, at once if possible; says how many rows each had."""

    def insert(self, connection: Connection, table: Table, rows: Iterable[Values]) -> None:
        """Insert rows that all have the same columns."""
        self.put(connection, [BulkInsert(table, list(rows))])

    def update(self, connection: Connection, table: Table, rows: Iterable[Values], *, key: tuple[str, ...]) -> int:
        """Set the columns of rows found by their key; says how many rows there were."""
        return self.put(connection, [BulkUpdate(table, list(rows), key)])[0]

    def add(self, connection: Connection, table: Table, rows: Iterable[Values], *, key: tuple[str, ...]) -> None:
        """Add to the figures of the rows that have these keys; a row that is not there yet starts with them."""
        self.put(connection, [BulkAdd(table, list(rows), key)])


Wanted = tuple[int | str | None, ...]


class Lookup(NamedTuple):
    """All rows of a table whose columns hold one of the wanted values."""

    table: Table
    columns: tuple[str, ...]
    wanted: Collection[Wanted]


class Gathered(NamedTuple):
    """What was gathered: the rows that were locked first, and those of each question."""

    locked: Sequence[Any]
    answers: Sequence[Sequence[Any]]
