"""A move: hold the old place, copy all tables, compare and prove them, close the old place, open the new one.

Until the old place is closed nothing has happened there, and whatever ends the move before is repaired by running it
again: the new place is emptied first. If it ends between closing and opening, running it again opens the new one.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic

import msgspec
from sqlalchemy import Connection, func, select

from loyalty_app.customers.proof import Proof
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.move_mark import MoveMark
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.db.tables import business, metadata, numbers
from loyalty_app.moving.copying import TableSum, copy_table, go_on_behind, heights_of, sum_of
from loyalty_app.moving.sources import held
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import business_of

Progress = Callable[[str, int], None]
"""Is told the name of each table that is complete, and how many rows it has."""

TABLES = [table for table in metadata.sorted_tables if table is not numbers]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What was moved: how many rows of each table, and for how long nobody could write."""

    rows: Mapping[str, int]
    seconds: float


def place_of(settings: Settings) -> str:
    """Where a database is, without a password."""
    if settings.on_sqlite:
        return f"sqlite:///{settings.sqlite_path.absolute()}"
    return read_parameters(settings.database_url).without_password


async def count_rows(settings: Settings) -> dict[str, int]:
    """How many rows each table has that would be moved."""

    def count(connection: Connection) -> dict[str, int]:
        return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in TABLES}

    database = open_database(settings, unhurried=True)
    try:
        return await database.read(count)
    finally:
        await database.close()


async def move(source: Settings, target: Settings, *, now: datetime, progress: Progress) -> Moved:
    """Move everything into a place that was prepared, and close the old place; the caller opens the new one.

    Raises SettingsError if a sum differs or the books are wrong; then the old place is as it was.
    """
    mark = MoveMark("moved", place_of(target), f"{now:%Y-%m-%d %H:%M} UTC")
    old, new = open_database(source, unhurried=True), open_database(target, unhurried=True)
    began = monotonic()
    try:
        async with held(source) as hold:
            rows = await _move_rows(old, new, progress)
            await hold.close(mark)
    finally:
        await old.close()
        await new.close()
    return Moved(rows=rows, seconds=monotonic() - began)


async def _move_rows(old: Database, new: Database, progress: Progress) -> dict[str, int]:
    sums: dict[str, TableSum] = {}
    for table in TABLES:
        sums[table.name] = await copy_table(old, new, table)
        progress(table.name, sums[table.name].rows)
    heights = await old.read(heights_of)
    await new.write(lambda connection: go_on_behind(new, connection, heights))
    for table in TABLES:
        if await sum_of(new, table) != sums[table.name]:
            message = (
                f"The rows of {table.name} arrived otherwise than they were. Nothing was closed; please report it."
            )
            raise SettingsError(message)
    await new.read(_prove)
    return {name: found.rows for name, found in sums.items()}


def _prove(connection: Connection) -> None:
    """Raise SettingsError unless every card equals the fold of its ledger, and all totals agree."""
    for row in connection.execute(select(business).order_by(business.c.id)).all():
        proof = Proof(business_of(row))
        proof.run(connection)
        if proof.found:
            message = f"The books were wrong before the move: {proof.differences[0]}. See `loyalty doctor`."
            raise SettingsError(message)
