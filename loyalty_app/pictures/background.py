"""Grounds: the shop's colour from light to dark, with two large soft circles, for cards and posters."""

from PIL import Image, ImageOps

from loyalty_app.pictures import sprites
from loyalty_app.pictures.colours import Palette

# Left and top edge and side of each circle, as shares of the width.
CIRCLES = ((0.56, -0.33, 0.72), (-0.3, 0.3, 0.62))
SOFT = [round(value * 0.8) for value in range(256)]


def ground(colours: Palette, width: int, height: int, shadow: Image.Image | None = None) -> Image.Image:
    """A picture between the palette's light and dark, so that its ink is readable everywhere; darkest in the shadow."""
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
