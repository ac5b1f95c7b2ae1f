"""Layout of the card: where everything is on its 1000×600 pixels, mirrored for languages written from the right."""

import math
from functools import lru_cache
from typing import NamedTuple

import msgspec

from loyalty_app.pictures.drawing import Edge

WIDTH, HEIGHT, MARGIN = 1000, 600, 52
PANEL = 348  # the side of the white panel with the QR code, without the text below it
PANEL_TOP, PANEL_HEIGHT = 152, 396
COLUMN = WIDTH - 3 * MARGIN + 6 - PANEL
MOST_SLOTS = 20
ONE_ROW = 5
LARGEST_SLOT, GAP, LEAST_ROW_GAP = 92, 0.26, 18  # the gap is a share of the slot
SLOTS_TOP, SLOTS_HEIGHT = 152, 214


class Box(NamedTuple):
    """A part of the picture in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height

    def mirrored(self) -> "Box":
        """The same box, mirrored on the card."""
        return self._replace(left=WIDTH - self.right)


class Layout(msgspec.Struct, frozen=True):
    """The parts of a card."""

    rtl: bool
    shop: Box
    count: Box
    slots: Box
    reward: Box
    customer: Box
    panel: Box

    def edge(self, part: Box, indent: int = 0) -> Edge:
        """Where lines of a part begin, with an indent."""
        return Edge(part.right - indent if self.rtl else part.left + indent, self.rtl)


@lru_cache(maxsize=2)
def layout(*, rtl: bool) -> Layout:
    """The parts of a card for a direction."""
    found = Layout(
        rtl=rtl,
        shop=Box(MARGIN, 48, 580, 72),
        count=Box(WIDTH - MARGIN - 270, 48, 270, 72),
        slots=Box(MARGIN, SLOTS_TOP, COLUMN, SLOTS_HEIGHT),
        reward=Box(MARGIN, 392, COLUMN, 88),
        customer=Box(MARGIN, 500, COLUMN, 48),
        panel=Box(WIDTH - MARGIN - PANEL, PANEL_TOP, PANEL, PANEL_HEIGHT),
    )
    if not rtl:
        return found
    parts = msgspec.structs.asdict(found).items()
    return msgspec.structs.replace(found, **{name: part.mirrored() for name, part in parts if isinstance(part, Box)})


def slots(number: int, *, rtl: bool) -> list[Box]:
    """The places of up to 20 stamps in one or two rows, in the order they are filled."""
    area = layout(rtl=False).slots
    across = number if number <= ONE_ROW else math.ceil(number / 2)
    rows = math.ceil(number / across)
    side = round(min(area.width / (across + (across - 1) * GAP), LARGEST_SLOT))
    step = (area.width - side) / (across - 1) if side < LARGEST_SLOT and across > 1 else side * (1 + GAP)
    down = max(step, side + LEAST_ROW_GAP)
    top = area.top + (area.height - side - (rows - 1) * down) / 2
    found = [
        Box(round(area.left + n % across * step), round(top + n // across * down), side, side) for n in range(number)
    ]
    return [place.mirrored() for place in found] if rtl else found
