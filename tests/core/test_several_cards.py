"""Several programs of a shop and several cards of one customer: what may be done, and what is said of all of them."""

from datetime import date

import pytest
from msgspec.structs import replace

from loyalty_core.bonus_hours import MOST_FACTOR, BonusHours
from loyalty_core.customers import Card, ProgramCard, last_visit_of
from loyalty_core.errors import InvalidRequest
from loyalty_core.gifts import BirthdayGift
from loyalty_core.programs import NewProgram, Program, ProgramChange, changed, new_terms
from loyalty_core.promises import step_places, steps_since
from loyalty_core.several_programs import (
    MOST_PROGRAMS,
    MainProgramNeeded,
    ProgramArchived,
    ProgramLimitReached,
    ProgramNotFound,
    check_can_be_archived,
    check_can_be_main,
    check_can_be_stamped,
    check_gives_itself,
    check_room_for_program,
    gifts_moved,
)
from loyalty_core.stamping import most_rewards
from loyalty_core.steps import Step
from loyalty_core.views import main_of, program_named, program_state, program_view
from testkit.builders import NOON, a_customer, a_program

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def a_shop_with(programs: int) -> Program:
    """The main program of a shop that has so many."""
    others = tuple(
        replace(a_program(), id=number, main=False, title=f"No. {number}") for number in range(2, programs + 1)
    )
    return replace(a_program(), others=others)


def test_somebody_was_last_here_when_any_of_their_cards_was_and_comes_back_with_the_second_visit_of_any() -> None:
    empty, once = Card(), Card(day=MONDAY, total_visits=1)
    later = Card(day=TUESDAY, total_visits=1)
    assert last_visit_of([]) is last_visit_of([empty]) is None
    assert last_visit_of([empty, once]) == (MONDAY, False)
    assert last_visit_of([later, once]) == (TUESDAY, True)


def test_a_new_program_begins_with_version_1_under_the_rules_of_a_change() -> None:
    terms = new_terms(NewProgram(stamps_required=6, reward_description="A salad", opening_stamps=2), NOON)
    assert (terms.version, terms.stamps_required, terms.opening_stamps) == (1, 6, 2)
    with pytest.raises(InvalidRequest):
        new_terms(NewProgram(stamps_required=6, reward_description="A salad", opening_stamps=6), NOON)
    with pytest.raises(InvalidRequest):
        new_terms(NewProgram(stamps_required=6, reward_description="\u200b"), NOON)


def test_one_turns_from_a_program_to_each_other_of_the_shop_and_back_and_to_no_stranger() -> None:
    main = a_shop_with(3)
    second = main.turned_to(2)
    assert second is not None
    assert ([one.id for one in second.others], second.turned_to(None), second.turned_to(2)) == ([None, 3], main, second)
    assert main.turned_to(9) is None
    assert [one.id for one in second.all_of_shop] == [None, 2, 3]
    assert (main_of(second).id, main_of(main)) == (None, main)
    assert a_program().all_of_shop == (a_program(),)


def test_the_program_with_which_a_shop_began_has_the_number_of_the_shop() -> None:
    assert (program_named(7, 7), program_named(7, 8)) == (None, 8)


def test_ten_programs_can_be_in_use_and_archived_ones_do_not_count() -> None:
    check_room_for_program(a_shop_with(MOST_PROGRAMS - 1))
    full = a_shop_with(MOST_PROGRAMS)
    with pytest.raises(ProgramLimitReached, match="10 programs"):
        check_room_for_program(full)
    first, *rest = full.others
    check_room_for_program(replace(full, others=(replace(first, archived_at=NOON), *rest)))


def test_the_main_program_cannot_be_archived_and_an_archived_one_not_be_main() -> None:
    main = a_shop_with(2)
    [other] = main.others
    check_can_be_archived(other, 2)
    check_can_be_main(other, 2)
    with pytest.raises(MainProgramNeeded):
        check_can_be_archived(main, 1)
    archived = replace(other, archived_at=NOON)
    with pytest.raises(ProgramArchived):
        check_can_be_main(archived, 2)
    with pytest.raises(ProgramArchived):
        check_can_be_stamped(a_customer(), archived)
    assert "no program 9" in str(ProgramNotFound(9))


def test_the_state_of_a_program_changes_with_its_title_and_with_which_is_the_main_one() -> None:
    main = a_shop_with(2)
    [other] = main.others
    views = [
        program_view(one, 1) for one in (main, other, replace(other, title="Bowls"), replace(other, archived_at=NOON))
    ]
    assert len({program_state(view) for view in views}) == len(views)


def test_what_a_running_card_is_promised_of_steps_begins_with_the_version_that_it_was_given() -> None:
    steps = a_program(steps=(Step(3, "A tea"),))
    assert steps_since(Card(steps_since=1, current_stamps=2, program_version=1), steps) == 1
    assert steps_since(Card(), steps) == 1
    assert steps_since(Card(), a_program()) == 0
    assert step_places(Card(current_stamps=2, goal=10, program_version=1), a_program()) == ()


def test_the_gifts_of_a_shop_move_to_the_program_that_becomes_the_main_one() -> None:
    shop, gift = a_shop_with(2), ProgramChange(birthday=BirthdayGift(stamps=3))
    giving = replace(shop, versions=(shop.terms, changed(shop, gift, NOON)))
    [other] = shop.others
    earlier, later = gifts_moved(giving, other, NOON)
    assert (earlier.birthday, earlier.version, later.birthday, later.version) == (None, 3, BirthdayGift(stamps=3), 2)
    assert gifts_moved(shop, other, NOON) == (shop.terms, other.terms), "nothing is given, nothing is written"
    tiny = replace(other, versions=(replace(other.terms, stamps_required=2),))
    with pytest.raises(InvalidRequest, match="birthday: must not be above the goal of 2 stamps"):
        gifts_moved(giving, tiny, NOON)


def test_only_the_main_program_can_be_told_to_give_something() -> None:
    shop, gift = a_shop_with(2), ProgramChange(birthday=BirthdayGift(stamps=3))
    check_gives_itself(shop, gift)
    for harmless in (ProgramChange(birthday=None), ProgramChange(stamps_required=4)):
        check_gives_itself(shop.others[0], harmless)
    with pytest.raises(InvalidRequest, match="birthday: must be set at the main program"):
        check_gives_itself(shop.others[0], gift)


def test_the_card_of_each_program_is_found() -> None:
    cards = {number: Card(total_stamps=number) for number in (7, 8)}
    customer = a_customer(others=tuple(ProgramCard(number, card) for number, card in cards.items()))
    assert [customer.card_of(number) for number in (None, 7, 8, 9)] == [customer.card, cards[7], cards[8], None]


def test_a_stamp_can_earn_a_reward_for_each_stamp_and_more_where_hours_double_it() -> None:
    hours = BonusHours(weekdays=(1,), begin="08:00", end="10:00", factor=2)
    plain, doubled = a_program(), a_program(bonus_hours=(hours,))
    assert most_rewards(a_customer(), plain, 4) == 4
    assert most_rewards(a_customer(), doubled, 4) == 4 * MOST_FACTOR
