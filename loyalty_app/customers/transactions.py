"""Transactions: the ledger of a shop, searched, and one entry of it. The ledger of one card is in `lists`.

A moment is found by the ids of the ledger, which rise with time. Why: an index by time would cost every stamp.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, and_, bindparam, func, literal_column, select, text

from loyalty_app.counter.orders import CustomerRef
from loyalty_app.db.merged_customers import kept_id
from loyalty_app.db.rows import entry_of
from loyalty_app.db.tables import transaction
from loyalty_app.db.types import BigId, UtcDateTime
from loyalty_app.pagination import Page, PageRequest, Walk, page_of, read_page
from loyalty_core.customers import clean_order_ref
from loyalty_core.errors import TransactionNotFound
from loyalty_core.fields import BusinessId, TransactionId
from loyalty_core.ledger import Entry, EntryType
from loyalty_core.stamping import EARLIEST
from loyalty_core.views import TransactionView, program_named, transaction_view

CLOCKS = timedelta(hours=1)
"""How far the clocks of servers may be apart, or be set back, without anything being missed."""
DISORDER = EARLIEST + CLOCKS
"""How much later than another an entry with a lower id may be: a stamp may be booked days after it was given."""

AT_THE_MIDDLE = (
    '(SELECT occurred_at FROM "transaction" WHERE business_id = :business_id AND id >= (low + high) / 2 '
    "ORDER BY id LIMIT 1)"
)
HALVING = text(
    f"""
    WITH RECURSIVE halving(low, high) AS (
        SELECT (SELECT min(id) FROM "transaction" WHERE business_id = :business_id),
               (SELECT max(id) + 1 FROM "transaction" WHERE business_id = :business_id)
        UNION ALL
        SELECT CASE WHEN {AT_THE_MIDDLE} < :moment THEN (low + high) / 2 + 1 ELSE low END,
               CASE WHEN {AT_THE_MIDDLE} < :moment THEN high ELSE (low + high) / 2 END
        FROM halving WHERE low < high
    )
    SELECT coalesce(max(low), 0) FROM halving
    """  # noqa: S608  # our own words
).bindparams(bindparam("business_id", type_=BigId), bindparam("moment", type_=UtcDateTime))


class LedgerSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries to list: those that all given conditions fit. `since` is included, `until` is not.

    `program_id` is the number of a program.
    """

    order_ref: str | None = None
    type: EntryType | None = None
    customer: CustomerRef | None = None
    branch_id: int | None = None
    program_id: int | None = None
    staff_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_ledger(
    connection: Connection, business_id: BusinessId, search: LedgerSearch, *, wanted: PageRequest
) -> Page[TransactionView]:
    """The entries of a shop, the newest first. Raises InvalidRequest, PageTooDeep, InvalidCursor."""
    found = list_entries(connection, business_id, search, wanted=wanted)
    return Page([transaction_view(entry) for entry in found.data], found.pagination)


def list_entries(
    connection: Connection, business_id: BusinessId, search: LedgerSearch, *, wanted: PageRequest
) -> Page[Entry]:
    """The same as the core knows them, with the reasons of undos."""
    rows = _matching(connection, business_id, search).subquery()
    walk = Walk("ledger", rows.c.id, newest_first=True)
    return page_of(read_page(connection, select(rows), walk, wanted=wanted, total=None), entry_of)


def _matching(connection: Connection, business_id: BusinessId, search: LedgerSearch) -> Any:  # noqa: ANN401  # a SELECT or a union
    own = [transaction.c.business_id == business_id, *_conditions(connection, business_id, search)]
    if search.order_ref is None:
        return select(transaction).where(*own)
    # As it was sent, too: older releases kept it so.
    own.append(transaction.c.order_ref.in_({search.order_ref, clean_order_ref(search.order_ref)}))
    return _of_order(own)


def _of_order(own: list[ColumnElement[bool]]) -> Any:  # noqa: ANN401  # a union
    """Why a union: undone entries have an index of their own, so that no stamp has to be in two."""
    stands, undone = transaction.c.voided_by.is_(None), transaction.c.voided_by.is_not(None)
    return select(transaction).where(*own, stands).union_all(select(transaction).where(*own, undone))


def _conditions(connection: Connection, business_id: BusinessId, search: LedgerSearch) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search.type is EntryType.STAMP:  # that is most of them: see `is_of_program`
        conditions.append(transaction.c.type.not_in([one.value for one in EntryType if one is not EntryType.STAMP]))
    elif search.type is not None:
        conditions.append(transaction.c.type == search.type.value)
    if search.type not in {None, EntryType.STAMP}:
        conditions.append(transaction.c.type != literal_column("'stamp'"))  # the condition of the index, to the letter
    if search.customer is not None:
        conditions.append(transaction.c.customer_id == kept_id(connection, business_id, search.customer))
    if search.branch_id is not None:
        conditions.append(transaction.c.branch_id == search.branch_id)
    if search.program_id is not None:
        conditions.append(is_of_program(transaction.c.program_id, program_named(business_id, search.program_id)))
    if search.staff_id is not None:  # the kind of actor as the index has it, to the letter
        conditions += [transaction.c.actor_type == literal_column("'staff'"), transaction.c.actor_id == search.staff_id]
    if search.since is not None:
        first = first_entry_since(connection, business_id, search.since - DISORDER)
        conditions += [transaction.c.id >= first, transaction.c.occurred_at >= search.since]
    if search.until is not None:
        end = first_entry_since(connection, business_id, search.until + DISORDER)
        conditions += [transaction.c.id < end, transaction.c.occurred_at < search.until]
    return conditions


def is_of_program(column: Column[int], program_id: int | None) -> ColumnElement[bool]:
    """Whether a row is of a program; None is the one with which the shop began.

    Those of others have an index of their own, whose condition is said to the letter. Of the first there are most:
    without statistics PostgreSQL takes NULL, or any one value, for rare, and would read and sort the whole table.
    """
    if program_id is None:
        return func.coalesce(column, literal_column("0")) < literal_column("1")
    return and_(column.is_not(None), column == program_id)


def first_entry_since(connection: Connection, business_id: BusinessId, moment: datetime) -> int:
    """The id of the first entry of a shop at a moment or after it, as if its times rose with its ids.

    With times that are out of order by less than `DISORDER`, ask for a moment that is that much earlier to have all
    that follow it, and that much later to have all that precede it. It halves the ledger until the entry is found.
    """
    return int(connection.execute(HALVING, {"business_id": business_id, "moment": moment}).scalar_one())


def read_transaction(connection: Connection, business_id: BusinessId, transaction_id: TransactionId) -> TransactionView:
    """One entry of a shop. Raises TransactionNotFound."""
    own = (transaction.c.business_id == business_id, transaction.c.id == transaction_id)
    row = connection.execute(select(transaction).where(*own)).one_or_none()
    if row is None:
        raise TransactionNotFound(transaction_id)
    return transaction_view(entry_of(row))
