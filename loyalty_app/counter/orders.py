"""What can be asked of the counter. Plain data; nothing is decided here."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from loyalty_app.db.idempotency import fingerprint_of
from loyalty_app.shops.businesses import Business
from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.fields import TransactionId
from loyalty_core.ledger import Actor
from loyalty_core.stamping import RedeemOrder, StampOrder

CustomerRef = int | str
"""A customer's id, or their code in its exact form."""

Card = tuple[int, CustomerRef]
"""A card: its business, and whose it is."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """On whose behalf something is asked; `key` makes the request once-only within the business."""

    business: Business
    actor: Actor
    key: str | None = None


CHAT_KEYS = "chat:"
"""What the idempotency keys of the chat begin with, so that no client of the API can take one."""


def chat_key(nonce: str) -> str:
    """The idempotency key of what the buttons of one screen ask for."""
    return CHAT_KEYS + nonce


class Holder(msgspec.Struct, frozen=True):
    """A person in their chat with a bot, both by Telegram's numbers."""

    bot_id: int
    user_id: int


class Join(msgspec.Struct, frozen=True):
    """Hand out a card, with stamps and a day of joining brought along or none, to somebody in a chat or not.

    A field that came later is left unset, so that what was kept of older orders stays the same.
    """

    profile: Profile
    opening_stamps: int = 0
    holder: Holder | UnsetType = UNSET
    joined_at: datetime | UnsetType = UNSET


class Claim(msgspec.Struct, frozen=True):
    """Find the card that belongs to a phone number, which somebody in a chat has proven to be theirs."""

    holder: Holder
    phone: str


class GiveStamp(msgspec.Struct, frozen=True):
    """Stamp a card."""

    customer: CustomerRef
    stamp: StampOrder = msgspec.field(name="order")  # as older releases have kept it


class Redeem(msgspec.Struct, frozen=True):
    """Hand out a reward."""

    customer: CustomerRef
    reward: RedeemOrder = msgspec.field(name="order")  # as older releases have kept it


class Void(msgspec.Struct, frozen=True):
    """Undo a stamp or a redemption."""

    transaction_id: TransactionId
    reason: str | None = None


class ChangeProfile(msgspec.Struct, frozen=True):
    """Change a profile."""

    customer: CustomerRef
    change: ProfileChange


class Erase(msgspec.Struct, frozen=True):
    """Erase a customer's personal data."""

    customer: CustomerRef


class Expire(msgspec.Struct, frozen=True):
    """Book a reward as expired, if its time is over."""

    customer: CustomerRef
    reward_id: int


Order = Join | Claim | GiveStamp | Redeem | Void | ChangeProfile | Erase | Expire

NAMES: dict[type[Order], str] = {
    Join: "Join",
    Claim: "Claim",
    GiveStamp: "GiveStamp",
    Redeem: "Redeem",
    Void: "Void",
    ChangeProfile: "Update",
    Erase: "Erase",
    Expire: "Expire",
}
"""How orders are called in fingerprints that are kept, in logs and in figures, whatever their classes are called."""


class Request(msgspec.Struct, frozen=True):
    """One order of one caller."""

    caller: Caller
    order: Order

    @property
    def business_id(self) -> int:
        """The business that the caller belongs to."""
        return self.caller.business.id

    @property
    def card(self) -> Card | None:
        """The card that is asked for, as it was named; None if the order names none."""
        order = self.order
        return None if isinstance(order, Join | Claim | Void) else (self.business_id, order.customer)

    @property
    def name(self) -> str:
        """What is asked for, in a word."""
        return NAMES[type(self.order)]

    def fingerprint(self) -> bytes:
        """32 bytes that are the same for the same order, however it was spelled."""
        return fingerprint_of(msgspec.json.encode([self.name, self.order]))
