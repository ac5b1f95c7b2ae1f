"""The statement with which PostgreSQL answers several questions in one round trip: an array of rows for each.

What was paid for: a round trip costs as much as reading thirty rows. And the driver remembers how the rows of a table
look, so that a migration beside it would stop it for good: each column is named, and no row of a table travels as such.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

from loyalty_app.db.postgres_numbers import PostgresNumbers, fetched
from loyalty_app.db.questions import Question

DIALECT = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]


class Seen:
    """A row, whose columns are read by their names; `_mapping` has them as SQLAlchemy's rows do."""

    __slots__ = ("_mapping",)

    def __init__(self, table: Table, record: Iterable[Any]) -> None:
        self._mapping = dict(zip(table.c.keys(), record, strict=True))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever that column holds
        return self._mapping[name]


def ask(connection: Connection, questions: Sequence[Question], numbers: PostgresNumbers) -> list[list[Seen]]:
    """The rows of each question, each of which wants some; numbers that are likely to be needed are fetched along."""
    kinds = numbers.likely
    statement = _statement(tuple((question.table, question.columns) for question in questions), kinds)
    values = [list(column) for one in questions for column in zip(*set(one.wanted), strict=True)]
    xid, *answers = connection.exec_driver_sql(statement, (*values, *[numbers.expected] * len(kinds))).one()
    numbers.keep(xid, dict(zip(kinds, answers[len(questions) :], strict=True)))
    return [[Seen(one.table, row) for row in rows] for one, rows in zip(questions, answers, strict=False)]


@lru_cache(1_024)
def _statement(questions: tuple[tuple[Table, tuple[str, ...]], ...], kinds: tuple[str, ...]) -> str:
    numbers = count(1)
    rows = [_array(table, columns, numbers) for table, columns in questions]
    more = [fetched(kind, next(numbers)) for kind in kinds]
    return f"SELECT {', '.join(['pg_current_xact_id()::text', *rows, *more])}"


def _array(table: Table, columns: tuple[str, ...], numbers: Iterator[int]) -> str:
    kinds = (table.c[name].type.compile(DIALECT) for name in columns)
    wanted = ", ".join(f"CAST(${next(numbers)} AS {kind}[])" for kind in kinds)
    names = ", ".join(f'"{name}"' for name in columns)
    found = " AND ".join(f't."{name}" = wanted."{name}"' for name in columns)
    own = ", ".join(f't."{column.name}"' for column in table.c)
    return f'ARRAY(SELECT ROW({own}) FROM unnest({wanted}) AS wanted({names}) JOIN "{table.name}" AS t ON {found})'  # noqa: S608  # our own names
