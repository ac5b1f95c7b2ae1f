"""Sheets: rows as CSV for spreadsheets: in UTF-8, with CR LF, and with a ' before whatever would be a formula.

A cell that begins with =, +, -, @, a tab or a line break could be calculated by whoever opens the file. So could what
stands behind a semicolon within a cell, where spreadsheets take semicolons for separators: half of Europe. An import
takes the ' away again. A cell that has such a ' by itself gets one more, so that what comes back is what went out.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TextIO

FORMULA = re.compile(r"^(?='*[=+\-@\t\r\n])|(?<=[;|\t\r\n])(?=['\"]*[=+\-@])")
BYTE_ORDER_MARK = "\ufeff"


def guarded(value: object) -> str:
    """A value as the text of a cell; None is empty, moments are in UTC with Z."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case int() | date():
            return str(value)
        case _:
            return FORMULA.sub("'", str(value))


def write_sheet(file: TextIO, head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a head and rows; says how many rows. Open the file with newline=""."""
    writer, count = csv.writer(file), 0
    writer.writerow(head)
    for row in rows:
        writer.writerow(map(guarded, row))
        count += 1
    return count
