"""Tallies: a quick look over all rows of both places, which needs no log of changes.

The databases count the rows themselves and add up all numbers in them. So a change that was not noted, for whatever
reason, is found before the old place is closed: each entry and each change of a card changes a number. That takes as
long as there are rows, so it is done while everybody works, in one snapshot that was followed. Of what comes after
that, while nobody can write, only the totals of the last days are looked at: whatever a till does changes one of them.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import reduce
from operator import add

from sqlalchemy import Boolean, Column, ColumnElement, Connection, Integer, Table, and_, func, select, true

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import (
    api_key,
    business,
    business_total,
    daily_total,
    shop_program,
    transaction,
    webhook_endpoint,
)
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.snapshots import Reader, parts_of
from loyalty_app.settings import SettingsError

PRIME = 1_000_003
"""What each number is taken by, so that no sum is too large for SQLite."""
RENUMBERED = {"business_id", "test_of", "endpoint_id", "program_id", "main_program_id", "actor_id"}
WITH_OTHER_IDS = {business.name, webhook_endpoint.name, api_key.name, shop_program.name}

STAYS = {"once_key", "code_key", "reward_id", "branch_id", "actor_id", "program_version", "voids", "bonus_stamps"}
"""Numbers of an entry that nothing changes. They are left out: there are millions of them."""
LAST_DAYS = 3
"""The days of whose totals are compared at the end: those of all time zones, and what was undone on the next day."""

Tally = tuple[int, int]
"""How many rows a table has, and the sum of their numbers."""


class Tallies:
    """Compares two places: the old one as a reader sees it, and the new one."""

    def __init__(self, new: Database, cargos: tuple[Cargo, Cargo], *, renumbered: bool) -> None:
        """The cargos are the same one, by the numbers of the old place and by those of the new one."""
        self._new, self._cargos, self._renumbered = new, cargos, renumbered

    async def compare(self, reader: Reader) -> None:
        """Compare all rows. Raises SettingsError if a table has other rows at the new place."""
        await self._compare(reader, {table: true() for table in self._cargos[0].early})

    async def compare_totals(self, reader: Reader, today: date) -> None:
        """Compare the totals, and those of the last days: some rows of each shop. Raises SettingsError."""
        lately = daily_total.c.day >= today - timedelta(days=LAST_DAYS)
        await self._compare(reader, {business: true(), business_total: true(), daily_total: lately})

    async def _compare(self, reader: Reader, tables: Mapping[Table, ColumnElement[bool]]) -> None:
        old, new = self._cargos
        for table, which in tables.items():
            old_tally, new_tally = await asyncio.gather(
                _of_all_parts(reader, table, self._tally(table, and_(which, old.rows_of(table)))),
                self._new.read(self._tally(table, and_(which, new.rows_of(table)))),
            )
            if old_tally != new_tally:
                message = f"Changes of {table.name} were not noted during the move. Nothing was closed."
                raise SettingsError(f"{message} End it with --give-up, and run it again.")

    def _tally(self, table: Table, which: ColumnElement[bool]) -> Callable[[Connection], Tally]:
        return lambda connection: tally(connection, table, which, renumbered=self._renumbered)


async def _of_all_parts(reader: Reader, table: Table, work: Callable[[Connection], Tally]) -> Tally:
    found = [await part.read(work) for part in parts_of(reader, table)]
    return sum(rows for rows, _ in found), sum(numbers for _, numbers in found)


def tally(connection: Connection, table: Table, which: ColumnElement[bool], *, renumbered: bool) -> Tally:
    """The tally of some rows of a table; without the numbers that are others at the new place."""
    numbers = [column for column in table.columns if _counts(column, renumbered=renumbered)]
    weighed = [(func.coalesce(one, 0) % PRIME) * weight for weight, one in enumerate(numbers, 1)]
    whole: ColumnElement[int] = reduce(add, weighed) if weighed else func.length("")
    asked = select(func.count(), func.coalesce(func.sum(whole), 0)).select_from(table).where(which)
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
