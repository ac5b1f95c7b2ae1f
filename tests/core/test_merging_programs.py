"""The law-book of merging cards of several programs: each is folded for itself, and all are put apart again."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.customers import Card
from loyalty_core.errors import LoyaltyError, MergeRefused
from loyalty_core.ledger import fold_cards
from loyalty_core.programs import Surplus
from loyalty_core.rewards import RewardStatus
from loyalty_core.stamping import expire
from loyalty_core.voiding import most_rewards_of_all
from testkit.builders import a_program, patiently
from tests.core.shop import Shop
from tests.core.test_merging import Two, assert_put_back, do

SALADS = 7
whatever_happens = settings(patiently, max_examples=min(80, settings().max_examples))
Deed = tuple[str, int, int, int | None]
deeds = st.lists(
    st.tuples(
        st.sampled_from(["stamp", "stamp", "stamp", "redeem", "void", "part", "wait", "expire"]),
        st.integers(0, 1),
        st.integers(1, 6),
        st.sampled_from([None, SALADS]),
    ),
    max_size=25,
)
surpluses = st.sampled_from(list(Surplus))


def two_programs(surplus: Surplus) -> Two:
    """Lena and Maya in a shop with a program of coffee and one of salads."""
    two = Two(surplus=surplus, reward_valid_days=8)
    salads = replace(a_program(stamps_required=3, surplus=surplus), id=SALADS, main=False)
    for shop in two.both:
        shop.program = replace(shop.program, others=(salads,))
    return two


def turn(shop: Shop, program_id: int | None) -> None:
    """Have the card of that program at hand, as the counter has."""
    program = shop.program.turned_to(program_id)
    assert program is not None
    shop.program, shop.customer = program, shop.customer.turned_to(program_id)


def expire_all(shop: Shop) -> None:
    """Book all rewards whose time is over, each on the card of its program."""
    for reward in list(shop.rewards.values()):
        turn(shop, reward.program_id)
        if change := expire(shop.customer, shop.program, reward, at=shop.occasion()):
            shop.keep(change)


def live(two: Two, story: list[Deed], *, only: int | None = None) -> None:
    for deed, who, number, program_id in story:
        shop = two.both[who if only is None else only]
        standing = [one for one in shop.entries.values() if one.voided_by is None]
        turn(shop, standing[number % len(standing)].program_id if deed in {"void", "part"} and standing else program_id)
        try:
            expire_all(shop) if deed == "expire" else do(two, shop, deed, number)
        except LoyaltyError:
            continue
    for shop in two.both:
        turn(shop, None)


def assert_all_cards_consistent(shop: Shop) -> None:
    entries = sorted(shop.entries.values(), key=lambda one: one.id)
    folds = fold_cards(entries, shop.program, shop.now.tzinfo)
    cards = {held.program_id: held.card for held in shop.customer.cards}
    kept = {number: card for number, card in cards.items() if number in folds or card != Card()}
    assert kept == {number: folded.card for number, folded in folds.items()}
    for number, folded in folds.items():
        theirs = [one for one in shop.rewards.values() if one.program_id == number]
        standing = sorted(one.transaction_id for one in theirs if one.status is not RewardStatus.VOIDED)
        assert standing == sorted(number for number, texts in folded.earned.items() for _ in texts)
        assert sum(one.status is RewardStatus.AVAILABLE for one in theirs) == folded.card.rewards_available
    kept_ones = (one for one in shop.rewards.values() if one.status is not RewardStatus.VOIDED)
    assert all(shop.entries[one.transaction_id].program_id == one.program_id for one in kept_ones)
    assert shop.customer.entries == len(shop.entries)


@whatever_happens
@given(deeds, surpluses, deeds)
def test_each_card_of_the_first_equals_its_ledger_whatever_happened_and_happens(
    before: list[Deed], surplus: Surplus, after: list[Deed]
) -> None:
    two = two_programs(surplus)
    live(two, before)
    visits = sum(held.card.total_visits for shop in two.both for held in shop.customer.cards)
    most = sum(most_rewards_of_all(shop.history()) for shop in two.both)
    try:
        made = two.merge()
    except MergeRefused:
        return
    assert len(made.merge.issued) <= most
    assert sum(held.card.total_visits for held in two.lena.customer.cards) == visits
    assert [held.card for held in two.maya.customer.cards] == [Card()]
    assert_all_cards_consistent(two.lena)
    live(two, after, only=0)
    assert_all_cards_consistent(two.lena)


@whatever_happens
@given(deeds, surpluses)
def test_merging_and_unmerging_change_no_card_of_any_program(story: list[Deed], surplus: Surplus) -> None:
    two = two_programs(surplus)
    live(two, story)
    for shop in two.both:  # a card that never had an entry is not kept
        begun = {one.program_id for one in shop.entries.values()}
        kept = tuple(held for held in shop.customer.others if held.program_id in begun)
        shop.customer = replace(shop.customer, others=kept)
    assert_put_back(two, assert_all_cards_consistent)


@whatever_happens
@given(deeds, surpluses, deeds)
def test_whatever_happened_since_each_card_equals_its_ledger_after_unmerging_or_it_is_refused(
    before: list[Deed], surplus: Surplus, since: list[Deed]
) -> None:
    two = two_programs(surplus)
    live(two, before)
    try:
        two.merge()
        live(two, since, only=0)
        two.unmerge()
    except MergeRefused:
        return
    for shop in two.both:
        assert_all_cards_consistent(shop)
