"""Bots on demand: the bots of a process, opened once there is one.

Why: the library for Telegram takes 15 MB and a third of a second, so it is loaded for the first bot, and not for shops
that have none.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from loyalty_app.chat.bots import has_own_bots
from loyalty_app.runtime import OpenBots, Runtime
from loyalty_app.upkeep.periodic import Stop
from loyalty_core.errors import Busy

LOOK_EVERY_SECONDS = 3.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_bots_on_demand(held: Runtime) -> AsyncIterator[None]:
    """Keep bots open: existing ones before anything else happens, else the first one soon after it is registered."""
    if await _have_come(held):
        async with _open_bots(held):
            yield
        return
    stop = Stop()
    waiting = asyncio.create_task(_open_later(held, stop), name="first bot")
    try:
        yield
    finally:
        stop.ask()
        await waiting


async def _open_later(held: Runtime, stop: Stop) -> None:
    """Wait for the first bot, and keep it and later ones open until the process stops."""
    while not await _have_come(held):
        await stop.pause(LOOK_EVERY_SECONDS)
        if stop.asked:
            return
    await asyncio.to_thread(_load_bots)  # in a thread, so that nobody at the counter waits for it
    async with _open_bots(held):
        await stop.wait()


async def _have_come(held: Runtime) -> bool:
    """Whether there is a bot to run; False if the database is away for a moment, so that it is asked again."""
    if held.settings.telegram_token is not None:
        return True
    try:
        return await held.database.read(has_own_bots)
    except Busy:  # the outage is logged
        return False


def _open_bots(held: Runtime) -> AbstractAsyncContextManager[object]:
    return _load_bots()(held)


def _load_bots() -> OpenBots:
    from bots.supervisor import open_bots  # the library of Telegram is loaded for the first bot

    return open_bots
