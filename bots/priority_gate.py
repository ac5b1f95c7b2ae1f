"""Precedence: whoever has pressed something comes first; cards in other people's chats give way to them.

Bringing a card up to date takes some milliseconds of this process, for which whoever presses a button meanwhile would
wait. Nobody looks at the card at that very moment, so it waits for a gap, and not for long.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

LONGEST_SECONDS = 0.3


class PriorityGate:
    """Who is served at the moment, and who gives way."""

    def __init__(self) -> None:
        self._served = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._gate = asyncio.Lock()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve somebody."""
        self._served += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._served -= 1
            if not self._served:
                self._quiet.set()

    @asynccontextmanager
    async def gap(self) -> AsyncIterator[None]:
        """Begin with something that gives way: one at a time, while nobody is served, or after the longest wait."""
        latest = asyncio.get_running_loop().time() + LONGEST_SECONDS
        first = False
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(latest):
                    first = await self._gate.acquire()
                    await self._quiet.wait()
            yield
        finally:
            if first:
                self._gate.release()
