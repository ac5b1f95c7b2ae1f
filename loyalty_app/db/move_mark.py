"""The mark of a move: a row in a database that an installation is moving into, or has moved away from.

A program that opens such a database is refused, with the sentence that says where to look. The table is there only as
long as the mark is; no migration makes it. What a move does is in `loyalty_app/moving`.
"""

from typing import Literal

import msgspec
from sqlalchemy import Column, Connection, MetaData, String, Table, Text, inspect

from loyalty_app.settings import SettingsError

State = Literal["moving", "moved"]

MOVE_TABLES = frozenset({"move_mark", "move_log", "move_log_of", "move_progress", "move_progress_table"})
"""Tables that are there only because of a move; no migration makes them."""

_marks = Table("move_mark", MetaData(), Column("state", String(16)), Column("place", Text), Column("at", String(40)))


class MoveMark(msgspec.Struct, frozen=True):
    """`moving`: what comes from `place` is not complete here. `moved`: everything is at `place` since then."""

    state: State
    place: str
    at: str


class PlaceMarked(SettingsError):
    """Nothing is served from a database with a mark: how that is, and what to do."""

    def __init__(self, how: str, what_to_do: str) -> None:
        super().__init__(f"{how} {what_to_do}")
        self.how, self.what_to_do = how, what_to_do


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
    """Raise PlaceMarked if a database is marked."""
    mark = read_mark(connection)
    if mark is None:
        return
    if mark.state == "moved":
        how = f"This installation has moved to {mark.place} on {mark.at}."
        raise PlaceMarked(how, "Set LOYALTY_DATABASE_URL to that place.")
    raise PlaceMarked(
        f"A move from {mark.place} into this database was not finished.", "Run `loyalty move` there again."
    )
