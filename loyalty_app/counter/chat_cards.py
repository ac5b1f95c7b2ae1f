"""Chat cards: which people hold which cards in their chats, as far as a batch needs to know.

How a card is shown is not known here, only that it is due.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from loyalty_app.chat.chats import HeldCard, Place
from loyalty_app.counter.orders import Holder
from loyalty_core.customers import Customer
from loyalty_core.fields import BotId, UserId

FIRST_SHOWING = timedelta(seconds=15)
"""How long the asker may take to show a new card; after that it is due like any other."""


class ChatCards:
    """The cards in the chats of a batch's people; `new` and `changed` are to be written."""

    def __init__(self) -> None:
        self.held: dict[Place, HeldCard] = {}
        self.new: dict[Place, HeldCard] = {}
        self.changed: dict[Place, HeldCard] = {}
        self.dropped: set[Place] = set()
        """Places whose card has moved to another person; to be written."""
        self.gone: set[tuple[int, int]] = set()
        """Chats (bot and person) that have ended: the person has blocked the bot, or left Telegram."""

    def keep(self, card: HeldCard) -> None:
        """Remember a card that hangs in a chat."""
        self.held[card.place] = card

    def hang(self, cards: Iterable[HeldCard]) -> None:
        """Hang cards in chats; each replaces the one there."""
        for card in cards:
            is_new = card.place in self.new or card.place not in self.held
            (self.new if is_new else self.changed)[card.place] = card
            self.keep(card)

    def of_person(self, business_id: int, user_id: int) -> list[int]:
        """The customers whose cards a person holds, through any bot, the oldest first."""
        theirs = [card for card in self.held.values() if (card.business_id, card.user_id) == (business_id, user_id)]
        return [card.customer_id for card in sorted(theirs, key=lambda card: (card.created_at, card.bot_id))]

    def is_held_by_another(self, customer: Customer, user_id: int, *, released_by: int | None = None) -> bool:
        """Whether another person holds that customer's card in a chat that has not ended, and has not released it."""
        others = (card for card in self.of_others(customer, user_id) if card.user_id != released_by)
        return any((card.bot_id, card.user_id) not in self.gone for card in others)

    def of_others(self, customer: Customer, user_id: int) -> list[HeldCard]:
        """The cards of a customer in the chats of other people."""
        return [card for card in self._of_customer(customer) if card.user_id != user_id]

    def drop(self, cards: Iterable[HeldCard]) -> None:
        """Take cards out of chats."""
        for card in cards:
            self.held.pop(card.place, None)
            self.changed.pop(card.place, None)
            if self.new.pop(card.place, None) is None:
                self.dropped.add(card.place)

    def to_hang(self, holder: Holder, customer: Customer, now: datetime) -> tuple[HeldCard, ...]:
        """What to hang so that a person holds a card; nothing if they do. The asker shows it first."""
        there = self.held.get((customer.business_id, holder.bot_id, holder.user_id))
        if there is not None and there.customer_id == customer.id:
            return ()
        card = HeldCard(
            business_id=customer.business_id,
            bot_id=BotId(holder.bot_id),
            user_id=UserId(holder.user_id),
            customer_id=customer.id,
            created_at=now,
            shown_stamps=_stamps(customer),
            shown_rewards=_earned(customer),
            due_at=now + FIRST_SHOWING,
            telegram_name=there.telegram_name if there else None,
        )
        return (card,)

    def to_move(
        self, closed: Customer, kept: Customer, now: datetime, *, only: Collection[tuple[int, int]] | None = None
    ) -> tuple[HeldCard, ...]:
        """The places of `closed`, given to `kept` and due now. `kept` is as before it got the stamps of `closed`.

        `only` limits that to some places, each a bot and a person.
        """
        return tuple(
            replace(
                card,
                customer_id=kept.id,
                shown_version=0,
                shown_stamps=_stamps(kept),
                shown_rewards=_earned(kept),
                due_at=now,
                tries=0,
                lease=None,
                lease_until=None,
            )
            for card in self._of_customer(closed)
            if only is None or (card.bot_id, card.user_id) in only
        )

    def _of_customer(self, customer: Customer) -> list[HeldCard]:
        theirs = (customer.business_id, customer.id)
        return [card for card in self.held.values() if (card.business_id, card.customer_id) == theirs]


def _stamps(customer: Customer) -> int:
    """The stamps on all cards of a customer; a chat shows one, and tells news of all."""
    return sum(one.card.current_stamps for one in customer.cards)


def _earned(customer: Customer) -> int:
    return sum(one.card.rewards_earned for one in customer.cards)
