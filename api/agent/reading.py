"""Tools that read: they find, show and add up, and change nothing."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from api.agent.desk import Desk, at_customer
from api.agent.figures import (
    CardShown,
    CustomerCard,
    EntriesShown,
    FiguresShown,
    FlagsShown,
    FoundCustomers,
    OwedRewards,
    ProgramShown,
    WebhookHealth,
    card_of,
)

Customer = Annotated[
    Annotated[int, Meta(ge=1)] | Annotated[str, Meta(min_length=1, max_length=1_000)],
    Meta(description="A customer: the id, or the code on the card, CUS…"),
]
BranchId = Annotated[int, Meta(ge=1, description="Only of this branch.")]
OfProgram = Annotated[int, Meta(ge=1, description="Only of this program; the whole shop if it is left out.")]
ProgramId = Annotated[int, Meta(ge=1, description="A program of the shop; the main one if it is left out.")]
Limit = Annotated[int, Meta(ge=1, le=50, description="How many to show at most.")]


class FindCustomer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is looked for."""

    query: Annotated[str, Meta(min_length=1, max_length=100, description="A name, phone number, e-mail or code.")]
    limit: Limit = 5


async def find_customer(desk: Desk, asked: FindCustomer) -> FoundCustomers:
    """Find customers by name, phone number, e-mail address or code."""
    text = asked.query.strip()
    if text.upper().startswith("CUS"):
        customer = (await desk.get(at_customer(text)))["data"]
        return FoundCustomers(customers=[card_of(customer, personal=True)], total=1)
    told = await desk.get("/customers", {"q": text, "limit": asked.limit})
    cards = [card_of(customer, personal=True) for customer in told["data"]]
    return FoundCustomers(customers=cards, total=told["pagination"]["total"])


class ShowCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose card is shown."""

    customer: Customer


async def show_card(desk: Desk, asked: ShowCard) -> CardShown:
    """Show a card with its open rewards and what was last done to it."""
    found = (await desk.get(at_customer(asked.customer)))["data"]
    card = card_of(found, personal=True)
    return CardShown(customer=card, rewards=found["rewards"], recent=found["recent_transactions"])


class Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is asked for."""


class ShareOfShop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The program or branch to look at; without them, the whole shop, with the share of each."""

    program_id: OfProgram | None = None
    branch_id: BranchId | None = None


async def today(desk: Desk, asked: ShareOfShop) -> FiguresShown:
    """Show what happened in the shop today, by the days of the shop, or in a program or branch of it."""
    return await _figures(desk, 1, asked)


class SomeDays(ShareOfShop, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of how many days, and of which program or branch."""

    days: Annotated[int, Meta(ge=1, le=365, description="How many days, today included.")] = 30


async def figures(desk: Desk, asked: SomeDays) -> FiguresShown:
    """Add up customers, visits, stamps and rewards of the last days, with a row for each day."""
    return await _figures(desk, asked.days, asked)


async def _figures(desk: Desk, days: int, asked: ShareOfShop) -> FiguresShown:
    query = {"days": days, "program_id": asked.program_id, "branch_id": asked.branch_id}
    return msgspec.convert((await desk.get("/analytics", query))["data"], FiguresShown)


class SomeRewards(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many rewards are shown."""

    limit: Limit = 20


async def what_we_owe(desk: Desk, asked: SomeRewards) -> OwedRewards:
    """Show the rewards that customers have earned and not yet got, with their sums by age, by branch and in money."""
    told = await desk.get("/rewards", {"status": "available", "limit": asked.limit})
    summary = await desk.get("/rewards/summary")
    return OwedRewards(total=told["pagination"]["total"], rewards=told["data"], summary=summary["data"])


class SomeEntries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries are shown."""

    since: Annotated[datetime, Meta(tz=True, description="Entries since then, as 2026-03-02T09:00:00Z.")] | None = None
    customer_id: Customer | None = None
    limit: Limit = 20


async def who_did_what(desk: Desk, asked: SomeEntries) -> EntriesShown:
    """Show who gave stamps, handed out rewards and undid something, the newest first."""
    since = asked.since.isoformat() if asked.since else None
    customer_id = None if asked.customer_id is None else await id_of(desk, asked.customer_id)
    query = {"since": since, "customer_id": customer_id, "limit": asked.limit}
    return EntriesShown(entries=(await desk.get("/transactions", query))["data"])


class ChosenProgram(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which program is shown."""

    program_id: ProgramId | None = None


async def show_program(desk: Desk, asked: ChosenProgram) -> ProgramShown:
    """Show how many stamps make which reward, and the policies around it; and which programs the shop has."""
    path = "/program" if asked.program_id is None else f"/programs/{asked.program_id}"
    programs = (await desk.get("/programs", {"limit": 100}))["data"]
    return ProgramShown(program=(await desk.get(path))["data"], programs=programs)


class SomeFlags(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which flagged entries are shown."""

    since: Annotated[datetime, Meta(tz=True, description="Entries since then, as 2026-03-02T09:00:00Z.")] | None = None
    limit: Limit = 20


async def show_flags(desk: Desk, asked: SomeFlags) -> FlagsShown:
    """Show entries that the owner may want to look at, the newest first. None of them has to be wrong."""
    since = asked.since.isoformat() if asked.since else None
    return FlagsShown(flags=(await desk.get("/flags", {"since": since, "limit": asked.limit}))["data"])


async def health_of_webhooks(desk: Desk, asked: Nothing) -> WebhookHealth:
    """Show where events of the shop are sent, and whether the last ones arrived."""
    del asked
    webhooks = (await desk.get("/webhooks", {"limit": 100}))["data"]
    failing = [one for one in webhooks if (one["last_delivery"] or {}).get("status") not in {None, "delivered"}]
    return WebhookHealth(webhooks=webhooks, failing=len(failing))


async def id_of(desk: Desk, customer: int | str) -> int:
    """The id of a customer. One who is named by a code is looked up, which takes customers:read. Raises Refused."""
    named = str(customer).strip()
    return int(named) if named.isdecimal() else int((await desk.get(at_customer(named)))["data"]["id"])


async def seen(desk: Desk, customer: int | str) -> CustomerCard | None:
    """The card that a write is about, if the key may read it."""
    if not await desk.may("customers:read"):
        return None
    return card_of((await desk.get(at_customer(customer)))["data"], personal=True)
