"""Rights of the staff at the counter: what counts is who is on the staff when the card is written."""

import asyncio

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from loyalty_app.db import tables
from loyalty_core.access import Role
from loyalty_core.errors import NotOnStaff, VoidRefused
from loyalty_core.ledger import Actor
from testkit.builders import ANA, BEN, MIRA, OTTO, TILL
from testkit.shop import Shop, open_next_door


async def change_row(shop: Shop, person: Actor, **values: object) -> None:
    own = tables.staff.c.business_id == shop.business.id, tables.staff.c.id == person.id
    change = update(tables.staff).where(*own).values(**values)
    await shop.database.write(lambda connection: connection.execute(change).close())


async def test_who_is_not_on_the_staff_writes_to_no_card(shop: Shop) -> None:
    lena = await shop.join()
    await shop.hire(BEN)
    for stranger in (ANA, replace(ANA, role=Role.OWNER), replace(ANA, id=None)):
        with pytest.raises(NotOnStaff):
            await shop.stamp(lena.id, by=stranger)
    assert await shop.ledger() == []


async def test_staff_of_another_shop_are_strangers_here(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await next_door.hire(OTTO)
    lena = await shop.join()
    with pytest.raises(NotOnStaff):
        await shop.stamp(lena.id, by=OTTO)


async def test_a_removed_member_of_staff_is_refused_at_once_even_what_was_answered_before(shop: Shop) -> None:
    await shop.hire(ANA)
    lena = await shop.join()
    given = await shop.stamp(lena.id, by=ANA, key="nonce-1")
    await change_row(shop, ANA, removed_at=shop.clock.now)
    for again in ("nonce-1", "nonce-2"):
        with pytest.raises(NotOnStaff):
            await shop.stamp(lena.id, by=ANA, key=again)
    with pytest.raises(NotOnStaff):
        await shop.void(given.transaction_id, by=ANA)


async def test_the_role_and_the_name_that_count_are_those_that_are_kept(shop: Shop) -> None:
    await shop.hire(ANA, BEN)
    lena = await shop.join()
    given = await shop.stamp(lena.id, by=BEN)
    pretending = replace(ANA, name="Otto", role=Role.OWNER)
    with pytest.raises(VoidRefused):
        await shop.void(given.transaction_id, by=pretending)
    await shop.stamp(lena.id, by=pretending)
    assert [entry.actor.name for entry in await shop.ledger()] == ["Ben", "Ana"]
    await change_row(shop, ANA, role=Role.MANAGER.value)
    await shop.void(given.transaction_id, by=ANA)


async def test_the_refused_one_leaves_the_rest_of_the_batch_alone(shop: Shop) -> None:
    await shop.hire(MIRA)
    lena = await shop.join()
    asked = [shop.stamp(lena.id, by=person) for person in (ANA, MIRA, TILL)]
    refused, *stamped = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(refused, NotOnStaff)
    assert [getattr(one, "current_stamps", one) for one in stamped] == [1, 2]
