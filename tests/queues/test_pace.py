"""Pace: people who wait go first, and a worker has a share of the time all the same."""

import asyncio
from collections.abc import Awaitable

import pytest

from loyalty_app.queues.pace import CROWD, LONGEST_REST, MOST_IN_RUSH, RUSH_SECONDS, SHARE, Pace, Rush
from testkit.shop import Shop

PLENTY = 10 * MOST_IN_RUSH


class Timer:
    """A clock that goes on only when it is told to, or when somebody sleeps by it."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


class Heard(Rush):
    """Remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def tell(self, requests: int) -> None:
        self.batches.append(requests)


def paced(*, crowd: int = CROWD, timer: Timer | None = None) -> tuple[Pace, Timer]:
    """The pace of a worker beside a rush that never ends, if the crowd is one."""
    own, rush = timer or Timer(), Rush(lambda: 0.0)
    rush.tell(crowd)
    return Pace(rush, seconds=own, sleep=own.sleep), own


def test_a_rush_begins_with_a_batch_of_many_and_ends_a_moment_after_the_last() -> None:
    timer = Timer()
    rush = Rush(timer)
    seen = list[bool]()
    for now, requests in ((0.0, CROWD - 1), (0.0, CROWD), (RUSH_SECONDS / 2, 1), (RUSH_SECONDS, 1)):
        timer.now = now
        rush.tell(requests)
        seen.append(rush.is_on)
    assert seen == [False, True, True, False]


async def test_in_a_rush_a_worker_has_its_share_of_the_time_and_no_more() -> None:
    pace, timer = paced()
    worked = 0.0
    for cost in (0.01, 0.04, 0.25):
        pace.begin()
        timer.now += cost
        pace.end()
        await pace.rest()
        worked += cost
        assert worked / timer.now == pytest.approx(SHARE)


async def test_without_a_rush_it_never_rests_and_begins_all_that_fits_in() -> None:
    pace, timer = paced(crowd=CROWD - 1)
    pace.spend(5.0)
    await pace.rest()
    assert (timer.slept, pace.most(PLENTY)) == (0.0, PLENTY)
    assert paced()[0].most(PLENTY) == MOST_IN_RUSH
    assert paced()[0].most(1) == 1


async def test_however_long_a_turn_took_the_next_one_comes() -> None:
    pace, timer = paced()
    pace.spend(3_600.0)
    await pace.rest()
    assert timer.slept == pytest.approx(LONGEST_REST)


async def test_a_rest_ends_with_the_rush() -> None:
    timer = Timer()
    rush = Rush(timer)
    rush.tell(CROWD)
    pace = Pace(rush, seconds=timer, sleep=timer.sleep)
    pace.spend(1.0)
    await pace.rest()
    assert timer.slept == pytest.approx(RUSH_SECONDS, abs=0.021)


async def test_the_time_before_the_transaction_began_is_not_spent_by_the_worker() -> None:
    pace, timer = paced()
    timer.now += 10.0  # it waited for others
    pace.begin()
    timer.now += 0.01
    pace.end()
    pace.end()  # a turn that wrote nothing
    await pace.rest()
    assert timer.slept == pytest.approx(0.01 * (1 / SHARE - 1))


async def test_steps_of_a_job_are_spent_and_what_it_waits_for_is_not() -> None:
    pace, timer = paced()
    answered = asyncio.Event()

    async def job() -> str:
        timer.now += 0.25
        await answered.wait()
        timer.now += 0.25
        return "done"

    task = asyncio.create_task(_awaited(pace.metered(job())))
    await asyncio.sleep(0)
    timer.now += 60.0
    answered.set()
    assert await task == "done"
    await pace.rest()
    assert timer.slept == pytest.approx(0.5 * (1 / SHARE - 1))


async def test_a_metered_job_fails_times_out_and_is_cancelled_as_any_other() -> None:
    pace, _ = paced()

    async def fails() -> None:
        raise LookupError

    async def outlasts() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "too late"
        return "never"

    with pytest.raises(LookupError):
        await pace.metered(fails())
    assert await pace.metered(outlasts()) == "too late"

    async def goes_round() -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    for long in (goes_round(), asyncio.sleep(3_600)):
        task = asyncio.create_task(_awaited(pace.metered(long)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def _awaited(work: Awaitable[str] | Awaitable[None]) -> str | None:
    return await work


async def test_the_counter_tells_of_a_rush_when_many_wait_at_once_and_not_of_one_stamp(shop: Shop) -> None:
    heard = shop.counter.wakeups.rush = Heard()
    people = [await shop.join(f"Guest {number}") for number in range(2 * CROWD)]
    assert set(heard.batches) == {1}
    await asyncio.gather(*(shop.stamp(one.id) for one in people))
    assert max(heard.batches) >= CROWD
