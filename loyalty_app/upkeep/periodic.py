"""Periodic work: what a process repeats beside serving people, until it is asked to stop.

What each piece of work does, and which process does it, is not known here.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

import msgspec

from loyalty_core.errors import Busy, ShopClosed, ShopMoved

UNLOGGED = (Busy, ShopMoved, ShopClosed)
"""An outage of the database, which is logged as such, and a shop that went since the work began: no failures of it."""

log = logging.getLogger(__name__)


class Stop:
    """The request to stop, for all periodic work of a process."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    @property
    def asked(self) -> bool:
        """Whether it has come."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Ask all work to stop."""
        self._asked.set()

    async def wait(self) -> None:
        """Wait for it."""
        await self._asked.wait()

    async def pause(self, seconds: float) -> None:
        """Wait that long, or until it comes."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), seconds)


class Every(msgspec.Struct, frozen=True):
    """Work that is done at once, and again `seconds` after each run has ended; no run is cancelled.

    `work` checks the request to stop wherever it may end early. A run that raises is logged as `failure`; the next one
    comes as usual, or `after_failure` seconds later.
    """

    seconds: float
    work: Callable[[Stop], Awaitable[object]]
    failure: str
    after_failure: float | None = None

    async def run(self, stop: Stop) -> None:
        """Repeat the work until asked to stop; raises nothing that `work` raises."""
        while not stop.asked:
            await stop.pause(await self._once(stop))

    async def _once(self, stop: Stop) -> float:
        """Do the work once; return the seconds until the next run."""
        try:
            await self.work(stop)
        except Exception as error:  # any failure: the next run may succeed
            if not isinstance(error, UNLOGGED):
                log.exception(self.failure)
            return self.seconds if self.after_failure is None else self.after_failure
        return self.seconds


@asynccontextmanager
async def periodically(works: Iterable[Every]) -> AsyncIterator[None]:
    """Have work done meanwhile; leaving asks it to stop, and waits for it."""
    stop = Stop()
    begun = [asyncio.create_task(work.run(stop)) for work in works]
    try:
        yield
    finally:
        stop.ask()
        await asyncio.gather(*begun)
