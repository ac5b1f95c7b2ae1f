"""Unfinished moves: what one that is under way, or was begun and left, has at a place. Only looked at here.

Nobody can tell from the database alone whether the command still runs somewhere.
"""

import msgspec
from sqlalchemy import Connection, select

from loyalty_app.db.held_shops import NAME as HELD_NAME
from loyalty_app.db.held_shops import tables_with
from loyalty_app.db.tables import business
from loyalty_app.moving.changes import log_length, log_of
from loyalty_app.moving.progress import read_plan


class UnfinishedMove(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of moves at a place.

    `leaving` are the shops whose changes are noted, empty for all of them, None if no move goes from here; `noted` is
    how many changes. `held` are the shops that take no changes because they move, `still_held` says that tables refuse
    changes though no shop is held. `coming_from` is where shops come from.
    """

    leaving: tuple[int, ...] | None
    noted: int
    held: tuple[int, ...]
    still_held: bool
    coming_from: str | None


def find_unfinished(connection: Connection) -> UnfinishedMove | None:
    """What there is of moves that are not finished; None if there is nothing."""
    log, plan = log_of(connection), read_plan(connection)
    away = connection.execute(select(business.c.id, business.c.moved_to).where(business.c.moved_to.is_not(None))).all()
    found = UnfinishedMove(
        leaving=None if log is None else log[1] or (),
        noted=0 if log is None else log_length(connection),
        held=tuple(sorted(row.id for row in away if row.moved_to == "")),
        still_held=not away and bool(tables_with(connection, HELD_NAME)),
        coming_from=None if plan is None else plan.place,
    )
    return None if found.leaving is None and not found.held and not found.still_held and plan is None else found
