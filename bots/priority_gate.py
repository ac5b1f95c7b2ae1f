"""The priority gate: people who pressed something come first; cards in other people's chats wait.

Why: bringing a card up to date takes some milliseconds of this process, and a person who presses a button meanwhile
would wait for it. Nobody looks at the card at that very moment, so it waits for a gap, though not for long.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

LONGEST_SECONDS = 0.3


class PriorityGate:
    """Counts the people being served, and lets other work begin in the gaps.

    `longest_seconds` is how long that work waits at most: a busy bot must still show its cards.
    """

    def __init__(self, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._longest_seconds = longest_seconds
        self._served = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._gate = asyncio.Lock()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Count a person as being served, until the block ends."""
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
        """Begin work that waits for people: one at a time, while nobody is served, or after the longest wait."""
        latest = asyncio.get_running_loop().time() + self._longest_seconds
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
