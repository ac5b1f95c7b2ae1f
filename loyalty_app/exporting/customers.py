"""The list of customers, as a sheet that an import can read.

First come the columns an import reads: name, phone, email, birthday, stamps (those of the running card) and joined (a
day of the shop). The others are for people: an import ignores them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Connection, Row, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import customer
from loyalty_app.exporting.files import BYTE_ORDER_MARK, as_text, write_sheet
from loyalty_app.private_files import new_file
from loyalty_app.shops.businesses import Business, find_business

HEAD = (
    "name",
    "phone",
    "email",
    "birthday",
    "stamps",
    "joined",
    "qr_code",
    "total_stamps",
    "total_visits",
    "rewards_available",
    "last_visit_at",
)
AT_ONCE = 1_000


async def export_customers(database: Database, business_id: int, file: TextIO, *, for_excel: bool = False) -> int:
    """Write all customers of a business, as of one moment; return how many. Raises InvalidRequest."""

    def work(connection: Connection) -> int:
        return write_customers(file, connection, find_business(connection, business_id), for_excel=for_excel)

    return await database.read(work)


async def write_customers_file(database: Database, business_id: int, path: Path, *, for_excel: bool = False) -> None:
    """Write the same into a new file that only its owner may read. Raises InvalidRequest, OSError."""
    with new_file(path) as file, as_text(file) as text:
        await export_customers(database, business_id, text, for_excel=for_excel)


def write_customers(file: TextIO, connection: Connection, business: Business, *, for_excel: bool = False) -> int:
    """Write all customers of a business but erased ones; return how many. Excel needs a mark to see UTF-8."""
    if for_excel:
        file.write(BYTE_ORDER_MARK)
    return write_sheet(file, HEAD, (_cells(row, business) for row in _rows(connection, business.id)))


def _rows(connection: Connection, business_id: int) -> Iterator[Row[Any]]:
    """All customers but erased ones, read a few at a time to save memory."""
    last = 0
    while True:
        own = (customer.c.business_id == business_id, customer.c.id > last)
        rows = connection.execute(select(customer).where(*own).order_by(customer.c.id).limit(AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].id
        yield from (row for row in rows if row.erased_at is None)


def _cells(row: Row[Any], business: Business) -> tuple[object, ...]:
    return (
        row.name,
        row.phone,
        row.email,
        row.birthday,
        row.current_stamps,
        row.created_at.astimezone(business.zone).date(),
        row.qr_code,
        row.total_stamps,
        row.total_visits,
        row.rewards_available,
        row.last_visit_at,
    )
