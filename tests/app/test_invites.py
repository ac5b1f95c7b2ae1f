"""Invitations: who may give which, and that each lets one person in, within a day."""

import asyncio
from datetime import timedelta

import pytest

from loyalty_app.db import tables
from loyalty_app.shops.invites import Accepted, Offer, accept, invite, invite_once, token_digest
from loyalty_app.shops.staff import Position, position_in, positions, remove_staff
from loyalty_core.access import Role
from loyalty_core.errors import InvalidRequest, InviteInvalid, NotOnStaff, RoleRequired
from loyalty_core.fields import BusinessId, UserId
from loyalty_core.ledger import Actor, ActorType
from testkit.builders import ANA, BEN, MIRA, OTTO
from testkit.shop import Shop, open_next_door

NINA, PIA = UserId(601), UserId(602)


async def give(shop: Shop, role: Role = Role.STAFF, *, by: Actor | None = None) -> str:
    return await invite(shop.database, shop.business.id, role, now=shop.clock.now, by=by.id if by else None)


async def take(shop: Shop, payload: str, user_id: int = NINA, *, name: str = "Nina") -> Position:
    accepted = await accept(shop.database, payload, user_id=user_id, name=name, now=shop.clock.now)
    assert isinstance(accepted, Accepted)
    assert accepted.business == accepted.position.business
    return accepted.position


async def where_is(shop: Shop, user_id: UserId = NINA) -> list[Position]:
    return await shop.database.read(lambda connection: positions(connection, user_id))


async def position_at(shop: Shop, business_id: BusinessId) -> Position | None:
    return await shop.database.read(lambda connection: position_in(connection, NINA, business_id))


@pytest.mark.parametrize("by", [ANA, MIRA, OTTO])
@pytest.mark.parametrize("role", Role)
async def test_owners_invite_anybody_managers_staff_and_staff_nobody(shop: Shop, by: Actor, role: Role) -> None:
    await shop.hire(ANA, MIRA, OTTO)
    may = {OTTO: set(Role), MIRA: {Role.STAFF}, ANA: set()}
    if role in may[by]:
        await give(shop, role, by=by)
        assert [row.invited_by for row in await shop.rows(tables.invite)] == [by.id]
    else:
        with pytest.raises(RoleRequired):
            await give(shop, role, by=by)
        assert await shop.rows(tables.invite) == []


async def test_whoever_is_not_on_the_staff_invites_nobody(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await next_door.hire(OTTO)
    await shop.hire(MIRA, removed_at=shop.clock.now)
    for stranger in (OTTO, MIRA):
        with pytest.raises(NotOnStaff):
            await give(shop, by=stranger)


async def test_who_accepts_is_on_the_staff_and_acts_as_who_they_are(shop: Shop) -> None:
    position = await take(shop, await give(shop, Role.MANAGER))
    assert position == Position(business=shop.business, staff_id=position.staff_id, name="Nina", role=Role.MANAGER)
    assert position.actor == Actor(ActorType.STAFF, position.staff_id, "Nina", Role.MANAGER)
    assert await where_is(shop) == [position]
    lena = await shop.join()
    assert (await shop.stamp(lena.id, by=position.actor)).stamps_added == 1


async def test_an_invitation_lets_one_person_in_and_says_the_same_to_them_again(shop: Shop) -> None:
    payload = await give(shop)
    position = await take(shop, payload)
    with pytest.raises(InviteInvalid):
        await take(shop, payload, PIA)
    shop.clock.wait(days=3)
    assert await take(shop, payload.removeprefix("i_"), name="Nina again") == position
    assert len(await shop.rows(tables.staff)) == 1


async def test_asking_for_one_invitation_twice_at_once_gives_one(shop: Shop, twin: Shop) -> None:
    offer = Offer(business_id=shop.business.id, role=Role.STAFF, now=shop.clock.now)
    seed, other = b"a seed of a press" * 2, b"of another press." * 2
    first, second = await asyncio.gather(*(invite_once(one.database, offer, seed=seed) for one in (shop, twin)))
    assert first == second
    assert len(await shop.rows(tables.invite)) == 1
    assert await invite_once(shop.database, offer, seed=other) != first
    await take(shop, first)
    with pytest.raises(InviteInvalid):
        await invite_once(shop.database, offer, seed=seed)


@pytest.mark.parametrize("role", Role)
async def test_who_could_have_given_an_invitation_does_not_use_it_up(shop: Shop, role: Role) -> None:
    await take(shop, await give(shop, Role.MANAGER))
    payload = await give(shop, role)
    await take(shop, payload)
    [own] = await where_is(shop)
    [kept] = [row for row in await shop.rows(tables.invite) if row.token_hash == token_digest(payload[2:])]
    assert (kept.used_at is None) == (role is Role.STAFF)
    assert own.role is (Role.OWNER if role is Role.OWNER else Role.MANAGER)


async def test_one_invitation_taken_by_two_at_once_lets_one_in(shop: Shop, twin: Shop) -> None:
    payload = await give(shop)
    both = await asyncio.gather(take(shop, payload), take(twin, payload, PIA), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in both) == ["InviteInvalid", "Position"]


async def test_two_invitations_taken_by_one_at_once_make_one_position(shop: Shop, twin: Shop) -> None:
    first, second = await give(shop, Role.STAFF), await give(shop, Role.MANAGER)
    await asyncio.gather(take(shop, first), take(twin, second))
    [position] = await where_is(shop)
    assert position.role is Role.MANAGER


async def test_an_invitation_is_good_for_a_day_and_unknown_ones_are_refused_in_the_same_words(shop: Shop) -> None:
    payload, later = await give(shop), await give(shop)
    shop.clock.now += timedelta(hours=24) - timedelta(seconds=1)
    await take(shop, payload)
    shop.clock.wait(seconds=1)
    said = set()
    for none in (later, "i_nothing", "", payload):
        with pytest.raises(InviteInvalid) as refusal:
            await take(shop, none, PIA)
        said.add(str(refusal.value))
    assert len(said) == 1


async def test_of_two_roles_the_higher_one_stays(shop: Shop) -> None:
    first = await take(shop, await give(shop, Role.MANAGER))
    assert await take(shop, await give(shop, Role.STAFF)) == first
    owner = await take(shop, await give(shop, Role.OWNER))
    assert (owner.staff_id, owner.role) == (first.staff_id, Role.OWNER)
    assert [row.role for row in await shop.rows(tables.staff)] == ["owner"]


async def test_who_was_removed_does_not_come_back_by_the_old_invitation_but_by_a_new_one(shop: Shop) -> None:
    payload = await give(shop)
    position = await take(shop, payload)
    await remove_staff(shop.database, shop.business.id, position.staff_id, now=shop.clock.now)
    with pytest.raises(InviteInvalid):
        await take(shop, payload)
    anew = await take(shop, await give(shop))
    assert anew.staff_id != position.staff_id
    with pytest.raises(InviteInvalid):
        await take(shop, payload)
    assert await where_is(shop) == [anew]


async def test_what_has_lapsed_unused_is_forgotten_when_the_next_one_is_given(shop: Shop) -> None:
    used = await give(shop)
    await take(shop, used)
    await give(shop)
    shop.clock.wait(hours=24)
    fresh = await give(shop)
    kept = {row.token_hash for row in await shop.rows(tables.invite)}
    assert kept == {token_digest(payload.removeprefix("i_")) for payload in (used, fresh)}


async def test_a_name_that_cannot_be_kept_is_refused_and_uses_nothing_up(shop: Shop) -> None:
    payload = await give(shop)
    with pytest.raises(InvalidRequest):
        await take(shop, payload, name=" ")
    await take(shop, payload)


async def test_a_person_works_in_several_shops_the_oldest_position_comes_first(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    first = await take(next_door, await give(next_door))
    shop.clock.wait(minutes=1)
    second = await take(shop, await give(shop))
    assert await where_is(shop) == [first, second]
    assert await where_is(shop, PIA) == []
    found = [await position_at(shop, number) for number in (shop.business.id, next_door.business.id, BusinessId(10**9))]
    assert found == [second, first, None]


async def test_the_hired_without_a_chat_are_found_in_none(shop: Shop) -> None:
    await shop.hire(BEN)
    assert await where_is(shop, UserId(0)) == []
