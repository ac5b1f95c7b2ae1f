"""Deciding gifts: hands what may be given for an occasion to its rule in the core.

What is not due (any more) changes nothing, or only notes that it came to its end.
"""

from msgspec import UNSET

from loyalty_app.counter.decided import Decided, customer_of, occasion, with_opening
from loyalty_app.counter.orders import GiveBirthday, GiveWinBack, Join, Request, ThankReferrer, referrer_of
from loyalty_app.counter.referrals import person_number
from loyalty_app.counter.state import BatchState
from loyalty_core import birthdays, referrals, win_back
from loyalty_core.booking import head_start_is_due
from loyalty_core.changes import Occasion
from loyalty_core.customers import Customer
from loyalty_core.giving import stamps_for
from loyalty_core.ledger import Gift
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import Program
from loyalty_core.referrals import Referral
from loyalty_core.stamping import most_rewards
from loyalty_core.views import main_of


def decide_gift(
    order: GiveBirthday | GiveWinBack | ThankReferrer, request: Request, state: BatchState
) -> Decided[Stamped | None]:
    """Give what the shop gives for an occasion, if it is due."""
    if isinstance(order, ThankReferrer):
        return thank_referrer(order, request, state)
    return give(order, request, state)


def give(order: GiveBirthday | GiveWinBack, request: Request, state: BatchState) -> Decided[Stamped | None]:
    """Give what the shop gives for a birthday, or to a customer who is away for long."""
    program = main_of(state.program(request.business_id))
    customer = customer_of(request, order.customer, state).turned_to(program.id)
    of_birthday = isinstance(order, GiveBirthday)
    at = _occasion_of(customer, program, Gift.BIRTHDAY if of_birthday else Gift.WIN_BACK, request, state)
    rule = birthdays.give_birthday if of_birthday else win_back.give_win_back
    change = rule(customer, program, state.entries_of(customer), at=at)
    return Decided(None, customer.id) if change is None else Decided(change.answer, customer.id, (change,))


def thank_referrer(order: ThankReferrer, request: Request, state: BatchState) -> Decided[Stamped | None]:
    """Give what the shop gives for a friend who was brought along, and note what came of it."""
    business_id, friend_id = request.business_id, order.other
    referral = state.referrals.known.get((business_id, friend_id)) if isinstance(friend_id, int) else None
    if referral is None or referral.referrer_id != order.customer:
        return Decided(None, 0)
    program = main_of(state.program(business_id))
    friend, found = state.kept(business_id, referral.customer_id), state.kept(business_id, referral.referrer_id)
    referrer = found.turned_to(program.id) if found else None
    at = _occasion_of(referrer, program, Gift.REFERRAL, request, state) if referrer else occasion(request, state)
    entries = state.entries_of(referrer) if referrer else ()
    settled = referrals.settle(referral, friend, referrer, program=program, entries=entries, at=at)
    if settled is None:
        return Decided(None, referral.customer_id)
    change = settled.change
    if change is None:
        return Decided(None, referral.customer_id, referral=settled.referral)
    return Decided(change.answer, change.customer.id, (change,), referral=settled.referral)


def _occasion_of(customer: Customer, program: Program, gift: Gift, request: Request, state: BatchState) -> Occasion:
    """The occasion of a gift on the card at hand, with the ids of all that may come of it."""
    at = occasion(request, state, most_rewards(customer, program, stamps_for(program, gift)) + 1)
    return with_opening(at, state) if head_start_is_due(customer, program) else at


def brought_along(order: Join, request: Request, state: BatchState) -> Referral | None:
    """The referral of somebody who joins in a chat, not yet with their number. None if nobody brought them along."""
    code, holder, business_id = referrer_of(request), order.holder, request.business_id
    if code is None or holder is UNSET or business_id not in state.businesses:
        return None
    referrer = state.find_customer(business_id, code)
    had_card = bool(state.chat_cards.of_person(business_id, holder.user_id))
    had_card = had_card or (business_id, person_number(holder.user_id)) in state.referrals.former
    program = main_of(state.program(business_id))
    if referrer is None or not referrals.can_be_brought(referrer, program, had_card=had_card):
        return None
    return Referral(business_id=business_id, customer_id=0, referrer_id=referrer.id, referred_at=state.now)
