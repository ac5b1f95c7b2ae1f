"""The law-book of referrals: who is brought along, what both get, and that it comes once, within the monthly cap."""

from collections import Counter
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.booking import head_start_is_due
from loyalty_core.changes import Change
from loyalty_core.customers import Card, Customer, Profile, ProgramCard
from loyalty_core.errors import InvalidRequest
from loyalty_core.events import event_type
from loyalty_core.gifts import ReferralGift
from loyalty_core.giving import stamps_for
from loyalty_core.joining import NewCard, join
from loyalty_core.ledger import SYSTEM, ActorType, Entry, EntryType, Gift, fold, gift_of
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import ProgramChange, changed, looks_the_same
from loyalty_core.referrals import (
    Referral,
    ReferralResult,
    Settled,
    can_be_brought,
    has_referrals,
    settle,
    thanks_in_month,
    visits_of,
)
from loyalty_core.steps import Step
from loyalty_core.views import program_view
from testkit.builders import KOLKATA, LENA, NOON, a_customer, a_program, an_occasion, at, patiently, with_change
from tests.core.shop import Shop

BOTH = ReferralGift(stamps_for_friend=2, stamps_for_referrer=3, monthly_cap=2)
GIVING = a_program(referral=BOTH)
WAITING = Referral(business_id=1, customer_id=2, referrer_id=1, referred_at=NOON)
MORE = {"stamps_for_friend": 1, "stamps_for_referrer": 1, "monthly_cap": 1}


def a_friend(**values: object) -> Customer:
    """Somebody with one visit who joined at noon, except for the given values."""
    return a_customer(**{"id": 2, "phone": None, "card": Card(total_visits=1), **values})


def ended(
    friend: Customer | None, referrer: Customer | None, referral: Referral = WAITING, program: object = GIVING
) -> Settled | None:
    """What comes of a referral now."""
    return settle(referral, friend, referrer, program=program, entries=(), at=an_occasion(by=SYSTEM))  # type: ignore[arg-type]


def result_of(friend: Customer | None, referrer: Customer | None, referral: Referral = WAITING) -> str | None:
    settled = ended(friend, referrer, referral)
    return settled.referral.result if settled else None


def test_who_is_brought_along_begins_with_the_gift_and_no_visit() -> None:
    new = NewCard(customer_id=2, business_id=1, qr_code="CUS0000000000", brought_along=True)
    change = join(Profile(name="Ben"), GIVING, new, at=an_occasion(by=LENA))
    entry = change.entry
    assert entry is not None
    assert (entry.type, entry.stamps, entry.bonus_stamps, entry.occasion) == (EntryType.BONUS, 2, 2, Gift.REFERRAL)
    assert (entry.is_welcome, entry.is_thanks, change.opening) == (True, False, None)
    assert (change.answer.current_stamps, change.answer.total_visits, change.customer.version) == (2, 0, 1)
    assert [event_type(event) for event in change.events] == ["customer.created"]
    assert [totals.stamps_added for _, totals in change.totals] == [0, 2]


def test_the_gift_comes_after_the_head_start_and_reaches_steps_with_it() -> None:
    program = a_program(referral=BOTH, opening_stamps=1, steps=(Step(1, "A biscuit"), Step(3, "A tea")))
    new = NewCard(customer_id=2, business_id=1, qr_code="CUS0000000000", brought_along=True)
    change = join(
        Profile(name="Ben"), program, new, at=an_occasion(by=LENA, transaction_id=9, opening_id=8, first_reward_id=5)
    )
    assert change.opening is not None
    assert change.entry is not None
    assert (change.opening.id, change.opening.stamps, change.entry.id, change.entry.stamps) == (8, 1, 9, 2)
    assert [(reward.id, reward.description, reward.transaction_id) for reward in change.issued] == [
        (5, "A biscuit", 8),
        (6, "A tea", 9),
    ]
    assert change.customer.card == fold((change.opening, change.entry), program, UTC).card


def test_others_begin_without_it() -> None:
    new = NewCard(customer_id=2, business_id=1, qr_code="CUS0000000000")
    for other in (new, replace(new, brought_along=True, imported=True)):
        assert join(Profile(name="Ben"), GIVING, other, at=an_occasion()).entry is None


def test_nobody_begins_with_it_where_nothing_is_given() -> None:
    new = NewCard(customer_id=2, business_id=1, qr_code="CUS0000000000", brought_along=True)
    assert join(Profile(name="Ben"), a_program(), new, at=an_occasion()).entry is None


def test_a_customer_brings_somebody_who_never_had_a_card_as_long_as_something_is_given() -> None:
    lena = a_customer()
    assert can_be_brought(lena, GIVING, had_card=False)
    assert not can_be_brought(lena, GIVING, had_card=True)
    assert not can_be_brought(lena, a_program(), had_card=False)
    assert not can_be_brought(replace(lena, erased_at=NOON), GIVING, had_card=False)
    assert not can_be_brought(None, GIVING, had_card=False)


def test_at_the_first_visit_who_brought_them_is_thanked_once() -> None:
    settled = ended(a_friend(), a_customer())
    assert settled is not None
    assert settled.change is not None
    stamped, entry = settled.change.answer, settled.change.entry
    assert entry is not None
    assert (stamped.stamps_added, stamped.bonus_stamps, stamped.customer.total_visits) == (3, 3, 0)
    assert (entry.is_thanks, entry.is_welcome, entry.actor.type) == (True, False, ActorType.SYSTEM)
    assert [event_type(event) for event in settled.change.events] == ["stamp.added"]
    assert settled.referral == replace(
        WAITING, result=ReferralResult.THANKED, ended_at=NOON, transaction_id=stamped.transaction_id
    )
    assert ended(a_friend(), a_customer(), settled.referral) is None


def test_as_long_as_nobody_came_it_waits() -> None:
    assert ended(a_friend(card=Card()), a_customer()) is None


def test_a_visit_of_any_program_counts() -> None:
    friend = a_friend(card=Card(), others=(ProgramCard(5, Card(total_visits=1)),))
    assert (visits_of(friend), result_of(friend, a_customer())) == (1, ReferralResult.THANKED)


def test_nobody_brings_themselves_or_who_was_a_customer_before_or_is_none_any_more() -> None:
    lena, ben = a_customer(), a_friend()
    assert result_of(lena, lena) == ReferralResult.REFUSED
    assert result_of(replace(ben, created_at=NOON - timedelta(seconds=1)), lena) == ReferralResult.REFUSED
    assert result_of(replace(ben, erased_at=NOON), lena) == ReferralResult.REFUSED
    assert result_of(ben, replace(lena, erased_at=NOON)) == ReferralResult.REFUSED
    assert result_of(None, lena) == result_of(ben, None) == ReferralResult.REFUSED


def test_a_shop_that_ever_gave_something_has_referrals_and_none_is_a_reward() -> None:
    ended_since = with_change(GIVING, referral=None)
    beside = a_program(), replace(GIVING, id=5, main=False)
    assert has_referrals(ended_since)
    assert has_referrals(replace(beside[0], others=beside[1:]))
    assert not has_referrals(a_program())
    assert gift_of(GIVING.terms, Gift.REFERRAL) is None


def test_what_is_not_given_any_more_is_not_given() -> None:
    settled = ended(a_friend(), a_customer(), program=a_program())
    assert settled is not None
    assert (settled.referral.result, settled.change) == (ReferralResult.OFF, None)
    assert stamps_for(a_program(), Gift.REFERRAL) == 0


def test_above_the_cap_of_the_month_nothing_is_given() -> None:
    shop = Shop(a_program(referral=replace(BOTH, monthly_cap=1)))
    results = []
    for number in (2, 3):
        settled = settle(
            replace(WAITING, customer_id=number),
            a_friend(id=number),
            shop.customer,
            program=shop.program,
            entries=shop.entries.values(),
            at=shop.occasion(SYSTEM),
        )
        assert settled is not None
        results.append(settled.referral.result)
        if settled.change is not None:
            shop.keep(settled.change)
    assert results == [ReferralResult.THANKED, ReferralResult.CAPPED]
    assert shop.card.current_stamps == 3


def test_the_month_is_that_of_the_shop() -> None:
    shop = Shop(GIVING, now=at("00:30", day="2026-04-01", zone=KOLKATA))
    thanks = bring(shop, 1)
    assert thanks is not None
    entries = tuple(shop.entries.values())
    assert thanks_in_month(entries, at("23:59", day="2026-04-30", zone=KOLKATA)) == 1
    assert thanks_in_month(entries, at("00:30", day="2026-04-01", zone=UTC)) == 0, "there it was March"
    assert thanks_in_month(entries, at("12:00", day="2027-04-01", zone=KOLKATA)) == 0


def bring(shop: Shop, number: int) -> Change[Stamped] | None:
    """A friend of the customer of the shop comes for the first time."""
    referral = replace(WAITING, customer_id=100 + number, referred_at=shop.now)
    friend = a_friend(id=100 + number, created_at=shop.now)
    entries = tuple(shop.entries.values())
    settled = settle(referral, friend, shop.customer, program=shop.program, entries=entries, at=shop.occasion(SYSTEM))
    assert settled is not None
    if settled.change is not None:
        shop.keep(settled.change)
    assert settled.referral.result is (ReferralResult.CAPPED if settled.change is None else ReferralResult.THANKED)
    return settled.change


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["friend", "stamp", "void", "redeem"])), max_size=40),
    st.integers(1, 4),
    st.integers(0, 3),
)
@patiently
def test_the_cap_holds_in_each_month_and_the_card_is_the_fold_of_its_ledger(
    life: list[tuple[int, str]], cap: int, opening: int
) -> None:
    gift = replace(BOTH, monthly_cap=cap)
    shop = Shop(a_program(referral=gift, stamps_required=6, opening_stamps=opening))
    given_in: Counter[tuple[int, int]] = Counter()
    for number, (days, turn) in enumerate(life):
        shop.wait(days=days)
        month = shop.now.year, shop.now.month
        if turn == "friend":
            there = given_in[month] < cap
            assert (bring(shop, number) is not None) == there, "all are thanked for up to the cap"
            given_in[month] += there
        else:
            _live(shop, turn)
        assert shop.card == shop.folded().card
        assert shop.standing() == shop.earned()
    assert all(most <= cap for most in given_in.values())


def _live(shop: Shop, turn: str) -> None:
    stamps = [e.id for e in shop.entries.values() if e.type is EntryType.STAMP and e.voided_by is None]
    if turn == "stamp":
        shop.stamp(2)
    elif turn == "void" and stamps and not shop.with_status("redeemed"):  # type: ignore[arg-type]
        shop.void(stamps[-1])
    elif turn == "redeem" and shop.with_status("available"):  # type: ignore[arg-type]
        shop.redeem()


def test_a_gift_makes_a_card_of_the_main_program_with_its_head_start() -> None:
    program = a_program(referral=BOTH, opening_stamps=1)
    lena = a_customer()
    assert head_start_is_due(lena, program)
    occasion = an_occasion(by=SYSTEM, transaction_id=5, opening_id=4)
    settled = settle(WAITING, a_friend(), lena, program=program, entries=(), at=occasion)
    assert settled is not None
    assert settled.change is not None
    assert settled.change.opening is not None
    assert settled.change.answer.current_stamps == 4


WRONG = [
    ({**MORE, "stamps_for_friend": 10}, "referral/stamps_for_friend: must be below the goal of 10 stamps"),
    ({**MORE, "stamps_for_referrer": 11}, "referral/stamps_for_referrer: must be below the goal of 10 stamps"),
    ({**MORE, "stamps_for_friend": 0}, "referral/stamps_for_friend: must be a whole number from 1; 0 is only for both"),
    ({**MORE, "stamps_for_referrer": 0}, "referral/stamps_for_referrer: must be a whole number from 1"),
    ({**MORE, "monthly_cap": 0}, "referral/monthly_cap: must be a whole number from 1"),
]


@pytest.mark.parametrize(("gift", "message"), WRONG)
def test_a_gift_is_below_the_goal(gift: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        changed(a_program(), ProgramChange(referral=ReferralGift(**gift)), NOON)


def test_no_stamps_for_both_are_no_gift() -> None:
    nothing = ProgramChange(referral=ReferralGift(stamps_for_friend=0, stamps_for_referrer=0, monthly_cap=5))
    assert changed(GIVING, nothing, NOON).referral is None
    without = a_program()
    assert changed(without, nothing, NOON) is without.terms


def test_neither_the_goal_nor_the_head_start_can_be_changed_to_contradict_it() -> None:
    program = with_change(a_program(), referral=ReferralGift(**{**MORE, "stamps_for_friend": 6}), opening_stamps=2)
    changes = [
        (ProgramChange(stamps_required=6), "stamps_required: must be above the 6 stamps_for_friend in referral"),
        (ProgramChange(stamps_required=8), "stamps_required: must be above the 6 stamps_for_friend and the head start"),
        (ProgramChange(opening_stamps=4), "opening_stamps: must be below the goal of 10 stamps together with the 6"),
        (
            ProgramChange(referral=ReferralGift(**{**MORE, "stamps_for_friend": 8})),
            "referral/stamps_for_friend: must be below the goal of 10 stamps together with the head start of 2",
        ),
    ]
    for change, message in changes:
        with pytest.raises(InvalidRequest, match=message):
            changed(program, change, NOON)
    assert changed(program, ProgramChange(stamps_required=9, opening_stamps=2), NOON).stamps_required == 9


def test_cards_show_whether_something_is_given_and_not_how_much() -> None:
    more = with_change(GIVING, referral=replace(BOTH, monthly_cap=9))
    assert looks_the_same(GIVING.terms, more.terms)
    assert not looks_the_same(GIVING.terms, a_program().terms)
    assert program_view(GIVING, 1).referral == BOTH


def test_an_entry_is_one_gift_at_most() -> None:
    shop = Shop(a_program(opening_stamps=1))
    [opened] = shop.entries.values()
    shop.stamp(1)
    stamped = max(shop.entries.values(), key=lambda entry: entry.id)
    kinds: list[tuple[Entry, tuple[bool, bool]]] = [(opened, (True, False)), (stamped, (False, False))]
    assert all((entry.is_welcome, entry.is_thanks) == wanted for entry, wanted in kinds)
