"""Marks of a shop: its logo, and the sign of its stamps, which is one letter or emoji, or a small picture.

What people upload is read once, within bounds, and kept small, upright and as PNG; a card is drawn from that. What a
shop keeps is not known here.
"""

from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageChops, ImageOps

from loyalty_app.pictures import sprites
from loyalty_app.pictures.fonts import BOLD
from loyalty_app.pictures.letters import clean, clusters
from loyalty_app.pictures.paper import NotALogo, read_logo
from loyalty_app.pictures.text import Style, line, mask

LOGO = (640, 320)
STAMP = 192
CLEAR_OF_EDGE = 0.7
"""The share of a stamp that a picture takes whose edge is transparent; any other fills it."""
SEEN = 8
"""From here on a value of a mask is seen."""


class Sign(NamedTuple):
    """What a stamp shows: a text of one letter or emoji, or a PNG from `stamp_png`; without both it is a star."""

    text: str = ""
    picture: bytes = b""


def logo_png(uploaded: bytes) -> bytes:
    """A logo to keep, as PNG of at most 640×320 pixels. Raises NotALogo, also if nothing of it can be seen."""
    logo = read_logo(uploaded, LOGO)
    seen = logo.getchannel("A").point(lambda value: 255 if value >= SEEN else 0).getbbox()
    if seen is None:
        raise NotALogo
    return _png(logo.crop(seen))


def stamp_png(uploaded: bytes) -> bytes:
    """The picture of a stamp to keep, a round PNG of 192×192 pixels. Raises NotALogo."""
    picture = read_logo(logo_png(uploaded), (2 * STAMP, 2 * STAMP))
    ground = Image.new("RGBA", (STAMP, STAMP), "white")
    if min(corner for corner in _corners(picture.getchannel("A"))) < SEEN:
        side = round(STAMP * CLEAR_OF_EDGE)
        small = ImageOps.contain(picture, (side, side), Image.Resampling.LANCZOS)
        ground.alpha_composite(small, ((STAMP - small.width) // 2, (STAMP - small.height) // 2))
    else:
        ground.alpha_composite(ImageOps.fit(picture, (STAMP, STAMP), Image.Resampling.LANCZOS))
    ground.putalpha(sprites.disc(STAMP))
    return _png(ground)


def _corners(mask_: Image.Image) -> list[int]:
    right, bottom = mask_.width - 1, mask_.height - 1
    return [int(mask_.getpixel(at) or 0) for at in ((0, 0), (right, 0), (0, bottom), (right, bottom))]  # type: ignore[arg-type]  # a mask has one value a pixel


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def is_sign(text: str) -> bool:
    """Whether a text is one letter or emoji that can be drawn."""
    return len(clusters(clean(text))) == 1 and clean(text) == text and glyph(text, 64).getbbox() is not None


@lru_cache(maxsize=64)
def glyph(text: str, side: int) -> Image.Image:
    """A mask of a letter or emoji, as large as fits into a square."""
    drawn = mask(line(text, Style(side, BOLD)))
    inked = drawn.crop(drawn.getbbox())
    square = Image.new("L", (side, side))
    if 0 in inked.size:
        return square
    fitted = ImageOps.contain(inked, (side, side), Image.Resampling.LANCZOS)
    square.paste(fitted, ((side - fitted.width) // 2, (side - fitted.height) // 2))
    return square


@lru_cache(maxsize=64)
def round_picture(picture: bytes, side: int) -> Image.Image:
    """A kept picture of a stamp, in RGBA, at a size in pixels."""
    return read_logo(picture, (side, side))


@lru_cache(maxsize=16)
def kept_logo(logo: bytes, most: tuple[int, int]) -> Image.Image:
    """A kept logo, in RGBA, as large as fits."""
    return read_logo(logo, most)


def cut_out(disc: Image.Image, mark: Image.Image) -> Image.Image:
    """A disc with a mark cut out of its middle."""
    hole = Image.new("L", disc.size)
    hole.paste(mark, ((disc.width - mark.width) // 2, (disc.height - mark.height) // 2))
    return ImageChops.subtract(disc, hole)
