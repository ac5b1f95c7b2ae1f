"""Holdings: which people hold which cards in their chats, as far as the requests of a batch touch it.

Rows are read once the totals of the business are locked, so that of two batches the later one sees what the earlier
one has hung up. How a card is shown is not known here, only that it is to be shown.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection

from loyalty_app.chat.held_card import HeldCard, Place, held_card_of
from loyalty_app.counter.orders import Claim, Holder, Join, Request
from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_core.customers import Customer

FIRST_SHOWING = timedelta(seconds=15)
"""How long whoever asked has for showing a new card; after that it is due like any other."""

Key = tuple[int, int]


class Overtaken(Exception):
    """Somebody else has changed meanwhile what was about to be locked: the request is decided anew."""


class ChatCards:
    """The cards in the chats of the people whom a batch is about; `new` and `changed` are to be written."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.database, self.connection = database, connection
        self.held: dict[Place, HeldCard] = {}
        self.new: dict[Place, HeldCard] = {}
        self.changed: dict[Place, HeldCard] = {}

    def look_ahead(self, requests: Iterable[Request]) -> set[Key]:
        """The customers whom claims may change, so that they can be locked."""
        claims = [(r.business_id, r.order) for r in requests if isinstance(r.order, Claim)]
        people = [(business, order.holder.user_id) for business, order in claims]
        phones = [(business, order.phone) for business, order in claims]
        own = self.database.fetch(self.connection, tables.telegram_card, ("business_id", "user_id"), people)
        found = self.database.fetch(self.connection, tables.customer, ("business_id", "phone"), phones)
        return {(row.business_id, row.customer_id) for row in own} | {(row.business_id, row.id) for row in found}

    def load(self, requests: Iterable[Request], claimable: set[Key]) -> set[Key]:
        """Read what people hold, and who holds the `claimable` cards; gives back whose cards these are."""
        people = [(r.business_id, holder.user_id) for r in requests if (holder := _holder(r)) is not None]
        card = tables.telegram_card
        rows = [
            *self.database.fetch(self.connection, card, ("business_id", "user_id"), people),
            *self.database.fetch(self.connection, card, ("business_id", "customer_id"), claimable),
        ]
        for row in rows:
            held = held_card_of(row)
            self.held[held.place] = held
        return {(held.business_id, held.customer_id) for held in self.held.values()}

    def of_person(self, business_id: int, user_id: int) -> list[int]:
        """The customers whose cards a person holds, through any bot, the oldest first."""
        own = [h for h in self.held.values() if (h.business_id, h.user_id) == (business_id, user_id)]
        return [held.customer_id for held in sorted(own, key=lambda held: (held.created_at, held.bot_id))]

    def is_held_by_another(self, customer: Customer, user_id: int) -> bool:
        """Whether somebody else holds that card."""
        return any(held.user_id != user_id for held in self._of_card(customer))

    def _of_card(self, customer: Customer) -> list[HeldCard]:
        card = (customer.business_id, customer.id)
        return [held for held in self.held.values() if (held.business_id, held.customer_id) == card]

    def hang(self, holder: Holder, customer: Customer, now: datetime) -> None:
        """Hang a card in a chat, in place of another one; whoever asked shows it first."""
        place = (customer.business_id, holder.bot_id, holder.user_id)
        there = self.held.get(place)
        if there is not None and there.customer_id == customer.id:
            return
        self._note(
            HeldCard(
                business_id=customer.business_id,
                bot_id=holder.bot_id,
                user_id=holder.user_id,
                customer_id=customer.id,
                created_at=now,
                shown_stamps=customer.card.current_stamps,
                shown_rewards=customer.card.rewards_earned,
                due_at=now + FIRST_SHOWING,
            )
        )

    def move(self, closed: Customer, found: Customer, now: datetime) -> None:
        """Hang `found`, as it was before it got the stamps of the other, wherever `closed` hangs; show it at once."""
        for held in self._of_card(closed):
            self._note(
                msgspec.structs.replace(
                    held,
                    customer_id=found.id,
                    shown_version=0,
                    shown_stamps=found.card.current_stamps,
                    shown_rewards=found.card.rewards_earned,
                    due_at=now,
                    tries=0,
                    lease=None,
                    lease_until=None,
                )
            )

    def _note(self, held: HeldCard) -> None:
        is_new = held.place in self.new or held.place not in self.held
        (self.new if is_new else self.changed)[held.place] = held
        self.held[held.place] = held


def _holder(request: Request) -> Holder | None:
    match request.order:
        case Join(holder=holder):
            return holder if holder is not UNSET else None
        case Claim(holder=holder):
            return holder
        case _:
            return None
