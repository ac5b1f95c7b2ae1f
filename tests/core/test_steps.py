"""The law-book of steps: rewards on the way to the goal, and what a running card keeps of them."""

import pytest
from msgspec.structs import replace

from loyalty_core.errors import InvalidRequest, VoidRefused
from loyalty_core.events import RewardEarned
from loyalty_core.programs import Program, ProgramChange, Surplus, changed
from loyalty_core.promises import open_steps, promised_steps, step_places
from loyalty_core.rewards import RewardStatus
from loyalty_core.steps import Step
from loyalty_core.views import NextReward, next_reward
from testkit.builders import NOON, a_program, with_change
from tests.core.shop import Shop

TEA, CAKE = Step(3, "A tea"), Step(6, "A cake")


def a_shop(*steps: Step, goal: int = 10, opening_stamps: int = 0, **terms: object) -> Shop:
    """A shop whose card has steps on the way to a coffee."""
    return Shop(a_program(steps=steps, stamps_required=goal, **terms), opening_stamps=opening_stamps)


def texts(shop: Shop) -> list[str]:
    """The rewards that were not voided, in the order in which they were earned."""
    kept = (reward for reward in shop.rewards.values() if reward.status is not RewardStatus.VOIDED)
    return [reward.description for reward in kept]


def places(shop: Shop) -> list[tuple[int, str]]:
    return [(step.stamps, step.reward_description) for step in promised_steps(shop.card, shop.program)]


def refused(program: Program, **asked: object) -> tuple[str, str]:
    with pytest.raises(InvalidRequest) as refusal:
        changed(program, replace(ProgramChange(), **asked), NOON)
    return refusal.value.errors[0].pointer, refusal.value.errors[0].message


def test_reaching_a_step_earns_its_reward_and_the_card_goes_on() -> None:
    shop = a_shop(TEA, CAKE)
    assert not shop.stamp(2).rewards
    stamped = shop.stamp(1)
    assert [reward.description for reward in stamped.rewards] == ["A tea"]
    assert (stamped.reward_earned, stamped.current_stamps, stamped.stamps_required) == (True, 3, 10)
    assert not shop.stamp(1).rewards, "a step is earned once a card"


def test_a_stamp_that_passes_several_steps_earns_each_of_them() -> None:
    shop = a_shop(TEA, CAKE)
    assert [reward.description for reward in shop.stamp(7).rewards] == ["A tea", "A cake"]
    assert [event.data.reward.description for event in shop.events if isinstance(event, RewardEarned)] == [
        "A tea",
        "A cake",
    ]


def test_a_stamp_that_fills_the_card_earns_the_steps_that_are_left_and_then_the_goal() -> None:
    shop = a_shop(TEA, CAKE)
    shop.stamp(4)
    shop.stamp(6)
    assert texts(shop) == ["A tea", "A cake", "A coffee"]


def test_each_card_has_the_steps_again() -> None:
    shop = a_shop(TEA)
    for _ in range(4):
        shop.stamp(5)
    assert texts(shop) == ["A tea", "A coffee"] * 2


def test_what_is_carried_past_a_goal_reaches_the_steps_of_the_next_card() -> None:
    shop = a_shop(TEA, goal=5, surplus=Surplus.CARRY)
    shop.stamp(4)
    assert [reward.description for reward in shop.stamp(10).rewards] == ["A coffee", "A tea", "A coffee", "A tea"]
    assert shop.card.current_stamps == 4
    shop.stamp(1)
    assert texts(shop).count("A tea") == 3, "the running card has had its step"


def test_what_is_dropped_above_a_goal_reaches_no_step() -> None:
    shop = a_shop(TEA, goal=5)
    assert shop.stamp(9).stamps_dropped == 4
    assert texts(shop) == ["A tea", "A coffee"]


def test_stamps_from_another_book_reach_steps_too() -> None:
    assert texts(a_shop(TEA, CAKE, opening_stamps=4)) == ["A tea"]


def test_a_step_is_valid_as_long_as_any_reward() -> None:
    shop = a_shop(TEA, reward_valid_days=3)
    shop.stamp(10)
    assert len({reward.expires_at for reward in shop.rewards.values()}) == 1
    assert shop.rewards[1].expires_at is not None


def test_a_running_card_keeps_a_step_that_is_taken_away() -> None:
    shop = a_shop(TEA, CAKE)
    shop.stamp(1)
    shop.change(steps=())
    shop.stamp(9)
    assert texts(shop) == ["A tea", "A cake", "A coffee"]
    shop.stamp(10)
    assert texts(shop)[3:] == ["A coffee"], "the next card has the steps of today"


def test_an_empty_card_has_the_steps_of_today() -> None:
    shop = a_shop(TEA)
    shop.change(steps=(CAKE,))
    assert places(shop) == [(6, "A cake")]


def test_a_card_shows_steps_where_they_lie_below_its_goal_earned_or_not() -> None:
    shop = a_shop(TEA, CAKE)
    shop.stamp(4)
    assert step_places(shop.card, shop.program) == (3, 6)
    shop.change(steps=(TEA,), stamps_required=5)
    assert step_places(shop.card, shop.program) == (3,), "a step above a goal that was lowered is earned with the goal"
    assert step_places(a_shop().card, a_shop().program) == ()


def test_a_step_that_is_added_joins_a_running_card() -> None:
    shop = a_shop()
    shop.stamp(1)
    shop.change(reward_description="A large coffee")
    shop.change(steps=(TEA,))
    shop.change(steps=(TEA, CAKE))
    shop.stamp(5)
    assert texts(shop) == ["A tea", "A cake"]
    shop.change(steps=())
    assert places(shop) == [(3, "A tea"), (6, "A cake")]


def test_a_step_that_is_added_below_the_stamps_of_a_card_is_earned_by_the_next_stamp() -> None:
    shop = a_shop()
    shop.stamp(5)
    shop.change(steps=(TEA,))
    assert (texts(shop), next_reward(shop.card, shop.program)) == ([], NextReward(1, "A tea"))
    shop.stamp(1)
    assert texts(shop) == ["A tea"]


def test_a_step_can_be_brought_forward_and_is_earned_once() -> None:
    shop = a_shop(CAKE)
    shop.stamp(3)
    shop.change(steps=(Step(2, "A cake"),))
    shop.stamp(1)
    assert texts(shop) == ["A cake"]
    shop.stamp(5)
    assert texts(shop) == ["A cake"]


def test_a_step_that_is_put_off_stays_where_a_running_card_has_it() -> None:
    shop = a_shop(TEA)
    shop.stamp(2)
    shop.change(steps=(Step(8, "A tea"),))
    shop.stamp(1)
    assert texts(shop) == ["A tea"]
    shop.stamp(6)
    assert texts(shop) == ["A tea"]


def test_a_new_text_at_the_same_place_counts_from_now_on() -> None:
    shop = a_shop(TEA, CAKE)
    shop.stamp(3)
    shop.change(steps=(Step(3, "A juice"), Step(6, "A pie")))
    shop.stamp(4)
    assert texts(shop) == ["A tea", "A pie"]


def test_steps_that_change_places_are_both_kept() -> None:
    shop = a_shop(TEA, CAKE)
    shop.stamp(1)
    shop.change(steps=(Step(3, "A cake"), Step(6, "A tea")))
    shop.stamp(2)
    assert sorted(texts(shop)) == ["A cake", "A tea"]


def test_steps_with_one_text_keep_their_order() -> None:
    shop = a_shop(Step(3, "A tea"), Step(6, "A tea"))
    shop.stamp(1)
    shop.change(steps=(Step(4, "A tea"), Step(5, "A tea")))
    assert places(shop) == [(3, "A tea"), (5, "A tea")]


def test_steps_above_a_goal_that_was_lowered_are_earned_with_the_goal() -> None:
    shop = a_shop(TEA, CAKE)
    shop.stamp(4)
    shop.change(stamps_required=5, steps=())
    assert next_reward(shop.card, shop.program) == NextReward(1, "A coffee")
    shop.stamp(1)
    assert texts(shop) == ["A tea", "A cake", "A coffee"]


def test_a_step_that_is_added_above_the_goal_of_a_running_card_is_not_earned_by_it() -> None:
    shop = Shop(a_program(stamps_required=6))
    shop.stamp(2)
    shop.change(stamps_required=10, steps=(Step(9, "A cake"),))
    shop.stamp()
    assert [one.description for one in shop.stamp(3).rewards] == ["A coffee"]
    shop.stamp(9)
    assert [one.description for one in shop.rewards.values()] == ["A coffee", "A cake"]


def test_a_step_above_the_goal_of_a_running_card_joins_it_once_it_is_brought_below() -> None:
    shop = Shop(a_program(stamps_required=6))
    shop.stamp(2)
    shop.change(stamps_required=10, steps=(Step(9, "A cake"),))
    shop.change(steps=(Step(4, "A cake"),))
    assert [one.description for one in shop.stamp(2).rewards] == ["A cake"]


def test_a_card_knows_what_it_earns_next() -> None:
    shop = a_shop(TEA, CAKE)
    assert next_reward(shop.card, shop.program) == NextReward(3, "A tea")
    shop.stamp(4)
    assert next_reward(shop.card, shop.program) == NextReward(2, "A cake")
    shop.stamp(3)
    assert next_reward(shop.card, shop.program) == NextReward(3, "A coffee")
    assert open_steps(shop.card, shop.program) == ()


def test_undoing_a_stamp_takes_back_the_step_that_it_reached() -> None:
    shop = a_shop(TEA)
    shop.stamp(2)
    second = shop.stamp(2).transaction_id
    shop.void(second)
    assert (texts(shop), shop.card.current_stamps, shop.card.rewards_available) == ([], 2, 0)
    shop.stamp(1)
    assert texts(shop) == ["A tea"]


def test_undoing_an_earlier_stamp_moves_a_step_to_the_stamp_that_reaches_it_now() -> None:
    shop = a_shop(TEA, CAKE)
    first = shop.stamp(3).transaction_id
    second = shop.stamp(3).transaction_id
    shop.void(first)
    assert texts(shop) == ["A tea"]
    assert shop.standing() == {(second, "A tea"): 1}


def test_an_undo_keeps_a_reward_of_the_same_text() -> None:
    shop = a_shop(Step(3, "A coffee"), goal=6)
    shop.stamp(3)
    second = shop.stamp(3).transaction_id
    shop.void(1)
    assert [reward.id for reward in shop.rewards.values() if reward.status is RewardStatus.AVAILABLE] == [2]
    assert shop.standing() == {(second, "A coffee"): 1}


def test_a_step_that_was_handed_out_refuses_the_undo() -> None:
    shop = a_shop(TEA, CAKE)
    shop.stamp(6)
    shop.redeem(1)
    before = shop.twin()
    with pytest.raises(VoidRefused, match="reward 1, which was already handed out"):
        shop.void(1)
    assert vars(shop) == vars(before)


def test_undoing_unwinds_the_steps_of_a_change() -> None:
    shop = a_shop(CAKE)
    shop.stamp(1)
    shop.change(steps=())
    second = shop.stamp(8).transaction_id
    shop.void(1)
    assert (texts(shop), places(shop), shop.card) == ([], [], shop.folded().card)
    shop.void(second)
    assert shop.card.steps_since == 0


def test_a_step_is_below_the_goal() -> None:
    wanted = "must be below the goal of 10 stamps, and one is at 10"
    assert refused(a_program(), steps=(Step(10, "A tea"),)) == ("/steps", wanted)
    assert refused(a_program(), steps=(TEA, Step(12, "A tea")))[1].endswith("one is at 12")


def test_no_two_steps_have_one_place_and_they_are_in_order() -> None:
    wanted = "must not have two steps at 3 stamps"
    assert refused(a_program(), steps=(TEA, Step(3, "A juice"))) == ("/steps", wanted)
    assert refused(a_program(), steps=(CAKE, TEA)) == ("/steps", "must be in ascending order of their stamps")


def test_a_goal_stays_above_the_steps() -> None:
    wanted = "must be above the last step, which is at 6 stamps"
    assert refused(a_program(steps=(TEA, CAKE)), stamps_required=6) == ("/stamps_required", wanted)
    both = with_change(a_program(steps=(TEA, CAKE)), stamps_required=6, steps=(TEA,))
    assert both.terms.steps == (TEA,)


def test_the_reward_of_a_step_can_be_seen() -> None:
    assert refused(a_program(), steps=(Step(3, "\u200b"),))[0] == "/steps"
