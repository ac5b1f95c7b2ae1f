"""Heights: the last ids that were given out. They go along: no id is given out twice, also if its row is gone."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select, text

from loyalty_app.db.bulk import BulkUpdate
from loyalty_app.db.engine import Database
from loyalty_app.db.postgres.ids import REWARD_BLOCK
from loyalty_app.db.tables import metadata, numbers
from loyalty_app.ids import Kind

TABLES_OF = {Kind.WEBHOOK: "webhook_endpoint", Kind.IMPORT: "import_job"}
"""The tables of kinds that are called otherwise than these."""
ROOM = 1_000
"""How far behind others' last id a sequence goes on, so that no id that is taken at this moment comes again."""


def heights_of(connection: Connection) -> dict[Kind, int]:
    """The last id of each kind."""
    given = _given(connection)
    return {kind: max(given[kind], _highest_row(connection, kind)) for kind in Kind}


def given_since(connection: Connection, before: Mapping[Kind, int]) -> dict[Kind, int]:
    """The last id of each kind, if these were the heights before. No rows are read: those that came have these ids."""
    given = _given(connection)
    return {kind: max(given[kind], before[kind]) for kind in Kind}


def _given(connection: Connection) -> dict[Kind, int]:
    return _from_sequences(connection) if connection.dialect.name == "postgresql" else _from_table(connection)


def _from_table(connection: Connection) -> dict[Kind, int]:
    kept = {row.name: row.last for row in connection.execute(select(numbers))}
    return {kind: kept.get(kind.value, 0) for kind in Kind}


def _from_sequences(connection: Connection) -> dict[Kind, int]:
    found = {}
    for kind in Kind:
        row = connection.execute(text(f"SELECT last_value, is_called FROM {kind}_number")).one()  # noqa: S608  # our own
        block = REWARD_BLOCK if kind is Kind.REWARD else 1
        found[kind] = row.last_value + block - 1 if row.is_called else 0
    return found


def _highest_row(connection: Connection, kind: Kind) -> int:
    table = metadata.tables[TABLES_OF.get(kind, kind.value)]
    return int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one())


def go_on_behind(database: Database, connection: Connection, heights: Mapping[Kind, int], *, room: int = 0) -> None:
    """Let a database give out ids behind these, unless it is further.

    Where others take ids meanwhile, give `room`: what is taken between the look and the change is less than that.
    """
    there = _given(connection)
    wanted = {kind: last + room for kind, last in heights.items() if last > there[kind]}
    if connection.dialect.name == "postgresql":
        for kind, last in wanted.items():
            connection.execute(text(f"SELECT setval('{kind}_number', :next, false)"), {"next": last + 1})
        return
    rows = [{"name": kind.value, "last": last} for kind, last in wanted.items()]
    database.put(connection, [BulkUpdate(numbers, rows, ("name",))] if rows else [])
