"""The update queue: hands out stored updates of Telegram to be handled, each to one process at a time.

Updates of one person are handled one by one in the order of their numbers, those of several people in parallel, by any
number of processes. Here it is decided which update is next and what to store afterwards. `incoming_updates` stores new
ones; what an update means is not known here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, not_, or_, select, true, tuple_

from loyalty_app.chat.bots import bots_there
from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import telegram_update
from loyalty_app.observability.queue_depths import QueueDepth
from loyalty_app.queues.leased_table import Given, Lease, LeasedTable

LEASE = timedelta(seconds=30)
PAUSES = (
    timedelta(seconds=1),
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
)
"""The wait after each failure that may pass; after the last the update is set aside."""
MOST_LOST = 2
"""How often an update may be begun and never come back, because its process ended; after that it is set aside."""

KEY = ("bot_id", "update_id")
WAITING = telegram_update.c.done_at.is_(None)
IN_DOUBT = "in doubt"
"""Noted as the error of an update that waits, and of which something may have been saved."""
LOST = and_(telegram_update.c.tries > 0, telegram_update.c.error.is_(None))
"""Begun, and without a result: under way somewhere, or its process ended."""


class TelegramUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """An update for this process to handle; `tries` counts earlier tries, `lost` says that the last never came back.

    `in_doubt` says that something of it may have been saved, whichever process tried.
    """

    bot_id: int
    update_id: int
    person_id: int
    body: bytes
    tries: int
    lease: str
    received_at: datetime
    lost: bool = False
    in_doubt: bool = False

    @property
    def hopeless(self) -> bool:
        """Whether it ended its process again and again, so that it must not be begun once more."""
        return (self.lost and self.tries >= MOST_LOST) or self.tries > len(PAUSES)


class HandledUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an update: done, or an error; one that may pass is tried again.

    `wait` is how long it was put off. That is no failure and no try.
    """

    update: TelegramUpdate
    error: str | None = None
    may_pass: bool = False
    wait: timedelta | None = None


class UpdateQueue:
    """Updates of the bots that are open here, as a queue; without `open_bots`, those of all bots."""

    def __init__(self, open_bots: Callable[[], Iterable[int]] | None = None) -> None:
        self._open_bots = open_bots
        of_bots = true() if open_bots is None else telegram_update.c.bot_id.in_(bindparam("bots", expanding=True))
        due = _first_of_each_person(of_bots)
        self.leases = LeasedTable(telegram_update, key=KEY, due=due, lasts=LEASE).among(WAITING).counting("tries")

    def _given(self) -> Given:
        return {} if self._open_bots is None else {"bots": list(self._open_bots())}

    def lease_of(self, job: TelegramUpdate) -> Lease:
        """The lease of an update."""
        return Lease((job.bot_id, job.update_id), job.lease)

    def is_due(self, connection: Connection, now: datetime) -> bool:
        """Whether any update can be handled now."""
        return self.leases.is_due(connection, now, self._given())

    def claim(self, connection: Connection, database: Database, *, now: datetime, room: int) -> list[TelegramUpdate]:
        """Lease the first waiting update of each of at most `room` people."""
        rows = self.leases.claim(connection, database, now=now, room=room, given=self._given())
        return [
            TelegramUpdate(
                bot_id=row.bot_id,
                update_id=row.update_id,
                person_id=row.person_id,
                body=row.body,
                tries=row.tries,
                lease=lease.token,
                received_at=row.received_at,
                lost=row.tries > 0 and row.error is None,
                in_doubt=row.error == IN_DOUBT or (row.tries > 0 and row.error is None),
            )
            for row, lease in rows
        ]

    def record(
        self, connection: Connection, database: Database, ended: Sequence[HandledUpdate], *, now: datetime
    ) -> None:
        """Record the results of updates. One whose lease is lost is left to its holder."""
        leases = {self.lease_of(one.update): one for one in ended}
        held = self.leases.held(connection, database, leases)
        self.leases.finish(connection, database, {lease: _after(leases[lease], now) for lease in held})

    def set_aside(self, job: TelegramUpdate, _now: datetime) -> HandledUpdate:
        """An update that cannot be handled is stored with its body, and done."""
        return HandledUpdate(update=job, error="set aside")


def _first_of_each_person(of_bots: ColumnElement[bool]) -> Select[Any]:
    """The first waiting update of each person; while it is handled or put off, their others wait.

    Of those that were begun and never came back, one is handled at a time. Why: one of them may end the process again,
    and the others, which were under way beside it, must not be counted with it.

    Why all conditions are repeated outside: once PostgreSQL has locked a row, it checks only the outer query again. Why
    not a join: SQLite then compares each waiting update with all first ones of its bot. Measured with 4,000 waiting:
    1.4 s instead of 10 ms.
    """
    firsts = (
        select(telegram_update.c.bot_id, func.min(telegram_update.c.update_id))
        .where(WAITING, of_bots)
        .group_by(telegram_update.c.bot_id, telegram_update.c.person_id)
    )
    key = tuple_(*(telegram_update.c[name] for name in KEY))
    first_lost = (
        select(telegram_update.c.bot_id, telegram_update.c.update_id)
        .where(WAITING, of_bots, LOST)
        .order_by(telegram_update.c.received_at, telegram_update.c.update_id)
        .limit(1)
    )
    return (
        select(telegram_update)
        .where(WAITING, of_bots, key.in_(firsts), or_(not_(LOST), key.in_(first_lost)))
        .order_by(telegram_update.c.received_at, telegram_update.c.update_id)
    )


def will_be_tried(handled: HandledUpdate) -> bool:
    """Whether a handled update is tried again; otherwise it is done, or set aside."""
    return handled.wait is not None or (handled.may_pass and handled.update.tries < len(PAUSES))


def _after(handled: HandledUpdate, now: datetime) -> Values:
    """What to store of a handled update; `lease_until` says when one that has to wait is free."""
    which, again = handled.update, will_be_tried(handled)
    pause = handled.wait if handled.wait is not None else PAUSES[which.tries] if again else None
    return {
        "tries": which.tries + (handled.wait is None),
        "error": handled.error,
        "body": which.body if again or handled.error is not None else None,
        "done_at": None if again else now,
        "lease_until": now + pause if pause is not None else None,
    }


async def release(database: Database) -> None:
    """Free all updates. Call it only when no other process is running."""
    leases = UpdateQueue().leases
    await database.write(lambda connection: leases.release_all(connection, WAITING))


def update_depths(connection: Connection, _now: datetime, *, shared_bot: bool = True) -> Iterator[QueueDepth]:
    """How many updates wait for current bots; `shared_bot` says whether the settings name a shared bot."""
    waiting = select(func.count()).where(WAITING, telegram_update.c.bot_id.in_(bots_there(shared=shared_bot)))
    count = connection.execute(waiting).scalar_one()
    yield QueueDepth("loyalty_updates_waiting", "Updates of Telegram that wait to be handled.", count)
