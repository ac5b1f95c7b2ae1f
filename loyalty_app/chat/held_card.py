"""A card in a chat, as the table `telegram_card` keeps it. Who shows it, and when, is in `card_queue`."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from loyalty_core.ids import BotId, BusinessId, CustomerId, UserId

Place = tuple[int, int, int]
"""A business, a bot and a person: one chat in which one card of that business can hang."""


class HeldCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card in a chat: whose it is, the message that shows it, and the state that it shows.

    `shown_rewards` counts the rewards ever earned. `due_at` is set while it is to be shown again; `tries` counts how
    often that has failed.
    """

    business_id: BusinessId
    bot_id: BotId
    user_id: UserId
    customer_id: CustomerId
    created_at: datetime
    message_id: int | None = None
    shown_version: int = 0
    shown_stamps: int = 0
    shown_rewards: int = 0
    muted: bool = False
    due_at: datetime | None = None
    tries: int = 0
    lease: str | None = None
    lease_until: datetime | None = None

    @property
    def place(self) -> Place:
        """Where it hangs."""
        return self.business_id, self.bot_id, self.user_id


def held_card_of(row: Row[Any]) -> HeldCard:
    """Read a row of the table `telegram_card`."""
    return HeldCard(**{name: getattr(row, name) for name in HeldCard.__struct_fields__})
