"""Replays: answers about stamps, redemptions and undos, made again from the ledger, to the byte.

Nearly all that such an answer says stands in the entry, its rewards and the customer, and never changes there. What
changes is kept: the figures of the card in the entry's `once`, and profiles from before a change in `past_profile`.
Why: a whole answer is 500 bytes; this is 20. Nothing is decided or read here.

A form, once used, stays: its answers are on disks. If an answer of the wire gets a new field, the old form goes
on without it, and new entries get a new form.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Row

from loyalty_app.db.idempotency import CHECK_BYTES
from loyalty_core.customers import Customer
from loyalty_core.ledger import Entry, EntryType
from loyalty_core.outcomes import Redeemed, Stamped, Voided
from loyalty_core.programs import Terms
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.views import CardView, CustomerView, NextReward, RewardView, program_number, reward_view, utc

FORM, WITH_DROPPED, WITH_BONUS, WITH_CARDS = 1, 2, 3, 4
"""The first form; that of answers with `stamps_dropped`, which those without it do not need; that with `bonus_stamps`,
which has `stamps_dropped` if there are any; and that with `cards` and the numbers of programs, too."""
MICROSECOND = timedelta(microseconds=1)

Repeatable: TypeAlias = Stamped | Redeemed | Voided
REPEATABLE = (Stamped, Redeemed, Voided)
"""The outcomes that are made again."""


class KeptCard(msgspec.Struct, frozen=True, array_like=True):
    """A card as an answer showed it: `CardView` without names. `to_go` is None if there was no next reward."""

    program_id: int
    title: str | None
    current_stamps: int
    stamps_required: int
    total_stamps: int
    total_visits: int
    rewards_available: int
    to_go: int | None
    reward_description: str

    @classmethod
    def of(cls, seen: CardView) -> "KeptCard":
        """Keep a card as it was shown."""
        figures, following = msgspec.structs.astuple(seen)[:-1], seen.next_reward
        return cls(*figures, *((None, "") if following is None else msgspec.structs.astuple(following)))

    def view(self) -> CardView:
        """The card as it was shown."""
        following = None if self.to_go is None else NextReward(self.to_go, self.reward_description)
        figures = {name: getattr(self, name) for name in CardView.__struct_fields__ if name != "next_reward"}
        return CardView(**figures, next_reward=following)


class AnswerFigures(msgspec.Struct, frozen=True, array_like=True):
    """What an answer showed of the card, and what else its entry does not tell.

    `cards` are left out if they are what these figures and the terms of the entry give, as in nearly all shops.
    `rewards` is how many the call earned. `booked` is how many microseconds after its time the entry was booked, and
    `last_visit` how many before that the last visit was, None if never. `opened` is how many ids before its entry that
    of the head start is, which this call booked too. `shop` is the number that the shop had then, if it was moved and
    has another now: an answer names programs by it. `whose` is the customer who was answered about, if the entry goes
    to another once two cards that were merged are put apart. Zeros at the end are not stored.
    """

    form: int
    version: int
    current_stamps: int = 0
    stamps_required: int = 0
    total_stamps: int = 0
    total_visits: int = 0
    rewards_earned: int = 0
    rewards_available: int = 0
    rewards: int = 0
    last_visit: int | None = 0
    booked: int = 0
    dropped: int = 0
    opened: int = 0
    cards: tuple[KeptCard, ...] = ()
    shop: int = 0
    whose: int = 0


class PastProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A profile from before a change; `version` is the last one of the customer that had it.

    `created_at` is when they had joined, as far as was known then; None if an older release kept it.
    """

    business_id: int
    customer_id: int
    version: int
    name: str
    phone: str | None
    email: str | None
    birthday: date | None
    created_at: datetime | None = None

    @classmethod
    def of(cls, row: Row[Any]) -> "PastProfile":
        """Read a row of the table `past_profile`."""
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class KeyedEntry(msgspec.Struct, frozen=True):
    """An entry that was asked for with an idempotency key, and what it keeps for its answer."""

    entry: Entry
    once: bytes

    @property
    def check(self) -> bytes:
        """What tells the request; see `check_of`."""
        return self.once[:CHECK_BYTES]

    @property
    def whose(self) -> int:
        """The customer who was answered about."""
        return decode(self.once[CHECK_BYTES:]).whose or self.entry.of_customer or self.entry.customer_id


class CardHistory(msgspec.Struct, frozen=True):
    """A customer as they are now, with the profiles from before, all rewards, and the terms of the shop's beginning."""

    customer: Customer
    profiles: Iterable[PastProfile]
    rewards: Iterable[Reward]
    terms: Sequence[Terms]


encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(AnswerFigures).decode


def once_of(
    check: bytes,
    outcome: Repeatable,
    entry: Entry,
    terms: Sequence[Terms],
    *,
    opened: int = 0,
    brought: bool = False,
) -> bytes:
    """What the entry of an outcome keeps; `check` is from `check_of`, `terms` those with which the shop began.

    `opened` is how many ids before it that of a head start is. With `brought` it is about something that a merge has
    brought to the customer, and leaves them again if the merge is undone.
    """
    seen, occurred_at = outcome.customer, entry.occurred_at
    last_visit = None if seen.last_visit_at is None else (seen.updated_at - seen.last_visit_at) // MICROSECOND
    dropped = outcome.stamps_dropped if isinstance(outcome, Stamped) else UNSET
    figures: list[object] = [
        _form_of(outcome),
        seen.version,
        seen.current_stamps,
        seen.stamps_required,
        seen.total_stamps,
        seen.total_visits,
        seen.rewards_earned,
        seen.rewards_available,
        len(outcome.rewards) if isinstance(outcome, Stamped) else 0,
        last_visit,
        (seen.updated_at - occurred_at) // MICROSECOND,
        0 if dropped is UNSET else dropped,
        opened,
    ]
    usual = seen.cards is UNSET or seen.cards == _usual_cards(entry, seen, terms, number=entry.business_id)
    cards = () if seen.cards is UNSET or usual else tuple(map(KeptCard.of, seen.cards))
    figures += [cards, 0, entry.customer_id if brought else 0]
    while figures[-1] in (0, ()):
        figures.pop()
    return check + encode(figures)


def once_of_shop(once: bytes, number: int) -> bytes:
    """What an entry keeps for its answer, once its shop gets another number than this one, which it has so far."""
    figures = decode(once[CHECK_BYTES:])
    if figures.form < WITH_CARDS or figures.shop:  # it names no program, or by the number of a move before
        return once
    return once[:CHECK_BYTES] + encode(msgspec.structs.replace(figures, shop=number))


def _form_of(outcome: Repeatable) -> int:
    """The form of an answer; one from an older release, which is kept in a shorter way now, has less."""
    if outcome.customer.cards is not UNSET:
        return WITH_CARDS
    if not isinstance(outcome, Stamped):
        return FORM
    if outcome.bonus_stamps is not UNSET:
        return WITH_BONUS
    return FORM if outcome.stamps_dropped is UNSET else WITH_DROPPED


def _usual_cards(
    entry: Entry, seen: CustomerView | AnswerFigures, terms: Sequence[Terms], *, number: int
) -> tuple[CardView, ...]:
    """The cards of a customer of a shop with one program, which has a number, under the terms of an entry."""
    if entry.program_id is not None or entry.program_version > len(terms):
        return ()
    text = terms[entry.program_version - 1].reward_description
    card = CardView(
        number,
        None,
        seen.current_stamps,
        seen.stamps_required,
        seen.total_stamps,
        seen.total_visits,
        seen.rewards_available,
        NextReward(max(1, seen.stamps_required - seen.current_stamps), text),
    )
    return (card,)


def outcome_again(kept: KeyedEntry, history: CardHistory) -> Repeatable:
    """The outcome that was answered when the entry was made."""
    entry, figures = kept.entry, decode(kept.once[CHECK_BYTES:])
    customer = _customer_again(entry, figures, history)
    match entry.type:
        case EntryType.STAMP:
            return _stamped(entry, figures, customer, history)
        case EntryType.REDEEM:
            [reward] = (reward for reward in history.rewards if reward.id == entry.reward_id)
            handed_out = msgspec.structs.replace(
                reward, customer_id=customer.id, status=RewardStatus.REDEEMED, redeemed_at=entry.occurred_at
            )
            return Redeemed(transaction_id=entry.id, reward=_reward(handed_out, figures), customer=customer)
        case _:
            return Voided(
                transaction_id=entry.id,
                voided_transaction_id=entry.voids or 0,
                customer=customer,
                stamps_voided=entry.stamps_voided or UNSET,
            )


def _stamped(entry: Entry, figures: AnswerFigures, customer: CustomerView, history: CardHistory) -> Stamped:
    """An undo may have the entry earn more rewards later: those of this call came first. A merge may move them."""
    booked = {entry.id, entry.id - figures.opened}
    theirs = (one for one in history.rewards if (one.of_transaction or one.transaction_id) in booked)
    earned = sorted(theirs, key=lambda one: one.id)
    fresh = {"status": RewardStatus.AVAILABLE, "redeemed_at": None, "customer_id": customer.id}
    rewards = tuple(_reward(msgspec.structs.replace(one, **fresh), figures) for one in earned[: figures.rewards])
    number = program_number(figures.shop or entry.business_id, entry.program_id)
    stamped = next((card for card in figures.cards if card.program_id == number), figures)
    return Stamped(
        transaction_id=entry.id,
        program_id=UNSET if figures.form < WITH_CARDS else number,
        stamps_added=entry.stamps + entry.stamps_voided,
        bonus_stamps=entry.bonus_stamps if figures.form >= WITH_BONUS else UNSET,
        stamps_dropped=UNSET if figures.form == FORM or not figures.dropped else figures.dropped,
        current_stamps=stamped.current_stamps,
        stamps_required=stamped.stamps_required,
        total_stamps=stamped.total_stamps,
        reward_earned=bool(rewards),
        rewards=rewards,
        customer=customer,
    )


def _reward(reward: Reward, figures: AnswerFigures) -> RewardView:
    """A reward as an answer of that form showed it."""
    number = program_number(figures.shop or reward.business_id, reward.program_id)
    return msgspec.structs.replace(reward_view(reward), program_id=number if figures.form >= WITH_CARDS else UNSET)


def _cards_again(entry: Entry, figures: AnswerFigures, history: CardHistory) -> tuple[CardView, ...] | UnsetType:
    if figures.form < WITH_CARDS:
        return UNSET
    if figures.cards:
        return tuple(card.view() for card in figures.cards)
    return _usual_cards(entry, figures, history.terms, number=figures.shop or entry.business_id)


def _customer_again(entry: Entry, figures: AnswerFigures, history: CardHistory) -> CustomerView:
    then = utc(entry.occurred_at) + figures.booked * MICROSECOND
    profile = profile_at(figures.version, history)
    return CustomerView(
        history.customer.id,
        history.customer.qr_code,
        profile.name,
        profile.phone,
        profile.email,
        profile.birthday,
        figures.current_stamps,
        figures.stamps_required,
        figures.total_stamps,
        figures.total_visits,
        figures.rewards_earned,
        figures.rewards_available,
        None if figures.last_visit is None else then - figures.last_visit * MICROSECOND,
        utc(_joined_at(figures.version, history)),
        then,
        figures.version,
        _cards_again(entry, figures, history),
    )


def profile_at(version: int, history: CardHistory) -> PastProfile | Customer:
    """The profile that a customer had at a version."""
    later = [profile for profile in history.profiles if profile.version >= version]
    return min(later, key=lambda profile: profile.version, default=history.customer)


def _joined_at(version: int, history: CardHistory) -> datetime:
    """When a customer had joined, as of a version: a merge may bring an older date."""
    later = sorted((one for one in history.profiles if one.version >= version), key=lambda one: one.version)
    return next((one.created_at for one in later if one.created_at is not None), history.customer.created_at)


def past_profile_of(before: Customer) -> PastProfile:
    """The profile of a customer as they were, to be kept."""
    return PastProfile(
        business_id=before.business_id,
        customer_id=before.id,
        version=before.version,
        name=before.name,
        phone=before.phone,
        email=before.email,
        birthday=before.birthday,
        created_at=before.created_at,
    )


class Replays:
    """What a batch knows of earlier answers that are made again, and what it keeps for those of its own."""

    def __init__(self) -> None:
        self.entries: dict[tuple[int, int], KeyedEntry] = {}
        """Earlier entries, by the business and the number of their idempotency key."""
        self.profiles: dict[tuple[int, int], list[PastProfile]] = defaultdict(list)
        """Earlier profiles, by the business and the customer."""
        self.once: dict[int, tuple[int, bytes]] = {}
        """To be written: what new entries keep of their key and their answer."""
        self.openings: dict[int, int] = {}
        """The ids of head starts of this batch, by those of the stamps that brought them."""
        self.new_profiles: list[PastProfile] = []
        """To be written."""

    def keep_profile(self, before: PastProfile) -> None:
        """Keep a profile that is changed in this batch."""
        self.profiles[before.business_id, before.customer_id].append(before)
        self.new_profiles.append(before)

    def forget(self, key: tuple[int, int]) -> None:
        """Drop the profiles of an erased customer that would be written."""
        self.new_profiles = [one for one in self.new_profiles if (one.business_id, one.customer_id) != key]
