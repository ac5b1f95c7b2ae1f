"""A bell: tasks that wait for something look again when it rings. It knows nothing of what it rings for."""

import asyncio
from collections.abc import Callable


class Bell:
    """Rung after every change."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Let everybody who waits look again."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def until(self, fulfilled: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so, for at most so many seconds; tells whether it is so."""
        try:
            async with asyncio.timeout(seconds):
                while not fulfilled():
                    await self._rung.wait()
        except TimeoutError:
            return fulfilled()
        return True
