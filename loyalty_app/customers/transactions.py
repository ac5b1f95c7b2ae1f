"""Transactions: the ledger of a shop, searched, and one entry of it. The ledger of one card is in `lists`.

A period is found by the ids of the ledger, which rise with time; see `ledger_times.py`.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, and_, func, literal_column, select

from loyalty_app.counter.orders import CustomerRef
from loyalty_app.customers.ledger_times import stretch_of
from loyalty_app.db.merged_customers import kept_id
from loyalty_app.db.rows import entry_of
from loyalty_app.db.tables import transaction
from loyalty_app.pagination import Page, PageRequest, Walk, page_of, read_page
from loyalty_core.customers import clean_order_ref
from loyalty_core.errors import TransactionNotFound
from loyalty_core.fields import BusinessId, TransactionId
from loyalty_core.ledger import Entry, EntryType
from loyalty_core.views import TransactionView, program_named, transaction_view


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
    parts, walk = _parts(connection, business_id, search), Walk("ledger", transaction.c.id, newest_first=True)
    if len(parts) == 1:
        return page_of(
            read_page(connection, select(transaction).where(*parts[0]), walk, wanted=wanted, total=None), entry_of
        )
    ids = [select(transaction.c.id).where(*one) for one in parts]
    found, pagination = read_page(connection, ids, walk, wanted=wanted, total=None)
    own = (transaction.c.business_id == business_id, transaction.c.id.in_([row.id for row in found]))
    entries = connection.execute(select(transaction).where(*own).order_by(transaction.c.id.desc())) if found else ()
    return Page([entry_of(row) for row in entries], pagination)


def _parts(connection: Connection, business_id: BusinessId, search: LedgerSearch) -> list[list[ColumnElement[bool]]]:
    """What is true of the entries that fit, in parts that share none.

    Undone entries of an order are a part: they have an index of their own, so that no stamp has to be in two.
    """
    own = [transaction.c.business_id == business_id, *_conditions(connection, business_id, search)]
    if search.order_ref is None:
        stretch = stretch_of(connection, business_id, since=search.since, until=search.until)
        return [[*own, one] for one in stretch.conditions(transaction.c.id)]
    # As it was sent, too: older releases kept it so.
    own.append(transaction.c.order_ref.in_({search.order_ref, clean_order_ref(search.order_ref)}))
    return [[*own, transaction.c.voided_by.is_(None)], [*own, transaction.c.voided_by.is_not(None)]]


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
        conditions.append(transaction.c.occurred_at >= search.since)
    if search.until is not None:
        conditions.append(transaction.c.occurred_at < search.until)
    return conditions


def is_of_program(column: Column[int], program_id: int | None) -> ColumnElement[bool]:
    """Whether a row is of a program; None is the one with which the shop began.

    Those of others have an index of their own, whose condition is said to the letter. Of the first there are most:
    without statistics PostgreSQL takes NULL, or any one value, for rare, and would read and sort the whole table.
    """
    if program_id is None:
        return func.coalesce(column, literal_column("0")) < literal_column("1")
    return and_(column.is_not(None), column == program_id)


def read_transaction(connection: Connection, business_id: BusinessId, transaction_id: TransactionId) -> TransactionView:
    """One entry of a shop. Raises TransactionNotFound."""
    own = (transaction.c.business_id == business_id, transaction.c.id == transaction_id)
    row = connection.execute(select(transaction).where(*own)).one_or_none()
    if row is None:
        raise TransactionNotFound(transaction_id)
    return transaction_view(entry_of(row))
