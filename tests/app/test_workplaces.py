"""Workplaces: who may do what in which shop, as the chat asks it. On both databases."""

import pytest

from loyalty_app.shops.invites import accept, invite
from loyalty_app.shops.staff import Position, list_staff, remove_staff
from loyalty_app.shops.workplaces import list_positions, require_position, require_workplace
from loyalty_core.access import Role
from loyalty_core.errors import NotOnStaff, RoleRequired
from loyalty_core.fields import BotId, UserId
from testkit.shop import Shop, open_next_door
from tests.app.test_links import add_bot

NINA = UserId(4_711)
SHARED, OWN, NEXT_DOORS = BotId(1), BotId(2), BotId(3)


async def come(shop: Shop, role: Role) -> None:
    now = shop.clock.now
    token = await invite(shop.database, shop.business.id, role, now=now)
    await accept(shop.database, token.removeprefix("i_"), user_id=NINA, name="Nina", now=now)


async def go(shop: Shop) -> None:
    [nina] = [member for member in await list_staff(shop.database, shop.business.id) if member.user_id == NINA]
    await remove_staff(shop.database, shop.business.id, nina.staff_id, now=shop.clock.now)


async def position(shop: Shop, role: Role, *, bot_id: BotId = SHARED, user_id: UserId = NINA) -> Position:
    return await shop.database.read(
        lambda c: require_position(c, shop.business.id, user_id=user_id, bot_id=bot_id, role=role)
    )


async def shops_seen(shop: Shop, bot_id: BotId) -> list[int]:
    positions = await shop.database.read(lambda c: list_positions(c, user_id=NINA, bot_id=bot_id))
    return [each.business.id for each in positions]


@pytest.mark.parametrize("role", Role)
async def test_a_role_opens_what_it_and_the_earlier_ones_may_and_no_more(shop: Shop, role: Role) -> None:
    await come(shop, role)
    for needed in Role:
        if list(Role).index(needed) <= list(Role).index(role):
            assert (await position(shop, needed)).role is role
        else:
            with pytest.raises(RoleRequired):
                await position(shop, needed)


async def test_who_is_removed_is_out_at_the_next_question_and_who_comes_back_has_the_new_role(shop: Shop) -> None:
    await come(shop, Role.MANAGER)
    await go(shop)
    for needed in Role:
        with pytest.raises(NotOnStaff):
            await position(shop, needed)
    with pytest.raises(NotOnStaff):
        await shop.database.read(lambda c: require_workplace(c, shop.business.id, user_id=NINA, bot_id=SHARED))
    assert await shop.database.read(lambda c: list_positions(c, user_id=NINA, bot_id=SHARED)) == []
    await come(shop, Role.STAFF)
    assert (await position(shop, Role.STAFF)).role is Role.STAFF
    with pytest.raises(RoleRequired):
        await position(shop, Role.MANAGER)


async def test_a_stranger_is_told_the_same_as_somebody_of_another_shop(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await come(next_door, Role.OWNER)
    for user_id in (NINA, UserId(NINA + 1)):
        with pytest.raises(NotOnStaff):
            await position(shop, Role.STAFF, user_id=user_id)


async def test_a_shops_own_bot_opens_that_shop_only(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await add_bot(shop.database, SHARED, "all_bot")
    await add_bot(shop.database, OWN, "own_bot", business_id=shop.business.id)
    await add_bot(shop.database, NEXT_DOORS, "next_bot", business_id=next_door.business.id)
    await come(shop, Role.OWNER)
    await come(next_door, Role.OWNER)
    seen = {bot_id: await shops_seen(shop, bot_id) for bot_id in (SHARED, OWN, NEXT_DOORS)}
    ours, theirs = shop.business.id, next_door.business.id
    assert seen == {SHARED: [ours, theirs], OWN: [ours], NEXT_DOORS: [theirs]}
    assert (await position(shop, Role.OWNER, bot_id=OWN)).business == shop.business
    with pytest.raises(NotOnStaff):
        await position(shop, Role.STAFF, bot_id=NEXT_DOORS)
