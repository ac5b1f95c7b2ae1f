"""Periodic work: it is done at once and again after each pause, survives a failure, and ends where it is asked to."""

import asyncio
import logging

import pytest

from loyalty_app.upkeep.periodic import Every, Stop, periodically

FAILURE = "the shelves could not be dusted"


class Pauses(Stop):
    """A request to stop that comes in the last of so many pauses; nobody waits."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._count = count

    async def pause(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if len(self.seconds) == self._count:
            self.ask()


class Dusting:
    """Work that notes how often it was done, and fails in some of its runs."""

    def __init__(self, *failing: int) -> None:
        self.runs = 0
        self._failing = failing

    async def __call__(self, _: Stop) -> None:
        self.runs += 1
        if self.runs in self._failing:
            raise OSError


async def test_work_is_done_at_once_and_again_after_each_pause() -> None:
    pauses, dusting = Pauses(3), Dusting()
    await Every(30, dusting, FAILURE).run(pauses)
    assert (dusting.runs, pauses.seconds) == (3, [30, 30, 30])


async def test_a_run_that_fails_is_logged_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    pauses, dusting = Pauses(3), Dusting(1)
    await Every(30, dusting, FAILURE).run(pauses)
    assert (dusting.runs, pauses.seconds) == (3, [30, 30, 30])
    [said] = caplog.records
    assert (said.levelno, said.getMessage(), said.exc_info is not None) == (logging.ERROR, FAILURE, True)


async def test_after_a_failure_the_pause_may_be_another_one() -> None:
    pauses = Pauses(3)
    await Every(86_400, Dusting(2), FAILURE, 600).run(pauses)
    assert pauses.seconds == [86_400, 600, 86_400]


async def test_what_is_to_stop_before_it_has_begun_is_never_done() -> None:
    stop, dusting = Stop(), Dusting()
    stop.ask()
    await Every(30, dusting, FAILURE).run(stop)
    assert dusting.runs == 0


async def test_a_pause_ends_at_once_when_the_work_is_to_stop() -> None:
    stop, done = Stop(), asyncio.Event()

    async def work(_: Stop) -> None:
        done.set()

    running = asyncio.create_task(Every(86_400, work, FAILURE).run(stop))
    await done.wait()
    stop.ask()
    await asyncio.wait_for(running, 20)


async def test_leaving_waits_for_a_run_that_is_under_way_which_sees_that_it_is_to_stop() -> None:
    begun, left, ended = asyncio.Event(), asyncio.Event(), list[bool]()

    async def work(stop: Stop) -> None:
        begun.set()
        await left.wait()
        ended.append(stop.asked)

    async def leave_soon() -> None:
        async with periodically([Every(30, work, FAILURE)]):
            await begun.wait()

    leaving = asyncio.create_task(leave_soon())
    await begun.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not leaving.done()
    left.set()
    await leaving
    assert ended == [True]


async def test_one_kind_of_work_does_not_wait_for_another() -> None:
    came, went = asyncio.Event(), asyncio.Event()

    async def waits(_: Stop) -> None:
        await came.wait()
        went.set()

    async def comes(_: Stop) -> None:
        came.set()

    async with periodically([Every(30, waits, FAILURE), Every(30, comes, FAILURE)]):
        await asyncio.wait_for(went.wait(), 20)
