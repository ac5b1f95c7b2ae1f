"""Updates of Telegram, kept until they are handled: none is lost, none comes twice, each person's in their order."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, select

from loyalty_app.chat.incoming_updates import NewUpdate, take_in, take_in_and_claim
from loyalty_app.chat.update_queue import LEASE, PAUSES, HandledUpdate, TelegramUpdate, UpdateQueue, release
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import telegram_update
from loyalty_app.queues.worker import QueueWorker
from testkit.builders import NOON
from testkit.clocks import Clock
from tests.app.test_links import add_bot

BOT, ANA, BEN = 7, 1, 2
QUEUE = UpdateQueue()


@pytest.fixture(autouse=True)
async def _bot(database: Database) -> None:
    await add_bot(database, BOT, "stamp_bot")


def new(number: int, person: int = ANA) -> NewUpdate:
    return NewUpdate(number, person, b'{"update_id":%d}' % number)


async def claimed(database: Database, now: datetime = NOON, room: int = 10) -> list[TelegramUpdate]:
    return list(await database.write(lambda connection: QUEUE.claim(connection, database, now=now, room=room)))


async def recorded(database: Database, *ended: HandledUpdate, now: datetime = NOON) -> None:
    await database.write(lambda connection: QUEUE.record(connection, database, ended, now=now))


def renew(connection: Connection, database: Database, job: TelegramUpdate, *, now: datetime) -> None:
    QUEUE.leases.renew(connection, database, [QUEUE.lease_of(job)], now=now)


async def kept(database: Database) -> dict[int, tuple[bytes | None, str | None]]:
    """Of each update that is handled, what is left of it and its error."""
    done = select(telegram_update).where(telegram_update.c.done_at.is_not(None))
    rows = await database.read(lambda connection: connection.execute(done).all())
    return {row.update_id: (row.body, row.error) for row in rows}


async def test_an_update_that_comes_twice_is_taken_once(database: Database) -> None:
    assert await take_in(database, BOT, [new(5), new(5)], now=NOON) == 1
    assert await take_in(database, BOT, [new(5), new(6)], now=NOON) == 1
    [first] = await claimed(database)
    await recorded(database, HandledUpdate(update=first))
    assert await take_in(database, BOT, [new(5)], now=NOON) == 0


async def test_two_processes_that_are_sent_the_same_update_take_it_once(
    database: Database, second_database: Database
) -> None:
    taken = await asyncio.gather(
        *(take_in(base, BOT, [new(n) for n in range(20)], now=NOON) for base in (database, second_database) * 3)
    )
    assert sum(taken) == 20


async def test_updates_of_one_person_are_handled_one_after_the_other_in_their_order(database: Database) -> None:
    await take_in(database, BOT, [new(9), new(7), new(8)], now=NOON)
    seen = []
    while found := await claimed(database):
        [update] = found
        assert await claimed(database) == []
        seen.append(update.update_id)
        await recorded(database, HandledUpdate(update=update))
    assert seen == [7, 8, 9]


async def test_updates_of_different_people_are_handled_side_by_side(database: Database) -> None:
    await take_in(database, BOT, [new(1, ANA), new(2, ANA), new(3, BEN)], now=NOON)
    assert [(one.update_id, one.person_id) for one in await claimed(database)] == [(1, ANA), (3, BEN)]


async def test_who_takes_in_may_claim_at_once_what_comes_first_and_nothing_else(database: Database) -> None:
    async def mine(*updates: NewUpdate, room: int = 10) -> list[int]:
        found = await take_in_and_claim(database, BOT, updates, now=NOON, room=room)
        return [one.update_id for one in found]

    assert await mine(new(2, ANA), new(1, ANA), new(3, BEN)) == [1, 3]
    assert await mine(new(1, ANA), new(4, ANA)) == [], "Ana has others waiting"
    assert await claimed(database) == []
    assert await mine(new(5, 3), new(6, 4), room=1) == [5]
    assert [one.update_id for one in await claimed(database)] == [6]
    assert len(await claimed(database, NOON + LEASE)) == 1, "those that never came back are begun one at a time"


async def test_two_processes_never_handle_the_same_update(database: Database, second_database: Database) -> None:
    await take_in(database, BOT, [new(number, number % 30) for number in range(1, 121)], now=NOON)
    seen: list[int] = []
    while True:
        parts = await asyncio.gather(claimed(database, room=7), claimed(second_database, room=7))
        if not any(parts):
            break
        assert not {one.person_id for one in parts[0]} & {one.person_id for one in parts[1]}
        seen += [one.update_id for part in parts for one in part]
        await recorded(database, *(HandledUpdate(update=one) for part in parts for one in part))
    assert sorted(seen) == list(range(1, 121))


async def test_an_update_whose_process_died_is_handled_once_its_lease_is_over(database: Database) -> None:
    await take_in(database, BOT, [new(1)], now=NOON)
    [lost] = await claimed(database)
    assert await claimed(database, NOON + LEASE - timedelta(seconds=1)) == []
    [again] = await claimed(database, NOON + LEASE)
    await recorded(database, HandledUpdate(update=lost))
    assert await kept(database) == {}, "the one who lost the lease has no say"
    await recorded(database, HandledUpdate(update=again))
    assert await kept(database) == {1: (None, None)}


async def test_a_process_that_is_alone_takes_over_at_once(database: Database) -> None:
    await take_in(database, BOT, [new(1)], now=NOON)
    await claimed(database)
    await release(database)
    assert [one.update_id for one in await claimed(database)] == [1]


async def test_an_update_that_ends_its_process_is_counted_when_it_is_claimed_and_hopeless_after_the_second_time(
    database: Database,
) -> None:
    [first] = await take_in_and_claim(database, BOT, [new(1)], now=NOON, room=1)
    assert (first.tries, first.lost, first.hopeless) == (0, False, False)
    await release(database)  # the next process has started
    [again] = await claimed(database)
    assert (again.tries, again.lost, again.hopeless) == (1, True, False)
    await release(database)
    [again] = await claimed(database)
    assert (again.tries, again.lost, again.hopeless) == (2, True, True)
    await recorded(database, HandledUpdate(update=again, error="NeverCameBack"))
    assert await kept(database) == {1: (b'{"update_id":1}', "NeverCameBack")}


async def test_those_that_were_under_way_beside_it_are_begun_one_by_one_and_new_ones_at_once(
    database: Database,
) -> None:
    people = range(1, 6)
    await take_in_and_claim(database, BOT, [new(person, person) for person in people], now=NOON, room=10)
    await release(database)
    await take_in(database, BOT, [new(person, person) for person in (8, 9)], now=NOON)
    begun = await claimed(database)
    assert sorted(one.update_id for one in begun) == [1, 8, 9]
    assert await claimed(database) == []
    for person in people:
        lost = next(one for one in begun if one.lost)
        assert (lost.update_id, lost.hopeless) == (person, False)
        await recorded(database, HandledUpdate(update=lost))
        begun = await claimed(database)
    assert begun == []


async def test_what_is_given_back_or_put_off_was_no_try(database: Database) -> None:
    await take_in(database, BOT, [new(1)], now=NOON)
    for _ in range(5):
        [update] = await claimed(database)
        assert update.tries == 0
        await database.write(partial(QUEUE.leases.release, database=database, leases=[QUEUE.lease_of(update)]))
    for _ in range(5):
        [update] = await claimed(database)
        await recorded(database, HandledUpdate(update=update, wait=timedelta()))
    assert [one.tries for one in await claimed(database)] == [0]


async def test_what_may_pass_is_tried_again_after_longer_and_longer_pauses_and_then_set_aside(
    database: Database,
) -> None:
    await take_in(database, BOT, [new(1), new(2)], now=NOON)
    now = NOON
    for pause in PAUSES:
        [update] = await claimed(database, now)
        await recorded(database, HandledUpdate(update=update, error="NetworkError", may_pass=True), now=now)
        assert await claimed(database, now + pause - timedelta(milliseconds=1)) == [], "nor is the next one handled"
        now += pause
    [update] = await claimed(database, now)
    await recorded(database, HandledUpdate(update=update, error="NetworkError", may_pass=True), now=now)
    assert await kept(database) == {1: (b'{"update_id":1}', "NetworkError")}
    assert [one.update_id for one in await claimed(database, now)] == [2]


async def test_an_update_that_cannot_be_handled_is_set_aside_and_holds_up_nobody(database: Database) -> None:
    await take_in(database, BOT, [new(1), new(2)], now=NOON)
    [broken] = await claimed(database)
    await recorded(database, HandledUpdate(update=broken, error="KeyError"))
    assert [one.update_id for one in await claimed(database)] == [2]
    assert await kept(database) == {1: (b'{"update_id":1}', "KeyError")}


async def test_of_an_update_that_was_handled_only_its_number_is_left(database: Database) -> None:
    await take_in(database, BOT, [new(1)], now=NOON)
    [update] = await claimed(database)
    await recorded(database, HandledUpdate(update=update))
    assert await kept(database) == {1: (None, None)}


async def test_a_process_takes_updates_of_those_bots_only_that_it_has_open(database: Database) -> None:
    await take_in(database, BOT, [new(1)], now=NOON)
    open_here: list[int] = []
    queue = UpdateQueue(lambda: open_here)

    async def found() -> tuple[bool, int]:
        due = await database.read(lambda connection: queue.is_due(connection, NOON))
        jobs = await database.write(lambda connection: queue.claim(connection, database, now=NOON, room=10))
        return due, len(jobs)

    assert await found() == (False, 0)
    open_here.append(BOT)
    assert await found() == (True, 1)


async def test_an_update_that_takes_long_is_leased_on_unless_somebody_else_has_it(database: Database) -> None:
    await take_in(database, BOT, [new(1)], now=NOON)
    [slow] = await claimed(database)
    later = NOON + LEASE / 2
    await database.write(lambda connection: renew(connection, database, slow, now=later))
    assert await claimed(database, NOON + LEASE) == []
    [taken] = await claimed(database, later + LEASE)
    await database.write(lambda connection: renew(connection, database, slow, now=later + 2 * LEASE))
    assert len(await claimed(database, later + 2 * LEASE)) == 1, "who has lost the lease holds up nobody"
    assert taken.lease != slow.lease


async def test_what_is_under_way_is_not_begun_again_here_however_long_it_takes(database: Database) -> None:
    await take_in(database, BOT, [new(1)], now=NOON)
    clock, there, go, begun = Clock(), asyncio.Event(), asyncio.Event(), []

    async def work(update: TelegramUpdate) -> HandledUpdate:
        begun.append(update.update_id)
        there.set()
        await go.wait()
        return HandledUpdate(update=update)

    turns = QueueWorker(database, QUEUE, work, clock=clock, name="updates")
    await there.wait()
    for _ in range(5):
        clock.now += LEASE
        await turns.take_turn()
        assert await claimed(database, clock.now + LEASE / 2) == [], "nor by another process"
    go.set()
    await turns.close()
    assert begun == [1]
    assert await kept(database) == {1: (None, None)}


async def test_an_update_that_telegram_puts_off_waits_as_long_as_it_says_and_that_is_no_try(database: Database) -> None:
    await take_in(database, BOT, [new(1)], now=NOON)
    now, wait = NOON, timedelta(seconds=95)
    for _ in range(len(PAUSES) + 2):
        [update] = await claimed(database, now)
        assert update.tries == 0
        await recorded(database, HandledUpdate(update=update, error="RetryAfter", may_pass=True, wait=wait), now=now)
        assert await claimed(database, now + wait - timedelta(seconds=1)) == []
        now += wait


def test_telegram_may_be_away_for_an_hour() -> None:
    assert sum(PAUSES, timedelta()) > timedelta(hours=1)
