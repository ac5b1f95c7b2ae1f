"""The law-book of pauses and caps: when a stamp has to wait, and until when."""

import pytest

from loyalty_core.errors import DailyCapReached, StampTooSoon
from testkit.builders import KOLKATA, NEW_YORK, TILL, a_program, at
from tests.core.shop import Shop

HOUR = 3_600


def test_a_stamp_within_the_cooldown_is_refused_with_name_and_local_time() -> None:
    shop = Shop(a_program(cooldown_seconds=10 * 60), now=at("10:30", zone=NEW_YORK))
    shop.stamp()
    shop.wait(minutes=6)
    with pytest.raises(StampTooSoon) as refusal:
        shop.stamp()
    assert str(refusal.value) == "Already stamped 6 minutes ago by Ana; next stamp at 10:40."


def test_the_refusal_carries_its_times_and_its_name() -> None:
    shop = Shop(a_program(cooldown_seconds=10 * 60), now=at("10:30"))
    shop.stamp()
    with pytest.raises(StampTooSoon) as refusal:
        shop.stamp()
    assert (refusal.value.last_at, refusal.value.next_at, refusal.value.by) == (at("10:30"), at("10:40"), "Ana")


def test_a_cooldown_that_ends_on_another_day_is_refused_with_the_date() -> None:
    shop = Shop(a_program(cooldown_seconds=20 * HOUR), now=at("18:00"))
    shop.stamp(by=TILL)
    shop.wait(hours=2)
    with pytest.raises(StampTooSoon) as refusal:
        shop.stamp()
    assert str(refusal.value) == "Already stamped 2 hours ago by Till at the door; next stamp at 2026-03-03 14:00."


def test_a_stamp_is_welcome_again_at_the_very_end_of_the_cooldown() -> None:
    shop = Shop(a_program(cooldown_seconds=600))
    shop.stamp()
    shop.wait(seconds=599)
    with pytest.raises(StampTooSoon):
        shop.stamp()
    shop.wait(seconds=1)
    assert shop.stamp().current_stamps == 2


def test_without_a_cooldown_stamps_may_follow_at_once() -> None:
    shop = Shop()
    shop.stamp()
    assert shop.stamp().current_stamps == 2


def test_the_cooldown_starts_with_the_last_visit_not_with_joining() -> None:
    shop = Shop(a_program(cooldown_seconds=600), opening_stamps=3)
    assert shop.stamp().current_stamps == 4


def test_a_cooldown_set_today_counts_from_visits_before_it() -> None:
    shop = Shop()
    shop.stamp()
    shop.change(cooldown_seconds=600)
    with pytest.raises(StampTooSoon):
        shop.stamp()


def test_an_undone_stamp_does_not_hold_up_the_next_one() -> None:
    shop = Shop(a_program(cooldown_seconds=600))
    shop.void(shop.stamp().transaction_id)
    assert shop.stamp().current_stamps == 1


def test_a_clock_that_was_put_back_holds_up_nobody() -> None:
    shop = Shop(a_program(cooldown_seconds=600))
    shop.stamp()
    shop.wait(hours=-1)
    assert shop.stamp().current_stamps == 2


def test_the_hour_that_summer_time_skips_does_not_shorten_a_cooldown() -> None:
    shop = Shop(a_program(cooldown_seconds=HOUR), now=at("01:30", day="2026-03-08", zone=NEW_YORK))
    shop.stamp()
    shop.wait(minutes=30)
    with pytest.raises(StampTooSoon) as refusal:
        shop.stamp()
    assert str(refusal.value) == "Already stamped 30 minutes ago by Ana; next stamp at 03:30."


def test_the_hour_that_comes_twice_in_autumn_does_not_lengthen_a_cooldown() -> None:
    shop = Shop(a_program(cooldown_seconds=HOUR), now=at("01:50", day="2026-11-01", zone=NEW_YORK))
    shop.stamp()
    shop.wait(minutes=65)
    assert shop.stamp().current_stamps == 2


def test_a_day_holds_as_many_stamps_as_the_cap_says() -> None:
    shop = Shop(a_program(daily_stamp_cap=3))
    shop.stamp(2)
    assert shop.stamp(1).current_stamps == 3


def test_stamps_above_the_daily_cap_are_refused_with_the_time_from_which_more_are_welcome() -> None:
    shop = Shop(a_program(daily_stamp_cap=3))
    shop.stamp(2)
    with pytest.raises(DailyCapReached) as refusal:
        shop.stamp(2)
    assert str(refusal.value) == "A customer may collect 3 stamps a day and has 2 today; more from 2026-03-03 00:00."


def test_the_refusal_carries_the_cap_what_was_given_and_the_midnight_of_the_shop() -> None:
    shop = Shop(a_program(daily_stamp_cap=3), now=at(zone=KOLKATA))
    shop.stamp(3)
    with pytest.raises(DailyCapReached) as refusal:
        shop.stamp()
    midnight = at("00:00", day="2026-03-03", zone=KOLKATA)
    assert (refusal.value.cap, refusal.value.given, refusal.value.next_at) == (3, 3, midnight)


def test_more_stamps_in_one_call_than_the_cap_are_refused() -> None:
    with pytest.raises(DailyCapReached) as refusal:
        Shop(a_program(daily_stamp_cap=3)).stamp(4)
    assert str(refusal.value) == "A customer may collect 3 stamps a day: 4 at once never fit."


def test_a_new_day_begins_at_midnight_of_the_shop_not_of_greenwich() -> None:
    shop = Shop(a_program(daily_stamp_cap=1), now=at("23:59", zone=KOLKATA))
    shop.stamp()
    shop.wait(minutes=1)
    assert shop.stamp().current_stamps == 2


def test_midnight_in_greenwich_begins_no_new_day_elsewhere() -> None:
    shop = Shop(a_program(daily_stamp_cap=1), now=at("05:29", zone=KOLKATA))
    shop.stamp()
    shop.wait(minutes=1)
    with pytest.raises(DailyCapReached):
        shop.stamp()


def test_a_day_of_twenty_three_hours_is_one_day() -> None:
    shop = Shop(a_program(daily_stamp_cap=1), now=at("00:00", day="2026-03-08", zone=NEW_YORK))
    shop.stamp()
    shop.wait(hours=22, minutes=59)
    with pytest.raises(DailyCapReached):
        shop.stamp()
    shop.wait(minutes=1)
    assert shop.stamp().current_stamps == 2


def test_a_day_of_twenty_five_hours_is_one_day() -> None:
    shop = Shop(a_program(daily_stamp_cap=1), now=at("00:00", day="2026-11-01", zone=NEW_YORK))
    shop.stamp()
    shop.wait(hours=24)
    with pytest.raises(DailyCapReached):
        shop.stamp()
    shop.wait(hours=1)
    assert shop.stamp().current_stamps == 2


def test_undone_stamps_do_not_count_against_the_cap() -> None:
    shop = Shop(a_program(daily_stamp_cap=1))
    shop.void(shop.stamp().transaction_id)
    assert shop.stamp().current_stamps == 1


def test_stamps_brought_along_do_not_count_against_the_cap() -> None:
    shop = Shop(a_program(daily_stamp_cap=1), opening_stamps=5)
    assert shop.stamp().current_stamps == 6
