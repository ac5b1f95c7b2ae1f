"""One telephone is one customer: however its number is written, and in whichever form it was stored before."""

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from loyalty_app.counter.orders import Holder
from loyalty_app.customers.lists import Search, list_customers
from loyalty_app.customers.staff_view import with_phone
from loyalty_app.db import tables
from loyalty_app.importing.candidates import Candidate
from loyalty_app.importing.customer_creation import DryRun
from loyalty_app.pagination import PageRequest
from loyalty_core.customers import Profile
from loyalty_core.errors import CustomerExists
from testkit.shop import Shop

KEPT, SHORT, AT_HOME = "+5491166773399", "+541166773399", "011 15 6677-3399"
LENA = Holder(1, 501)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """The shop, in Argentina."""
    return Shop(shop.database, replace(shop.business, country="AR"), shop.clock, shop.counter)


async def store(shop: Shop, customer_id: int, phone: str) -> None:
    """Store a number as an earlier release did."""
    own = update(tables.customer).where(tables.customer.c.id == customer_id).values(phone=phone)
    await shop.database.write(lambda connection: connection.execute(own).close())


@pytest.mark.parametrize("stored", [KEPT, SHORT])
async def test_no_second_customer_has_the_telephone(shop: Shop, stored: str) -> None:
    lena, tom = await shop.join("Lena", phone=KEPT), await shop.join("Tom")
    await store(shop, lena.id, stored)
    for typed in (KEPT, SHORT, AT_HOME, "5491166773399"):
        with pytest.raises(CustomerExists) as refusal:
            await shop.join("Ana", phone=typed)
        assert refusal.value.customer_id == lena.id
        with pytest.raises(CustomerExists):
            await shop.update(tom.id, phone=typed)
    assert (await shop.update(lena.id, phone=AT_HOME)).phone == KEPT


@pytest.mark.parametrize("stored", [KEPT, SHORT])
async def test_searches_and_lists_find_who_has_the_telephone(shop: Shop, stored: str) -> None:
    lena = await shop.join("Lena", phone=KEPT)
    await store(shop, lena.id, stored)
    for typed in (KEPT, SHORT, AT_HOME):
        assert await found(shop, typed) == lena.id
        assert await listed(shop, typed) == [lena.id]
    again = Candidate(place=1, profile=Profile(name="Lena", phone=KEPT))
    [remark] = await DryRun(shop.database, shop.business).take([again])
    assert remark.fate == "already_there"


async def found(shop: Shop, phone: str) -> int | None:
    customer = await shop.database.read(lambda connection: with_phone(connection, shop.business, phone))
    return customer.id if customer else None


async def listed(shop: Shop, phone: str) -> list[int]:
    page = await shop.database.read(
        lambda connection: list_customers(connection, shop.business, Search(phone=phone), wanted=PageRequest())
    )
    return [one.id for one in page.data]


@pytest.mark.parametrize("stored", [KEPT, SHORT])
async def test_a_proven_number_finds_the_card_that_was_stored_in_another_form(shop: Shop, stored: str) -> None:
    old = await shop.join("L. Berg", phone=KEPT)
    await store(shop, old.id, stored)
    new = (await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=LENA)).outcome
    claimed = (await shop.counter.claim(shop.caller(), LENA, KEPT)).outcome
    assert (claimed.customer.id, claimed.replaced) == (old.id, new.id)


async def test_of_two_customers_who_share_a_telephone_already_each_is_still_served(shop: Shop) -> None:
    lena, twin = await shop.join("Lena", phone=KEPT), await shop.join("Lena B.")
    await store(shop, twin.id, SHORT)
    with pytest.raises(CustomerExists) as refusal:
        await shop.join("Ana", phone=SHORT)
    assert refusal.value.customer_id == lena.id
    await shop.stamp(twin.id)
    assert (await shop.update(twin.id, phone=None)).phone is None
