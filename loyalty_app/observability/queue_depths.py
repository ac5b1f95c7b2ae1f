"""Queue depths: how much waits in the database, counted on demand, at most every five seconds.

All processes of an installation see the same queues, so do not add these figures up over processes. Which queues exist
is not known here: each wing offers a `DepthQuestion`, and the runtime collects them.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeAlias

import msgspec
from sqlalchemy import Connection

from loyalty_app.clock import Clock
from loyalty_app.db.engine import Database
from loyalty_core.errors import Busy

KEPT_SECONDS = 5.0
PATIENCE_SECONDS = 5.0


class QueueDepth(msgspec.Struct, frozen=True):
    """A figure about a queue: its name, one sentence, and how many, or how many seconds."""

    name: str
    text: str
    value: float


DepthQuestion: TypeAlias = Callable[[Connection, datetime], Iterable[QueueDepth]]
"""Counts what waits at a moment; small indexes answer it."""


class QueueDepths:
    """Asks a database how much waits, and keeps the answer briefly."""

    def __init__(self, database: Database, clock: Clock, questions: Iterable[DepthQuestion]) -> None:
        self._database, self._clock, self._questions = database, clock, tuple(questions)
        self._asking = asyncio.Lock()
        self._asked_at = -KEPT_SECONDS
        self._kept: list[QueueDepth] | None = None

    async def measured(self) -> list[QueueDepth] | None:
        """The depths, at most 5 seconds old; None if the database does not answer within 5 seconds."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= KEPT_SECONDS:
                self._kept = await self._ask()
                self._asked_at = time.monotonic()
            return self._kept

    async def _ask(self) -> list[QueueDepth] | None:
        now = self._clock()

        def look(connection: Connection) -> list[QueueDepth]:
            return [depth for question in self._questions for depth in question(connection, now)]

        try:
            return await asyncio.wait_for(self._database.read(look), PATIENCE_SECONDS)
        except (Busy, TimeoutError):
            return None
