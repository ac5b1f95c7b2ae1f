"""The move of a whole installation: what is done in which order.

All tables are copied and proven while everybody works. Then the old place is held, what has changed since follows, the
old place is closed, and the caller opens the new one. Until it is closed nothing has happened there. Whatever ends the
move before, running it again goes on where it was; after that, running it again opens the new one.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from time import monotonic

import msgspec

from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.move_mark import MoveMark, read_mark
from loyalty_app.db.postgres.parameters import read_parameters
from loyalty_app.ids import Kind
from loyalty_app.moving import departures
from loyalty_app.moving.belongings import Cargo, counted
from loyalty_app.moving.carrying import Carrier
from loyalty_app.moving.closed_tables import release_tables
from loyalty_app.moving.copying import Copying, Progress
from loyalty_app.moving.heights import given_since, go_on_behind, heights_of
from loyalty_app.moving.jobs_in_hand import quiet_queues
from loyalty_app.moving.progress import MovePlan, forget_progress, read_plan, write_plan
from loyalty_app.moving.snapshots import snapshot
from loyalty_app.moving.sources import ASIDE, held
from loyalty_app.settings import Settings

EVERYTHING = Cargo()
TABLES = EVERYTHING.early


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
    database = open_database(settings, unhurried=True, patient=True)
    try:
        return await database.read(lambda connection: counted(connection, EVERYTHING))
    finally:
        await database.close()


async def is_under_way(source: Settings, target: Settings) -> bool:
    """Whether a move from there to here was begun and not finished, and can go on where it was."""
    old, new = open_database(source, unhurried=True, patient=True), open_database(target, unhurried=True, patient=True)
    try:
        mark, plan = await new.read(read_mark), await new.read(read_plan)
        begun = mark is not None and (mark.state, mark.place) == ("moving", place_of(source))
        return begun and plan is not None and await departures.log_is_of(old, EVERYTHING, plan.token)
    finally:
        await old.close()
        await new.close()


async def give_up(source: Settings) -> bool:
    """Note no changes any more for a move that was not finished, and let everybody write; False if there was none."""
    old = open_database(source, unhurried=True, patient=True)
    try:
        unfinished = await departures.find_unfinished(old)
        await departures.end_log(old)
        await release_tables(old)
        return unfinished is not None
    finally:
        await old.close()


async def move(source: Settings, target: Settings, *, now: datetime, progress: Progress) -> Moved:
    """Move everything into a place that was prepared, and close the old place; the caller does the rest (`tidy_up`).

    Raises SettingsError if a sum differs or the books are wrong; then the old place is as it was.
    """
    old, new = open_database(source, unhurried=True, patient=True), open_database(target, unhurried=True, patient=True)
    try:
        await release_tables(old)  # a cluster stays held if a move was killed there
        plan = await new.read(read_plan)
        if plan is None:
            plan = MovePlan(token=secrets.token_hex(8), place=place_of(source), shops=None)
            await departures.begin_log(old, EVERYTHING, plan.token)
            await new.write(lambda connection: write_plan(connection, plan))
        copying = Copying((old, new), EVERYTHING, Carrier(), progress=progress, target=target)
        rows = await copying.go_over(lambda: snapshot(source), EVERYTHING)
        closing = _Closing(copying, plan.token, await old.read(heights_of), now)
        mark = MoveMark("moved", place_of(target), f"{now:%Y-%m-%d %H:%M} UTC")
        async with quiet_queues(copying, lambda: snapshot(source)):
            seconds = await closing.close(source, mark)
    finally:
        await old.close()
        await new.close()
    return Moved(rows=rows, seconds=seconds)


async def tidy_up(source: Settings, target: Settings) -> None:
    """Forget what a move has kept at both places, once the old one is closed. It may be repeated."""
    old, new = open_database(source, unhurried=True, patient=True), open_database(target, unhurried=True, patient=True)
    try:
        await _end_log(source, old)
        await new.write(forget_progress)
    finally:
        await old.close()
        await new.close()


class _Closing(msgspec.Struct, frozen=True):
    """What the end of a move needs: what was copied, the token of the log, and the heights shortly before."""

    copying: Copying
    token: str
    heights: Mapping[Kind, int]
    now: datetime

    async def close(self, source: Settings, mark: MoveMark) -> float:
        """Hold the old place, bring the last rows, and close it; return for how many seconds nobody could write."""
        old, new, began = self.copying.old, self.copying.new, monotonic()
        async with held(source) as hold:
            await departures.check_log(old, EVERYTHING, self.token)
            async with snapshot(source) as reader:
                await self.copying.finish(reader, self.now.date())
            heights = await old.read(lambda connection: given_since(connection, self.heights))
            await new.write(lambda connection: go_on_behind(new, connection, heights))
            await hold.close(mark)
        return monotonic() - began


async def _end_log(source: Settings, old: Database) -> None:
    """Take the log away from the old place; a file was put aside."""
    if not source.on_sqlite:
        await departures.end_log(old)
        return
    aside = open_database(msgspec.structs.replace(source, database_url=f"sqlite:///{source.sqlite_path}{ASIDE}"))
    try:
        await departures.end_log(aside)
    finally:
        await aside.close()
