"""Text: one line in any scripts, measured, shaped by raqm and drawn.

Lines become masks (one byte a pixel): the caller chooses the colour, and nothing leaves its box. `fitting` handles
lines that are too long.
"""

import math
import re
from functools import lru_cache
from typing import TypedDict

import msgspec
from PIL import Image, ImageDraw, ImageFont

from loyalty_app.pictures import bidi
from loyalty_app.pictures.fonts import SHAPED, font
from loyalty_app.pictures.letters import clean, clusters
from loyalty_app.pictures.text_runs import Run, runs_of

ASCENT, DESCENT = 1.25, 0.55  # shares of the size; Thai and Devanagari need this for their marks
PAD = 0.15
FINER = 3  # letters are drawn this much larger first: hinting at their own size spaces them unevenly
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


class Shaping(TypedDict, total=False):
    """Options of raqm."""

    direction: str
    language: str | None


class Style(msgspec.Struct, frozen=True):
    """How a line looks: size in pixels, weight from 400 to 700, and the language for what letters leave open."""

    size: int
    weight: int
    language: str = "en"


class Line(msgspec.Struct, frozen=True):
    """A measured line: its runs from left to right, and its width in pixels. Its first letter decides `rtl`."""

    runs: tuple[Run, ...]
    style: Style
    width: float
    rtl: bool


def line(text: str, style: Style) -> Line:
    """Measure a text as one line. What no font has is left out; any text is fine."""
    return measure(clean(text), style)


def measure(text: str, style: Style) -> Line:
    """Measure a text that is clean already."""
    base = bidi.base_level(text, rtl=bidi.is_rtl(style.language))
    runs = runs_of(text, base, style.language)
    return Line(runs, style, sum(_advance(run, style) for run in runs), bool(base))


def _advance(run: Run, style: Style) -> float:
    return _font(run, style).getlength(_seen(run), **_shaping(run, style)) / FINER


def _font(run: Run, style: Style) -> ImageFont.FreeTypeFont:
    return font(run.face, style.size * FINER, style.weight)


def _seen(run: Run) -> str:
    """The text as the font takes it: from left to right, unless raqm turns it."""
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
        _write(pen, (left * FINER, ascent(size) * FINER), run, of.style)
        left += _advance(run, of.style)
    return picture.reduce(FINER)


def _write(pen: ImageDraw.ImageDraw, at: tuple[float, int], run: Run, style: Style) -> None:
    """Write a run. Letters whose outline the font library cannot draw are left out; their place stays empty."""
    try:
        _write_letters(pen, at, run, style)
    except OSError:
        drawable = "".join(cluster for cluster in clusters(run.text) if _can_be_drawn(cluster, run, style))
        _write_letters(pen, at, msgspec.structs.replace(run, text=drawable), style)


def _write_letters(pen: ImageDraw.ImageDraw, at: tuple[float, int], run: Run, style: Style) -> None:
    pen.text(at, _seen(run), fill=255, font=_font(run, style), anchor="ls", **_shaping(run, style))


def _can_be_drawn(cluster: str, run: Run, style: Style) -> bool:
    try:
        _font(run, style).getmask(cluster, **_shaping(run, style))
    except OSError:
        return False
    return True


def ascent(size: int) -> int:
    """Pixels of a mask above its baseline."""
    return math.ceil(size * ASCENT)


def padding(size: int) -> int:
    """Pixels of a mask to the left of its line."""
    return math.ceil(size * PAD)
