"""Figures: the shapes of what tools answer. They are open: what a key may not see is left out."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Json = dict[str, Any]


class CustomerCard(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's card. Name, phone and so on are null for a key that may not read customers."""

    id: int
    qr_code: str
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    birthday: str | None = None
    current_stamps: int = 0
    stamps_required: int = 0
    total_stamps: int = 0
    total_visits: int = 0
    rewards_available: int = 0
    last_visit_at: str | None = None
    cards: list[Json] = []


PERSONAL = ("name", "phone", "email", "birthday")


def card_of(customer: Json, *, personal: bool) -> CustomerCard:
    """The card of a customer, as the API shows them, without personal data unless the key may see it."""
    seen = customer if personal else {name: value for name, value in customer.items() if name not in PERSONAL}
    return msgspec.convert(seen, CustomerCard)


class FoundCustomers(msgspec.Struct, frozen=True, kw_only=True):
    """Customers that were found, and how many there are."""

    customers: list[CustomerCard]
    total: int


class CardShown(msgspec.Struct, frozen=True, kw_only=True):
    """A card with its open rewards and the last entries of its ledger."""

    customer: CustomerCard
    rewards: list[Json]
    recent: list[Json]


class FiguresShown(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of some days; of a whole shop with the share of each program and branch."""

    period: Json
    customers: Json
    visits: int
    stamps: Json
    rewards: Json
    daily: list[Json] = []
    programs: list[Json] = []
    branches: list[Json] = []
    branches_since: str | None = None


class OwedRewards(msgspec.Struct, frozen=True, kw_only=True):
    """The rewards that the shop owes: how many, some of them, and the sums of all."""

    total: int
    rewards: list[Json]
    summary: Json


class FlagsShown(msgspec.Struct, frozen=True, kw_only=True):
    """Flagged entries, the newest first."""

    flags: list[Json]


class EntriesShown(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of the ledger, the newest first."""

    entries: list[Json]


class ProgramShown(msgspec.Struct, frozen=True, kw_only=True):
    """A program of the shop, and all of them."""

    program: Json
    programs: list[Json] = []


class WebhookHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Each webhook, and whether its last delivery arrived."""

    webhooks: list[Json]
    failing: int


class AgentWrite(msgspec.Struct, frozen=True, kw_only=True):
    """What a write does: with `done` false nothing has happened yet.

    To do it, call again with `confirm` true and this `idempotency_key`: then it happens once, however often you call.
    """

    done: bool
    what: Annotated[str, Meta(description="What would happen, or has happened, in a sentence.")]
    idempotency_key: str
    customer: CustomerCard | None = None
    outcome: Json | None = None
