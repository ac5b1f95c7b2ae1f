"""Orders: what the counter can be asked to do, as plain data. Nothing is decided here."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from loyalty_app.db.idempotency import fingerprint_of, once_key_of
from loyalty_app.shops.businesses import Business
from loyalty_core.customers import Profile, ProfileChange, ShownCode, clean_order_ref
from loyalty_core.fields import TransactionId
from loyalty_core.ledger import Actor
from loyalty_core.rotating_codes import Seal
from loyalty_core.stamping import RedeemOrder, StampOrder

CustomerRef = int | str
"""A customer's id, or their code in its exact form."""

States = tuple[str, ...] | UnsetType
"""The states of which one is expected; unset expects any."""

Card = tuple[int, CustomerRef]
"""A card: its business, and its customer."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """On whose behalf a request is made; `key` makes it once-only within the business."""

    business: Business
    actor: Actor
    key: str | None = None


CHAT_KEYS = "chat:"
"""Prefix of the chat's idempotency keys. Why: no client of the API can use one."""


def chat_key(nonce: str) -> str:
    """The idempotency key for the buttons of one screen."""
    return CHAT_KEYS + nonce


PAGE_KEYS = "page "
"""Prefix of the idempotency keys of our pages. Why the space: no key of a client of the API has one, and none of the
chat begins so."""


def page_key(user_id: int, key: str) -> str:
    """The idempotency key for what a person does once on a page; `key` was made there, before the first try."""
    return f"{PAGE_KEYS}{user_id} {key}"


def code_key_of(seal: Seal) -> int:
    """The number for a rotating code, under which its uses are found."""
    return once_key_of(seal.code)


class Holder(msgspec.Struct, frozen=True):
    """A person in their chat with a bot, both by Telegram's ids.

    `referrer` is the code of the customer whose link they opened.
    """

    bot_id: int
    user_id: int
    referrer: str | UnsetType = UNSET


class ProgramStamps(msgspec.Struct, frozen=True):
    """Stamps for the card of the program of that number; unset is the main one."""

    stamps: int
    program_id: int | UnsetType = UNSET


class Join(msgspec.Struct, frozen=True):
    """Hand out a card, perhaps with stamps and a joining day from elsewhere, perhaps to somebody in a chat.

    `program_id` is the program of the stamps, by its number; unset is the main one.

    Newer fields are left unset by default, so that fingerprints of older orders stay the same.
    """

    profile: Profile
    opening_stamps: int = 0
    holder: Holder | UnsetType = UNSET
    joined_at: datetime | UnsetType = UNSET
    imported: bool | UnsetType = UNSET
    """Whether the card comes from another book; not known to orders of older releases, whose keys are kept."""
    program_id: int | UnsetType = UNSET
    more: tuple[ProgramStamps, ...] | UnsetType = UNSET
    """Stamps from elsewhere for the cards of further programs."""


class Claim(msgspec.Struct, frozen=True):
    """Find the card with a phone number that somebody in a chat has proven to be theirs.

    `released_by` is a person in whose chat it is, and who agrees that it leaves.
    """

    holder: Holder
    phone: str
    released_by: int | UnsetType = UNSET


class GiveStamp(msgspec.Struct, frozen=True):
    """Stamp a card."""

    customer: CustomerRef
    stamp: StampOrder = msgspec.field(name="order")  # the name in fingerprints of older releases
    shown: ShownCode | UnsetType = UNSET


def stamp_of(customer: CustomerRef | ShownCode, stamp: StampOrder) -> GiveStamp:
    """The order to stamp a card, with the plain form of its order reference. Raises InvalidRequest."""
    if stamp.order_ref is not None and (plain := clean_order_ref(stamp.order_ref)) != stamp.order_ref:
        stamp = replace(stamp, order_ref=plain)
    if stamp.program_id is None:
        stamp = replace(stamp, program_id=UNSET)
    if isinstance(customer, ShownCode):
        return GiveStamp(customer.card, stamp, UNSET if customer.seal is None else customer)
    return GiveStamp(customer, stamp)


class Redeem(msgspec.Struct, frozen=True):
    """Hand out a reward."""

    customer: CustomerRef
    reward: RedeemOrder = msgspec.field(name="order")  # the name in fingerprints of older releases
    shown: ShownCode | UnsetType = UNSET


def redeem_of(customer: CustomerRef | ShownCode, reward: RedeemOrder) -> Redeem:
    """The order to hand out a reward."""
    if isinstance(customer, ShownCode):
        return Redeem(customer.card, reward, UNSET if customer.seal is None else customer)
    return Redeem(customer, reward)


class Void(msgspec.Struct, frozen=True):
    """Undo a stamp or a redemption, or only some `stamps` of it, unset for all."""

    transaction_id: TransactionId
    reason: str | None = None
    stamps: int | UnsetType = UNSET


class ChangeProfile(msgspec.Struct, frozen=True):
    """Change a profile; with `if_state`, only one that is in such a state (`views.customer_state`)."""

    customer: CustomerRef
    change: ProfileChange
    if_state: States = UNSET


class Erase(msgspec.Struct, frozen=True):
    """Erase a customer's personal data; with `if_state`, only of one who is in such a state."""

    customer: CustomerRef
    if_state: States = UNSET


class Expire(msgspec.Struct, frozen=True):
    """Book a reward as expired, if it is due."""

    customer: CustomerRef
    reward_id: int


class GiveBirthday(msgspec.Struct, frozen=True):
    """Give what the shop gives for a birthday, if it is due."""

    customer: CustomerRef


class GiveWinBack(msgspec.Struct, frozen=True):
    """Give what the shop gives to a customer who is away for long, if it is due."""

    customer: CustomerRef


class ThankReferrer(msgspec.Struct, frozen=True):
    """Give `customer` what the shop gives for having brought the `other` along, if it is due."""

    customer: CustomerRef
    other: CustomerRef


class MergeCustomers(msgspec.Struct, frozen=True):
    """Merge the `other` customer into `customer`."""

    customer: CustomerRef
    other: CustomerRef


class UnmergeCustomers(msgspec.Struct, frozen=True):
    """Take the merge of `other` into `customer` back."""

    customer: CustomerRef
    other: CustomerRef


Order = (
    Join
    | Claim
    | GiveStamp
    | Redeem
    | Void
    | ChangeProfile
    | Erase
    | Expire
    | GiveBirthday
    | GiveWinBack
    | ThankReferrer
    | MergeCustomers
    | UnmergeCustomers
)

NAMES: dict[type[Order], str] = {
    Join: "Join",
    Claim: "Claim",
    GiveStamp: "GiveStamp",
    Redeem: "Redeem",
    Void: "Void",
    ChangeProfile: "Update",
    Erase: "Erase",
    Expire: "Expire",
    GiveBirthday: "GiveBirthday",
    GiveWinBack: "GiveWinBack",
    ThankReferrer: "ThankReferrer",
    MergeCustomers: "Merge",
    UnmergeCustomers: "Unmerge",
}
"""The names of orders in stored fingerprints, logs and metrics. They stay when classes are renamed."""


NO_CARD = (Join, Claim, Void)
OF_TWO = (MergeCustomers, UnmergeCustomers, ThankReferrer)
OF_SHOWN = (GiveStamp, Redeem)
"""The orders for which a code may have been shown."""
encode = msgspec.json.Encoder().encode


class Request:
    """One order of one caller, with the seal of the rotating code that was shown; nothing of it changes.

    What is asked of it many times is worked out once. Measured: doing that each time was a tenth of what a stamp costs.
    """

    __slots__ = ("_fingerprint", "_once_key", "business_id", "caller", "card", "cards", "key", "order", "seal")

    def __init__(self, caller: Caller, order: Order, seal: Seal | None = None) -> None:
        self.caller, self.order, self.seal = caller, order, seal
        self.business_id, self.key = caller.business.id, caller.key
        self.card: Card | None = None if isinstance(order, NO_CARD) else (self.business_id, order.customer)
        """The card that the order names, as it was named; None if it names none."""
        self.cards: tuple[Card, ...] = () if self.card is None else (self.card,)
        """All cards that the order names, as they were named."""
        if isinstance(order, OF_TWO):
            self.cards += ((self.business_id, order.other),)
        self._fingerprint: bytes | None = None
        self._once_key: int | None = None

    @property
    def name(self) -> str:
        """The name of the order."""
        return NAMES[type(self.order)]

    @property
    def once_key(self) -> int:
        """The number for the caller's idempotency key; there must be one."""
        if self._once_key is None:
            self._once_key = once_key_of(str(self.key))
        return self._once_key

    def fingerprint(self) -> bytes:
        """32 bytes, the same for the same order, however it was written.

        When a stamp was given does not count: one that was tried at once and is sent again with its time is the same.
        Nor does the seal of a code: the card is the same with the next one.
        """
        if self._fingerprint is None:
            order = self.order
            if isinstance(order, OF_SHOWN) and order.shown is not UNSET:
                order = replace(order, shown=UNSET)
            if isinstance(order, Join):
                order = replace(order, imported=UNSET)
            if isinstance(order, GiveStamp) and order.stamp.occurred_at is not UNSET:
                order = replace(order, stamp=replace(order.stamp, occurred_at=UNSET))
            self._fingerprint = fingerprint_of(encode([self.name, order]))
        return self._fingerprint


def phone_of(request: Request) -> str | None:
    """The phone number that a request is about, if any."""
    match request.order:
        case Join(profile=profile):
            return profile.phone
        case ChangeProfile(change=change):
            return change.phone if isinstance(change.phone, str) else None
        case Claim(phone=phone):
            return phone
        case _:
            return None


def holder_of(request: Request) -> Holder | None:
    """The person in a chat whom a request is about, if any."""
    match request.order:
        case Join(holder=holder):
            return holder if holder is not UNSET else None
        case Claim(holder=holder):
            return holder
        case _:
            return None


def referrer_of(request: Request) -> str | None:
    """The code of the customer who brings somebody along, if any."""
    holder = holder_of(request)
    return holder.referrer if holder is not None and isinstance(holder.referrer, str) else None
