"""The statements with which PostgreSQL writes many rows at once: one array for each column, one round trip for all.

What was paid for: a round trip costs as much as writing thirty rows. So writings that do not depend on each other
travel together, as the parts of one WITH. In which order PostgreSQL carries out the parts is not said: rows that others
may wait for must be locked before.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

from loyalty_app.db.writings import Add, Insert, Shape, Update, Writing

DIALECT = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]


def write(connection: Connection, writings: Sequence[Writing]) -> list[int]:
    """Write all rows of all writings; says how many each had."""
    statement = _statement(tuple(writing.shape for writing in writings))
    values = tuple([row[name] for row in one.rows] for one in writings for name in one.rows[0])
    return list(connection.exec_driver_sql(statement, values).one())


@lru_cache(1_024)
def _statement(shapes: tuple[Shape, ...]) -> str:
    numbers = count(1)
    parts = [f"w{place} AS ({_part(shape, numbers)} RETURNING 1)" for place, shape in enumerate(shapes)]
    counts = (f"(SELECT count(*) FROM w{place})" for place in range(len(shapes)))  # noqa: S608  # our own names
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _part(shape: Shape, numbers: Iterator[int]) -> str:
    table, names, key = f'"{shape.table.name}"', shape.names, shape.key
    columns = ", ".join(f'"{name}"' for name in names)
    kinds = (shape.table.c[name].type.compile(DIALECT) for name in names)
    rows = f"unnest({', '.join(f'CAST(${next(numbers)} AS {kind}[])' for kind in kinds)})"
    changed = [name for name in names if name not in key]
    insert = f"INSERT INTO {table} ({columns}) SELECT * FROM {rows}"  # noqa: S608  # our own names
    if shape.kind is Insert:
        return insert
    if shape.kind is Add:
        sums = ", ".join(f'"{name}" = {table}."{name}" + excluded."{name}"' for name in changed)
        return f"{insert} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sums}"
    assert shape.kind is Update  # noqa: S101  # there is no fourth kind
    changes = ", ".join(f'"{name}" = new."{name}"' for name in changed)
    found = " AND ".join(f't."{name}" = new."{name}"' for name in key)
    return f"UPDATE {table} AS t SET {changes} FROM {rows} AS new({columns}) WHERE {found}"  # noqa: S608  # the same
