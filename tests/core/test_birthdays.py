"""The law-book of birthdays: when a gift is due, what it is, and that it comes once."""

from calendar import isleap
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.birthdays import LATEST, birthday_in, birthday_is_due, dates_due, given_since
from loyalty_core.changes import Change
from loyalty_core.customers import EARLIEST_BIRTHDAY, Customer, ProfileChange
from loyalty_core.errors import InvalidRequest
from loyalty_core.events import event_type
from loyalty_core.gifts import BirthdayGift
from loyalty_core.joining import update
from loyalty_core.ledger import ActorType, EntryType, Gift, fold
from loyalty_core.merging import merge
from loyalty_core.programs import looks_the_same
from loyalty_core.rewards import RewardStatus
from loyalty_core.steps import Step
from loyalty_core.views import CustomerView, program_view
from loyalty_core.voiding import History
from testkit.builders import NEW_YORK, NOON, a_customer, a_program, an_occasion, at, patiently
from tests.core.shop import Shop

TWO_STAMPS = BirthdayGift(stamps=2)
A_CAKE = BirthdayGift(reward_description="A cake", valid_days=14)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def celebrating(birthday: date = date(1990, 3, 2), gift: BirthdayGift = TWO_STAMPS, **terms: object) -> Shop:
    """A shop at noon of 2 March 2026, whose customer told their birthday long ago; it gives something since then."""
    shop = Shop(a_program(birthday=gift, updated_at=LONG_AGO, **terms))
    shop.customer = replace(shop.customer, birthday=birthday, birthday_set_at=LONG_AGO)
    return shop


def told(birthday: date, set_at: datetime | None = LONG_AGO) -> Customer:
    return a_customer(birthday=birthday, birthday_set_at=set_at, created_at=LONG_AGO)


def adds_up(shop: Shop) -> None:
    assert shop.card == fold(shop.entries.values(), shop.program, shop.now.tzinfo).card
    assert shop.standing() == shop.earned()


def test_stamps_are_a_gift_and_no_visit() -> None:
    shop = celebrating()
    stamped = shop.celebrate()
    assert stamped is not None
    assert (stamped.stamps_added, stamped.bonus_stamps, stamped.current_stamps) == (2, 2, 2)
    [entry] = shop.entries.values()
    assert (entry.type, entry.occasion, entry.asked_stamps) == (EntryType.BONUS, Gift.BIRTHDAY, 0)
    assert (entry.actor.type, shop.card.total_visits, shop.card.day_stamps) == (ActorType.SYSTEM, 0, 0)
    assert [event_type(event) for event in shop.events] == ["customer.created", "stamp.added"]


def test_a_reward_is_on_the_card_with_its_own_end_and_moves_no_stamp() -> None:
    shop = celebrating(gift=A_CAKE, reward_valid_days=3)
    shop.stamp(4)
    stamped = shop.celebrate()
    assert stamped is not None
    assert (stamped.stamps_added, stamped.current_stamps) == (0, 4)
    [reward] = shop.rewards.values()
    assert (reward.description, reward.expires_at) == ("A cake", at("00:00", day="2026-03-17"))
    assert [event_type(event) for event in shop.events][-1] == "reward.earned"
    adds_up(shop)
    assert shop.redeem().reward.description == "A cake"
    adds_up(shop)


def test_a_reward_without_days_is_for_ever() -> None:
    shop = celebrating(gift=BirthdayGift(reward_description="A cake"), reward_valid_days=3)
    shop.celebrate()
    assert [reward.expires_at for reward in shop.rewards.values()] == [None]


def test_stamps_that_fill_the_card_earn_its_reward_with_the_end_of_the_program() -> None:
    shop = celebrating(stamps_required=5, reward_valid_days=3)
    shop.stamp(4)
    stamped = shop.celebrate()
    assert stamped is not None
    assert (stamped.reward_earned, stamped.stamps_dropped, stamped.current_stamps) == (True, 1, 0)
    [reward] = shop.rewards.values()
    assert (reward.description, reward.expires_at) == ("A coffee", at("00:00", day="2026-03-06"))


def test_a_first_entry_brings_the_head_start_along() -> None:
    shop = celebrating()
    shop.change(opening_stamps=3)
    stamped = shop.celebrate()
    assert stamped is not None
    assert (stamped.stamps_added, stamped.current_stamps) == (2, 5)
    assert [entry.occasion for entry in shop.entries.values()] == [Gift.HEAD_START, Gift.BIRTHDAY]
    shop.stamp()
    assert shop.card.current_stamps == 6
    adds_up(shop)


def test_undoing_a_stamp_leaves_the_gift() -> None:
    shop = celebrating(gift=A_CAKE, stamps_required=2)
    given = shop.stamp(2)
    shop.celebrate()
    shop.void(given.transaction_id)
    assert {(one.description, one.status) for one in shop.rewards.values()} == {
        ("A coffee", RewardStatus.VOIDED),
        ("A cake", RewardStatus.AVAILABLE),
    }
    adds_up(shop)


def test_what_was_given_keeps_its_text_when_the_owner_changes_or_ends_the_gift() -> None:
    shop = celebrating(gift=A_CAKE)
    shop.celebrate()
    shop.change(birthday=BirthdayGift(reward_description="A pie"))
    shop.change(birthday=None)
    shop.stamp()
    shop.void(max(shop.entries))
    assert [(one.description, one.status) for one in shop.rewards.values()] == [("A cake", RewardStatus.AVAILABLE)]
    adds_up(shop)


def test_nothing_is_given_where_the_shop_gives_nothing() -> None:
    shop = celebrating()
    shop.change(birthday=None)
    assert shop.celebrate() is None
    assert given_since(shop.program) is None


def test_no_gift_comes_for_a_day_before_the_shop_began_to_give() -> None:
    shop = celebrating(date(1990, 3, 1))
    shop.change(birthday=None)
    shop.change(birthday=TWO_STAMPS)
    assert given_since(shop.program) == NOON
    assert shop.celebrate() is None
    shop.customer = replace(shop.customer, birthday=date(1990, 3, 2))
    assert shop.celebrate() is not None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at("08:59", zone=NEW_YORK), False),
        (at("09:00", zone=NEW_YORK), True),
        (at("23:59", zone=NEW_YORK), True),
        (at("12:00", day="2026-03-01", zone=NEW_YORK), False),
        (at("23:59", day="2026-03-09", zone=NEW_YORK), True),
        (at("00:00", day="2026-03-10", zone=NEW_YORK), False),
    ],
)
def test_it_is_due_from_nine_in_the_morning_for_a_week(now: datetime, *, due: bool) -> None:
    assert birthday_is_due(told(date(1990, 3, 2)), (), now) is due


@pytest.mark.parametrize(
    ("set_at", "due"),
    [
        (at(day="2026-01-31"), True),
        (at(day="2026-02-01"), False),
        (at(day="2026-03-02"), False),
    ],
)
def test_a_date_that_was_told_less_than_thirty_days_before_counts_from_next_year_on(
    set_at: datetime, *, due: bool
) -> None:
    assert birthday_is_due(told(date(1990, 3, 2), set_at), (), NOON) is due
    assert birthday_is_due(told(date(1990, 3, 2), set_at), (), at(day="2027-03-02"))


def test_of_a_date_that_an_older_release_wrote_the_day_of_joining_counts() -> None:
    lena = replace(told(date(1990, 3, 2), None), created_at=at(day="2026-02-15"))
    assert not birthday_is_due(lena, (), NOON)
    assert birthday_is_due(replace(lena, created_at=LONG_AGO), (), NOON)


def test_nobody_is_given_anything_for_the_day_of_their_birth_or_without_one() -> None:
    assert not birthday_is_due(told(date(2026, 3, 2)), (), NOON)
    assert not birthday_is_due(a_customer(), (), NOON)


def test_a_birthday_is_remembered_with_the_time_at_which_it_was_told() -> None:
    shop = Shop()
    assert shop.customer.birthday_set_at is None
    shop.keep(_changed(shop, birthday=date(1990, 3, 2)))
    assert shop.customer.birthday_set_at == NOON
    shop.wait(days=1)
    shop.keep(_changed(shop, name="Lena Fox"))
    assert shop.customer.birthday_set_at == NOON
    shop.keep(_changed(shop, birthday=None))
    assert shop.customer.birthday_set_at is None


def _changed(shop: Shop, **asked: object) -> Change[CustomerView]:
    change = update(shop.customer, shop.program, replace(ProfileChange(), **asked), at=shop.occasion())
    assert change is not None
    return change


def test_a_merge_takes_the_birthday_with_the_time_at_which_it_was_told() -> None:
    lena, other = told(date(1990, 3, 2), None), replace(told(date(1991, 4, 3)), id=2, qr_code="CUS9999999999")
    program = a_program()

    def merged(first: Customer) -> Customer:
        history = History(customer=first, program=program, entries=(), rewards=())
        theirs = History(customer=other, program=program, entries=(), rewards=())
        return merge(history, theirs, at=an_occasion()).changes[1].customer

    assert (merged(lena).birthday, merged(lena).birthday_set_at) == (date(1990, 3, 2), None)
    nobody = replace(lena, birthday=None)
    assert (merged(nobody).birthday, merged(nobody).birthday_set_at) == (date(1991, 4, 3), LONG_AGO)


def test_a_merge_never_gives_one_reward_the_place_of_a_gift() -> None:
    program = a_program(birthday=A_CAKE, stamps_required=2, updated_at=LONG_AGO)
    shop = Shop(program)
    shop.customer = replace(shop.customer, birthday=date(1990, 3, 2), birthday_set_at=LONG_AGO)
    shop.stamp(2)
    shop.celebrate()
    nobody = History(customer=a_customer(id=2, qr_code="CUS9999999999"), program=program, entries=(), rewards=())
    change = merge(nobody, shop.history(), at=an_occasion(transaction_id=9, first_reward_id=9)).changes[1]
    assert {one.description: one.transaction_id for one in change.settled} == {"A coffee": 1, "A cake": 2}
    assert change.customer.card.rewards_available == 2


@pytest.mark.parametrize(
    ("gift", "message"),
    [
        (BirthdayGift(), "either stamps or reward_description"),
        (BirthdayGift(stamps=1, reward_description="A cake"), "either stamps or reward_description"),
        (BirthdayGift(stamps=1, valid_days=3), "valid_days only with reward_description"),
        (BirthdayGift(stamps=11), "must not be above the goal of 10 stamps"),
        (BirthdayGift(reward_description="\u200b"), "can be seen"),
    ],
)
def test_a_gift_that_is_none_is_refused(gift: BirthdayGift, message: str) -> None:
    shop = Shop()
    with pytest.raises(InvalidRequest, match=message):
        shop.change(birthday=gift)


def test_a_goal_below_the_gift_is_refused() -> None:
    shop = celebrating(stamps_required=5)
    with pytest.raises(InvalidRequest, match="gift of 2 stamps in birthday") as refusal:
        shop.change(stamps_required=1)
    assert "stamps_required" in str(refusal.value)
    shop.change(stamps_required=2)


def test_a_change_of_the_gift_changes_no_card_and_is_seen_on_the_program() -> None:
    shop = celebrating()
    before = shop.program.terms
    shop.change(birthday=A_CAKE)
    assert looks_the_same(before, shop.program.terms)
    assert program_view(shop.program, 1).birthday == A_CAKE
    shop.change(birthday=None)
    assert program_view(shop.program, 1).birthday is None


days = st.dates(EARLIEST_BIRTHDAY, date(2030, 12, 31))


@given(days, st.integers(1901, 2100))
@example(date(2024, 2, 29), 2025)
@example(date(2024, 2, 29), 2028)
def test_everybody_has_one_birthday_in_each_year(birthday: date, year: int) -> None:
    day = birthday_in(year, birthday)
    assert day.year == year
    if (birthday.month, birthday.day) == (2, 29) and not isleap(year):
        assert (day.month, day.day) == (2, 28)
    else:
        assert (day.month, day.day) == (birthday.month, birthday.day)


def test_the_dates_that_are_asked_for_have_their_day_in_the_last_week_and_29_february_on_the_28th() -> None:
    earliest = date(2000, 1, 1)
    in_a_year_without_it = dates_due(datetime(2001, 2, 28, 9, tzinfo=UTC), earliest)
    assert [born for born in in_a_year_without_it if born.month == 2 and born.day >= 28] == [
        date(2000, 2, 28),
        date(2000, 2, 29),
        date(2001, 2, 28),
    ]
    in_a_year_with_it = dates_due(datetime(2000, 2, 28, 9, tzinfo=UTC), earliest)
    assert in_a_year_with_it == tuple(date(2000, 2, day) for day in range(21, 29))


@given(days, st.dates(date(2024, 1, 1), date(2032, 1, 1)), st.integers(0, 23))
@example(date(2000, 2, 29), date(2027, 2, 28), 9)
@example(date(2000, 2, 29), date(2028, 2, 28), 9)
@example(date(2000, 2, 28), date(2027, 2, 28), 9)
@example(date(2000, 12, 31), date(2027, 1, 2), 9)
@patiently
def test_the_dates_that_are_asked_for_are_those_of_who_is_due(birthday: date, day: date, hour: int) -> None:
    now = datetime.combine(day, time(hour), tzinfo=NEW_YORK)
    due = birthday_is_due(told(birthday, datetime(1900, 1, 1, tzinfo=UTC)), (), now)
    assert not due or birthday in dates_due(now, EARLIEST_BIRTHDAY)
    last = {now.date() - timedelta(days=back) for back in range(9)}
    assert all(last & {birthday_in(day.year, born) for day in last} for born in dates_due(now, date(1995, 1, 1)))


changes = st.lists(st.tuples(st.integers(1, 200), days), max_size=12)


@given(changes)
@settings(patiently, max_examples=25)
@example([(40, date(1990, 2, 28)), (400, date(2000, 2, 29)), (365, date(2000, 2, 29))])
@example([(40, date(1990, 4, 5)), (365, date(1990, 4, 4))])
def test_it_comes_once_in_365_days_whatever_happens_to_the_date(changes: list[tuple[int, date]]) -> None:
    shop = celebrating()
    given_on: list[date] = []
    for wait, birthday in changes:
        set_at = shop.now
        shop.customer = replace(shop.customer, birthday=birthday, birthday_set_at=set_at)
        for _ in range(wait):
            shop.wait(days=1)
            if shop.celebrate() is not None:
                given_on.append(shop.now.date())
                assert shop.now.date() - birthday_in(shop.now.year, birthday) <= LATEST
                assert shop.now - set_at >= timedelta(days=30)
    assert all(later - earlier >= timedelta(days=365) for earlier, later in pairwise(given_on))
    adds_up(shop)


@given(st.lists(st.sampled_from(["stamp", "void", "redeem", "expire", "year", "cake", "stamps", "steps"]), max_size=25))
@patiently
def test_a_card_with_gifts_is_the_fold_of_its_ledger(life: list[str]) -> None:
    shop = celebrating(gift=A_CAKE, stamps_required=3, reward_valid_days=20)
    for turn in life:
        _live(shop, turn)
        adds_up(shop)


def _live(shop: Shop, turn: str) -> None:
    stamps = [e.id for e in shop.entries.values() if e.type is EntryType.STAMP and e.voided_by is None]
    there = [one for one in shop.rewards.values() if one.status is RewardStatus.AVAILABLE and not one.lapsed(shop.now)]
    redeemed = any(one.status is RewardStatus.REDEEMED for one in shop.rewards.values())
    match turn:
        case "stamp":
            shop.stamp(2)
        case "void" if stamps and not redeemed:
            shop.void(stamps[-1])
        case "redeem" if there:
            shop.redeem()
        case "expire":
            shop.wait(days=21)
            shop.expire()
        case "year":
            shop.wait(days=365)
            shop.celebrate()
        case "cake" | "stamps":
            shop.change(birthday=A_CAKE if turn == "cake" else TWO_STAMPS)
        case "steps":
            shop.change(steps=(Step(1, "A cake"),))
