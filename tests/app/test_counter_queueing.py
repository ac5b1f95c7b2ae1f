"""The line: a request that was let in is served, and nobody waits in vain."""

import asyncio

import pytest

from loyalty_app.counter import Answer, Counter
from loyalty_app.counter.orders import GiveStamp
from loyalty_core.errors import Busy
from loyalty_core.outcomes import Stamped
from loyalty_core.stamping import StampOrder
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
    async with asyncio.timeout(20):
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


def together(shop: Shop, count: int, customer_id: int) -> asyncio.Task[list[Answer[Stamped] | Exception]]:
    """So many stamps of one card, come together."""
    stamps = [(shop.caller(key=f"together {number}"), GiveStamp(customer_id, StampOrder())) for number in range(count)]
    return asyncio.create_task(shop.counter.give_stamps(stamps))


async def test_who_comes_alone_need_not_wait_for_all_who_came_together(shop: Shop) -> None:
    lena, omar = await shop.join("Lena"), await shop.join("Omar")
    many = together(shop, 500, lena.id)
    await asyncio.sleep(0)
    assert (await shop.stamp(omar.id)).total_stamps == 1
    assert not many.done(), "told while most of them wait"
    told = [answer.outcome.total_stamps for answer in await many if isinstance(answer, Answer)]
    assert told == list(range(1, 501))
    await assert_books_balance(shop)


async def test_who_came_together_and_goes_away_is_stamped_all_the_same_and_once(shop: Shop) -> None:
    lena = await shop.join()
    gone = together(shop, 200, lena.id)
    await asyncio.sleep(0)
    gone.cancel()
    again = [answer for answer in await together(shop, 200, lena.id) if isinstance(answer, Answer)]
    assert gone.cancelled()
    assert [answer.outcome.total_stamps for answer in again] == list(range(1, 201))
    assert (await shop.customer(lena.id)).card.total_stamps == 200


async def test_a_closed_counter_refuses_each_who_came_together(shop: Shop) -> None:
    lena = await shop.join()
    await shop.counter.close()
    assert [type(told) for told in await together(shop, 2, lena.id)] == [Busy, Busy]
