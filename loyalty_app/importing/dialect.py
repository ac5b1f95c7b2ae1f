"""The dialect of a CSV file: its separator, and its rows with their line numbers. What cells mean is not known here.

Excel may name the separator in a first line, as sep=;. Otherwise each candidate is tried on the first rows: the best
one shows known headings, then gives all rows the same number of cells, then gives more of them.
"""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from loyalty_app.importing.headings import is_heading, meanings

CANDIDATES = (",", ";", "\t", "|")
FIRST_ROWS = 50
LONGEST_CELL = 131_072
SAID = re.compile(r'\A"?sep=(?P<sep>[^\r\n"])"?\r?\n?', re.IGNORECASE)


class Row(msgspec.Struct, frozen=True):
    """One row, and the line where it begins, from 1. A row that cannot be read has a `fault` instead."""

    line: int
    cells: tuple[str, ...]
    fault: str | None = None


def read_rows(text: str, separator: str | None = None) -> tuple[str, Iterator[Row]]:
    """The separator of a text, and its rows without empty ones."""
    skipped, chosen = 0, separator
    if said := SAID.match(text):
        skipped, chosen, text = 1, separator or said["sep"], text[said.end() :]
    chosen = chosen or _likeliest(text)
    return chosen, _rows(text, chosen, skipped)


def _rows(text: str, separator: str, skipped: int = 0) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, (), _explained(error, line, reader.line_num + skipped))
            continue
        if any(cell.strip() for cell in cells):
            yield Row(line, tuple(cells))


def _explained(error: csv.Error, first: int, last: int) -> str:
    where = f"; lines {first} to {last} are left out" if last > first else ""
    if "field larger" in str(error):
        return f"a cell is longer than {LONGEST_CELL:,} letters{where}"
    if "unexpected end" in str(error):
        return f"a quotation mark is opened and never closed{where}"
    return f'a quotation mark stands in the middle of a cell: write it twice, as ""{where}'


def _likeliest(text: str) -> str:
    beginning = text[: 4 * LONGEST_CELL]
    return max(CANDIDATES, key=lambda separator: _rank(beginning, separator))


def _rank(text: str, separator: str) -> tuple[int, float, int]:
    """How well a separator fits: known headings, the share of rows as wide as the first, cells in the first."""
    rows = list(islice(_rows(text, separator), FIRST_ROWS))
    if not rows or not rows[0].cells:
        return 0, 0.0, 0
    first = rows[0].cells
    alike = sum(len(row.cells) == len(first) for row in rows) / len(rows)
    known = sum(field is not None for field in meanings(first)) if is_heading(first) else 0
    return (known, alike, len(first)) if len(first) > 1 else (known, 0.0, 1)
