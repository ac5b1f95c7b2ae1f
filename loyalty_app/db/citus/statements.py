"""Statements that the coordinator sends to the machine of each business: one for each business and table.

Why: Citus passes on what names one shard by a constant, and commits it there alone. A statement about several shards
it takes apart itself, and refuses some: with locks, for one. What says its shard does not come here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert

from loyalty_app.db.bulk import BulkAdd, BulkUpdate, BulkWrite, Gathered, Lookup, Shape, Values, Wanted, keys_of
from loyalty_app.db.postgres.driver import single_row
from loyalty_app.db.postgres.writes import rows_of_document, value_of
from loyalty_app.db.tables.homes import HOMES, TableHome

OWNER = "business_id"
AT_ONCE = 500
"""How many rows are in one statement; it may have 32,767 values."""


def write(connection: Connection, writing: BulkWrite) -> int:
    """Write all rows; return how many there were."""
    if HOMES[writing.table.name] is not TableHome.SHARD:
        return _write(connection, writing, writing.rows)
    theirs: dict[object, list[Values]] = defaultdict(list)
    for row in writing.rows:
        theirs[row[OWNER]].append(row)
    return sum(_write(connection, writing, rows) for rows in theirs.values())


def _write(connection: Connection, writing: BulkWrite, rows: Sequence[Values]) -> int:
    if isinstance(writing, BulkUpdate):
        return _update(connection, writing.shape, rows)
    for first in range(0, len(rows), AT_ONCE):
        _insert(connection, writing, rows[first : first + AT_ONCE])
    return len(rows)


def _insert(connection: Connection, writing: BulkWrite, rows: Sequence[Values]) -> None:
    connection.execute(insertion(writing, rows)).close()


def insertion(writing: BulkWrite, rows: Sequence[Values]) -> Insert:
    """The statement that inserts rows of one business, or adds to them."""
    names = writing.shape.names  # SQLAlchemy would leave out what the first row does not have
    statement = insert(writing.table).values([{name: row.get(name) for name in names} for row in rows])
    if isinstance(writing, BulkAdd):
        changed = [name for name in rows[0] if name not in writing.key]
        sums = {name: writing.table.c[name] + statement.excluded[name] for name in changed}
        return statement.on_conflict_do_update(index_elements=writing.key, set_=sums)
    return statement


def _update(connection: Connection, shape: Shape, rows: Sequence[Values]) -> int:
    document = msgspec.json.encode(rows).decode()
    given = (document, rows[0][OWNER]) if HOMES[shape.table.name] is TableHome.SHARD else (document,)
    [count] = single_row(connection, change(shape), given)
    return int(count)


def change(shape: Shape) -> str:
    """The statement that sets columns in rows of one business, or of a table that is everywhere, and counts them."""
    values = {name: value_of(shape, name) for name in shape.names}
    changes = ", ".join(f'"{name}" = {values[name]}' for name in shape.names if name not in shape.key)
    one_shard = HOMES[shape.table.name] is TableHome.SHARD
    own = (f't."{name}" = {values[name]}' for name in shape.key)
    found = " AND ".join([*own, *(['t."business_id" = $2'] if one_shard else [])])
    update = f'UPDATE "{shape.table.name}" AS t SET {changes} FROM {rows_of_document(shape, 0)} WHERE {found}'  # noqa: S608  # our own names
    return f"WITH w AS ({update} RETURNING 1) SELECT count(*) FROM w"  # noqa: S608  # the same


def gather(connection: Connection, questions: Sequence[Lookup], *, locked: Sequence[Lookup]) -> Gathered:
    """The rows that are to be locked, each once, then the rows of each question."""
    found = [row for lookup in locked if lookup.wanted for row in fetch(connection, lookup, lock=True)]
    held = {key: row for row in found for key in keys_of(locked, [row])}
    asked = [question.named(lambda: held) for question in questions]
    return Gathered(list(held.values()), [_nulls(one, fetch(connection, one, lock=False)) for one in asked])


def _nulls(question: Lookup, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    return [row for row in rows if all(getattr(row, name) is None for name in question.null)]


def fetch(connection: Connection, lookup: Lookup, *, lock: bool) -> Sequence[Row[Any]]:
    """All rows whose columns have one of the wanted values, for each business; locked in the order of the columns."""
    return [row for question in questions_of(lookup, lock=lock) for row in connection.execute(question).all()]


def questions_of(lookup: Lookup, *, lock: bool) -> list[Select[Any]]:
    """The questions for these rows: one for each business, if it is known where to look."""
    if OWNER not in lookup.columns:
        return [_found(lookup.table, [_among(lookup.table, lookup.columns, lookup.wanted)], lock=lock)]
    place = lookup.columns.index(OWNER)
    others = tuple(name for name in lookup.columns if name != OWNER)
    theirs: dict[int, list[Wanted]] = defaultdict(list)
    for wanted in lookup.wanted:
        theirs[int(str(wanted[place]))].append(wanted[:place] + wanted[place + 1 :])
    asked = []
    for business_id in sorted(theirs):
        own: list[ColumnElement[bool]] = [lookup.table.c[OWNER] == business_id]
        if others:
            own.append(_among(lookup.table, others, theirs[business_id]))
        asked.append(_found(lookup.table, own, lock=lock))
    return asked


def _among(table: Table, columns: Sequence[str], wanted: Iterable[Wanted]) -> ColumnElement[bool]:
    values = sorted(set(wanted), key=repr)
    if len(columns) == 1:
        return table.c[columns[0]].in_([value for (value,) in values])
    return tuple_(*(table.c[name] for name in columns)).in_(values)


def _found(table: Table, own: Sequence[ColumnElement[bool]], *, lock: bool) -> Select[Any]:
    found = select(table).where(*own).order_by(*table.primary_key)
    return found.with_for_update() if lock else found
