"""Seen: what the scanner is told after an act: the first name, the card that it was about, and the rewards that wait.

It is what staff see in the chat, and nothing more. In a shop with several programs the card and the rewards say which
one they are of; where there is one, nothing of that is sent.
"""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from api.messages import AppRequest, runtime_of
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.staff_cards import opening_with
from loyalty_app.customers.staff_view import look_at
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.several_programs import ProgramTitles
from loyalty_app.shops.staff import Position
from loyalty_core.errors import CustomerNotFound
from loyalty_core.fields import CustomerId
from loyalty_core.outcomes import Stamped
from loyalty_core.views import CardView, CustomerView, NextReward, RewardView, program_number


class SeenReward(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reward that can be handed out; `program` is what its program is called, where there are several."""

    id: int
    description: str
    program: str = ""


class SeenCard(msgspec.Struct, frozen=True):
    """The card that an act was about: the number of its program, and what that is called."""

    program_id: int
    title: str


class SeenCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """What staff see of a customer after an act; the name is empty if nothing of it can be seen.

    `stamps` and `goal` are those of the card that the act was about.
    """

    customer_id: int
    name: str
    stamps: int
    goal: int
    rewards: tuple[SeenReward, ...]


class ScanDone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was done: the entry of the ledger, and the customer as they are now.

    `added` and `dropped` are stamps, `gift` those of `added` that bonus hours gave, `opening` the head start that came
    along. `earned` are the rewards of this scan; `on_the_way` says that they are of steps, and the card goes on.
    `coming` is what the card earns next. `handed_out` is the reward that was given.
    """

    transaction_id: int
    customer: SeenCustomer
    card: SeenCard | UnsetType = UNSET
    replayed: bool = False
    added: int = 0
    dropped: int = 0
    gift: int = 0
    opening: int = 0
    earned: tuple[SeenReward, ...] = ()
    on_the_way: bool = False
    coming: NextReward | UnsetType = UNSET
    handed_out: SeenReward | UnsetType = UNSET


def seen_card(titles: ProgramTitles, number: int) -> SeenCard | UnsetType:
    """The card of the program of that number, where there are several."""
    title = titles.of_card(number)
    return SeenCard(number, title) if title else UNSET


def seen_reward(reward: RewardView, titles: ProgramTitles) -> SeenReward:
    """A reward that was earned or handed out."""
    program = UNSET if reward.program_id is UNSET else titles.by_number.get(reward.program_id)
    return SeenReward(reward.id, reward.description, program or "")


def coming_on(card: CardView | None) -> NextReward | UnsetType:
    """What a card earns next; nothing on one that takes no stamps any more."""
    return UNSET if card is None or card.next_reward is None else card.next_reward


def card_in(customer: CustomerView, number: int | UnsetType) -> CardView | None:
    """The card of a program, in answers that have cards."""
    cards: Iterable[CardView] = customer.cards or ()
    return next((card for card in cards if card.program_id == number), None)


async def opening_of(request: AppRequest, business: Business, stamped: Stamped) -> int:
    """The head start that came along with a stamp; only the first visit can have brought one."""
    card = card_in(stamped.customer, stamped.program_id)
    if card is None or card.total_visits > 1 or stamped.total_stamps <= stamped.stamps_added:
        return 0
    return await runtime_of(request).database.read(
        lambda connection: opening_with(connection, business, stamped.transaction_id)
    )


async def seen_customer(
    request: AppRequest, position: Position, customer: CustomerView, titles: ProgramTitles, number: int
) -> SeenCustomer:
    """What staff see of a customer with the card of the program of that number; the main one's if there is no other.

    The rewards that wait are looked up if there are any.
    """
    cards: Iterable[CardView] = customer.cards or ()
    waiting: tuple[SeenReward, ...] = ()
    if customer.rewards_available or any(one.rewards_available for one in cards):
        waiting = await _rewards_waiting(request, position, customer.id, titles)
    card = card_in(customer, number) or customer
    return SeenCustomer(
        customer_id=customer.id,
        name=first_name(customer.name or ""),
        stamps=card.current_stamps,
        goal=card.stamps_required,
        rewards=waiting,
    )


async def _rewards_waiting(
    request: AppRequest, position: Position, customer_id: CustomerId, titles: ProgramTitles
) -> tuple[SeenReward, ...]:
    """The rewards that a customer can get now, the oldest first; none if they are erased meanwhile."""
    runtime, business = runtime_of(request), position.business
    now = runtime.clock().astimezone(business.zone)
    try:
        view = await runtime.database.read(
            lambda connection: look_at(connection, business, customer_id, by=position.actor, now=now)
        )
    except CustomerNotFound:
        return ()
    numbers = {reward.id: program_number(business.id, reward.program_id) for reward in view.rewards}
    return tuple(SeenReward(one.id, one.description, titles.by_number.get(numbers[one.id], "")) for one in view.rewards)
