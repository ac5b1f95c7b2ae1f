"""Analytics: reads the totals of a shop and its days, and hands them to the core, which sums them up.

The counter keeps the totals. Counted here are only rewards that have lapsed and are not booked yet, and erased
customers: they are no customers in any figure, not even on the day on which they came.
"""

from datetime import date, datetime, time

from msgspec.structs import replace
from sqlalchemy import Connection, Row, func, literal_column, select

from loyalty_app.db.tables import business_total, customer, daily_total, reward
from loyalty_app.shops.businesses import Business
from loyalty_core.analytics import CurrentFigures, DayTotals, Period, Summary, period_of, summarise
from loyalty_core.rewards import RewardStatus


def read_summary(connection: Connection, business: Business, *, days: int, now: datetime) -> Summary:
    """How the program did in the last days, today included. Raises InvalidRequest unless 1 ≤ days ≤ 365."""
    period = period_of(days, now.astimezone(business.zone).date(), business.timezone)
    return summarise(
        period, totals_without_erased(connection, business, period), _standing(connection, business, period, now)
    )


def totals_without_erased(connection: Connection, business: Business, period: Period) -> dict[date, DayTotals]:
    """The totals of the days on which something happened, without the arrival of customers erased since."""
    totals, zone = _totals(connection, business, period), business.zone
    own = (customer.c.business_id == business.id, customer.c.erased_at.is_not(None))
    since = customer.c.created_at >= datetime.combine(period.first, time(), zone)
    for joined in connection.scalars(select(customer.c.created_at).where(*own, since)):
        day = joined.astimezone(zone).date()
        if day in totals:
            totals[day] = replace(totals[day], new_customers=totals[day].new_customers - 1)
    return totals


def _totals(connection: Connection, business: Business, period: Period) -> dict[date, DayTotals]:
    of_period = select(daily_total).where(
        daily_total.c.business_id == business.id, daily_total.c.day.between(period.first, period.last)
    )
    fields = DayTotals.__struct_fields__
    return {
        row.day: DayTotals(**{name: getattr(row, name) for name in fields}) for row in connection.execute(of_period)
    }


def _standing(connection: Connection, business: Business, period: Period, now: datetime) -> CurrentFigures:
    """The current figures. A customer was here in the period if their last visit is in it: nobody has to be counted."""
    kept = kept_totals(connection, business.id)
    sums = (func.sum(daily_total.c.last_visits), func.sum(daily_total.c.last_visits_again))
    since = select(*(func.coalesce(figure, 0) for figure in sums)).where(
        daily_total.c.business_id == business.id, daily_total.c.day >= period.first
    )
    active, returning = connection.execute(since).one()
    outstanding = int(kept.outstanding) - _lapsed(connection, business.id, now)
    return CurrentFigures(customers=kept.customers, outstanding=outstanding, active=active, returning=returning)


def kept_totals(connection: Connection, business_id: int) -> Row[tuple[int, int, int, int, int, int]]:
    """A shop's totals: its customers, and its rewards by status; `outstanding` counts available ones."""
    return connection.execute(select(business_total).where(business_total.c.business_id == business_id)).one()


def count_rewards(connection: Connection, business_id: int, status: RewardStatus | None, *, now: datetime) -> int:
    """How many rewards of a shop have a status, or any if None; a lapsed one counts as expired."""
    kept = kept_totals(connection, business_id)
    match status:
        case None:
            return int(kept.outstanding + kept.redeemed + kept.expired + kept.voided)
        case RewardStatus.REDEEMED:
            return int(kept.redeemed)
        case RewardStatus.VOIDED:
            return int(kept.voided)
        case RewardStatus.AVAILABLE:
            return int(kept.outstanding) - _lapsed(connection, business_id, now)
        case RewardStatus.EXPIRED:
            return int(kept.expired) + _lapsed(connection, business_id, now)


def _lapsed(connection: Connection, business_id: int, now: datetime) -> int:
    """Rewards whose time is over; they are booked as expired within seconds.

    The status is written out, so that the databases see whose index it is.
    """
    over = (reward.c.status == literal_column("'available'"), reward.c.expires_at <= now)
    counted = select(func.count()).select_from(reward).where(reward.c.business_id == business_id, *over)
    return connection.execute(counted).scalar_one()
