"""The line: a request that was let in is served, and nobody waits in vain."""

import asyncio

import pytest

from loyalty_app.counter import Counter
from loyalty_core.errors import Busy
from testkit.audit import assert_books_balance
from testkit.shop import Shop


async def in_line(*wishes: asyncio.Task[object]) -> None:
    """Let the wishes get in line; nothing is answered before the next pause."""
    await asyncio.sleep(0)
    assert not any(wish.done() for wish in wishes)


async def test_when_too_many_wait_the_next_is_told_at_once_and_the_others_are_served(shop: Shop) -> None:
    lena = await shop.join()
    small = Shop(shop.database, shop.business, shop.clock, Counter(shop.database, clock=shop.clock, most_waiting=3))
    waiting = [asyncio.create_task(small.stamp(lena.id)) for _ in range(3)]
    await in_line(*waiting)
    with pytest.raises(Busy):
        await small.stamp(lena.id)
    assert not any(task.done() for task in waiting), "told before anybody was served"
    assert [stamped.total_stamps for stamped in await asyncio.gather(*waiting)] == [1, 2, 3]
    assert (await small.stamp(lena.id)).total_stamps == 4
    await small.counter.close()
    await assert_books_balance(shop)


async def test_closing_serves_those_who_wait_and_lets_nobody_in(shop: Shop) -> None:
    lena = await shop.join()
    counter = Counter(shop.database, clock=shop.clock)
    closing = Shop(shop.database, shop.business, shop.clock, counter)
    waiting = [asyncio.create_task(closing.stamp(lena.id)) for _ in range(300)]
    await in_line(*waiting)
    closed = asyncio.create_task(counter.close())
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await closing.stamp(lena.id)
    await closed
    assert all(task.done() for task in waiting)
    assert (await shop.customer(lena.id)).card.total_stamps == 300
    await counter.close()


async def test_an_idle_counter_closes_at_once(shop: Shop) -> None:
    async with asyncio.timeout(5):
        await shop.counter.close()
    with pytest.raises(Busy):
        await shop.join()


async def test_whoever_goes_away_disturbs_nobody_and_is_stamped_all_the_same(shop: Shop) -> None:
    lena = await shop.join()
    gone, *others = [asyncio.create_task(shop.stamp(lena.id, key=f"k{number}")) for number in range(4)]
    await in_line(gone, *others)
    gone.cancel()
    assert [stamped.total_stamps for stamped in await asyncio.gather(*others)] == [2, 3, 4]
    assert gone.cancelled()
    assert (await shop.stamp(lena.id, key="k0")).total_stamps == 1, "who comes back learns what came of it"
    await assert_books_balance(shop)


async def test_whoever_goes_away_after_being_taken_is_stamped_too(shop: Shop) -> None:
    lena = await shop.join()
    gone = asyncio.create_task(shop.stamp(lena.id))
    await in_line(gone)
    await asyncio.sleep(0)
    gone.cancel()
    assert (await shop.stamp(lena.id)).total_stamps == 2


async def test_requests_are_served_in_the_order_in_which_they_came(shop: Shop) -> None:
    lena = await shop.join()
    stamped = await asyncio.gather(*(shop.stamp(lena.id) for _ in range(300)))
    assert [answer.total_stamps for answer in stamped] == list(range(1, 301))
