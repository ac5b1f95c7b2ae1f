"""Unread columns: a sheet is refused if a column that nobody reads looks like phone numbers or e-mail addresses.

Why: people would be created without their numbers, and nobody would notice before the first of them comes.
"""

import re
from collections.abc import Sequence
from itertools import zip_longest

from loyalty_app.contacts import checked_phone
from loyalty_app.importing.address_books import NEVER_READ, label_columns
from loyalty_app.importing.headings import Columns
from loyalty_core.errors import InvalidRequest

MOSTLY = 0.6
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
LOOKS_WRITTEN = re.compile(r"(?:\+|00|0|\()[\d\s()./\-]{6,}")


def check_all_read(
    heading: Sequence[str], rows: Sequence[Sequence[str]], columns: Columns, country: str | None
) -> None:
    """Raise InvalidRequest for a column that should be read; only cells of people without that field count."""
    read = {place for places in (*columns.more.values(), columns.places.values()) for place in places}
    labels = set(label_columns(heading).values())
    for place, cells in enumerate(zip_longest(*rows, fillvalue="")):
        name = heading[place].strip() if columns.named and place < len(heading) else ""
        if place in read | labels or NEVER_READ.search(name):
            continue
        for field, what in (("email", "e-mail addresses"), ("phone", "phone numbers")):
            own = columns.more.get(field) or ((columns.places[field],) if field in columns.places else ())
            lacking = [
                cell.strip() for cell, row in zip(cells, rows, strict=True) if cell.strip() and not _has(row, own)
            ]
            if lacking and sum(_looks_like(field, cell, country) for cell in lacking) >= MOSTLY * len(lacking):
                raise _unread(place, name, field, what)


def _has(row: Sequence[str], places: Sequence[int]) -> bool:
    return any(place < len(row) and row[place].strip() for place in places)


def _looks_like(field: str, cell: str, country: str | None) -> bool:
    if field == "email":
        return ADDRESS.fullmatch(cell) is not None
    try:
        return LOOKS_WRITTEN.fullmatch(cell) is not None and _is_valid(checked_phone(cell, country))
    except InvalidRequest:
        return False


def _is_valid(number: str) -> bool:
    from phonenumbers import is_valid_number, parse  # noqa: PLC0415  # loads long, for the first number

    return is_valid_number(parse(number))


def _unread(place: int, name: str, field: str, what: str) -> InvalidRequest:
    column = f"column {place + 1} ({name})" if name else f"column {place + 1}"
    heading = {"email": "E-mail", "phone": "Phone"}[field]
    return InvalidRequest.field("file", f"has {what} in {column}, which is not read: call it {heading}, or remove it")
