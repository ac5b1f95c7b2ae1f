"""Notices for owners: what a shop's owners are to be told, as that a webhook fails, and who knows it already.

Code that finds a fault writes a notice with its facts (`webhooks/endpoint_health.py`); it waits here as a queue.
`bots/owner_notice_worker.py` tells each owner once, in the owner's language. A notice that nobody could be told within
a week is old news and is left.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, select, true

from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import notice, staff, telegram_bot
from loyalty_app.db.types import UtcDateTime
from loyalty_app.queues.leased_table import Given, Lease, LeasedTable
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
    """A notice, and who is to be told. `facts` are missing if an older release wrote it.

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
    lease: str


class NoticeSent(msgspec.Struct, frozen=True, kw_only=True):
    """The result of telling: who knows it now, and whether that is everybody."""

    notice: Notice
    told_to: tuple[int, ...]
    everybody: bool


def write_facts(facts: WebhookFacts) -> str:
    """Facts as they are stored."""
    return msgspec.json.encode(facts).decode()


def _owners() -> ColumnElement[bool]:
    return and_(staff.c.role == Role.OWNER.value, staff.c.removed_at.is_(None), staff.c.user_id.is_not(None))


UNTOLD = and_(notice.c.told_at.is_(None), notice.c.kind == WEBHOOK)
RECENT = notice.c.at > bindparam("news_since", type_=UtcDateTime())
HAS_OWNERS = select(staff.c.id).where(_owners(), staff.c.business_id == notice.c.business_id).exists()
SERVING_BOT = (
    who_serves(notice.c.business_id).with_only_columns(telegram_bot.c.bot_id).correlate(notice).scalar_subquery()
)


class NoticeQueue:
    """Notices for owners who can be reached by a bot that is open here, as a queue.

    Without `open_bots`, by any bot.
    """

    def __init__(self, open_bots: Callable[[], Iterable[int]] | None = None) -> None:
        self._open_bots = open_bots
        of_bots = true() if open_bots is None else SERVING_BOT.in_(bindparam("bots", expanding=True))
        due = select(notice).where(UNTOLD, RECENT, HAS_OWNERS, of_bots)
        self.leases = LeasedTable(notice, key=KEY, due=due.order_by(notice.c.at), lasts=LEASE, until="next_at")

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
        lease=lease.token,
    )
