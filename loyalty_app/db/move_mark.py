"""The mark of a move: a row in a database that an installation is moving into, or has moved away from.

Who opens such a database is refused, with the sentence that says where to look. The table is there only as long as the
mark is; no migration makes it. What a move does is in `loyalty_app/moving`.
"""

from typing import Literal

import msgspec
from sqlalchemy import Column, Connection, MetaData, String, Table, Text, inspect

from loyalty_app.settings import SettingsError

State = Literal["moving", "moved"]

_marks = Table("move_mark", MetaData(), Column("state", String(16)), Column("place", Text), Column("at", String(40)))


class MoveMark(msgspec.Struct, frozen=True):
    """`moving`: what comes from `place` is not complete here. `moved`: everything is at `place` since then."""

    state: State
    place: str
    at: str


def read_mark(connection: Connection) -> MoveMark | None:
    """The mark of a database, if it has one."""
    if not inspect(connection).has_table(_marks.name):
        return None
    row = connection.execute(_marks.select()).one_or_none()
    if row is None:
        return None
    return MoveMark(row.state, row.place, row.at)


def set_mark(connection: Connection, mark: MoveMark) -> None:
    """Mark a database that has no mark."""
    _marks.create(connection)
    connection.execute(_marks.insert().values(msgspec.structs.asdict(mark)))


def clear_mark(connection: Connection) -> None:
    """Take the mark away, if there is one."""
    _marks.drop(connection, checkfirst=True)


def refuse_marked(connection: Connection) -> None:
    """Raise SettingsError if a database is marked."""
    mark = read_mark(connection)
    if mark is None:
        return
    if mark.state == "moved":
        message = f"This installation has moved to {mark.place} on {mark.at}. Set LOYALTY_DATABASE_URL to that place."
        raise SettingsError(message)
    message = f"A move from {mark.place} into this database was not finished. Run `loyalty move` there again."
    raise SettingsError(message)
