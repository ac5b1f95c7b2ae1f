"""Turns: how a queue that lies in the database is worked off, by any number of processes at once.

No transaction is open while a job is done: one turn notes in a single transaction what came of all jobs that have
ended, and claims what is due next. It need not be durable: were it undone, the jobs would be done once more, which they
must bear in any case. Whoever works is woken when this process has queued something, and otherwise looks by itself,
gently. What the jobs are, and how they are claimed, is not known here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from sqlalchemy import Connection

from loyalty_app.clock import Clock
from loyalty_app.db.engine import Database

MOST_AT_ONCE = 64
LOOK_EVERY_SECONDS = 0.25
TROUBLE_SECONDS = 2.0
RENEW_EVERY = timedelta(seconds=10)
"""How often what takes long is leased anew: well before a lease ends."""

log = logging.getLogger(__name__)

Job = TypeVar("Job")
Ended = TypeVar("Ended")
Claimed_co = TypeVar("Claimed_co", covariant=True)
Done_contra = TypeVar("Done_contra", contravariant=True)


class WorkQueue(Protocol[Claimed_co, Done_contra]):
    """A queue in the database: whether something is due, how it is claimed, and how what came of it is noted."""

    def is_due(self, connection: Connection, now: datetime) -> bool:
        """Whether there is something to claim."""

    def claim(self, connection: Connection, database: Database, *, now: datetime, room: int) -> Sequence[Claimed_co]:
        """Lease at most `room` jobs to the caller."""

    def record(
        self, connection: Connection, database: Database, ended: Sequence[Done_contra], *, now: datetime
    ) -> object:
        """Note what came of jobs."""


@runtime_checkable
class Renewing(Protocol):
    """A queue whose jobs may take longer than their leases: they are leased anew while they are under way."""

    def key(self, job: Any) -> Hashable:  # noqa: ANN401  # whatever that queue's jobs are
        """What tells a job from others, however often it is claimed."""

    def renew(self, connection: Connection, database: Database, jobs: Sequence[Any], *, now: datetime) -> object:
        """Lease jobs for longer; one whose lease is lost is left to whoever holds it now."""


class QueueWorker(Generic[Job, Ended]):
    """Works a queue off until it is closed; closing finishes the jobs that are under way."""

    def __init__(
        self,
        database: Database,
        queue: WorkQueue[Job, Ended],
        work: Callable[[Job], Awaitable[Ended]],
        *,
        clock: Clock,
        name: str,
    ) -> None:
        self._database, self._queue, self._work, self._clock, self._name = database, queue, work, clock, name
        self._wanted = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], Job] = {}
        self._ended: list[Ended] = []
        self._renewed = clock()
        self._closing = False
        self._task = asyncio.create_task(self._serve(), name=name)

    def wake(self) -> None:
        """Look at once: something was queued."""
        self._wanted.set()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, and all that has ended is noted."""
        return not self._under_way and not self._ended

    async def _serve(self) -> None:
        while not self._closing:
            try:
                if not await self.take_turn():
                    await self._rest(LOOK_EVERY_SECONDS)
            except Exception:  # whatever failed, a database that is away comes back
                log.exception("%s: the queue could not be read or written", self._name)
                await self._rest(TROUBLE_SECONDS)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), seconds)
        self._wanted.clear()

    async def take_turn(self) -> int:
        """Note what came of jobs, and begin those that are due and fit in; says how many that were."""
        now, room = self._clock(), MOST_AT_ONCE - len(self._under_way)
        due = room > 0 and await self._database.glance(lambda connection: self._queue.is_due(connection, now))
        jobs = await self._write(room if due and not self._closing else 0)
        self.begin(jobs)
        return len(jobs)

    @property
    def room(self) -> int:
        """How many more jobs fit in; none once it is closing."""
        return 0 if self._closing else max(0, MOST_AT_ONCE - len(self._under_way))

    def begin(self, jobs: Iterable[Job]) -> None:
        """Do jobs that were claimed, here or by who has queued them; one that is under way is not begun again."""
        for job in jobs:
            if not self._is_under_way(job):
                task = asyncio.create_task(self._do(job))
                self._under_way[task] = job
                task.add_done_callback(self._done)

    def _is_under_way(self, job: Job) -> bool:
        queue = self._queue
        return isinstance(queue, Renewing) and queue.key(job) in map(queue.key, self._under_way.values())

    async def _write(self, room: int) -> Sequence[Job]:
        """Note what came of jobs, and claim at most `room` others, in one transaction."""
        now, ended, held = self._clock(), self._ended, self._to_renew()
        if not (ended or room or held):
            return []
        self._ended = []

        def work(connection: Connection) -> Sequence[Job]:
            self._queue.record(connection, self._database, ended, now=now)
            if held and isinstance(self._queue, Renewing):
                self._queue.renew(connection, self._database, held, now=now)
            return self._queue.claim(connection, self._database, now=now, room=room) if room else []

        try:
            jobs = await self._database.write(work, durable=False)
        except BaseException:
            self._ended = [*ended, *self._ended]
            raise
        self._renewed = now if held else self._renewed
        return jobs

    def _to_renew(self) -> list[Job]:
        """What is under way and was not leased anew for a while."""
        late = isinstance(self._queue, Renewing) and self._clock() - self._renewed >= RENEW_EVERY
        return list(self._under_way.values()) if late else []

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._under_way.pop(task, None)
        self._wanted.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("%s: a job broke off; its lease ends by itself", self._name, exc_info=task.exception())

    async def _do(self, job: Job) -> None:
        ended = await self._work(job)
        self._ended.append(ended)  # looked up now: a turn may have begun another list meanwhile

    async def settle(self) -> None:
        """Wait for the jobs that are under way, and note what came of them; until then they stay leased."""
        while self._under_way:
            await asyncio.wait(self._under_way, timeout=RENEW_EVERY.total_seconds())
            await self._note()
        await self._note()

    async def _note(self) -> None:
        try:
            await self._write(0)
        except Exception:  # the leases end by themselves, and somebody tries again
            log.exception("%s: what came of jobs could not be noted", self._name)

    def stop(self) -> None:
        """Take nothing more."""
        self._closing = True
        self._wanted.set()

    async def close(self) -> None:
        """Take nothing more, and finish what is under way."""
        self.stop()
        await self._task
        await self.settle()
