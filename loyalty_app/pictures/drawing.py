"""Drawing: masks, lines of text and QR codes for a picture, and its background. What to draw is not known here."""

import re
from functools import lru_cache
from typing import NamedTuple

import qrcode
from PIL import Image, ImageOps

from loyalty_app.pictures import sprites
from loyalty_app.pictures.colours import Colour, Palette
from loyalty_app.pictures.text import Line, ascent, mask, padding

QUIET_ZONE = 4
# Readers accept any mask. Trying all eight, as the standard proposes, takes eight times as long.
MASK = 3


class Stroke(NamedTuple):
    """A drawn line of text: its mask, and where in the mask the line begins."""

    mask: Image.Image
    width: float
    left: int
    baseline: int


class Edge(NamedTuple):
    """Where lines begin: a column of pixels, and whether they run left from it."""

    x: float
    is_right: bool


def stroke(of: Line) -> Stroke:
    """Draw a line once."""
    return Stroke(mask(of), of.width, padding(of.style.size), ascent(of.style.size))


def lay(picture: Image.Image, shape: Image.Image, at: tuple[int, int], colour: Colour | int) -> None:
    """Paste a mask on a picture in a colour; `at` is its upper left corner."""
    picture.paste(colour, at, shape)


def write(picture: Image.Image, what: Stroke, at: tuple[float, int], colour: Colour | int) -> None:
    """Write a line; `at` is the left end of its baseline."""
    lay(picture, what.mask, (round(at[0]) - what.left, at[1] - what.baseline), colour)


def write_beside(picture: Image.Image, what: Stroke, edge: Edge, baseline: int, colour: Colour) -> None:
    """Write a line at an edge: to the right of a left edge, to the left of a right one."""
    left = edge.x - what.width if edge.is_right else edge.x
    write(picture, what, (left, baseline), colour)


def faint(shape: Image.Image, share: float) -> Image.Image:
    """The same mask, fainter: 0.3 leaves three tenths of the colour."""
    return shape.point(_fading(round(share * 100)))


@lru_cache(maxsize=101)
def _fading(percent: int) -> list[int]:
    return [value * percent // 100 for value in range(256)]


# Left, top and side of each circle, as shares of the width.
CIRCLES = ((0.56, -0.33, 0.72), (-0.3, 0.3, 0.62))
SOFT = [round(value * 0.8) for value in range(256)]


def ground(colours: Palette, width: int, height: int, shadow: Image.Image | None = None) -> Image.Image:
    """A background between the palette's light and dark, so that its ink is readable everywhere; darkest in shadow."""
    shades = _slope(width, height)
    for left, top, side in CIRCLES:
        shape = sprites.disc(round(side * width))
        where = Image.new("L", (width, height))
        where.paste(shape, (round(left * width), round(top * width)))
        shades.paste(shades.point(SOFT), (0, 0), where)
    if shadow is not None:
        shades.paste(255, (0, 0), shadow)
    return ImageOps.colorize(shades, colours.light, colours.dark)


def _slope(width: int, height: int) -> Image.Image:
    """0 in the upper left corner, 255 in the lower right one."""
    few = Image.new("L", (5, 3))
    few.putdata([round(255 * (x / 4 * 0.55 + y / 2 * 0.45)) for y in range(3) for x in range(5)])
    return few.resize((width, height), Image.Resampling.BICUBIC)


def qr_picture(text: str, side: int) -> Image.Image:
    """A QR code, black on white with its quiet zone: at most `side` pixels, whole pixels a module; error correction M.

    If the text is too long for `side`, a module is one pixel. Raises ValueError beyond 2,331 bytes.
    """
    rows = _modules(text)
    dots = bytes(0 if dark else 255 for row in rows for dark in row)
    modules = len(rows)
    scale = max(1, side // modules)
    return Image.frombytes("L", (modules, modules), dots).resize((modules * scale,) * 2, Image.Resampling.NEAREST)


def qr_svg(text: str) -> str:
    """The same as an SVG without a size: black runs of modules on white, one unit a module. Raises ValueError too."""
    rows = _modules(text)
    runs = "".join(_runs(row, y) for y, row in enumerate(rows))
    box = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(rows)} {len(rows)}" shape-rendering="crispEdges"'
    return f'<svg {box}><path fill="#fff" d="M0 0h{len(rows)}v{len(rows)}H0z"/><path d="{runs}"/></svg>'


def _runs(row: list[bool], y: int) -> str:
    dark = "".join("#" if one else "." for one in row)
    return "".join(f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z" for run in re.finditer("#+", dark))


def _modules(text: str) -> list[list[bool]]:
    """The modules of a QR code with its quiet zone, row by row; True is dark. Raises ValueError beyond 2,331 bytes."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=MASK)
    code.add_data(text, optimize=0)
    code.make()
    rows: list[list[bool]] = code.get_matrix()
    return rows
