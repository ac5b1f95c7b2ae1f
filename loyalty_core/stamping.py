"""Stamping: giving stamps, handing out rewards, and booking rewards as expired.

The rules, in words:
- One call gives 1 to 10 stamps and is one visit. A full card becomes a reward at once.
- Between two visits of a customer at least the cooldown passes; a day holds at most the daily cap of stamps.
- Redeeming takes the oldest available reward unless one is named.
- A stamp counts at its time: now, or `occurred_at`, at most 7 days ago, for one given offline. Cooldown, cap and totals
  are judged by that time, also against later visits; bonus hours are those that were in force then. A reward that it
  earns is valid from now on.
- In bonus hours it counts twice or three times. The cap counts what was asked for. The first stamp of a card brings the
  head start along.
- A refusal names its reason and its time, and changes nothing.

Undoing is in `voiding`. What a card adds up to is in `ledger`.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from loyalty_core.analytics import DayTotals
from loyalty_core.bonus_hours import MOST_FACTOR, bonus_factor
from loyalty_core.booking import (
    Given,
    book,
    book_head_start,
    earned_events,
    following,
    head_start_is_due,
    new_entry,
    with_card,
)
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Card, Customer
from loyalty_core.errors import DailyCapReached, InvalidRequest, StampTooSoon
from loyalty_core.events import RewardRedeemed, StampAdded
from loyalty_core.fields import MOST_STAMPS, Id, OccurredAt, OrderRef, Stamps
from loyalty_core.ledger import Entry, EntryType, Gift, apply, dropped_stamps
from loyalty_core.outcomes import Expired, Redeemed, Stamped
from loyalty_core.programs import Program, Terms, running_goal
from loyalty_core.promises import open_steps
from loyalty_core.rewards import Reward, RewardStatus, choose
from loyalty_core.several_programs import check_can_be_stamped
from loyalty_core.time_limits import AskedStamps, midnight_after
from loyalty_core.views import (
    CustomerView,
    RewardView,
    customer_view,
    program_number,
    reward_view,
    utc,
)


class StampOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The wish to stamp a card: how many, and, if known, where and for which order of the till."""

    stamps: Stamps = 1
    branch_id: Id | None = None
    order_ref: OrderRef | None = None
    occurred_at: OccurredAt | UnsetType | None = UNSET
    program_id: Id | UnsetType | None = UNSET
    """Which program's card; none means the main one. Both are unset by default: fingerprints of older orders stay."""


EARLIEST, LATEST = timedelta(days=7), timedelta(minutes=2)
"""How long ago a stamp may have been given, and how far the clock of a till may be ahead."""


class RedeemOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The wish to hand out a reward: the named one, or the oldest."""

    reward_id: Id | None = None


def stamp(
    customer: Customer, program: Program, order: StampOrder, *, at: Occasion, ledger: tuple[Entry, ...] | None = None
) -> Change[Stamped]:
    """Give stamps to the card at hand, which is of that program.

    Raises InvalidRequest, ProgramArchived, StampTooSoon or DailyCapReached. `ledger` is the card's, needed if the order
    `is_late`.
    """
    check_can_be_stamped(customer, program)
    now, then = at.booked_at, moment_of(order, at.now)
    asked = AskedStamps(order.stamps, at.now.date())
    check_policies(customer, program.terms, asked, now=then, ledger=ledger)
    opened = book_head_start(customer, program, at=at, then=then) if head_start_is_due(customer, program) else None
    if opened:
        customer, at = opened.customer, following(at, opened)
    entry = _entry_of(order, customer, program, at=at, then=then)
    booked = book(customer, entry, program, at=at)
    rewards = (*opened.rewards, *booked.rewards) if opened else booked.rewards
    seen = customer_view(booked.customer, program)
    dropped = dropped_stamps(customer.card, program, entry.stamps) if booked.rewards else 0
    views = tuple(map(reward_view, rewards))
    stamped = stamped_answer(entry, booked.customer.card, program, seen=seen, rewards=views, dropped=dropped)
    added = entry.stamps + (opened.entry.stamps if opened else 0)
    return Change(
        answer=stamped,
        customer=booked.customer,
        entry=entry,
        opening=opened.entry if opened else None,
        issued=rewards,
        events=(StampAdded(now, stamped), *earned_events(views, seen, now)),
        totals=((then.date(), DayTotals(visits=1, stamps_added=added, rewards_earned=len(rewards))),),
    )


def _entry_of(order: StampOrder, customer: Customer, program: Program, *, at: Occasion, then: datetime) -> Entry:
    """The entry of a stamp, with what the hours add to it."""
    hours = program.terms.bonus_hours if then is at.now else program.terms_at(then).bonus_hours
    factor = bonus_factor(hours, then) if hours else 1
    bonus, why = order.stamps * (factor - 1), Gift.BONUS_HOURS if factor > 1 else None
    given = Given(order.stamps + bonus, bonus, why, order.branch_id, order.order_ref)
    return new_entry(customer, program, EntryType.STAMP, at=at, then=then, given=given)


def most_rewards(customer: Customer, program: Program, stamps: int) -> int:
    """The most rewards that some stamps may earn: each stamp of a card one, but several steps may lie at one place."""
    terms = program.terms
    whole = customer.card.current_stamps + stamps
    if terms.bonus_hours or len(program.versions) > 1:
        whole += stamps * (MOST_FACTOR - 1)
    return whole + terms.opening_stamps + len(open_steps(customer.card, program))


def moment_of(order: StampOrder, now: datetime) -> datetime:
    """When a stamp was given, in the zone of `now` and never after it. Raises InvalidRequest."""
    if order.occurred_at is UNSET or order.occurred_at is None:
        return now
    if not now - EARLIEST <= order.occurred_at <= now + LATEST:
        raise InvalidRequest.field("occurred_at", "must be a time of the last 7 days, at most 2 minutes ahead")
    return min(order.occurred_at.astimezone(now.tzinfo), now)


def is_late(order: StampOrder, terms: Terms) -> bool:
    """Whether all visits of a customer may decide about an order, not only the last one."""
    limited = bool(terms.cooldown_seconds) or terms.daily_stamp_cap is not None
    return limited and order.occurred_at is not UNSET and order.occurred_at is not None


def stamped_answer(
    entry: Entry, card: Card, program: Program, *, seen: CustomerView, rewards: tuple[RewardView, ...], dropped: int
) -> Stamped:
    """What is said of added stamps: `card` is the card with them, `dropped` are those above the goal."""
    return Stamped(
        transaction_id=entry.id,
        program_id=program_number(entry.business_id, entry.program_id),
        stamps_added=entry.stamps,
        bonus_stamps=entry.bonus_stamps,
        stamps_dropped=dropped or UNSET,
        current_stamps=card.current_stamps,
        stamps_required=running_goal(card, program),
        total_stamps=card.total_stamps,
        reward_earned=bool(rewards),
        rewards=rewards,
        customer=seen,
    )


def check_policies(
    customer: Customer, terms: Terms, asked: AskedStamps, *, now: datetime, ledger: tuple[Entry, ...] | None = None
) -> None:
    """Raise InvalidRequest, StampTooSoon or DailyCapReached if the customer may not get the stamps asked for at `now`.

    For a `now` before the card's last visit, the card does not know enough: then the ledger is looked through.
    """
    if not 1 <= asked.stamps <= MOST_STAMPS:
        raise InvalidRequest.field("stamps", "must be a whole number from 1 to 10")
    card = customer.card
    if not terms.cooldown_seconds and terms.daily_stamp_cap is None:
        return
    if card.last_visit_at is not None and ledger is not None and now < card.last_visit_at:
        _check_late(terms, asked, now=now, ledger=ledger)
        return
    if card.last_visit_at is not None and card.last_visit_at <= now:
        _check_cooldown(terms, Visit(card.last_visit_at, card.last_visit_by), now)
    _check_cap(terms, card.day_stamps if card.day == now.date() else 0, asked, now=now)


class Visit(NamedTuple):
    """When a customer was here, and who stamped."""

    at: datetime
    by: str | None


def _check_late(terms: Terms, asked: AskedStamps, *, now: datetime, ledger: tuple[Entry, ...]) -> None:
    visits = [entry for entry in ledger if entry.type is EntryType.STAMP and entry.voided_by is None]
    for entry in visits:
        _check_cooldown(terms, Visit(entry.occurred_at, entry.actor.name), now)
    day = [entry.asked_stamps for entry in visits if entry.occurred_at.astimezone(now.tzinfo).date() == now.date()]
    _check_cap(terms, sum(day), asked, now=now)


def _check_cooldown(terms: Terms, visit: Visit, now: datetime) -> None:
    if not terms.cooldown_seconds:
        return
    cooldown = timedelta(seconds=terms.cooldown_seconds)
    if abs(now - visit.at) < cooldown:
        raise StampTooSoon(visit.at, (visit.at + cooldown).astimezone(now.tzinfo), now, visit.by)


def _check_cap(terms: Terms, given: int, asked: AskedStamps, *, now: datetime) -> None:
    if terms.daily_stamp_cap is not None and given + asked.stamps > terms.daily_stamp_cap:
        raise DailyCapReached(terms.daily_stamp_cap, given, midnight_after(now), now, asked=asked)


def redeem(
    customer: Customer, program: Program, rewards: tuple[Reward, ...], *, order: RedeemOrder, at: Occasion
) -> Change[Redeemed]:
    """Hand out a reward of any program of the shop; `rewards` are those of the customer.

    Raises what `rewards.choose` raises.
    """
    chosen = choose(rewards, order.reward_id, at.now)
    reward = msgspec.structs.replace(chosen, status=RewardStatus.REDEEMED, redeemed_at=utc(at.now))
    customer, program = customer.turned_to(chosen.program_id), program.turned_to(chosen.program_id) or program
    entry = msgspec.structs.replace(new_entry(customer, program, EntryType.REDEEM, at=at), reward_id=reward.id)
    after = with_card(customer, apply(customer.card, entry, program, at.now.tzinfo), at.now)
    redeemed = Redeemed(transaction_id=entry.id, reward=reward_view(reward), customer=customer_view(after, program))
    return Change(
        answer=redeemed,
        customer=after,
        entry=entry,
        settled=(reward,),
        events=(RewardRedeemed(utc(at.now), redeemed),),
        totals=((at.now.date(), DayTotals(rewards_redeemed=1)),),
    )


def expire(customer: Customer, program: Program, reward: Reward, *, at: Occasion) -> Change[Expired] | None:
    """Book a reward as expired once its time is over; None if there is nothing to book."""
    if not reward.lapsed(at.now):
        return None
    over = msgspec.structs.replace(reward, status=RewardStatus.EXPIRED)
    entry = msgspec.structs.replace(new_entry(customer, program, EntryType.EXPIRE, at=at), reward_id=reward.id)
    after = with_card(customer, apply(customer.card, entry, program, at.now.tzinfo), at.now)
    return Change(
        answer=Expired(transaction_id=entry.id, reward=reward_view(over)),
        customer=after,
        entry=entry,
        settled=(over,),
        totals=((at.now.date(), DayTotals(rewards_expired=1)),),
    )
