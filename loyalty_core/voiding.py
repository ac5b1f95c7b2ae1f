"""Voiding: undoing a stamp or a redemption, once.

The rules, in words:
- Undoing leaves the card as if the entry had never been made: the card is added up again from the other entries.
- Rewards that are no longer earned in that sum are voided. If one of them was already handed out, the undo is refused:
  undo the redemption first. A reward is told by its entry and its text.
- Undoing a redemption makes its reward available again.
- Staff may undo their own entries for ten minutes; managers, owners and API keys may undo any, at any time.
- Both entries stay in the ledger.
- A part of some stamps can be undone, and again, until nothing is left. The visit and the rest stay, and the card is
  added up as if only the rest had been given.

Giving stamps and redeeming are in `stamping`.
"""

from datetime import date, datetime, timedelta, tzinfo

import msgspec

from loyalty_core.access import Role
from loyalty_core.analytics import DayTotals
from loyalty_core.booking import earned_events, issue, new_entry, with_card
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Customer
from loyalty_core.errors import AlreadyVoided, InvalidRequest, VoidBar, VoidRefused
from loyalty_core.events import Event, TransactionVoided
from loyalty_core.ledger import ActorType, Entry, EntryType, fold
from loyalty_core.outcomes import Voided
from loyalty_core.programs import Program
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.views import customer_view, reward_view, utc

STAFF_UNDO = timedelta(minutes=10)
UNDOABLE = {EntryType.STAMP, EntryType.REDEEM}


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The whole history of one customer; entries are in the order of their ids."""

    customer: Customer
    program: Program
    entries: tuple[Entry, ...]
    rewards: tuple[Reward, ...]

    def of_program(self, program_id: int | None) -> "History":
        """The history of one card."""
        return History(
            customer=self.customer.turned_to(program_id),
            program=self.program.turned_to(program_id) or self.program,
            entries=tuple(entry for entry in self.entries if entry.program_id == program_id),
            rewards=tuple(reward for reward in self.rewards if reward.program_id == program_id),
        )


class RewardsUndone(msgspec.Struct, frozen=True):
    """What an undo does to rewards: those lost, those free again, and the texts of those that entries newly earn."""

    lost: tuple[Reward, ...]
    freed: tuple[Reward, ...]
    newly_earned: tuple[tuple[Entry, tuple[str, ...]], ...]


def void(
    history: History, target: Entry, *, at: Occasion, reason: str | None = None, stamps: int | None = None
) -> Change[Voided]:
    """Undo `target`, one of the entries in `history`, or only some of its `stamps`.

    Raises AlreadyVoided, VoidRefused or InvalidRequest.
    """
    check_right(target, at)
    history = history.of_program(target.program_id)
    rest = _rest(target, stamps)
    left = _left(history, target, rest)
    undone = _undo(target, left, history, zone=at.now.tzinfo)
    fallen = _fallen(left, undone.lost)
    kept = tuple(entry for entry in left if entry not in fallen)
    card = fold(kept, history.program, at.now.tzinfo).card
    after = with_card(history.customer, card, at.now)
    entry = new_entry(after, history.program, EntryType.VOID, at=at)
    issued = _issue_all(undone, history.program, at)
    totals = (
        (_day(target.occurred_at, at.now.tzinfo), _off_its_day(target, rest)),
        *_reward_totals(history, undone.lost, issued, at.now.tzinfo),
        *_expiry_totals(fallen, at.now.tzinfo),
    )
    change = Change(
        answer=Voided(
            transaction_id=entry.id,
            voided_transaction_id=target.id,
            customer=customer_view(after, history.program),
            stamps_voided=msgspec.UNSET if stamps is None else stamps,
        ),
        customer=after,
        entry=msgspec.structs.replace(entry, voids=target.id, reason=reason, stamps_voided=stamps or 0),
        issued=issued,
        settled=(*undone.lost, *undone.freed),
        voided=(*([] if rest else [target.id]), *(entry.id for entry in fallen)),
        rewritten=(rest,) if rest else (),
        totals=totals,
    )
    return msgspec.structs.replace(change, events=_events(change.answer, issued, at.now))


def most_rewards(history: History) -> int:
    """The most rewards that the card at hand can earn in another sum: for each stamp one, and all its steps."""
    steps = sum(len(terms.steps) for terms in history.program.versions)
    return history.customer.card.total_stamps * (1 + steps)


def most_rewards_of_all(history: History) -> int:
    """The same for the cards of all programs."""
    return sum(most_rewards(history.of_program(held.program_id)) for held in history.customer.cards)


def _rest(target: Entry, stamps: int | None) -> Entry | None:
    """What an entry counts for once some of its stamps are undone; None if nothing is left."""
    if stamps is None:
        return None
    if target.type is not EntryType.STAMP:
        raise InvalidRequest.field("stamps", "must be left out: only stamps can be undone in part")
    if stamps > target.stamps:
        sentence = f"Only {target.stamps} of these stamps are left to undo, not {stamps}."
        raise VoidRefused(sentence, VoidBar.MORE_THAN_LEFT, transaction_id=target.id)
    if stamps == target.stamps:
        return None
    undone = target.stamps_voided + stamps
    return msgspec.structs.replace(target, stamps=target.stamps - stamps, stamps_voided=undone)


def _left(history: History, target: Entry, rest: Entry | None) -> tuple[Entry, ...]:
    """The entries that count after an undo, in their order."""
    counting = (entry for entry in history.entries if entry.voided_by is None)
    after = (rest if entry.id == target.id else entry for entry in counting)
    return tuple(entry for entry in after if entry is not None)


def _events(voided: Voided, issued: tuple[Reward, ...], now: datetime) -> tuple[Event, ...]:
    views = tuple(reward_view(reward) for reward in issued)
    return (TransactionVoided(utc(now), voided), *earned_events(views, voided.customer, now))


def check_right(target: Entry, at: Occasion) -> None:
    """Raise AlreadyVoided or VoidRefused if this actor cannot undo this entry, or not any more."""
    if target.voided_by is not None:
        raise AlreadyVoided(target.id, target.voided_by)
    if target.type not in UNDOABLE:
        sentence = "Only stamps and redemptions can be undone."
        raise VoidRefused(sentence, VoidBar.NO_STAMP_OR_REDEMPTION, transaction_id=target.id)
    if at.actor.type in {ActorType.API_KEY, ActorType.SYSTEM} or at.actor.role in {Role.MANAGER, Role.OWNER}:
        return
    if at.actor.type is not ActorType.STAFF:
        raise VoidRefused("Only the shop can undo this.", VoidBar.NOT_THE_SHOP, transaction_id=target.id)
    if target.actor.type is not ActorType.STAFF or target.actor.id != at.actor.id:
        sentence = "Staff can undo their own entries only. A manager can undo this one."
        raise VoidRefused(sentence, VoidBar.NOT_THEIR_OWN, transaction_id=target.id)
    if at.now - target.occurred_at > STAFF_UNDO:
        sentence = "Staff can undo their own entries for 10 minutes. A manager can undo this one."
        raise VoidRefused(sentence, VoidBar.TOO_LATE, transaction_id=target.id)


def _undo(target: Entry, left: tuple[Entry, ...], history: History, *, zone: tzinfo | None) -> RewardsUndone:
    """Compare the existing rewards with those earned without `target`."""
    earned = fold(left, history.program, zone).earned
    missing = {number: list(texts) for number, texts in earned.items()}
    lost: list[Reward] = []
    for reward in sorted(history.rewards, key=keep_first):
        if reward.status is RewardStatus.VOIDED:
            continue
        left_there = missing.get(reward.transaction_id, [])
        text = next((text for text in left_there if reward.stands_for(reward.transaction_id, text)), None)
        if text is not None:
            left_there.remove(text)
        else:
            lost.append(_taken_back(reward, target))
    freed = tuple(_freed(reward) for reward in history.rewards if reward.id == target.reward_id)
    newly = tuple((entry, tuple(missing[entry.id])) for entry in left if missing.get(entry.id))
    return RewardsUndone(tuple(lost), freed, newly)


def keep_first(reward: Reward) -> tuple[bool, int]:
    """Sort key: of several rewards of one entry, keep those handed out first, then the older ones."""
    return (reward.status is not RewardStatus.REDEEMED, reward.id)


def _taken_back(reward: Reward, target: Entry) -> Reward:
    if reward.status is RewardStatus.REDEEMED:
        sentence = (
            f"Undoing this would take back reward {reward.id}, which was already handed out. Undo its redemption first."
        )
        raise VoidRefused(sentence, VoidBar.REWARD_HANDED_OUT, transaction_id=target.id, reward_id=reward.id)
    return msgspec.structs.replace(reward, status=RewardStatus.VOIDED)


def _freed(reward: Reward) -> Reward:
    return msgspec.structs.replace(reward, status=RewardStatus.AVAILABLE, redeemed_at=None)


def _fallen(left: tuple[Entry, ...], lost: tuple[Reward, ...]) -> tuple[Entry, ...]:
    """The entries that booked the expiry of rewards which are lost now. They are voided too."""
    ids = {reward.id for reward in lost}
    return tuple(entry for entry in left if entry.type is EntryType.EXPIRE and entry.reward_id in ids)


def _issue_all(undone: RewardsUndone, program: Program, at: Occasion) -> tuple[Reward, ...]:
    issued: list[Reward] = []
    for entry, texts in undone.newly_earned:
        following = msgspec.structs.replace(at, first_reward_id=at.first_reward_id + len(issued))
        issued += issue(entry, program.at(entry.program_version).terms, texts, at=following)
    return tuple(issued)


def _off_its_day(target: Entry, rest: Entry | None) -> DayTotals:
    """What an undo takes off the day of its entry: a visit only if nothing of it is left."""
    if target.type is not EntryType.STAMP:
        return DayTotals(rewards_redeemed=-1)
    if rest is None:
        return DayTotals(visits=-1, stamps_voided=target.stamps)
    return DayTotals(stamps_voided=target.stamps - rest.stamps)


def _reward_totals(
    history: History, lost: tuple[Reward, ...], issued: tuple[Reward, ...], zone: tzinfo | None
) -> tuple[tuple[date, DayTotals], ...]:
    """Take off or add each reward on the day of the entry that earns it; on a merged card that may have changed."""
    days = {entry.id: _day(entry.occurred_at, zone) for entry in history.entries}
    return (
        *((days[reward.transaction_id], DayTotals(rewards_earned=-1)) for reward in lost),
        *((days[reward.transaction_id], DayTotals(rewards_earned=1)) for reward in issued),
    )


def _expiry_totals(fallen: tuple[Entry, ...], zone: tzinfo | None) -> tuple[tuple[date, DayTotals], ...]:
    return tuple((_day(entry.occurred_at, zone), DayTotals(rewards_expired=-1)) for entry in fallen)


def _day(moment: datetime, zone: tzinfo | None) -> date:
    return moment.astimezone(zone).date()
