"""The worker: takes what is due out of the outbox, has it sent, and notes what came of it.

Any number of workers may run, in `loyalty serve` and as `loyalty worker`. No transaction is open while something is
sent: one turn notes in a single transaction what came of all attempts that have ended, and takes what is due next. A
worker is woken when this process has queued something, and otherwise looks by itself, gently.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import Connection

from loyalty_app.db.engine import Database
from loyalty_app.outbox import Job, Tried, claim, is_due, record
from loyalty_app.retention import prune
from loyalty_app.sender import Sender

MOST_IN_FLIGHT = 64
LOOK_EVERY_SECONDS = 0.25
TROUBLE_SECONDS = 2.0
PRUNE_EVERY_SECONDS = 3_600

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of the worker, unless a test brings its own."""
    return datetime.now(UTC)


class Worker:
    """Delivers until it is closed; closing finishes the attempts that are under way."""

    def __init__(self, database: Database, sender: Sender, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._sender, self._clock = database, sender, clock
        self._wanted = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._ended: list[Tried] = []
        self._closing = False
        self._tasks = [
            asyncio.create_task(self._serve(), name="webhook-worker"),
            asyncio.create_task(self._keep_pruning(), name="webhook-pruning"),
        ]

    def wake(self) -> None:
        """Look at once: something was queued."""
        self._wanted.set()

    async def _serve(self) -> None:
        while not self._closing:
            try:
                if not await self.take_turn():
                    await self._rest(LOOK_EVERY_SECONDS)
            except Exception:  # whatever failed, a database that is away comes back
                log.exception("the outbox could not be read or written")
                await self._rest(TROUBLE_SECONDS)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), seconds)
        self._wanted.clear()

    async def take_turn(self) -> int:
        """Note what came of attempts, and begin to deliver what is due and fits in; says how many that were."""
        now, room = self._clock(), MOST_IN_FLIGHT - len(self._under_way)
        due = room > 0 and await self._database.read(lambda connection: is_due(connection, now))
        jobs = await self._write(room if due and not self._closing else 0)
        for job in jobs:
            task = asyncio.create_task(self._deliver(job))
            self._under_way.add(task)
            task.add_done_callback(self._done)
        return len(jobs)

    async def _write(self, room: int) -> list[Job]:
        """Note what came of attempts, and claim at most `room` deliveries, in one transaction."""
        now, ended = self._clock(), self._ended
        if not (ended or room):
            return []
        self._ended = []

        def work(connection: Connection) -> list[Job]:
            record(connection, self._database, ended, now=now)
            return claim(connection, self._database, now=now, room=room) if room else []

        try:
            return await self._database.write(work)
        except BaseException:
            self._ended = [*ended, *self._ended]
            raise

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._wanted.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("an attempt could not be made; its lease ends by itself", exc_info=task.exception())

    async def _deliver(self, job: Job) -> None:
        tried = await self._sender.attempt(job, self._clock)
        self._ended.append(tried)

    async def settle(self) -> None:
        """Wait for the attempts that are under way, and note what came of them."""
        while self._under_way:
            await asyncio.wait(self._under_way)
        try:
            await self._write(0)
        except Exception:  # the leases end by themselves, and another worker tries again
            log.exception("what came of attempts could not be noted")

    async def _keep_pruning(self) -> None:
        while True:
            try:
                await prune(self._database, self._clock())
            except Exception:  # the same
                log.exception("old deliveries could not be pruned")
            await asyncio.sleep(PRUNE_EVERY_SECONDS)

    async def close(self) -> None:
        """Take nothing more, and finish what is under way."""
        self._closing = True
        self._wanted.set()
        serving, pruning = self._tasks
        pruning.cancel()
        with suppress(asyncio.CancelledError):
            await pruning
        await serving
        await self.settle()
        await self._sender.close()
