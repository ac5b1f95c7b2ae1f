"""The law-book of promises: what a change of the program may do to cards that people hold already."""

from loyalty_core.programs import ProgramChange, Surplus, changed, running_goal
from testkit.builders import NOON, a_customer, a_program, at, with_change
from tests.core.shop import Shop


def goal(shop: Shop) -> int:
    return running_goal(shop.card, shop.program)


def test_a_card_in_progress_keeps_its_goal_when_the_program_asks_for_more() -> None:
    shop = Shop(a_program(stamps_required=8))
    shop.stamp(3)
    shop.change(stamps_required=12)
    assert shop.stamp(4).stamps_required == 8
    assert shop.stamp(1).reward_earned


def test_the_card_after_a_kept_promise_takes_the_goal_of_today() -> None:
    shop = Shop(a_program(stamps_required=8))
    shop.stamp(3)
    shop.change(stamps_required=12)
    assert shop.stamp(5).stamps_required == 12


def test_an_empty_card_takes_the_goal_of_today() -> None:
    shop = Shop(a_program(stamps_required=8))
    shop.change(stamps_required=12)
    assert goal(shop) == 12
    assert shop.stamp(8).reward_earned is False


def test_a_lowered_goal_shortens_a_card_in_progress() -> None:
    shop = Shop(a_program(stamps_required=8))
    shop.stamp(3)
    shop.change(stamps_required=5)
    assert goal(shop) == 5
    assert shop.stamp(2).reward_earned


def test_a_lowered_goal_that_is_already_reached_earns_with_the_next_stamp() -> None:
    shop = Shop(a_program(stamps_required=8))
    shop.stamp(7)
    shop.change(stamps_required=5)
    assert shop.rewards == {}
    answer = shop.stamp()
    assert (len(answer.rewards), answer.current_stamps) == (1, 0)


def test_with_carry_a_lowered_goal_that_is_passed_loses_no_stamps() -> None:
    shop = Shop(a_program(stamps_required=10, surplus=Surplus.CARRY))
    shop.stamp(9)
    shop.change(stamps_required=4)
    answer = shop.stamp()
    assert (len(answer.rewards), answer.current_stamps) == (2, 2)


def test_with_carry_only_the_running_card_has_the_old_goal() -> None:
    shop = Shop(a_program(stamps_required=4, surplus=Surplus.CARRY))
    shop.stamp(3)
    shop.change(stamps_required=6)
    answer = shop.stamp(8)
    assert (len(answer.rewards), answer.current_stamps, answer.stamps_required) == (2, 1, 6)


def test_a_goal_that_was_lowered_and_raised_again_stays_lowered() -> None:
    shop = Shop(a_program(stamps_required=8))
    shop.stamp(3)
    shop.change(stamps_required=5)
    shop.change(stamps_required=12)
    assert goal(shop) == 5


def test_a_lowered_goal_stays_lowered_over_later_stamps_too() -> None:
    shop = Shop(a_program(stamps_required=8))
    shop.stamp(1)
    shop.change(stamps_required=5)
    shop.change(stamps_required=12)
    shop.stamp(1)
    assert goal(shop) == 5
    assert shop.stamp(3).reward_earned


def test_a_goal_from_before_the_card_was_begun_promises_nothing() -> None:
    shop = Shop(a_program(stamps_required=3))
    shop.change(stamps_required=8)
    shop.stamp(1)
    shop.change(stamps_required=12)
    assert goal(shop) == 8


def test_a_changed_reward_text_applies_to_rewards_earned_from_then_on() -> None:
    shop = Shop(a_program(stamps_required=2, reward_description="A coffee"))
    shop.stamp(2)
    shop.stamp(1)
    shop.change(reward_description="A cake")
    shop.stamp(1)
    assert [reward.description for reward in shop.rewards.values()] == ["A coffee", "A cake"]


def test_a_changed_surplus_applies_to_the_next_stamp() -> None:
    shop = Shop(a_program(stamps_required=4, surplus=Surplus.RESET))
    shop.stamp(3)
    shop.change(surplus=Surplus.CARRY)
    assert shop.stamp(2).current_stamps == 1


def test_a_change_makes_the_next_version_of_the_program() -> None:
    after = changed(a_program(stamps_required=8), ProgramChange(stamps_required=9), at("18:00"))
    assert (after.version, after.stamps_required, after.updated_at) == (2, 9, at("18:00"))


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    program = a_program(cooldown_seconds=60, daily_stamp_cap=5, reward_valid_days=30, surplus=Surplus.CARRY)
    after = changed(program, ProgramChange(reward_description="A cake"), NOON)
    assert (after.cooldown_seconds, after.daily_stamp_cap, after.reward_valid_days) == (60, 5, 30)
    assert (after.stamps_required, after.surplus) == (10, Surplus.CARRY)


def test_a_change_that_says_what_is_so_already_makes_no_version() -> None:
    program = a_program(stamps_required=8)
    assert changed(program, ProgramChange(stamps_required=8), at("18:00")) == program.terms


def test_the_name_is_the_shops_and_makes_no_version() -> None:
    program = a_program()
    assert changed(program, ProgramChange(name="Leaf & Bean"), at("18:00")) == program.terms


def test_a_cap_and_a_validity_can_be_taken_away() -> None:
    program = a_program(daily_stamp_cap=5, reward_valid_days=30)
    after = changed(program, ProgramChange(daily_stamp_cap=None, reward_valid_days=None), NOON)
    assert (after.daily_stamp_cap, after.reward_valid_days) == (None, None)


def test_a_program_knows_what_it_was_at_each_of_its_versions() -> None:
    program = with_change(with_change(a_program(stamps_required=8), stamps_required=9), stamps_required=10)
    assert [program.at(version).terms.stamps_required for version in (1, 2, 3)] == [8, 9, 10]


def test_a_customer_without_a_card_in_progress_is_promised_the_goal_of_today() -> None:
    assert running_goal(a_customer().card, a_program(stamps_required=6)) == 6
