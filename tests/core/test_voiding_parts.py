"""The law-book of undoing a part: some stamps of an entry are undone, and the entry then counts for the rest."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from loyalty_core.analytics import DayTotals
from loyalty_core.errors import AlreadyVoided, InvalidRequest, VoidBar, VoidRefused
from loyalty_core.events import event_type
from loyalty_core.programs import Surplus
from loyalty_core.rewards import RewardStatus
from loyalty_core.steps import Step
from loyalty_core.voiding import most_rewards, most_rewards_of_all
from testkit.builders import ANA, a_program, patiently
from tests.core.shop import Shop
from tests.core.stories import Story, stories

whatever_happens = settings(patiently, max_examples=min(60, settings().max_examples))


def test_the_entry_counts_for_the_rest_and_its_visit_stays() -> None:
    shop = Shop()
    shop.stamp(3)
    answer = shop.void(1, 2)
    assert (answer.stamps_voided, answer.customer.current_stamps, answer.customer.total_visits) == (2, 1, 1)
    assert (shop.entries[1].stamps, shop.entries[1].stamps_voided, shop.entries[1].voided_by) == (1, 2, None)
    assert (shop.entries[2].voids, shop.entries[2].stamps, shop.entries[2].stamps_voided) == (1, 0, 2)
    assert (shop.card, event_type(shop.events[-1])) == (shop.folded().card, "transaction.voided")


def test_parts_can_be_undone_until_nothing_is_left() -> None:
    shop = Shop()
    empty = shop.card
    shop.stamp(3)
    shop.void(1, 1)
    shop.void(1, 1)
    last = shop.void(1, 1)
    assert (shop.card, shop.entries[1].voided_by) == (empty, last.transaction_id)
    with pytest.raises(AlreadyVoided):
        shop.void(1, 1)


def test_after_a_part_the_rest_can_be_undone_at_once() -> None:
    shop = Shop()
    empty = shop.card
    shop.stamp(3)
    shop.void(1, 1)
    assert shop.void(1).stamps_voided is UNSET
    assert (shop.card, shop.entries[1].voided_by) == (empty, 3)


def test_more_than_is_left_is_refused() -> None:
    shop = Shop()
    shop.stamp(3)
    shop.void(1, 2)
    with pytest.raises(VoidRefused, match="Only 1 of these stamps are left") as refusal:
        shop.void(1, 2)
    assert refusal.value.bar is VoidBar.MORE_THAN_LEFT
    assert shop.card.current_stamps == 1


def test_a_redemption_has_no_parts() -> None:
    shop = Shop(a_program(stamps_required=5))
    shop.stamp(5)
    with pytest.raises(InvalidRequest):
        shop.void(shop.redeem().transaction_id, 1)


def test_staff_may_undo_a_part_of_their_own_only_within_their_time() -> None:
    shop = Shop()
    shop.stamp(3, by=ANA)
    shop.wait(minutes=11)
    with pytest.raises(VoidRefused):
        shop.void(1, 1, by=ANA)


def test_a_reward_that_the_rest_does_not_earn_is_lost_and_a_redeemed_one_refuses() -> None:
    shop = Shop(a_program(stamps_required=5))
    shop.stamp(5)
    twin = shop.twin()
    shop.void(1, 1)
    assert shop.with_status(RewardStatus.VOIDED) == [1]
    twin.redeem()
    with pytest.raises(VoidRefused) as refusal:
        twin.void(1, 1)
    assert refusal.value.bar is VoidBar.REWARD_HANDED_OUT


def test_stamps_above_the_goal_that_were_dropped_are_undone_without_taking_the_reward() -> None:
    shop = Shop(a_program(stamps_required=5, surplus=Surplus.RESET))
    shop.stamp(7)
    shop.void(1, 2)
    assert shop.with_status(RewardStatus.AVAILABLE) == [1]


def test_a_part_is_taken_off_its_day_but_not_its_visit() -> None:
    shop = Shop()
    shop.stamp(3)
    shop.void(1, 2)
    given = DayTotals(new_customers=1, visits=1, stamps_added=3, stamps_voided=2)
    assert shop.totals == {date(2026, 3, 2): given}
    shop.void(1)
    assert shop.totals == {date(2026, 3, 2): DayTotals(new_customers=1, stamps_added=3, stamps_voided=3)}


def test_room_is_made_for_a_reward_of_each_stamp_and_of_each_step_that_is_left() -> None:
    shop = Shop(a_program(stamps_required=1, surplus=Surplus.CARRY))
    assert most_rewards_of_all(shop.history()) == most_rewards(shop.history()) == 0
    shop.stamp(4)
    assert most_rewards_of_all(shop.history()) == len(shop.rewards) == 4
    shop.change(stamps_required=5, steps=(Step(stamps=2, reward_description="A cookie"),))
    assert most_rewards(shop.history()) == 4 * (1 + 1)


def a_shop_that_forgives(story: Story) -> Shop:
    shop = story.end()
    shop.change(cooldown_seconds=0, daily_stamp_cap=None, opening_stamps=0, bonus_hours=())
    return shop


@whatever_happens
@given(stories(), st.integers(2, 10), st.data())
def test_undoing_a_part_is_as_if_only_the_rest_had_been_given(story: Story, stamps: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(1, stamps - 1))
    shop, other = a_shop_that_forgives(story), a_shop_that_forgives(story)
    shop.void(shop.stamp(stamps).transaction_id, part)
    other.stamp(stamps - part)
    assert shop.card == other.card == shop.folded().card
    assert len(shop.with_status(RewardStatus.AVAILABLE)) == len(other.with_status(RewardStatus.AVAILABLE))


@whatever_happens
@given(stories(), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_parts_that_make_the_whole_leave_the_card_as_it_was(story: Story, parts: list[int]) -> None:
    shop = a_shop_that_forgives(story)
    before = shop.twin()
    given = shop.stamp(min(10, sum(parts))).transaction_id
    for part in parts:
        left = shop.entries[given].stamps
        if shop.entries[given].voided_by is None:
            shop.void(given, min(part, left))
    if shop.entries[given].voided_by is None:
        shop.void(given)
    assert shop.card == before.card
