"""Unmerging: taking a merge back, so that there are two cards again.

The rules, in words:
- For 30 days both can be put back as they were: each with their own entries, rewards and profile.
- What was booked since stays with the first customer, except what is about the other's rewards and entries: that goes
  with the other.
- It is refused once a reward hangs on both: one that the common card earned and that was handed out, or one that a
  later stamp earned, or would have earned, only with the other's stamps.

Merging is in `merging`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Card, Customer
from loyalty_core.errors import MergeBar, MergeRefused
from loyalty_core.events import CustomerUnmerged
from loyalty_core.ledger import Entry, Folded, earned_of, fold_cards
from loyalty_core.merging import TOLD, Merge, ProfileBefore, RewardBefore, earned_by_program, earned_totals
from loyalty_core.outcomes import Unmerged
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.views import customer_view, utc
from loyalty_core.voiding import History

UNMERGE_DAYS = 30
Folds = Mapping[int | None, Folded]
"""What the ledgers of a customer's cards add up to, by program."""


class Unmerging(msgspec.Struct, frozen=True):
    """What unmerging leads to: the answer, and the changes of both customers."""

    answer: Unmerged
    changes: tuple[Change[Any], ...]


class MergedCard(msgspec.Struct, frozen=True, kw_only=True):
    """The common card, the other customer as they are now, and the merge that made it.

    `booked_for` are the ids of those whose entries are the other's: theirs, and of whom had been merged into them.
    """

    common: History
    other: Customer
    merge: Merge
    merged_at: datetime
    booked_for: Collection[int]


def unmerge(merged: MergedCard, *, at: Occasion) -> Unmerging:
    """Put both customers back as they were. Raises MergeRefused."""
    if at.now - merged.merged_at > timedelta(days=UNMERGE_DAYS):
        raise MergeRefused("A merge can be taken back for 30 days.", MergeBar.TOO_LATE)
    common, zone = merged.common, at.now.tzinfo
    theirs = _entries_of_other(merged)
    moved = tuple(_back(entry, merged.other.id) for entry in common.entries if entry.id in theirs)
    left = tuple(entry for entry in common.entries if entry.id not in theirs)
    folded, own = fold_cards(moved, common.program, zone), fold_cards(left, common.program, zone)
    rewards = tuple(_reward_back(reward, merged) for reward in common.rewards)
    _check(rewards, own, folded, merged)
    first = _first_again(merged, own, len(left), at.now)
    other = _other_again(merged, folded, len(moved), at.now)
    answer = Unmerged(customer=customer_view(first, common.program), other=customer_view(other, common.program))
    together, apart = earned_of(fold_cards(common.entries, common.program, zone)), earned_of(own) | earned_of(folded)
    change = Change(
        answer=answer,
        customer=first,
        settled=tuple(new for new, old in zip(rewards, common.rewards, strict=True) if new != old),
        rewritten=moved,
        events=(CustomerUnmerged(utc(at.now), answer),),
        totals=earned_totals(common.entries, together, apart, zone),
        program_totals=earned_by_program(common.entries, together, apart, zone),
    )
    return Unmerging(answer, (change, Change(answer=answer, customer=other)))


def _entries_of_other(merged: MergedCard) -> set[int]:
    """The ids of the other's entries, and of later ones about those and about the other's rewards."""
    rewards = {reward.id for reward in merged.common.rewards if reward.of_customer in merged.booked_for}
    theirs: set[int] = set()
    for entry in merged.common.entries:
        about = entry.reward_id in rewards or entry.voids in theirs
        if entry.of_customer in merged.booked_for or (entry.of_customer is None and about):
            theirs.add(entry.id)
    return theirs


def _back(entry: Entry, customer_id: int) -> Entry:
    booked_for = None if entry.of_customer == customer_id else entry.of_customer
    return msgspec.structs.replace(entry, customer_id=customer_id, of_customer=booked_for)


def _reward_back(reward: Reward, merged: MergedCard) -> Reward:
    before = next((one for one in merged.merge.rewards if one.id == reward.id), None)
    if before is None:
        taken_back = reward.id in merged.merge.issued and reward.status is RewardStatus.AVAILABLE
        return msgspec.structs.replace(reward, status=RewardStatus.VOIDED) if taken_back else reward
    return msgspec.structs.replace(
        reward,
        customer_id=before.customer_id,
        transaction_id=before.transaction_id,
        status=_status(reward, before),
        of_customer=None if reward.of_customer == before.customer_id else reward.of_customer,
        of_transaction=None if reward.of_transaction == before.transaction_id else reward.of_transaction,
    )


def _status(reward: Reward, before: RewardBefore) -> RewardStatus:
    """What became of a reward since counts, except what the merge itself took back, which is there again."""
    return before.status if reward.status is RewardStatus.VOIDED else reward.status


def _check(rewards: Iterable[Reward], own: Folds, folded: Folds, merged: MergedCard) -> None:
    """Raise MergeRefused unless each card has exactly the rewards that its own ledger earns."""
    standing = [reward for reward in rewards if reward.status is not RewardStatus.VOIDED]
    for customer_id, ledger in ((merged.common.customer.id, own), (merged.other.id, folded)):
        there = Counter(reward.transaction_id for reward in standing if reward.customer_id == customer_id)
        if there != Counter({number: len(texts) for number, texts in earned_of(ledger).items()}):
            sentence = "The card was stamped or redeemed since in a way that only both together allow."
            raise MergeRefused(sentence, MergeBar.STAMPED_SINCE)


def _cards(folds: Folds) -> dict[int | None, Card]:
    """What a ledger gives: a card of each program of which it has an entry."""
    return {program_id: folded.card for program_id, folded in folds.items()}


def _first_again(merged: MergedCard, own: Folds, entries: int, now: datetime) -> Customer:
    """The first, without what they had taken over; what they told since stays."""
    customer, first, other = merged.common.customer, merged.merge.first, merged.merge.other
    taken_over = [
        name for name in TOLD if getattr(first, name) is None and getattr(customer, name) == getattr(other, name)
    ]
    given_back: dict[str, None] = dict.fromkeys(taken_over)
    return msgspec.structs.replace(
        customer.with_cards_alone(_cards(own)),
        **given_back,
        entries=entries,
        created_at=first.created_at,
        updated_at=now,
        version=customer.version + 1,
    )


def _other_again(merged: MergedCard, folded: Folds, entries: int, now: datetime) -> Customer:
    before, now_out = merged.merge.other, merged.common.customer.opted_out_at
    said_since = now_out if now_out != merged.merge.first.opted_out_at else None
    return msgspec.structs.replace(
        merged.other.with_cards_alone(_cards(folded)),
        **{name: getattr(before, name) for name in ProfileBefore.__struct_fields__ if name != "opted_out_at"},
        opted_out_at=before.opted_out_at or said_since,
        entries=entries,
        updated_at=now,
        version=merged.other.version + 1,
        erased_at=None,
        merged_into=None,
    )
