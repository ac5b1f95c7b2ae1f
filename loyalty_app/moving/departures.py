"""Departures: the shops that leave, at their old place. First their changes are noted, then they are held, then closed.

Others go on meanwhile. What is closed stays there to be looked at, takes no changes, and says where the shop is now;
`loyalty business delete` removes it. What a move that was not finished has left is only looked at; nobody can tell from
the database alone whether the command still runs somewhere.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select, true, update

from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.held_shops import NAME as HELD_NAME
from loyalty_app.db.held_shops import NOWHERE, allowed, each_table, hold_again
from loyalty_app.db.own_triggers import tables_with
from loyalty_app.db.shards import is_spread
from loyalty_app.db.tables import business, delivery, fan_out, import_job, notice, telegram_bot, telegram_card
from loyalty_app.moving.belongings import Cargo, counted, with_twins
from loyalty_app.moving.changes import (
    NAME,
    close_log,
    is_logged,
    log_length,
    log_of,
    log_places,
    log_table,
    logged_tables,
    open_log,
    unlog_table,
)
from loyalty_app.moving.closed_tables import are_closed
from loyalty_app.moving.jobs_in_hand import give_out_again
from loyalty_app.moving.progress import read_plan
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import being_deleted
from loyalty_core.errors import InvalidRequest

QUEUED = "queued"


async def begin_log(old: Database, cargo: Cargo, token: str) -> None:
    """Note all changes of a cargo from now on."""
    await end_log(old)
    for place in [*(await log_places(old)).values()][::-1]:  # where it is asked for comes last: then all are there
        await place.write(lambda connection: open_log(connection, cargo, token))
    await each_table(old, logged_tables(cargo), lambda connection, table: log_table(connection, cargo, table))


async def end_log(old: Database) -> None:
    """Note no changes any more, and forget the log; give out jobs of queues again, if that was stopped."""
    await give_out_again(old)
    tables = await old.read(lambda connection: tables_with(connection, NAME))
    await each_table(old, tables, unlog_table)
    for place in (await log_places(old)).values():
        await place.write(close_log)


async def log_is_of(old: Database, cargo: Cargo, token: str) -> bool:
    """Whether the log that is there is that of a move which goes on."""

    def look(connection: Connection) -> bool:
        whole = all(is_logged(connection, table) for table in logged_tables(cargo))
        return whole and log_of(connection) == (token, cargo.shops)

    return await old.read(look)


async def check_log(old: Database, cargo: Cargo, token: str) -> None:
    """Raise SettingsError unless all changes are noted still, for the move with that token."""
    if not await log_is_of(old, cargo, token):
        message = "Changes were not noted during the move, because an update or another move took the log away."
        raise SettingsError(f"{message} Nothing was closed. End it with --give-up, and run it again.")


async def hold(old: Database, shops: Sequence[int]) -> None:
    """Take no changes of these shops until they are closed or released; writers that have begun come to an end."""
    await old.write(lambda connection: _hold(connection, shops))
    await hold_again(old)


def _hold(connection: Connection, shops: Sequence[int]) -> None:
    _set_place(connection, shops, "")
    _check_not_closing(connection, shops)  # now: none of them can be marked any more


async def release(old: Database, shops: Sequence[int]) -> None:
    """Serve these shops again, but those that are being deleted since."""
    await old.write(lambda connection: _set_place(connection, shops, None))
    await hold_again(old)


def _set_place(connection: Connection, shops: Sequence[int], place: str | None) -> None:
    """Say where shops are. One that is being deleted stays so."""
    theirs = (business.c.id.in_(shops), business.c.moved_to.is_distinct_from(NOWHERE))
    with allowed(connection, business):
        connection.execute(update(business).where(*theirs).values(moved_to=place)).close()


async def close_shops(old: Database, shops: Sequence[int], *, place: str, now: datetime) -> None:
    """Close shops that are held: nothing of theirs is sent from here any more, and they are at `place` now."""

    def work(connection: Connection) -> None:
        _set_place(connection, shops, place)
        with allowed(connection, telegram_bot, fan_out, delivery, telegram_card, notice, import_job):
            for number in shops:
                _send_nothing(connection, number, now)

    await old.write(work)


def _send_nothing(connection: Connection, business_id: int, now: datetime) -> None:
    """Let nothing wait of a shop."""
    for table, which, left in (
        (telegram_bot, telegram_bot.c.removed_at.is_(None), {"removed_at": now}),
        (telegram_card, telegram_card.c.due_at.is_not(None), {"due_at": None}),
        (notice, notice.c.told_at.is_(None), {"told_at": now}),
    ):
        own = table.c.business_id == business_id
        connection.execute(update(table).where(own, which).values(left)).close()
    for table, waits in (
        (fan_out, true()),
        (delivery, delivery.c.status == QUEUED),
        (import_job, import_job.c.finished_at.is_(None)),
    ):
        connection.execute(delete(table).where(table.c.business_id == business_id, waits)).close()


def check_shops(connection: Connection, shops: Sequence[int]) -> None:
    """Raise InvalidRequest unless each is a shop that is here, not being deleted, and not only for test keys."""
    rows = {row.id: row for row in connection.execute(select(business).where(business.c.id.in_(shops)))}
    for number in shops:
        if number not in rows:
            raise InvalidRequest.field("business", f"there is no business {number}")
        if rows[number].test_of is not None:
            message = f"{number} only holds what test keys of business {rows[number].test_of} write: give that number"
            raise InvalidRequest.field("business", message)
    _check_not_closing(connection, shops)


def _check_not_closing(connection: Connection, shops: Sequence[int]) -> None:
    closing = select(business.c.id).where(business.c.id.in_(shops), business.c.moved_to == NOWHERE)
    for number in connection.scalars(closing.order_by(business.c.id)):
        raise being_deleted(number)


async def check_leaving(source: Settings, shops: Sequence[int]) -> None:
    """Raise as `check_shops`, before anything is made at the new place."""
    database = open_database(source, unhurried=True)
    try:
        await database.read(lambda connection: check_shops(connection, shops))
    finally:
        await database.close()


async def count_rows(source: Settings, shops: Sequence[int]) -> dict[str, int]:
    """How many rows of each table would move. Raises as `check_shops`."""
    database = open_database(source, unhurried=True)
    try:
        await database.read(lambda connection: check_shops(connection, shops))
        all_shops = await database.read(lambda connection: with_twins(connection, shops))
        cargo = Cargo(all_shops, spread=is_spread(database))
        return await database.read(lambda connection: counted(connection, cargo))
    finally:
        await database.close()


class UnfinishedMove(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of moves at a place.

    `leaving` are the shops whose changes are noted, empty for all of them, None if no move goes from here; `noted` is
    how many changes. `held` are the shops that take no changes because they move, `still_held` says that tables have
    triggers for that though no shop is held, `all_held` that those of a cluster take none. `coming_from` is where shops
    come from.
    """

    leaving: tuple[int, ...] | None
    noted: int
    held: tuple[int, ...]
    still_held: bool
    all_held: bool
    coming_from: str | None


async def find_unfinished(database: Database) -> UnfinishedMove | None:
    """What there is of moves that are not finished; None if there is nothing."""
    found = await database.read(_unfinished)
    if found is None or found.leaving is None:
        return found
    return msgspec.structs.replace(found, noted=await log_length(database))


def _unfinished(connection: Connection) -> UnfinishedMove | None:
    log, plan = log_of(connection), read_plan(connection)
    away = connection.execute(select(business.c.id, business.c.moved_to).where(business.c.moved_to != NOWHERE)).all()
    found = UnfinishedMove(
        leaving=None if log is None else log[1] or (),
        noted=0,
        held=tuple(sorted(row.id for row in away if row.moved_to == "")),
        all_held=are_closed(connection),
        still_held=not away and bool(tables_with(connection, HELD_NAME)),
        coming_from=None if plan is None else plan.place,
    )
    nothing = found.leaving is None and plan is None and not (found.held or found.still_held or found.all_held)
    return None if nothing else found
