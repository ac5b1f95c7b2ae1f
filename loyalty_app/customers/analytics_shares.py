"""Shares of the analytics: of one program, of one branch, of both; and the whole shop with the shares of all.

Further programs have totals of each day; the program with which the shop began had the rest. Nobody keeps totals of
branches: the newest entries of the ledger are read, as in `branch_figures`. Nothing is kept here.
"""

from datetime import date, datetime, time
from functools import reduce
from operator import add

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, and_, func, select

from loyalty_app.customers.analytics import read_summary, totals_without_erased
from loyalty_app.customers.branch_entries import Share, read_branch_share
from loyalty_app.customers.branch_figures import read_branch_figures
from loyalty_app.db.tables import card, customer, program_day, reward
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.programs import find_program
from loyalty_core.analytics import (
    CurrentFigures,
    DayTotals,
    Period,
    ProgramFigures,
    Summary,
    period_of,
    program_figures,
    summarise,
)
from loyalty_core.programs import Program
from loyalty_core.rewards import RewardStatus
from loyalty_core.views import program_number

OF_PROGRAMS = tuple(name for name in DayTotals.__struct_fields__ if name != "new_customers")
ByDay = dict[date, DayTotals]


def read_analytics(connection: Connection, business: Business, share: Share, *, days: int, now: datetime) -> Summary:
    """How a shop or a share of it did in the last days. Raises InvalidRequest, ProgramNotFound."""
    period = period_of(days, now.astimezone(business.zone).date(), business.timezone)
    program = find_program(connection, business.id, share.program_id)
    if share.branch_id is not None:
        return read_branch_share(connection, business, share, period=period, now=now)
    whole = read_summary(connection, business, days=days, now=now)
    if share.program_id is None:
        return _with_shares(connection, business, program, whole=whole, now=now)
    if not program.others:
        return whole
    totals = _totals_of(connection, business, program.id, period)
    current = _current(connection, business, program.id, whole, now)
    if program.id is not None:
        totals = _with_joiners(connection, business, program.id, totals, period)
    return summarise(period, totals, current)


def _with_shares(
    connection: Connection, business: Business, main: Program, *, whole: Summary, now: datetime
) -> Summary:
    found = read_branch_figures(connection, business, days=whole.period.days, now=now)
    shares = replace(
        whole, programs=_programs(connection, business, main, whole=whole, now=now), branches=found.branches
    )
    return shares if found.whole else replace(shares, branches_since=found.since)


def _programs(
    connection: Connection, business: Business, main: Program, *, whole: Summary, now: datetime
) -> tuple[ProgramFigures, ...]:
    """The share of each program, the main one first; for a shop with one program nothing is read."""
    if not main.others:
        number = program_number(business.id, main.id)
        return (ProgramFigures(number, main.title, whole.visits, whole.stamps, whole.rewards),)
    open_rewards = _open_rewards(connection, business, now)
    figures = []
    for one in main.all_of_shop:
        sums = reduce(add, _totals_of(connection, business, one.id, whole.period).values(), DayTotals())
        number = program_number(business.id, one.id)
        figures.append(program_figures(number, one.title, sums, open_rewards.get(one.id, 0)))
    return tuple(figures)


def _totals_of(connection: Connection, business: Business, program_id: int | None, period: Period) -> ByDay:
    """The days of a program; `new_customers` are in those of the program with which the shop began."""
    if program_id is not None:
        return _further_days(connection, business, period, program_day.c.program_id == program_id)
    others = _further_days(connection, business, period, program_day.c.program_id.is_not(None))
    days = totals_without_erased(connection, business, period)
    return {day: days.get(day, DayTotals()) - others.get(day, DayTotals()) for day in days.keys() | others.keys()}


def _further_days(connection: Connection, business: Business, period: Period, which: ColumnElement[bool]) -> ByDay:
    sums = (func.sum(program_day.c[name]).label(name) for name in OF_PROGRAMS)
    own = (program_day.c.business_id == business.id, program_day.c.day.between(period.first, period.last), which)
    rows = connection.execute(select(program_day.c.day, *sums).where(*own).group_by(program_day.c.day))
    return {row.day: DayTotals(**{name: int(getattr(row, name)) for name in OF_PROGRAMS}) for row in rows}


def _open_rewards(connection: Connection, business: Business, now: datetime) -> dict[int | None, int]:
    own = (reward.c.business_id == business.id, reward.c.status == RewardStatus.AVAILABLE.value)
    ends = reward.c.expires_at.is_(None) | (reward.c.expires_at > now)
    counted = select(reward.c.program_id, func.count().label("n")).where(*own, ends).group_by(reward.c.program_id)
    return {row.program_id: row.n for row in connection.execute(counted)}


def _current(
    connection: Connection, business: Business, program_id: int | None, whole: Summary, now: datetime
) -> CurrentFigures:
    """The current figures of a program of several. Everybody has a card of the one with which the shop began."""
    held = customer if program_id is None else card
    here = held.c.day >= whole.period.first
    counts = (func.count(), func.count().filter(here), func.count().filter(here, held.c.total_visits > 1))
    of_shop = select(*counts).where(held.c.business_id == business.id, customer.c.erased_at.is_(None))
    asked = of_shop if program_id is None else of_shop.join_from(card, customer, _holds(program_id))
    total, active, returning = connection.execute(asked).one()
    outstanding = _open_rewards(connection, business, now).get(program_id, 0)
    return CurrentFigures(customers=total, outstanding=outstanding, active=active, returning=returning)


def _holds(program_id: int) -> ColumnElement[bool]:
    """Whose card of a program it is."""
    own = (customer.c.business_id == card.c.business_id, customer.c.id == card.c.customer_id)
    return and_(*own, card.c.program_id == program_id)


def _with_joiners(connection: Connection, business: Business, program_id: int, totals: ByDay, period: Period) -> ByDay:
    """Count who joined in the period and has a card of the program."""
    since = datetime.combine(period.first, time(), business.zone)
    own = (card.c.business_id == business.id, customer.c.created_at >= since, customer.c.erased_at.is_(None))
    asked = select(customer.c.created_at).join_from(card, customer, _holds(program_id)).where(*own)
    days = dict(totals)
    for joined in connection.scalars(asked):
        day = joined.astimezone(business.zone).date()
        days[day] = days.get(day, DayTotals()) + DayTotals(new_customers=1)
    return days
