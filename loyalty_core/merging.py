"""Merging: two cards of one person become one.

The rules, in words:
- The ledgers of both are added up as one, program by program, under the first customer, who keeps their code. The
  other's entries and rewards come along; the other is closed, and what is asked of them is asked of the first from then
  on.
- The older joining date stays. What the first does not tell of themselves (phone, e-mail, birthday), the other tells.
  If one of them wants no more messages to many, that stays.
- Rewards stay as they are where the common ledger earns as many: one may then belong to another entry. What it earns
  more is issued now. If it earns fewer, open ones are taken back; a merge that would take back one that was handed out,
  or booked as expired, is refused.
  Where a program has steps, or gives rewards, one stays only where its own text is earned.
- Gifts stay, two head starts too: each was promised on a card, and a manager merges, not the person who would gain by
  it.

Taking a merge back is in `unmerging`. Chats, links and look-ups are elsewhere.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

import msgspec

from loyalty_core.analytics import DayTotals
from loyalty_core.booking import earned_events, issue
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Card, Customer
from loyalty_core.errors import MergeBar, MergeRefused
from loyalty_core.events import CustomerMerged
from loyalty_core.gifts import REWARD_GIFTS
from loyalty_core.ledger import Entry, Folded, earned_of, fold_cards
from loyalty_core.outcomes import Merged
from loyalty_core.programs import Program, Terms
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.views import customer_view, reward_view, utc
from loyalty_core.voiding import History, keep_first

TOLD = ("phone", "email", "birthday", "birthday_set_at", "opted_out_at")
"""What the first takes over from the other, where they do not tell it themselves."""


class RewardBefore(msgspec.Struct, frozen=True):
    """A reward as it was before a merge changed it."""

    id: int
    customer_id: int
    transaction_id: int
    status: RewardStatus


class ProfileBefore(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer told of themselves before a merge, and when they joined."""

    name: str
    phone: str | None
    email: str | None
    birthday: date | None
    created_at: datetime
    birthday_set_at: datetime | None = None
    opted_out_at: datetime | None = None


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to take a merge back: both profiles, the changed rewards, and the ids of the new ones."""

    first: ProfileBefore
    other: ProfileBefore
    rewards: tuple[RewardBefore, ...]
    issued: tuple[int, ...]


class Merging(msgspec.Struct, frozen=True):
    """What merging leads to: the answer, the changes of both customers, and what takes them back."""

    answer: Merged
    changes: tuple[Change[Any], ...]
    merge: Merge


class JoinedCard(msgspec.Struct, frozen=True):
    """What two customers' cards add up to, program by program: the cards, the moved entries, and all rewards.

    The rewards of both are in their order; the new ones are apart.
    """

    cards: Mapping[int | None, Card]
    moved: tuple[Entry, ...]
    rewards: tuple[Reward, ...]
    issued: tuple[Reward, ...]
    totals: tuple[tuple[date, DayTotals], ...]
    program_totals: tuple[tuple[int, date, DayTotals], ...]


def merge(first: History, other: History, *, at: Occasion) -> Merging:
    """Fold both ledgers under the first customer. Raises MergeRefused."""
    joined = join_cards(first, other, at)
    kept = _kept(first.customer, other.customer, joined.cards, at.now)
    answer = Merged(customer=customer_view(kept, first.program), other=customer_view(other.customer, other.program))
    before = (*first.rewards, *other.rewards)
    changed = [(new, old) for new, old in zip(joined.rewards, before, strict=True) if new != old]
    views = tuple(map(reward_view, joined.issued))
    change = Change(
        answer=answer,
        customer=kept,
        issued=joined.issued,
        settled=tuple(new for new, _ in changed),
        rewritten=joined.moved,
        events=(CustomerMerged(utc(at.now), answer), *earned_events(views, answer.customer, at.now)),
        totals=joined.totals,
        program_totals=joined.program_totals,
    )
    undo = Merge(
        first=_profile(first.customer),
        other=_profile(other.customer),
        rewards=tuple(RewardBefore(old.id, old.customer_id, old.transaction_id, old.status) for _, old in changed),
        issued=tuple(reward.id for reward in joined.issued),
    )
    closed = _closed(other.customer, kept, max(first.customer.created_at, other.customer.created_at))
    return Merging(answer, (Change(answer=answer, customer=closed), change), undo)


def join_cards(first: History, other: History, at: Occasion) -> JoinedCard:
    """Add up two ledgers as one. Raises MergeRefused."""
    zone, own = at.now.tzinfo, first.customer.id
    moved = tuple(moved_to(own, entry) for entry in other.entries)
    entries = sorted((*first.entries, *moved), key=lambda entry: entry.id)
    folds = fold_cards(entries, first.program, zone)
    rewards, missing = _all_placed((*first.rewards, *other.rewards), folds, first.program)
    issued: list[Reward] = []
    for entry in entries:
        if texts := missing.get(entry.id):
            following = msgspec.structs.replace(at, first_reward_id=at.first_reward_id + len(issued))
            terms = (first.program.turned_to(entry.program_id) or first.program).at(entry.program_version).terms
            issued += issue(entry, terms, tuple(texts), at=following, valid_from=at.now)
    separately = earned_of(fold_cards(first.entries, first.program, zone))
    separately |= earned_of(fold_cards(other.entries, other.program, zone))
    together = earned_of(folds)
    return JoinedCard(
        cards={program_id: folded.card for program_id, folded in folds.items()},
        moved=moved,
        rewards=tuple(_with_owner(reward, own) for reward in rewards),
        issued=tuple(issued),
        totals=earned_totals(entries, separately, together, zone),
        program_totals=earned_by_program(entries, separately, together, zone),
    )


def _gives_rewards(terms: Terms) -> bool:
    gifts = (getattr(terms, name) for name in REWARD_GIFTS)
    return any(gift is not None and gift.reward_description is not msgspec.UNSET for gift in gifts)


def moved_to(customer_id: int, entry: Entry) -> Entry:
    """An entry under another customer; it remembers for whom it was booked."""
    booked_for = entry.of_customer or entry.customer_id
    return msgspec.structs.replace(entry, customer_id=customer_id, of_customer=booked_for)


def _with_owner(reward: Reward, customer_id: int) -> Reward:
    if reward.customer_id == customer_id:
        return reward
    return msgspec.structs.replace(
        reward, customer_id=customer_id, of_customer=reward.of_customer or reward.customer_id
    )


Place = tuple[int, str]
"""An entry that earns a reward, and the text of that."""


def _all_placed(
    rewards: Sequence[Reward], folds: Mapping[int | None, Folded], program: Program
) -> tuple[list[Reward], dict[int, list[str]]]:
    """The same for the rewards of all programs, in their order: each is earned on a card of its own program."""
    placed, missing = dict[int, Reward](), dict[int, list[str]]()
    for program_id, folded in folds.items():
        exact = any(
            terms.steps or _gives_rewards(terms) for terms in (program.turned_to(program_id) or program).versions
        )
        theirs = [one for one in rewards if one.program_id == program_id]
        own, more = _placed(theirs, folded.earned, exact=exact)
        placed |= {reward.id: reward for reward in own}
        missing |= more
    return [placed.get(reward.id, reward) for reward in rewards], missing


def _placed(
    rewards: Sequence[Reward], earned: Mapping[int, tuple[str, ...]], *, exact: bool
) -> tuple[list[Reward], dict[int, list[str]]]:
    """Give each standing reward an entry that earns one; also the texts of what each entry earns more.

    The best place is its own, then another with its text; then any, unless it is to be `exact`: rewards differ where
    there are steps. Those handed out come first. Raises MergeRefused if one of them is left over.
    """
    free: list[Place] = [(number, text) for number, texts in sorted(earned.items()) for text in texts]
    standing = sorted((reward for reward in rewards if reward.status is not RewardStatus.VOIDED), key=keep_first)
    kept, places = standing[: len(free)], dict[int, Place]()
    for fits in (_is_its_own, _has_its_text) if exact else (_is_its_own, _has_its_text, _is_any):
        for reward in kept:
            place = next((one for one in free if reward.id not in places and fits(reward, one)), None)
            if place is not None:
                free.remove(place)
                places[reward.id] = place
    lost = [reward for reward in standing if reward.id not in places]
    _check_lost(lost)
    left_over, missing = {reward.id for reward in lost}, dict[int, list[str]]()
    for number, text in free:
        missing.setdefault(number, []).append(text)
    return [_at(reward, places.get(reward.id), is_lost=reward.id in left_over) for reward in rewards], missing


def _is_its_own(reward: Reward, place: Place) -> bool:
    return reward.stands_for(*place)


def _has_its_text(reward: Reward, place: Place) -> bool:
    return place[1] == reward.description


def _is_any(_reward: Reward, _place: Place) -> bool:
    return True


def _check_lost(lost: Sequence[Reward]) -> None:
    for reward in lost:
        if reward.status is not RewardStatus.AVAILABLE:
            sentence = (
                f"The common card would take back reward {reward.id}, which was already handed out or has expired."
            )
            raise MergeRefused(sentence, MergeBar.REWARD_HANDED_OUT, reward_id=reward.id)


def _at(reward: Reward, place: Place | None, *, is_lost: bool) -> Reward:
    """A reward at the entry that earns it now, or taken back. One with another text remembers its entry too."""
    if is_lost:
        return msgspec.structs.replace(reward, status=RewardStatus.VOIDED)
    if place is None or _is_its_own(reward, place):
        return reward
    at_first = reward.of_transaction or reward.transaction_id
    return msgspec.structs.replace(reward, transaction_id=place[0], of_transaction=at_first)


def earned_totals(
    entries: Sequence[Entry],
    before: Mapping[int, tuple[str, ...]],
    after: Mapping[int, tuple[str, ...]],
    zone: tzinfo | None,
) -> tuple[tuple[date, DayTotals], ...]:
    """What changes in the figures of days if entries earn other numbers of rewards than before."""
    return tuple(
        (entry.occurred_at.astimezone(zone).date(), DayTotals(rewards_earned=more))
        for entry in entries
        if (more := len(after.get(entry.id, ())) - len(before.get(entry.id, ())))
    )


def earned_by_program(
    entries: Sequence[Entry],
    before: Mapping[int, tuple[str, ...]],
    after: Mapping[int, tuple[str, ...]],
    zone: tzinfo | None,
) -> tuple[tuple[int, date, DayTotals], ...]:
    """The same for further programs, each for itself."""
    numbers = sorted({entry.program_id for entry in entries if entry.program_id is not None})
    return tuple(
        (number, day, figures)
        for number in numbers
        for day, figures in earned_totals([e for e in entries if e.program_id == number], before, after, zone)
    )


def _kept(first: Customer, other: Customer, cards: Mapping[int | None, Card], now: datetime) -> Customer:
    told = taken_over(first, other)
    return msgspec.structs.replace(
        first.with_cards(cards),
        **told,
        entries=first.entries + other.entries,
        created_at=min(first.created_at, other.created_at),
        updated_at=now,
        version=first.version + 1,
    )


def taken_over(first: Customer, other: Customer) -> dict[str, Any]:
    """What the first tells of themselves after a merge. The time of a birthday is that of whose birthday it is."""
    whose = first if first.birthday else other
    told = {name: getattr(first, name) or getattr(other, name) for name in TOLD}
    return {**told, "birthday_set_at": whose.birthday_set_at}


def _closed(other: Customer, kept: Customer, created_at: datetime) -> Customer:
    """The other, without a name and a card of their own; their joining date is the younger one of the two."""
    nothing: dict[str, None] = dict.fromkeys(TOLD)
    return msgspec.structs.replace(
        other.with_cards_alone({}),
        **nothing,
        name="",
        entries=0,
        created_at=created_at,
        updated_at=kept.updated_at,
        version=other.version + 1,
        erased_at=kept.updated_at,
        merged_into=kept.id,
    )


def _profile(customer: Customer) -> ProfileBefore:
    return ProfileBefore(**{name: getattr(customer, name) for name in ProfileBefore.__struct_fields__})
