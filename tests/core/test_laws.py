"""The law-book of whatever happens: laws that hold after every deed of every story."""

from collections import Counter
from datetime import date
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core import stamping, voiding
from loyalty_core.analytics import DayTotals
from loyalty_core.customers import Card
from loyalty_core.events import RewardEarned
from loyalty_core.ledger import Entry, EntryType
from loyalty_core.programs import running_goal
from loyalty_core.promises import open_steps, promised_steps
from loyalty_core.rewards import RewardStatus
from testkit.builders import patiently
from tests.core.shop import Shop
from tests.core.stories import (
    Stamp,
    Story,
    Void,
    stories,
    stories_with_constant_carry,
    stories_with_constant_steps,
)

whatever_happens = settings(patiently, max_examples=min(60, settings().max_examples))


@whatever_happens
@given(stories())
def test_a_card_equals_the_fold_of_its_ledger_without_the_voided_entries(story: Story) -> None:
    for step in story.steps():
        assert step.after.card == step.after.folded().card


@whatever_happens
@given(stories())
def test_nothing_is_ever_negative(story: Story) -> None:
    for step in story.steps():
        card = step.after.card
        counts = (card.current_stamps, card.total_stamps, card.total_visits, card.day_stamps, card.goal)
        assert min(*counts, card.rewards_earned, card.rewards_available) >= 0


@whatever_happens
@given(stories())
def test_the_available_rewards_are_as_many_as_the_card_says(story: Story) -> None:
    for step in story.steps():
        assert step.after.card.rewards_available == len(step.after.with_status(RewardStatus.AVAILABLE))


@whatever_happens
@given(stories())
def test_every_reward_that_was_not_voided_is_one_that_its_entry_earns(story: Story) -> None:
    for step in story.steps():
        assert step.after.standing() == step.after.earned()


@whatever_happens
@given(stories())
def test_right_after_a_stamp_the_card_is_not_full(story: Story) -> None:
    for step in story.steps():
        if isinstance(step.deed, Stamp) and step.refusal is None:
            assert step.after.card.current_stamps < running_goal(step.after.card, step.after.program)


@whatever_happens
@given(stories())
def test_a_refusal_changes_nothing(story: Story) -> None:
    for step in story.steps():
        if step.refusal is not None:
            assert vars(step.after) == vars(step.before)


@whatever_happens
@given(stories())
def test_every_entry_raises_the_version_by_one(story: Story) -> None:
    for step in story.steps():
        more_entries = len(step.after.entries) - len(step.before.entries)
        assert step.after.customer.version - step.before.customer.version == more_entries


@whatever_happens
@given(stories())
def test_a_promise_is_never_made_longer(story: Story) -> None:
    """Except for undoing: then the card is as if it had been begun by another stamp."""
    for step in story.steps():
        before, after = step.before.card, step.after.card
        if is_same_card(before, after) and not isinstance(step.deed, Void):
            assert running_goal(after, step.after.program) <= running_goal(before, step.before.program)


def is_same_card(before: Card, after: Card) -> bool:
    """Whether the running card is the one that ran before: it has all the stamps that were added."""
    added = after.total_stamps - before.total_stamps
    return before.current_stamps > 0 and after.current_stamps == before.current_stamps + added


@whatever_happens
@given(stories())
def test_no_step_that_was_promised_is_taken_away_or_put_off(story: Story) -> None:
    for step in story.steps():
        before, after = step.before.card, step.after.card
        if is_same_card(before, after) and not isinstance(step.deed, Void):
            held = [one.stamps for one in promised_steps(before, step.before.program)]
            kept = [one.stamps for one in promised_steps(after, step.after.program)]
            assert len(kept) >= len(held)
            assert all(now <= then for now, then in zip(kept, held, strict=False))


@whatever_happens
@given(stories())
def test_right_after_a_stamp_every_step_that_it_reached_is_earned(story: Story) -> None:
    for step in story.steps():
        if isinstance(step.deed, Stamp) and step.refusal is None:
            card = step.after.card
            left = open_steps(card, step.after.program)
            assert all(one.stamps > card.current_stamps for one in left)


@whatever_happens
@given(stories_with_constant_steps())
def test_a_step_is_issued_once_a_card(story: Story) -> None:
    for step in story.steps():
        shop = step.after
        texts = Counter(text for _, text in shop.standing().elements())
        for place in shop.program.terms.steps:
            reached = int(shop.card.current_stamps >= place.stamps)
            assert texts[place.reward_description] == texts["A coffee"] + reached


@whatever_happens
@given(stories())
def test_a_gift_is_part_of_its_entry_and_never_counts_as_asked_for(story: Story) -> None:
    for entry in story.end().entries.values():
        assert 0 <= entry.bonus_stamps <= entry.stamps
        assert (entry.occasion is None) == (entry.bonus_stamps == 0)
        assert entry.type is not EntryType.STAMP or entry.stamps % entry.asked_stamps == 0
        assert entry.type is not EntryType.BONUS or entry.asked_stamps == 0


@whatever_happens
@given(stories())
def test_a_head_start_comes_at_most_once_and_first(story: Story) -> None:
    kinds = [entry.type for _, entry in sorted(story.end().entries.items())]
    assert EntryType.BONUS not in kinds[1:]


@whatever_happens
@given(stories(), st.integers(1, 10))
def test_a_stamp_and_its_undoing_leave_the_card_as_it_was(story: Story, stamps: int) -> None:
    shop = story.end()
    shop.change(cooldown_seconds=0, daily_stamp_cap=None, opening_stamps=0)
    before = shop.twin()
    shop.void(shop.stamp(stamps).transaction_id)
    assert shop.card == before.card
    assert before.rewards.items() <= shop.rewards.items()


@whatever_happens
@given(stories(), st.integers(1, 10))
def test_a_redemption_and_its_undoing_leave_card_and_rewards_as_they_were(story: Story, stamps: int) -> None:
    shop = story.end()
    shop.change(cooldown_seconds=0, daily_stamp_cap=None, opening_stamps=0, steps=(), stamps_required=1)
    shop.stamp(stamps)
    before = shop.twin()
    shop.void(shop.redeem().transaction_id)
    assert (shop.card, shop.rewards) == (before.card, before.rewards)


@whatever_happens
@given(stories(opening=False), st.randoms(use_true_random=False))
def test_undoing_everything_leads_back_to_the_empty_card(story: Story, random: Random) -> None:
    shop = story.end()
    undo_all(shop, EntryType.REDEEM, random)
    undo_all(shop, EntryType.STAMP, random)
    assert shop.card == Card()
    assert set(shop.with_status(RewardStatus.VOIDED)) == set(shop.rewards)


def undo_all(shop: Shop, kind: EntryType, random: Random) -> None:
    standing = [entry.id for entry in shop.entries.values() if entry.type is kind and entry.voided_by is None]
    random.shuffle(standing)
    for number in standing:
        shop.void(number)


@whatever_happens
@given(stories_with_constant_carry())
def test_with_carry_and_one_goal_no_stamp_is_lost(story: Story) -> None:
    for step in story.steps():
        card, goal = step.after.card, step.after.program.terms.stamps_required
        assert card.total_stamps == goal * card.rewards_earned + card.current_stamps


@whatever_happens
@given(stories())
def test_the_totals_of_every_day_are_what_the_ledger_says_of_it(story: Story) -> None:
    for step in story.steps():
        shop = step.after
        days = {day_of(shop, entry) for entry in shop.entries.values()} | shop.totals.keys()
        for day in days:
            assert shop.totals.get(day, DayTotals()) == counted(shop, day)


def day_of(shop: Shop, entry: Entry) -> date:
    return entry.occurred_at.astimezone(shop.now.tzinfo).date()


def counted(shop: Shop, day: date) -> DayTotals:
    """The figures of a day, counted afresh from ledger and rewards."""
    entries = [entry for entry in shop.entries.values() if day_of(shop, entry) == day]
    kinds = Counter(entry.type for entry in entries if entry.voided_by is None)
    stamps = [entry for entry in entries if entry.type in {EntryType.STAMP, EntryType.BONUS}]
    standing = [reward for reward in shop.rewards.values() if reward.status is not RewardStatus.VOIDED]
    return DayTotals(
        visits=kinds[EntryType.STAMP],
        stamps_added=sum(entry.stamps for entry in stamps),
        stamps_voided=sum(entry.stamps for entry in stamps if entry.voided_by is not None),
        new_customers=int(shop.customer.created_at.date() == day),
        rewards_earned=sum(day_of(shop, shop.entries[reward.transaction_id]) == day for reward in standing),
        rewards_redeemed=kinds[EntryType.REDEEM],
        rewards_expired=kinds[EntryType.EXPIRE],
    )


@whatever_happens
@given(stories())
def test_every_reward_is_told_once_when_it_is_earned(story: Story) -> None:
    shop = story.end()
    told = [event.data.reward.id for event in shop.events if isinstance(event, RewardEarned)]
    assert told == list(shop.rewards)


@whatever_happens
@given(stories())
def test_no_deed_issues_more_rewards_than_there_are_ids_for(story: Story) -> None:
    for step in story.steps():
        issued = len(step.after.rewards) - len(step.before.rewards)
        if isinstance(step.deed, Void):
            assert issued <= voiding.most_rewards(step.before.history())
        elif isinstance(step.deed, Stamp):
            before = step.before
            assert issued <= stamping.most_rewards(before.customer, before.program, step.deed.stamps)
