"""Sprites: the small shapes of a card as masks: discs, rings, a star, a gift, rounded boxes.

Each is drawn several times as large and then reduced, which smooths its edges; it is made once for each size.
"""

import math
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw

LARGER, LARGE, LARGER_OF_LARGE = 8, 256, 4
Pen = ImageDraw.ImageDraw


def _smooth(width: int, height: int, draw: Callable[[Pen, int], None]) -> Image.Image:
    """Draw on a large canvas, whose scale `draw` gets, then reduce it."""
    larger = LARGER if max(width, height) <= LARGE else LARGER_OF_LARGE
    canvas = Image.new("L", (width * larger, height * larger))
    draw(ImageDraw.Draw(canvas), larger)
    return canvas.reduce(larger)


@lru_cache(maxsize=128)
def disc(side: int) -> Image.Image:
    """A full circle."""
    return _smooth(side, side, lambda pen, n: pen.ellipse((0, 0, side * n - 1, side * n - 1), fill=255))


@lru_cache(maxsize=128)
def ring(side: int, width: float) -> Image.Image:
    """The outline of a circle, `width` pixels wide."""

    def draw(pen: Pen, n: int) -> None:
        pen.ellipse((0, 0, side * n - 1, side * n - 1), outline=255, width=round(width * n))

    return _smooth(side, side, draw)


@lru_cache(maxsize=128)
def box(width: int, height: int, radius: int) -> Image.Image:
    """A box with round corners."""

    def draw(pen: Pen, n: int) -> None:
        pen.rounded_rectangle((0, 0, width * n - 1, height * n - 1), radius * n, fill=255)

    return _smooth(width, height, draw)


@lru_cache(maxsize=64)
def star(side: int) -> Image.Image:
    """A star of five points with soft corners: the mark of a stamp."""

    def draw(pen: Pen, n: int) -> None:
        centre, outer, soft = side * n / 2, side * n * 0.42, side * n * 0.1
        corners = [_on_circle(centre, outer * (1 if k % 2 == 0 else 0.52), k * math.pi / 5) for k in range(10)]
        pen.polygon(corners, fill=255)
        pen.line([*corners, *corners[:2]], fill=255, width=round(soft), joint="curve")

    return _smooth(side, side, draw)


def _on_circle(centre: float, radius: float, angle: float) -> tuple[float, float]:
    return centre + radius * math.sin(angle), centre - radius * math.cos(angle)


@lru_cache(maxsize=64)
def gift(side: int) -> Image.Image:
    """A wrapped box with a bow: the reward."""

    def draw(pen: Pen, n: int) -> None:
        unit = side * n / 24
        _bow(pen, unit)
        pen.rounded_rectangle((2.5 * unit, 7.5 * unit, 21.5 * unit, 12 * unit), 1.2 * unit, fill=255)
        pen.rounded_rectangle((4 * unit, 13.2 * unit, 20 * unit, 22 * unit), 1.6 * unit, fill=255)
        pen.rectangle((11 * unit, 7.5 * unit, 13 * unit, 22 * unit), fill=0)

    return _smooth(side, side, draw)


def _bow(pen: Pen, unit: float) -> None:
    for left in (5.6, 12):
        pen.ellipse((left * unit, 2 * unit, (left + 6.4) * unit, 8 * unit), outline=255, width=round(1.7 * unit))


@lru_cache(maxsize=16)
def plane(side: int) -> Image.Image:
    """A folded paper plane that flies up to the right: the sign for a message. It fits into a disc of that side."""

    def draw(pen: Pen, n: int) -> None:
        unit = side * n / 24
        for corners, fill in PLANE:
            pen.polygon([(x * unit, y * unit) for x, y in corners], fill=fill)

    return _smooth(side, side, draw)


# The wings with the fold between them, and the keel behind the fold. What is 0 is cut out.
PLANE: tuple[tuple[tuple[tuple[float, float], ...], int], ...] = (
    (((4.6, 11.6), (18.6, 6.2), (15.2, 18.0), (10.6, 14.2)), 255),
    (((9.0, 13.4), (18.6, 6.2), (10.4, 14.4), (10.0, 18.2)), 0),
    (((9.4, 13.6), (10.3, 14.5), (10.2, 17.2)), 255),
    (((10.2, 17.2), (10.5, 14.7), (12.5, 16.2)), 255),
)
