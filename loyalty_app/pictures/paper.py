"""Paper: a part of a sheet to print, on which shapes, lines and codes are laid in tenths of a millimetre.

The same design is printed in several sizes: a paper has a scale, and everything on it is drawn at its final size, so
that letters are sharp. What is on a sheet is not known here.
"""

import math
from collections.abc import Sequence
from io import BytesIO

import msgspec
from PIL import Image, ImageDraw, ImageOps

from loyalty_app.pictures.bidi import is_rtl
from loyalty_app.pictures.colours import WHITE, Colour, Palette, contrast, palette
from loyalty_app.pictures.drawing import ground, lay, qr_picture, stroke, write
from loyalty_app.pictures.layout import Box
from loyalty_app.pictures.memory import MOST_BYTES, bytes_kept, bytes_to_colours
from loyalty_app.pictures.text import Line, Style, line

DPI = 300
PER_UNIT = DPI / 254
"""Pixels of a tenth of a millimetre."""
SEEN_ON_PAPER = 1.5
DARK: Colour = (34, 34, 34)
GROUND_SHRUNK = 4
"""A background has no fine lines: it is drawn smaller. Why: a sheet of A4 has nine million pixels."""
LOGO_FORMATS = ("PNG", "JPEG", "WEBP")
MOST_LOGO_PIXELS = 12_000_000
LEAST_LETTERS = 8


class Paper(msgspec.Struct, frozen=True):
    """A white paper of so many units, `scale` times as large as it is designed, in a shop's colour."""

    picture: Image.Image
    scale: float
    colour: str
    language: str

    @classmethod
    def blank(cls, size: tuple[int, int], scale: float, *, colour: str, language: str) -> "Paper":
        """A new paper; `size` is in units."""
        whole = scale * PER_UNIT
        return cls(Image.new("RGB", (round(size[0] * whole), round(size[1] * whole)), WHITE), whole, colour, language)

    @property
    def rtl(self) -> bool:
        """Whether it is read from the right."""
        return is_rtl(self.language)

    @property
    def palette(self) -> Palette:
        """The shop's colours."""
        return palette(self.colour)

    @property
    def seen(self) -> Colour:
        """The shop's colour, or black if it is almost white."""
        return self.palette.dark if contrast(self.palette.dark, WHITE) >= SEEN_ON_PAPER else DARK

    def pixels(self, units: float) -> int:
        """A length in pixels."""
        return round(units * self.scale)

    def style(self, size: float, weight: int) -> Style:
        """Letters of so many units."""
        return Style(max(LEAST_LETTERS, self.pixels(size)), weight, self.language)

    def box(self, area: Box) -> Box:
        """A box in pixels, mirrored for languages that are read from the right."""
        left, top, width, height = map(self.pixels, area)
        return Box(self.picture.width - left - width if self.rtl else left, top, width, height)

    def panel(self, area: Box, radius: int) -> None:
        """A box of the shop's colour with round corners."""
        where = self.box(area)
        size = (where.width, where.height)
        small = ground(self.palette, max(8, size[0] // GROUND_SHRUNK), max(8, size[1] // GROUND_SHRUNK))
        shape = rounded(where, self.pixels(radius))
        self.picture.paste(small.resize(size, Image.Resampling.BICUBIC), where[:2], shape)

    def outline(self, area: Box, radius: int, width: int) -> None:
        """A white box with a line around it that is seen on paper."""
        where, edge = self.box(area), self.pixels(width)
        lay(self.picture, rounded(where, self.pixels(radius)), where[:2], self.seen)
        inner = Box(where.left + edge, where.top + edge, where.width - 2 * edge, where.height - 2 * edge)
        lay(self.picture, rounded(inner, self.pixels(radius - width)), inner[:2], WHITE)

    def code(self, text: str, area: Box) -> None:
        """A QR code in the middle of an area."""
        where = self.box(area)
        code = qr_picture(text, min(where.width, where.height))
        at = where.left + (where.width - code.width) // 2, where.top + (where.height - code.height) // 2
        self.picture.paste(code, at)

    def shape(self, mask: Image.Image, at: tuple[int, int], colour: Colour) -> None:
        """A mask, by its upper left corner in pixels."""
        lay(self.picture, mask, at, colour)

    def centred(self, rows: Sequence[Line], area: Box, leading: float, colour: Colour) -> None:
        """Lines one below the other, in the middle of an area."""
        where, step = self.box(area), self.pixels(leading)
        size = rows[0].style.size if rows else 0
        baseline = where.top + (where.height - step * (len(rows) - 1)) // 2 + round(size * 0.35)
        for place, row in enumerate(rows):
            left = where.left + (where.width - row.width) / 2
            write(self.picture, stroke(row), (left, baseline + place * step), colour)

    def link(self, link: str, size: float, area: Box) -> None:
        """A link as small as need be: a cut link leads nowhere."""
        text, where = link.removeprefix("https://"), self.box(area)
        style = msgspec.structs.replace(self.style(size, 500), language="en")
        share = min(1, where.width / max(1, line(text, style).width))
        smaller = msgspec.structs.replace(style, size=max(LEAST_LETTERS, math.floor(style.size * share)))
        self.centred([line(text, smaller)], area, 0, DARK)

    def logo(self, logo: bytes, area: Box) -> None:
        """A logo, as large as fits into the middle of an area. Raises NotALogo."""
        where = self.box(area)
        picture = read_logo(logo, (where.width, where.height))
        at = where.left + (where.width - picture.width) // 2, where.top + (where.height - picture.height) // 2
        self.picture.paste(picture, at, picture)


class NotALogo(ValueError):
    """A file is no picture that can be used as a logo: PNG or JPEG of at most 12 million pixels, WebP of at most 6."""

    def __str__(self) -> str:
        """The sentence for the person who gave it."""
        return "a logo is a picture as PNG or JPEG of at most 12 million pixels, or as WebP of at most 6 million"


def read_logo(logo: bytes, most: tuple[int, int]) -> Image.Image:
    """A logo in RGBA, upright and at most so large. Raises NotALogo."""
    try:
        with Image.open(BytesIO(logo), formats=LOGO_FORMATS) as opened:
            if opened.width * opened.height > MOST_LOGO_PIXELS:
                raise NotALogo
            kept = bytes_kept(opened, logo)
            opened.draft("RGB", most)
            if kept + bytes_to_colours(opened) > MOST_BYTES:
                raise NotALogo
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError) as error:
        raise NotALogo from error
    share = min(most[0] / upright.width, most[1] / upright.height)
    size = max(1, round(upright.width * share)), max(1, round(upright.height * share))
    return upright.resize(size, Image.Resampling.LANCZOS)


def rounded(area: Box, radius: int) -> Image.Image:
    """A mask of a box with round corners; only the corners are smoothed. Why: a large one is never drawn larger."""
    radius = min(radius, area.width // 2, area.height // 2)
    mask = Image.new("L", (area.width, area.height), 255)
    if radius < 1:
        return mask
    large = Image.new("L", (8 * radius, 8 * radius))
    ImageDraw.Draw(large).ellipse((0, 0, 8 * radius - 1, 8 * radius - 1), fill=255)
    disc = large.reduce(4)
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        corner = disc.crop((x * radius, y * radius, (x + 1) * radius, (y + 1) * radius))
        mask.paste(corner, (x * (area.width - radius), y * (area.height - radius)))
    return mask
