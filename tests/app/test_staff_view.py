"""Visits: what the staff see of a customer at the counter, and how a card is found. On both databases."""

import pytest

from loyalty_app.customers.staff_view import StaffView, look_at, with_codes, with_phone
from loyalty_core.errors import CustomerNotFound, InvalidRequest
from loyalty_core.fields import CustomerId
from loyalty_core.ledger import Actor
from testkit.builders import ANA, BEN, MIRA
from testkit.shop import Shop, open_next_door


async def seen(shop: Shop, customer_id: int, *, by: Actor = ANA) -> StaffView:
    return await shop.database.read(
        lambda connection: look_at(connection, shop.business, CustomerId(customer_id), by=by, now=shop.clock.now)
    )


async def undoable(shop: Shop, customer_id: int, *, by: Actor) -> int | None:
    entry = (await seen(shop, customer_id, by=by)).undoable
    return entry.id if entry else None


async def test_a_visit_tells_stamps_and_rewards_and_when_somebody_was_here(shop: Shop) -> None:
    lena = await shop.join("Lena", opening_stamps=10)
    await shop.stamp(lena.id, 3)
    visit = await seen(shop, lena.id)
    assert (visit.name, visit.stamps, visit.goal, visit.last_at) == ("Lena", 3, 10, shop.clock.now)
    assert [reward.description for reward in visit.rewards] == ["A coffee"]


async def test_a_reward_whose_time_is_over_does_not_wait(shop: Shop) -> None:
    await shop.change(reward_valid_days=1)
    lena = await shop.join(opening_stamps=10)
    shop.clock.wait(days=3)
    assert (await seen(shop, lena.id)).rewards == ()


async def test_staff_may_undo_their_own_newest_entry_for_ten_minutes_and_a_manager_any(shop: Shop) -> None:
    await shop.hire(ANA, BEN, MIRA)
    lena = await shop.join()
    assert await undoable(shop, lena.id, by=ANA) is None
    first = (await shop.stamp(lena.id, by=ANA)).transaction_id
    second = (await shop.stamp(lena.id, by=BEN)).transaction_id
    assert await undoable(shop, lena.id, by=ANA) == first
    assert await undoable(shop, lena.id, by=BEN) == second
    shop.clock.wait(minutes=11)
    assert await undoable(shop, lena.id, by=ANA) is None
    assert await undoable(shop, lena.id, by=MIRA) == second


async def test_what_was_undone_is_not_offered_again(shop: Shop) -> None:
    await shop.hire(ANA)
    lena = await shop.join()
    await shop.void((await shop.stamp(lena.id, by=ANA)).transaction_id)
    assert await undoable(shop, lena.id, by=ANA) is None


async def test_nobody_sees_the_customer_of_another_shop(shop: Shop) -> None:
    door = await open_next_door(shop)
    theirs = await door.join("Tom", phone="+14155550123")
    with pytest.raises(CustomerNotFound):
        await seen(shop, theirs.id)
    read = shop.database.read
    assert await read(lambda connection: with_codes(connection, [shop.business.id], [theirs.qr_code])) == []
    assert await read(lambda connection: with_phone(connection, shop.business, "+14155550123")) is None


async def test_cards_are_found_in_the_order_of_their_codes_and_erased_ones_are_not(shop: Shop) -> None:
    lena, tom, mia = [await shop.join(name) for name in ("Lena", "Tom", "Mia")]
    await shop.erase(tom.id)
    codes = [mia.qr_code, tom.qr_code, "CUS0000000000", lena.qr_code]
    found = await shop.database.read(lambda connection: with_codes(connection, [shop.business.id], codes))
    assert [customer.name for customer in found] == ["Mia", "Lena"]


async def test_a_phone_number_is_read_as_it_is_written_in_the_country(shop: Shop) -> None:
    lena = await shop.join(phone="+14155550123")
    read = shop.database.read
    found = await read(lambda connection: with_phone(connection, shop.business, "(415) 555-0123"))
    assert found is not None
    assert found.id == lena.id
    with pytest.raises(InvalidRequest):
        await read(lambda connection: with_phone(connection, shop.business, "12"))
