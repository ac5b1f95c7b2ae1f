"""Open invitations: who sees and withdraws which, and that a withdrawn one lets nobody in, however it is asked for."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from loyalty_app.db import tables
from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.shops.invites import Accepted, Offer, accept, invite, token_digest
from loyalty_app.shops.open_invites import OpenInvite, invite_keyed, open_invites, withdraw_invite
from loyalty_core.access import Role
from loyalty_core.errors import IdempotencyKeyReused, InviteInvalid, NotOnStaff, RoleRequired
from loyalty_core.ledger import Actor
from testkit.builders import ANA, MIRA, OTTO
from testkit.shop import VAULT, Shop, open_next_door


async def listed(shop: Shop) -> list[OpenInvite]:
    return await shop.database.read(lambda c: open_invites(c, shop.business.id, shop.clock.now))


async def give(shop: Shop, role: Role = Role.STAFF) -> str:
    return await invite(shop.database, shop.business.id, role, now=shop.clock.now, by=OTTO.id)


async def withdraw(shop: Shop, digest: str, by: int | None = None) -> None:
    await withdraw_invite(shop.database, shop.business.id, digest, now=shop.clock.now, by=by)


async def take(shop: Shop, payload: str, user_id: int = 601) -> Accepted:
    return await accept(shop.database, payload, user_id=user_id, name="Nina", now=shop.clock.now)


async def test_open_invitations_are_those_of_the_shop_that_nobody_used_and_that_have_not_ended(shop: Shop) -> None:
    await shop.hire(OTTO)
    next_door = await open_next_door(shop)
    await invite(shop.database, next_door.business.id, Role.OWNER, now=shop.clock.now)
    await give(shop)
    shop.clock.wait(hours=20)
    used, kept = await give(shop, Role.MANAGER), await give(shop, Role.OWNER)
    await take(shop, used)
    shop.clock.wait(hours=4)
    assert await listed(shop) == [
        OpenInvite(
            digest=token_digest(kept.removeprefix("i_")).hex(),
            role=Role.OWNER,
            by=OTTO.name or "",
            expires_at=shop.clock.now + timedelta(hours=20),
        )
    ]


@pytest.mark.parametrize("by", [ANA, MIRA, OTTO])
async def test_who_may_give_an_invitation_may_withdraw_it(shop: Shop, by: Actor) -> None:
    await shop.hire(ANA, MIRA, OTTO)
    for role in Role:
        await give(shop, role)
    may = {OTTO: set(Role), MIRA: {Role.STAFF}, ANA: set()}[by]
    for one in await listed(shop):
        if one.role in may:
            await withdraw(shop, one.digest, by.id)
        else:
            with pytest.raises(RoleRequired):
                await withdraw(shop, one.digest, by.id)
    assert {one.role for one in await listed(shop)} == set(Role) - may


async def test_a_withdrawn_invitation_lets_nobody_in_and_withdrawing_it_again_changes_nothing(shop: Shop) -> None:
    await shop.hire(OTTO)
    payload = await give(shop)
    [one] = await listed(shop)
    for _ in range(2):
        await withdraw(shop, one.digest, OTTO.id)
    with pytest.raises(InviteInvalid):
        await take(shop, payload)
    assert await listed(shop) == []


async def test_one_that_was_used_is_foreign_or_is_none_is_not_withdrawn(shop: Shop) -> None:
    await shop.hire(OTTO)
    payload, next_door = await give(shop), await open_next_door(shop)
    [one] = await listed(shop)
    with pytest.raises(InviteInvalid):
        await withdraw(next_door, one.digest)
    with pytest.raises(NotOnStaff):
        await withdraw(shop, one.digest, 999)
    await take(shop, payload)
    for digest in (one.digest, "", "zz", "00" * 32):
        with pytest.raises(InviteInvalid):
            await withdraw(shop, digest)
    assert (await take(shop, payload)).position.name == "Nina", "who is in stays in"


async def test_of_using_and_withdrawing_at_once_one_wins_and_the_other_is_told(shop: Shop) -> None:
    await shop.hire(OTTO)
    payload = await give(shop)
    [one] = await listed(shop)
    results = await asyncio.gather(take(shop, payload), withdraw(shop, one.digest, OTTO.id), return_exceptions=True)
    assert [isinstance(result, InviteInvalid) for result in results].count(True) == 1
    assert len(await shop.rows(tables.staff)) == (2 if isinstance(results[0], Accepted) else 1)


async def test_a_form_gives_one_invitation_the_same_again_and_none_once_that_has_ended(shop: Shop) -> None:
    await shop.hire(OTTO)
    offer = Offer(business_id=shop.business.id, role=Role.STAFF, now=shop.clock.now, by=OTTO.id)
    request = KeyedRequest(business_id=shop.business.id, key="page 1 abc", fingerprint=b"1" * 32)
    first, again = [await invite_keyed(shop.database, request, offer, vault=VAULT) for _ in range(2)]
    [one] = await listed(shop)
    [kept] = await shop.rows(tables.idempotency)
    assert (first, token_digest(first.removeprefix("i_")).hex()) == (again, one.digest)
    assert first.encode() not in kept.answer
    other = KeyedRequest(business_id=shop.business.id, key="page 1 abc", fingerprint=b"2" * 32)
    with pytest.raises(IdempotencyKeyReused):
        await invite_keyed(shop.database, other, offer, vault=VAULT)
    await withdraw(shop, one.digest)
    shop.clock.wait(days=2)
    await give(shop)  # which clears away what has ended
    with pytest.raises(InviteInvalid):
        await invite_keyed(shop.database, request, replace(offer, now=shop.clock.now), vault=VAULT)
