"""The law-book of joining: how customers come, change their profile, and go."""

from datetime import date

import pytest
from msgspec.structs import asdict, replace

from loyalty_core.access import Plan
from loyalty_core.analytics import DayTotals
from loyalty_core.customers import Card, Profile, ProfileChange
from loyalty_core.errors import CustomerLimitReached, InvalidRequest
from loyalty_core.events import CustomerCreated, CustomerUpdated, event_type
from loyalty_core.joining import (
    BroughtStamps,
    NewCard,
    check_room,
    erase,
    join,
    join_with_cards,
    newly_full,
    update,
)
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus
from loyalty_core.several_programs import ProgramArchived
from testkit.builders import CODE, KOLKATA, NOON, a_customer, a_new_card, a_program, a_reward, an_occasion, at
from tests.core.shop import Shop


def updated(**asked: object) -> CustomerUpdated:
    """What is told after a profile of Lena's was changed."""
    change = update(a_customer(), a_program(), replace(ProfileChange(), **asked), at=an_occasion())
    assert change is not None
    event = change.events[0]
    assert isinstance(event, CustomerUpdated)
    return event


def test_who_joins_gets_an_empty_card_and_a_code() -> None:
    customer = join(Profile(name="Lena"), a_program(), a_new_card(), at=an_occasion()).customer
    assert (customer.card, customer.qr_code, customer.version) == (Card(), CODE, 1)
    assert (customer.created_at, customer.updated_at, customer.erased_at) == (NOON, NOON, None)


def test_an_empty_card_counts_nothing_and_remembers_nobody() -> None:
    assert set(asdict(Card()).values()) == {0, None}


def test_nobody_brings_stamps_along_unless_that_is_said() -> None:
    assert NewCard(customer_id=1, business_id=1, qr_code=CODE).opening_stamps == 0


def test_a_profile_is_kept_as_given() -> None:
    profile = Profile(name="Lena", phone="+14155552671", email="lena@example.com", birthday=date(1990, 5, 17))
    seen = join(profile, a_program(), a_new_card(), at=an_occasion()).answer
    assert (seen.name, seen.phone, seen.email, seen.birthday) == (
        "Lena",
        "+14155552671",
        "lena@example.com",
        date(1990, 5, 17),
    )


def test_a_name_is_tidied_on_the_way_in() -> None:
    assert join(Profile(name="  Lena "), a_program(), a_new_card(), at=an_occasion()).customer.name == "Lena"


def test_joining_makes_no_entry_tells_customer_created_and_counts_one_new_customer() -> None:
    change = join(Profile(name="Lena"), a_program(), a_new_card(), at=an_occasion())
    assert change.entry is None
    assert [event_type(event) for event in change.events] == ["customer.created"]
    assert change.totals == ((date(2026, 3, 2), DayTotals(new_customers=1)),)


def test_opening_stamps_are_booked_as_an_import_and_are_no_visit() -> None:
    shop = Shop(opening_stamps=7)
    assert (shop.entries[1].type, shop.entries[1].stamps) == (EntryType.IMPORT, 7)
    assert (shop.card.current_stamps, shop.card.total_stamps, shop.card.total_visits) == (7, 7, 0)
    assert shop.totals == {date(2026, 3, 2): DayTotals(new_customers=1)}


def test_opening_stamps_can_earn_rewards_at_once() -> None:
    shop = Shop(a_program(stamps_required=5, surplus="carry"), opening_stamps=12)
    assert (shop.with_status(RewardStatus.AVAILABLE), shop.card.current_stamps) == ([1, 2], 2)
    assert [event_type(event) for event in shop.events] == ["customer.created", "reward.earned", "reward.earned"]
    assert shop.totals == {date(2026, 3, 2): DayTotals(new_customers=1, rewards_earned=2)}


def test_the_answer_and_the_first_version_hold_the_opening_stamps_already() -> None:
    change = join(Profile(name="Lena"), a_program(), a_new_card(7), at=an_occasion())
    assert (change.answer.current_stamps, change.customer.version) == (7, 1)


def test_opening_stamps_are_promised_the_goal_of_their_day() -> None:
    shop = Shop(a_program(stamps_required=8), opening_stamps=3)
    shop.change(stamps_required=12)
    assert shop.stamp().stamps_required == 8


@pytest.mark.parametrize("birthday", [date(1900, 1, 1), date(2026, 3, 2)])
def test_birthdays_from_1900_to_today_are_welcome(birthday: date) -> None:
    profile = Profile(name="Lena", birthday=birthday)
    assert join(profile, a_program(), a_new_card(), at=an_occasion()).customer.birthday == birthday


@pytest.mark.parametrize("birthday", [date(1899, 12, 31), date(2026, 3, 3)])
def test_birthdays_before_1900_or_in_the_future_are_refused(birthday: date) -> None:
    profile = Profile(name="Lena", birthday=birthday)
    with pytest.raises(InvalidRequest) as refusal:
        join(profile, a_program(), a_new_card(), at=an_occasion())
    assert [error.pointer for error in refusal.value.errors] == ["/birthday"]


def test_today_is_the_day_of_the_shop() -> None:
    early = an_occasion(at("01:00", zone=KOLKATA))
    profile = Profile(name="Lena", birthday=date(2026, 3, 2))
    assert join(profile, a_program(), a_new_card(), at=early).customer.birthday == date(2026, 3, 2)


def test_a_trial_holds_25_customers() -> None:
    check_room(Plan.TRIAL, 24)
    with pytest.raises(CustomerLimitReached) as refusal:
        check_room(Plan.TRIAL, 25)
    assert refusal.value.limit == 25


@pytest.mark.parametrize("plan", [Plan.BASIC, Plan.PROFESSIONAL, Plan.ENTERPRISE])
def test_the_other_plans_hold_any_number_of_customers(plan: Plan) -> None:
    check_room(plan, 1_000_000)


def test_a_changed_name_is_kept_and_named_as_changed() -> None:
    told = updated(name="Lena Ortiz").data
    assert (told.customer.name, told.changed) == ("Lena Ortiz", ("name",))


def test_all_changed_fields_are_named_and_unchanged_ones_are_not() -> None:
    told = updated(birthday=date(1990, 5, 17), email="lena@example.com", phone=None, name="Lena").data
    assert told.changed == ("phone", "email", "birthday")


def test_a_field_can_be_emptied() -> None:
    assert updated(phone=None).data.customer.phone is None


def test_a_field_that_is_not_named_stays() -> None:
    assert updated(name="Lena Ortiz").data.customer.phone == "+14155552671"


def test_an_update_raises_the_version_and_leaves_card_and_ledger_alone() -> None:
    before = a_customer(card=Card(current_stamps=3, goal=10, program_version=1))
    change = update(before, a_program(), ProfileChange(name="Lea"), at=an_occasion(at("13:00")))
    assert change is not None
    assert (change.customer.card, change.entry, change.totals) == (before.card, None, ())
    assert (change.customer.version, change.customer.updated_at) == (before.version + 1, at("13:00"))
    assert change.answer.current_stamps == 3


@pytest.mark.parametrize("same", [ProfileChange(), ProfileChange(name=" Lena "), ProfileChange(phone="+14155552671")])
def test_an_update_that_says_what_is_so_already_changes_nothing(same: ProfileChange) -> None:
    assert update(a_customer(), a_program(), same, at=an_occasion()) is None


def test_an_update_minds_names_and_birthdays_as_joining_does() -> None:
    for wrong in (ProfileChange(name="\x00"), ProfileChange(birthday=date(2026, 3, 3))):
        with pytest.raises(InvalidRequest):
            update(a_customer(), a_program(), wrong, at=an_occasion())


def test_erasing_leaves_no_name_phone_email_or_birthday() -> None:
    lena = a_customer(email="lena@example.com", birthday=date(1990, 5, 17))
    gone = erase(lena, (), at=an_occasion(at("13:00"))).customer
    assert (gone.name, gone.phone, gone.email, gone.birthday) == ("", None, None, None)
    assert (gone.erased_at, gone.version) == (at("13:00"), lena.version + 1)


def test_erasing_takes_back_open_rewards_and_no_others() -> None:
    rewards = (a_reward(id=1), a_reward(id=2, status=RewardStatus.REDEEMED))
    change = erase(a_customer(card=Card(rewards_available=1)), rewards, at=an_occasion())
    assert [(reward.id, reward.status) for reward in change.settled] == [(1, RewardStatus.VOIDED)]
    assert change.customer.card.rewards_available == 0


def test_erasing_leaves_the_ledger_and_the_figures_alone() -> None:
    change = erase(a_customer(), (), at=an_occasion())
    assert (change.entry, change.totals, change.issued) == (None, (), ())


def test_erasing_tells_customer_deleted_without_a_name() -> None:
    change = erase(a_customer(), (), at=an_occasion())
    assert (event_type(change.events[0]), change.events[0].data) == ("customer.deleted", change.answer)
    assert (change.answer.id, change.answer.qr_code, change.answer.deleted) == (1, CODE, True)


def test_who_comes_from_another_book_is_new_on_the_day_of_joining_there() -> None:
    new = replace(a_new_card(10), joined_at=at("23:30", day="2024-05-17"))
    change = join(Profile(name="Lena"), a_program(), new, at=an_occasion(NOON.astimezone(KOLKATA)))
    assert change.customer.created_at == at("23:30", day="2024-05-17")
    assert change.totals == (
        (date(2024, 5, 18), DayTotals(new_customers=1)),
        (date(2026, 3, 2), DayTotals(rewards_earned=1)),
    )


@pytest.mark.parametrize("day", ["1899-12-31", "2026-03-03"])
def test_nobody_joined_before_1900_or_in_the_future(day: str) -> None:
    with pytest.raises(InvalidRequest, match="joined_at"):
        join(Profile(name="Lena"), a_program(), replace(a_new_card(), joined_at=at(day=day)), at=an_occasion())


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (0, 19, None),
        (19, 20, 20),
        (20, 24, None),
        (24, 25, 25),
        (3, 22, 22),
        (3, 25, 25),
        (25, 25, None),
        (26, 20, None),
    ],
)
def test_four_fifths_of_a_plan_and_its_limit_are_news_when_they_are_reached(
    before: int, after: int, told: int | None
) -> None:
    assert newly_full(Plan.TRIAL, before, after) == told
    assert newly_full(Plan.BASIC, before, after) is None


def test_who_comes_from_another_book_brings_stamps_to_each_card_and_one_event_shows_all() -> None:
    salads = replace(a_program(stamps_required=4), id=7, main=False)
    main = replace(a_program(), others=(salads,))
    new = replace(a_new_card(), opening_stamps=12, imported=True)
    more = [BroughtStamps(replace(salads, others=(a_program(),)), 5, 9)]
    first, second = join_with_cards(Profile(name="Lena"), main, new, more, at=an_occasion())
    assert (first.issued[0].program_id, second.issued[0].program_id) == (None, 7)
    assert second.issued[0].id == first.issued[0].id + 1
    assert (second.entry and second.entry.id, second.entry and second.entry.type) == (9, EntryType.IMPORT)
    created, *_ = first.events
    assert isinstance(created, CustomerCreated)
    assert created.data.customer == second.answer
    assert [one.rewards_available for one in created.data.customer.cards or ()] == [1, 1]
    assert second.customer.card_of(7) == second.customer.card


def test_nobody_brings_stamps_to_an_archived_program() -> None:
    gone = replace(a_program(), id=7, main=False, archived_at=NOON)
    more = [BroughtStamps(gone, 5, 9)]
    with pytest.raises(ProgramArchived):
        join_with_cards(Profile(name="Lena"), a_program(), a_new_card(), more, at=an_occasion())
