"""Customers who changed since a moment: whatever has changed them, and however that is found out, all and no others."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from loyalty_app.customers.changed_since import MOST_TRACES, ChangedSince
from loyalty_app.customers.lists import Search, list_customers
from loyalty_app.pagination import PageRequest
from loyalty_app.upkeep.expiry import book_expired
from loyalty_app.upkeep.retention import prune
from testkit.shop import Shop, open_next_door

WAYS = pytest.mark.parametrize("most_traces", [0, MOST_TRACES], ids=["by customer", "by trace"])


async def found(shop: Shop, since: datetime, most_traces: int) -> list[int]:
    """The ids of those who changed, in the order of the list."""
    search = Search(changed=ChangedSince(since, shop.clock.now, most_traces))
    page = await shop.database.read(lambda c: list_customers(c, shop.business, search, wanted=PageRequest()))
    assert page.pagination.total == len(page.data)
    return [customer.id for customer in page.data]


async def a_busy_month(shop: Shop, minutes: int) -> None:
    """All that can happen to a customer happens to somebody, one thing after the other."""
    for number in range(8):
        await shop.join(phone=f"+141555501{number:02}", opening_stamps=3 if number == 0 else 0)
        shop.clock.wait(minutes=minutes)
    ids = [customer.id for customer in await shop.customers()]
    stamped = await shop.stamp(ids[1], 10)
    events: list[Callable[[], Awaitable[object]]] = [
        lambda: shop.stamp(ids[2]),
        lambda: shop.redeem(ids[1]),
        lambda: shop.void(stamped.transaction_id + 2),
        lambda: shop.update(ids[3], name="Mira"),
        lambda: shop.update(ids[3], phone=None),
        lambda: shop.erase(ids[4]),
        lambda: shop.change(name="Tea & Co"),
        lambda: book_expired(shop.database, shop.counter, shop.clock.now + timedelta(days=400)),
    ]
    for happen in events:
        shop.clock.wait(minutes=minutes)
        await happen()


@WAYS
@pytest.mark.parametrize("minutes", [1, 3_000])
async def test_exactly_those_who_changed_since_a_moment_are_listed(shop: Shop, minutes: int, most_traces: int) -> None:
    neighbour = await open_next_door(shop, reward_valid_days=30)
    await a_busy_month(neighbour, minutes)
    there = [customer for customer in await neighbour.customers() if customer.erased_at is None]
    for moment in {customer.updated_at + timedelta(seconds=step) for customer in there for step in (-1, 0, 1)}:
        changed = [customer.id for customer in there if customer.updated_at >= moment]
        assert await found(neighbour, moment, most_traces) == changed
    assert await found(shop, there[0].created_at, most_traces) == []


@WAYS
async def test_events_that_are_not_kept_any_more_do_not_hide_a_change(shop: Shop, most_traces: int) -> None:
    lena, began = await shop.join(), shop.clock.now
    shop.clock.wait(days=31)
    await prune(shop.database, shop.clock.now)
    assert await found(shop, began, most_traces) == [lena.id]
