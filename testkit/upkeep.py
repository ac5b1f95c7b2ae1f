"""The upkeep of a process in a test: its works take turns, where they would all ask the database at once.

Each would open a session of PostgreSQL for it, which takes longer than what it asks there.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from msgspec.structs import replace

from loyalty_app.upkeep.periodic import Every, Stop, periodically

Work = Callable[[Stop], Awaitable[object]]


@asynccontextmanager
async def in_turn(works: Iterable[Every]) -> AsyncIterator[None]:
    """Have work done meanwhile, one after the other; leaving asks it to stop, and waits for it."""
    turn = asyncio.Lock()
    async with periodically([replace(each, work=_alone(turn, each.work)) for each in works]):
        yield


def _alone(turn: asyncio.Lock, work: Work) -> Work:
    async def alone(stop: Stop) -> object:
        async with turn:
            return await work(stop)

    return alone
