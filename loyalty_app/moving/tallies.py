"""Tallies: a quick look over all rows of both places while nobody can write, which needs no log of changes.

The databases count the rows themselves and add up all numbers in them. So a change that was not noted, for whatever
reason, is found before the old place is closed: each entry and each change of a card changes a number.
"""

import asyncio
from functools import reduce
from operator import add

from sqlalchemy import Boolean, Column, ColumnElement, Connection, Integer, Table, func, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import api_key, business, shop_program, transaction, webhook_endpoint
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.snapshots import Reader
from loyalty_app.settings import SettingsError

PRIME = 1_000_003
"""What each number is taken by, so that no sum is too large for SQLite."""
RENUMBERED = {"business_id", "test_of", "endpoint_id", "program_id", "main_program_id", "actor_id"}
WITH_OTHER_IDS = {business.name, webhook_endpoint.name, api_key.name, shop_program.name}

STAYS = {"once_key", "code_key", "reward_id", "branch_id", "actor_id", "program_version", "voids", "bonus_stamps"}
"""Numbers of an entry that nothing changes. They are left out: there are millions of them, and everybody waits."""

Tally = tuple[int, int]
"""How many rows a table has, and the sum of their numbers."""


async def compare_tallies(reader: Reader, new: Database, cargo: Cargo, there: Cargo, *, renumbered: bool) -> None:
    """Raise SettingsError if a table has other rows at the new place."""
    for table in cargo.early:
        old_tally, new_tally = await asyncio.gather(
            reader.read(lambda c, t=table: tally(c, t, cargo, renumbered=renumbered)),  # type: ignore[misc]  # bound
            new.read(lambda c, t=table: tally(c, t, there, renumbered=renumbered)),  # type: ignore[misc]  # bound
        )
        if old_tally != new_tally:
            message = f"Changes of {table.name} were not noted during the move. Nothing was closed."
            raise SettingsError(f"{message} End it with --give-up, and run it again.")


def tally(connection: Connection, table: Table, cargo: Cargo, *, renumbered: bool) -> Tally:
    """The tally of a table's rows that move; without the numbers that are others at the new place."""
    numbers = [column for column in table.columns if _counts(column, renumbered=renumbered)]
    weighed = [(func.coalesce(one, 0) % PRIME) * weight for weight, one in enumerate(numbers, 1)]
    whole: ColumnElement[int] = reduce(add, weighed) if weighed else func.length("")
    asked = select(func.count(), func.coalesce(func.sum(whole), 0)).select_from(table).where(cargo.rows_of(table))
    rows, sum_of_all = connection.execute(asked).one()
    return int(rows), int(sum_of_all)


def _counts(column: Column[int], *, renumbered: bool) -> bool:
    if not isinstance(column.type, Integer) or isinstance(column.type, Boolean):
        return False
    if column.table is transaction and column.name in STAYS:
        return False
    if column.name == "id" and renumbered:
        return column.table.name not in WITH_OTHER_IDS
    return not (renumbered and column.name in RENUMBERED)
