"""Gifts: what a shop gives for an occasion, as its owner sets it.

The rules, in words:
- A gift is some stamps, at most the goal, or a reward, which may have an end. It is one of both.
- Stamps are an entry of type `bonus`, and no visit. A reward has such an entry too, without stamps.

When a gift is due is in the module of its occasion. How entries add up is in `ledger`.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from loyalty_core.customers import check_seen
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import RewardText

GIFTS = ("birthday", "win_back")
"""The fields of a program in which the gifts of its shop are."""
GiftStamps = Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to the goal")]
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
    """A gift for who was not here for `after_days`: some stamps, or a reward that is valid for some days."""

    after_days: AwayDays


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
