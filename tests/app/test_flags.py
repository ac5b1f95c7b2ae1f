"""Flags over the database: what a look finds and keeps, once, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta

from loyalty_app.customers.flags import FlagView, list_flags, look
from loyalty_app.db import tables
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.flag_rules import change_flag_rules, read_flag_rules
from loyalty_core.access import Role
from loyalty_core.flags import FlagKind, FlagRules, FlagRulesChange
from loyalty_core.ledger import Actor, ActorType
from testkit.shop import Shop, open_next_door

ANA = Actor(ActorType.STAFF, 1, "Ana", Role.STAFF)


async def looked(shop: Shop) -> list[FlagView]:
    """What is flagged after a look, the oldest entry first."""
    await look(shop.database, shop.business, now=shop.clock.now)
    wanted = PageRequest(limit=100)
    page = await shop.database.read(lambda connection: list_flags(connection, shop.business, wanted=wanted))
    return list(reversed(page.data))


async def a_past(shop: Shop, *, days: int = 12, by: Actor | None = None) -> None:
    """Five visits at noon on each of some days; the clock ends at noon of the day after."""
    for _ in range(days):
        for name in ("Lena", "Omar", "Tom", "Eva", "Ida"):
            guest = await shop.join(name)
            await (shop.stamp(guest.id, by=by) if by else shop.stamp(guest.id))
        shop.clock.wait(days=1)


async def test_a_card_with_many_visits_is_flagged_once_however_often_somebody_looks(shop: Shop) -> None:
    lena = await shop.join()
    for _ in range(4):
        await shop.stamp(lena.id)
    assert await looked(shop) == []
    fifth = await shop.stamp(lena.id)
    [flag] = await looked(shop)
    assert (flag.kind, flag.transaction_id, flag.customer_id, flag.number) == (
        FlagKind.MANY_VISITS,
        fifth.transaction_id,
        lena.id,
        5,
    )
    assert (flag.actor.type, flag.undone, flag.day) == (ActorType.API_KEY, False, shop.clock.now.date())
    await shop.stamp(lena.id)
    assert await looked(shop) == [flag]
    await shop.void(fifth.transaction_id)
    [after] = await looked(shop)
    assert after.undone


async def test_several_who_look_at_once_flag_once(shop: Shop, twin: Shop) -> None:
    lena = await shop.join()
    for _ in range(5):
        await shop.stamp(lena.id)
    await asyncio.gather(*(look(one.database, shop.business, now=shop.clock.now) for one in (shop, twin) * 4))
    assert len(await shop.rows(tables.flag)) == 1


async def test_who_stamps_their_own_card_in_the_chat_is_flagged(shop: Shop) -> None:
    lena, omar = await shop.join(), await shop.join("Omar")
    await shop.hire(ANA, user_id=77)
    card = {
        "business_id": shop.business.id,
        "bot_id": 1,
        "user_id": 77,
        "customer_id": lena.id,
        "shown_version": 0,
        "shown_stamps": 0,
        "shown_rewards": 0,
        "muted": False,
        "created_at": shop.clock.now,
    }
    await shop.database.write(lambda connection: shop.database.insert(connection, tables.telegram_card, [card]))
    own, other = await shop.stamp(lena.id, by=ANA), await shop.stamp(omar.id, by=ANA)
    assert own.transaction_id != other.transaction_id
    assert [(flag.kind, flag.transaction_id, flag.actor.name) for flag in await looked(shop)] == [
        (FlagKind.OWN_CARD, own.transaction_id, "Ana")
    ]


async def test_hours_and_tills_are_learned_from_the_weeks_before(shop: Shop) -> None:
    await shop.hire(ANA)
    await a_past(shop)
    shop.clock.wait(hours=11)
    lena = await shop.join()
    late, by_hand = await shop.stamp(lena.id), await shop.stamp(lena.id, by=ANA)
    kinds = {(flag.kind, flag.transaction_id) for flag in await looked(shop)}
    assert kinds == {
        (FlagKind.UNUSUAL_HOUR, late.transaction_id),
        (FlagKind.UNUSUAL_HOUR, by_hand.transaction_id),
        (FlagKind.BY_HAND, by_hand.transaction_id),
    }


async def test_with_too_little_past_nothing_is_learned(shop: Shop) -> None:
    await shop.hire(ANA)
    await a_past(shop, days=9)
    shop.clock.wait(hours=11)
    await shop.stamp((await shop.join()).id, by=ANA)
    assert await looked(shop) == []


async def test_a_day_is_one_of_the_shop_and_hours_are_its_own(shop: Shop) -> None:
    """Five stamps from half past eleven at night on in Kolkata are on two days there, and on one in UTC."""
    bakery = await open_next_door(shop, timezone="Asia/Kolkata")
    lena = await bakery.join()
    bakery.clock.now = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
    for _ in range(5):
        await bakery.stamp(lena.id)
        bakery.clock.wait(minutes=15)
    assert await looked(bakery) == []


async def test_yesterday_is_looked_at_too(shop: Shop) -> None:
    lena = await shop.join()
    for _ in range(5):
        await shop.stamp(lena.id)
    shop.clock.wait(days=1)
    assert len(await looked(shop)) == 1


async def test_rules_of_a_shop_are_its_own_and_kept(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    change = FlagRulesChange(most_visits=1, off=(FlagKind.MANY_UNDOS,))
    await change_flag_rules(shop.database, shop.business.id, change)
    read = shop.database.read
    assert await read(lambda c: read_flag_rules(c, shop.business.id)) == FlagRules(
        most_visits=1, off=(FlagKind.MANY_UNDOS,)
    )
    assert await read(lambda c: read_flag_rules(c, next_door.business.id)) == FlagRules()
    for one in (shop, next_door):
        lena = await one.join()
        for _ in range(2):
            await one.stamp(lena.id)
    assert (len(await looked(shop)), len(await looked(next_door))) == (1, 0)


async def test_a_late_stamp_counts_on_the_day_on_which_it_was_given(shop: Shop) -> None:
    lena = await shop.join()
    for hours in range(5):
        await shop.stamp(lena.id, occurred_at=shop.clock.now - timedelta(hours=12 - hours / 10))
    [flag] = await looked(shop)
    assert flag.day == (shop.clock.now - timedelta(hours=12)).date()
