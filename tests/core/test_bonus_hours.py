"""The law-book of bonus hours: when a stamp counts twice or three times."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.analytics import DayTotals
from loyalty_core.bonus_hours import BonusHours, bonus_factor, check_bonus_hours, overlap, with_row, without_row
from loyalty_core.errors import DailyCapReached, InvalidRequest
from loyalty_core.ledger import Gift
from loyalty_core.stamping import most_rewards
from loyalty_core.views import transaction_view
from testkit.builders import NEW_YORK, NOON, a_program, at, patiently, with_change
from tests.core.shop import Shop

MONDAY, SUNDAY = 1, 7


def hours(begin: str, end: str, *weekdays: int, factor: int = 2) -> BonusHours:
    """Bonus hours, on Mondays unless days are named."""
    return BonusHours(weekdays=weekdays or (MONDAY,), begin=begin, end=end, factor=2 if factor == 2 else 3)


NOONS = hours("12:00", "13:00")


def test_a_stamp_in_bonus_hours_counts_twice_and_the_entry_says_so() -> None:
    shop = Shop(a_program(bonus_hours=(NOONS,)))
    stamped = shop.stamp(2)
    assert (stamped.stamps_added, stamped.bonus_stamps, stamped.current_stamps) == (4, 2, 4)
    entry = shop.entries[stamped.transaction_id]
    assert (entry.stamps, entry.bonus_stamps, entry.asked_stamps, entry.occasion) == (4, 2, 2, Gift.BONUS_HOURS)
    assert shop.totals[NOON.date()] == DayTotals(new_customers=1, visits=1, stamps_added=4)


def test_a_stamp_outside_of_them_counts_once() -> None:
    shop = Shop(a_program(bonus_hours=(NOONS,)), now=at("13:00"))
    stamped = shop.stamp(2)
    assert (stamped.stamps_added, stamped.bonus_stamps) == (2, 0)
    assert shop.entries[stamped.transaction_id].occasion is None


def test_a_factor_of_three_fills_cards_and_earns_all_that_it_reaches() -> None:
    shop = Shop(a_program(bonus_hours=(hours("12:00", "13:00", factor=3),), surplus="carry", stamps_required=1))
    assert most_rewards(shop.customer, shop.program, 10) >= len(shop.stamp(10).rewards) == 30


def test_the_daily_cap_counts_what_was_asked_for() -> None:
    shop = Shop(a_program(bonus_hours=(NOONS,), daily_stamp_cap=4))
    shop.stamp(2)
    shop.wait(minutes=5)
    shop.stamp(1, minutes_ago=2)
    assert (shop.card.current_stamps, shop.card.day_stamps) == (6, 3)
    with pytest.raises(DailyCapReached) as refusal:
        shop.stamp(2)
    assert refusal.value.given == 3
    with pytest.raises(DailyCapReached) as refusal:
        shop.stamp(2, minutes_ago=4)
    assert refusal.value.given == 3


def test_undoing_takes_the_gift_back_too() -> None:
    shop = Shop(a_program(bonus_hours=(NOONS,)))
    shop.void(shop.stamp(2).transaction_id)
    assert (shop.card.current_stamps, shop.card.total_stamps) == (0, 0)
    assert shop.totals[NOON.date()] == DayTotals(new_customers=1, stamps_added=4, stamps_voided=4)


def test_a_part_that_is_undone_takes_its_gift_along() -> None:
    shop = Shop(a_program(bonus_hours=(hours("12:00", "13:00", factor=3),), daily_stamp_cap=3))
    number = shop.stamp(2).transaction_id
    asked = []
    for _ in range(5):
        shop.void(number, 1)
        asked.append((shop.entries[number].stamps, shop.entries[number].asked_stamps))
    assert asked == [(5, 2), (4, 2), (3, 1), (2, 1), (1, 1)]
    assert transaction_view(shop.entries[number]).bonus_stamps == 0
    assert (shop.card.day_stamps, shop.entries[number].bonus_stamps) == (1, 4)
    shop.stamp(2)


def test_a_late_stamp_is_judged_by_its_time() -> None:
    shop = Shop(a_program(bonus_hours=(NOONS,)), now=at("15:00"))
    assert shop.stamp(1, minutes_ago=150).bonus_stamps == 1
    assert shop.stamp(1, minutes_ago=30).bonus_stamps == 0


def test_a_late_stamp_is_judged_by_the_hours_that_were_in_force_then() -> None:
    shop = Shop(a_program(bonus_hours=(NOONS,)), now=at("14:00"))
    shop.change(bonus_hours=())
    shop.wait(hours=1)
    shop.change(bonus_hours=(hours("13:50", "16:00"),))
    assert shop.stamp(1, minutes_ago=150).bonus_stamps == 1
    assert shop.stamp(1, minutes_ago=30).bonus_stamps == 0
    assert shop.stamp(1).bonus_stamps == 1
    assert shop.stamp(1, minutes_ago=5 * 24 * 60).bonus_stamps == 0, "from before the first version"


def test_hours_may_pass_midnight_and_the_end_of_the_week() -> None:
    night = (hours("22:00", "02:00", SUNDAY, factor=3),)
    assert bonus_factor(night, at("21:59", day="2026-03-01")) == 1
    assert bonus_factor(night, at("22:00", day="2026-03-01")) == 3
    assert bonus_factor(night, at("01:59", day="2026-03-02")) == 3
    assert bonus_factor(night, at("02:00", day="2026-03-02")) == 1
    assert bonus_factor(night, at("01:00", day="2026-03-01")) == 1, "Saturday night is not named"
    assert bonus_factor((hours("22:00", "02:00"),), at("01:00", day="2026-03-03")) == 2, "the night after Monday"


def test_a_whole_day_ends_at_24_00() -> None:
    day = (hours("00:00", "24:00"),)
    assert [bonus_factor(day, at(clock)) for clock in ("00:00", "23:59")] == [2, 2]
    assert bonus_factor(day, at("00:00", day="2026-03-03")) == 1
    assert bonus_factor((hours("14:00", "00:00"),), at("23:59")) == 2


@pytest.mark.parametrize(("utc", "factor"), [("05:30", 2), ("06:30", 2), ("07:30", 1), ("04:30", 1)])
def test_an_hour_that_comes_twice_counts_both_times(utc: str, factor: int) -> None:
    """In New York clocks went back from 2:00 to 1:00 on 1 November 2026, a Sunday."""
    moment = at(utc, day="2026-11-01").astimezone(NEW_YORK)
    assert bonus_factor((hours("01:00", "02:00", SUNDAY),), moment) == factor


def test_an_hour_that_is_left_out_never_counts() -> None:
    """In New York clocks went forward from 2:00 to 3:00 on 8 March 2026, a Sunday."""
    program = (hours("02:00", "03:00", SUNDAY),)
    moments = [at(f"{hour:02}:{minute:02}", day="2026-03-08") for hour in range(24) for minute in (0, 30)]
    assert {bonus_factor(program, moment.astimezone(NEW_YORK)) for moment in moments} == {1}


def test_the_clock_of_the_shop_decides() -> None:
    shop = Shop(a_program(bonus_hours=(NOONS,)), now=NOON.astimezone(NEW_YORK))
    assert shop.stamp(1).bonus_stamps == 0, "it is seven in New York"


def refused(*rows: BonusHours) -> str:
    with pytest.raises(InvalidRequest) as refusal:
        with_change(a_program(), bonus_hours=rows)
    assert refusal.value.errors[0].pointer == "/bonus_hours"
    return refusal.value.errors[0].message


def test_hours_are_not_empty() -> None:
    assert refused(hours("14:00", "14:00")) == "must not be empty, as those from 14:00 to 14:00"
    assert refused(hours("24:00", "02:00")).startswith("must begin at 23:59 or earlier")


def test_no_two_hours_overlap() -> None:
    wanted = "must not overlap, as those from 13:59 to 16:00 do"
    assert refused(hours("12:00", "14:00", 1, 2), hours("13:59", "16:00", 2)) == wanted
    assert refused(hours("22:00", "03:00", SUNDAY), hours("02:00", "04:00", MONDAY)).startswith("must not overlap")
    assert refused(hours("12:00", "13:00", 1, 1)) == "must name each day of the week once in a row"
    check_bonus_hours((hours("12:00", "14:00"), hours("14:00", "16:00"), hours("12:00", "14:00", 2)))


ROWS = st.builds(
    hours,
    st.sampled_from(["00:00", "08:30", "22:00", "23:59"]),
    st.sampled_from(["00:01", "08:30", "12:00", "24:00"]),
    st.integers(1, 7),
    factor=st.sampled_from([2, 3]),
)


@patiently
@given(st.lists(ROWS, max_size=7), st.datetimes())
def test_of_hours_that_are_taken_at_most_one_counts_at_any_time(rows: list[BonusHours], moment: datetime) -> None:
    try:
        check_bonus_hours(tuple(rows))
    except InvalidRequest:
        return
    assert sum(bonus_factor((row,), moment) > 1 for row in rows) <= 1


def test_a_row_is_added_and_taken_away_once() -> None:
    evening = hours("18:00", "20:00")
    rows = with_row(with_row((NOONS,), evening), evening)
    assert rows == (NOONS, evening)
    assert without_row(without_row(rows, NOONS), NOONS) == (evening,)


def test_rows_overlap_across_midnight_and_across_the_week() -> None:
    night = hours("22:00", "02:00", SUNDAY)
    assert overlap(night, hours("01:00", "03:00", MONDAY))
    assert not overlap(night, hours("02:00", "03:00", MONDAY))
    assert not overlap(night, hours("01:00", "02:00", SUNDAY))


def test_an_eighth_row_is_refused() -> None:
    rows = tuple(hours("12:00", "13:00", day) for day in range(1, 8))
    check_bonus_hours(rows)
    with pytest.raises(InvalidRequest, match="at most 7 rows"):
        check_bonus_hours((*rows, hours("18:00", "20:00")))
