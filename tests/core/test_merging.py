"""The law-book of merging: two cards become one that its common ledger explains, and can be put apart again."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.analytics import DayTotals
from loyalty_core.changes import Occasion
from loyalty_core.customers import Card
from loyalty_core.errors import LoyaltyError, MergeBar, MergeRefused
from loyalty_core.events import event_type
from loyalty_core.ledger import Actor, fold
from loyalty_core.merging import Merging, merge
from loyalty_core.programs import Surplus
from loyalty_core.rewards import RewardStatus
from loyalty_core.steps import Step
from loyalty_core.unmerging import MergedCard, unmerge
from testkit.builders import ANA, MIRA, NOON, a_program, an_occasion, patiently
from tests.core.shop import Shop

whatever_happens = settings(patiently, max_examples=min(80, settings().max_examples))

LENA_ID, MAYA_ID = 1, 2


class Two:
    """A shop with two customers, Lena and Maya, whose entries and rewards have one row of numbers."""

    def __init__(self, **terms: object) -> None:
        program = a_program(**{"stamps_required": 5, "surplus": Surplus.CARRY, **terms})
        self.lena, self.maya = Shop(program), Shop(program)
        self.maya.customer = replace(
            self.maya.customer, id=MAYA_ID, qr_code="CUSMAYA", name="Maya", phone="+14155552671"
        )
        self.both = (self.lena, self.maya)
        for shop in self.both:
            shop.occasion = self.occasion  # type: ignore[method-assign]  # numbers of both
        self.merging: Merging | None = None
        self.merged_at = NOON

    def occasion(self, by: Actor = ANA) -> Occasion:
        entries = [number for shop in self.both for number in shop.entries]
        rewards = [number for shop in self.both for number in shop.rewards]
        return an_occasion(
            self.now, by, transaction_id=max(entries, default=0) + 1, first_reward_id=max(rewards, default=0) + 1
        )

    @property
    def now(self) -> datetime:
        return self.lena.now

    def wait(self, **span: float) -> None:
        for shop in self.both:
            shop.wait(**span)

    def merge(self) -> Merging:
        """Merge Maya into Lena, and keep what was decided."""
        self.merging = merge(self.lena.history(), self.maya.history(), at=self.occasion(MIRA))
        self.merged_at = self.now
        closed, change = self.merging.changes
        self.maya.customer, self.maya.entries, self.maya.rewards = closed.customer, {}, {}
        for reward in change.settled:  # those of Maya come along
            self.lena.rewards[reward.id] = reward
        self.lena.keep(change)
        self.lena.entries = dict(sorted(self.lena.entries.items()))
        return self.merging

    def unmerge(self) -> None:
        """Put both back, and keep what was decided."""
        assert self.merging is not None
        card = MergedCard(
            common=self.lena.history(),
            other=self.maya.customer,
            merge=self.merging.merge,
            merged_at=self.merged_at,
            booked_for={MAYA_ID},
        )
        first, other = unmerge(card, at=self.occasion(MIRA)).changes
        self.maya.customer = other.customer
        self.lena.keep(first)
        for shop, customer_id in ((self.maya, MAYA_ID), (self.lena, LENA_ID)):
            entries = {n: one for n, one in self.lena.entries.items() if one.customer_id == customer_id}
            rewards = {n: one for n, one in self.lena.rewards.items() if one.customer_id == customer_id}
            shop.entries, shop.rewards = entries, rewards

    def totals(self) -> Counter[str]:
        """The figures of all days of both, except zeros."""
        sums: Counter[str] = Counter()
        for shop in self.both:
            for day, totals in shop.totals.items():
                for name in DayTotals.__struct_fields__:
                    sums[f"{day} {name}"] += getattr(totals, name)
        return Counter({name: figure for name, figure in sums.items() if figure})


def assert_consistent(shop: Shop) -> None:
    folded = fold(sorted(shop.entries.values(), key=lambda one: one.id), shop.program, shop.now.tzinfo)
    assert shop.card == folded.card
    standing = Counter(one.transaction_id for one in shop.rewards.values() if one.status is not RewardStatus.VOIDED)
    assert standing == Counter({number: len(texts) for number, texts in folded.earned.items()})
    assert len(shop.with_status(RewardStatus.AVAILABLE)) == shop.card.rewards_available
    assert shop.customer.entries == len(shop.entries)


def test_the_stamps_of_both_are_on_one_card_under_the_first_and_its_code() -> None:
    two = Two(stamps_required=10)
    code = two.lena.customer.qr_code
    two.lena.stamp(3)
    two.maya.stamp(4)
    answer = two.merge().answer
    assert (answer.customer.qr_code, answer.customer.current_stamps, answer.customer.total_visits) == (code, 7, 2)
    assert (answer.other.id, answer.other.name, answer.other.current_stamps) == (MAYA_ID, "Maya", 4)
    assert (two.maya.customer.name, two.maya.customer.merged_into, two.maya.card) == ("", LENA_ID, Card())
    assert [event_type(event) for event in two.lena.events][-1] == "customer.merged"
    assert_consistent(two.lena)


def test_the_head_starts_of_both_stay_and_go_apart_again() -> None:
    two = Two(stamps_required=10, opening_stamps=2)
    [opening] = two.maya.entries.values()
    two.maya.entries = {opening.id + 1: replace(opening, id=opening.id + 1, customer_id=MAYA_ID)}
    two.lena.stamp(1)
    two.maya.stamp(1)
    assert (two.merge().answer.customer.current_stamps, two.lena.stamp(1).bonus_stamps) == (6, 0)
    two.unmerge()
    assert (two.lena.card.current_stamps, two.maya.card.current_stamps) == (4, 3)
    assert_consistent(two.lena)


def test_what_the_first_does_not_tell_the_other_tells_and_the_older_joining_date_stays() -> None:
    two = Two()
    older = NOON - timedelta(days=400)
    two.maya.customer = replace(two.maya.customer, created_at=older)
    two.lena.customer = replace(two.lena.customer, phone=None, email="lena@example.com")
    customer = two.merge().answer.customer
    assert (customer.name, customer.phone, customer.email) == ("Lena", "+14155552671", "lena@example.com")
    assert (customer.created_at, two.maya.customer.created_at) == (older, NOON)


def test_a_card_that_both_fill_together_is_a_reward_at_once_and_valid_from_now() -> None:
    two = Two(reward_valid_days=10)
    two.lena.stamp(3)
    two.maya.stamp(3)
    two.wait(days=40)
    change = two.merge().changes[1]
    [reward] = change.issued
    assert reward.expires_at is not None
    assert reward.expires_at > two.now
    assert [event_type(event) for event in change.events] == ["customer.merged", "reward.earned"]
    assert two.lena.card.current_stamps == 1
    assert_consistent(two.lena)


def test_a_redeemed_reward_moves_to_the_entry_that_earns_it_now() -> None:
    two = Two()
    two.maya.stamp(2)
    two.lena.stamp(4)
    two.lena.stamp(1)
    two.lena.redeem()
    two.merge()
    assert_consistent(two.lena)
    [reward] = two.lena.rewards.values()
    assert (reward.status, reward.transaction_id, reward.of_transaction) == (RewardStatus.REDEEMED, 2, 3)
    two.unmerge()
    assert two.lena.rewards[1].transaction_id == 3


def a_pair_whose_fold_takes_a_reward_back(*, redeemed: bool) -> Two:
    """Surplus stamps are dropped: 4 and 5 make one reward at once, and together two cards earn one less."""
    two = Two(surplus=Surplus.RESET)
    two.lena.stamp(4)
    two.maya.stamp(5)
    two.lena.stamp(1)
    if redeemed:
        two.lena.redeem()
        two.maya.redeem()
    return two


def test_open_rewards_that_the_common_ledger_does_not_earn_are_taken_back() -> None:
    two = a_pair_whose_fold_takes_a_reward_back(redeemed=False)
    two.merge()
    assert sorted(one.status for one in two.lena.rewards.values()) == [RewardStatus.AVAILABLE, RewardStatus.VOIDED]
    assert_consistent(two.lena)


def test_a_reward_whose_text_has_changed_since_keeps_its_own_at_another_entry() -> None:
    two = Two(stamps_required=2)
    two.maya.stamp(1)
    two.lena.stamp(1)
    for shop in two.both:
        shop.change(reward_description="A cake")
    two.lena.stamp(1)
    two.merge()
    [reward] = two.lena.rewards.values()
    assert (reward.description, reward.transaction_id, reward.of_transaction) == ("A cake", 2, 3)
    two.lena.void(3)
    assert two.lena.with_status(RewardStatus.AVAILABLE) == [reward.id]


def two_teas() -> Two:
    """Lena and Maya have each earned the step of a card that they fill together."""
    two = Two(stamps_required=4, steps=(Step(2, "A tea"),))
    two.lena.stamp(2)
    two.maya.stamp(2)
    return two


def test_open_rewards_of_steps_that_the_common_card_has_once_give_way_to_its_goal() -> None:
    two = two_teas()
    two.merge()
    kept = [two.lena.rewards[number].description for number in two.lena.with_status(RewardStatus.AVAILABLE)]
    assert kept == ["A tea", "A coffee"]
    assert_consistent(two.lena)
    two.unmerge()
    assert [shop.standing() for shop in two.both] == [{(1, "A tea"): 1}, {(2, "A tea"): 1}]


def test_a_step_that_both_have_handed_out_keeps_them_apart() -> None:
    two = two_teas()
    for shop in two.both:
        shop.redeem()
    with pytest.raises(MergeRefused):
        two.merge()


def test_of_too_many_rewards_the_one_that_was_handed_out_is_kept() -> None:
    two = a_pair_whose_fold_takes_a_reward_back(redeemed=False)
    two.lena.redeem()
    two.merge()
    assert (two.lena.with_status(RewardStatus.REDEEMED), two.lena.with_status(RewardStatus.VOIDED)) == ([2], [1])
    assert_consistent(two.lena)


def test_a_merge_that_would_take_back_a_redeemed_reward_is_refused() -> None:
    two = a_pair_whose_fold_takes_a_reward_back(redeemed=True)
    with pytest.raises(MergeRefused) as refusal:
        two.merge()
    assert refusal.value.bar is MergeBar.REWARD_HANDED_OUT
    assert refusal.value.reward_id in {1, 2}


def test_a_later_undo_on_a_merged_card_takes_its_reward_off_the_right_day() -> None:
    two = Two()
    two.maya.stamp(2)
    two.wait(days=1)
    two.lena.stamp(4)
    two.wait(days=1)
    two.lena.stamp(1)
    two.merge()
    two.lena.void(1)
    assert_consistent(two.lena)
    earned = {day.day: totals.rewards_earned for day, totals in two.lena.totals.items() if totals.rewards_earned}
    maya = {day.day: totals.rewards_earned for day, totals in two.maya.totals.items() if totals.rewards_earned}
    assert (earned, maya) == ({4: 1}, {})


def test_after_thirty_days_a_merge_stays() -> None:
    two = Two()
    two.merge()
    two.wait(days=30, seconds=1)
    with pytest.raises(MergeRefused) as refusal:
        two.unmerge()
    assert refusal.value.bar is MergeBar.TOO_LATE


def test_what_was_booked_since_for_the_first_stays_there_and_for_the_others_reward_goes_with_it() -> None:
    two = Two()
    two.maya.stamp(5)
    two.merge()
    two.lena.stamp(2)
    two.lena.void(two.lena.redeem(1).transaction_id)
    two.lena.redeem(1)
    two.unmerge()
    assert (two.lena.card.current_stamps, two.maya.card.rewards_available) == (2, 0)
    assert two.maya.rewards[1].status is RewardStatus.REDEEMED
    assert_consistent(two.lena)
    assert_consistent(two.maya)


def test_once_a_stamp_has_earned_with_the_others_stamps_they_stay_merged() -> None:
    two = Two()
    two.lena.stamp(2)
    two.maya.stamp(2)
    two.merge()
    two.lena.stamp(1)
    with pytest.raises(MergeRefused) as refusal:
        two.unmerge()
    assert refusal.value.bar is MergeBar.STAMPED_SINCE


def test_a_reward_of_the_merge_itself_goes_with_it_unless_it_was_handed_out() -> None:
    two = Two()
    two.lena.stamp(3)
    two.maya.stamp(3)
    two.merge()
    two.lena.redeem()
    with pytest.raises(MergeRefused):
        two.unmerge()
    two.lena.void(3)
    two.unmerge()
    assert two.lena.with_status(RewardStatus.VOIDED) == [1]
    assert_consistent(two.lena)


def test_a_phone_number_that_was_taken_over_goes_back_and_one_told_since_stays() -> None:
    two = Two()
    two.merge()
    two.lena.customer = replace(two.lena.customer, email="lena@example.com")
    two.unmerge()
    assert (two.lena.customer.phone, two.lena.customer.email) == (None, "lena@example.com")
    assert two.maya.customer.phone == "+14155552671"


Deed = tuple[str, int, int]
deeds = st.lists(
    st.tuples(
        st.sampled_from(["stamp", "stamp", "stamp", "redeem", "void", "part", "wait", "expire"]),
        st.integers(0, 1),
        st.integers(1, 6),
    ),
    max_size=25,
)
surpluses = st.sampled_from(list(Surplus))


def live(two: Two, story: list[Deed]) -> None:
    for deed, who, number in story:
        shop = two.both[who]
        try:
            do(two, shop, deed, number)
        except LoyaltyError:
            continue


def do(two: Two, shop: Shop, deed: str, number: int) -> None:
    standing = [one.id for one in shop.entries.values() if one.voided_by is None]
    match deed:
        case "stamp":
            shop.stamp(number)
        case "redeem":
            shop.redeem()
        case "expire":
            shop.expire()
        case "wait":
            two.wait(days=number)
        case "void" if standing:
            shop.void(standing[number % len(standing)])
        case "part" if standing:
            shop.void(standing[number % len(standing)], 1)
        case _:
            pass


@whatever_happens
@given(deeds, surpluses, deeds)
def test_a_merged_card_equals_its_ledger_whatever_happened_and_happens(
    before: list[Deed], surplus: Surplus, after: list[Deed]
) -> None:
    two = Two(surplus=surplus, reward_valid_days=8)
    live(two, before)
    visits = two.lena.card.total_visits + two.maya.card.total_visits
    try:
        two.merge()
    except MergeRefused:
        return
    assert_consistent(two.lena)
    assert two.lena.card.total_visits == visits
    live(two, [(deed, 0, number) for deed, _, number in after])
    assert_consistent(two.lena)


def assert_put_back(two: Two, consistent: Callable[[Shop], None]) -> None:
    """Assert that merging, unless it is refused, and unmerging leave all as it was."""
    before = [(shop.customer, dict(shop.entries), dict(shop.rewards)) for shop in two.both]
    totals = two.totals()
    try:
        two.merge()
    except MergeRefused:
        return
    issued = set(two.merging.merge.issued) if two.merging else set()
    two.unmerge()
    for shop, (customer, entries, rewards) in zip(two.both, before, strict=True):
        assert replace(shop.customer, version=customer.version, updated_at=customer.updated_at) == customer
        assert shop.entries == entries
        assert {number: one for number, one in shop.rewards.items() if number not in issued} == rewards
        consistent(shop)
    assert two.totals() == totals


@whatever_happens
@given(deeds, surpluses)
def test_merging_and_unmerging_change_nothing(story: list[Deed], surplus: Surplus) -> None:
    two = Two(surplus=surplus, reward_valid_days=8)
    live(two, story)
    assert_put_back(two, assert_consistent)


@whatever_happens
@given(deeds, surpluses, deeds)
def test_whatever_happened_since_unmerged_cards_equal_their_ledgers_or_it_is_refused(
    before: list[Deed], surplus: Surplus, since: list[Deed]
) -> None:
    two = Two(surplus=surplus, reward_valid_days=8)
    live(two, before)
    try:
        two.merge()
        live(two, [(deed, 0, number) for deed, _, number in since])
        two.unmerge()
    except MergeRefused:
        return
    assert_consistent(two.lena)
    assert_consistent(two.maya)
