"""A shop moves while workers are in the middle of sending: nobody gets a message twice, and none is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from loyalty_app.chat.incoming_updates import NewUpdate, take_in_and_claim
from loyalty_app.clock import utc_now
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.move_mark import MoveMark
from loyalty_app.db.own_triggers import tables_with
from loyalty_app.db.sqlite.served_file import ServedFile
from loyalty_app.db.tables import notice, telegram_bot
from loyalty_app.moving import jobs_in_hand
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.departures import hold, release
from loyalty_app.moving.jobs_in_hand import LEFT, NAME, QUEUES, WAITED_FOR, finish_jobs, give_out_again, quiet_queues
from loyalty_app.moving.move import move as move_all
from loyalty_app.moving.move import place_of
from loyalty_app.moving.shop_move import Errand, ShopMove
from loyalty_app.moving.targets import finish, prepare
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.settings import Settings
from loyalty_core.errors import Busy
from testkit.builders import NOON
from testkit.concurrency import until
from testkit.shop import Shop, open_in_same_shard, open_shop
from tests.queues.cases import BOT, CASES, Case, put

SENT = [case for case in CASES if case.name != "import jobs"]
Told = Callable[[str, int], None]


class OneAtATime(QueueWorker[Any, Any]):
    """A worker that has one job in hand."""

    most_at_once = 1


class Post:
    """What workers send: how often each job was begun; none ends before `go`."""

    def __init__(self) -> None:
        self.begun, self.go = Counter[tuple[str, tuple[int, ...]]](), asyncio.Event()

    async def send(self, case: Case, job: Any) -> object:  # noqa: ANN401  # of some queue
        self.begun[case.name, case.queue.lease_of(job).key] += 1
        await self.go.wait()
        return case.ended(job)

    @asynccontextmanager
    async def workers(self, database: Database, clock: Callable[[], datetime] = utc_now) -> AsyncIterator[None]:
        """A worker for each queue."""
        there = [
            OneAtATime(database, case.queue, partial(self.send, case), clock=clock, name=case.name) for case in SENT
        ]
        yield
        self.go.set()
        for worker in there:
            await worker.close()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """A database as servers have it open."""
    file = ServedFile(settings.sqlite_path) if settings.on_sqlite else None
    database = open_database(settings, file)
    try:
        yield database
    finally:
        await database.close()
        if file is not None:
            file.close()


async def fill(shop: Shop) -> None:
    """Two jobs in each queue of a shop with a bot of its own."""
    for case in SENT:
        await put(shop, case, 2)
    for change in (update(telegram_bot).values(business_id=shop.business.id), update(notice).values(at=utc_now())):
        await shop.database.write(lambda connection, change=change: connection.execute(change).close())  # type: ignore[misc]  # bound


async def a_shop_goes(source: Settings, target: Settings, progress: Told) -> None:
    await asyncio.to_thread(migrate, target)
    errand = Errand(
        source=source, target=target, came_from=place_of(source), place="https://new", shops=(1,), vaults=None
    )
    move = ShopMove(errand, now=NOON, progress=progress)
    try:
        await move.move()
    finally:
        await move.close()


async def everything_goes(source: Settings, target: Settings, progress: Told) -> None:
    await asyncio.to_thread(prepare, target, MoveMark("moving", place_of(source), "now"))
    await move_all(source, target, now=NOON, progress=progress)
    await asyncio.to_thread(finish, target)


@pytest.fixture(params=["sqlite", "postgresql"])
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An installation of its own, for it is closed."""
    own_file = f"sqlite:///{tmp_path}/left.db"
    url = own_file if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    found = Settings(database_url=url, secret_key="a key for tests, and nowhere else")
    migrate(found)
    return found


@pytest.mark.parametrize("move", [a_shop_goes, everything_goes])
async def test_what_is_being_sent_when_the_last_rows_go_over_is_sent_once_and_what_waits_is_sent_at_the_new_place(
    left: Settings, tmp_path: Path, move: Callable[[Settings, Settings, Told], Any]
) -> None:
    target, post, waited = Settings(database_url=f"sqlite:///{tmp_path}/there.db"), Post(), asyncio.Event()

    def tell(said: str, _count: int) -> None:
        if said == WAITED_FOR:
            waited.set()

    async with opened(left) as old:
        shop = await open_shop(old)
        await fill(shop)
        async with post.workers(old):
            await until(lambda: have_begun(post, len(SENT)))
            moving = asyncio.create_task(move(left, target, tell))
            asked = asyncio.create_task(waited.wait())
            await asyncio.wait((moving, asked), return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            post.go.set()
            await moving
        await shop.counter.close()
    async with opened(target) as new, post.workers(new, later):
        await until(lambda: all_done(new))
    assert not {job: count for job, count in post.begun.items() if count > 1}


async def have_begun(post: Post, count: int) -> bool:
    return len(post.begun) >= count


def later() -> datetime:
    """When all leases of the old place have ended."""
    return utc_now() + timedelta(minutes=2)


async def claim(database: Database, case: Case, *, now: datetime | None = None, room: int = 9) -> list[Any]:
    """Jobs of a queue, from each shard as many as there is room for; later than all leases, if no time is said."""
    work = partial(case.queue.claim, database=database, now=now or later(), room=room)
    parts = [await database.write(work, shard=shard) for shard in case.queue.leases.shards(database)]
    return [job for jobs in parts for job in jobs]


async def all_done(database: Database) -> bool:
    """Whether nothing is left in any queue."""

    def look(connection: Connection) -> bool:
        rows = ((case, row) for case in SENT for row in connection.execute(select(case.table)))
        return all(case.is_done(row) for case, row in rows)

    return await database.read(look)


async def test_claims_of_others_go_on_and_those_of_a_shop_again_after_a_move_that_failed_or_was_killed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(settings) as database:
        shop = await open_shop(database)
        await fill(shop)

        async def claims() -> dict[str, int]:
            return {case.name: len(await claim(database, case)) for case in SENT}

        async def stopped_for_good() -> bool:
            return not any((await claims()).values())

        assert await finish_jobs(database, Cargo((77,)), progress=print) == 0
        assert all((await claims()).values())
        await free(database)
        assert await finish_jobs(database, Cargo((1,)), progress=print) == 0
        assert await stopped_for_good()
        with pytest.raises(Busy):
            await take_in_and_claim(database, BOT, [NewUpdate(77, 77, b"{}")], now=NOON, room=9)
        monkeypatch.setattr(jobs_in_hand, "STOPPED_SECONDS", 1)
        assert await finish_jobs(database, Cargo((1,)), progress=print) == 0
        await until(lambda: some(claims))  # a second later
        await free(database)
        await finish_jobs(database, Cargo(), progress=print)
        await give_out_again(database)
        assert await database.read(lambda c: tables_with(c, NAME)) == []
        assert all((await claims()).values())
        await shop.counter.close()


async def test_jobs_of_a_shop_that_is_about_to_move_are_not_in_the_way_of_those_of_others(settings: Settings) -> None:
    async with opened(settings) as database:
        shop = await open_shop(database)
        other = await open_in_same_shard(shop)
        [case] = (case for case in SENT if case.table is notice)
        for number, (one, count) in enumerate([(shop, 3), (other, 1)]):
            await put(one, case, count)
            later_ones = {"at": utc_now() + timedelta(seconds=number)}
            due = update(notice).where(notice.c.business_id == one.business.id).values(later_ones)
            await database.write(lambda connection, due=due: connection.execute(due).close())  # type: ignore[misc]  # bound
        await finish_jobs(database, Cargo((shop.business.id,)), progress=print)
        claimed = await claim(database, case, room=1)
        assert [case.queue.lease_of(job).key[0] for job in claimed] == [other.business.id]
        await give_out_again(database)
        await shop.counter.close()


async def test_jobs_stay_stopped_until_a_shop_is_held_however_long_its_last_rows_take(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LastRows:
        """They take longer, at first, than jobs are stopped; a worker claims some as soon as it can."""

        def __init__(self, old: Database) -> None:
            self.old, self.cargo, self.progress, self.times = old, Cargo((1,)), print, 0

        async def catch_up(self, _snapshots: object) -> None:
            self.times += 1
            if self.times == 1:
                monkeypatch.setattr(jobs_in_hand, "STOPPED_SECONDS", 60)
                await until(self.is_claimed)
                await free(self.old)

        async def is_claimed(self) -> bool:
            return bool([case for case in SENT if await claim(self.old, case)])

    monkeypatch.setattr(jobs_in_hand, "STOPPED_SECONDS", 2)
    async with opened(settings) as database:
        shop = await open_shop(database)
        await fill(shop)
        rows: Any = LastRows(database)
        async with quiet_queues(rows, rows.catch_up):
            assert not await rows.is_claimed()
        assert rows.times > 1
        await give_out_again(database)
        await shop.counter.close()


async def some(claims: Callable[[], Any]) -> bool:
    return any((await claims()).values())


async def free(database: Database) -> None:
    for leases in QUEUES.values():
        await database.write(lambda c, leases=leases: leases.release_all(c, leases.table.c.lease.is_not(None)))  # type: ignore[misc]  # bound


async def test_a_job_that_takes_very_long_is_not_waited_for(settings: Settings) -> None:
    async with opened(settings) as database:
        shop = await open_shop(database)
        await fill(shop)
        told = list[tuple[str, int]]()
        await claim(database, SENT[0], now=utc_now())
        left = await finish_jobs(
            database, Cargo((1,)), progress=lambda said, count: told.append((said, count)), patience=0.0
        )
        await give_out_again(database)
        assert left == 2
        assert told == [(WAITED_FOR, 2), (LEFT, 2)]
        await shop.counter.close()


async def test_no_queue_gives_out_jobs_of_a_shop_that_is_held(settings: Settings) -> None:
    async with opened(settings) as database:
        shop = await open_shop(database)
        await fill(shop)
        await hold(database, [shop.business.id])
        for case in SENT:
            assert not await claim(database, case), case.name
        await release(database, [shop.business.id])
        for case in SENT:
            assert await claim(database, case), case.name
        await shop.counter.close()
