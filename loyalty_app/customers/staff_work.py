"""Staff work: what each member of a shop's staff did, in figures, and the entries of the ledger behind them.

The rules, in words:
- Stamps and rewards count for the person who gave them, also if they were undone later; an undo counts for the person
  who undid.
- Days are the shop's. Thirty days are today and the 29 before it.
- People who left within these days are listed too.

Rights are checked by the callers.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, literal_column, or_, select

from loyalty_app.customers.transactions import LedgerSearch, list_entries
from loyalty_app.db.rows import entry_of
from loyalty_app.db.tables import customer, reward, staff, transaction
from loyalty_app.pagination import Page, PageRequest
from loyalty_app.shops.businesses import Business
from loyalty_core.ledger import Entry, EntryType

DAYS = 30


class WorkCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many stamps somebody gave, rewards they handed out, and entries they undid."""

    stamps: int = 0
    rewards: int = 0
    undos: int = 0


class StaffWork(msgspec.Struct, frozen=True, kw_only=True):
    """What one person did today and in thirty days; `gone` is set for people who are not on the staff any more."""

    staff_id: int
    name: str
    gone: bool
    today: WorkCounts
    month: WorkCounts


class StaffDeed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the ledger, as people of the shop are told about it.

    `undone` is the entry that it undid, if it is an undo; `reward` is the text of the reward that either is about. An
    erased customer has no name.
    """

    entry: Entry
    customer_name: str
    undone: Entry | None = None
    reward: str | None = None


def read_staff_work(connection: Connection, business: Business, *, now: datetime) -> list[StaffWork]:
    """What everybody on the staff did, those who work there first, in the order they joined."""
    today, month = _midnight(business, now, 0), _midnight(business, now, DAYS - 1)
    people = connection.execute(
        select(staff)
        .where(staff.c.business_id == business.id, or_(staff.c.removed_at.is_(None), staff.c.removed_at >= month))
        .order_by(staff.c.removed_at.is_not(None), staff.c.id)
    ).all()
    sums = _sums(connection, business, [row.id for row in people], today=today, month=month)
    return [_work_of(row, sums.get(row.id)) for row in people]


def _midnight(business: Business, now: datetime, days_ago: int) -> datetime:
    """The beginning of a day of the shop."""
    day = now.astimezone(business.zone).date() - timedelta(days=days_ago)
    return datetime.combine(day, time(), tzinfo=business.zone)


def _by_staff(business: Business) -> ColumnElement[bool]:
    """Entries of a shop's staff. The kind of actor is written out, so that the databases see whose index it is."""
    return and_(transaction.c.business_id == business.id, transaction.c.actor_type == literal_column("'staff'"))


def _sums(
    connection: Connection, business: Business, people: list[int], *, today: datetime, month: datetime
) -> dict[int, Row[tuple[int, ...]]]:
    entry, is_today = transaction.c, transaction.c.occurred_at >= today

    def total(kind: EntryType, *also: ColumnElement[bool]) -> ColumnElement[int]:
        given = entry.stamps + func.coalesce(entry.stamps_voided, 0)
        amount = given if kind is EntryType.STAMP else 1
        return func.coalesce(func.sum(case((and_(entry.type == kind.value, *also), amount), else_=0)), 0)

    kinds = {"stamps": EntryType.STAMP, "rewards": EntryType.REDEEM, "undos": EntryType.VOID}
    figures = [total(kind).label(name) for name, kind in kinds.items()]
    of_today = [total(kind, is_today).label(f"{name}_today") for name, kind in kinds.items()]
    statement = (
        select(entry.actor_id, *figures, *of_today)
        .where(_by_staff(business), entry.actor_id.in_(people), entry.occurred_at >= month)
        .group_by(entry.actor_id)
    )
    return {row.actor_id: row for row in connection.execute(statement)}


def _work_of(person: Row[tuple[object, ...]], sums: Row[tuple[int, ...]] | None) -> StaffWork:
    def counts(suffix: str = "") -> WorkCounts:
        names = WorkCounts.__struct_fields__
        return WorkCounts(**{name: int(getattr(sums, name + suffix)) for name in names}) if sums else WorkCounts()

    gone = person.removed_at is not None
    return StaffWork(staff_id=person.id, name=person.name, gone=gone, today=counts("_today"), month=counts())


def read_staff_deeds(
    connection: Connection, business: Business, staff_id: int, *, now: datetime, skip: int, limit: int
) -> list[StaffDeed]:
    """The entries of one person in thirty days, the newest first: at most `limit`, after the first `skip`."""
    newest = (
        select(transaction)
        .where(_by_staff(business), transaction.c.actor_id == staff_id)
        .where(transaction.c.occurred_at >= _midnight(business, now, DAYS - 1))
        .order_by(transaction.c.occurred_at.desc(), transaction.c.id.desc())
        .offset(skip)
        .limit(limit)
    )
    return deeds_of(connection, business, [entry_of(row) for row in connection.execute(newest)])


def list_deeds(
    connection: Connection, business: Business, search: LedgerSearch, *, wanted: PageRequest
) -> Page[StaffDeed]:
    """The entries of a shop that fit, made by anybody, the newest first. Raises InvalidCursor, PageTooDeep."""
    found = list_entries(connection, business.id, search, wanted=wanted)
    return Page(deeds_of(connection, business, found.data), found.pagination)


def read_deed(connection: Connection, business: Business, transaction_id: int) -> StaffDeed | None:
    """One entry of a shop's ledger; None if there is none with that number."""
    return next(iter(read_deeds(connection, business, {transaction_id})), None)


def read_deeds(connection: Connection, business: Business, ids: set[int]) -> list[StaffDeed]:
    """The entries of a shop's ledger that have these numbers."""
    return deeds_of(connection, business, list(_entries(connection, business, ids).values()))


def deeds_of(connection: Connection, business: Business, entries: Sequence[Entry]) -> list[StaffDeed]:
    """Entries of a shop's ledger, made by anybody, with what is to be told about each."""
    undone = _entries(connection, business, {entry.voids for entry in entries if entry.voids is not None})
    names = _names(connection, business, {entry.customer_id for entry in entries})
    about = {entry.id: undone.get(entry.voids or 0) for entry in entries}
    texts = _rewards(connection, business, {each.reward_id for each in (*entries, *undone.values()) if each.reward_id})
    return [
        StaffDeed(
            entry=entry,
            customer_name=names.get(entry.customer_id, ""),
            undone=about[entry.id],
            reward=texts.get((about[entry.id] or entry).reward_id or 0),
        )
        for entry in entries
    ]


def _entries(connection: Connection, business: Business, ids: set[int]) -> dict[int, Entry]:
    own = select(transaction).where(transaction.c.business_id == business.id, transaction.c.id.in_(ids))
    return {row.id: entry_of(row) for row in connection.execute(own)} if ids else {}


def _names(connection: Connection, business: Business, ids: set[int]) -> dict[int, str]:
    own = select(customer.c.id, customer.c.name).where(customer.c.business_id == business.id, customer.c.id.in_(ids))
    return {row.id: row.name for row in connection.execute(own)} if ids else {}


def _rewards(connection: Connection, business: Business, ids: set[int]) -> dict[int, str]:
    own = select(reward.c.id, reward.c.description).where(reward.c.business_id == business.id, reward.c.id.in_(ids))
    return {row.id: row.description for row in connection.execute(own)} if ids else {}
