"""Step marks: the gifts of a card on the slots, or along the bar, where rewards lie on the way to the goal.

A step that is still to come has its gift in its slot, in the accent if the next stamp earns it. One that the card has
passed has it in the corner of its stamp. The gift of the goal is in `stamps`.
"""

from typing import NamedTuple

from PIL import Image

from loyalty_app.pictures import sprites
from loyalty_app.pictures.colours import Palette
from loyalty_app.pictures.drawing import faint, lay
from loyalty_app.pictures.layout import MOST_SLOTS, Box, layout, slots
from loyalty_app.pictures.stamps import BAR_BELOW, BAR_HEIGHT, centre

COMING, CORNER, IN_CORNER, NEXT_RIM = 0.42, 0.46, 0.66, 0.075
"""Shares: of a slot the gift, the disc in its corner and the rim of the next; of a disc the gift on it."""


class StepsShown(NamedTuple):
    """How far a card is: its stamps, its goal, and the stamps at which steps lie."""

    current: int
    required: int
    steps: tuple[int, ...]


def draw_steps(picture: Image.Image, card: StepsShown, colours: Palette, *, rtl: bool) -> None:
    """Draw the gift of each step that lies below the goal, on what `stamps` has drawn."""
    steps = [step for step in card.steps if 0 < step < card.required]
    if card.required > MOST_SLOTS:
        _draw_on_bar(picture, card._replace(steps=tuple(steps)), colours, rtl=rtl)
        return
    places = slots(card.required, rtl=rtl) if steps else []
    for step in steps:
        place = places[step - 1]
        if step <= card.current:
            _draw_disc(picture, _corner(place, rtl=rtl), colours)
        else:
            _draw_coming(picture, place, colours, is_next=step == card.current + 1)


def _draw_coming(picture: Image.Image, place: Box, colours: Palette, *, is_next: bool) -> None:
    gift = sprites.gift(round(place.width * COMING))
    if is_next:
        lay(picture, sprites.ring(place.width, place.width * NEXT_RIM), place[:2], colours.accent)
    centre(picture, gift if is_next else faint(gift, 0.75), place, colours.accent if is_next else colours.ink)


def _corner(place: Box, *, rtl: bool) -> Box:
    """The lower corner of a slot at the end of reading."""
    side = round(place.width * CORNER)
    return Box(place.left if rtl else place.right - side, place.bottom - side, side, side)


def _draw_disc(picture: Image.Image, place: Box, colours: Palette) -> None:
    lay(picture, sprites.disc(place.width), place[:2], colours.accent)
    centre(picture, sprites.gift(round(place.width * IN_CORNER)), place, colours.on_accent)


def _draw_on_bar(picture: Image.Image, card: StepsShown, colours: Palette, *, rtl: bool) -> None:
    area = layout(rtl=False).slots
    for step in card.steps:
        end = max(BAR_HEIGHT, round(area.width * step / card.required))
        mark = Box(area.left + end - BAR_HEIGHT, area.top + BAR_BELOW, BAR_HEIGHT, BAR_HEIGHT)
        place = mark.mirrored() if rtl else mark
        if step <= card.current:
            _draw_disc(picture, place, colours)
        else:
            centre(picture, sprites.gift(round(BAR_HEIGHT * IN_CORNER)), place, colours.ink)
