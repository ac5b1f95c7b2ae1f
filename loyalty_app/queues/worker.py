"""The queue worker: claims jobs from a leased table and has them done, in any number of processes at once.

No transaction is open while a job is done. One turn is a single transaction: it records the results of finished jobs,
renews leases of long ones, and claims what is due next. It need not be durable: if it is lost, jobs are done again,
which they must tolerate anyway. A worker is woken when its process has queued something; otherwise it looks four times
a second.

Here it is decided when jobs are claimed, begun, renewed and recorded. How rows are leased is in `leased_table`; what
the jobs are is known only to their queues.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection

from loyalty_app.clock import Clock
from loyalty_app.db.engine import Database
from loyalty_app.db.outages import will_pass
from loyalty_app.db.shards import Shard
from loyalty_app.observability.metrics import begin_queue, count_set_aside
from loyalty_app.queues.leased_table import Key, Lease, LeasedTable
from loyalty_core.errors import Busy

MOST_AT_ONCE = 64
LOOK_EVERY_SECONDS = 0.25
TROUBLE_SECONDS = 2.0
TRIES = 5
"""How often a job is begun that raises each time, in one process."""
RENEW_EVERY = timedelta(seconds=10)
"""How often leases are renewed: well before they end."""

log = logging.getLogger(__name__)

Job = TypeVar("Job")
Ended = TypeVar("Ended")


class WorkQueue(Protocol[Job, Ended]):
    """What a worker needs from a queue whose jobs are rows of a leased table."""

    @property
    def leases(self) -> LeasedTable:
        """The table of the jobs, which renews and releases their leases."""

    def lease_of(self, job: Job) -> Lease:
        """The lease under which a job was claimed. Its key identifies the job, however often it is claimed."""

    def is_due(self, connection: Connection, now: datetime) -> bool:
        """Whether there is anything to claim. Called outside a transaction; must not write."""

    def claim(self, connection: Connection, database: Database, *, now: datetime, room: int) -> Sequence[Job]:
        """Lease at most `room` jobs to the caller, waiting for no lock."""

    def record(self, connection: Connection, database: Database, ended: Sequence[Ended], *, now: datetime) -> None:
        """Record the results of jobs whose lease is still held; leave others to their holders."""

    def set_aside(self, job: Job, now: datetime) -> Ended:
        """The result of a job that cannot be done, however often it is tried: recorded, it is not claimed again."""


class QueueWorker(Generic[Job, Ended]):
    """Does the jobs of a queue until it is closed; closing finishes running jobs.

    `work` is a coroutine that does one job and returns its result, which the queue then records. At most
    `most_at_once` run at once. What processes of this machine that are gone have leased is given back at the start. If
    it raises, the failure is logged and the job is left: its lease ends by itself, and it is done again. After
    five failures that will not pass by themselves it is set aside, logged and counted. If the database is away, that is
    logged and tried again every two seconds. Where it lies in several parts, each has its turn and its share, and one
    that is away is left alone for as long. `name` appears in the log and in the count.

        worker = QueueWorker(database, UpdateQueue(bots.keys), handle, clock=clock, name="updates")
        worker.wake()  # something was queued
        await worker.close()
    """

    most_at_once = MOST_AT_ONCE

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
        begin_queue(name)
        self._wanted = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], Job] = {}
        self._ended: list[tuple[Key, Ended]] = []
        self._turns, self._left_until = 0, dict[Shard | None, float]()
        self._opened, self._renewed = clock(), dict[Shard | None, datetime]()
        self._failures: Counter[Key] = Counter()
        self._begun, self._closing = set[Shard | None](), False
        self._task = asyncio.create_task(self._serve(), name=name)

    def wake(self) -> None:
        """Look at once: something was queued."""
        self._wanted.set()

    @property
    def idle(self) -> bool:
        """Whether no job is running and all results are recorded."""
        return not self._under_way and not self._ended

    async def _serve(self) -> None:
        while not self._closing:
            try:
                await self._begin()
                if not await self.take_turn():
                    await self._rest(LOOK_EVERY_SECONDS)
            except Busy:  # the outage is logged
                await self._rest(TROUBLE_SECONDS)
            except Exception:  # any failure: the next turn may succeed
                log.exception("%s: the queue could not be read or written", self._name)
                await self._rest(TROUBLE_SECONDS)

    async def _begin(self) -> None:
        """Once at each part, before the first turn: give back what nobody is going to finish."""
        for shard in self._shards():
            if shard not in self._begun and time.monotonic() >= self._left_until.get(shard, 0.0):
                await self._release_gone(shard)

    async def _release_gone(self, shard: Shard | None) -> None:
        leases, now = self._queue.leases, self._clock()
        try:
            await self._database.write(
                lambda connection: leases.release_gone(connection, self._database, now=now), durable=False, shard=shard
            )
        except Busy:
            if shard is None:
                raise
            self._left_until[shard] = time.monotonic() + TROUBLE_SECONDS
        else:
            self._begun.add(shard)

    def _shards(self) -> Sequence[Shard | None]:
        return self._queue.leases.shards(self._database)

    def _shard_of(self, key: Key) -> Shard | None:
        return self._queue.leases.shard_of(self._database, key)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), seconds)
        self._wanted.clear()

    async def take_turn(self) -> int:
        """Record results, and begin due jobs that fit in; return how many began."""
        shards, began = self._shards(), 0
        self._turns += 1
        first = self._turns % len(shards)
        share = max(1, self.most_at_once // len(shards))
        for shard in (*shards[first:], *shards[:first]):
            room = min(share, self.most_at_once - len(self._under_way))
            began += await (self._turn_at(room) if shard is None else self._turn_unless_away(shard, room))
        return began

    async def _turn_unless_away(self, shard: Shard, room: int) -> int:
        """One turn at a part of the database, unless it was away a moment ago."""
        if time.monotonic() < self._left_until.get(shard, 0.0):
            return 0
        try:
            return await self._turn_at(room, shard)
        except Busy:  # the outage is logged, and the others go on
            self._left_until[shard] = time.monotonic() + TROUBLE_SECONDS
            return 0

    async def _turn_at(self, room: int, shard: Shard | None = None) -> int:
        now = self._clock()
        due = room > 0 and await self._database.glance(
            lambda connection: self._queue.is_due(connection, now), shard=shard
        )
        jobs = await self._write(room if due and not self._closing else 0, shard)
        if self._closing:
            await self._give_back(jobs, shard)
        else:
            self.begin(jobs)
        return len(jobs)

    async def _give_back(self, jobs: Sequence[Job], shard: Shard | None) -> None:
        """Free jobs that were claimed while closing began; nobody need wait until their leases end."""
        queue, leases = self._queue, list(map(self._queue.lease_of, jobs))
        if leases:
            await self._database.write(
                lambda connection: queue.leases.release(connection, self._database, leases),
                durable=False,
                shard=shard,
            )

    @property
    def room(self) -> int:
        """How many more jobs fit in; none once it is closing."""
        return 0 if self._closing else max(0, self.most_at_once - len(self._under_way))

    def begin(self, jobs: Iterable[Job]) -> None:
        """Do jobs that are claimed already; one that is running here is not begun again."""
        lease_of = self._queue.lease_of
        running = {lease_of(job).key for job in self._under_way.values()}
        for job in jobs:
            if lease_of(job).key not in running:
                running.add(lease_of(job).key)
                task = asyncio.create_task(self._do(job))
                self._under_way[task] = job
                task.add_done_callback(self._done)

    async def _write(self, room: int, shard: Shard | None = None) -> Sequence[Job]:
        """Record results, and claim at most `room` jobs, in one transaction."""
        now, held = self._clock(), self._to_renew(shard)
        ended = [(key, one) for key, one in self._ended if self._shard_of(key) == shard]
        if not (ended or room or held):
            return []
        self._ended = [(key, one) for key, one in self._ended if self._shard_of(key) != shard]

        def work(connection: Connection) -> Sequence[Job]:
            self._queue.record(connection, self._database, [one for _, one in ended], now=now)
            self._queue.leases.renew(connection, self._database, held, now=now)
            return self._queue.claim(connection, self._database, now=now, room=room) if room else []

        try:
            jobs = await self._database.write(work, durable=False, shard=shard)
        except BaseException:
            self._ended = [*ended, *self._ended]
            raise
        if held:
            self._renewed[shard] = now
        return jobs

    def _to_renew(self, shard: Shard | None) -> list[Lease]:
        """The leases of running jobs, if they were not renewed for a while."""
        if self._clock() - self._renewed.get(shard, self._opened) < RENEW_EVERY:
            return []
        leases = map(self._queue.lease_of, self._under_way.values())
        return [lease for lease in leases if self._shard_of(lease.key) == shard]

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._under_way.pop(task, None)
        self._wanted.set()
        if not task.cancelled() and not isinstance(task.exception(), Busy | None):
            log.error("%s: a job failed; its lease ends by itself", self._name, exc_info=task.exception())

    async def _do(self, job: Job) -> None:
        key = self._queue.lease_of(job).key
        try:
            ended = await self._work(job)
        except Exception as error:  # any failure: a fault of the program too must not be repeated for ever
            if not self._is_hopeless(key, error):
                raise
            log.exception("%s: a job was set aside after %d failures", self._name, TRIES)
            count_set_aside(self._name)
            ended = self._queue.set_aside(job, self._clock())
        self._failures.pop(key, None)
        self._ended.append((key, ended))  # its shard may be split until it is recorded

    def _is_hopeless(self, key: Key, error: Exception) -> bool:
        """Count a failure of a job; whether it was the last try. What passes by itself is not counted."""
        if will_pass(error):
            return False
        self._failures[key] += 1
        return self._failures[key] >= TRIES

    async def settle(self) -> None:
        """Wait for running jobs and record their results; until then they stay leased."""
        while self._under_way:
            await asyncio.wait(self._under_way, timeout=RENEW_EVERY.total_seconds())
            await self._note()
        await self._note()

    async def _note(self) -> None:
        for shard in self._shards():
            try:
                await self._write(0, shard)
            except Busy:  # the outage is logged
                continue
            except Exception:  # the leases end by themselves: jobs are done again
                log.exception("%s: the results of jobs could not be recorded", self._name)

    def stop(self) -> None:
        """Claim nothing more."""
        self._closing = True
        self._wanted.set()

    async def close(self) -> None:
        """Claim nothing more, and finish running jobs."""
        self.stop()
        await self._task
        await self.settle()
