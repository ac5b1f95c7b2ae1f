"""Analytics: reads the daily totals and what they cannot tell, and hands them to the core to be summed up."""

from datetime import date, datetime

from sqlalchemy import Connection, func, select

from loyalty_app.customers.totals import kept_totals
from loyalty_app.db.tables import daily_total
from loyalty_app.shops.businesses import Business
from loyalty_core.analytics import CurrentFigures, DayTotals, Period, Summary, period_of, summarise


def read_summary(connection: Connection, business: Business, *, days: int, now: datetime) -> Summary:
    """How the program did in the last days, today included. Raises InvalidRequest unless 1 ≤ days ≤ 365."""
    period = period_of(days, now.astimezone(business.zone).date(), business.timezone)
    return summarise(period, _totals(connection, business, period), _standing(connection, business, period))


def _totals(connection: Connection, business: Business, period: Period) -> dict[date, DayTotals]:
    of_period = select(daily_total).where(
        daily_total.c.business_id == business.id, daily_total.c.day.between(period.first, period.last)
    )
    fields = DayTotals.__struct_fields__
    return {
        row.day: DayTotals(**{name: getattr(row, name) for name in fields}) for row in connection.execute(of_period)
    }


def _standing(connection: Connection, business: Business, period: Period) -> CurrentFigures:
    """Who was here since the first day was last here on one of the days since; nobody has to be counted."""
    kept = kept_totals(connection, business.id)
    sums = (func.sum(daily_total.c.last_visits), func.sum(daily_total.c.last_visits_again))
    since = select(*(func.coalesce(figure, 0) for figure in sums)).where(
        daily_total.c.business_id == business.id, daily_total.c.day >= period.first
    )
    active, returning = connection.execute(since).one()
    return CurrentFigures(customers=kept.customers, outstanding=kept.outstanding, active=active, returning=returning)
