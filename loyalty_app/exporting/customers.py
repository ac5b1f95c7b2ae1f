"""The list of customers, as a sheet that an import can read.

First come the columns an import reads: name, phone, email, birthday, stamps (those of the running card) and joined (a
day of the shop); and opted_out (yes, or empty) and program, the last ones; program is empty for the main one without
a title of its own, and an id where several have one title. The others are for people: an import ignores them. A
customer has a line for each card with something on it, or one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Connection, Row, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import card, customer
from loyalty_app.exporting.files import BYTE_ORDER_MARK, as_text, own_file, write_sheet
from loyalty_app.shops.businesses import Business, find_business
from loyalty_app.shops.programs import read_program
from loyalty_core.customers import fold_case
from loyalty_core.programs import Program
from loyalty_core.views import program_number

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
    "opted_out",
    "program",
)
AT_ONCE = 1_000


async def export_customers(database: Database, business_id: int, file: TextIO, *, for_excel: bool = False) -> int:
    """Write all customers of a business, as of one moment; return how many. Raises InvalidRequest."""

    def work(connection: Connection) -> int:
        return write_customers(file, connection, find_business(connection, business_id), for_excel=for_excel)

    return await database.read(work)


async def write_customers_file(database: Database, business_id: int, path: Path, *, for_excel: bool = False) -> None:
    """Write the same into a new file that only its owner may read. Raises InvalidRequest, FileNotWritten."""
    with own_file(path) as file, as_text(file) as text:
        await export_customers(database, business_id, text, for_excel=for_excel)


def write_customers(file: TextIO, connection: Connection, business: Business, *, for_excel: bool = False) -> int:
    """Write all customers of a business but erased ones; return how many. Excel needs a mark to see UTF-8."""
    if for_excel:
        file.write(BYTE_ORDER_MARK)
    return write_sheet(file, HEAD, _lines(connection, business))


def _lines(connection: Connection, business: Business) -> Iterator[tuple[object, ...]]:
    main = read_program(connection, business.id)
    names = _names(business, main)
    for rows in _portions(connection, business.id):
        cards = _further_cards(connection, business.id, rows) if main.others else {}
        for row in rows:
            others = cards.get(row.id, [])
            if row.total_stamps or not others:
                yield _cells(row, row, business, names[None])
            yield from (_cells(row, held, business, names[held.program_id]) for held in others)


def _names(business: Business, main: Program) -> dict[int | None, str | int]:
    """What an import takes for each program: its title, unless several are called so; nothing for the main one."""
    called = Counter(fold_case((one.title or one.name).strip()) for one in main.all_of_shop)

    def name(one: Program) -> str | int:
        if one.title and called[fold_case(one.title.strip())] == 1:
            return one.title
        return "" if one.main else program_number(business.id, one.id)

    return {one.id: name(one) for one in main.all_of_shop}


def _further_cards(connection: Connection, business_id: int, rows: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    """The cards of further programs of some customers."""
    own = (card.c.business_id == business_id, card.c.customer_id.in_([row.id for row in rows]))
    held: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(select(card).where(*own).order_by(card.c.program_id)):
        held.setdefault(row.customer_id, []).append(row)
    return held


def _portions(connection: Connection, business_id: int) -> Iterator[Sequence[Row[Any]]]:
    """All customers but erased ones, read a few at a time to save memory."""
    last = 0
    while True:
        own = (customer.c.business_id == business_id, customer.c.id > last)
        rows = connection.execute(select(customer).where(*own).order_by(customer.c.id).limit(AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].id
        yield [row for row in rows if row.erased_at is None]


def _cells(row: Row[Any], held: Row[Any], business: Business, program: object) -> tuple[object, ...]:
    """A customer with one card, that of a program."""
    return (
        row.name,
        row.phone,
        row.email,
        row.birthday,
        held.current_stamps,
        row.created_at.astimezone(business.zone).date(),
        row.qr_code,
        held.total_stamps,
        held.total_visits,
        held.rewards_available,
        held.last_visit_at,
        "yes" if row.opted_out_at is not None else "",
        program,
    )
