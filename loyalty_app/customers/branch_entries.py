"""Branch entries: what happened at one branch, day by day, from the entries of the ledger. Nobody keeps these totals.

The newest entries of the branch are read, `MOST_ENTRIES` of `branch_figures` at most. The database sums them up by
quarters of an hour: every local day begins with one, in all time zones of today. What was undone counts as in the
totals of days. A reward belongs to the branch where it was earned.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)

from loyalty_app.customers.branch_figures import MOST_ENTRIES
from loyalty_app.customers.ledger_times import DISORDER, first_entry_since
from loyalty_app.db.tables import customer, reward, transaction
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.workplaces import branches_of
from loyalty_core.analytics import CurrentFigures, DayTotals, Period, Summary, summarise
from loyalty_core.errors import InvalidRequest
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus
from loyalty_core.views import program_named

ByDay = dict[date, DayTotals]
QUARTER = 15


class Share(msgspec.Struct, frozen=True):
    """The program, by its number, and the branch; None is all of them."""

    program_id: int | None = None
    branch_id: int | None = None


class _Reach(msgspec.Struct, frozen=True):
    """Which entries are read: all that fit `where`, from `since` on; `whole` says whether that is the whole period."""

    where: tuple[ColumnElement[bool], ...]
    since: datetime
    whole: bool


def read_branch_share(
    connection: Connection, business: Business, share: Share, *, period: Period, now: datetime
) -> Summary:
    """How a branch did in a period. Raises InvalidRequest if the shop has no such branch."""
    if share.branch_id not in {branch.id for branch in branches_of(connection, business.id)}:
        raise InvalidRequest.field("branch_id", "must be the id of a branch of this business")
    reach = _reach(connection, business, share, period)
    totals: ByDay = {}
    lapsed = _expired(connection, business, share, period)
    for row in (*_entries(connection, reach), *_earned(connection, reach), *lapsed):
        day = _day_of(row.quarter, business)
        totals[day] = totals.get(day, DayTotals()) + _totals_of(row)
    totals, current = _with_people(connection, business, reach, totals)
    found = summarise(period, totals, replace(current, outstanding=_outstanding(connection, business, share, now)))
    return replace(found, branches_since=UNSET if reach.whole else reach.since)


def _reach(
    connection: Connection, business: Business, share: Share, period: Period, most: int = MOST_ENTRIES
) -> _Reach:
    since = datetime.combine(period.first, time(), tzinfo=business.zone)
    first = first_entry_since(connection, business.id, since - DISORDER)
    own = _at_branch(business, share)
    newest = select(transaction.c.id, transaction.c.occurred_at).where(*own, transaction.c.id >= first)
    newest = newest.order_by(transaction.c.id.desc()).offset(most).limit(1)
    cut = connection.execute(newest).one_or_none()
    if cut is not None:
        first, since = cut.id + 1, max(since, cut.occurred_at.astimezone(business.zone))
    return _Reach((*own, transaction.c.id >= first, transaction.c.occurred_at >= since), since, cut is None)


def _at_branch(business: Business, share: Share) -> tuple[ColumnElement[bool], ...]:
    own = (transaction.c.business_id == business.id, transaction.c.branch_id == share.branch_id)
    if share.program_id is None:
        return own
    named = program_named(business.id, share.program_id)
    return (*own, transaction.c.program_id.is_not_distinct_from(named))


def _quarter(connection: Connection, moment: ColumnElement[datetime]) -> ColumnElement[str]:
    """A moment as text of UTC, cut to the quarter of an hour: 2026-03-01T09:2 is from half past nine on."""
    if connection.dialect.name == "sqlite":
        text: ColumnElement[str] = type_coerce(moment, Text)
    else:
        text = func.to_char(func.timezone("UTC", moment), 'YYYY-MM-DD"T"HH24:MI')
    minutes = cast(func.substr(text, 15, 2), Integer)
    return func.substr(text, 1, 14).concat(cast(minutes // literal_column(str(QUARTER), Integer), Text))


def _day_of(quarter: str, business: Business) -> date:
    hour, number = quarter.rsplit(":", 1)
    moment = datetime.fromisoformat(f"{hour}:{int(number) * QUARTER:02}").replace(tzinfo=UTC)
    return moment.astimezone(business.zone).date()


def _entries(connection: Connection, reach: _Reach) -> Iterable[Row[tuple[str, int, int, int, int]]]:
    entry, stands = transaction.c, transaction.c.voided_by.is_(None)
    stamp = entry.type == EntryType.STAMP.value
    undone = func.coalesce(entry.stamps_voided, 0)
    given = case((stamp, entry.stamps + undone), (entry.type == EntryType.BONUS.value, entry.stamps), else_=0)
    voided = case((and_(stamp, stands), undone), (stamp, entry.stamps + undone), else_=0)
    sums = (
        func.count().filter(stamp, stands).label("visits"),
        func.sum(given).label("stamps_added"),
        func.sum(voided).label("stamps_voided"),
        func.count().filter(entry.type == EntryType.REDEEM.value, stands).label("rewards_redeemed"),
    )
    quarter = _quarter(connection, entry.occurred_at).label("quarter")
    return connection.execute(select(quarter, *sums).where(*reach.where).group_by("quarter"))


def _earned(connection: Connection, reach: _Reach) -> Iterable[Row[tuple[str, int]]]:
    quarter = _quarter(connection, transaction.c.occurred_at).label("quarter")
    own = (reward.c.business_id == transaction.c.business_id, reward.c.customer_id == transaction.c.customer_id)
    of_entry = and_(*own, reward.c.transaction_id == transaction.c.id)
    asked = select(quarter, func.count().label("rewards_earned")).join_from(transaction, reward, of_entry)
    stands = reward.c.status != RewardStatus.VOIDED.value
    return connection.execute(asked.where(*reach.where, stands).group_by("quarter"))


def _expired(
    connection: Connection, business: Business, share: Share, period: Period
) -> Iterable[Row[tuple[str, int]]]:
    """Rewards that lapsed in the period, of those that were earned at the branch."""
    since = datetime.combine(period.first, time(), tzinfo=business.zone)
    lapse = transaction.alias("lapse")
    quarter = _quarter(connection, lapse.c.occurred_at).label("quarter")
    named = and_(reward.c.business_id == lapse.c.business_id, reward.c.id == lapse.c.reward_id)
    asked = select(quarter, func.count().label("rewards_expired")).join_from(lapse, reward, named)
    lapsed = (
        lapse.c.business_id == business.id,
        lapse.c.type != literal_column("'stamp'"),  # the condition of the index, to the letter
        lapse.c.type == EntryType.EXPIRE.value,
        lapse.c.occurred_at >= since,
        lapse.c.voided_by.is_(None),
    )
    of_branch = asked.join(transaction, _earning()).where(*lapsed, *_at_branch(business, share))
    return connection.execute(of_branch.group_by("quarter"))


def _earning() -> ColumnElement[bool]:
    """The entry that earned a reward."""
    return and_(transaction.c.business_id == reward.c.business_id, transaction.c.id == reward.c.transaction_id)


def _outstanding(connection: Connection, business: Business, share: Share, now: datetime) -> int:
    """The open rewards that were earned at the branch."""
    status = reward.c.status == literal_column("'available'")  # the condition of the index, to the letter
    own = (reward.c.business_id == business.id, status, reward.c.expires_at.is_(None) | (reward.c.expires_at > now))
    asked = select(func.count()).join_from(reward, transaction, _earning())
    return connection.execute(asked.where(*own, *_at_branch(business, share))).scalar_one()


def _totals_of(row: Row[Any]) -> DayTotals:
    return DayTotals(**{name: int(value) for name, value in row._asdict().items() if name != "quarter"})


def _with_people(
    connection: Connection, business: Business, reach: _Reach, totals: ByDay
) -> tuple[ByDay, CurrentFigures]:
    """Count those who had a visit here, and those of them who joined since, by day, or were here more than once."""
    stamp = (transaction.c.type == EntryType.STAMP.value, transaction.c.voided_by.is_(None))
    here = select(transaction.c.customer_id).where(*reach.where, *stamp).distinct().subquery()
    own = (customer.c.business_id == business.id, customer.c.erased_at.is_(None))
    people = select(customer).join_from(here, customer, customer.c.id == here.c.customer_id).where(*own).subquery()
    again = func.count().filter(people.c.total_visits > 1)
    active, returning = connection.execute(select(func.count(), again).select_from(people)).one()
    days = dict(totals)
    for joined in connection.scalars(select(people.c.created_at).where(people.c.created_at >= reach.since)):
        day = joined.astimezone(business.zone).date()
        days[day] = days.get(day, DayTotals()) + DayTotals(new_customers=1)
    return days, CurrentFigures(customers=active, outstanding=0, active=active, returning=returning)
