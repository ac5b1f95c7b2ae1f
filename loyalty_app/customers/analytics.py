"""Analytics: reads the totals of a shop and its days, and hands them to the core, which sums them up.

The counter keeps the totals. Counted here are only rewards that have lapsed and are not booked yet, and erased
customers: they are no customers in any figure, not even on the day on which they came.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from operator import itemgetter
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row, ScalarSelect, func, literal_column, select

from loyalty_app.db.tables import business_total, customer, daily_total, reward
from loyalty_app.shops.businesses import Business
from loyalty_core.analytics import CurrentFigures, DayTotals, Period, Summary, period_of, summarise
from loyalty_core.rewards import RewardStatus

Days = Sequence[Row[Any]]
"""Rows of `daily_total`."""
figures_of_day = itemgetter(*map(daily_total.c.keys().index, DayTotals.__struct_fields__))
"""By place: by its name a value of a row is read ten times as long, and a year has 2,555 of them."""


def read_summary(connection: Connection, business: Business, *, days: int, now: datetime) -> Summary:
    """How the program did in the last days, today included. Raises InvalidRequest unless 1 ≤ days ≤ 365."""
    period = period_of(days, now.astimezone(business.zone).date(), business.timezone)
    kept = _days_since(connection, business, period)
    totals = _without_erased(connection, business, period, kept)
    return summarise(period, totals, _standing(connection, business, kept, now))


def totals_without_erased(connection: Connection, business: Business, period: Period) -> dict[date, DayTotals]:
    """The totals of the days on which something happened, without the arrival of customers erased since."""
    return _without_erased(connection, business, period, _days_since(connection, business, period))


def _without_erased(connection: Connection, business: Business, period: Period, kept: Days) -> dict[date, DayTotals]:
    totals, zone = {row.day: _totals_of(row) for row in kept if row.day <= period.last}, business.zone
    own = (customer.c.business_id == business.id, customer.c.erased_at.is_not(None))
    since = customer.c.created_at >= datetime.combine(period.first, time(), zone)
    for joined in connection.scalars(select(customer.c.created_at).where(*own, since)):
        day = joined.astimezone(zone).date()
        if day in totals:
            totals[day] = replace(totals[day], new_customers=totals[day].new_customers - 1)
    return totals


def _days_since(connection: Connection, business: Business, period: Period) -> Days:
    """The days from the first of a period on: a day after its last may be kept, where clocks go ahead."""
    since = (daily_total.c.business_id == business.id, daily_total.c.day >= period.first)
    return connection.execute(select(daily_total).where(*since)).all()


def _totals_of(row: Row[Any]) -> DayTotals:
    return DayTotals(**dict(zip(DayTotals.__struct_fields__, figures_of_day(row), strict=True)))


def _standing(connection: Connection, business: Business, kept: Days, now: datetime) -> CurrentFigures:
    """The current figures. A customer was here in a period if their last visit is in it: nobody has to be counted."""
    totals = _totals_and_lapsed(connection, business.id, now)
    return CurrentFigures(
        customers=totals.customers,
        outstanding=int(totals.outstanding) - totals.lapsed,
        active=sum(row.last_visits for row in kept),
        returning=sum(row.last_visits_again for row in kept),
    )


def count_redeemed_and_expired(connection: Connection, business: Business, period: Period) -> tuple[int, int]:
    """How many rewards of a shop were redeemed in a period, and how many were booked as expired."""
    sums = (func.sum(daily_total.c.rewards_redeemed), func.sum(daily_total.c.rewards_expired))
    own = (daily_total.c.business_id == business.id, daily_total.c.day.between(period.first, period.last))
    redeemed, expired = connection.execute(select(*(func.coalesce(one, 0) for one in sums)).where(*own)).one()
    return int(redeemed), int(expired)


def kept_totals(connection: Connection, business_id: int) -> Row[tuple[int, int, int, int, int, int]]:
    """A shop's totals: its customers, and its rewards by status; `outstanding` counts available ones."""
    return connection.execute(select(business_total).where(business_total.c.business_id == business_id)).one()


def count_rewards(connection: Connection, business_id: int, status: RewardStatus | None, *, now: datetime) -> int:
    """How many rewards of a shop have a status, or any if None; a lapsed one counts as expired."""
    of_time = status in {RewardStatus.AVAILABLE, RewardStatus.EXPIRED}
    kept = _totals_and_lapsed(connection, business_id, now) if of_time else kept_totals(connection, business_id)
    match status:
        case None:
            return int(kept.outstanding + kept.redeemed + kept.expired + kept.voided)
        case RewardStatus.REDEEMED:
            return int(kept.redeemed)
        case RewardStatus.VOIDED:
            return int(kept.voided)
        case RewardStatus.AVAILABLE:
            return int(kept.outstanding - kept.lapsed)
        case RewardStatus.EXPIRED:
            return int(kept.expired + kept.lapsed)


def _totals_and_lapsed(connection: Connection, business_id: int, now: datetime) -> Row[Any]:
    """The totals, and beside them how many rewards have `lapsed`."""
    both = select(business_total, _lapsed(business_id, now).label("lapsed"))
    return connection.execute(both.where(business_total.c.business_id == business_id)).one()


def _lapsed(business_id: int, now: datetime) -> ScalarSelect[int]:
    """Rewards whose time is over; they are booked as expired within seconds.

    The status is written out, so that the databases see whose index it is.
    """
    over = (reward.c.status == literal_column("'available'"), reward.c.expires_at <= now)
    counted = select(func.count()).select_from(reward).where(reward.c.business_id == business_id, *over)
    return counted.scalar_subquery()
