"""Programs: how many stamps make a reward, and the policies around it.

The rules, in words:
- A program has versions. A change adds one; what has happened stays under the version of its day.
- A running card keeps its goal until it is complete. A change can make it shorter, never longer: its goal is the
  smallest since it was begun.
- An empty card takes the goal of today.
- A new reward text, validity or policy counts from now on, for what is earned from now on.
- What a reward costs the shop is known to the owner alone. It has a currency, and a change of it changes no card.
- A shop has 1 to 10 programs in use, each with cards, terms and versions of its own. One is the main one: it is meant
  where none is named.
- An archived program takes no new stamps. Its cards and rewards stay, and what was done can be undone. The main one
  cannot be archived; another can be made main.
- A shop takes the code that is printed on a card, or asks for the rotating one: to redeem, or for all.
- What a shop gives (see `gifts`) is known to it alone until it is given: a change of it changes no card. Cards show
  whether it gives something for friends, not how much.
- A head start is smaller than the goal, and all steps are below it: a change that says otherwise is refused.

Steps are in `steps` and `promises`, bonus hours in `bonus_hours`, head starts in `booking`. What a stamp does to a card
is in `ledger` and `stamping`; how a program is stored is not known here.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from loyalty_core.bonus_hours import BonusWeek, check_bonus_hours
from loyalty_core.customers import check_seen
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import (
    CURRENCIES,
    Cooldown,
    Currency,
    DailyCap,
    Name,
    OpeningStamps,
    RewardCost,
    RewardText,
    StampsRequired,
    ValidDays,
)
from loyalty_core.gifts import GIFTS, REWARD_GIFTS, BirthdayGift, ReferralGift, WinBack, check_gift, check_referral
from loyalty_core.steps import Steps, check_steps

if TYPE_CHECKING:
    from loyalty_core.customers import Card


WITHOUT_VERSIONS = ("name", "title")


class Surplus(StrEnum):
    """What happens to stamps above the goal: dropped, or carried on to the next card."""

    RESET = "reset"
    CARRY = "carry"


class CardCodes(StrEnum):
    """Which codes a shop takes: those of the cards for all, or rotating ones to redeem or for all."""

    FIXED = "fixed"
    ROTATING_REDEEM = "rotating_redeem"
    ROTATING_ALL = "rotating_all"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a program: the terms under which stamps are given while it is in force."""

    version: int
    stamps_required: StampsRequired
    reward_description: RewardText
    updated_at: datetime
    surplus: Surplus = Surplus.RESET
    cooldown_seconds: Cooldown = 0
    daily_stamp_cap: DailyCap | None = None
    reward_valid_days: ValidDays | None = None
    card_codes: CardCodes = CardCodes.FIXED
    reward_cost: RewardCost | None = None
    currency: Currency | None = None
    steps: Steps = ()
    opening_stamps: OpeningStamps = 0
    bonus_hours: BonusWeek = ()
    birthday: BirthdayGift | None = None
    win_back: WinBack | None = None
    referral: ReferralGift | None = None


class ProgramChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an owner wants changed; a field that is not set stays as it is.

    `name` is the shop's, `title` the program's; neither has versions.
    """

    name: Name | UnsetType = UNSET
    title: Name | UnsetType | None = UNSET
    stamps_required: StampsRequired | UnsetType = UNSET
    reward_description: RewardText | UnsetType = UNSET
    surplus: Surplus | UnsetType = UNSET
    cooldown_seconds: Cooldown | UnsetType = UNSET
    daily_stamp_cap: DailyCap | UnsetType | None = UNSET
    reward_valid_days: ValidDays | UnsetType | None = UNSET
    card_codes: CardCodes | UnsetType = UNSET
    reward_cost: RewardCost | UnsetType | None = UNSET
    currency: Currency | UnsetType | None = UNSET
    steps: Steps | UnsetType = UNSET
    opening_stamps: OpeningStamps | UnsetType = UNSET
    bonus_hours: BonusWeek | UnsetType = UNSET
    birthday: BirthdayGift | UnsetType | None = UNSET
    win_back: WinBack | UnsetType | None = UNSET
    referral: ReferralGift | UnsetType | None = UNSET


class NewProgram(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further program: what it is called, and its first terms. Without a title it is called as the shop."""

    title: Name | None = None
    stamps_required: StampsRequired
    reward_description: RewardText
    surplus: Surplus = Surplus.RESET
    cooldown_seconds: Cooldown = 0
    daily_stamp_cap: DailyCap | None = None
    reward_valid_days: ValidDays | None = None
    reward_cost: RewardCost | None = None
    currency: Currency | None = None
    steps: Steps = ()
    opening_stamps: OpeningStamps = 0
    bonus_hours: BonusWeek = ()


def new_terms(new: NewProgram, now: datetime) -> Terms:
    """The first terms of a program, by the rules of a change. Raises InvalidRequest."""
    first = Terms(
        version=1, stamps_required=new.stamps_required, reward_description=new.reward_description, updated_at=now
    )
    check_seen("reward_description", new.reward_description)
    asked = {name: getattr(new, name) for name in new.__struct_fields__ if name != "title"}
    return msgspec.structs.replace(changed(Program("", (first,)), ProgramChange(**asked), now), version=1)


class Program(msgspec.Struct, frozen=True, dict=True):
    """All versions of a program of a business. The oldest (version 1) comes first, the one in force last.

    `name` is the shop's. `id` is None for the program with which the shop began. `others` are the other programs of
    the shop, in the order of their making.
    """

    name: str
    versions: tuple[Terms, ...]
    id: int | None = None
    title: str | None = None
    main: bool = True
    archived_at: datetime | None = None
    others: tuple["Program", ...] = ()

    @cached_property
    def terms(self) -> Terms:
        """The version in force."""
        return self.versions[-1]

    def at(self, version: int) -> "Program":
        """The program as it was while `version` was in force."""
        if version == len(self.versions):
            return self
        return msgspec.structs.replace(self, versions=self.versions[:version], others=())

    @cached_property
    def all_of_shop(self) -> "tuple[Program, ...]":
        """All programs of the shop: the main one, then the others in the order of their making."""
        if self.main:
            return (self, *self.others)
        return tuple(sorted((self, *self.others), key=lambda one: (not one.main, one.id or 0)))

    def turned_to(self, program_id: int | None) -> "Program | None":
        """That program of the same shop, with the others; None if there is none."""
        return self if program_id == self.id else self._turned.get(program_id)

    @cached_property
    def _turned(self) -> "dict[int | None, Program]":
        """Each of the others, with the rest of them."""
        return {found.id: self._turned_to(found) for found in self.others}

    def _turned_to(self, found: "Program") -> "Program":
        alone = msgspec.structs.replace(self, others=())
        rest = (one for one in (alone, *self.others) if one.id != found.id)
        return msgspec.structs.replace(found, others=tuple(sorted(rest, key=lambda one: one.id or 0)))

    def terms_at(self, moment: datetime) -> Terms:
        """The version that was in force at a moment; the first one before that."""
        return next((terms for terms in reversed(self.versions) if terms.updated_at <= moment), self.versions[0])


def changed(program: Program, change: ProgramChange, now: datetime) -> Terms:
    """The terms after a change: the next version, or the same object if nothing differs. Raises InvalidRequest."""
    fields = (name for name in change.__struct_fields__ if name not in WITHOUT_VERSIONS)
    asked = {name: value for name in fields if (value := getattr(change, name)) is not UNSET}
    if change.referral and change.referral.is_nothing:
        asked["referral"] = None
    terms = msgspec.structs.replace(program.terms, **asked)
    if terms == program.terms:
        return program.terms
    check_terms(terms, asked)
    return msgspec.structs.replace(terms, version=program.terms.version + 1, updated_at=now)


def check_terms(terms: Terms, asked: Collection[str] = ()) -> None:
    """Raise InvalidRequest if terms contradict themselves; `asked` are the fields that were to change."""
    check_seen("reward_description", terms.reward_description)
    _check_cost(terms)
    check_steps(terms.steps, terms.stamps_required, of_goal="steps" not in asked)
    check_bonus_hours(terms.bonus_hours)
    for name in REWARD_GIFTS:
        if (gift := getattr(terms, name)) is not None:
            check_gift(name, gift, terms.stamps_required, of_goal=name not in asked)
    if terms.opening_stamps >= terms.stamps_required and "opening_stamps" not in asked:
        message = f"must be above the head start of {terms.opening_stamps} stamps"
        raise InvalidRequest.field("stamps_required", message)
    if terms.opening_stamps >= terms.stamps_required:
        raise InvalidRequest.field("opening_stamps", f"must be below the goal of {terms.stamps_required} stamps")
    if terms.referral is not None:
        check_referral(terms.referral, terms.stamps_required, terms.opening_stamps, asked=asked)


def _check_cost(terms: Terms) -> None:
    if terms.currency is not None and terms.currency not in CURRENCIES:
        raise InvalidRequest.field("currency", "must be the three letters of a currency (ISO 4217), as EUR")
    if terms.reward_cost is not None and terms.currency is None:
        raise InvalidRequest.field(
            "currency", "must be given with reward_cost: the three letters of a currency, as EUR"
        )


def looks_the_same(before: Terms, after: Terms) -> bool:
    """Whether cards look the same under both terms: they differ in nothing, or in what only the owner knows."""
    if (before.referral is None) != (after.referral is None):
        return False
    hidden = {"version", "updated_at", "reward_cost", "currency", *GIFTS}
    return all(getattr(before, name) == getattr(after, name) for name in Terms.__struct_fields__ if name not in hidden)


def running_goal(card: "Card", program: Program) -> int:
    """All the stamps that the running card needs: a promise that a change can lower, never raise."""
    if card.current_stamps == 0:
        return program.terms.stamps_required
    if card.program_version >= len(program.versions):
        return card.goal
    return min([card.goal, *(terms.stamps_required for terms in program.versions[card.program_version :])])


def expiry(valid_days: int | None, earned_at: datetime) -> datetime | None:
    """When a reward earned now lapses: at the end of its last whole day in the zone of `earned_at`. None: never."""
    if valid_days is None:
        return None
    last_day = earned_at.date() + timedelta(days=valid_days)
    return datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=earned_at.tzinfo)
