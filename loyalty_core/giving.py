"""Giving: how a gift of the shop comes onto a card. Whether it is due, the module of its occasion says.

The rules, in words:
- It is an entry of type `bonus` on the card of the main program, and no visit.
- A card that is made by it has its head start first.
- Stamps are told as added stamps; a reward as an earned one.
"""

from typing import TYPE_CHECKING

from loyalty_core.analytics import DayTotals
from loyalty_core.booking import (
    Booked,
    Given,
    book,
    book_head_start,
    earned_events,
    following,
    head_start_is_due,
    new_entry,
)
from loyalty_core.changes import Change, Occasion
from loyalty_core.events import Event, StampAdded
from loyalty_core.ledger import EntryType, Gift, dropped_stamps, gift_of
from loyalty_core.outcomes import Stamped
from loyalty_core.stamping import stamped_answer
from loyalty_core.views import customer_view, reward_view, utc

if TYPE_CHECKING:
    from loyalty_core.customers import Customer
    from loyalty_core.programs import Program


def stamps_for(program: "Program", occasion: Gift) -> int:
    """How many stamps the shop gives for an occasion; none if it gives a reward, or nothing.

    For a referral they are those for the customer who brought a friend along.
    """
    if occasion is Gift.REFERRAL:
        return program.terms.referral.stamps_for_referrer if program.terms.referral else 0
    gift = gift_of(program.terms, occasion)
    return gift.given_stamps if gift else 0


def give(customer: "Customer", program: "Program", occasion: Gift, *, at: Occasion) -> Change[Stamped]:
    """Give what the terms in force give for an occasion; the card at hand is the one of that program."""
    opened = book_head_start(customer, program, at=at) if head_start_is_due(customer, program) else None
    if opened:
        customer, at = opened.customer, following(at, opened)
    stamps = stamps_for(program, occasion)
    entry = new_entry(customer, program, EntryType.BONUS, at=at, given=Given(stamps, stamps, occasion))
    return _change_of(customer, program, book(customer, entry, program, at=at), opened=opened, at=at)


def _change_of(
    customer: "Customer", program: "Program", booked: Booked, *, opened: Booked | None, at: Occasion
) -> Change[Stamped]:
    entry, rewards = booked.entry, (*(opened.rewards if opened else ()), *booked.rewards)
    seen, views = customer_view(booked.customer, program), tuple(map(reward_view, rewards))
    dropped = dropped_stamps(customer.card, program, entry.stamps) if booked.rewards and entry.stamps else 0
    stamped = stamped_answer(entry, booked.customer.card, program, seen=seen, rewards=views, dropped=dropped)
    added = entry.stamps + (opened.entry.stamps if opened else 0)
    told: tuple[Event, ...] = (StampAdded(utc(at.now), stamped),) if entry.stamps else ()
    return Change(
        answer=stamped,
        customer=booked.customer,
        entry=entry,
        opening=opened.entry if opened else None,
        issued=rewards,
        events=(*told, *earned_events(views, seen, at.now)),
        totals=((at.now.date(), DayTotals(stamps_added=added, rewards_earned=len(rewards))),),
    )
