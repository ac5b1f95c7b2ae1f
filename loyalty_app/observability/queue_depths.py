"""Queue depths: how much waits in the database, counted when somebody looks, every five seconds at most.

All processes of an installation see the same queues, so these figures are not to be added up over them. Which queues
there are is not known here: each wing that has some offers a `DepthQuestion`, and who opens a process gathers them.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeAlias

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from loyalty_app.clock import Clock
from loyalty_app.db.engine import Database

KEPT_SECONDS = 5.0
PATIENCE_SECONDS = 5.0


class QueueDepth(msgspec.Struct, frozen=True):
    """A figure of what waits: its name, one sentence, and how many, or how many seconds."""

    name: str
    text: str
    value: float


DepthQuestion: TypeAlias = Callable[[Connection, datetime], Iterable[QueueDepth]]
"""Counts what waits at a moment; small indexes answer it."""


class QueueDepths:
    """Asks a database how much waits there, and keeps the answer for a moment."""

    def __init__(self, database: Database, clock: Clock, questions: Iterable[DepthQuestion]) -> None:
        self._database, self._clock, self._questions = database, clock, tuple(questions)
        self._asking = asyncio.Lock()
        self._asked_at = -KEPT_SECONDS
        self._kept: list[QueueDepth] | None = None

    async def measured(self) -> list[QueueDepth] | None:
        """How much waits, 5 seconds old at most; None if the database does not answer within 5 seconds."""
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
        except (SQLAlchemyError, OSError):  # TimeoutError is one too
            return None
