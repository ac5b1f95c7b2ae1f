"""The law-book of stamps that are booked after they were given: they count at their time."""

from datetime import date, timedelta

import pytest

from loyalty_core.errors import DailyCapReached, InvalidRequest, StampTooSoon
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus
from loyalty_core.stamping import StampOrder, is_late
from testkit.builders import ANA, BEN, NEW_YORK, NOON, a_program, at
from tests.core.shop import Shop

DAY = 24 * 60


def test_a_late_stamp_is_an_entry_of_its_own_time() -> None:
    shop = Shop()
    shop.stamp(2, minutes_ago=90)
    assert shop.entries[max(shop.entries)].occurred_at == NOON - timedelta(minutes=90)
    assert shop.customer.updated_at == NOON, "the card changed now"


def test_it_fills_a_card_like_any_other() -> None:
    shop = Shop()
    shop.stamp(8)
    stamped = shop.stamp(2, minutes_ago=3 * DAY)
    assert (stamped.reward_earned, stamped.current_stamps, shop.card.total_visits) == (True, 0, 2)


def test_it_leaves_the_last_visit_where_it_is() -> None:
    shop = Shop()
    shop.stamp(by=BEN)
    shop.stamp(by=ANA, minutes_ago=30)
    assert (shop.card.last_visit_at, shop.card.last_visit_by) == (NOON, "Ben")
    shop.wait(hours=2)
    shop.stamp(by=ANA, minutes_ago=60)
    assert (shop.card.last_visit_at, shop.card.last_visit_by) == (NOON + timedelta(hours=1), "Ana")


def test_its_figures_are_those_of_its_day_in_the_shop() -> None:
    shop = Shop(now=at("00:30", zone=NEW_YORK))
    shop.stamp(10, minutes_ago=60)
    totals = shop.totals[date(2026, 3, 1)]
    assert (totals.visits, totals.stamps_added, totals.rewards_earned) == (1, 10, 1)


def test_undoing_it_takes_it_off_its_day() -> None:
    shop = Shop()
    shop.void(shop.stamp(10, minutes_ago=2 * DAY).transaction_id)
    totals = shop.totals[date(2026, 2, 28)]
    assert (totals.visits, totals.stamps_voided, totals.rewards_earned) == (0, 10, 0)
    assert shop.card == Shop().card


def test_its_reward_is_valid_from_now_on() -> None:
    late, punctual = Shop(a_program(reward_valid_days=1)), Shop(a_program(reward_valid_days=1))
    late.stamp(10, minutes_ago=5 * DAY)
    punctual.stamp(10)
    assert late.rewards[1].expires_at == punctual.rewards[1].expires_at
    assert not late.expire()
    assert late.with_status(RewardStatus.AVAILABLE) == [1]


@pytest.mark.parametrize("minutes_ago", [7 * DAY + 1, -3])
def test_a_time_more_than_seven_days_ago_or_two_minutes_ahead_is_refused(minutes_ago: float) -> None:
    shop = Shop()
    with pytest.raises(InvalidRequest) as refused:
        shop.stamp(minutes_ago=minutes_ago)
    assert [error.pointer for error in refused.value.errors] == ["/occurred_at"]
    assert EntryType.STAMP not in {entry.type for entry in shop.entries.values()}


def test_a_clock_that_is_a_little_ahead_is_taken_as_now() -> None:
    shop = Shop()
    shop.stamp(minutes_ago=-2)
    assert shop.card.last_visit_at == NOON


@pytest.mark.parametrize("minutes", [9, 0, -9])
def test_the_cooldown_holds_between_the_times_at_which_stamps_were_given(minutes: int) -> None:
    shop = Shop(a_program(cooldown_seconds=600))
    shop.wait(hours=1)
    shop.stamp(minutes_ago=30)
    shop.stamp()
    with pytest.raises(StampTooSoon) as refused:
        shop.stamp(minutes_ago=30 + minutes)
    assert refused.value.last_at == NOON + timedelta(minutes=30)


@pytest.mark.parametrize("minutes_ago", [40, 20, 10])
def test_between_two_visits_that_are_far_enough_apart_there_is_room(minutes_ago: int) -> None:
    shop = Shop(a_program(cooldown_seconds=600))
    shop.wait(hours=1)
    shop.stamp(minutes_ago=30)
    shop.stamp()
    shop.stamp(minutes_ago=minutes_ago)
    assert shop.card.total_visits == 3


def test_the_cap_of_a_day_holds_for_what_was_given_on_it() -> None:
    shop = Shop(a_program(daily_stamp_cap=3))
    shop.stamp(3, minutes_ago=DAY)
    shop.stamp(3)
    with pytest.raises(DailyCapReached) as refused:
        shop.stamp(1, minutes_ago=DAY)
    assert refused.value.given == 3
    assert str(refused.value) == "A customer may collect 3 stamps a day and has 3 on 2026-03-01."
    shop.stamp(3, minutes_ago=2 * DAY)
    assert shop.card.total_stamps == 9


def test_what_was_undone_stands_in_nobody_s_way() -> None:
    shop = Shop(a_program(cooldown_seconds=600, daily_stamp_cap=3))
    shop.void(shop.stamp(3, minutes_ago=60).transaction_id)
    shop.stamp(1)
    shop.stamp(2, minutes_ago=60)
    assert shop.card.total_stamps == 3


def test_who_comes_too_soon_before_a_later_visit_hears_of_that_one() -> None:
    shop = Shop(a_program(cooldown_seconds=600))
    shop.stamp(by=BEN)
    with pytest.raises(StampTooSoon) as refused:
        shop.stamp(minutes_ago=6)
    assert str(refused.value) == "Already stamped 6 minutes later by Ben; next stamp at 12:10."


def test_only_under_a_limit_do_all_visits_decide_about_a_stamp_that_names_its_time() -> None:
    named = StampOrder(occurred_at=NOON)
    for limit in ({"cooldown_seconds": 600}, {"daily_stamp_cap": 3}):
        assert is_late(named, a_program(**limit).terms)
        assert not is_late(StampOrder(), a_program(**limit).terms)
        assert not is_late(StampOrder(occurred_at=None), a_program(**limit).terms)
    assert not is_late(named, a_program().terms)
