"""Batch tasks: the tasks that serve waiting requests, and what becomes of a batch that fails.

Waiting requests, as many as `queue` lets in, run as one batch, which never waits for more. If the database allows
several writers, the next batch need not wait for the one before. No batch waits for a card: one that somebody else
holds goes into a task of its own, which waits. If another lock holds a batch up, its shops are served apart for a
while. If a batch fails as a whole because the database was away, it is tried once more; for any other reason each of
its requests is tried alone, so that one failure harms nobody else. Nobody waits longer than nine seconds for an answer.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from loyalty_app.clock import Clock
from loyalty_app.counter import batch
from loyalty_app.counter.answers import Reply
from loyalty_app.counter.queue import Part, WaitingRequests
from loyalty_app.counter.state import Overtaken
from loyalty_app.counter.telemetry import tell
from loyalty_app.counter.versions import Versions
from loyalty_app.counter.waiting import Waiting
from loyalty_app.db.engine import Database
from loyalty_app.db.outages import RETRY_SECONDS
from loyalty_app.queues.wakeups import Wakeups
from loyalty_core.errors import Busy, BusyReason, LoyaltyError

TRIES = 3
PATIENT_TASKS = 4
"""How many locks of others are waited for at once; each takes a connection."""
LONGEST_WAIT_SECONDS, LONGEST_SECONDS = 5.0, 9.0
"""After so long a request that was not begun is refused, and one that was is answered as in doubt."""
LOOK_EVERY_SECONDS = 0.5
PASSING = (BusyReason.AWAY, BusyReason.NODE_AWAY, BusyReason.READ_ONLY)

Replies = list[Reply | Exception]
Grouping = Callable[[Iterable[Waiting]], list[list[Waiting]]]

log = logging.getLogger(__name__)


class BatchTasks:
    """Serves the requests of a queue until it is closed."""

    def __init__(self, database: Database, queue: WaitingRequests, *, clock: Clock, wakeups: Wakeups) -> None:
        self.queue = queue
        self._database, self._clock, self._wakeups = database, clock, wakeups
        self._versions = Versions()
        self._closing = False
        self._patience = asyncio.Semaphore(PATIENT_TASKS)
        self._under_way = asyncio.TaskGroup()
        self._task = asyncio.create_task(self._serve(), name="counter")
        self._watch = asyncio.create_task(self._end_long_waits(), name="counter-watch")

    @property
    def serving(self) -> bool:
        """Whether requests are taken."""
        return not self._closing and not self._task.done()

    async def close(self) -> None:
        """Take no more requests, and finish those that wait."""
        self._closing = True
        self.queue.wake()
        await self._task
        self._watch.cancel()
        await asyncio.wait((self._watch,))

    async def _serve(self) -> None:
        async with self._under_way:
            while self.queue or not self._closing:
                if part := self.queue.begin(self._database.writers):
                    self._under_way.create_task(self._run(part))
                elif hindered := self.queue.take_hindered():
                    self._under_way.create_task(self._run_apart(hindered))
                else:
                    await self.queue.change()

    async def _run(self, part: Part) -> None:
        taken: list[Waiting] = []
        apart: Grouping = _by_card
        try:
            replies = await self._attempt(taken, part=part, begun=lambda: taken.extend(self.queue.take(part)))
        except Exception as error:  # noqa: BLE001  # any failure: each request gets its own answer
            taken = taken or self.queue.take(part)
            if self._is_a_lock(error):
                apart, replies = self._hinder_shops(taken), [error] * len(taken)
            else:
                replies = await self._after(error, taken)
        held = [one for one, reply in zip(taken, replies, strict=True) if self._is_a_lock(reply)]
        served = self._settle(taken, replies, but=held)
        await asyncio.sleep(0)  # answers go out before the next batch takes its share of the processor
        self.queue.end(served, part=part, apart=held)
        for group in apart(held):
            self._under_way.create_task(self._run_apart(group))

    def _is_a_lock(self, reply: Reply | Exception) -> bool:
        """Whether somebody else's lock is in the way; on SQLite there is but one, for everything."""
        return isinstance(reply, Busy) and reply.reason is BusyReason.LOCKED and self._database.name != "sqlite"

    def _hinder_shops(self, taken: Iterable[Waiting]) -> Grouping:
        self.queue.hinder({one.request.business_id for one in taken})
        return _by_shop

    async def _run_apart(self, taken: list[Waiting]) -> None:
        """Serve requests that have to wait for somebody's lock, while other tasks go on."""
        async with self._patience:
            wanted = [one for one in taken if not one.answered]  # others were told that it takes too long
            try:
                replies = await self._attempt(wanted, patient=True)
            except Exception as error:  # noqa: BLE001  # any failure: the same
                if self._is_a_lock(error):
                    self._hinder_shops(wanted)
                replies = await self._after(error, wanted)
        self._settle(wanted, replies)
        self.queue.release(taken)

    def _settle(self, taken: Sequence[Waiting], replies: Replies, *, but: Sequence[Waiting] = ()) -> list[Waiting]:
        """Answer all requests but some; return those that were answered."""
        left = set(but)
        pairs = [(one, reply) for one, reply in zip(taken, replies, strict=True) if one not in left]
        for waiting, reply in pairs:
            waiting.settle(reply)
        served = [waiting for waiting, _ in pairs]
        tell(served, [reply for _, reply in pairs])
        return served

    async def _attempt(
        self,
        waiting: list[Waiting],
        *,
        part: Part | None = None,
        begun: Callable[[], None] = lambda: None,
        patient: bool = False,
    ) -> Replies:
        """Run the requests that are in the list once the transaction has begun and `begun` was called.

        All are of one part of the database; without `part` it is that of the first.
        """
        if part is None and not waiting:
            return []
        shard = part[0] if part else self._database.shard_of(waiting[0].request.business_id)

        def work(connection: Connection) -> batch.BatchResult:
            requests = [one.request for one in waiting]
            return batch.run(
                self._database,
                connection,
                requests=requests,
                clock=self._clock,
                versions=self._versions,
                patient=patient,
            )

        result = await self._database.write(work, begun=begun, proof=lambda result: result.written.proof(), shard=shard)
        self._wakeups.rush.tell(len(waiting))
        for one, served in zip(waiting, result.served, strict=True):
            one.events = served.events
        if result.written.deliveries:
            self._wakeups.deliveries.notify()
        if result.written.cards_due:
            self._wakeups.cards.notify()
        self._wakeups.changed_cards.notify(result.written.changed)
        return [served.reply for served in result.served]

    async def _after(self, error: Exception, taken: list[Waiting]) -> Replies:
        """The replies to requests whose batch failed as a whole."""
        if not isinstance(error, Busy):
            log.warning("a batch of %d failed, trying each alone", len(taken), exc_info=error)
            return await self._each_alone(taken)
        if error.reason not in PASSING:
            return [error] * len(taken)
        try:  # a server that was restarted is there again
            return await self._attempt(taken)
        except Exception as again:  # noqa: BLE001  # any failure: the same
            return [again] * len(taken) if isinstance(again, Busy) else await self._each_alone(taken)

    async def _each_alone(self, taken: Sequence[Waiting]) -> Replies:
        replies: Replies = []
        for one in taken:
            last = replies[-1] if replies else None
            replies.append(last if isinstance(last, Busy) and last.reason in PASSING else await self._alone(one))
        return replies

    async def _alone(self, waiting: Waiting) -> Reply | Exception:
        """Try one request by itself; one that lost a race (a phone number, a key) is decided again."""
        failure: Exception = Busy(RETRY_SECONDS)
        for _ in range(TRIES):
            try:
                return (await self._attempt([waiting], patient=True))[0]
            except (IntegrityError, Overtaken) as error:
                failure = error
            except LoyaltyError as refusal:
                return refusal
            except Exception as error:
                log.exception("a request failed")
                return error
        return failure

    async def _end_long_waits(self) -> None:
        """Answer those who have waited too long, whatever holds them up."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            self.queue.wake()  # a batch may have become slow
            for one in self.queue.late(LONGEST_WAIT_SECONDS):
                one.settle(self._database.outages.busy())
            for one in self.queue.taken_too_long(LONGEST_SECONDS):
                one.settle(Busy(RETRY_SECONDS, BusyReason.IN_DOUBT))


def _by_card(held: Iterable[Waiting]) -> list[list[Waiting]]:
    """The requests of each card together, in their order; what names no card stays alone."""
    return _grouped(held, lambda one: one.request.card or id(one))


def _by_shop(held: Iterable[Waiting]) -> list[list[Waiting]]:
    """The requests of each shop together, in their order."""
    return _grouped(held, lambda one: one.request.business_id)


def _grouped(held: Iterable[Waiting], key: Callable[[Waiting], object]) -> list[list[Waiting]]:
    groups: dict[object, list[Waiting]] = defaultdict(list)
    for one in held:
        groups[key(one)].append(one)
    return list(groups.values())
