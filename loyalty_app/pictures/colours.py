"""Colours: the shop's colour, and what can be read on it. Contrast is that of WCAG 2. Nothing is drawn here."""

import re
from functools import lru_cache

import msgspec

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
GOLD: Colour = (247, 190, 66)
DARK_BROWN: Colour = (48, 32, 16)
COFFEE: Colour = (111, 78, 55)
READABLE = 4.5  # the contrast that WCAG asks of text
SEEN = 1.9  # enough for a shape, which its form shows too

_HEX = re.compile(r"#[0-9A-Fa-f]{6}")


class Palette(msgspec.Struct, frozen=True):
    """The colours of a card: the background from light to dark, the text on it, and the accent."""

    light: Colour
    dark: Colour
    ink: Colour
    quiet: Colour
    accent: Colour
    on_accent: Colour


@lru_cache(maxsize=256)
def palette(colour: str) -> Palette:
    """The palette of a shop colour as #RRGGBB; the default brown for any other text.

    All text is readable on all of the background: the contrast is 4.5 or more, for any colour.
    """
    base = parse_colour(colour)
    full = ink_on(base)
    on_dark = full == WHITE
    light = _towards(base, WHITE, 0.14 if on_dark else 0.3, full)
    dark = _towards(base, BLACK, 0.26 if on_dark else 0.1, full)
    worst = light if on_dark else dark
    ink = WHITE if on_dark else _towards(BLACK, base, 0.16, worst)
    quiet = _towards(ink, worst, 0.3, worst)
    accent = GOLD if min(contrast(GOLD, light), contrast(GOLD, dark)) >= SEEN else ink
    on_accent = DARK_BROWN if accent == GOLD else ink_on(accent)
    return Palette(light, dark, ink, quiet, accent, on_accent)


def parse_colour(colour: str) -> Colour:
    """Read #RRGGBB; the default brown for anything else."""
    if not _HEX.fullmatch(colour):
        return COFFEE
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def ink_on(background: Colour) -> Colour:
    """White or black, whichever is easier to read; one of them always has a contrast of 4.5."""
    return WHITE if contrast(WHITE, background) >= contrast(BLACK, background) else BLACK


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two; `share` of the other is from 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  # as in sRGB


def _towards(start: Colour, goal: Colour, share: float, against: Colour) -> Colour:
    """Mix a colour towards another, as far as it stays readable against a third."""
    for step in range(10, 0, -1):
        mixed = mix(start, goal, share * step / 10)
        if contrast(mixed, against) >= READABLE:
            return mixed
    return start
