"""Booking: entries that join the ledger of a card, and the rewards that they issue. What is booked, others decide.

Also the head start, in words:
- A card has the stamps of the head start when it is made: by joining, or by its first stamp if it has no entry yet.
- They are an entry of their own, of type `bonus`, and no visit. A reward that they reach is earned.
- A card that is imported with stamps is no new card: it gets none. Undoing the first stamp leaves the head start, and
  the next stamp brings no second one.
"""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from loyalty_core.changes import Occasion
from loyalty_core.customers import Card, Customer
from loyalty_core.events import Event, OfReward, RewardEarned
from loyalty_core.ledger import Entry, EntryType, Gift, apply, earned_by, gift_of
from loyalty_core.programs import Program, Terms, expiry
from loyalty_core.rewards import Reward
from loyalty_core.views import CustomerView, RewardView, utc


class Booked(msgspec.Struct, frozen=True):
    """An entry that joined a ledger, the customer after it, and the rewards that it issued."""

    entry: Entry
    customer: Customer
    rewards: tuple[Reward, ...]


class Given(msgspec.Struct, frozen=True):
    """What an entry gives, how much of it is a gift, and where and for which order."""

    stamps: int = 0
    bonus_stamps: int = 0
    occasion: Gift | None = None
    branch_id: int | None = None
    order_ref: str | None = None


NOTHING = Given()


def new_entry(
    customer: Customer,
    program: Program,
    kind: EntryType,
    *,
    at: Occasion,
    then: datetime | None = None,
    given: Given = NOTHING,
) -> Entry:
    """An entry of the ledger for this occasion, under the terms in force; in UTC, where no hour comes twice.

    `then` is when it happened, if not now; `given` what was stamped.
    """
    return Entry(
        id=at.transaction_id,
        business_id=customer.business_id,
        customer_id=customer.id,
        type=kind,
        actor=at.actor,
        occurred_at=at.booked_at if then is None or then is at.now else utc(then),
        program_version=program.terms.version,
        stamps=given.stamps,
        bonus_stamps=given.bonus_stamps,
        occasion=given.occasion,
        branch_id=given.branch_id,
        order_ref=given.order_ref,
        code_key=at.code_key,
        program_id=program.id,
    )


def book(customer: Customer, entry: Entry, program: Program, *, at: Occasion) -> Booked:
    """Add an entry to a card. A reward that it earns is valid from now on."""
    card = apply(customer.card, entry, program, at.now.tzinfo)
    rewards: tuple[Reward, ...] = ()
    if card.rewards_earned > customer.card.rewards_earned:
        texts = earned_by(customer.card, entry, program)
        rewards = issue(entry, program.terms, texts, at=at, valid_from=at.now)
    return Booked(entry, with_card(customer, card, at.booked_at), rewards)


def with_card(customer: Customer, card: Card, now: datetime, *, entries: int = 1) -> Customer:
    """The customer with another state of the card at hand, one version and usually one entry later."""
    version, entries = customer.version + 1, customer.entries + entries
    return replace(customer, card=card, updated_at=now, version=version, entries=entries)


def issue(
    entry: Entry, terms: Terms, texts: tuple[str, ...], *, at: Occasion, valid_from: datetime | None = None
) -> tuple[Reward, ...]:
    """The rewards with these texts; validity counts from the day of the entry, or from that of `valid_from`."""
    begins = valid_from or entry.occurred_at.astimezone(at.now.tzinfo)
    expires_at = expiry(_valid_days(entry, terms), begins)
    return tuple(
        Reward(
            id=at.first_reward_id + number,
            business_id=entry.business_id,
            customer_id=entry.customer_id,
            transaction_id=entry.id,
            description=text,
            earned_at=entry.occurred_at,
            expires_at=expires_at,
            program_id=entry.program_id,
        )
        for number, text in enumerate(texts)
    )


def _valid_days(entry: Entry, terms: Terms) -> int | None:
    """For how many days the rewards of an entry are valid; None for ever."""
    gift = gift_of(terms, entry.occasion) if entry.is_reward else None
    return terms.reward_valid_days if gift is None else gift.days


def earned_events(rewards: tuple[RewardView, ...], customer: CustomerView, now: datetime) -> tuple[Event, ...]:
    """One reward.earned event for each reward."""
    return tuple(RewardEarned(utc(now), OfReward(reward, customer)) for reward in rewards) if rewards else ()


def head_start_is_due(customer: Customer, program: Program) -> bool:
    """Whether the next stamp makes the card at hand, and its program gives a head start.

    Where there are cards of several programs, a card is new as long as nothing ever stayed on it.
    """
    if program.terms.opening_stamps == 0:
        return False
    several = customer.others or customer.program_id is not None
    return customer.entries == 0 or (bool(several) and customer.card.total_stamps == 0)


def book_head_start(customer: Customer, program: Program, *, at: Occasion, then: datetime | None = None) -> Booked:
    """Put the head start onto a new card, under the id `at.opening_id`."""
    stamps = program.terms.opening_stamps
    entry = new_entry(customer, program, EntryType.BONUS, at=at, then=then)
    gift = replace(entry, id=at.opening_id, stamps=stamps, bonus_stamps=stamps, occasion=Gift.HEAD_START, code_key=None)
    return book(customer, gift, program, at=at)


def following(at: Occasion, booked: Booked) -> Occasion:
    """The occasion for what is booked next: its rewards take the following ids."""
    return replace(at, first_reward_id=at.first_reward_id + len(booked.rewards))
