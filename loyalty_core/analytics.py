"""Analytics: daily totals in, a summary out. The totals are kept elsewhere.

The rules, in words:
- A period is whole days of the business's time zone and ends with today.
- Every day of the period has a row, an empty one too.
- The stamps of a day do not include undone ones: they are taken off the day on which they were given.
- Active customers had a visit in the period; returning ones among them had more than one visit in all.
- Programs and branches have a share of the figures. The customers of a program are those who have a card of it; the
  customers of a branch are those who had a visit there in the period.
"""

from datetime import date, datetime, timedelta
from functools import reduce
from operator import add

import msgspec
from msgspec import UNSET, UnsetType

from loyalty_core.errors import InvalidRequest

MOST_DAYS = 365


class DayTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one local day. An undone entry is taken off the day on which it was made."""

    visits: int = 0
    stamps_added: int = 0
    stamps_voided: int = 0
    new_customers: int = 0
    rewards_earned: int = 0
    rewards_redeemed: int = 0
    rewards_expired: int = 0

    def __add__(self, other: "DayTotals") -> "DayTotals":
        """Add field by field."""
        return DayTotals(  # name by name: a proof adds millions of them
            visits=self.visits + other.visits,
            stamps_added=self.stamps_added + other.stamps_added,
            stamps_voided=self.stamps_voided + other.stamps_voided,
            new_customers=self.new_customers + other.new_customers,
            rewards_earned=self.rewards_earned + other.rewards_earned,
            rewards_redeemed=self.rewards_redeemed + other.rewards_redeemed,
            rewards_expired=self.rewards_expired + other.rewards_expired,
        )

    def __sub__(self, other: "DayTotals") -> "DayTotals":
        """What is left without the other, field by field."""
        return DayTotals(**{name: getattr(self, name) - getattr(other, name) for name in self.__struct_fields__})


OF_PROGRAMS = tuple(name for name in DayTotals.__struct_fields__ if name != "new_customers")
"""The figures that each program of a shop has of its own."""


class Period(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Whole days, both ends included."""

    days: int
    first: date
    last: date
    timezone: str


class CustomerFigures(msgspec.Struct, frozen=True):
    """How many customers there are, came new, were here, and were here again; erased ones are in no figure."""

    total: int
    new: int
    active: int
    returning: int


class StampFigures(msgspec.Struct, frozen=True):
    """Stamps given in the period, and those of them that were undone."""

    added: int
    voided: int


class RewardFigures(msgspec.Struct, frozen=True):
    """Rewards of the period; `outstanding` is what the business owes now; the rate is redeemed per earned."""

    earned: int
    redeemed: int
    expired: int
    outstanding: int
    redemption_rate: float


class Day(msgspec.Struct, frozen=True):
    """One day."""

    date: date
    visits: int
    stamps: int
    new_customers: int
    rewards_earned: int
    rewards_redeemed: int


class ProgramFigures(msgspec.Struct, frozen=True):
    """The share of one program."""

    program_id: int
    title: str | None
    visits: int
    stamps: StampFigures
    rewards: RewardFigures


class BranchFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The share of one branch; without an id and a name these are the visits that no branch was noted for."""

    branch_id: int | None = None
    name: str | None
    visits: int
    stamps: int


class Summary(msgspec.Struct, frozen=True):
    """How a shop does, or one of its programs or branches.

    Only a shop has `programs` and `branches`. `branches_since` is there if the figures of branches begin later than the
    period.
    """

    period: Period
    customers: CustomerFigures
    visits: int
    stamps: StampFigures
    rewards: RewardFigures
    daily: tuple[Day, ...]
    programs: tuple[ProgramFigures, ...] | UnsetType = UNSET
    branches: tuple[BranchFigures, ...] | UnsetType = UNSET
    branches_since: datetime | UnsetType = UNSET


class CurrentFigures(msgspec.Struct, frozen=True):
    """What daily totals cannot tell: how many customers and open rewards there are now, and how many were here."""

    customers: int
    outstanding: int
    active: int
    returning: int


def period_of(days: int, today: date, timezone: str) -> Period:
    """The last `days` days, today included. Raises InvalidRequest unless 1 ≤ days ≤ 365."""
    if not 1 <= days <= MOST_DAYS:
        raise InvalidRequest.field("days", "must be a whole number from 1 to 365")
    return Period(days, today - timedelta(days=days - 1), today, timezone)


def summarise(period: Period, totals: dict[date, DayTotals], current: CurrentFigures) -> Summary:
    """Sum up the days of a period; `totals` has the days on which something happened."""
    days = [period.first + timedelta(days=number) for number in range(period.days)]
    daily = tuple(_day(day, totals.get(day, DayTotals())) for day in days)
    whole = reduce(add, (totals[day] for day in days if day in totals), DayTotals())
    return Summary(
        period=period,
        customers=CustomerFigures(current.customers, whole.new_customers, current.active, current.returning),
        visits=whole.visits,
        stamps=StampFigures(whole.stamps_added, whole.stamps_voided),
        rewards=_rewards(whole, current.outstanding),
        daily=daily,
    )


def program_figures(program_id: int, title: str | None, whole: DayTotals, outstanding: int) -> ProgramFigures:
    """The share of a program, by its sums and the number of its open rewards."""
    stamps = StampFigures(whole.stamps_added, whole.stamps_voided)
    return ProgramFigures(program_id, title, whole.visits, stamps, _rewards(whole, outstanding))


def _rewards(whole: DayTotals, outstanding: int) -> RewardFigures:
    rate = round(whole.rewards_redeemed / whole.rewards_earned, 4) if whole.rewards_earned else 0.0
    return RewardFigures(whole.rewards_earned, whole.rewards_redeemed, whole.rewards_expired, outstanding, rate)


def _day(day: date, totals: DayTotals) -> Day:
    return Day(
        date=day,
        visits=totals.visits,
        stamps=totals.stamps_added - totals.stamps_voided,
        new_customers=totals.new_customers,
        rewards_earned=totals.rewards_earned,
        rewards_redeemed=totals.rewards_redeemed,
    )
