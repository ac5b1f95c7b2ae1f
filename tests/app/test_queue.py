"""The queue: who is served with whom. Nothing here asks a database."""

import asyncio
from collections.abc import Iterable
from time import perf_counter

import pytest

from loyalty_app.counter.orders import Caller, GiveStamp, Request, Void
from loyalty_app.counter.portions import AIM_SECONDS, BUNDLED_ALONE, LARGEST, SMALLEST, USUAL
from loyalty_app.counter.queue import (
    HINDERED_SECONDS,
    MOST_BUNDLED,
    MOST_IN_A_BATCH,
    QUIET_SECONDS,
    YOUNG_SECONDS,
    WaitingRequests,
)
from loyalty_app.counter.waiting import Waiting
from loyalty_core.errors import Busy
from loyalty_core.fields import TransactionId
from loyalty_core.stamping import StampOrder
from testkit.shop import Shop

LENA, BEN, CARA = 1, 2, 3


@pytest.fixture
def till(shop: Shop) -> Caller:
    return shop.caller()


def stamp(till: Caller, customer: int) -> Request:
    return Request(till, GiveStamp(customer, StampOrder()))


def served(batch: Iterable[Waiting]) -> list[object]:
    return [waiting.request.order.customer for waiting in batch if isinstance(waiting.request.order, GiveStamp)]


async def test_who_comes_while_a_transaction_begins_is_served_in_it(till: Caller) -> None:
    queue = WaitingRequests()
    queue.add(stamp(till, LENA))
    assert queue.begin(2)
    queue.add(stamp(till, BEN))
    assert served(queue.take()) == [LENA, BEN]
    assert len(queue) == 0


async def test_no_second_batch_begins_before_the_first_has_taken_anybody(till: Caller) -> None:
    queue = WaitingRequests()
    queue.add(stamp(till, LENA))
    queue.add(stamp(till, BEN))
    assert queue.begin(2)
    assert not queue.begin(2)
    queue.take()
    queue.add(stamp(till, CARA))
    assert queue.begin(2)


async def test_no_more_batches_are_under_way_than_are_allowed(till: Caller) -> None:
    queue = WaitingRequests()
    queue.add(stamp(till, LENA))
    assert queue.begin(1)
    batch = queue.take()
    queue.add(stamp(till, BEN))
    assert not queue.begin(1)
    queue.end(batch)
    assert queue.begin(1)


async def test_beside_a_larger_batch_a_small_one_waits_for_more_but_only_a_moment(till: Caller) -> None:
    seconds = [0.0]
    line = WaitingRequests(seconds=lambda: seconds[0])
    for customer in range(6):
        line.add(stamp(till, customer))
    assert line.begin(2)
    assert len(line.take()) == 6
    line.add(stamp(till, 11))
    line.add(stamp(till, 12))
    assert not line.begin(2), "two are few beside six"
    async with asyncio.timeout(20):
        await line.change()  # it is looked at again without anybody coming
    seconds[0] += YOUNG_SECONDS
    assert line.begin(2), "the first takes long"
    second = line.take()
    line.end(second)
    line.add(stamp(till, 21))
    line.add(stamp(till, 22))
    seconds[0] = 0.0
    assert not line.begin(2)
    line.add(stamp(till, 23))
    assert line.begin(2), "three are half as many as six"


async def test_who_comes_alone_waits_for_nobody_beside_those_who_came_together(till: Caller) -> None:
    line = WaitingRequests(seconds=lambda: 0.0)
    line.add_bundle([stamp(till, number) for number in range(50)])
    line.add(stamp(till, 100))
    assert line.begin(2)
    assert len(line.take()) == 51
    line.add(stamp(till, 101))
    assert line.begin(2)


async def test_a_card_is_in_one_batch_only_and_nobody_overtakes_those_who_wait_for_it(till: Caller) -> None:
    queue = WaitingRequests()
    queue.add(stamp(till, LENA))
    assert queue.begin(2)
    first = queue.take()
    queue.add(stamp(till, LENA))
    assert not queue.begin(2), "her card is under way"
    queue.end(first)
    for customer in (BEN, LENA):
        queue.add(stamp(till, customer))
    assert queue.begin(2)
    assert served(queue.take()) == [LENA, BEN, LENA]


async def test_who_comes_for_a_card_that_is_under_way_is_stepped_over_and_keeps_their_place(till: Caller) -> None:
    queue = WaitingRequests()
    queue.add(stamp(till, LENA))
    assert queue.begin(2)
    first = queue.take()
    for customer in (BEN, LENA, LENA, CARA):
        queue.add(stamp(till, customer))
    assert queue.begin(2)
    assert served(queue.take()) == [BEN, CARA]
    queue.end(first)
    queue.add(stamp(till, LENA))
    assert queue.begin(2)
    assert served(queue.take()) == [LENA, LENA, LENA]


async def test_who_comes_alone_goes_before_those_who_came_together_and_few_of_these_go_along(till: Caller) -> None:
    queue = WaitingRequests(seconds=lambda: 0.0)
    together = [stamp(till, customer) for customer in range(10, 10 + 2 * USUAL)]
    queue.add_bundle(together)
    queue.add(stamp(till, LENA))
    assert queue.begin(2)
    first = queue.take()
    assert served(first) == [LENA, *range(10, 10 + USUAL)]
    queue.end(first)
    assert queue.begin(2)
    assert served(queue.take()) == [*range(10 + USUAL, 10 + 2 * USUAL)]


async def test_while_somebody_comes_alone_one_of_two_batches_is_free_of_those_who_came_together(till: Caller) -> None:
    queue = WaitingRequests()
    queue.add(stamp(till, LENA))
    queue.add_bundle([stamp(till, customer) for customer in range(10, 11 + USUAL)])
    assert queue.begin(2)
    first = queue.take()
    assert not queue.begin(2), "the other batch is kept for single requests"
    queue.add(stamp(till, BEN))
    assert queue.begin(2)
    second = queue.take()
    assert served(second) == [BEN]
    queue.end(first)
    assert queue.begin(2)
    assert served(queue.take()) == [10 + USUAL]


async def test_however_many_come_alone_those_who_came_together_get_their_share(till: Caller) -> None:
    queue = WaitingRequests()
    queue.add_bundle([stamp(till, LENA)] * 2)
    for _ in range(MOST_IN_A_BATCH + 1):
        queue.add(stamp(till, BEN))
    assert queue.begin(1)
    assert served(queue.take()) == [*[BEN] * MOST_IN_A_BATCH, LENA, LENA]


async def test_while_nobody_comes_alone_more_of_those_who_came_together_are_served_at_once(till: Caller) -> None:
    later = 0.0
    queue = WaitingRequests(seconds=lambda: perf_counter() + later)
    queue.add_bundle([stamp(till, LENA)] * (2 * BUNDLED_ALONE + USUAL))
    assert queue.begin(1)
    first = queue.take()
    assert len(first) == BUNDLED_ALONE
    queue.end(first)
    queue.add(stamp(till, BEN))
    assert queue.begin(1)
    second = queue.take()
    assert len(second) == 1 + USUAL
    queue.end(second)
    later = QUIET_SECONDS
    assert queue.begin(1)
    assert len(queue.take()) == BUNDLED_ALONE


def beside(queue: WaitingRequests, till: Caller) -> list[Waiting]:
    """A batch beside somebody who comes alone."""
    queue.add(stamp(till, BEN))
    assert queue.begin(1)
    return queue.take()


async def test_a_portion_beside_who_comes_alone_is_as_large_as_is_served_in_time(till: Caller) -> None:
    now = perf_counter()
    queue = WaitingRequests(seconds=lambda: now)
    for _ in range(10):
        queue.add_bundle([stamp(till, LENA)] * 500)
    sizes = []
    for seconds in [*[AIM_SECONDS * 2] * 4, *[AIM_SECONDS / 2] * 40]:
        batch = beside(queue, till)
        now += seconds
        queue.end(batch)
        sizes.append(len(batch) - 1)
    assert sizes[:5] == [64, 48, 36, SMALLEST, SMALLEST], "each that took too long makes the next smaller"
    assert sizes[5:8] == [36, 40, 44], "and while they are quick, they grow"
    assert sizes[-1] == LARGEST


async def test_a_batch_while_nobody_comes_alone_says_nothing_of_portions(till: Caller) -> None:
    later = 0.0
    queue = WaitingRequests(seconds=lambda: perf_counter() + later)
    queue.add_bundle([stamp(till, LENA)] * (BUNDLED_ALONE + USUAL))
    assert queue.begin(1)
    first = queue.take()
    later = 1.0
    queue.end(first)
    later = 0.0
    assert len(beside(queue, till)) == 1 + USUAL


async def test_bundles_that_are_too_much_are_refused_in_part_and_leave_room_for_who_comes_alone(till: Caller) -> None:
    queue = WaitingRequests(most_waiting=1)
    first = queue.add_bundle([stamp(till, LENA)] * (MOST_BUNDLED - 1))
    second = queue.add_bundle([stamp(till, BEN)] * 3)
    assert [one.answered for one in second.waiting] == [False, True, True]
    queue.add(stamp(till, CARA))
    assert len(queue) == MOST_BUNDLED + 1
    for one in second.waiting:
        one.settle(Busy())
    assert all(isinstance(reply, Busy) for reply in await second.future)
    assert not first.future.done()


async def test_who_of_a_bundle_has_waited_too_long_is_taken_out_too(till: Caller) -> None:
    queue = WaitingRequests()
    bundle = queue.add_bundle([stamp(till, LENA), stamp(till, BEN)])
    bundle.waiting[0].began -= 10
    assert queue.oldest_seconds() > 9
    assert queue.late(5) == bundle.waiting[:1]
    assert queue.begin(2)
    assert served(queue.take()) == [BEN]


async def test_who_waits_for_a_card_that_somebody_holds_is_stepped_over_and_keeps_their_place(till: Caller) -> None:
    queue = WaitingRequests()
    queue.add(stamp(till, LENA))
    assert queue.begin(2)
    held = queue.take()
    queue.end([], apart=held)
    for customer in (LENA, BEN, LENA, CARA):
        queue.add(stamp(till, customer))
    assert queue.begin(2)
    assert served(queue.take()) == [BEN, CARA]
    queue.release(held)
    queue.add(stamp(till, LENA))
    assert queue.begin(2)
    assert served(queue.take()) == [LENA, LENA, LENA]


async def test_a_shop_that_a_lock_hinders_is_served_apart_until_a_while_later(till: Caller) -> None:
    now = 0.0
    queue = WaitingRequests(seconds=lambda: now)
    queue.hinder([till.business.id])
    queue.add(stamp(till, LENA))
    assert not queue.begin(2)
    assert served(queue.take_hindered()) == [LENA]
    queue.add(stamp(till, BEN))
    now = HINDERED_SECONDS + 1
    assert queue.take_hindered() == []
    assert queue.begin(2)
    assert served(queue.take()) == [BEN]


async def test_the_oldest_is_who_waits_or_is_under_way_for_longest(till: Caller) -> None:
    queue = WaitingRequests()
    assert queue.oldest_seconds() == 0
    first = queue.add(stamp(till, LENA))
    first.began -= 10
    assert queue.oldest_seconds() > 9
    assert queue.begin(2)
    batch = queue.take()
    assert queue.oldest_seconds() > 9, "it is not answered yet"
    assert queue.taken_too_long(9) == batch
    queue.end(batch)
    assert queue.oldest_seconds() == 0


async def test_who_has_waited_too_long_is_taken_out_and_never_begun(till: Caller) -> None:
    queue = WaitingRequests()
    late, _ = queue.add(stamp(till, LENA)), queue.add(stamp(till, BEN))
    late.began -= 10
    assert queue.late(5) == [late]
    assert queue.begin(2)
    assert served(queue.take()) == [BEN]


async def test_what_names_no_card_waits_for_none(till: Caller) -> None:
    queue = WaitingRequests()
    queue.add(Request(till, Void(TransactionId(1))))
    assert queue.begin(2)
    queue.take()
    queue.add(Request(till, Void(TransactionId(1))))
    assert queue.begin(2)


async def test_one_too_many_is_refused_and_the_others_wait_on(till: Caller) -> None:
    queue = WaitingRequests(most_waiting=1)
    queue.add(stamp(till, LENA))
    with pytest.raises(Busy):
        queue.add(stamp(till, BEN))
    assert queue.begin(1)
    assert served(queue.take()) == [LENA]


async def test_the_oldest_order_ages_until_it_is_answered_also_while_its_batch_is_stuck(till: Caller) -> None:
    queue = WaitingRequests()
    assert queue.oldest_seconds() == 0
    first = queue.add(stamp(till, LENA))
    first.began -= 50
    assert 50 <= queue.oldest_seconds() < 60
    queue.begin(1)
    batch = queue.take()
    queue.add(stamp(till, BEN))
    assert 50 <= queue.oldest_seconds() < 60
    queue.end(batch)
    assert 0 < queue.oldest_seconds() < 10
