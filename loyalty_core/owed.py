"""Owed: what a business owes its customers, summed up from counts.

The rules, in words:
- Open rewards are those that can be redeemed now.
- A reward is as old as the days of the business since it was earned: at most 7, at most 30, at most 90, or older.
- The share that was redeemed in the last 90 days (today and the 89 before it) is a share of all rewards that could be
  redeemed at some time in them: those redeemed in them, those expired in them, and those that are open now. Rewards
  that were taken back count nowhere.
- In money, an open reward costs what the program says today. Without that, nothing is said about money.

Nothing is counted here.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from loyalty_core.programs import Program
from loyalty_core.views import program_number

SHARE_DAYS = 90
OLDEST_OF_AGES = (7, 30, 90, None)
"""The most days of each age; None is any number."""


class OwedProgram(msgspec.Struct, frozen=True, kw_only=True):
    """The open rewards of a program; `cost` is what they cost together, in minor units of `currency`.

    `title` is null for a program that has the name of the shop.
    """

    program_id: int
    title: str | None
    outstanding: int
    reward_cost: int | None
    currency: str | None
    cost: int | None


class OwedAge(msgspec.Struct, frozen=True, kw_only=True):
    """The open rewards that were earned `from_days` to `to_days` days ago; `to_days` is null for the oldest."""

    from_days: int
    to_days: int | None
    outstanding: int


class OwedBranch(msgspec.Struct, frozen=True, kw_only=True):
    """The open rewards that were earned at a branch; both are null for those earned at none."""

    branch_id: int | None
    name: str | None
    outstanding: int


class RedeemedShare(msgspec.Struct, frozen=True, kw_only=True):
    """How many rewards were redeemed and expired in the last days; `share` is null if there was none to redeem."""

    days: int
    redeemed: int
    expired: int
    share: float | None


class RewardsSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a business owes; `cost` is in minor units of `currency`, null without a cost of each reward."""

    outstanding: int
    cost: int | None
    currency: str | None
    programs: tuple[OwedProgram, ...]
    ages: tuple[OwedAge, ...]
    branches: tuple[OwedBranch, ...]
    redeemed: RedeemedShare


def earned_since(today: date) -> tuple[date, ...]:
    """The first day of each age but the oldest, the newest age first."""
    return tuple(today - timedelta(days=days) for days in OLDEST_OF_AGES if days is not None)


def ages_of(counts: Sequence[int]) -> tuple[OwedAge, ...]:
    """The ages with how many open rewards are in each, the newest first."""
    ages, begin = [], 0
    for most, outstanding in zip(OLDEST_OF_AGES, counts, strict=True):
        ages.append(OwedAge(from_days=begin, to_days=most, outstanding=outstanding))
        begin = 0 if most is None else most + 1
    return tuple(ages)


def owed_by(program: Program, outstanding: int, *, business_id: int) -> OwedProgram:
    """The open rewards of a program of a shop, in money if its terms name a cost."""
    terms = program.terms
    return OwedProgram(
        program_id=program_number(business_id, program.id),
        title=program.title,
        outstanding=outstanding,
        reward_cost=terms.reward_cost,
        currency=terms.currency,
        cost=None if terms.reward_cost is None else terms.reward_cost * outstanding,
    )


def redeemed_share(*, redeemed: int, expired: int, outstanding: int) -> RedeemedShare:
    """The share that was redeemed, of what could have been: a number from 0 to 1 with four digits."""
    redeemable = redeemed + expired + outstanding
    share = round(redeemed / redeemable, 4) if redeemable else None
    return RedeemedShare(days=SHARE_DAYS, redeemed=redeemed, expired=expired, share=share)


def summed_up(
    programs: Sequence[OwedProgram],
    *,
    ages: Sequence[int],
    branches: Sequence[OwedBranch],
    redeemed: int,
    expired: int,
) -> RewardsSummary:
    """Everything that is owed. There is one sum of money if all programs that name a cost name one currency."""
    outstanding = sum(one.outstanding for one in programs)
    currencies = {one.currency for one in programs if one.cost is not None}
    costs = [one.cost for one in programs if one.cost is not None]
    in_one = len(currencies) == 1
    return RewardsSummary(
        outstanding=outstanding,
        cost=sum(costs) if in_one else None,
        currency=currencies.pop() if in_one else None,
        programs=tuple(programs),
        ages=ages_of(ages),
        branches=tuple(branches),
        redeemed=redeemed_share(redeemed=redeemed, expired=expired, outstanding=outstanding),
    )
