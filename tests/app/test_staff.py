"""The staff: who is listed, who may remove whom, and that a shop keeps an owner."""

import asyncio

import pytest
from msgspec.structs import replace

from loyalty_app.shops.invites import accept, invite
from loyalty_app.shops.staff import StaffMember, list_staff, remove_staff
from loyalty_core.access import Role
from loyalty_core.errors import InvalidRequest, InviteInvalid, LastOwner, NotOnStaff, RoleRequired
from loyalty_core.fields import BusinessId
from loyalty_core.ledger import Actor
from testkit.builders import ANA, BEN, MIRA, OTTO
from testkit.shop import Shop, open_next_door

OLGA = replace(OTTO, id=11, name="Olga")
MAX = replace(MIRA, id=12, name="Max")


async def remove(shop: Shop, whom: Actor, *, by: Actor | None = None) -> StaffMember:
    number = by.id if by else None
    return await remove_staff(shop.database, shop.business.id, whom.id or 0, now=shop.clock.now, by=number)


async def here(shop: Shop) -> list[str]:
    return [member.name for member in await list_staff(shop.database, shop.business.id)]


async def test_those_on_the_staff_are_listed_in_the_order_in_which_they_came(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await next_door.hire(BEN)
    await shop.hire(MIRA, ANA)
    await shop.hire(OTTO, removed_at=shop.clock.now)
    ana, mira = await list_staff(shop.database, shop.business.id)
    assert (ana.name, mira.name) == ("Ana", "Mira")
    assert mira == StaffMember(staff_id=9, name="Mira", role=Role.MANAGER, created_at=shop.clock.now, user_id=None)
    with pytest.raises(InvalidRequest):
        await list_staff(shop.database, BusinessId(10**9))


@pytest.mark.parametrize("by", [ANA, MIRA, OTTO])
@pytest.mark.parametrize("whom", [BEN, MAX, OLGA])
async def test_owners_remove_anybody_managers_staff_and_staff_nobody(shop: Shop, by: Actor, whom: Actor) -> None:
    await shop.hire(ANA, BEN, MIRA, MAX, OTTO, OLGA)
    may = {OTTO: {BEN, MAX, OLGA}, MIRA: {BEN}, ANA: set[Actor]()}
    if whom in may[by]:
        assert (await remove(shop, whom, by=by)).name == whom.name
    else:
        with pytest.raises(RoleRequired):
            await remove(shop, whom, by=by)
    assert (whom.name in await here(shop)) is (whom not in may[by])


async def test_the_last_owner_is_not_removed_by_anybody(shop: Shop) -> None:
    await shop.hire(OTTO, OLGA, ANA)
    await remove(shop, OTTO, by=OTTO)
    for by in (OLGA, None):
        with pytest.raises(LastOwner):
            await remove(shop, OLGA, by=by)
    await remove(shop, ANA)
    assert await here(shop) == ["Olga"]


async def test_two_owners_who_remove_each_other_at_once_leave_one(shop: Shop, twin: Shop) -> None:
    await shop.hire(OTTO, OLGA)
    both = await asyncio.gather(remove(shop, OTTO, by=OLGA), remove(twin, OLGA, by=OTTO), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in both) == ["NotOnStaff", "StaffMember"]
    assert len(await here(shop)) == 1


async def test_who_is_removed_can_do_nothing_from_then_on(shop: Shop) -> None:
    await shop.hire(ANA, MIRA)
    lena = await shop.join()
    await remove(shop, MIRA)
    with pytest.raises(NotOnStaff):
        await remove(shop, ANA, by=MIRA)
    with pytest.raises(NotOnStaff):
        await shop.stamp(lena.id, by=MIRA)


async def test_removing_again_changes_nothing_and_a_stranger_cannot_be_removed(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await next_door.hire(BEN)
    await shop.hire(OTTO, ANA)
    first = await remove(shop, ANA, by=OTTO)
    assert await remove(shop, ANA, by=OTTO) == first
    with pytest.raises(InvalidRequest):
        await remove(shop, BEN, by=OTTO)
    assert await here(next_door) == ["Ben"]


async def test_the_invitations_that_somebody_has_given_go_with_them(shop: Shop) -> None:
    await shop.hire(OTTO, MIRA)
    given = [
        await invite(shop.database, shop.business.id, Role.STAFF, now=shop.clock.now, by=person.id)
        for person in (MIRA, OTTO)
    ]
    await remove(shop, MIRA, by=OTTO)
    with pytest.raises(InviteInvalid):
        await accept(shop.database, given[0], user_id=601, name="Nina", now=shop.clock.now)
    await accept(shop.database, given[1], user_id=601, name="Nina", now=shop.clock.now)
    assert set(await here(shop)) == {"Otto", "Nina"}
