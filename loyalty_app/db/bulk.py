"""Bulk statements: many rows to write, or to look up, at once, and the rows found. Each dialect makes its own SQL."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from msgspec import Struct
from sqlalchemy import Connection, Table

Values = Mapping[str, object]
ROWS_OF_A_PART = 500


class Shape(Struct, frozen=True):
    """Everything that the text of a statement depends on: the table, the columns, and the columns that find rows.

    `is_part` says that the rows are a part of very many.
    """

    kind: type
    table: Table
    names: tuple[str, ...]
    key: tuple[str, ...]
    is_part: bool = False


class BulkWrite(Struct):
    """Rows of one table, all with the same columns except new ones; `key` are the columns that rows are found by."""

    table: Table
    rows: Sequence[Values]
    key: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """The shape of the statement; there must be a row."""
        return Shape(type(self), self.table, tuple(self.rows[0]), self.key)


class BulkInsert(BulkWrite):
    """New rows. What a row has no column for is NULL in it, or the default if no row has.

    Why: to write NULL costs as much as to write a value, and nearly all of a stamp's entry is NULL.
    """

    @property
    def shape(self) -> Shape:
        """The shape of the statement, with the columns that any row has; there must be a row."""
        named = set[str]().union(*self.rows)
        names = tuple(column.name for column in self.table.columns if column.name in named)
        return Shape(type(self), self.table, names, self.key)


class BulkUpdate(BulkWrite):
    """Columns to set in the rows with these keys, each of them once; see `parts_of` where they are very many."""

    is_part: bool = False

    @property
    def shape(self) -> Shape:
        """The shape of the statement; there must be a row."""
        return Shape(type(self), self.table, tuple(self.rows[0]), self.key, self.is_part)


def parts_of(update: BulkUpdate) -> Sequence[BulkUpdate]:
    """The same update in parts of at most 500 rows."""
    if len(update.rows) <= ROWS_OF_A_PART:
        return [update]
    starts = range(0, len(update.rows), ROWS_OF_A_PART)
    rows = (update.rows[start : start + ROWS_OF_A_PART] for start in starts)
    return [BulkUpdate(update.table, some, update.key, is_part=True) for some in rows]


class BulkAdd(BulkWrite):
    """Figures to add to the rows with these keys; a missing row starts with them.

    They are added after all other writes of the same call, in the given order.
    """


class Writes(Protocol):
    """What can carry out bulk writes, and shorthands for one of them."""

    @abstractmethod
    def put(self, connection: Connection, writings: Sequence[BulkWrite]) -> list[int]:
        """Carry out independent writes, at once if possible; return how many rows each had."""

    def beside(self, connection: Connection) -> AbstractContextManager[Connection]:
        """A connection for tables that do not lie with a business, in a transaction that may say its shard.

        Where all tables are together it is the same one. Else what is done there is no part of the transaction.
        """
        return nullcontext(connection)

    def insert(self, connection: Connection, table: Table, rows: Iterable[Values]) -> None:
        """Insert rows."""
        self.put(connection, [BulkInsert(table, list(rows))])

    def update(self, connection: Connection, table: Table, rows: Iterable[Values], *, key: tuple[str, ...]) -> int:
        """Set columns of the rows with these keys; return how many rows there were."""
        return sum(self.put(connection, [part])[0] for part in parts_of(BulkUpdate(table, list(rows), key)))

    def add(self, connection: Connection, table: Table, rows: Iterable[Values], *, key: tuple[str, ...]) -> None:
        """Add to the figures of the rows with these keys; a missing row starts with them."""
        self.put(connection, [BulkAdd(table, list(rows), key)])


Wanted = tuple[int | str | datetime | None, ...]


class Lookup(NamedTuple):
    """All rows of a table whose columns have one of the wanted values.

    The columns in `null` are NULL in all of them. Why it matters: an index over such rows only is used if a question
    says so; without it the whole table is read.
    `of_locked` wants those of the rows that are locked along with the question: `columns` has the key of those.
    `only` names what is read of each row, where that is less than all; more may come.
    """

    table: Table
    columns: tuple[str, ...]
    wanted: Collection[Wanted] = ()
    null: tuple[str, ...] = ()
    of_locked: bool = False
    only: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are read."""
        return self.only or _names_of(self.table)

    def named(self, keys: Callable[[], Collection[Wanted]]) -> "Lookup":
        """The same question; if it is about the rows that are locked, with their keys as what it wants."""
        return self._replace(wanted=keys(), of_locked=False) if self.of_locked else self


def keys_of(locked: Sequence[Lookup], rows: Iterable[Any]) -> set[Wanted]:
    """The keys of rows that were locked."""
    names = locked[0].table.primary_key.columns.keys() if locked else ()
    return {tuple(getattr(row, name) for name in names) for row in rows}


class Gathered(NamedTuple):
    """What was gathered: the rows locked first, and the rows of each question."""

    locked: Sequence[Any]
    answers: Sequence[Sequence[Any]]


class Seen(tuple[Any, ...]):
    """A row that was found: a tuple of all columns of its table, which are attributes of its kind too (`seen_rows`)."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever that column holds
            """A column."""

    @property
    def _mapping(self) -> Mapping[str, Any]:
        """The columns by their names, as SQLAlchemy's rows have them."""
        return dict(zip(type(self).names, self, strict=True))

    names: ClassVar[tuple[str, ...]] = ()


@lru_cache(1_024)
def _names_of(table: Table) -> tuple[str, ...]:
    return tuple(table.c.keys())


def seen_rows(names: tuple[str, ...], records: Iterable[Iterable[Any]]) -> list[Seen]:
    """The rows of a table, out of the values of the columns with these names."""
    return [*map(_kind_of(names), records)]


@lru_cache(1_024)
def _kind_of(names: tuple[str, ...]) -> type[Seen]:
    columns = {name: property(itemgetter(place)) for place, name in enumerate(names)}
    return type("SeenRow", (Seen,), {"__slots__": (), "names": names, **columns})
