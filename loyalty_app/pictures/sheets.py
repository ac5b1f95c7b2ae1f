"""Sheets: posters of A4 and A5, a table tent and stickers, as PDFs to print at 300 dpi. Designs are in `poster`."""

import math
from collections.abc import Callable
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageDraw

from loyalty_app.pictures.colours import WHITE
from loyalty_app.pictures.paper import DPI
from loyalty_app.pictures.poster import PosterPicture, draw_lying, draw_upright

A4 = (round(210 / 25.4 * DPI), round(297 / 25.4 * DPI))
CUT = (200, 200, 200)
DASH = 24
STICKERS_ACROSS, STICKERS_DOWN = 2, 4
QUALITY = 93
"""Of the picture in the file. Below that, letters have a shadow when they are looked at closely."""


class PrintSheet(StrEnum):
    """What can be printed."""

    A4 = "a4"
    A5 = "a5"
    TENT = "tent"
    STICKERS = "stickers"


def render_sheet(sheet: PrintSheet, poster: PosterPicture, *, png: bool = False) -> bytes:
    """A sheet as a PDF of one page, or as a PNG. Any text is fine. Raises NotALogo."""
    file = BytesIO()
    page = DRAWN[sheet](poster)
    if png:
        page.save(file, "PNG", compress_level=4, dpi=(DPI, DPI))
        return file.getvalue()
    page.save(file, "PDF", resolution=DPI, quality=QUALITY, subsampling=0, creationDate=None, modDate=None)
    return file.getvalue()


def draw_a4(poster: PosterPicture) -> Image.Image:
    """The upright poster on A4, a little wider at the sides: A4 is not quite √2 of A5."""
    page, drawn = Image.new("RGB", A4, WHITE), draw_upright(poster, A4[1] / 2100 * 254 / DPI)
    page.paste(drawn, ((A4[0] - drawn.width) // 2, 0))
    return page


def draw_a5(poster: PosterPicture) -> Image.Image:
    """The upright poster on A5."""
    return draw_upright(poster, 1)


def draw_tent(poster: PosterPicture) -> Image.Image:
    """A sheet of A4 to fold in the middle: the lying poster on both sides, one of them upside down."""
    page, face = Image.new("RGB", A4, WHITE), draw_lying(poster, A4[0] / 2100 * 254 / DPI)
    middle = A4[1] // 2
    face = face.crop((0, 0, A4[0], min(face.height, middle)))
    page.paste(face, (0, middle))
    page.paste(face.rotate(180), (0, middle - face.height))
    _dashed(page, middle)
    return page


def draw_stickers(poster: PosterPicture) -> Image.Image:
    """Eight small posters on A4, each of A7, with lines to cut along."""
    page = Image.new("RGB", A4, WHITE)
    width, height = A4[0] // STICKERS_ACROSS, A4[1] // STICKERS_DOWN
    sticker = draw_lying(poster, min(width / 2100, height / 1480) * 254 / DPI)
    pen = ImageDraw.Draw(page)
    for place in range(STICKERS_ACROSS * STICKERS_DOWN):
        left, top = place % STICKERS_ACROSS * width, place // STICKERS_ACROSS * height
        page.paste(sticker, (left + (width - sticker.width) // 2, top + (height - sticker.height) // 2))
    pen.line((width, 0, width, A4[1]), fill=CUT, width=2)
    for row in range(1, STICKERS_DOWN):
        pen.line((0, row * height, A4[0], row * height), fill=CUT, width=2)
    return page


def _dashed(page: Image.Image, row: int) -> None:
    pen = ImageDraw.Draw(page)
    for place in range(math.ceil(page.width / DASH / 2)):
        pen.line((place * 2 * DASH, row, place * 2 * DASH + DASH, row), fill=CUT, width=2)


DRAWN: dict[PrintSheet, Callable[[PosterPicture], Image.Image]] = {
    PrintSheet.A4: draw_a4,
    PrintSheet.A5: draw_a5,
    PrintSheet.TENT: draw_tent,
    PrintSheet.STICKERS: draw_stickers,
}
