"""The law-book of analytics: whole days, empty ones too, and a rate."""

from datetime import date, timedelta

import pytest

from loyalty_core.analytics import CurrentFigures, DayTotals, Summary, period_of, program_figures, summarise
from loyalty_core.errors import InvalidRequest

TODAY = date(2026, 3, 2)
STANDING = CurrentFigures(customers=40, outstanding=6, active=9, returning=5)


def summary(days: int, totals: dict[date, DayTotals]) -> Summary:
    return summarise(period_of(days, TODAY, "Asia/Kolkata"), totals, STANDING)


def test_a_period_ends_with_today_and_both_ends_are_included() -> None:
    period = period_of(7, TODAY, "Asia/Kolkata")
    assert (period.days, period.first, period.last) == (7, date(2026, 2, 24), TODAY)
    assert period.timezone == "Asia/Kolkata"


def test_a_period_of_one_day_is_today() -> None:
    period = period_of(1, TODAY, "UTC")
    assert (period.first, period.last) == (TODAY, TODAY)


def test_a_year_is_welcome() -> None:
    assert len(summary(365, {}).daily) == 365


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_no_day_and_more_than_a_year_are_refused(days: int) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        period_of(days, TODAY, "UTC")
    assert str(refusal.value) == "days: must be a whole number from 1 to 365."


def test_every_day_has_a_row_an_empty_one_too() -> None:
    daily = summary(3, {TODAY - timedelta(days=1): DayTotals(visits=4)}).daily
    assert [(day.date.day, day.visits) for day in daily] == [(28, 0), (1, 4), (2, 0)]


def test_a_row_shows_all_figures_of_its_day() -> None:
    totals = DayTotals(visits=5, stamps_added=9, stamps_voided=2, new_customers=3, rewards_earned=4, rewards_redeemed=1)
    row = summary(1, {TODAY: totals}).daily[0]
    assert (row.visits, row.stamps, row.new_customers, row.rewards_earned, row.rewards_redeemed) == (5, 7, 3, 4, 1)


def test_the_days_are_added_up() -> None:
    day = DayTotals(
        visits=1,
        stamps_added=2,
        stamps_voided=3,
        new_customers=4,
        rewards_earned=5,
        rewards_redeemed=6,
        rewards_expired=7,
    )
    whole = summary(2, {TODAY: day, TODAY - timedelta(days=1): day})
    assert (whole.visits, whole.customers.new) == (2, 8)
    assert (whole.stamps.added, whole.stamps.voided) == (4, 6)
    assert (whole.rewards.earned, whole.rewards.redeemed, whole.rewards.expired) == (10, 12, 14)


def test_days_outside_the_period_do_not_count() -> None:
    outside = {TODAY + timedelta(days=1): DayTotals(visits=1), TODAY - timedelta(days=2): DayTotals(visits=1)}
    assert summary(2, outside).visits == 0


def test_what_days_cannot_tell_is_taken_over() -> None:
    whole = summary(2, {})
    assert (whole.customers.total, whole.customers.active, whole.customers.returning) == (40, 9, 5)
    assert whole.rewards.outstanding == 6


@pytest.mark.parametrize(("redeemed", "earned", "rate"), [(0, 0, 0.0), (1, 0, 0.0), (1, 3, 0.3333), (2, 2, 1.0)])
def test_the_rate_is_redeemed_per_earned_and_zero_when_nothing_was_earned(
    redeemed: int, earned: int, rate: float
) -> None:
    totals = {TODAY: DayTotals(rewards_earned=earned, rewards_redeemed=redeemed)}
    assert summary(1, totals).rewards.redemption_rate == rate


def test_what_one_program_had_is_what_is_left_of_the_whole_without_the_others() -> None:
    whole = DayTotals(visits=5, stamps_added=9, stamps_voided=1, rewards_earned=4, rewards_redeemed=2)
    mine = whole - DayTotals(visits=2, stamps_added=3, rewards_earned=2, rewards_redeemed=1)
    found = program_figures(7, "Salads", mine, 3)
    assert (found.visits, found.stamps.added, found.stamps.voided) == (3, 6, 1)
    assert (found.rewards.earned, found.rewards.redeemed, found.rewards.outstanding) == (2, 1, 3)
    assert found.rewards.redemption_rate == 0.5
