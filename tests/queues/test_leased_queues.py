"""The laws of leases, for every queue and on both databases: two processes, one table, and no job is done twice."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import asyncpg
import pytest
from sqlalchemy import Connection, Row, select, tuple_

from loyalty_app.db.engine import Database
from loyalty_app.db.shards import Shard
from loyalty_app.observability.metrics import REGISTRY
from loyalty_app.queues.leased_table import Key, Lease
from loyalty_app.queues.worker import TRIES, QueueWorker
from loyalty_app.settings import Settings
from loyalty_core.errors import Busy
from testkit.builders import NOON
from testkit.concurrency import until
from testkit.half_deleted import begin_deleting
from testkit.shop import Shop
from tests.queues.cases import CASES, Case, put

MOMENT = timedelta(microseconds=1)
Result = TypeVar("Result")
Job = Any
"""A job of some queue."""

pytestmark = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


class Process:
    """One of several processes that work a queue off, with connections of its own."""

    def __init__(self, case: Case, database: Database) -> None:
        self.queue, self.database = case.queue, database

    async def claim(self, now: datetime = NOON, room: int = 9) -> list[Job]:
        jobs = list[Job]()
        for shard in self.shards:
            jobs += await self._claim(shard, now=now, room=room - len(jobs))
        return jobs

    async def _claim(self, shard: Shard | None, *, now: datetime, room: int) -> Sequence[Job]:
        if room == 0:
            return ()
        claimed = self.database.write(
            lambda c: list(self.queue.claim(c, self.database, now=now, room=room)), shard=shard
        )
        return await claimed

    async def claim_all(self) -> list[Job]:
        """Claim until nothing is left; some queues give out one job at a time."""
        jobs = []
        while some := await self.claim():
            jobs += some
        return jobs

    async def is_due(self, now: datetime = NOON) -> bool:
        asked = [await self.database.glance(lambda c: self.queue.is_due(c, now), shard=shard) for shard in self.shards]
        return any(asked)

    async def record(self, *ended: object, now: datetime = NOON) -> None:
        await self._in_each_shard(lambda c: self.queue.record(c, self.database, ended, now=now))

    async def renew(self, *jobs: Job, now: datetime) -> None:
        leases = self.leases_of(jobs)
        await self._in_each_shard(lambda c: self.queue.leases.renew(c, self.database, leases, now=now))

    async def release(self, *jobs: Job) -> None:
        leases = self.leases_of(jobs)
        await self._in_each_shard(lambda c: self.queue.leases.release(c, self.database, leases))

    async def release_gone(self, now: datetime = NOON) -> int:
        return sum(await self._in_each_shard(lambda c: self.queue.leases.release_gone(c, self.database, now=now)))

    @property
    def shards(self) -> Sequence[Shard | None]:
        return self.queue.leases.shards(self.database)

    async def _in_each_shard(self, work: Callable[[Connection], Result]) -> list[Result]:
        return [await self.database.write(work, shard=shard) for shard in self.shards]

    def leases_of(self, jobs: Sequence[Job]) -> list[Lease]:
        return [self.queue.lease_of(job) for job in jobs]

    def keys_of(self, jobs: Sequence[Job]) -> list[Key]:
        return [lease.key for lease in self.leases_of(jobs)]


@pytest.fixture
def here(case: Case, database: Database) -> Process:
    """The process that comes first."""
    return Process(case, database)


@pytest.fixture
def there(case: Case, second_database: Database) -> Process:
    """Another one."""
    return Process(case, second_database)


async def rows_of(case: Case, database: Database) -> list[Row[Any]]:
    """The whole leased table."""
    table = case.table
    return await database.read(lambda c: list(c.execute(select(table).order_by(*table.primary_key))))


async def all_done(case: Case, database: Database) -> bool:
    return all(map(case.is_done, await rows_of(case, database)))


async def test_two_workers_together_do_every_job_once(shop: Shop, second_database: Database, case: Case) -> None:
    keys = await put(shop, case, 12)
    begun: list[Key] = []
    all_begun, go = asyncio.Event(), asyncio.Event()

    async def work(job: Job) -> object:
        begun.append(case.queue.lease_of(job).key)
        if len(begun) == len(keys):
            all_begun.set()
        await go.wait()
        return case.ended(job)

    workers = [
        QueueWorker(database, case.queue, work, clock=shop.clock, name=case.name)
        for database in (shop.database, second_database)
    ]
    try:
        await all_begun.wait()
        shop.clock.wait(seconds=11)  # they are renewed
        assert [await worker.take_turn() for worker in workers] == [0, 0]
        shop.clock.now = NOON + case.queue.leases.lasts  # the first leases would be over
        assert [await worker.take_turn() for worker in workers] == [0, 0]
        go.set()
        await until(lambda: all_done(case, shop.database))
    finally:
        go.set()
        for worker in workers:
            await worker.close()
    assert Counter(begun) == Counter(keys)


async def test_of_a_shop_that_is_being_deleted_nothing_is_given_out_and_of_others_all(
    shop: Shop, here: Process, case: Case
) -> None:
    await put(shop, case, 3)
    before = await rows_of(case, shop.database)
    assert await here.is_due()
    await begin_deleting(shop.database, shop.business.id)
    if "business_id" in case.table.c:
        assert (await here.is_due(), await here.claim()) == (False, [])
        assert await rows_of(case, shop.database) == before
    else:
        assert await here.claim_all(), "what people write to a bot is answered"


async def test_what_two_processes_claim_at_once_is_not_the_same(
    shop: Shop, here: Process, there: Process, case: Case
) -> None:
    keys = await put(shop, case, 12)
    claims = await asyncio.gather(*(process.claim_all() for process in (here, there) * 2))
    assert sorted(key for jobs in claims for key in here.keys_of(jobs)) == sorted(keys)


async def test_what_a_process_that_is_gone_had_leased_is_given_back_and_of_one_that_runs_nothing(
    shop: Shop, here: Process, there: Process, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await put(shop, case, 1)
    await here.claim()
    assert (await there.release_gone(), await there.claim()) == (0, [])
    monkeypatch.setattr("loyalty_app.queues.leased_table.is_gone", lambda _: True)
    assert await there.release_gone() == len(keys)
    assert there.keys_of(await there.claim()) == keys


async def test_a_lease_that_ends_now_is_over_and_not_a_moment_before(
    shop: Shop, here: Process, there: Process, case: Case
) -> None:
    [key] = await put(shop, case, 1)
    assert await here.is_due()
    await here.claim()
    end = NOON + case.queue.leases.lasts
    assert (await there.is_due(end - MOMENT), await there.claim(end - MOMENT)) == (False, [])
    assert await there.is_due(end)
    assert there.keys_of(await there.claim(end)) == [key]


async def test_who_has_lost_a_lease_writes_nothing_and_who_holds_it_does(
    shop: Shop, here: Process, there: Process, case: Case
) -> None:
    await put(shop, case, 1)
    [late] = await here.claim()
    end = NOON + case.queue.leases.lasts
    [current] = await there.claim(end)
    before = await rows_of(case, shop.database)
    await here.record(case.ended(late), now=end)
    assert await rows_of(case, shop.database) == before
    await there.record(case.ended(late), case.ended(current), now=end)
    assert await all_done(case, shop.database)
    [row] = await rows_of(case, shop.database)
    assert (row.lease, getattr(row, case.queue.leases.until)) == (None, None)


async def test_a_late_result_is_recorded_while_nobody_else_has_claimed_the_row(
    shop: Shop, here: Process, case: Case
) -> None:
    await put(shop, case, 1)
    [late] = await here.claim()
    await here.record(case.ended(late), now=NOON + case.queue.leases.lasts)
    assert await all_done(case, shop.database)


async def test_a_lease_that_is_renewed_lasts_from_then_on(
    shop: Shop, here: Process, there: Process, case: Case
) -> None:
    await put(shop, case, 1)
    [job] = await here.claim()
    later, lasts = NOON + case.queue.leases.lasts / 2, case.queue.leases.lasts
    await here.renew(job, now=later)
    assert await there.claim(later + lasts - MOMENT) == []
    await here.record(case.ended(job), now=later + lasts - MOMENT)
    assert await all_done(case, shop.database)


async def test_who_has_lost_a_lease_can_neither_renew_it_nor_give_the_row_back(
    shop: Shop, here: Process, there: Process, case: Case
) -> None:
    await put(shop, case, 1)
    [late] = await here.claim()
    end = NOON + case.queue.leases.lasts
    await there.claim(end)
    before = await rows_of(case, shop.database)
    await here.renew(late, now=end)
    await here.release(late)
    assert await rows_of(case, shop.database) == before


async def test_what_is_given_back_can_be_claimed_at_once_and_not_be_finished_any_more(
    shop: Shop, here: Process, there: Process, case: Case
) -> None:
    [key] = await put(shop, case, 1)
    [job] = await here.claim()
    await here.release(job)
    await here.record(case.ended(job))
    assert not await all_done(case, shop.database)
    assert there.keys_of(await there.claim()) == [key]


async def test_who_has_waited_longest_is_served_first(shop: Shop, here: Process, there: Process, case: Case) -> None:
    keys = await put(shop, case, 6)
    first = await here.claim(room=1)
    second = await there.claim(room=1)
    assert here.keys_of(first + second) == keys[:2]
    await here.release(*first)
    assert there.keys_of(await there.claim(room=1)) == keys[:1]
    assert sorted(here.keys_of(await here.claim_all())) == sorted(keys[2:])


async def test_what_is_claimed_while_a_worker_stops_is_given_back_and_not_begun(
    shop: Shop, there: Process, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    [key] = await put(shop, case, 1)
    begun: list[Job] = []
    stopped, loop, claim = asyncio.Event(), asyncio.get_running_loop(), type(case.queue).claim

    async def work(job: Job) -> object:
        begun.append(job)
        return case.ended(job)

    def stop() -> None:
        worker.stop()
        stopped.set()

    def claim_and_stop(*args: Any, **asked: Any) -> Sequence[Job]:  # noqa: ANN401  # as it is called
        loop.call_soon_threadsafe(stop)
        return claim(*args, **asked)

    monkeypatch.setattr(type(case.queue), "claim", claim_and_stop)
    worker = QueueWorker(shop.database, case.queue, work, clock=shop.clock, name=case.name)
    await stopped.wait()
    await worker.close()
    monkeypatch.undo()
    assert begun == []
    assert there.keys_of(await there.claim()) == [key]


async def test_a_job_whose_work_always_fails_is_set_aside_after_five_tries_and_counted(
    shop: Shop, here: Process, case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    await put(shop, case, 1)
    tries, before = 0, set_aside(case.name)

    async def work(_job: Job) -> object:
        nonlocal tries
        tries += 1
        shop.clock.now += case.queue.leases.lasts
        raise UnicodeError("no way to send it")

    async def is_set_aside() -> bool:
        return not await here.is_due(shop.clock.now + timedelta(hours=2))

    worker = QueueWorker(shop.database, case.queue, work, clock=shop.clock, name=case.name)
    try:
        await until(is_set_aside)
    finally:
        await worker.close()
    assert (tries, set_aside(case.name) - before) == (TRIES, 1)
    assert f"{case.name}: a job was set aside" in caplog.text


async def test_a_failure_that_passes_by_itself_does_not_set_a_job_aside(shop: Shop, here: Process, case: Case) -> None:
    await put(shop, case, 1)
    tries = 0

    async def work(job: Job) -> object:
        nonlocal tries
        tries += 1
        shop.clock.now += case.queue.leases.lasts
        if tries <= TRIES:
            raise (TimeoutError, Busy)[tries % 2]
        return case.ended(job)

    worker = QueueWorker(shop.database, case.queue, work, clock=shop.clock, name=case.name)
    try:
        await until(lambda: all_done(case, shop.database))
    finally:
        await worker.close()
    assert tries == TRIES + 1
    assert not await here.is_due(shop.clock.now + timedelta(hours=2))


def set_aside(queue: str) -> float:
    """How many jobs of a queue this process has set aside."""
    return REGISTRY.get_sample_value("loyalty_jobs_set_aside_total", {"queue": queue}) or 0


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_neither_claiming_nor_renewing_nor_giving_back_waits_for_a_row_that_somebody_has_locked(
    shop: Shop, here: Process, settings: Settings, case: Case
) -> None:
    keys = await put(shop, case, 3)
    [held] = await here.claim(room=1)
    other = await asyncpg.connect(settings.database_url)
    try:
        async with other.transaction():
            await lock(other, case, keys[:2])
            async with asyncio.timeout(20):
                assert here.keys_of(await here.claim(room=1)) == keys[2:]
                await here.renew(held, now=NOON)
                await here.release(held)
    finally:
        await other.close()


async def lock(connection: Any, case: Case, keys: Sequence[Key]) -> None:  # noqa: ANN401  # asyncpg ships no types
    """Lock rows of the leased table, as a transaction that changes them does."""
    table = case.table
    own = select(*table.primary_key).where(tuple_(*(table.c[name] for name in case.queue.leases.key)).in_(keys))
    statement = own.with_for_update().compile(compile_kwargs={"literal_binds": True})
    assert len(await connection.fetch(str(statement))) == len(keys)
