"""Replays: answers about stamps, redemptions and undos, made again from the ledger, to the byte.

Nearly all that such an answer says stands in the entry, its rewards and the customer, and never changes there. What
changes is kept: the figures of the card in the entry's `once`, and profiles from before a change in `past_profile`.
Why: a whole answer is 500 bytes; this is 20. Nothing is decided or read here.

A form, once used, stays: its answers are on disks. If an answer of the wire gets a new field, the old form goes
on without it, and new entries get a new form.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET
from sqlalchemy import Row

from loyalty_app.db.idempotency import CHECK_BYTES
from loyalty_core.customers import Customer
from loyalty_core.ledger import Entry, EntryType
from loyalty_core.outcomes import Redeemed, Stamped, Voided
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.views import CustomerView, reward_view, utc

FORM, WITH_DROPPED, WITH_BONUS = 1, 2, 3
"""The first form, that of answers with `stamps_dropped`, which those without it do not need, and that of answers with
`bonus_stamps`, which have `stamps_dropped` if there are any."""
MICROSECOND = timedelta(microseconds=1)

Repeatable: TypeAlias = Stamped | Redeemed | Voided
REPEATABLE = (Stamped, Redeemed, Voided)
"""The outcomes that are made again."""


class AnswerFigures(msgspec.Struct, frozen=True, array_like=True):
    """What an answer showed of the card, and what else its entry does not tell.

    `rewards` is how many the call earned. `booked` is how many microseconds after its time the entry was booked, and
    `last_visit` how many before that the last visit was, None if never. `opened` is how many ids before its entry that
    of the head start is, which this call booked too. Zeros at the end are not stored.
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


class CardHistory(msgspec.Struct, frozen=True):
    """A customer as they are now, with the profiles from before and all rewards."""

    customer: Customer
    profiles: Iterable[PastProfile]
    rewards: Iterable[Reward]


encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(AnswerFigures).decode


def once_of(check: bytes, outcome: Repeatable, occurred_at: datetime, *, opened: int = 0) -> bytes:
    """What the entry of an outcome keeps; `check` is from `check_of`, `occurred_at` the time of the entry.

    `opened` is how many ids before it that of a head start is.
    """
    seen = outcome.customer
    last_visit = None if seen.last_visit_at is None else (seen.updated_at - seen.last_visit_at) // MICROSECOND
    dropped = outcome.stamps_dropped if isinstance(outcome, Stamped) else UNSET
    figures = [
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
    while figures[-1] == 0:
        figures.pop()
    return check + encode(figures)


def _form_of(outcome: Repeatable) -> int:
    if not isinstance(outcome, Stamped):
        return FORM
    if outcome.bonus_stamps is not UNSET:
        return WITH_BONUS
    return FORM if outcome.stamps_dropped is UNSET else WITH_DROPPED


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
            return Redeemed(transaction_id=entry.id, reward=reward_view(handed_out), customer=customer)
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
    rewards = tuple(reward_view(msgspec.structs.replace(one, **fresh)) for one in earned[: figures.rewards])
    return Stamped(
        transaction_id=entry.id,
        stamps_added=entry.stamps + entry.stamps_voided,
        bonus_stamps=entry.bonus_stamps if figures.form >= WITH_BONUS else UNSET,
        stamps_dropped=UNSET if figures.form == FORM or not figures.dropped else figures.dropped,
        current_stamps=figures.current_stamps,
        stamps_required=figures.stamps_required,
        total_stamps=figures.total_stamps,
        reward_earned=bool(rewards),
        rewards=rewards,
        customer=customer,
    )


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
