"""Fitting: makes texts fit their place. A long text gets smaller first; then it is wrapped, or cut with "…"."""

import re
import unicodedata
from collections.abc import Iterator

import msgspec

from loyalty_app.pictures.letters import clean, clusters
from loyalty_app.pictures.text import Line, Style, measure

ELLIPSIS = "…"
SHRINKS = (1.0, 0.92, 0.84, 0.76)
BALANCES = (0.55, 0.65, 0.75, 0.85)
ON_TWO_LINES = 0.72


def fit(text: str, style: Style, width: float) -> Line:
    """A line of at most that width: smaller if need be, then cut after a letter with "…"."""
    cleaned = clean(text)
    tries = [measure(cleaned, smaller) for smaller in _smaller(style)]
    return next((found for found in tries if found.width <= width), None) or cut(cleaned, tries[-1].style, width)


def is_cut(of: Line) -> bool:
    """Whether a line ends with the sign of a cut."""
    runs = [run.text for run in of.runs]
    return bool(runs) and ELLIPSIS in {runs[0][:1], runs[-1][-1:], runs[0][-1:]}


def title(text: str, style: Style, width: float) -> list[Line]:
    """A name on one line if it is short enough, else smaller on two."""
    one = measure(clean(text), list(_smaller(style))[-1])
    if one.width <= width:
        return [fit(text, style, width)]
    return wrap(text, msgspec.structs.replace(style, size=round(style.size * ON_TWO_LINES)), width, 2)


def _smaller(style: Style) -> Iterator[Style]:
    return (msgspec.structs.replace(style, size=round(style.size * shrink)) for shrink in SHRINKS)


def cut(text: str, style: Style, width: float) -> Line:
    """The longest beginning of a cleaned text that leaves room for "…"."""
    letters = clusters(text)
    low, high = 0, len(letters)
    while low < high:
        middle = (low + high + 1) // 2
        if measure("".join(letters[:middle]).rstrip() + ELLIPSIS, style).width <= width:
            low = middle
        else:
            high = middle - 1
    return measure("".join(letters[:low]).rstrip() + ELLIPSIS, style)


def wrap(text: str, style: Style, width: float, lines: int) -> list[Line]:
    """A text on several lines, broken between words; smaller if need be, then cut with "…"."""
    pieces = _pieces(clean(text))
    tries = [(_rows(pieces, smaller, width), smaller) for smaller in _smaller(style)]
    rows, chosen = next((found for found in tries if len(found[0]) <= lines), tries[-1])
    if len(rows) <= lines:
        rows = _balanced(pieces, rows, chosen, width)
    else:
        rows = [*rows[: lines - 1], "".join(rows[lines - 1 :])]
    found = [measure(row.rstrip(), chosen) for row in rows]
    return [one if one.width <= width else cut(row, chosen, width) for one, row in zip(found, rows, strict=True)]


def _balanced(pieces: list[str], rows: list[str], style: Style, width: float) -> list[str]:
    """The same number of rows, as narrow as possible, so that no word is alone on the last."""
    narrower = (_rows(pieces, style, width * share) for share in BALANCES) if len(rows) > 1 else ()
    return next((found for found in narrower if len(found) == len(rows)), rows)


def _pieces(text: str) -> list[str]:
    """What stays together on a line: words with the space after them, single letters in scripts without spaces."""
    words = re.findall(r"\S+\s*", text)
    return [piece for word in words for piece in (clusters(word) if _unspaced(word) else [word])]


def _unspaced(word: str) -> bool:
    name = unicodedata.name(word[0], "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"))


def _rows(pieces: list[str], style: Style, width: float) -> list[str]:
    rows, row = [], ""
    for piece in pieces:
        if row and measure((row + piece).rstrip(), style).width > width:
            rows.append(row)
            row = ""
        row += piece
    return [*rows, row] if row else rows
