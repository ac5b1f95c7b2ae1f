"""Chores: what a process does beside serving people, until it stops. What each of them does is not known here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from loyalty_app.clock import Clock
from loyalty_app.counter import Counter
from loyalty_app.db.engine import Database
from loyalty_app.settings import Settings
from loyalty_app.upkeep.expiry import keep_booking
from loyalty_app.upkeep.inactivity import keep_erasing
from loyalty_app.upkeep.scheduled_backups import keep_backing_up

Chore = Callable[..., Coroutine[Any, Any, None]]


def of_counters(database: Database, counter: Counter, *, clock: Clock) -> list[Chore]:
    """Where cards are written: booking what has expired."""
    return [partial(keep_booking, database, counter, clock)]


def of_workers(settings: Settings, database: Database, *, counter: Counter, clock: Clock) -> list[Chore]:
    """Where webhooks are delivered: backups, and erasing whoever has been away for months."""
    erasing = partial(keep_erasing, database, counter, months=settings.keep_inactive_months, clock=clock)
    return [partial(keep_backing_up, settings, clock), erasing]


@asynccontextmanager
async def meanwhile(chores: Iterable[Chore]) -> AsyncIterator[None]:
    """Do chores; leaving it tells them to stop, and waits until they have."""
    stopping = asyncio.Event()
    begun = [asyncio.create_task(chore(stopping=stopping)) for chore in chores]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*begun)
