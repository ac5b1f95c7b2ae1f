"""Updates: what Telegram has sent to bots, kept until it is handled, so that nothing is lost and nothing done twice.

An update is written down first, then handled, then forgotten but for its number. Updates of one person are handled one
after the other in the order of their numbers, those of several people side by side, by any number of processes. What
an update means is not known here.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import telegram_update
from loyalty_core.fields import LARGEST_ID

LEASE = timedelta(seconds=30)
PAUSES = (
    timedelta(seconds=1),
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
)
"""How long an update waits after each failure that may pass; after the last it is set aside."""

KEY = ("bot_id", "update_id")
Result = TypeVar("Result")
WAITING = telegram_update.c.done_at.is_(None)


class NewUpdate(msgspec.Struct, frozen=True):
    """An update as it came: its number, the person whom it is from, and all of it as JSON."""

    update_id: int
    person_id: int
    body: bytes


def new_update(raw: object) -> NewUpdate:
    """An update as it is written down. Raises ValueError if it is none: it has no number."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or type(number) is not int or not 0 <= number <= LARGEST_ID:
        raise ValueError("not an update")
    return NewUpdate(number, person_of(raw), msgspec.json.encode(raw))


def person_of(raw: dict[str, Any]) -> int:
    """The person whom an update is from; 0 if it is from nobody."""
    for part in raw.values():
        if isinstance(part, dict) and isinstance(sender := part.get("from"), dict):
            number = sender.get("id")
            return number if type(number) is int and abs(number) <= LARGEST_ID else 0
    return 0


class TelegramUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """An update that this process is to handle; `tries` counts the times before."""

    bot_id: int
    update_id: int
    person_id: int
    body: bytes
    tries: int
    lease: str


class HandledUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an update: done, or an error; one that may pass is tried again.

    `wait` is how long it was put off, which is no failure: it does not count as a try.
    """

    update: TelegramUpdate
    error: str | None = None
    may_pass: bool = False
    wait: timedelta | None = None


async def take_in(database: Database, bot_id: int, updates: Iterable[NewUpdate], *, now: datetime) -> int:
    """Write down updates that are not there yet; says how many. What came twice is taken once."""

    def work(connection: Connection) -> int:
        new = _new(database, connection, bot_id, updates=list(updates))
        database.insert(connection, telegram_update, (_row(bot_id, one, now) for one in new))
        return len(new)

    return await _twice(database, work)


async def take_in_and_claim(
    database: Database, bot_id: int, updates: Iterable[NewUpdate], *, now: datetime, room: int
) -> list[TelegramUpdate]:
    """Write updates down, and lease at once the first of each of at most `room` people who have none waiting.

    The same as taking in and claiming, in one transaction instead of two.
    """
    came, lease = list(updates), secrets.token_hex(16)

    def work(connection: Connection) -> list[TelegramUpdate]:
        new = _new(database, connection, bot_id, updates=came)
        firsts = {one.person_id: one for one in reversed(new)}
        free = sorted(firsts.keys() - _with_waiting(connection, bot_id, firsts))[:room]
        mine = {firsts[person].update_id for person in free}
        rows = [_row(bot_id, one, now, lease=lease if one.update_id in mine else None) for one in new]
        database.insert(connection, telegram_update, rows)
        return [_claimed(bot_id, one, lease) for one in new if one.update_id in mine]

    return await _twice(database, work)


async def _twice(database: Database, work: Callable[[Connection], Result]) -> Result:
    try:
        return await database.write(work)
    except IntegrityError:  # another process has just written one of them: now it can be seen
        return await database.write(work)


def _new(database: Database, connection: Connection, bot_id: int, *, updates: list[NewUpdate]) -> list[NewUpdate]:
    """Those that are not there yet, in the order of their numbers."""
    came = {one.update_id: one for one in updates}
    known = database.fetch(connection, telegram_update, KEY, [(bot_id, number) for number in came])
    return [came[number] for number in sorted(came.keys() - {row.update_id for row in known})]


def _with_waiting(connection: Connection, bot_id: int, people: Iterable[int]) -> set[int]:
    own = (telegram_update.c.bot_id == bot_id, telegram_update.c.person_id.in_(list(people)))
    return set(connection.execute(select(telegram_update.c.person_id).where(WAITING, *own)).scalars())


def _row(bot_id: int, new: NewUpdate, now: datetime, *, lease: str | None = None) -> dict[str, object]:
    return {
        "bot_id": bot_id,
        "update_id": new.update_id,
        "person_id": new.person_id,
        "body": new.body,
        "received_at": now,
        "tries": 0,
        "lease": lease,
        "lease_until": now + LEASE if lease else None,
    }


def _claimed(bot_id: int, new: NewUpdate, lease: str) -> TelegramUpdate:
    return TelegramUpdate(
        bot_id=bot_id, update_id=new.update_id, person_id=new.person_id, body=new.body, tries=0, lease=lease
    )


class UpdateQueue:
    """The updates of the bots that are open here as a queue; without `open_bots`, those of all bots."""

    def __init__(self, open_bots: Callable[[], Iterable[int]] | None = None) -> None:
        self._open_bots = open_bots

    def _claimable(self, now: datetime, room: int) -> Select[tuple[object, ...]]:
        return _claimable(now, room, bots=None if self._open_bots is None else list(self._open_bots()))

    def key(self, job: TelegramUpdate) -> tuple[int, int]:
        """What tells an update from all others."""
        return job.bot_id, job.update_id

    def renew(
        self, connection: Connection, database: Database, jobs: Sequence[TelegramUpdate], *, now: datetime
    ) -> None:
        """Lease updates for longer; one whose lease is lost is left to whoever holds it now."""
        rows = [
            {"bot_id": job.bot_id, "update_id": job.update_id, "lease": job.lease, "lease_until": now + LEASE}
            for job in jobs
        ]
        database.update(connection, telegram_update, rows, key=(*KEY, "lease"))

    def is_due(self, connection: Connection, now: datetime) -> bool:
        """Whether an update can be handled."""
        return connection.execute(self._claimable(now, 1)).first() is not None

    def claim(
        self, connection: Connection, database: Database, *, now: datetime, room: int
    ) -> Sequence[TelegramUpdate]:
        """Lease the first waiting update of each of at most `room` people."""
        found = self._claimable(now, room).with_for_update(of=telegram_update, skip_locked=True)
        rows = connection.execute(found).all()
        lease = secrets.token_hex(16)
        leased = [
            {"bot_id": row.bot_id, "update_id": row.update_id, "lease": lease, "lease_until": now + LEASE}
            for row in rows
        ]
        database.update(connection, telegram_update, leased, key=KEY)
        return [
            TelegramUpdate(
                bot_id=row.bot_id,
                update_id=row.update_id,
                person_id=row.person_id,
                body=row.body,
                tries=row.tries,
                lease=lease,
            )
            for row in rows
        ]

    def record(
        self, connection: Connection, database: Database, ended: Sequence[HandledUpdate], *, now: datetime
    ) -> None:
        """Note what came of updates. One whose lease is lost is left to whoever holds it now."""
        keys = [(one.update.bot_id, one.update.update_id) for one in ended]
        leases = {
            (row.bot_id, row.update_id): row.lease
            for row in database.fetch(connection, telegram_update, KEY, keys, lock=True)
        }
        held = [one for one in ended if leases.get((one.update.bot_id, one.update.update_id)) == one.update.lease]
        database.update(connection, telegram_update, [_ended_row(one, now) for one in held], key=KEY)


def _claimable(now: datetime, room: int, *, bots: list[int] | None) -> Select[tuple[object, ...]]:
    """The first waiting update of each person, if nobody handles it and it need not wait.

    PostgreSQL looks at a row again once it has locked it, by what the outer question says: so that must say all.
    """
    open_here = true() if bots is None else telegram_update.c.bot_id.in_(bots)
    first = (
        select(telegram_update.c.bot_id, func.min(telegram_update.c.update_id).label("update_id"))
        .where(WAITING, open_here)
        .group_by(telegram_update.c.bot_id, telegram_update.c.person_id)
        .subquery("first")
    )
    same = and_(*(first.c[name] == telegram_update.c[name] for name in KEY))
    return (
        select(telegram_update)
        .join_from(telegram_update, first, same)
        .where(WAITING, _free(now), open_here)
        .order_by(telegram_update.c.received_at, telegram_update.c.update_id)
        .limit(room)
    )


def _free(now: datetime) -> ColumnElement[bool]:
    until = telegram_update.c.lease_until
    return or_(until.is_(None), until <= now)


def will_be_tried(handled: HandledUpdate) -> bool:
    """Whether an update that failed is to be handled again; otherwise it is done, or set aside."""
    return handled.wait is not None or (handled.may_pass and handled.update.tries < len(PAUSES))


def _ended_row(handled: HandledUpdate, now: datetime) -> dict[str, object]:
    which, again = handled.update, will_be_tried(handled)
    pause = handled.wait if handled.wait is not None else PAUSES[which.tries] if again else None
    return {
        "bot_id": which.bot_id,
        "update_id": which.update_id,
        "tries": which.tries + (handled.wait is None),
        "error": handled.error,
        "body": which.body if again or handled.error is not None else None,
        "done_at": None if again else now,
        "lease": None,
        "lease_until": now + pause if pause is not None else None,
    }


async def release(database: Database) -> None:
    """Take away all leases, when it is known that no other process is at work: those who had them are gone."""
    free = update(telegram_update).where(WAITING).values(lease=None, lease_until=None)
    await database.write(lambda connection: connection.execute(free).close())
