"""Stamping: giving stamps, handing out rewards, and booking rewards as expired.

The rules, in words:
- One call gives 1 to 10 stamps and is one visit. A full card becomes a reward at once.
- Between two visits of a customer at least the cooldown passes; a day holds at most the daily cap of stamps.
- Redeeming takes the oldest available reward unless one is named.
- A refusal names its reason and its time, and changes nothing.

Undoing is in `voiding`. What a card adds up to is in `ledger`.
"""

from datetime import datetime, time, timedelta

import msgspec

from loyalty_core.analytics import DayTotals
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Card, Customer
from loyalty_core.errors import DailyCapReached, InvalidRequest, StampTooSoon
from loyalty_core.events import Event, OfReward, RewardEarned, RewardRedeemed, StampAdded
from loyalty_core.fields import MOST_STAMPS, Id, OrderRef, Stamps
from loyalty_core.ledger import Entry, EntryType, apply
from loyalty_core.outcomes import Expired, Redeemed, Stamped
from loyalty_core.programs import Program, Terms, expiry
from loyalty_core.rewards import Reward, RewardStatus, choose
from loyalty_core.views import CustomerView, RewardView, customer_view, reward_view, utc


class StampOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The wish to stamp a card: how many, and, if known, where and for which order of the till."""

    stamps: Stamps = 1
    branch_id: Id | None = None
    order_ref: OrderRef | None = None


class RedeemOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The wish to hand out a reward: the named one, or the oldest."""

    reward_id: Id | None = None


def stamp(customer: Customer, program: Program, order: StampOrder, *, at: Occasion) -> Change[Stamped]:
    """Give stamps. Raises InvalidRequest, StampTooSoon or DailyCapReached."""
    check_policies(customer, program.terms, order.stamps, now=at.now)
    entry = new_entry(customer, program, EntryType.STAMP, at=at)
    entry = msgspec.structs.replace(entry, stamps=order.stamps, branch_id=order.branch_id, order_ref=order.order_ref)
    after = with_card(customer, apply(customer.card, entry, program, at.now.tzinfo), at.now)
    count = after.card.rewards_earned - customer.card.rewards_earned
    rewards = issue(entry, program.terms, count, at=at)
    seen = customer_view(after, program)
    stamped = _stamped(entry, seen, tuple(map(reward_view, rewards)))
    totals = DayTotals(visits=1, stamps_added=order.stamps, rewards_earned=count)
    return Change(
        answer=stamped,
        customer=after,
        entry=entry,
        issued=rewards,
        events=(StampAdded(utc(at.now), stamped), *earned_events(stamped.rewards, seen, at.now)),
        totals=((at.now.date(), totals),),
    )


def _stamped(entry: Entry, customer: CustomerView, rewards: tuple[RewardView, ...]) -> Stamped:
    return Stamped(
        transaction_id=entry.id,
        stamps_added=entry.stamps,
        current_stamps=customer.current_stamps,
        stamps_required=customer.stamps_required,
        total_stamps=customer.total_stamps,
        reward_earned=bool(rewards),
        rewards=rewards,
        customer=customer,
    )


def earned_events(rewards: tuple[RewardView, ...], customer: CustomerView, now: datetime) -> tuple[Event, ...]:
    """One reward.earned event for each reward."""
    return tuple(RewardEarned(utc(now), OfReward(reward, customer)) for reward in rewards)


def check_policies(customer: Customer, terms: Terms, stamps: int, *, now: datetime) -> None:
    """Raise InvalidRequest, StampTooSoon or DailyCapReached if the customer may not get that many stamps now."""
    if not 1 <= stamps <= MOST_STAMPS:
        raise InvalidRequest.field("stamps", "must be a whole number from 1 to 10")
    card = customer.card
    if card.last_visit_at is not None and terms.cooldown_seconds:
        next_at = card.last_visit_at + timedelta(seconds=terms.cooldown_seconds)
        if card.last_visit_at <= now < next_at:
            raise StampTooSoon(card.last_visit_at, next_at.astimezone(now.tzinfo), now, card.last_visit_by)
    given = card.day_stamps if card.day == now.date() else 0
    if terms.daily_stamp_cap is not None and given + stamps > terms.daily_stamp_cap:
        midnight = datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=now.tzinfo)
        raise DailyCapReached(terms.daily_stamp_cap, given, midnight, now)


def new_entry(customer: Customer, program: Program, kind: EntryType, *, at: Occasion) -> Entry:
    """An entry of the ledger for this occasion, under the terms in force; in UTC, where no hour comes twice."""
    return Entry(
        id=at.transaction_id,
        business_id=customer.business_id,
        customer_id=customer.id,
        type=kind,
        actor=at.actor,
        occurred_at=utc(at.now),
        program_version=program.terms.version,
    )


def with_card(customer: Customer, card: Card, now: datetime, *, entries: int = 1) -> Customer:
    """The customer with another state of the card, one version and usually one entry later."""
    version, entries = customer.version + 1, customer.entries + entries
    return msgspec.structs.replace(customer, card=card, updated_at=now, version=version, entries=entries)


def issue(entry: Entry, terms: Terms, count: int, *, at: Occasion) -> tuple[Reward, ...]:
    """The rewards that an entry earned; validity counts from the day of the entry."""
    expires_at = expiry(terms, entry.occurred_at.astimezone(at.now.tzinfo))
    return tuple(
        Reward(
            id=at.first_reward_id + number,
            business_id=entry.business_id,
            customer_id=entry.customer_id,
            transaction_id=entry.id,
            description=terms.reward_description,
            earned_at=entry.occurred_at,
            expires_at=expires_at,
        )
        for number in range(count)
    )


def redeem(
    customer: Customer, program: Program, rewards: tuple[Reward, ...], *, order: RedeemOrder, at: Occasion
) -> Change[Redeemed]:
    """Hand out a reward; `rewards` are those of the customer. Raises what `rewards.choose` raises."""
    chosen = choose(rewards, order.reward_id, at.now)
    reward = msgspec.structs.replace(chosen, status=RewardStatus.REDEEMED, redeemed_at=utc(at.now))
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
