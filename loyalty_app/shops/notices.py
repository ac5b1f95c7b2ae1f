"""Notices: what the owners of a shop are to be told, each of them once, and who of them knows it already.

Who finds something out leaves a notice with the facts; whoever can reach the owners tells it in their own words. A
notice that nobody could be told within a week is old news and is left.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select, true

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import notice, staff, telegram_bot
from loyalty_app.shops.businesses import find_business
from loyalty_app.shops.links import serving_bot, who_serves
from loyalty_core.access import Role

WEBHOOK = "webhook"
NEWS_FOR = timedelta(days=7)
LEASE = timedelta(seconds=60)
AGAIN = timedelta(seconds=5)
KEY = ("business_id", "id")


class Ailment(StrEnum):
    """What is wrong with a webhook."""

    GONE = "gone"
    SWITCHED_OFF = "switched_off"
    FAILING = "failing"


class Trouble(msgspec.Struct, frozen=True):
    """What is wrong with a webhook, and for how many days. `str()` says it in English."""

    ailment: Ailment
    days: int = 0

    def __str__(self) -> str:
        span = f"{self.days} {'day' if self.days == 1 else 'days'}"
        match self.ailment:
            case Ailment.GONE:
                return "was switched off, because it answered 410 Gone"
            case Ailment.SWITCHED_OFF:
                return f"was switched off, because it has failed for {span}"
            case Ailment.FAILING:
                return f"has failed for {span}"


class WebhookFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice about a webhook says."""

    endpoint_id: int
    url: str
    trouble: Trouble


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice with those who are to be told. `facts` are missing where an older release has written it.

    `bot_id` is the bot that serves the shop; None if there is none.
    """

    business_id: int
    id: int
    text: str
    shop_name: str
    facts: WebhookFacts | None
    owners: tuple[int, ...]
    told_to: tuple[int, ...]
    bot_id: int | None


class NoticeSent(msgspec.Struct, frozen=True, kw_only=True):
    """What came of telling: who knows it now, and whether that is everybody."""

    notice: Notice
    told_to: tuple[int, ...]
    everybody: bool


def write_facts(facts: WebhookFacts) -> str:
    """Facts as they are kept."""
    return msgspec.json.encode(facts).decode()


class NoticeQueue:
    """The notices that owners do not know yet who can be reached by a bot that is open here, as a queue.

    Without `open_bots`, by any bot.
    """

    def __init__(self, open_bots: Callable[[], Iterable[int]] | None = None) -> None:
        self._open_bots = open_bots

    def _claimable(self, now: datetime, room: int) -> Select[Any]:
        bot = (
            who_serves(notice.c.business_id)
            .with_only_columns(telegram_bot.c.bot_id)
            .correlate(notice)
            .scalar_subquery()
        )
        return _claimable(now, room).where(true() if self._open_bots is None else bot.in_(list(self._open_bots())))

    def key(self, job: Notice) -> tuple[int, int]:
        """What tells a notice from all others."""
        return job.business_id, job.id

    def renew(self, connection: Connection, database: Database, jobs: Sequence[Notice], *, now: datetime) -> None:
        """Lease notices for longer."""
        rows = [{"business_id": job.business_id, "id": job.id, "next_at": now + LEASE} for job in jobs]
        database.update(connection, notice, rows, key=KEY)

    def is_due(self, connection: Connection, now: datetime) -> bool:
        """Whether there is something to tell."""
        return connection.execute(self._claimable(now, 1)).first() is not None

    def claim(self, connection: Connection, database: Database, *, now: datetime, room: int) -> Sequence[Notice]:
        """Lease at most `room` notices."""
        rows = connection.execute(self._claimable(now, room).with_for_update(of=notice, skip_locked=True)).all()
        leased = [{"business_id": row.business_id, "id": row.id, "next_at": now + LEASE} for row in rows]
        database.update(connection, notice, leased, key=KEY)
        return [_notice_of(connection, row) for row in rows]

    def record(self, connection: Connection, database: Database, ended: Sequence[NoticeSent], *, now: datetime) -> None:
        """Note who knows it now; what not everybody knows is tried again soon."""
        rows = [
            {
                "business_id": one.notice.business_id,
                "id": one.notice.id,
                "told_to": msgspec.json.encode(one.told_to).decode(),
                "told_at": now if one.everybody else None,
                "next_at": None if one.everybody else now + AGAIN,
            }
            for one in ended
        ]
        database.update(connection, notice, rows, key=KEY)


def _claimable(now: datetime, room: int) -> Select[Any]:
    free = or_(notice.c.next_at.is_(None), notice.c.next_at <= now)
    theirs = select(staff.c.id).where(_owners(), staff.c.business_id == notice.c.business_id)
    new = and_(notice.c.told_at.is_(None), notice.c.at > now - NEWS_FOR, notice.c.kind == WEBHOOK)
    return select(notice).where(new, free, theirs.exists()).order_by(notice.c.at).limit(room)


def _owners() -> ColumnElement[bool]:
    return and_(staff.c.role == Role.OWNER.value, staff.c.removed_at.is_(None), staff.c.user_id.is_not(None))


def _notice_of(connection: Connection, row: Row[Any]) -> Notice:
    own = select(staff.c.user_id).where(_owners(), staff.c.business_id == row.business_id).order_by(staff.c.id)
    serving = serving_bot(connection, row.business_id)
    return Notice(
        business_id=row.business_id,
        id=row.id,
        text=row.text,
        shop_name=find_business(connection, row.business_id).name,
        facts=msgspec.json.decode(row.facts, type=WebhookFacts) if row.facts else None,
        owners=tuple(connection.execute(own).scalars()),
        told_to=msgspec.json.decode(row.told_to, type=tuple[int, ...]) if row.told_to else (),
        bot_id=serving.bot_id if serving is not None else None,
    )
