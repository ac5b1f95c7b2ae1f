"""The ledger: the entries of a card, and the card that they add up to.

The law: a card equals the fold of its ledger without the voided entries. Entries never change, except for `voided_by`,
and for stamps of which a part is undone: these move from `stamps` to `stamps_voided`, so `stamps` is what counts.
`fill` is the one place where stamps become rewards; giving a stamp and folding a ledger both use it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple, assert_never

import msgspec

from loyalty_core.access import Role
from loyalty_core.customers import Card
from loyalty_core.gifts import BirthdayGift
from loyalty_core.programs import Program, Surplus, Terms, running_goal
from loyalty_core.promises import open_steps, steps_since


class EntryType(StrEnum):
    """What an entry of the ledger did."""

    STAMP = "stamp"
    REDEEM = "redeem"
    VOID = "void"
    IMPORT = "import"
    EXPIRE = "expire"
    BONUS = "bonus"


class Gift(StrEnum):
    """For what occasion stamps, or a reward, were a gift of the shop."""

    HEAD_START = "head_start"
    BONUS_HOURS = "bonus_hours"
    BIRTHDAY = "birthday"
    REFERRAL = "referral"
    WIN_BACK = "win_back"


class ActorType(StrEnum):
    """What kind of party acted."""

    API_KEY = "api_key"
    STAFF = "staff"
    CUSTOMER = "customer"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True):
    """Who acted. `role` is set for staff only and decides what they may undo."""

    type: ActorType
    id: int | None = None
    name: str | None = None
    role: Role | None = None


SYSTEM = Actor(ActorType.SYSTEM)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the ledger; `id` is the transaction's id. A customer's ids rise with the time of booking.

    `occurred_at` is when it happened: earlier than that for a stamp that was given offline. `code_key` is the number of
    the rotating code that was shown for it; no code has two entries of one type, undone ones included. `stamps` is what
    it counts for. `stamps_voided` is how many more were given and undone again, a part at a time; of an entry that
    undoes a part, it is how many that undid. `of_customer` is for whom it was booked, if they were merged into another
    since. `program_id` is the program of the card, None the one with which the shop began.

    `bonus_stamps` are those of all that were given that are a gift, and `occasion` says why. An entry of type `bonus`
    is a gift alone: it is no visit.
    """

    id: int
    business_id: int
    customer_id: int
    type: EntryType
    actor: Actor
    occurred_at: datetime
    program_version: int
    stamps: int = 0
    reward_id: int | None = None
    branch_id: int | None = None
    order_ref: str | None = None
    voids: int | None = None
    voided_by: int | None = None
    reason: str | None = None
    code_key: int | None = None
    stamps_voided: int = 0
    of_customer: int | None = None
    bonus_stamps: int = 0
    occasion: Gift | None = None
    program_id: int | None = None

    @property
    def is_reward(self) -> bool:
        """Whether it is a gift of a reward: one of no stamps."""
        return self.type is EntryType.BONUS and not self.stamps

    @property
    def is_welcome(self) -> bool:
        """Whether a new card had it from the beginning: the head start, or the gift for a friend."""
        brought = self.occasion is Gift.REFERRAL and self.actor.type is not ActorType.SYSTEM
        return brought or self.occasion is Gift.HEAD_START

    @property
    def is_thanks(self) -> bool:
        """Whether it is the gift for the customer who brought a friend along. Nobody asks for that one."""
        return self.occasion is Gift.REFERRAL and self.actor.type is ActorType.SYSTEM

    @property
    def asked_stamps(self) -> int:
        """The stamps that count, without those that are a gift. A part that is undone takes its gift along."""
        if not self.bonus_stamps:
            return self.stamps
        given = self.stamps + self.stamps_voided
        return -(-self.stamps * (given - self.bonus_stamps) // given)


class Filled(NamedTuple):
    """What stamps make of a card: how many are on the running one, its promise, and the texts of earned rewards."""

    current: int
    goal: int
    steps_since: int
    earned: tuple[str, ...]


def fill(card: Card, program: Program, stamps: int) -> Filled:
    """Put stamps onto a card under the terms in force; rewards are earned in the order of their places."""
    terms, goal = program.terms, running_goal(card, program)
    steps, current = open_steps(card, program), card.current_stamps + stamps
    if current < goal:
        reached = tuple(step.reward_description for step in steps if step.stamps <= current) if steps else ()
        return Filled(current, goal, steps_since(card, program) if steps else card.steps_since, reached)
    surplus = 0 if terms.surplus is Surplus.RESET else current - goal
    earned = (*(step.reward_description for step in steps), terms.reward_description)
    return _next_cards(terms, surplus, earned)


def _next_cards(terms: Terms, surplus: int, earned: tuple[str, ...]) -> Filled:
    """Go on with the surplus of a full card."""
    full, current = divmod(surplus, terms.stamps_required)
    each = (*(step.reward_description for step in terms.steps), terms.reward_description)
    reached = tuple(step.reward_description for step in terms.steps if step.stamps <= current)
    since = terms.version if terms.steps else 0
    return Filled(current, terms.stamps_required, since, (*earned, *each * full, *reached))


def add_stamps(card: Card, program: Program, stamps: int) -> Card:
    """Add stamps under the terms in force. Rewards that they earn raise `rewards_earned` and `rewards_available`."""
    goal, whole = running_goal(card, program), card.current_stamps + stamps
    if whole < goal and not open_steps(card, program):  # nearly always
        version, total = program.terms.version if whole else 0, card.total_stamps + stamps
        return msgspec.structs.replace(
            card, current_stamps=whole, goal=goal if whole else 0, program_version=version, total_stamps=total
        )
    filled = fill(card, program, stamps)
    current, earned = filled.current, len(filled.earned)
    return msgspec.structs.replace(
        card,
        current_stamps=current,
        goal=filled.goal if current else 0,
        program_version=program.terms.version if current else 0,
        steps_since=filled.steps_since if current else 0,
        total_stamps=card.total_stamps + stamps,
        rewards_earned=card.rewards_earned + earned,
        rewards_available=card.rewards_available + earned,
    )


def earned_by(card: Card, entry: Entry, program: Program) -> tuple[str, ...]:
    """The texts of the rewards that an entry earns on a card, in the order of their places; most earn none."""
    then = program.at(entry.program_version)
    if entry.is_reward and (gift := gift_of(then.terms, entry.occasion)) is not None:
        return (str(gift.reward_description),)
    return fill(card, then, entry.stamps).earned


def gift_of(terms: Terms, occasion: Gift | None) -> BirthdayGift | None:
    """What a version of a program gives for an occasion, if that can be a reward; None if it gives nothing."""
    if occasion is Gift.BIRTHDAY:
        return terms.birthday
    return terms.win_back if occasion is Gift.WIN_BACK else None


def dropped_stamps(card: Card, program: Program, stamps: int) -> int:
    """How many of some stamps would be above the goal and go to no card, because the shop drops them."""
    if program.terms.surplus is not Surplus.RESET:
        return 0
    return max(0, card.current_stamps + stamps - running_goal(card, program))


def add_visit(card: Card, entry: Entry, zone: tzinfo | None) -> Card:
    """Record a visit with its stamps; days are days of `zone`. One before the last visit leaves that as it is."""
    visits, day = card.total_visits + 1, entry.occurred_at.astimezone(zone).date()
    on_that_day = card.day_stamps if card.day == day else 0
    if card.last_visit_at is not None and entry.occurred_at < card.last_visit_at:
        day_stamps = card.day_stamps + (entry.asked_stamps if card.day == day else 0)
        return msgspec.structs.replace(card, total_visits=visits, day_stamps=day_stamps)
    return msgspec.structs.replace(
        card,
        total_visits=visits,
        last_visit_at=entry.occurred_at,
        last_visit_by=entry.actor.name,
        day=day,
        day_stamps=on_that_day + entry.asked_stamps,
    )


def apply(card: Card, entry: Entry, program: Program, zone: tzinfo | None) -> Card:
    """The card after one entry, under the terms of the entry's time."""
    match entry.type:
        case EntryType.STAMP:
            return add_visit(add_stamps(card, program.at(entry.program_version), entry.stamps), entry, zone)
        case EntryType.BONUS if entry.is_reward:
            earned, available = card.rewards_earned + 1, card.rewards_available + 1
            return msgspec.structs.replace(card, rewards_earned=earned, rewards_available=available)
        case EntryType.IMPORT | EntryType.BONUS:
            return add_stamps(card, program.at(entry.program_version), entry.stamps)
        case EntryType.REDEEM | EntryType.EXPIRE:
            return msgspec.structs.replace(card, rewards_available=card.rewards_available - 1)
        case EntryType.VOID:
            return card
        case _:
            assert_never(entry.type)


class Folded(msgspec.Struct, frozen=True):
    """What a ledger adds up to: the card, and the texts of the rewards of each entry that earned some, by its id."""

    card: Card
    earned: dict[int, tuple[str, ...]]


def fold(entries: Iterable[Entry], program: Program, zone: tzinfo | None) -> Folded:
    """Add up the ledger of one card without its voided entries. `entries` are in the order of their ids."""
    card, earned = Card(), {}
    for entry in entries:
        if entry.voided_by is None:
            after = apply(card, entry, program, zone)
            if after.rewards_earned > card.rewards_earned:
                earned[entry.id] = earned_by(card, entry, program)
            card = after
    return Folded(card, earned)


def fold_cards(entries: Iterable[Entry], program: Program, zone: tzinfo | None) -> dict[int | None, Folded]:
    """Add up the ledgers of all cards of a customer, by program; `program` is any of the shop's."""
    by_program: dict[int | None, list[Entry]] = {}
    for entry in entries:
        by_program.setdefault(entry.program_id, []).append(entry)
    return {
        program_id: fold(own, program.turned_to(program_id) or program, zone) for program_id, own in by_program.items()
    }


def earned_of(folds: Mapping[int | None, Folded]) -> dict[int, tuple[str, ...]]:
    """The texts of the rewards that each entry earned, on whichever card."""
    return {number: texts for folded in folds.values() for number, texts in folded.earned.items()}
