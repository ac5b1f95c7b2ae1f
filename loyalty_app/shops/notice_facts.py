"""Notice facts: what a notice for owners or staff says, as data. `bots/notice_texts.py` says it in words.

`str()` of each is its English sentence, for exports and logs.
"""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from loyalty_core.access import Role
from loyalty_core.flags import FlagKind


class Ailment(StrEnum):
    """What is wrong with a webhook."""

    GONE = "gone"
    SWITCHED_OFF = "switched_off"
    FAILING = "failing"


class Trouble(msgspec.Struct, frozen=True):
    """What is wrong with a webhook, and for how many days. `str()` says it in English."""

    ailment: Ailment
    days: int = 0

    def __str__(self) -> str:
        span = f"{self.days} {'day' if self.days == 1 else 'days'}"
        match self.ailment:
            case Ailment.GONE:
                return "was switched off, because it answered 410 Gone"
            case Ailment.SWITCHED_OFF:
                return f"was switched off, because it has failed for {span}"
            case Ailment.FAILING:
                return f"has failed for {span}"


class WebhookFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice about a webhook says."""

    endpoint_id: int
    url: str
    trouble: Trouble

    def __str__(self) -> str:
        return f"Webhook {self.endpoint_id}: {self.url} {self.trouble}."


class StaffEvent(StrEnum):
    """What happened to somebody on the staff. `DISMISSED` is for the person, the others are for those in charge."""

    JOINED = "joined"
    PROMOTED = "promoted"
    REMOVED = "removed"
    LEFT = "left"
    DISMISSED = "dismissed"


class StaffFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice about the staff says. `by` invited or removed the person; None is the operator."""

    event: StaffEvent
    name: str
    role: Role
    by: str | None = None

    def __str__(self) -> str:
        by = self.by or "the operator"
        match self.event:
            case StaffEvent.JOINED:
                return f"{self.name} has joined the staff as {self.role}, invited by {by}."
            case StaffEvent.PROMOTED:
                return f"{self.name} is {self.role} now, invited by {by}."
            case StaffEvent.REMOVED | StaffEvent.DISMISSED:
                return f"{self.name} was taken off the staff by {by}."
            case StaffEvent.LEFT:
                return f"{self.name} has left the staff."


class RoomFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice about the plan says: how many customers there are, of how many."""

    business_id: int
    customers: int
    limit: int

    @property
    def is_full(self) -> bool:
        """Whether nobody can join any more."""
        return self.customers >= self.limit

    def __str__(self) -> str:
        return f"{self.customers} of the {self.limit} customers of the plan are there."


class BotFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice about a shop's own bot says: Telegram refuses its token."""

    business_id: int
    username: str

    def __str__(self) -> str:
        return f"Telegram refuses the token of @{self.username}."


class FlagLine(msgspec.Struct, frozen=True, kw_only=True):
    """A flagged entry, and who made it (None: nobody with a name). `at` is in the time zone of the shop.

    Customers are not named: what a notice says outlives the erasure of a card.
    """

    kind: FlagKind
    transaction_id: int
    by: str | None
    at: datetime
    stamps: int
    number: int
    can_be_undone: bool


class EveningFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a day, and what is owed at its end; `cost` is in minor units of `currency`."""

    visits: int
    stamps: int
    new_customers: int
    rewards_redeemed: int
    outstanding: int
    cost: int | None = None
    currency: str | None = None


class EveningFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice of the evening says: the first flagged entries, how many more there are, and figures if asked."""

    business_id: int
    day: date
    flags: tuple[FlagLine, ...] = ()
    more: int = 0
    figures: EveningFigures | None = None

    def __str__(self) -> str:
        return f"{self.day}: {len(self.flags) + self.more} entries were flagged."


class SameNumberFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice about two cards says: somebody with the one has proven the phone number that the other has.

    They are not named: what a notice says outlives the erasure of a card.
    """

    business_id: int
    customer_id: int
    other_id: int

    def __str__(self) -> str:
        return f"The phone number of customer {self.customer_id} was proven by customer {self.other_id}."


Facts = WebhookFacts | StaffFacts | RoomFacts | BotFacts | EveningFacts | SameNumberFacts
KINDS: dict[str, type[Facts]] = {
    "webhook": WebhookFacts,
    "staff": StaffFacts,
    "room": RoomFacts,
    "bot": BotFacts,
    "evening": EveningFacts,
    "same_number": SameNumberFacts,
}
"""The kinds of notices, as they are stored."""


def kind_of(facts: Facts) -> str:
    """The kind of a notice with these facts."""
    return next(kind for kind, made in KINDS.items() if isinstance(facts, made))


def write_facts(facts: Facts) -> str:
    """Facts as they are stored."""
    return msgspec.json.encode(facts).decode()


def read_facts(kind: str, kept: str | None, *, of_shop: int) -> Facts | None:
    """Stored facts; None if an older release wrote the notice without them.

    They name the shop as it is called now: it may have got another number when it was moved here.
    """
    found: Facts | None = msgspec.json.decode(kept, type=KINDS[kind]) if kept else None
    if found is None or "business_id" not in found.__struct_fields__:
        return found
    return msgspec.structs.replace(found, business_id=of_shop)
