"""Text: one line of any scripts, measured and drawn: fonts by letter, directions by UAX 9, shapes by raqm.

A line is cut into runs of one font and one direction. Too long a line gets smaller first and is then cut with "…".
Lines are masks (one byte a pixel), so that whoever draws them chooses the colour, and nothing leaves the box.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import TypedDict

import msgspec
from PIL import Image, ImageDraw, ImageFont

from loyalty_app.pictures import bidi
from loyalty_app.pictures.fonts import EMOJI, SHAPED, SYMBOLS, Face, face_of, font, han_face, has
from loyalty_app.pictures.letters import clean, clusters

ELLIPSIS = "…"
SHRINKS = (1.0, 0.92, 0.84, 0.76)
BALANCES = (0.55, 0.65, 0.75, 0.85)
ON_TWO_LINES = 0.72
ASCENT, DESCENT = 1.25, 0.55  # of the size; what Thai and Devanagari need with their marks
PAD = 0.15
FINER = 3  # letters are drawn so much larger first: hinted at their own size they stand unevenly
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


class Shaping(TypedDict, total=False):
    """What raqm wants to know."""

    direction: str
    language: str | None


class Style(msgspec.Struct, frozen=True):
    """How a line looks: size in pixels, weight from 400 to 700, the language that settles what letters leave open."""

    size: int
    weight: int
    language: str = "en"


class Run(msgspec.Struct, frozen=True):
    """A part of a line in one font and one direction."""

    text: str
    face: Face
    level: int

    @property
    def direction(self) -> str:
        """As raqm calls it."""
        return "rtl" if self.level % 2 else "ltr"


class Line(msgspec.Struct, frozen=True):
    """A measured line: its runs from left to right, and its width in pixels. It is RTL by its own first letter."""

    runs: tuple[Run, ...]
    style: Style
    width: float
    rtl: bool


def line(text: str, style: Style) -> Line:
    """Measure a text as one line. What no font has is left out; any text is fine."""
    return _line(clean(text), style)


def fit(text: str, style: Style, width: float) -> Line:
    """The line that is at most so wide: smaller if it must be, and then cut at the end of a letter with "…"."""
    cleaned = clean(text)
    tries = [_line(cleaned, smaller) for smaller in _smaller(style)]
    return next((found for found in tries if found.width <= width), None) or cut(cleaned, tries[-1].style, width)


def title(text: str, style: Style, width: float) -> list[Line]:
    """A name on one line if it is not too long, else smaller on two."""
    one = _line(clean(text), list(_smaller(style))[-1])
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
        if _line("".join(letters[:middle]).rstrip() + ELLIPSIS, style).width <= width:
            low = middle
        else:
            high = middle - 1
    return _line("".join(letters[:low]).rstrip() + ELLIPSIS, style)


def wrap(text: str, style: Style, width: float, lines: int) -> list[Line]:
    """A text on several lines, broken between words; smaller if it must be, and then cut with "…"."""
    pieces = _pieces(clean(text))
    tries = [(_rows(pieces, smaller, width), smaller) for smaller in _smaller(style)]
    rows, chosen = next((found for found in tries if len(found[0]) <= lines), tries[-1])
    if len(rows) <= lines:
        rows = _balanced(pieces, rows, chosen, width)
    else:
        rows = [*rows[: lines - 1], "".join(rows[lines - 1 :])]
    found = [_line(row.rstrip(), chosen) for row in rows]
    return [one if one.width <= width else cut(row, chosen, width) for one, row in zip(found, rows, strict=True)]


def _balanced(pieces: list[str], rows: list[str], style: Style, width: float) -> list[str]:
    """The same number of rows, as narrow as they can be, so that no word is left alone on the last."""
    narrower = (_rows(pieces, style, width * share) for share in BALANCES) if len(rows) > 1 else ()
    return next((found for found in narrower if len(found) == len(rows)), rows)


def _pieces(text: str) -> list[str]:
    """What stays together on a line: words with the space after them, single letters where no spaces are written."""
    words = re.findall(r"\S+\s*", text)
    return [piece for word in words for piece in (clusters(word) if _unspaced(word) else [word])]


def _unspaced(word: str) -> bool:
    name = unicodedata.name(word[0], "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"))


def _rows(pieces: list[str], style: Style, width: float) -> list[str]:
    rows, row = [], ""
    for piece in pieces:
        if row and _line((row + piece).rstrip(), style).width > width:
            rows.append(row)
            row = ""
        row += piece
    return [*rows, row] if row else rows


def _line(text: str, style: Style) -> Line:
    base = bidi.base_level(text, rtl=bidi.is_rtl(style.language))
    runs = _runs(text, base, style.language)
    return Line(runs, style, sum(_advance(run, style) for run in runs), bool(base))


@lru_cache(maxsize=1024)
def _runs(text: str, base: int, language: str) -> tuple[Run, ...]:
    """Runs in the order in which they are seen; each keeps its letters in the order in which they are read."""
    drawn = [(face, cluster) for face, cluster in _with_faces(text, han_face(text, language)) if face is not None]
    letters = "".join(cluster for _, cluster in drawn)
    faces = [face for face, cluster in drawn for _ in cluster]
    rows = bidi.levels(letters, base)
    places = groupby(range(len(letters)), lambda place: (faces[place], rows[place]))
    runs = [Run("".join(letters[p] for p in group), face, level) for (face, level), group in places]
    return tuple(runs[place] for place in bidi.visual_order([run.level for run in runs]))


def _with_faces(text: str, han: Face) -> list[tuple[Face | None, str]]:
    found: list[tuple[Face | None, str]] = []
    current: Face | None = None
    for cluster in clusters(text):
        current = _face(cluster, current, han)
        found.append((current, _only_what(current, cluster)))
    return found


def _face(cluster: str, current: Face | None, han: Face) -> Face | None:
    """Spaces and punctuation stay with the font of what is before them, so that words are not torn apart."""
    stays = unicodedata.category(cluster[0])[0] in "ZP" and current not in {None, EMOJI, SYMBOLS}
    if stays and current is not None and has(current, cluster[0]):
        return current
    return face_of(cluster[0], han)


def _only_what(face: Face | None, cluster: str) -> str:
    """Drop marks that the font of their letter has not."""
    if face is None:
        return ""
    return cluster[0] + "".join(c for c in cluster[1:] if _invisible(c) or has(face, c))


def _invisible(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or 0xFE00 <= ord(letter) <= 0xFE0F  # noqa: PLR2004  # variation selectors


def _advance(run: Run, style: Style) -> float:
    return _font(run, style).getlength(_seen(run), **_shaping(run, style)) / FINER


def _font(run: Run, style: Style) -> ImageFont.FreeTypeFont:
    return font(run.face, style.size * FINER, style.weight)


def _seen(run: Run) -> str:
    """The text as the font takes it: where nothing turns it round, from left to right."""
    return run.text if SHAPED or run.direction == "ltr" else "".join(reversed(clusters(run.text)))


def _shaping(run: Run, style: Style) -> Shaping:
    return {"direction": run.direction, "language": _language(style.language)} if SHAPED else {}


@lru_cache(maxsize=256)
def _language(language: str) -> str | None:
    tag = language.lower().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None


def mask(of: Line) -> Image.Image:
    """Draw a line as a mask: `ascent` above its baseline and some pixels beside it, so that no letter is clipped."""
    size, left = of.style.size, float(padding(of.style.size))
    width = math.ceil(of.width) + 2 * padding(size)
    picture = Image.new("L", (width * FINER, (ascent(size) + math.ceil(size * DESCENT)) * FINER))
    pen = ImageDraw.Draw(picture)
    for run in of.runs:
        pen.text(
            (left * FINER, ascent(size) * FINER),
            _seen(run),
            fill=255,
            font=_font(run, of.style),
            anchor="ls",
            **_shaping(run, of.style),
        )
        left += _advance(run, of.style)
    return picture.reduce(FINER)


def ascent(size: int) -> int:
    """Pixels of a mask above its baseline."""
    return math.ceil(size * ASCENT)


def padding(size: int) -> int:
    """Pixels of a mask left of where its line begins."""
    return math.ceil(size * PAD)


def width_of(text: str, style: Style) -> float:
    """The width of a short text in pixels."""
    return line(text, style).width
