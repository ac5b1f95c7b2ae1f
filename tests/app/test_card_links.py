"""Links of cards: anyone who has one has the card, one is valid at a time, and what is stored opens nothing."""

import asyncio

import pytest
from sqlalchemy import select

from loyalty_app.card_pages.links import CardId, LinkMaker, follow_link, link_of, link_once, revoke_once
from loyalty_app.counter.orders import Holder
from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.db.tables import card_link, idempotency
from loyalty_app.vault import Vault
from loyalty_app.vault.rotation import rotate_secret_key
from loyalty_core.customers import Profile
from loyalty_core.errors import CustomerNotFound
from loyalty_core.fields import CustomerId
from testkit.shop import Shop, open_next_door

BASE = "https://cards.example.com"
KEY, NEW_KEY = "a key of sixteen letters", "another key of sixteen letters"
MAKER = LinkMaker(base=BASE, vault=Vault(KEY))


async def linked(shop: Shop, number: int, maker: LinkMaker = MAKER) -> str:
    """The secret of a customer's link."""
    card = CardId(shop.business.id, CustomerId(number))
    made = await link_of(shop.database, card, maker=maker, now=shop.clock.now)
    assert made.url.startswith(f"{BASE}/c/")
    return made.url.removeprefix(f"{BASE}/c/")


async def followed(shop: Shop, secret: str) -> tuple[int, bool] | None:
    found = await follow_link(shop.database, secret)
    return None if found is None else (found.card.customer_id, found.revoked)


async def revoke(shop: Shop, number: int, key: str | None = None) -> bytes:
    once = KeyedRequest(business_id=shop.business.id, key=key, fingerprint=b"revoke")
    return (await revoke_once(shop.database, once, number, now=shop.clock.now)).body


async def test_a_card_has_one_link_however_often_and_by_how_many_it_is_asked_for(shop: Shop) -> None:
    lena, omar = await shop.join("Lena"), await shop.join("Omar")
    secrets = await asyncio.gather(*(linked(shop, lena.id) for _ in range(5)))
    assert len({*secrets}) == 1
    assert await linked(shop, omar.id) not in secrets
    assert await followed(shop, secrets[0]) == (lena.id, False)


async def test_a_revoked_link_is_remembered_and_the_next_one_is_another(shop: Shop) -> None:
    lena = await shop.join()
    first = await linked(shop, lena.id)
    assert b'"revoked":true' in await revoke(shop, lena.id)
    assert b'"revoked":false' in await revoke(shop, lena.id)
    assert await followed(shop, first) == (lena.id, True)
    second = await linked(shop, lena.id)
    assert second != first
    assert await followed(shop, second) == (lena.id, False)


async def test_an_erased_customer_has_no_link_and_gets_none(shop: Shop) -> None:
    lena = await shop.join()
    first = await linked(shop, lena.id)
    await revoke(shop, lena.id)
    second = await linked(shop, lena.id)
    await shop.erase(lena.id)
    assert [await followed(shop, secret) for secret in (first, second)] == [None, None]
    with pytest.raises(CustomerNotFound):
        await linked(shop, lena.id)


async def test_no_shop_makes_links_of_another(shop: Shop) -> None:
    lena, neighbour = await shop.join(), await open_next_door(shop)
    with pytest.raises(CustomerNotFound):
        await linked(neighbour, lena.id)


@pytest.mark.parametrize("text", ["", "x", "a" * 31, "a" * 33, "a" * 32, "ä" * 32, "../../etc", "\0" * 32])
async def test_what_is_no_secret_leads_nowhere(shop: Shop, text: str) -> None:
    assert await followed(shop, text) is None


async def test_nothing_that_is_stored_opens_a_card(shop: Shop) -> None:
    lena = await shop.join()
    once = KeyedRequest(business_id=shop.business.id, key="till 1", fingerprint=b"link")
    answer = await link_once(shop.database, once, lena.qr_code, maker=MAKER, now=shop.clock.now)
    again = await link_once(shop.database, once, lena.qr_code, maker=MAKER, now=shop.clock.now)
    assert (again.body, again.replayed) == (answer.body, True)
    secret = await linked(shop, lena.id)
    assert secret.encode() in answer.body
    rows = await shop.database.read(
        lambda c: [*map(tuple, c.execute(select(card_link))), *map(tuple, c.execute(select(idempotency)))]
    )
    assert len(rows) == 2
    assert secret not in repr(rows)


async def test_links_stay_the_same_when_the_key_is_changed_and_are_made_again_when_it_is_lost(shop: Shop) -> None:
    lena = await shop.join()
    before = await linked(shop, lena.id)
    both, new = Vault(NEW_KEY, KEY), LinkMaker(base=BASE, vault=Vault(NEW_KEY))
    await rotate_secret_key(shop.database, both, kept=Vault(KEY).fingerprint)
    assert await linked(shop, lena.id, new) == before
    other = await linked(shop, lena.id, LinkMaker(base=BASE, vault=Vault("a third key of sixteen letters")))
    assert other != before
    assert [await followed(shop, secret) for secret in (before, other)] == [(lena.id, True), (lena.id, False)]


async def test_a_card_that_is_proven_to_be_somebodys_loses_the_link_that_another_may_have(shop: Shop) -> None:
    by_page = await shop.join("Somebody", phone="+14155550101")
    secret = await linked(shop, by_page.id)
    holder = Holder(7, 11)
    await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=holder)
    claimed = await shop.counter.claim(shop.caller(), holder, "+14155550101")
    assert claimed.outcome.customer.id == by_page.id
    assert await followed(shop, secret) == (by_page.id, True)
