"""Shops to stamp in: each with customers, an API key, limits that are counted and high, and a webhook endpoint.

The endpoint makes every stamp leave a delivery in the outbox. Nothing is delivered while stamps are measured.
"""

import asyncio
import logging

import msgspec

from loyalty_app.clock import utc_now
from loyalty_app.counter import Caller
from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.runtime import Runtime, open_runtime
from loyalty_app.settings import Settings
from loyalty_app.shops.api_keys import create_key
from loyalty_app.shops.businesses import NewBusiness, first_terms, open_business
from loyalty_core.access import Plan
from loyalty_core.customers import Profile
from loyalty_core.ledger import SYSTEM

SECRET_KEY = "only for this run"  # noqa: S105  # opens nothing
ENDPOINT = "http://127.0.0.1:9/"
EVENTS = ("stamp.added", "reward.earned")
GOAL, RATE_LIMIT = 10, 1_000_000_000


class Scale(msgspec.Struct, frozen=True):
    """The number of shops, the customers of all shops, and whether an endpoint gets an event for each stamp."""

    shops: int = 1
    customers: int = 1_000
    listening: bool = True

    @property
    def guests(self) -> int:
        """Customers of each shop."""
        return self.customers // self.shops


class Card(msgspec.Struct, frozen=True):
    """A card that can be stamped: its shop, its customer, and an API key."""

    business_id: int
    customer_id: int
    key: str

    @property
    def path(self) -> str:
        """The path to which its stamps are posted."""
        return f"/v1/customers/{self.customer_id}/stamps"


def furnish(settings: Settings, scale: Scale) -> list[Card]:
    """Set up a database with shops of that scale. Returns all their cards."""
    logging.getLogger("loyalty_app.runtime").setLevel(logging.ERROR)  # it warns of loopback receivers, meant here
    whole = msgspec.structs.replace(settings, secret_key=SECRET_KEY, webhook_allow="127.0.0.0/8")
    return asyncio.run(_furnish(whole, scale))


async def _furnish(settings: Settings, scale: Scale) -> list[Card]:
    async with open_runtime(settings, delivering=False) as held:
        return [card for number in range(scale.shops) for card in await _open(held, f"Shop {number}", scale)]


async def _open(held: Runtime, name: str, scale: Scale) -> list[Card]:
    new = NewBusiness(name=name, plan=Plan.ENTERPRISE, rate_limit=RATE_LIMIT)
    business = await open_business(held.database, new, first_terms(GOAL, "A coffee", utc_now()))
    caller = Caller(business=business, actor=SYSTEM)
    profiles = (Profile(name=f"Customer {number}") for number in range(scale.guests))
    answers = await asyncio.gather(*(held.counter.join(caller, profile) for profile in profiles))
    if scale.listening:
        await held.webhooks.register(KeyedRequest(business_id=business.id), ENDPOINT, EVENTS)
    key = await create_key(held.database, business.id, now=utc_now(), name="till")
    numbers = sorted(answer.outcome.id for answer in answers)
    return [Card(business.id, number, key.api_key) for number in numbers]
