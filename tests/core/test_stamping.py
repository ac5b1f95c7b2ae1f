"""The law-book of stamping: how stamps fill a card, and how a full card becomes a reward."""

from datetime import date

import pytest
from msgspec import UNSET

from loyalty_core.analytics import DayTotals
from loyalty_core.changes import Change
from loyalty_core.errors import InvalidRequest
from loyalty_core.events import event_type
from loyalty_core.ledger import EntryType
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import Surplus
from loyalty_core.rewards import RewardStatus
from loyalty_core.stamping import StampOrder, stamp
from testkit.builders import ANA, NOON, a_customer, a_program, an_occasion, at
from tests.core.shop import Shop


def one_stamp() -> Change[Stamped]:
    return stamp(a_customer(), a_program(), StampOrder(), at=an_occasion(transaction_id=41))


def test_a_stamp_moves_the_card_one_step_and_is_one_visit() -> None:
    card = one_stamp().customer.card
    assert (card.current_stamps, card.total_stamps, card.total_visits) == (1, 1, 1)


def test_several_stamps_in_one_call_are_one_visit() -> None:
    shop = Shop()
    shop.stamp(4)
    assert (shop.card.current_stamps, shop.card.total_stamps, shop.card.total_visits) == (4, 4, 1)


def test_the_last_visit_says_when_and_by_whom() -> None:
    card = one_stamp().customer.card
    assert (card.last_visit_at, card.last_visit_by) == (NOON, "Ana")


def test_the_tenth_stamp_becomes_a_reward() -> None:
    shop = Shop()
    assert [shop.stamp().reward_earned for _ in range(10)] == 9 * [False] + [True]


def test_a_full_card_starts_again_at_zero() -> None:
    shop = Shop()
    shop.stamp(10)
    assert (shop.card.current_stamps, shop.card.goal, shop.card.program_version) == (0, 0, 0)


def test_a_new_reward_is_available_and_belongs_to_the_stamp_that_earned_it() -> None:
    shop = Shop(a_program(stamps_required=2))
    shop.stamp(1)
    earning = shop.stamp(1).transaction_id
    reward = shop.rewards[1]
    assert (reward.status, reward.transaction_id, reward.customer_id) == (RewardStatus.AVAILABLE, earning, 1)
    assert (reward.earned_at, reward.redeemed_at, reward.business_id) == (NOON, None, 1)


def test_an_earned_reward_is_counted_as_earned_and_as_available() -> None:
    shop = Shop(a_program(stamps_required=2))
    shop.stamp(2)
    assert (shop.card.rewards_earned, shop.card.rewards_available) == (1, 1)


def test_with_reset_the_stamps_above_the_goal_are_dropped() -> None:
    shop = Shop(a_program(stamps_required=4, surplus=Surplus.RESET))
    answer = shop.stamp(10)
    assert (answer.current_stamps, len(answer.rewards)) == (0, 1)


def test_dropped_stamps_still_count_in_the_total() -> None:
    shop = Shop(a_program(stamps_required=4, surplus=Surplus.RESET))
    assert shop.stamp(10).total_stamps == 10


def test_with_carry_the_stamps_above_the_goal_go_on_to_the_next_card() -> None:
    shop = Shop(a_program(stamps_required=4, surplus=Surplus.CARRY))
    shop.stamp(3)
    answer = shop.stamp(3)
    assert (answer.current_stamps, answer.stamps_required, len(answer.rewards)) == (2, 4, 1)


def test_with_carry_one_call_can_earn_several_rewards() -> None:
    shop = Shop(a_program(stamps_required=4, surplus=Surplus.CARRY))
    answer = shop.stamp(10)
    assert [reward.id for reward in answer.rewards] == [1, 2]
    assert (answer.current_stamps, shop.card.rewards_earned) == (2, 2)


def test_with_carry_stamps_that_fill_cards_exactly_leave_an_empty_one() -> None:
    shop = Shop(a_program(stamps_required=5, surplus=Surplus.CARRY))
    shop.stamp(10)
    assert (shop.card.current_stamps, shop.card.goal, shop.card.rewards_earned) == (0, 0, 2)


def test_a_goal_of_one_makes_every_stamp_a_reward() -> None:
    shop = Shop(a_program(stamps_required=1, surplus=Surplus.CARRY))
    assert len(shop.stamp(3).rewards) == 3


def test_the_answer_says_what_this_call_added_and_where_the_card_stands() -> None:
    shop = Shop()
    shop.stamp(2)
    answer = shop.stamp(3)
    assert (answer.stamps_added, answer.current_stamps, answer.total_stamps, answer.stamps_required) == (3, 5, 5, 10)
    assert (answer.reward_earned, answer.rewards) == (False, ())


def test_the_ledger_gains_an_entry_that_says_who_when_where_and_for_what() -> None:
    order = StampOrder(stamps=2, branch_id=5, order_ref="A-17")
    entry = stamp(a_customer(), a_program(), order, at=an_occasion(transaction_id=41)).entry
    assert entry is not None
    assert (entry.id, entry.type, entry.stamps, entry.actor, entry.occurred_at) == (41, EntryType.STAMP, 2, ANA, NOON)
    assert (entry.branch_id, entry.order_ref, entry.program_version) == (5, "A-17", 1)
    assert (entry.customer_id, entry.business_id, entry.voided_by, entry.voids) == (1, 1, None, None)


def test_every_change_of_a_card_raises_the_customers_version_and_says_when() -> None:
    change = stamp(a_customer(), a_program(), StampOrder(), at=an_occasion(at("15:00")))
    assert change.customer.version == a_customer().version + 1
    assert (change.customer.updated_at, change.customer.created_at) == (at("15:00"), NOON)


def test_a_stamp_tells_stamp_added_with_all_of_the_answer() -> None:
    change = one_stamp()
    assert [(event_type(event), event.data) for event in change.events] == [("stamp.added", change.answer)]


def test_each_earned_reward_tells_reward_earned_after_the_stamp() -> None:
    shop = Shop(a_program(stamps_required=2, surplus=Surplus.CARRY))
    shop.stamp(4)
    assert [event_type(event) for event in shop.events[1:]] == ["stamp.added", "reward.earned", "reward.earned"]


def test_a_stamp_counts_in_the_totals_of_its_day() -> None:
    shop = Shop(a_program(stamps_required=2, surplus=Surplus.CARRY))
    shop.stamp(4)
    counted = DayTotals(new_customers=1, visits=1, stamps_added=4, rewards_earned=2)
    assert shop.totals == {date(2026, 3, 2): counted}


@pytest.mark.parametrize("stamps", [1, 10])
def test_one_to_ten_stamps_may_be_given_at_once(stamps: int) -> None:
    assert Shop().stamp(stamps).stamps_added == stamps


@pytest.mark.parametrize("stamps", [-1, 0, 11])
def test_fewer_than_one_or_more_than_ten_stamps_are_refused(stamps: int) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        Shop().stamp(stamps)
    assert str(refusal.value) == "stamps: must be a whole number from 1 to 10."


@pytest.mark.parametrize(
    ("before", "given", "surplus", "dropped"),
    [
        (7, 2, Surplus.RESET, 0),
        (8, 2, Surplus.RESET, 0),
        (8, 3, Surplus.RESET, 1),
        (9, 10, Surplus.RESET, 9),
        (8, 3, Surplus.CARRY, 0),
    ],
)
def test_stamps_above_the_goal_that_go_to_no_card_are_told(
    before: int, given: int, surplus: Surplus, dropped: int
) -> None:
    shop = Shop(a_program(surplus=surplus))
    shop.stamp(before)
    stamped = shop.stamp(given)
    assert stamped.stamps_dropped == (dropped or UNSET)
    assert stamped.current_stamps == (before + given - dropped) % 10
