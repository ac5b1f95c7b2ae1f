"""Branch figures: how many visits and stamps each branch of a shop had in some days.

Nobody keeps these totals, so the entries of the ledger are read: the newest ones, `MOST_ENTRIES` at most, so that a
page never waits for millions. If a period has more, the figures begin later and say when. They count as the totals of
days do: undone stamps are left out, and a gift counts as stamps and as no visit.
"""

from datetime import datetime, time

import msgspec
from sqlalchemy import Connection, Row, Select, func, select

from loyalty_app.customers.ledger_times import DISORDER, first_entry_since
from loyalty_app.db.tables import transaction
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.workplaces import branches_of
from loyalty_core.analytics import BranchFigures, period_of
from loyalty_core.ledger import EntryType

MOST_ENTRIES = 200_000


class FiguresByBranch(msgspec.Struct, frozen=True, kw_only=True):
    """The branches in the order of their opening, then what has no branch. None of them if the shop has no branches.

    A closed branch is there if it had visits. The figures begin at `since`; with `whole` unset that is later than the
    period.
    """

    since: datetime
    whole: bool
    branches: tuple[BranchFigures, ...]


def read_branch_figures(
    connection: Connection, business: Business, *, days: int, now: datetime, most: int = MOST_ENTRIES
) -> FiguresByBranch:
    """The figures of the last days, today included. Raises InvalidRequest unless 1 ≤ days ≤ 365."""
    period = period_of(days, now.astimezone(business.zone).date(), business.timezone)
    since = datetime.combine(period.first, time(), tzinfo=business.zone)
    branches = branches_of(connection, business.id)
    if not branches:
        return FiguresByBranch(since=since, whole=True, branches=())
    first = first_entry_since(connection, business.id, since - DISORDER)
    cut = connection.execute(_newest(business, first).offset(most).limit(1)).one_or_none()
    if cut is not None:
        first, since = cut.id + 1, max(since, cut.occurred_at.astimezone(business.zone))
    sums = _sums(connection, business, first, since)
    shown = [branch for branch in branches if branch.closed_at is None or branch.id in sums]
    named = [_figures(branch.id, branch.name, sums.get(branch.id)) for branch in shown]
    elsewhere = [_figures(None, None, sums[None])] if None in sums else []
    return FiguresByBranch(since=since, whole=cut is None, branches=(*named, *elsewhere))


def _newest(business: Business, first: int) -> Select[tuple[int, datetime]]:
    own = (transaction.c.business_id == business.id, transaction.c.id >= first)
    return select(transaction.c.id, transaction.c.occurred_at).where(*own).order_by(transaction.c.id.desc())


def _sums(
    connection: Connection, business: Business, first: int, since: datetime
) -> dict[int | None, Row[tuple[int | None, int, int]]]:
    entry = transaction.c
    visits = func.count().filter(entry.type == EntryType.STAMP.value)
    given = select(entry.branch_id, visits.label("visits"), func.sum(entry.stamps).label("stamps")).where(
        entry.business_id == business.id,
        entry.id >= first,
        entry.occurred_at >= since,
        entry.type.in_((EntryType.STAMP.value, EntryType.BONUS.value)),
        entry.voided_by.is_(None),
    )
    return {row.branch_id: row for row in connection.execute(given.group_by(entry.branch_id))}


def _figures(branch_id: int | None, name: str | None, sums: Row[tuple[int | None, int, int]] | None) -> BranchFigures:
    visits, stamps = (sums.visits, int(sums.stamps)) if sums else (0, 0)
    return BranchFigures(branch_id=branch_id, name=name, visits=visits, stamps=stamps)
