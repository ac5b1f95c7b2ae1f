"""Decided: what a decider returns, and what all deciders ask of the state of a batch. Nothing is decided here."""

from typing import Generic

import msgspec
from msgspec.structs import replace

from loyalty_app.chat.chats import HeldCard
from loyalty_app.counter.answers import AnyOutcome, Outcome_co
from loyalty_app.counter.merges import MergeRecord
from loyalty_app.counter.orders import CustomerRef, Request
from loyalty_app.counter.state import BatchState
from loyalty_app.ids import Kind
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Customer
from loyalty_core.errors import CustomerExists, CustomerNotFound
from loyalty_core.number_plans import one_number
from loyalty_core.referrals import Referral
from loyalty_core.voiding import History


class Decided(msgspec.Struct, Generic[Outcome_co], frozen=True):
    """A decision: the outcome, its customer, all changes in order, and what else is to be written.

    That is cards to hang in chats and to take out of them, merges made and undone, and a referral.
    """

    outcome: Outcome_co
    customer_id: int
    changes: tuple[Change[AnyOutcome], ...] = ()
    cards_to_hang: tuple[HeldCard, ...] = ()
    merged: MergeRecord | None = None
    unmerged: MergeRecord | None = None
    cards_to_drop: tuple[HeldCard, ...] = ()
    referral: Referral | None = None


def occasion(request: Request, state: BatchState, most_rewards: int = 0) -> Occasion:
    """The actor, the time by the shop's clock, and the next ids; unused ones stay the next."""
    return Occasion(
        now=state.local_now(request.business_id),
        actor=request.caller.actor,
        transaction_id=state.ids.peek(Kind.TRANSACTION),
        first_reward_id=state.ids.peek_rewards(most_rewards) if most_rewards else 0,
        now_in_utc=state.now,
    )


def customer_of(request: Request, ref: CustomerRef, state: BatchState) -> Customer:
    """The customer that a request names; one who was merged leads to the other. Raises CustomerNotFound."""
    customer = state.find_customer(request.business_id, ref)
    if customer is None or customer.erased_at is not None:
        raise CustomerNotFound
    return customer


def with_opening(at: Occasion, state: BatchState) -> Occasion:
    """The occasion, with an id for the head start that comes first."""
    return replace(at, opening_id=at.transaction_id, transaction_id=state.ids.peek(Kind.TRANSACTION, ahead=1))


def history_of(customer: Customer, state: BatchState) -> History:
    """All there is about a customer whose whole ledger was read."""
    return History(
        customer=customer,
        program=state.program(customer.business_id),
        entries=state.entries_of(customer),
        rewards=state.rewards_of(customer),
    )


def holder_of_phone(business_id: int, phone: str, state: BatchState) -> int | None:
    """The id of the customer with a phone number, or with whom somebody was merged who had it."""
    number = (business_id, one_number(phone))
    found = state.customers_by_phone.get(number) or state.merges.phones.get(number)
    kept = state.kept(business_id, found) if found is not None else None
    return kept.id if kept is not None else found


def check_phone(business_id: int, phone: str | None, state: BatchState, *, own_id: int | None = None) -> None:
    """Raise CustomerExists if somebody else has a phone number."""
    holder = holder_of_phone(business_id, phone, state) if phone else None
    if holder is not None and holder != own_id:
        raise CustomerExists(holder)
