"""Progress: how far the copying is, kept in the new place, so that a move that was killed goes on where it was.

The rows and the note that they are there come in one transaction. The tables are there only as long as the move is.
"""

import json
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    inspect,
    select,
    true,
)

from loyalty_app.moving.renumbering import NewNumbers
from loyalty_app.moving.snapshots import Key

_own = MetaData()
_move = Table("move_progress", _own, Column("token", Text, nullable=False), Column("plan", Text, nullable=False))
_tables = Table(
    "move_progress_table",
    _own,
    Column("name", String(40), primary_key=True),
    Column("last", Text),
    Column("done", Boolean, nullable=False),
)


class MovePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an unfinished move was about: from where, which shops (None for all), which numbers they get."""

    token: str
    place: str
    shops: tuple[int, ...] | None
    numbers: NewNumbers = NewNumbers()
    bots: tuple[int, ...] = ()
    """Bots of the shops, which begin to serve once the place is open."""
    opens_at: str | None = None
    """What the old place says once it is closed; None as long as something is missing here."""


def read_plan(connection: Connection) -> MovePlan | None:
    """The plan of the move into this place that was not finished, if there is one."""
    if not inspect(connection).has_table(_move.name):
        return None
    row = connection.execute(select(_move)).one_or_none()
    return None if row is None else msgspec.json.decode(row.plan, type=MovePlan)


def write_plan(connection: Connection, plan: MovePlan) -> None:
    """Note the plan, in place of an earlier form of it."""
    _own.create_all(connection)
    connection.execute(delete(_move)).close()
    connection.execute(_move.insert().values(token=plan.token, plan=msgspec.json.encode(plan).decode())).close()


def forget_progress(connection: Connection) -> None:
    """Remove plan and progress: the move is finished, or given up."""
    _own.drop_all(connection)


def tables_done(connection: Connection) -> set[str]:
    """The tables that are complete."""
    return set(connection.scalars(select(_tables.c.name).where(_tables.c.done == true())))


def last_copied(connection: Connection, table: Table) -> Key | None:
    """The key of the last row that was copied of a table, in numbers of the old place."""
    kept: str | None = connection.scalar(select(_tables.c.last).where(_tables.c.name == table.name))
    if kept is None:
        return None
    return tuple(_read(column, one) for column, one in zip(table.primary_key.columns, json.loads(kept), strict=True))


def note_copied(connection: Connection, table: Table, last: Key | None, *, done: bool = False) -> None:
    """Note how far a table is."""
    connection.execute(delete(_tables).where(_tables.c.name == table.name)).close()
    kept = None if last is None else json.dumps([_written(one) for one in last])
    connection.execute(_tables.insert().values(name=table.name, last=kept, done=done)).close()


def _written(value: Any) -> Any:  # noqa: ANN401  # whatever a key has
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else value


def _read(column: Column[Any], value: Any) -> Any:  # noqa: ANN401  # the same
    if isinstance(column.type, LargeBinary):
        return bytes.fromhex(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value
