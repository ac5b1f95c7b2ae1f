"""Views: the shapes of answers and of events' data, with the exact names of the wire.

Also the states of what is shown, by which a caller says which one they know. Nothing else is decided here.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from zlib import crc32

import msgspec
from msgspec import UNSET, UnsetType

from loyalty_core.bonus_hours import BonusHours
from loyalty_core.customers import Card, Customer
from loyalty_core.errors import PreconditionFailed
from loyalty_core.fields import CustomerId
from loyalty_core.gifts import BirthdayGift, ReferralGift, WinBack
from loyalty_core.ledger import ActorType, Entry, EntryType, Gift
from loyalty_core.programs import CardCodes, Program, Surplus, running_goal
from loyalty_core.promises import open_steps
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.steps import Step

EMPTY = Card()


class RewardView(msgspec.Struct, frozen=True):
    """A reward as the world sees it."""

    id: int
    customer_id: int
    description: str
    status: RewardStatus
    earned_at: datetime
    redeemed_at: datetime | None
    expires_at: datetime | None
    program_id: int | UnsetType = UNSET


class NextReward(msgspec.Struct, frozen=True):
    """What a running card earns next, and how many stamps are missing."""

    stamps_to_go: int
    reward_description: str


class CardView(msgspec.Struct, frozen=True):
    """A customer's card of one program as the world sees it; an archived program has no next reward."""

    program_id: int
    title: str | None
    current_stamps: int
    stamps_required: int
    total_stamps: int
    total_visits: int
    rewards_available: int
    next_reward: NextReward | None


class CustomerView(msgspec.Struct, frozen=True):
    """A customer as the world sees it, with the card of the main program; `stamps_required` is its running goal.

    `cards` are those of all programs that the customer has one of: the main program's first.
    """

    id: CustomerId
    qr_code: str
    name: str
    phone: str | None
    email: str | None
    birthday: date | None
    current_stamps: int
    stamps_required: int
    total_stamps: int
    total_visits: int
    rewards_earned: int
    rewards_available: int
    last_visit_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    cards: tuple[CardView, ...] | UnsetType = UNSET


class ActorView(msgspec.Struct, frozen=True):
    """Who acted, as the world sees it."""

    type: ActorType
    id: int | None
    name: str | None


class TransactionView(msgspec.Struct, frozen=True):
    """An entry of the ledger as the world sees it; `rotating_code` is there if a good one was shown for it.

    `stamps` is what it counts for; `stamps_voided` is there if a part was undone, or if it undid a part.
    `bonus_stamps` are those of the `stamps` that are a gift, `occasion` says of what.
    """

    id: int
    type: EntryType
    stamps: int
    customer_id: int
    reward_id: int | None
    branch_id: int | None
    order_ref: str | None
    actor: ActorView
    occurred_at: datetime
    voided_by: int | None
    voids: int | None
    bonus_stamps: int
    occasion: Gift | None
    rotating_code: bool | UnsetType = UNSET
    stamps_voided: int | UnsetType = UNSET
    program_id: int | UnsetType = UNSET


class CustomerDetails(CustomerView, frozen=True, kw_only=True):
    """A customer with the last ten transactions and the rewards that can be redeemed.

    `opted_out` says that they want no more messages to many. `referred_by` is the id of the customer who brought them
    along, if somebody did.
    """

    recent_transactions: tuple[TransactionView, ...]
    rewards: tuple[RewardView, ...]
    opted_out: bool
    referred_by: int | UnsetType = UNSET


class ProgramView(msgspec.Struct, frozen=True):
    """The program in force as the world sees it.

    `card_codes` is there unless they are fixed, `reward_cost` and `currency` once the owner has given them.
    """

    name: str
    stamps_required: int
    reward_description: str
    surplus: Surplus
    cooldown_seconds: int
    daily_stamp_cap: int | None
    reward_valid_days: int | None
    updated_at: datetime
    version: int
    steps: tuple[Step, ...]
    opening_stamps: int
    bonus_hours: tuple[BonusHours, ...]
    card_codes: CardCodes | UnsetType = UNSET
    reward_cost: int | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    birthday: BirthdayGift | None = None
    win_back: WinBack | None = None
    referral: ReferralGift | None = None
    id: int | UnsetType = UNSET
    title: str | UnsetType | None = UNSET
    main: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


def program_number(business_id: int, program_id: int | None) -> int:
    """The number of a program on the wire. The one with which a shop began has the number of the shop."""
    return business_id if program_id is None else program_id


def program_named(business_id: int, number: int) -> int | None:
    """The program of that number, as the ledger notes it."""
    return None if number == business_id else number


def utc(moment: datetime) -> datetime:
    """The same instant in UTC, as the wire writes it (RFC 3339 with Z)."""
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def reward_view(reward: Reward, now: datetime | None = None) -> RewardView:
    """Show a reward; with `now` given, a lapsed one counts as expired before it is booked."""
    over = now is not None and reward.lapsed(now)
    return RewardView(
        reward.id,
        reward.customer_id,
        reward.description,
        RewardStatus.EXPIRED if over else reward.status,
        utc(reward.earned_at),
        reward.redeemed_at and utc(reward.redeemed_at),
        reward.expires_at and utc(reward.expires_at),
        program_number(reward.business_id, reward.program_id),
    )


def card_view(customer: Customer, program: Program, card: Card) -> CardView:
    """Show a card of a program."""
    goal = running_goal(card, program)
    return CardView(
        customer.business_id if program.id is None else program.id,
        program.title,
        card.current_stamps,
        goal,
        card.total_stamps,
        card.total_visits,
        card.rewards_available,
        _next_reward(card, program, goal) if program.archived_at is None else None,
    )


def _card_views(customer: Customer, program: Program) -> tuple[CardView, ...]:
    """The main card, and each other one that was ever stamped."""
    views = []
    for one in program.all_of_shop:
        card = customer.card_of(one.id)
        if one.main or (card is not None and _was_begun(one, card)):
            views.append(card_view(customer, one, card or EMPTY))
    return tuple(views)


def _was_begun(program: Program, card: Card) -> bool:
    """Whether a card had an entry. With the program with which the shop began, all have a card, begun or not."""
    return program.id is not None or card.total_stamps > 0 or card.rewards_earned > 0


def main_of(program: Program) -> Program:
    """The main program of the same shop."""
    first = program.all_of_shop[0]
    return first if first.main else program


def customer_view(customer: Customer, program: Program) -> CustomerView:
    """Show a customer with the card of the main program and its goal; `program` is any of the shop's."""
    main = main_of(program)
    card = customer.card_of(main.id) or EMPTY
    return CustomerView(
        customer.id,
        customer.qr_code,
        customer.name,
        customer.phone,
        customer.email,
        customer.birthday,
        card.current_stamps,
        running_goal(card, main),
        card.total_stamps,
        card.total_visits,
        card.rewards_earned,
        card.rewards_available,
        card.last_visit_at and utc(card.last_visit_at),
        utc(customer.created_at),
        utc(customer.updated_at),
        customer.version,
        _card_views(customer, program),
    )


def next_reward(card: Card, program: Program) -> NextReward:
    """What a card earns next: its lowest step that is left, or the goal."""
    return _next_reward(card, program, running_goal(card, program))


def _next_reward(card: Card, program: Program, goal: int) -> NextReward:
    steps, place, text = open_steps(card, program), goal, program.versions[-1].reward_description
    if steps and steps[0].stamps < place:
        place, text = steps[0].stamps, steps[0].reward_description
    left = place - card.current_stamps
    return NextReward(max(1, left), text)


def customer_state(view: CustomerView) -> str:
    """A text that differs whenever a customer looks different: by a change of theirs, of a program, or by time."""
    cards = crc32(msgspec.json.encode(view.cards))
    return f"{view.version}-{view.stamps_required}-{view.rewards_available}-{cards:08x}"


def program_state(view: ProgramView) -> str:
    """A text that differs whenever a program looks different; names, and which is the main one, have no version."""
    about = view.name if view.main and not view.archived and not view.title else _unversioned(view)
    return f"{view.version}-{crc32(about.encode()):08x}"


def _unversioned(view: ProgramView) -> str:
    return msgspec.json.encode((view.name, view.title, view.main, view.archived)).decode()


def check_state(state: str, expected: Collection[str] | UnsetType, version: int) -> None:
    """Raise PreconditionFailed unless a state is one of those expected; unset expects any."""
    if not isinstance(expected, UnsetType) and state not in expected:
        raise PreconditionFailed(version)


def customer_details(
    view: CustomerView,
    *,
    entries: Iterable[Entry],
    rewards: Iterable[Reward],
    opted_out: bool,
    referred_by: int | None = None,
) -> CustomerDetails:
    """Show a customer with some entries, the newest first, and some rewards, the oldest first."""
    return CustomerDetails(
        **msgspec.structs.asdict(view),
        recent_transactions=tuple(transaction_view(entry) for entry in entries),
        rewards=tuple(reward_view(reward) for reward in rewards),
        opted_out=opted_out,
        referred_by=UNSET if referred_by is None else referred_by,
    )


def transaction_view(entry: Entry) -> TransactionView:
    """Show an entry of the ledger."""
    actor = ActorView(entry.actor.type, entry.actor.id, entry.actor.name)
    return TransactionView(
        entry.id,
        entry.type,
        entry.stamps,
        entry.customer_id,
        entry.reward_id,
        entry.branch_id,
        entry.order_ref,
        actor,
        utc(entry.occurred_at),
        entry.voided_by,
        entry.voids,
        entry.stamps - entry.asked_stamps,
        entry.occasion,
        UNSET if entry.code_key is None else True,
        entry.stamps_voided or UNSET,
        program_number(entry.business_id, entry.program_id),
    )


def program_view(program: Program, business_id: int) -> ProgramView:
    """Show the version of a program of a shop that is in force."""
    terms = program.terms
    return ProgramView(
        program.name,
        terms.stamps_required,
        terms.reward_description,
        terms.surplus,
        terms.cooldown_seconds,
        terms.daily_stamp_cap,
        terms.reward_valid_days,
        utc(terms.updated_at),
        terms.version,
        terms.steps,
        terms.opening_stamps,
        terms.bonus_hours,
        UNSET if terms.card_codes is CardCodes.FIXED else terms.card_codes,
        UNSET if terms.reward_cost is None else terms.reward_cost,
        UNSET if terms.currency is None else terms.currency,
        terms.birthday,
        terms.win_back,
        terms.referral,
        program_number(business_id, program.id),
        program.title,
        program.main,
        program.archived_at is not None,
    )
