"""Outcomes: the results of accepted requests, named in the past tense, with the names of the wire.

They are both answers of the API and data of events, so both always say the same.
"""

import msgspec
from msgspec import UNSET, UnsetType

from loyalty_core.views import CustomerView, RewardView


class Stamped(msgspec.Struct, frozen=True, kw_only=True):
    """Stamps were added to the card of `program_id`; `rewards` are those that this call earned.

    `stamps_dropped` is how many of them are above the goal and go to no card, because the shop's `surplus` is `reset`;
    unset if none are. `bonus_stamps` are those of the added ones that are a gift of the bonus hours; unset only in
    answers of releases that knew none.
    """

    transaction_id: int
    stamps_added: int
    current_stamps: int
    stamps_required: int
    total_stamps: int
    reward_earned: bool
    rewards: tuple[RewardView, ...]
    customer: CustomerView
    stamps_dropped: int | UnsetType = UNSET
    bonus_stamps: int | UnsetType = UNSET
    program_id: int | UnsetType = UNSET


class Redeemed(msgspec.Struct, frozen=True, kw_only=True):
    """A reward was handed out."""

    transaction_id: int
    reward: RewardView
    customer: CustomerView


class Voided(msgspec.Struct, frozen=True, kw_only=True):
    """A stamp or a redemption was undone; `stamps_voided` is how many stamps were, unset if not asked by number."""

    transaction_id: int
    voided_transaction_id: int
    customer: CustomerView
    stamps_voided: int | UnsetType = UNSET


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A proven phone number led to this customer's card; `replaced` is the id of the card that was closed for it."""

    customer: CustomerView
    replaced: int | None


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's personal data was erased; the ledger stays, without a name."""

    id: int
    qr_code: str
    deleted: bool = True


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """Two customers became one: `customer` as they are now, and `other` as they were before."""

    customer: CustomerView
    other: CustomerView


class Unmerged(msgspec.Struct, frozen=True, kw_only=True):
    """A merge was taken back: both customers as they are now."""

    customer: CustomerView
    other: CustomerView


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """Something was deleted."""

    id: int
    deleted: bool = True


class Expired(msgspec.Struct, frozen=True, kw_only=True):
    """A reward was booked as expired."""

    transaction_id: int
    reward: RewardView
