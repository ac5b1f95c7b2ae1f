"""Private cards for tests: a shop's customer, and the address of their card."""

import re

from httpx import AsyncClient

from loyalty_app.card_pages.links import CardId, LinkMaker, link_of, revoke_once
from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.shops.businesses import BusinessChange, change_business
from loyalty_core.fields import CustomerId
from testkit.shop import Shop
from tests.pages.place import Place

FORM_KEY = re.compile(r'name="key" value="([^"]+)"')


async def address_of(place: Place, shop: Shop, number: int) -> str:
    """The private address of a customer's card."""
    runtime = place.town.runtime
    card = CardId(shop.business.id, CustomerId(number))
    maker = LinkMaker(base=place.url, vault=runtime.vault)
    return (await link_of(runtime.database, card, maker=maker, now=runtime.clock())).url


async def revoke(place: Place, shop: Shop, number: int) -> None:
    """Revoke the link of a card, as another process does."""
    once = KeyedRequest(business_id=shop.business.id)
    await revoke_once(shop.database, once, number, now=place.town.clock())


async def let_join(place: Place, shop: Shop) -> str:
    """Switch on that a shop's page hands out cards; give its address."""
    change = BusinessChange(join_by_page=True)
    await change_business(
        shop.database, shop.business.id, change, now=place.town.clock(), repaint=lambda *_, **__: None
    )
    return f"{place.url}/join/{shop.business.slug}"


def browser_of(headers: dict[str, str] | None = None) -> AsyncClient:
    """A client that behaves as a browser does on a page of ours."""
    return AsyncClient(headers={"Sec-Fetch-Site": "same-origin", **(headers or {})}, trust_env=False, timeout=20)
