"""Chatting: the bots of a process, from the moment there is one.

The library that speaks to Telegram takes 15 MB and a third of a second, so it is loaded for the first bot, and not for
shops that have none.
"""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from loyalty_app.chat.bots import has_own_bots

if TYPE_CHECKING:
    from loyalty_app.running import Running

# Found by its name, for nothing here may import it.
BOTS = "bots.office"
LOOK_EVERY_SECONDS = 3.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_chat(held: "Running") -> AsyncIterator[None]:
    """Have the bots open: those that are there before anything else happens, else the first one soon after it comes."""
    if await _have_come(held):
        async with _open_bots(held):
            yield
        return
    stopping = asyncio.Event()
    waiting = asyncio.create_task(_open_later(held, stopping), name="first bot")
    try:
        yield
    finally:
        stopping.set()
        await waiting


async def _open_later(held: "Running", stopping: asyncio.Event) -> None:
    """Wait for the first bot, and keep it and those that follow open until the process stops."""
    while not await _have_come(held):
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), LOOK_EVERY_SECONDS)
        if stopping.is_set():
            return
    await asyncio.to_thread(importlib.import_module, BOTS)  # whoever is at the counter does not wait for it
    async with _open_bots(held):
        await stopping.wait()


async def _have_come(held: "Running") -> bool:
    """Whether there is a bot to run; a database that is away for a moment is asked again."""
    if held.settings.telegram_token is not None:
        return True
    try:
        return await held.database.read(has_own_bots)
    except (SQLAlchemyError, OSError):
        log.exception("bots could not be looked up")
        return False


def _open_bots(held: "Running") -> AbstractAsyncContextManager[object]:
    bots: AbstractAsyncContextManager[object] = importlib.import_module(BOTS).open_bots(held)
    return bots
