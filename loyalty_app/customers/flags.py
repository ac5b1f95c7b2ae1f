"""Flags: reads what a shop's people did in the last days, keeps what the core flags, and lists what was flagged.

A look reads the entries of yesterday and today, and of the days since owners were told last, a week at most; and counts
the visits of the weeks before, of `MOST_ENTRIES` entries at most. A stamp that was booked more than a day late is not
looked at. What is new is kept at once, so that it is flagged once, also when several look.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, String, and_, func, literal_column, select, type_coerce, update

from loyalty_app.customers.ledger_times import DISORDER, first_entry_since
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business as business_table
from loyalty_app.db.tables import flag, staff, telegram_card, transaction
from loyalty_app.pagination import Page, PageRequest, Walk, page_of, read_page
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.flag_rules import last_told, read_flag_rules
from loyalty_core.flags import LEARNED_DAYS, Flag, FlagKind, Habits, HourCount, SeenEntry, find_flags, habits_of
from loyalty_core.ledger import ActorType, EntryType
from loyalty_core.views import ActorView, utc

LONGEST_LOOK = timedelta(days=7)
MOST_ENTRIES = 200_000


class FlagView(msgspec.Struct, frozen=True, kw_only=True):
    """A flagged entry as the world sees it: what it was flagged for, and whose entry on whose card it is.

    `number` is how many visits or undos the day had when it was flagged; `undone` whether the entry was undone since.
    """

    id: int
    kind: FlagKind
    day: date
    number: int
    transaction_id: int
    type: EntryType
    stamps: int
    customer_id: int
    branch_id: int | None
    actor: ActorView
    occurred_at: datetime
    undone: bool


async def look(database: Database, business: Business, *, now: datetime) -> None:
    """Flag what is new up to now."""
    found = await database.read(lambda connection: _new_flags(connection, business, now))
    if found:
        await database.write(lambda connection: _keep(database, connection, business, found))


def _new_flags(connection: Connection, business: Business, now: datetime) -> list[Flag]:
    start = _first_moment(connection, business, now)
    seen = list(_entries_since(connection, business, start))
    if not seen:
        return []
    habits, rules = _habits(connection, business, start), read_flag_rules(connection, business.id)
    return _unknown(connection, business, find_flags(seen, rules, habits, business.zone))


def _first_moment(connection: Connection, business: Business, now: datetime) -> datetime:
    """The midnight at which a look begins."""
    today, told = now.astimezone(business.zone).date(), last_told(connection, business.id)
    yesterday = today - timedelta(days=1)
    first = max(min(told or yesterday, yesterday), today - LONGEST_LOOK)
    return datetime.combine(first, time(), tzinfo=business.zone)


def _entries_since(connection: Connection, business: Business, start: datetime) -> Iterator[SeenEntry]:
    entry, first = transaction.c, first_entry_since(connection, business.id, start - DISORDER)
    columns = (entry.id, entry.type, entry.customer_id, entry.actor_type, entry.actor_id, entry.branch_id)
    wanted = (EntryType.STAMP.value, EntryType.VOID.value)
    asked = (
        select(*columns, entry.occurred_at, entry.voided_by.is_(None).label("standing"))
        .where(entry.business_id == business.id, entry.id >= first, entry.occurred_at >= start)
        .where(entry.type.in_(wanted))
        .order_by(entry.id)
    )
    for number, kind, customer_id, actor, actor_id, branch_id, at, standing in connection.execute(asked):
        yield SeenEntry(number, EntryType(kind), customer_id, ActorType(actor), actor_id, branch_id, at, bool(standing))


def _habits(connection: Connection, business: Business, start: datetime) -> Habits:
    holds = and_(telegram_card.c.business_id == staff.c.business_id, telegram_card.c.user_id == staff.c.user_id)
    theirs = select(staff.c.id, telegram_card.c.customer_id).join_from(staff, telegram_card, holds)
    own = [(row.id, row.customer_id) for row in connection.execute(theirs.where(staff.c.business_id == business.id))]
    return habits_of(_past(connection, business, start), business.zone, own)


def _past(connection: Connection, business: Business, start: datetime) -> list[HourCount]:
    """The visits of the weeks before, counted by hour and place."""
    entry, since = transaction.c, start - timedelta(days=LEARNED_DAYS)
    hour, first = _hour(connection), first_entry_since(connection, business.id, since)
    newest = select(entry.id).where(entry.business_id == business.id, entry.id >= first).order_by(entry.id.desc())
    cut = connection.scalar(newest.offset(MOST_ENTRIES).limit(1))
    by_till = (entry.actor_type == ActorType.API_KEY.value).label("by_till")
    counted = (
        select(hour.label("hour"), entry.branch_id, by_till, func.count().label("visits"))
        .where(entry.business_id == business.id, entry.id >= (first if cut is None else cut))
        .where(entry.occurred_at >= since, entry.occurred_at < start)
        .where(entry.type == EntryType.STAMP.value, entry.voided_by.is_(None))
        .group_by("hour", entry.branch_id, "by_till")
    )
    return [
        HourCount(_read_hour(row.hour), row.branch_id, bool(row.by_till), row.visits)
        for row in connection.execute(counted)
    ]


def _hour(connection: Connection) -> ColumnElement[Any]:
    """The beginning of an entry's hour in UTC; on SQLite a text without minutes."""
    if connection.dialect.name == "sqlite":
        return func.substr(type_coerce(transaction.c.occurred_at, String), 1, 13)
    return func.date_trunc(literal_column("'hour'"), transaction.c.occurred_at)


def _read_hour(hour: str | datetime) -> datetime:
    return hour if isinstance(hour, datetime) else datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC)


def _unknown(connection: Connection, business: Business, found: list[Flag]) -> list[Flag]:
    """The flags that are not kept yet."""
    if not found:
        return []
    since = min(one.day for one in found)
    kept = select(flag.c.kind, flag.c.day, flag.c.subject).where(flag.c.business_id == business.id)
    keys = {(row.kind, row.day, row.subject) for row in connection.execute(kept.where(flag.c.day >= since))}
    return [one for one in found if one.key not in keys]


def _keep(database: Database, connection: Connection, business: Business, found: list[Flag]) -> None:
    """Keep new flags, unless the shop was deleted meanwhile. It is locked: of two who look at once, one keeps them."""
    own = select(business_table.c.id).where(business_table.c.id == business.id)
    if connection.execute(own.with_for_update()).first() is None:
        return
    rows = [
        {
            "business_id": business.id,
            "id": one.id,
            "kind": one.kind.value,
            "day": one.day,
            "subject": one.subject,
            "transaction_id": one.transaction_id,
            "number": one.number,
            "occurred_at": one.occurred_at,
        }
        for one in _unknown(connection, business, found)
    ]
    if rows:
        database.insert(connection, flag, rows)


def list_flags(
    connection: Connection, business: Business, *, wanted: PageRequest, since: datetime | None = None
) -> Page[FlagView]:
    """What was flagged, the newest entry first. Raises PageTooDeep, InvalidCursor."""
    rows = _flags(business.id, *([] if since is None else [flag.c.occurred_at >= since])).subquery()
    walk = Walk("flags", rows.c.id, newest_first=True)
    return page_of(read_page(connection, select(rows), walk, wanted=wanted, total=None), _view)


def untold_flags(connection: Connection, business_id: int, *, until: date) -> list[FlagView]:
    """What no message has told yet, of days up to one, the oldest entry first."""
    waiting = _flags(business_id, flag.c.told_at.is_(None), flag.c.day <= until).order_by(flag.c.id)
    return [_view(row) for row in connection.execute(waiting)]


def note_told(connection: Connection, business_id: int, ids: Collection[int], *, now: datetime) -> None:
    """Note that a message tells these flags."""
    told = update(flag).where(flag.c.business_id == business_id, flag.c.id.in_(ids))
    connection.execute(told.values(told_at=now)).close()


def _flags(business_id: int, *conditions: ColumnElement[bool]) -> Any:  # noqa: ANN401  # a SELECT
    entry = transaction.c
    of_entry = and_(entry.business_id == flag.c.business_id, entry.id == flag.c.transaction_id)
    of_flag = (flag.c.id, flag.c.kind, flag.c.day, flag.c.number, flag.c.transaction_id, flag.c.occurred_at)
    of_it = (entry.type, entry.stamps, entry.customer_id, entry.branch_id, entry.actor_type, entry.actor_id)
    asked = select(*of_flag, *of_it, entry.actor_name, entry.voided_by).join_from(flag, transaction, of_entry)
    return asked.where(flag.c.business_id == business_id, *conditions)


def _view(row: Any) -> FlagView:  # noqa: ANN401  # a row of these columns
    return FlagView(
        id=row.id,
        kind=FlagKind(row.kind),
        day=row.day,
        number=row.number,
        transaction_id=row.transaction_id,
        type=EntryType(row.type),
        stamps=row.stamps,
        customer_id=row.customer_id,
        branch_id=row.branch_id,
        actor=ActorView(ActorType(row.actor_type), row.actor_id, row.actor_name),
        occurred_at=utc(row.occurred_at),
        undone=row.voided_by is not None,
    )
