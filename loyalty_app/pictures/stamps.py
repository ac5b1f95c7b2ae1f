"""Stamps on a card: up to 20 slots in one or two rows, a bar for more. The last slot holds the reward."""

from functools import lru_cache

from PIL import Image

from loyalty_app.pictures import sprites
from loyalty_app.pictures.colours import Palette
from loyalty_app.pictures.drawing import Stroke, faint, lay, stroke, write
from loyalty_app.pictures.fonts import BOLD
from loyalty_app.pictures.layout import MOST_SLOTS, Box, layout, slots
from loyalty_app.pictures.marks import Sign, cut_out, glyph, round_picture
from loyalty_app.pictures.text import Style, line

COUNT_GAP = 12
MARK, PRESENT, RIM = 0.66, 0.52, 0.04  # shares of a slot: its star, its gift, the edge around a picture
BAR_HEIGHT, BAR_BELOW = 36, 148
NUMBER, GOAL = Style(92, BOLD), Style(46, BOLD)
HEADER_NUMBER, HEADER_GOAL = Style(64, BOLD), Style(34, BOLD)


STAR = Sign()


def draw_stamps(
    picture: Image.Image, current: int, required: int, colours: Palette, *, rtl: bool, sign: Sign = STAR
) -> None:
    """Draw the stamps of a card and its empty slots."""
    if required > MOST_SLOTS:
        _draw_bar(picture, current, required, colours, rtl=rtl)
        return
    places = slots(required, rtl=rtl)
    for place in places[:-1][:current]:
        _draw_stamp(picture, place, colours, sign)
    for place in places[:-1][max(0, current) :]:
        lay(picture, empty_slot(place.width), place[:2], colours.ink)
    _draw_last(picture, places[-1], colours, filled=current >= required, next_=current == required - 1)


def _draw_stamp(picture: Image.Image, place: Box, colours: Palette, sign: Sign) -> None:
    if not sign.picture:
        lay(picture, stamp(place.width, sign.text), place[:2], colours.ink)
        return
    own = round_picture(sign.picture, place.width)
    picture.paste(own, place[:2], own)
    lay(picture, sprites.ring(place.width, place.width * RIM), place[:2], colours.ink)


def _draw_last(picture: Image.Image, place: Box, colours: Palette, *, filled: bool, next_: bool) -> None:
    at, present = (place.left, place.top), sprites.gift(round(place.width * PRESENT))
    if filled:
        lay(picture, sprites.disc(place.width), at, colours.accent)
        centre(picture, present, place, colours.on_accent)
        return
    lay(picture, empty_slot(place.width), at, colours.ink)
    if next_:
        lay(picture, sprites.ring(place.width, place.width * 0.075), at, colours.accent)
    centre(picture, present if next_ else faint(present, 0.75), place, colours.accent if next_ else colours.ink)


def centre(picture: Image.Image, shape: Image.Image, place: Box, colour: tuple[int, int, int]) -> None:
    """Lay a shape into the middle of a place."""
    at = place.left + (place.width - shape.width) // 2, place.top + (place.height - shape.height) // 2
    lay(picture, shape, at, colour)


@lru_cache(maxsize=64)
def stamp(side: int, text: str = "") -> Image.Image:
    """A disc with a star cut out, or with a letter or emoji."""
    mark = round(side * MARK)
    return cut_out(sprites.disc(side), glyph(text, mark) if text else sprites.star(mark))


@lru_cache(maxsize=64)
def empty_slot(side: int) -> Image.Image:
    """A ring with a breath of colour inside."""
    mask = faint(sprites.disc(side), 0.08)
    mask.paste(120, (0, 0), sprites.ring(side, max(1.5, side * 0.03)))
    return mask


def _draw_bar(picture: Image.Image, current: int, required: int, colours: Palette, *, rtl: bool) -> None:
    area = layout(rtl=rtl).slots
    top, radius = area.top + BAR_BELOW, BAR_HEIGHT // 2
    lay(picture, faint(sprites.box(area.width, BAR_HEIGHT, radius), 0.2), (area.left, top), colours.ink)
    if current > 0:
        done = max(BAR_HEIGHT, round(area.width * min(1, current / required)))
        full = colours.accent if current >= required - 1 else colours.ink
        at = area.right - done if rtl else area.left
        lay(picture, sprites.box(done, BAR_HEIGHT, radius), (at, top), full)
    number, goal = count_strokes(current, required, large=True)
    left = area.right - count_width((number, goal)) if rtl else area.left
    write_count(picture, (number, goal), (left, top - 40), colours)


def write_count(picture: Image.Image, count: tuple[Stroke, Stroke], at: tuple[float, int], colours: Palette) -> None:
    """Write "7 / 10", the first number large, from the left end of its baseline."""
    number, goal = count
    write(picture, number, at, colours.ink)
    write(picture, goal, (at[0] + number.width + COUNT_GAP, at[1]), colours.quiet)


def count_width(count: tuple[Stroke, Stroke]) -> int:
    """The width of "7 / 10" in pixels."""
    return round(count[0].width + COUNT_GAP + count[1].width)


@lru_cache(maxsize=512)
def count_strokes(current: int, required: int, *, large: bool = False) -> tuple[Stroke, Stroke]:
    """The two parts of "7 / 10"."""
    number, goal = (NUMBER, GOAL) if large else (HEADER_NUMBER, HEADER_GOAL)
    return stroke(line(str(current), number)), stroke(line(f"/ {required}", goal))
