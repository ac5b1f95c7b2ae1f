"""Pace: people who wait go first, and the workers of their process take what is left, but always a share.

A process that serves tills and delivers webhooks has one processor core for both, and on SQLite one writer. While many
wait at once, which the counter tells to `Rush`, a worker rests after each turn three times as long as the turn took:
so it has a quarter of the time, and never less. Otherwise it does not rest at all. What a turn costs is measured, not
guessed: the time of its transaction, and of the steps of its jobs on the event loop.

A worker in a process of its own (`loyalty worker`) never sees a rush. How much waits, and for how long, is in the
figures of its queue.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

CROWD = 4
"""So many requests in one batch are a rush: that many people wait at the same moment."""
RUSH_SECONDS = 0.25
"""How long a rush lasts after the last such batch."""
SHARE = 0.25
"""The share of the time that a worker has in a rush."""
MOST_IN_RUSH = 32
"""How many jobs it begins in one turn then: all of them begin in the same moment, and stamps wait for that."""
LONGEST_REST, SLICE_SECONDS = 2.0, 0.02
"""How long it rests at most, and how often it looks whether the rush has ended."""

Result = TypeVar("Result")


class Rush:
    """Whether many people wait at once in this process. Used on the event loop."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._until = seconds, float("-inf")

    def tell(self, requests: int) -> None:
        """So many requests were served in one batch."""
        if requests >= CROWD:
            self._until = self._seconds() + RUSH_SECONDS

    @property
    def is_on(self) -> bool:
        """Whether there was such a batch a moment ago."""
        return self._seconds() < self._until


class Pace:
    """What a worker has spent since it rested last, and how long it is to rest for that."""

    def __init__(
        self,
        rush: Rush | None = None,
        *,
        seconds: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
    ) -> None:
        self._rush, self._seconds, self._sleep = rush or Rush(), seconds, sleep
        self._spent = 0.0
        self._begun: float | None = None

    def most(self, room: int) -> int:
        """How many jobs may begin in a turn, if there is room for so many."""
        return min(room, MOST_IN_RUSH) if self._rush.is_on else room

    def begin(self) -> None:
        """The transaction of a turn has begun, after it has waited for others. Called in any thread."""
        self._begun = self._seconds()

    def end(self) -> None:
        """The turn is over."""
        if self._begun is not None:
            self._spent += self._seconds() - self._begun
        self._begun = None

    def metered(self, work: Coroutine[Any, Any, Result]) -> "Metered[Result]":
        """The same work, whose steps count as spent; but not what it waits for."""
        return Metered(work, self)

    def spend(self, seconds: float) -> None:
        """Count so much as spent."""
        self._spent += seconds

    def now(self) -> float:
        """The time by which it is measured, in seconds."""
        return self._seconds()

    async def rest(self) -> None:
        """Rest for what was spent, as long as there is a rush."""
        left = min(LONGEST_REST, self._spent * (1 / SHARE - 1))
        self._spent = 0.0
        while left > 0 and self._rush.is_on:
            await self._sleep(min(left, SLICE_SECONDS))
            left -= SLICE_SECONDS


class Metered(Generic[Result]):
    """Work whose steps are measured."""

    def __init__(self, work: Coroutine[Any, Any, Result], pace: Pace) -> None:
        self._work, self._pace = work, pace

    def __await__(self) -> Generator[Any, Any, Result]:
        """Do the work step by step, as its task would."""
        thrown: BaseException | None = None
        while True:
            begun = self._pace.now()
            try:
                waits_for = self._work.send(None) if thrown is None else self._work.throw(thrown)
            except StopIteration as done:
                result: Result = done.value
                return result
            finally:
                self._pace.spend(self._pace.now() - begun)
            thrown = None
            try:
                yield waits_for
            except BaseException as error:  # noqa: BLE001  # whatever is thrown into a task goes on into its work
                thrown = error
