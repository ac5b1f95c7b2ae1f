"""The law-book of undoing: a card is afterwards as if the undone entry had never been made."""

from datetime import date
from itertools import permutations

import pytest
from msgspec.structs import replace

from loyalty_core.analytics import DayTotals
from loyalty_core.errors import AlreadyVoided, VoidRefused
from loyalty_core.events import event_type
from loyalty_core.ledger import EntryType
from loyalty_core.programs import running_goal
from loyalty_core.rewards import RewardStatus
from loyalty_core.voiding import void
from testkit.builders import MIRA, NEW_YORK, NOON, a_program, at
from tests.core.shop import Shop


def a_shop_with_a_reward() -> Shop:
    """Entry 1 gave three stamps, entry 2 the other two that made reward 1."""
    shop = Shop(a_program(stamps_required=5))
    shop.stamp(3)
    shop.stamp(2)
    return shop


def test_undoing_a_stamp_leaves_the_card_as_it_was_before() -> None:
    shop = Shop()
    shop.stamp(2)
    shop.wait(days=1)
    before = shop.card
    shop.void(shop.stamp(3).transaction_id)
    assert shop.card == before


def test_undoing_an_earlier_stamp_leaves_the_later_ones() -> None:
    shop = Shop()
    shop.stamp(2)
    shop.stamp(3)
    shop.void(1)
    assert (shop.card.current_stamps, shop.card.total_stamps, shop.card.total_visits) == (3, 3, 1)


def test_undoing_the_only_stamp_leaves_an_empty_card() -> None:
    shop = Shop()
    empty = shop.card
    shop.void(shop.stamp().transaction_id)
    assert shop.card == empty


def test_both_entries_stay_in_the_ledger_and_point_at_each_other() -> None:
    shop = Shop()
    shop.stamp(2)
    undoing = shop.void(1, reason="Wrong card").transaction_id
    assert (shop.entries[1].stamps, shop.entries[1].voided_by) == (2, undoing)
    entry = shop.entries[undoing]
    assert (entry.type, entry.voids, entry.stamps, entry.reason) == (EntryType.VOID, 1, 0, "Wrong card")


def test_the_answer_names_both_entries_and_shows_the_card() -> None:
    shop = Shop()
    shop.stamp(2)
    answer = shop.void(1)
    assert (answer.transaction_id, answer.voided_transaction_id, answer.customer.current_stamps) == (2, 1, 0)
    assert answer.customer.version == shop.customer.version == 3


def test_an_undo_tells_transaction_voided_with_all_of_the_answer() -> None:
    shop = Shop()
    shop.stamp()
    answer = shop.void(1)
    assert (event_type(shop.events[-1]), shop.events[-1].data) == ("transaction.voided", answer)


def test_an_undone_stamp_is_taken_off_the_day_on_which_it_was_given() -> None:
    shop = Shop(a_program(stamps_required=2), now=at("23:30", zone=NEW_YORK))
    shop.stamp(2)
    shop.wait(hours=1)
    shop.void(1)
    day = DayTotals(new_customers=1, stamps_added=2, stamps_voided=2)
    assert shop.totals == {date(2026, 3, 2): day}


def test_a_reward_that_an_undone_stamp_earned_is_lost() -> None:
    shop = a_shop_with_a_reward()
    shop.void(2)
    assert shop.with_status(RewardStatus.VOIDED) == [1]
    assert (shop.card.current_stamps, shop.card.rewards_earned, shop.card.rewards_available) == (3, 0, 0)


def test_a_reward_that_needed_an_undone_stamp_is_lost_too() -> None:
    shop = a_shop_with_a_reward()
    shop.void(1)
    assert shop.with_status(RewardStatus.VOIDED) == [1]
    assert (shop.card.current_stamps, shop.card.rewards_earned) == (2, 0)


def test_a_stamp_whose_reward_was_handed_out_cannot_be_undone() -> None:
    shop = a_shop_with_a_reward()
    shop.redeem()
    with pytest.raises(VoidRefused) as refusal:
        shop.void(2)
    assert str(refusal.value) == (
        "Undoing this would take back reward 1, which was already handed out. Undo its redemption first."
    )


def test_once_the_redemption_is_undone_the_stamp_can_be_undone_too() -> None:
    shop = a_shop_with_a_reward()
    shop.void(shop.redeem().transaction_id)
    shop.void(2)
    assert shop.with_status(RewardStatus.VOIDED) == [1]


def test_undoing_a_redemption_makes_its_reward_available_again() -> None:
    shop = a_shop_with_a_reward()
    shop.void(shop.redeem().transaction_id)
    assert (shop.rewards[1].status, shop.rewards[1].redeemed_at) == (RewardStatus.AVAILABLE, None)
    assert shop.card.rewards_available == 1


def test_undoing_a_redemption_leaves_other_rewards_alone() -> None:
    shop = a_shop_with_a_reward()
    shop.stamp(5)
    first, _second = shop.redeem().transaction_id, shop.redeem().transaction_id
    shop.void(first)
    assert (shop.with_status(RewardStatus.AVAILABLE), shop.with_status(RewardStatus.REDEEMED)) == ([1], [2])


def test_a_reward_whose_redemption_was_undone_can_be_redeemed_again() -> None:
    shop = a_shop_with_a_reward()
    shop.void(shop.redeem().transaction_id)
    assert shop.redeem().reward.id == 1


def test_an_undone_redemption_is_taken_off_its_day() -> None:
    shop = a_shop_with_a_reward()
    shop.wait(days=1)
    redemption = shop.redeem().transaction_id
    shop.wait(days=1)
    shop.void(redemption)
    assert shop.totals[date(2026, 3, 3)] == DayTotals()


def test_a_reward_that_a_later_entry_earns_now_moves_to_that_entry() -> None:
    shop = a_shop_with_a_reward()
    shop.wait(days=1)
    shop.stamp(3)
    shop.wait(days=1)
    shop.void(1)
    assert (shop.rewards[1].status, shop.rewards[2].status) == (RewardStatus.VOIDED, RewardStatus.AVAILABLE)
    assert (shop.rewards[2].transaction_id, shop.rewards[2].earned_at) == (3, at(day="2026-03-03"))


def test_a_reward_that_moves_changes_the_day_in_the_totals() -> None:
    shop = a_shop_with_a_reward()
    shop.wait(days=1)
    shop.stamp(3)
    shop.void(1)
    assert [shop.totals[date(2026, 3, day)].rewards_earned for day in (2, 3)] == [0, 1]


def test_a_reward_that_moves_is_told_after_the_undo() -> None:
    shop = a_shop_with_a_reward()
    shop.stamp(3)
    shop.void(1)
    assert [event_type(event) for event in shop.events[-2:]] == ["transaction.voided", "reward.earned"]


def test_a_reward_that_moves_has_text_and_validity_of_the_entry_that_earns_it_now() -> None:
    shop = a_shop_with_a_reward()
    shop.change(reward_description="A cake", reward_valid_days=1)
    shop.stamp(3)
    shop.change(reward_description="A pie")
    shop.wait(days=5)
    shop.void(1)
    assert (shop.rewards[2].description, shop.rewards[2].expires_at) == ("A cake", at("00:00", day="2026-03-04"))


def test_several_rewards_can_move_in_one_undo() -> None:
    shop = Shop(a_program(stamps_required=2))
    for _ in range(5):
        shop.stamp()
    shop.void(1)
    assert shop.with_status(RewardStatus.VOIDED) == [1, 2]
    assert [shop.rewards[number].transaction_id for number in (3, 4)] == [3, 5]


def test_an_undo_can_issue_more_rewards_than_there_were_before() -> None:
    """Without entry 1 the card was still running when its goal was lowered."""
    shop = Shop(a_program(stamps_required=10, surplus="carry"))
    shop.stamp(1)
    shop.stamp(9)
    shop.change(stamps_required=1)
    shop.stamp(1)
    shop.void(1)
    assert (shop.with_status(RewardStatus.VOIDED), len(shop.with_status(RewardStatus.AVAILABLE))) == ([1], 10)


def test_a_reward_that_stays_where_it_was_earned_is_left_alone() -> None:
    shop = Shop(a_program(stamps_required=5))
    shop.stamp(2)
    shop.stamp(5)
    before = shop.rewards[1]
    shop.void(1)
    assert shop.rewards == {1: before}


def test_a_reward_that_was_lost_before_is_not_touched_again() -> None:
    shop = a_shop_with_a_reward()
    shop.void(2)
    change = void(shop.history(), shop.entries[1], at=shop.occasion(MIRA))
    assert (change.settled, change.issued) == ((), ())


def test_of_two_rewards_of_one_entry_the_older_one_stays_when_only_one_is_earned_still() -> None:
    shop = Shop(a_program(stamps_required=2, surplus="carry"))
    shop.stamp(1)
    shop.stamp(3)
    for rewards in permutations(shop.rewards.values()):
        history = replace(shop.history(), rewards=rewards)
        lost = void(history, shop.entries[1], at=shop.occasion(MIRA)).settled
        assert [(reward.id, reward.status) for reward in lost] == [(2, RewardStatus.VOIDED)]


def test_of_two_rewards_of_one_entry_the_one_not_handed_out_is_lost() -> None:
    shop = Shop(a_program(stamps_required=2, surplus="carry"))
    shop.stamp(1)
    shop.stamp(3)
    shop.redeem(2)
    shop.void(1)
    assert (shop.with_status(RewardStatus.REDEEMED), shop.with_status(RewardStatus.VOIDED)) == ([2], [1])


def test_an_expired_reward_is_lost_together_with_its_expiry() -> None:
    shop = Shop(a_program(stamps_required=5, reward_valid_days=1))
    shop.stamp(5)
    shop.wait(days=3)
    expiry = shop.expire()[0].transaction_id
    undoing = shop.void(1).transaction_id
    assert (shop.with_status(RewardStatus.VOIDED), shop.card.rewards_available) == ([1], 0)
    assert (shop.entries[expiry].voided_by, shop.entries[undoing].voids) == (undoing, 1)
    assert shop.totals[date(2026, 3, 5)].rewards_expired == 0


def test_undoing_the_stamp_that_began_a_card_leaves_the_goal_of_the_stamp_that_begins_it_now() -> None:
    shop = Shop(a_program(stamps_required=5))
    shop.stamp(1)
    shop.change(stamps_required=8)
    shop.stamp(1)
    shop.void(1)
    assert running_goal(shop.card, shop.program) == 8


def test_an_undone_stamp_is_no_last_visit() -> None:
    shop = Shop()
    shop.stamp()
    shop.wait(hours=1)
    shop.void(shop.stamp().transaction_id)
    assert (shop.card.last_visit_at, shop.card.total_visits, shop.card.day_stamps) == (NOON, 1, 1)


def test_an_entry_can_be_undone_once() -> None:
    shop = Shop()
    shop.stamp()
    shop.void(1)
    with pytest.raises(AlreadyVoided) as refusal:
        shop.void(1)
    assert (refusal.value.transaction_id, refusal.value.voided_by) == (1, 2)
    assert str(refusal.value) == "Transaction 1 was already undone, by transaction 2."


@pytest.mark.parametrize("kind", [EntryType.VOID, EntryType.IMPORT, EntryType.EXPIRE])
def test_only_stamps_and_redemptions_can_be_undone(kind: EntryType) -> None:
    shop = Shop()
    shop.stamp()
    shop.entries[1] = replace(shop.entries[1], type=kind)
    with pytest.raises(VoidRefused) as refusal:
        shop.void(1)
    assert str(refusal.value) == "Only stamps and redemptions can be undone."


def test_stamps_brought_along_survive_every_undo() -> None:
    shop = Shop(opening_stamps=3)
    shop.void(shop.stamp(2).transaction_id)
    assert (shop.card.current_stamps, shop.card.total_stamps) == (3, 3)
