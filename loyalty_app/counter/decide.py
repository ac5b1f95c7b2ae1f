"""Deciding: each order is put before the rule of the core that it is about. What the rules decide is noted in the book.

No rule stands here, and nothing is written: a refusal is raised and leaves the book as it was.
"""

import secrets
from typing import Any

from msgspec import UNSET

from loyalty_app.counter.book import Book
from loyalty_app.counter.orders import ChangeProfile, Claim, Erase, Expire, GiveStamp, Join, Redeem, Request, Void
from loyalty_app.counter.write import Paper
from loyalty_app.ids import Ids, Kind
from loyalty_core import claiming, joining, stamping, voiding
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import CODE_RANDOM_BYTES, Customer, new_code
from loyalty_core.errors import CustomerNotFound, RewardNotFound
from loyalty_core.outcomes import Claimed, Erased, Expired, Redeemed, Stamped, Voided
from loyalty_core.views import CustomerView, customer_view


class Desk:
    """Where one batch is decided: the book, the paper to be written, the ids and the moment."""

    def __init__(self, book: Book, paper: Paper, ids: Ids) -> None:
        self.book, self.paper, self.ids = book, paper, ids

    def occasion(self, request: Request, most_rewards: int = 0) -> Occasion:
        """Who asks, when by the shop's clock, and under which ids."""
        return Occasion(
            now=self.paper.now.astimezone(self.book.businesses[request.business_id].zone),
            actor=request.caller.actor,
            transaction_id=self.ids.peek(Kind.TRANSACTION),
            first_reward_id=self.ids.peek_rewards(most_rewards) if most_rewards else 0,
        )

    def keep(self, change: Change[Any], request: Request) -> None:
        """Note a change and the ids that it used, and put it on paper."""
        if change.entry is not None:
            self.ids.take(Kind.TRANSACTION)
        if change.issued:
            self.ids.take_rewards(len(change.issued))
        before = self.book.note(change)
        if before is None:
            self.ids.take(Kind.CUSTOMER)
        self.paper.add(change, before, request)


def decide(request: Request, desk: Desk) -> tuple[object, int]:
    """The outcome of a request and the id of the customer whom it was about. Raises LoyaltyError."""
    match request.order:
        case Join() as order:
            return join(order, request, desk)
        case Claim() as order:
            return claim(order, request, desk)
        case ChangeProfile() as order:
            return update(order, request, desk)
        case Expire() as order:
            return expire(order, request, desk)
        case order:
            change = _change(order, request, desk)
            desk.keep(change, request)
            return change.answer, change.customer.id


def _change(order: GiveStamp | Redeem | Void | Erase, request: Request, desk: Desk) -> Change[Any]:
    match order:
        case GiveStamp():
            return give_stamp(order, request, desk)
        case Redeem():
            return redeem(order, request, desk)
        case Void():
            return void(order, request, desk)
        case Erase():
            return erase(order, request, desk)


def join(order: Join, request: Request, desk: Desk) -> tuple[CustomerView, int]:
    """Hand out a card, or show the one that the person holds in a chat already."""
    book, business_id, holder = desk.book, request.business_id, order.holder
    if holder is UNSET:
        customer = _new_customer(order, request, desk)
    else:
        customer = book.customer_in_chat(business_id, holder.user_id) or _new_customer(order, request, desk)
        book.holdings.hang(holder, customer, desk.paper.now)
    return customer_view(customer, book.program(business_id)), customer.id


def _new_customer(order: Join, request: Request, desk: Desk) -> Customer:
    book, business_id = desk.book, request.business_id
    book.check_phone(business_id, order.profile.phone)
    joining.check_room(book.businesses[business_id].plan, book.counts[business_id])
    new = joining.NewCard(
        customer_id=desk.ids.peek(Kind.CUSTOMER),
        business_id=business_id,
        qr_code=new_code(secrets.token_bytes(CODE_RANDOM_BYTES)),
        opening_stamps=order.opening_stamps,
        joined_at=None if order.joined_at is UNSET else order.joined_at,
    )
    at = desk.occasion(request, order.opening_stamps)
    change = joining.join(order.profile, book.program(business_id), new, at=at)
    desk.keep(change, request)
    return change.customer


def claim(order: Claim, request: Request, desk: Desk) -> tuple[Claimed, int]:
    """Find the card of a proven phone number; a card that is closed for it leaves its place to the found one."""
    book, business_id = desk.book, request.business_id
    mine = book.customer_in_chat(business_id, order.holder.user_id)
    if mine is None:
        raise CustomerNotFound
    own = book.claimed(business_id, mine.id)
    card = claiming.CardInChat(own, book.rewards_of(own))
    found = _found(order, own, desk)
    most = own.card.current_stamps + (found.customer.card.current_stamps if found else 0)
    at = desk.occasion(request, most)
    decided = claiming.claim(card, order.phone, found, program=book.program(business_id), at=at)
    for change in decided.changes:
        desk.keep(change, request)
    if found is not None:
        book.holdings.move(own, found.customer, desk.paper.now)
    return decided.answer, decided.answer.customer.id


def _found(order: Claim, own: Customer, desk: Desk) -> claiming.OtherCard | None:
    customer = desk.book.customer_of_phone(own.business_id, order.phone)
    if customer is None or customer.id == own.id:
        return None
    return claiming.OtherCard(customer, desk.book.holdings.is_held_by_another(customer, order.holder.user_id))


def give_stamp(order: GiveStamp, request: Request, desk: Desk) -> Change[Stamped]:
    """Stamp a card."""
    customer = desk.book.customer(request.business_id, order.customer)
    desk.book.check_stamp(request.business_id, order.order.order_ref, order.order.branch_id)
    at = desk.occasion(request, customer.card.current_stamps + order.order.stamps)
    return stamping.stamp(customer, desk.book.program(request.business_id), order.order, at=at)


def redeem(order: Redeem, request: Request, desk: Desk) -> Change[Redeemed]:
    """Hand out a reward."""
    customer = desk.book.customer(request.business_id, order.customer)
    program, rewards = desk.book.program(request.business_id), desk.book.rewards_of(customer)
    return stamping.redeem(customer, program, rewards, order=order.order, at=desk.occasion(request))


def void(order: Void, request: Request, desk: Desk) -> Change[Voided]:
    """Undo an entry."""
    target = desk.book.target(request.business_id, order.transaction_id)
    customer = desk.book.customer(request.business_id, target.customer_id)
    history = voiding.History(
        customer=customer,
        program=desk.book.program(request.business_id),
        entries=desk.book.entries_of(customer),
        rewards=desk.book.rewards_of(customer),
    )
    at = desk.occasion(request, customer.card.total_stamps)
    return voiding.void(history, target, at=at, reason=order.reason)


def erase(order: Erase, request: Request, desk: Desk) -> Change[Erased]:
    """Erase personal data."""
    customer = desk.book.customer(request.business_id, order.customer)
    return joining.erase(customer, desk.book.rewards_of(customer), at=desk.occasion(request))


def update(order: ChangeProfile, request: Request, desk: Desk) -> tuple[CustomerView, int]:
    """Change a profile; a change that changes nothing is answered all the same."""
    customer = desk.book.customer(request.business_id, order.customer)
    if isinstance(order.change.phone, str):
        desk.book.check_phone(request.business_id, order.change.phone, own_id=customer.id)
    program = desk.book.program(request.business_id)
    change = joining.update(customer, program, order.change, at=desk.occasion(request))
    if change is None:
        return customer_view(customer, program), customer.id
    desk.keep(change, request)
    return change.answer, customer.id


def expire(order: Expire, request: Request, desk: Desk) -> tuple[Expired | None, int]:
    """Book a reward as expired; one that is not (or no longer) due stays as it is."""
    customer = desk.book.customer(request.business_id, order.customer)
    reward = next((r for r in desk.book.rewards_of(customer) if r.id == order.reward_id), None)
    if reward is None:
        raise RewardNotFound(order.reward_id)
    program = desk.book.program(request.business_id)
    change = stamping.expire(customer, program, reward, at=desk.occasion(request))
    if change is None:
        return None, customer.id
    desk.keep(change, request)
    return change.answer, customer.id
