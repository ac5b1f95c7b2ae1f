"""Everything a business owns, as files in a folder or a zip: each table as CSV and as JSON, and a README.

Everything is read from one state of the data. A folder must be new or empty; no file is replaced.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
from sqlalchemy import Connection, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business as business_table
from loyalty_app.exporting.files import own_file, own_folder, whole_file, write_sheet
from loyalty_app.exporting.parts import PARTS, Part
from loyalty_app.shops.businesses import Business, find_business
from loyalty_app.shops.looks import read_look
from loyalty_core.errors import InvalidRequest

encode = msgspec.json.Encoder().encode
Open = Callable[[str], AbstractContextManager[TextIO]]

README = """Everything that {name} owns, as it was on {now:%Y-%m-%d} at {now:%H:%M} UTC.

Each table is here twice: as CSV for spreadsheets and as JSON for programs, both in UTF-8. Moments are in UTC; days are
days of the time zone {timezone}. In the CSV files a cell that a spreadsheet would calculate has a ' before it.

business.json: the shop itself
look.json: how its cards and posters look; pictures are PNG files in base64
{parts}

The card of a customer is what their transactions add up to, without those that were undone (voided_by). To bring the
customers into another installation: loyalty customers import customers.csv (their open stamps are current_stamps;
`loyalty customers export` writes a list with the names of columns that an import reads).

This folder holds names, phone numbers and e-mail addresses. Keep it as carefully as the shop's books.
"""


async def export_everything(database: Database, business_id: int, target: Path, *, now: datetime) -> dict[str, int]:
    """Write all that a business owns into a new folder, or a .zip file; return how many rows of each part.

    Raises InvalidRequest if there is no such business or the target exists, and FileNotWritten.
    """
    _check_new(target)

    def work(connection: Connection) -> dict[str, int]:
        business = find_business(connection, business_id)
        with _opened(target) as open_file:
            return _write_all(open_file, connection, business, now)

    return await database.read(work)


def _check_new(target: Path) -> None:
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise InvalidRequest.field("target", f"{target} is there already: choose a new name")
    if not target.absolute().parent.is_dir():
        raise InvalidRequest.field("target", f"there is no folder {target.parent}")


@contextmanager
def _opened(target: Path) -> Iterator[Open]:
    """What opens files in the folder or the zip."""
    if target.suffix.lower() != ".zip":
        own_folder(target)
        yield lambda name: TextIOWrapper(own_file(target / name), encoding="utf-8", newline="")
        return
    with whole_file(target) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        yield lambda name: TextIOWrapper(archive.open(name, "w", force_zip64=True), encoding="utf-8", newline="")


def _write_all(open_file: Open, connection: Connection, business: Business, now: datetime) -> dict[str, int]:
    counts = {part.name: _write_part(open_file, part, connection, business.id) for part in PARTS}
    with open_file("business.json") as file:
        row = connection.execute(select(business_table).where(business_table.c.id == business.id)).mappings().one()
        file.write(_pretty(dict(row)))
    with open_file("look.json") as file:
        file.write(_pretty(msgspec.structs.asdict(read_look(connection, business))))
    parts = "\n".join(f"{part.name}.csv, {part.name}.json: {part.text}" for part in PARTS)
    with open_file("README.txt") as file:
        file.write(README.format(name=business.name, now=now, timezone=business.timezone, parts=parts))
    return counts


def _write_part(open_file: Open, part: Part, connection: Connection, business_id: int) -> int:
    head = [column.name for column in part.columns]
    with open_file(f"{part.name}.csv") as file:
        count = write_sheet(file, head, part.rows(connection, business_id))
    with open_file(f"{part.name}.json") as file:
        before = "[\n"
        for row in part.rows(connection, business_id):
            file.write(before + encode(dict(zip(head, row, strict=True))).decode())
            before = ",\n"
        file.write("\n]\n" if count else "[]\n")
    return count


def _pretty(values: dict[str, object]) -> str:
    return json.dumps(msgspec.to_builtins(values), indent=2, ensure_ascii=False) + "\n"
