"""Cards in chats: one person, one card; and each change makes it due to be shown again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Row

from loyalty_app.counter.orders import Holder, Join, Request
from loyalty_app.db import tables
from loyalty_app.upkeep.expiry import book_expired
from loyalty_core.customers import Profile
from loyalty_core.errors import CustomerExists
from loyalty_core.views import CustomerView
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_next_door

SHARED, OWN = 1, 2
LENA, PAUL = Holder(SHARED, 501), Holder(SHARED, 502)
SOON = timedelta(seconds=15)
BEFORE_CHATS = "0c61103410b4e6cc6c029f62b3153fc815ee28fc3eca6048469092219c25ef69"


async def join(shop: Shop, holder: Holder = LENA, *, opening_stamps: int = 0, **profile: object) -> CustomerView:
    about = replace(Profile(name="Lena"), **profile)
    answer = await shop.counter.join(shop.caller(), about, opening_stamps=opening_stamps, holder=holder)
    return answer.outcome


async def held(shop: Shop) -> list[Row[Any]]:
    return await shop.rows(tables.telegram_card)


async def show(shop: Shop) -> None:
    """All cards are shown as they are."""
    change = tables.telegram_card.update().values(due_at=None)
    await shop.database.write(lambda connection: connection.execute(change).close())


async def test_who_joins_in_a_chat_holds_the_card_there_and_has_a_moment_to_be_shown_it(shop: Shop) -> None:
    lena = await join(shop, opening_stamps=3)
    [row] = await held(shop)
    assert (row.bot_id, row.user_id, row.customer_id) == (SHARED, 501, lena.id)
    assert (row.due_at, row.message_id, row.muted) == (shop.clock.now + SOON, None, False)
    assert (row.shown_version, row.shown_stamps, row.shown_rewards) == (0, 3, 0)


async def test_a_refused_join_leaves_no_card_in_the_chat(shop: Shop) -> None:
    await shop.join(phone="+14155552671")
    with pytest.raises(CustomerExists):
        await join(shop, phone="+14155552671")
    assert await held(shop) == []


async def test_who_holds_a_card_is_shown_that_one_whoever_they_say_they_are(shop: Shop) -> None:
    lena = await join(shop)
    await show(shop)
    assert await join(shop, name="Somebody else", opening_stamps=5) == lena
    assert [row.due_at for row in await held(shop)] == [None]
    assert len(await shop.customers()) == 1


async def test_through_another_bot_it_is_the_same_card_in_another_chat(shop: Shop) -> None:
    lena = await join(shop)
    await shop.stamp(lena.id, 10)
    stamped = await shop.stamp(lena.id, 2)
    assert await join(shop, replace(LENA, bot_id=OWN)) == stamped.customer
    first, second = await held(shop)
    assert (first.customer_id, second.customer_id) == (lena.id, lena.id)
    assert (second.bot_id, second.shown_stamps, second.shown_rewards) == (OWN, 2, 1)


async def test_cards_of_two_people_and_of_two_shops_are_different_cards(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    cards = {(await join(place, who)).id for place in (shop, next_door) for who in (LENA, PAUL)}
    assert len(cards) == 4


async def test_two_joins_at_once_make_one_card(shop: Shop) -> None:
    both = await asyncio.gather(join(shop), join(shop), join(shop, replace(LENA, bot_id=OWN)))
    assert len({card.id for card in both}) == 1
    assert len(await shop.customers()) == 1
    await assert_books_balance(shop)


async def test_two_joins_at_once_in_two_processes_make_one_card(shop: Shop, twin: Shop) -> None:
    for user in range(10):
        who, there = Holder(SHARED, user), Holder(OWN, user)
        both = await asyncio.gather(join(shop, who), join(twin, who), join(shop, there), join(twin, there))
        assert len({card.id for card in both}) == 1
    assert len(await shop.customers()) == 10
    await assert_books_balance(shop)


async def test_after_erasing_the_next_join_makes_a_new_card_in_the_same_place(shop: Shop) -> None:
    lena = await join(shop)
    await shop.erase(lena.id)
    shop.clock.wait(seconds=1)
    anew = await join(shop)
    assert anew.id != lena.id
    [row] = await held(shop)
    assert (row.customer_id, row.message_id, row.due_at) == (anew.id, None, shop.clock.now + SOON)


async def test_joining_erasing_and_joining_again_in_one_breath_is_the_same(shop: Shop) -> None:
    lena = await join(shop)
    _, anew = await asyncio.gather(shop.erase(lena.id), join(shop))
    assert [row.customer_id for row in await held(shop)] == [anew.id]


async def test_whatever_changes_a_card_makes_it_due_at_once(shop: Shop) -> None:
    shop = await open_next_door(shop, reward_valid_days=1)
    lena, paul = await join(shop), await join(shop, PAUL)
    given: list[Any] = []
    deeds = (
        lambda: shop.stamp(lena.id, 10),
        lambda: shop.redeem(lena.id),
        lambda: shop.update(lena.id, name="Lena B."),
        lambda: shop.stamp(lena.qr_code, 10),
        lambda: shop.void(given[-1].transaction_id),
        lambda: shop.stamp(lena.id, 10),
        lambda: expire(shop),
        lambda: shop.erase(lena.id),
    )
    for deed in deeds:
        await show(shop)
        shop.clock.wait(minutes=1)
        given.append(await deed())
        due = {row.customer_id: row.due_at for row in await held(shop)}
        assert due == {lena.id: shop.clock.now, paul.id: None}


async def expire(shop: Shop) -> None:
    shop.clock.wait(days=2)
    assert await book_expired(shop.database, shop.counter, shop.clock.now) == 1


async def test_a_refusal_and_a_change_that_changes_nothing_leave_the_card_as_it_is_shown(shop: Shop) -> None:
    lena = await join(shop, phone="+14155552671")
    await show(shop)
    with pytest.raises(CustomerExists):
        await join(shop, PAUL, phone="+14155552671")
    await shop.update(lena.id, name="Lena")
    assert [row.due_at for row in await held(shop)] == [None]


async def test_who_shows_cards_is_called_when_one_is_due_and_only_then(shop: Shop) -> None:
    calls: list[int] = []
    shop.counter.wakeups.cards.listen(lambda: calls.append(1))
    without = await shop.join()
    await shop.stamp(without.id)
    assert calls == []
    lena = await join(shop)
    await shop.stamp(lena.id)
    assert len(calls) == 2


def test_orders_that_were_kept_before_there_were_chats_keep_their_fingerprint(shop: Shop) -> None:
    order = Join(Profile(name="Lena", phone="+14155552671"), 3)
    assert Request(shop.caller(), order).fingerprint().hex() == BEFORE_CHATS
    in_a_chat = replace(order, holder=LENA)
    assert Request(shop.caller(), in_a_chat).fingerprint().hex() != BEFORE_CHATS
