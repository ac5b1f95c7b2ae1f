"""Test keys: what they write stands in a twin of the shop, apart from all that is real, and can be wiped exactly."""

import asyncio
from contextlib import suppress

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_app.shops import twins
from loyalty_app.shops.api_keys import create_key, list_keys, revoke_key
from loyalty_app.shops.businesses import Business, find_business, list_businesses, set_plan
from loyalty_app.shops.closing import close_shop, examine_closing
from loyalty_app.shops.invites import invite
from loyalty_app.shops.links import shop_of_link
from loyalty_app.shops.twins import KEPT, create_test_key, list_test_keys, wipe_test_data
from loyalty_app.shops.workplaces import add_branch
from loyalty_core.access import Plan, Role
from loyalty_core.errors import InvalidApiKey, InvalidRequest, LoyaltyError
from loyalty_core.fields import BotId
from testkit.builders import NOON
from testkit.shop import Shop, holder_of
from tests.app.test_closing_shops import GONE, OF_SHOPS, STAYS, is_of, keep_busy, rows_of, two_shops

__all__ = ["two_shops"]
REAL_TABLES = [table for table in OF_SHOPS if "business_id" in table.c]


async def made_key(shop: Shop, name: str = "Trying out") -> str:
    return (await create_test_key(shop.database, shop.business.id, name=name, now=shop.clock.now)).api_key


async def twin_of(shop: Shop) -> Shop:
    """The twin of a shop, after its first test key, on the same counter."""
    business = (await holder_of(shop.database, await made_key(shop))).business
    return Shop(shop.database, business, shop.clock, shop.counter)


async def proven(business: Business, database: Database) -> Proof:
    proof = Proof(business)
    await database.read(proof.run)
    return proof


async def test_a_twin_is_as_the_shop_is_when_the_first_test_key_is_made_and_the_only_one(shop: Shop) -> None:
    await shop.change(stamps_required=7, cooldown_seconds=60, reward_description="A cake")
    place = await add_branch(shop.database, shop.business.id, name="Old town", now=NOON)
    keys = await asyncio.gather(*(made_key(shop, f"Key {n}") for n in range(3)))
    holders = [await holder_of(shop.database, text) for text in keys]

    assert {holder.business.id for holder in holders} == {holders[0].business.id}
    twin = Shop(shop.database, holders[0].business, shop.clock, shop.counter)
    assert twin.business.test_of == shop.business.id
    same = {"id": twin.business.id, "slug": twin.business.slug, "program_version": 1, "test_of": shop.business.id}
    assert twin.business == replace((await shop.database.read(lambda c: find_business(c, shop.business.id))), **same)
    real, copied = (await shop.program()).terms, (await twin.program()).terms
    assert replace(copied, version=real.version, updated_at=real.updated_at) == real
    assert [row.id for row in await twin.rows(tables.branch)] == [place.id]
    assert sorted(key.name for key in await list_test_keys(shop.database, shop.business.id)) == [
        "Key 0",
        "Key 1",
        "Key 2",
    ]
    assert not {key.name for key in await list_keys(shop.database, shop.business.id)} & {"Key 0", "Key 1", "Key 2"}


async def test_what_test_keys_write_is_apart_from_the_shop(shop: Shop) -> None:
    lena = await shop.join("Lena", phone="+14155552671")
    twin = await twin_of(shop)
    before = {table.name: await shop.rows(table) for table in REAL_TABLES}
    guest = await twin.join("Nobody", phone="+14155552671")
    await twin.stamp(guest.id, 5)
    with pytest.raises(LoyaltyError):
        await twin.stamp(lena.id)
    assert {table.name: await shop.rows(table) for table in REAL_TABLES} == before
    assert (await proven(twin.business, shop.database)).found == 0


async def test_nobody_is_invited_to_a_twin_and_no_link_leads_there(shop: Shop) -> None:
    twin = await twin_of(shop)
    number, slug = twin.business.id, twin.business.slug
    assert await shop.database.read(lambda c: shop_of_link(c, shop.business.slug, bot_id=BotId(1))) is not None
    assert await shop.database.read(lambda c: shop_of_link(c, slug, bot_id=BotId(1))) is None
    refused = (
        invite(shop.database, number, Role.OWNER, now=NOON),
        create_test_key(shop.database, number, name="Again", now=NOON),
        create_key(shop.database, number, name="By the back door", now=NOON),
        list_keys(shop.database, number),
        set_plan(shop.database, number, Plan.BASIC),
        wipe_test_data(shop.database, number),
    )
    for verb in refused:
        with pytest.raises(InvalidRequest, match=f"only holds what test keys of business {shop.business.id} write"):
            await verb


async def test_plan_and_revocation_reach_test_keys(shop: Shop) -> None:
    text = await made_key(shop)
    await set_plan(shop.database, shop.business.id, Plan.BASIC)
    holder = await holder_of(shop.database, text)
    assert holder.business.plan is Plan.BASIC
    await revoke_key(shop.database, shop.business.id, holder.key.key_id, now=NOON)
    with pytest.raises(InvalidApiKey):
        await holder_of(shop.database, text)


async def test_a_wipe_deletes_all_that_was_written_and_the_books_agree(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twins, "AT_ONCE", 2)
    twin = await twin_of(shop)
    for host in (shop, twin):
        for n in range(5):
            await host.stamp((await host.join(f"Guest {n}")).id, 9, key=f"stamp-{n}")
    before = {table.name: await shop.rows(table) for table in REAL_TABLES}

    done = await wipe_test_data(shop.database, shop.business.id)

    assert (done.rows["customer"], done.left) == (5, 0)
    assert {table.name: await shop.rows(table) for table in REAL_TABLES} == before
    for table in REAL_TABLES:
        assert table.name in KEPT or await twin.rows(table) == [], table.name
    assert await twin.totals() == (0, 0)
    assert (await proven(twin.business, shop.database)).found == 0
    assert len(await list_test_keys(shop.database, shop.business.id)) == 1
    again = await twin.stamp((await twin.join("Guest 0")).id, 9, key="stamp-0")
    assert again.total_stamps == 9, "idempotency keys are free again"
    assert (await proven(twin.business, shop.database)).found == 0


async def test_every_table_is_wiped_unless_it_is_named_as_kept_and_no_other_shop_is_touched(
    two_shops: Database,
) -> None:
    of = tables.business.c
    for number, test_of in ((STAYS, None), (GONE, STAYS)):
        change = update(tables.business).where(of.id == number).values(test_of=test_of)
        await two_shops.write(lambda c, change=change: c.execute(change).close())  # type: ignore[misc]  # bound
    before = {table.name: await two_shops.read(lambda c, t=table: rows_of(t, c)) for table in OF_SHOPS}  # type: ignore[misc]  # bound
    done = await wipe_test_data(two_shops, STAYS)
    assert done.left == 0
    for table in OF_SHOPS:
        now = await two_shops.read(lambda c, t=table: rows_of(t, c))  # type: ignore[misc]  # bound
        assert [row for row in before[table.name] if is_of(row, STAYS)] == [row for row in now if is_of(row, STAYS)]
        if "business_id" in table.c and table is not tables.telegram_chat:
            assert any(is_of(row, GONE) for row in now) == (table.name in KEPT), table.name
    total = select(tables.business_total).where(tables.business_total.c.business_id == GONE)
    assert tuple(await two_shops.read(lambda c: c.execute(total).one())) == (GONE, 0, 0, 0, 0, 0)


async def test_a_wipe_while_test_keys_write_leaves_books_that_agree(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twins, "AT_ONCE", 2)
    twin = await twin_of(shop)
    cards = [(await twin.join(f"Guest {n}")).id for n in range(9)]
    busy = [asyncio.create_task(keep_busy(twin, cards[n::3])) for n in range(3)]
    await asyncio.sleep(0)
    try:
        for _ in range(3):
            await wipe_test_data(shop.database, shop.business.id)
            with suppress(LoyaltyError):
                await twin.join("In between")
    finally:
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
    await twin.join("Afterwards")
    proof = await proven(twin.business, shop.database)
    assert (proof.found, proof.differences) == (0, [])


async def test_a_shop_that_is_deleted_takes_its_twin_along(shop: Shop) -> None:
    twin = await twin_of(shop)
    await twin.stamp((await twin.join()).id)
    looked = await examine_closing(shop.database, shop.business.id)
    assert (looked.rows["business"], looked.rows["customer"], looked.rows["api_key"]) == (2, 1, 1)
    done = await close_shop(shop.database, shop.business.id)
    assert (done.rows, done.left) == (looked.rows, 0)
    assert await list_businesses(shop.database) == []


async def test_without_test_keys_there_is_nothing_to_wipe(shop: Shop) -> None:
    lena = await shop.join()
    done = await wipe_test_data(shop.database, shop.business.id)
    assert (done.rows, done.left) == ({}, 0)
    assert [customer.id for customer in await shop.customers()] == [lena.id]
