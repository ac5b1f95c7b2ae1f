"""Sheets: one file of a spreadsheet, as candidates and remarks. Nothing is looked up or written here."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple, TypeVar

from msgspec import UNSET

from loyalty_app.importing.address_books import values_of
from loyalty_app.importing.candidates import Candidate, Fate, Faults, Remark, Setting, check_days
from loyalty_app.importing.cells import (
    check_readable,
    day_of,
    email_of,
    name_of,
    opted_out_of,
    phone_of,
    plain,
    stamps_of,
)
from loyalty_app.importing.code_pages import country_of_zone
from loyalty_app.importing.dialect import Row, read_rows
from loyalty_app.importing.encoding import read_letters
from loyalty_app.importing.headings import PLACES, Columns, columns_of
from loyalty_app.importing.program_cells import program_of
from loyalty_app.importing.unread_columns import check_all_read
from loyalty_core.customers import Profile
from loyalty_core.errors import InvalidRequest

NO_SHEETS = {
    b"PK\x03\x04": "a workbook",
    b"\xd0\xcf\x11\xe0": "a workbook",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"BEGIN:VCARD": "a list of vCards",
}
"""Files that people take for sheets, by how they begin."""
LARGEST_FILE = 100 * 2**20
FIRST_LINES, LONGEST_EXAMPLE = 1_000, 60
Read = Candidate | list[Remark]


class Sheet(NamedTuple):
    """A file: how it was read, and its lines, an iterator. `rows` is how many there may be.

    `example` is a cell by which people see whether the encoding is right, if it was `guessed`.
    """

    encoding: str
    guessed: bool
    example: str | None
    separator: str
    columns: Columns
    rows: int
    lines: Iterator[Read]


def read_sheet(data: bytes, setting: Setting, *, encoding: str | None = None) -> Sheet:
    """Read a file. Raises InvalidRequest if it is too large, empty or no text, or has no column for names."""
    if len(data) > LARGEST_FILE:
        raise InvalidRequest.field("file", "must have at most 100 MB: split it")
    if what := next((what for begin, what in NO_SHEETS.items() if data.startswith(begin)), None):
        raise InvalidRequest.field("file", f"is {what}: open it in its program and save it as CSV, best as CSV UTF-8")
    letters = read_letters(data, encoding, country=setting.country or country_of_zone(setting.zone))
    separator, rows = read_rows(letters.text)
    first = next(rows, None)
    if first is None:
        raise InvalidRequest.field("file", "is empty")
    if first.fault is not None:
        raise InvalidRequest.field("file", f"cannot be read from line {first.line} on: {first.fault}")
    columns = columns_of(tuple(map(plain, first.cells)))
    begun = [*([] if columns.named else [first]), *islice(rows, FIRST_LINES)]
    check_all_read(first.cells, [row.cells for row in begun], columns, setting.country)
    body = chain(begun, rows)
    lines = (_read(row, columns, len(first.cells), setting) for row in body)
    example = _example(letters.text, separator) if letters.guessed else None
    return Sheet(letters.encoding, letters.guessed, example, separator, columns, _count(letters.text), lines)


def _example(text: str, separator: str) -> str | None:
    """The last cell that is shown in other letters if the encoding is wrong; the first one may be a heading."""
    cells = (cell.strip('" ') for line in text.splitlines()[:FIRST_LINES] for cell in line.split(separator))
    shown = [cell for cell in cells if not cell.isascii()]
    return shown[-1][:LONGEST_EXAMPLE] if shown else None


def _count(text: str) -> int:
    return max(text.count("\n"), text.count("\r")) + 1


def _read(row: Row, columns: Columns, width: int, setting: Setting) -> Read:
    if row.fault is None and any(cell.strip() for cell in row.cells[width:]):
        cells = f"{len(row.cells)} cells where the first line has {width}"
        row = Row(row.line, row.cells, f"has {cells}: put a cell that holds the separator in quotation marks")
    if row.fault is not None:
        return [Remark(place=row.line, fate=Fate.LEFT_OUT, message=row.fault)]
    return _candidate(row, columns, setting)


def _candidate(row: Row, columns: Columns, setting: Setting) -> Read:
    faults = Faults(row.line)
    values = [plain(cell) for cell in row.cells]
    cells = {field: values[at] if at < len(values) else "" for field, at in columns.places.items()}
    for field, text in cells.items():
        faults.kept(lambda field=field, text=text: check_readable(field, text))  # type: ignore[misc]  # bound by default
    if faults.found:
        return faults.found
    many = {field: values_of(values, columns.more.get(field, ()), columns.labels) for field in ("phone", "email")}
    many = {field: found or [cells.get(field, "")] for field, found in many.items()}
    return _checked(faults, cells, many, setting) or faults.found


Value = TypeVar("Value")


def _first_good(values: Sequence[str], read: Callable[[str], Value]) -> Value:
    """The first value that can be read. Raises the refusal of the first one if none can."""
    refusals = []
    for value in values:
        try:
            return read(value)
        except InvalidRequest as refusal:
            refusals.append(refusal)
    raise refusals[0]


def _checked(faults: Faults, cells: dict[str, str], many: dict[str, list[str]], setting: Setting) -> Candidate | None:
    get = dict.fromkeys(PLACES, "") | cells
    name = faults.kept(lambda: name_of(_full_name(get)))
    phone = faults.kept(lambda: _first_good(many["phone"], lambda text: phone_of(text, setting.country)))
    email = faults.kept(lambda: _first_good(many["email"], email_of))
    birthday = faults.kept(lambda: day_of("birthday", get["birthday"], setting.country))
    joined_at = setting.moment_of(faults.kept(lambda: day_of("joined", get["joined"], setting.country)))
    stamps = faults.kept(lambda: stamps_of(get["stamps"]))
    program = faults.kept(lambda: program_of(get.get("program", ""), setting.programs))
    check_days(faults, birthday, joined_at, setting)
    if faults.found or name is None:
        return None
    opted_out = opted_out_of(get.get("opted_out", "")) or UNSET
    profile = Profile(name=name, phone=phone, email=email, birthday=birthday, opted_out=opted_out)
    return Candidate(place=faults.place, profile=profile, stamps=stamps or 0, joined_at=joined_at, program_id=program)


def _full_name(cells: dict[str, str]) -> str:
    """The name from one column, or from two together."""
    first, last = cells["name"] or cells.get("first_name", ""), cells.get("last_name", "")
    return first if not last or last in first else f"{first} {last}"


def without_wrong_lines(lines: Sequence[Read]) -> tuple[list[Candidate], list[Remark]]:
    """The candidates among some lines, and all remarks on the others."""
    candidates = [line for line in lines if isinstance(line, Candidate)]
    return candidates, [remark for line in lines if isinstance(line, list) for remark in line]
