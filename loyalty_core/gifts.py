"""Gifts: what a shop gives for an occasion, as its owner sets it.

The rules, in words:
- A gift is some stamps, at most the goal, or a reward, which may have an end. It is one of both.
- Stamps are an entry of type `bonus`, and no visit. A reward has such an entry too, without stamps.
- For a friend who was brought along there are stamps for both, below the goal; those of the friend also together with
  the head start, so that nobody has a reward before the first visit. 0 stamps for both mean that there is no gift.

When a gift is due is in the module of its occasion. How entries add up is in `ledger`.
"""

from collections.abc import Collection
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from loyalty_core.customers import check_seen
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import RewardText

REWARD_GIFTS = ("birthday", "win_back")
"""The fields of a program in which the gifts of its shop are that may be a reward."""
GIFTS = (*REWARD_GIFTS, "referral")
"""The fields of a program in which the gifts of its shop are."""
GiftStamps = Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to the goal")]
FriendStamps = Annotated[int, Meta(ge=0, le=99, description="a whole number from 1 to one below the goal")]
MonthlyCap = Annotated[int, Meta(ge=0, le=1_000, description="a whole number from 1 to 1000")]
GiftDays = Annotated[int, Meta(ge=1, le=3_650, description="whole days from 1 to 3650; left out, it is for ever")]
AwayDays = Annotated[int, Meta(ge=14, le=730, description="whole days from 14 to 730 without a visit")]


class BirthdayGift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gift for a birthday: some stamps, or a reward that is valid for some days."""

    stamps: GiftStamps | UnsetType = UNSET
    reward_description: RewardText | UnsetType = UNSET
    valid_days: GiftDays | UnsetType = UNSET

    @property
    def given_stamps(self) -> int:
        """How many stamps it is; none if it is a reward."""
        return self.stamps if isinstance(self.stamps, int) else 0

    @property
    def days(self) -> int | None:
        """For how many days its reward is valid; None for ever."""
        return self.valid_days if isinstance(self.valid_days, int) else None


class WinBack(BirthdayGift, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gift for a customer who was not here for `after_days`: some stamps, or a reward that is valid for some days."""

    after_days: AwayDays


class ReferralGift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a shop gives for a friend who was brought along: to both, and to one customer so often a month at most."""

    stamps_for_friend: FriendStamps
    stamps_for_referrer: FriendStamps
    monthly_cap: MonthlyCap

    @property
    def is_nothing(self) -> bool:
        """Whether nobody gets anything."""
        return self.stamps_for_friend == self.stamps_for_referrer == 0


def check_both_get_some(gift: ReferralGift, prefix: str = "") -> None:
    """Raise InvalidRequest if a gift for friends that is something has a 0; `prefix` is where the gift is."""
    for name in () if gift.is_nothing else gift.__struct_fields__:
        if getattr(gift, name) == 0:
            message = "must be a whole number from 1; 0 is only for both stamps_for_friend and stamps_for_referrer"
            raise InvalidRequest.field(f"{prefix}{name}", message)


def check_referral(gift: ReferralGift, goal: int, opening_stamps: int, *, asked: Collection[str] = ()) -> None:
    """Raise InvalidRequest unless gifts for friends are below the goal; `asked` are the fields that were to change."""
    check_both_get_some(gift, "referral/")
    for name in ("stamps_for_friend", "stamps_for_referrer"):
        stamps = getattr(gift, name)
        if stamps >= goal and "referral" in asked:
            raise InvalidRequest.field(f"referral/{name}", f"must be below the goal of {goal} stamps")
        if stamps >= goal:
            raise InvalidRequest.field("stamps_required", f"must be above the {stamps} {name} in referral")
    if gift.stamps_for_friend + opening_stamps < goal:
        return
    rest = f"below the goal of {goal} stamps"
    if "referral" in asked:
        message = f"must be {rest} together with the head start of {opening_stamps}"
        raise InvalidRequest.field("referral/stamps_for_friend", message)
    if "opening_stamps" in asked:
        message = f"must be {rest} together with the {gift.stamps_for_friend} stamps_for_friend in referral"
        raise InvalidRequest.field("opening_stamps", message)
    message = f"must be above the {gift.stamps_for_friend} stamps_for_friend and the head start of {opening_stamps}"
    raise InvalidRequest.field("stamps_required", message)


def check_gift(field: str, gift: BirthdayGift, goal: int, *, of_goal: bool = False) -> None:
    """Raise InvalidRequest unless a gift is some stamps or a reward; `of_goal`: the goal is what was changed."""
    if (gift.stamps is UNSET) == (gift.reward_description is UNSET):
        raise InvalidRequest.field(field, "must have either stamps or reward_description")
    if isinstance(gift.reward_description, str):
        check_seen(field, gift.reward_description)
    if gift.given_stamps and gift.days is not None:
        raise InvalidRequest.field(field, "must have valid_days only with reward_description: stamps have no end")
    if gift.given_stamps > goal:
        if of_goal:
            message = f"must not be below the gift of {gift.stamps} stamps in {field}"
            raise InvalidRequest.field("stamps_required", message)
        raise InvalidRequest.field(field, f"must not be above the goal of {goal} stamps")
