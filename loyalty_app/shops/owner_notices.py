"""Notices for owners: what a shop's owners, or named people, are to be told, and who knows it already.

A notice is written with its facts (`add_notice`), in the transaction of what it is about, and waits here as a queue.
`bots/owner_notice_worker.py` tells each person once, in their language. A notice that nobody could be told within a
week is old news and is left. What notices say is in `notice_facts`.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, or_, select, true

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import notice, staff, telegram_bot
from loyalty_app.db.types import UtcDateTime
from loyalty_app.ids import Kind
from loyalty_app.queues.leased_table import Given, Lease, LeasedTable
from loyalty_app.shops.businesses import find_business
from loyalty_app.shops.links import bots_that_know
from loyalty_app.shops.notice_facts import KINDS, Facts, kind_of, read_facts, write_facts
from loyalty_core.access import Role
from loyalty_core.fields import BotId

NEWS_FOR = timedelta(days=7)
SAME_NEWS = timedelta(days=30)
LEASE = timedelta(seconds=60)
AGAIN = timedelta(seconds=5)
KEY = ("business_id", "id")


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice, and who is to be told: `people`, by Telegram's ids. `facts` are missing if an older release wrote it.

    `bots` are those that know the shop: its own, then the shared one.
    """

    business_id: int
    id: int
    text: str
    shop_name: str
    kind: str
    facts: Facts | None
    people: tuple[int, ...]
    told_to: tuple[int, ...]
    bots: tuple[BotId, ...]
    lease: str


class NoticeSent(msgspec.Struct, frozen=True, kw_only=True):
    """The result of telling: who knows it now, and whether that is everybody."""

    notice: Notice
    told_to: tuple[int, ...]
    everybody: bool


def _owners() -> ColumnElement[bool]:
    return and_(staff.c.role == Role.OWNER.value, staff.c.removed_at.is_(None), staff.c.user_id.is_not(None))


UNTOLD = and_(notice.c.told_at.is_(None), notice.c.kind.in_(KINDS))
RECENT = notice.c.at > bindparam("news_since", type_=UtcDateTime())
SOMEBODY = or_(
    notice.c.people.is_not(None),
    select(staff.c.id).where(_owners(), staff.c.business_id == notice.c.business_id).exists(),
)


class NoticeQueue:
    """Notices for owners who can be reached by a bot that is open here, as a queue.

    Without `open_bots`, by any bot.
    """

    def __init__(self, open_bots: Callable[[], Iterable[int]] | None = None) -> None:
        self._open_bots = open_bots
        of_bots = bots_that_know(notice.c.business_id).where(
            telegram_bot.c.bot_id.in_(bindparam("bots", expanding=True))
        )
        reachable = true() if open_bots is None else of_bots.correlate(notice).exists()
        due = select(notice).where(UNTOLD, RECENT, SOMEBODY, reachable)
        self.leases = LeasedTable(
            notice,
            key=KEY,
            due=due.order_by(notice.c.at),
            lasts=LEASE,
            until="next_at",
        ).among(notice.c.told_at.is_(None))

    def _given(self, now: datetime) -> Given:
        bots: Given = {} if self._open_bots is None else {"bots": list(self._open_bots())}
        return {"news_since": now - NEWS_FOR, **bots}

    def lease_of(self, job: Notice) -> Lease:
        """The lease of a notice."""
        return Lease((job.business_id, job.id), job.lease)

    def is_due(self, connection: Connection, now: datetime) -> bool:
        """Whether there is a notice to tell."""
        return self.leases.is_due(connection, now, self._given(now))

    def claim(self, connection: Connection, database: Database, *, now: datetime, room: int) -> list[Notice]:
        """Lease at most `room` notices."""
        rows = self.leases.claim(connection, database, now=now, room=room, given=self._given(now))
        return [_notice_of(connection, row, lease) for row, lease in rows]

    def record(self, connection: Connection, database: Database, ended: Sequence[NoticeSent], *, now: datetime) -> None:
        """Record who knows a notice; if not everybody, it is told again soon.

        A notice whose lease is lost is left to its holder.
        """
        leases = {self.lease_of(one.notice): one for one in ended}
        held = self.leases.held(connection, database, leases)
        self.leases.finish(connection, database, {lease: _after(leases[lease], now) for lease in held})

    def set_aside(self, job: Notice, _now: datetime) -> NoticeSent:
        """A notice that cannot be told counts as told."""
        return NoticeSent(notice=job, told_to=job.told_to, everybody=True)


def _after(sent: NoticeSent, now: datetime) -> Values:
    """What to store of a told notice."""
    return {
        "told_to": msgspec.json.encode(sent.told_to).decode(),
        "told_at": now if sent.everybody else None,
        "next_at": None if sent.everybody else now + AGAIN,
    }


def _notice_of(connection: Connection, row: Row[Any], lease: Lease) -> Notice:
    people = msgspec.json.decode(row.people, type=tuple[int, ...]) if row.people else None
    return Notice(
        business_id=row.business_id,
        id=row.id,
        kind=row.kind,
        text=row.text,
        shop_name=find_business(connection, row.business_id).name,
        facts=read_facts(row.kind, row.facts, of_shop=row.business_id),
        people=tuple(owners_of(connection, row.business_id)) if people is None else people,
        told_to=msgspec.json.decode(row.told_to, type=tuple[int, ...]) if row.told_to else (),
        bots=tuple(BotId(found) for (found,) in connection.execute(bots_that_know(row.business_id))),
        lease=lease.token,
    )


def add_notice(
    database: Database,
    connection: Connection,
    business_id: int,
    *,
    facts: Facts,
    now: datetime,
    people: Collection[int] | None = None,
) -> None:
    """Leave a notice inside the caller's transaction: for the owners, or for `people`, by Telegram's ids."""
    if people is not None and not people:
        return
    listed = None if people is None else msgspec.json.encode(list(people)).decode()
    _leave(database, connection, {"business_id": business_id, "at": now, "people": listed}, facts)


def add_notice_for_later(
    database: Database,
    connection: Connection,
    business_id: int,
    *,
    facts: Facts,
    now: datetime,
    not_before: datetime | None,
) -> None:
    """The same for the owners, told from a moment on; None is at once."""
    _leave(database, connection, {"business_id": business_id, "at": now, "next_at": not_before}, facts)


def _leave(database: Database, connection: Connection, values: Values, facts: Facts) -> None:
    said = {"kind": kind_of(facts), "text": str(facts), "facts": write_facts(facts)}
    with database.ids(connection) as ids:
        row = {**values, **said, "id": ids.take(Kind.NOTICE)}
    database.insert(connection, notice, [row])


def add_notice_once(
    database: Database,
    connection: Connection,
    business_id: int,
    *,
    facts: Facts,
    now: datetime,
    people: Collection[int] | None = None,
) -> None:
    """Leave a notice for the owners, or for `people`, unless they had the same one in the last month."""
    same = (notice.c.business_id == business_id, notice.c.text == str(facts), notice.c.at > now - SAME_NEWS)
    if connection.execute(select(notice.c.id).where(*same).limit(1)).first() is None:
        add_notice(database, connection, business_id, facts=facts, now=now, people=people)


def withdraw_bot_notices(connection: Connection, business_id: int | None) -> None:
    """Remove what was not told yet about a shop's own bot: Telegram takes its token again."""
    if business_id is not None:
        own = (notice.c.business_id == business_id, notice.c.kind == "bot", notice.c.told_at.is_(None))
        connection.execute(delete(notice).where(*own))


def owners_of(connection: Connection, business_id: int) -> list[int]:
    """The owners of a shop who can be told something, by Telegram's ids."""
    own = select(staff.c.user_id).where(_owners(), staff.c.business_id == business_id).order_by(staff.c.id)
    return list(connection.execute(own).scalars())


def managers_of(connection: Connection, business_id: int) -> list[int]:
    """The managers and owners of a shop who can be told something, by Telegram's ids."""
    in_charge = staff.c.role.in_([Role.MANAGER.value, Role.OWNER.value])
    there = (staff.c.business_id == business_id, staff.c.removed_at.is_(None), staff.c.user_id.is_not(None))
    return list(connection.execute(select(staff.c.user_id).where(in_charge, *there).order_by(staff.c.id)).scalars())
