"""The poster: what hangs in a shop and lets a guest join by its QR code. The reward comes first. White at the edges.

There are two designs, one upright and one lying; `sheets` prints them in several sizes. All words come with the poster.
Sizes are in tenths of a millimetre, as on A5.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from PIL import Image

from loyalty_app.pictures import sprites
from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.colours import WHITE, ink_on
from loyalty_app.pictures.drawing import Edge, stroke, write, write_beside
from loyalty_app.pictures.fitting import fit, is_cut, wrap
from loyalty_app.pictures.fonts import BOLD, MEDIUM
from loyalty_app.pictures.layout import Box
from loyalty_app.pictures.paper import DARK, Paper
from loyalty_app.pictures.text import Line, line

UPRIGHT, LYING = (1480, 2100), (2100, 1480)
MARGIN, ROUND, LINE = 90, 56, 6
HEAD = Box(MARGIN, MARGIN, UPRIGHT[0] - 2 * MARGIN, 690)
SHOP, REWARD = Box(150, 116, 1180, 130), Box(150, 256, 1180, 496)
FRAME = Box(UPRIGHT[0] // 2 - 358, 812, 716, 716)
LINK = Box(MARGIN, 1540, UPRIGHT[0] - 2 * MARGIN, 70)
SIGN = Box(MARGIN, 1616, UPRIGHT[0] - 2 * MARGIN, 84)
STEPS_TOP, STEP = 1728, 98
INSET = 24
"""Between a frame and its code, which has sharp corners."""

LYING_FRAME = Box(MARGIN, MARGIN, 1000, 1000)
LYING_LINK = Box(MARGIN, 1104, 1000, 70)
LYING_SIGN = Box(MARGIN, 1190, 1000, 200)
LYING_HEAD = Box(1150, MARGIN, 860, 1300)
LYING_SHOP, LYING_REWARD = Box(1210, 150, 740, 220), Box(1210, 400, 740, 930)
SHOP_SIZE, SIGN_SIZE, LINK_SIZE, STEP_SIZE, CAPTION_SIZE, ICON = 68, 56, 40, 46, 46, 112
REWARD_SIZES = ((112, 2), (88, 3), (68, 4), (56, 5))
LYING_REWARD_SIZES = ((112, 4), (88, 6), (68, 8), (56, 10))
"""The size of the reward's letters, and how many lines have room: the largest that shows all of it."""
SMALLEST_REWARD = (44, 12)
"""The same for several rewards that have no room in larger letters."""
LEADING = 1.24
PLACE_HEIGHT, LYING_PLACE_HEIGHT, PLACE_LEADING = 130, 330, 1.3
PLACE_SIZES = (40, 34, 29, 25)


class PosterPicture(msgspec.Struct, frozen=True, kw_only=True):
    """What a poster shows. `headline` says what the code gives, `steps` explain in three short lines how it works.

    `reward_description` may have several lines, one for each card of the shop.
    `link` is the join link. With `page_link`, where one joins without Telegram, there are two codes, each with one of
    the `captions` below it. `logo` is a picture that stands in the place of the shop's name. `address` and
    `opening_hours` stand below the reward; each may have several lines.
    """

    shop_name: str
    headline: str
    steps: tuple[str, ...]
    reward_description: str
    link: str
    colour: str = BROWN
    language: str = "en"
    logo: bytes | None = None
    page_link: str | None = None
    captions: tuple[str, str] = ("", "")
    address: str = ""
    opening_hours: str = ""


class CodePlace(NamedTuple):
    """Where one of two codes stands, with the words below it and its link."""

    frame: Box
    caption: Box
    link: Box


PAIR = tuple(
    CodePlace(Box(left, 812, 620, 620), Box(left, 1446, 620, 70), Box(left, 1524, 620, 60)) for left in (MARGIN, 770)
)
LYING_PAIR = tuple(
    CodePlace(Box(330, top, 520, 520), Box(MARGIN, top + 530, 1000, 60), Box(MARGIN, top + 592, 1000, 44))
    for top in (MARGIN, 770)
)


def draw_upright(poster: PosterPicture, scale: float) -> Image.Image:
    """The upright design: 1 is A5, √2 is A4. Raises NotALogo."""
    paper = Paper.blank(UPRIGHT, scale, colour=poster.colour, language=poster.language)
    paper.panel(HEAD, ROUND)
    _draw_shop(paper, poster, SHOP)
    _draw_reward(paper, poster.reward_description, _above(paper, poster, REWARD, PLACE_HEIGHT), REWARD_SIZES)
    if not _draw_both_codes(paper, poster, PAIR):
        _draw_code(paper, poster.link, FRAME, LINK)
    _draw_sign(paper, poster.headline, SIGN, 1)
    _draw_steps(paper, poster.steps)
    return paper.picture


def draw_lying(poster: PosterPicture, scale: float) -> Image.Image:
    """The lying design, without the steps: 1 is A5, ½ is A7. Raises NotALogo."""
    paper = Paper.blank(LYING, scale, colour=poster.colour, language=poster.language)
    paper.panel(LYING_HEAD, ROUND)
    _draw_shop(paper, poster, LYING_SHOP)
    reward = _above(paper, poster, LYING_REWARD, LYING_PLACE_HEIGHT)
    _draw_reward(paper, poster.reward_description, reward, LYING_REWARD_SIZES)
    if not _draw_both_codes(paper, poster, LYING_PAIR):
        _draw_code(paper, poster.link, LYING_FRAME, LYING_LINK)
        _draw_sign(paper, poster.headline, LYING_SIGN, 2)
    return paper.picture


def _draw_shop(paper: Paper, poster: PosterPicture, area: Box) -> None:
    """The logo on a white ground, or the shop's name."""
    if poster.logo is None:
        rows = wrap(poster.shop_name, paper.style(SHOP_SIZE, MEDIUM), paper.pixels(area.width), 2)
        smaller = rows if len(rows) == 1 else [_at(row, 0.8) for row in rows]
        paper.centred(smaller, area, SHOP_SIZE, paper.palette.ink)
        return
    paper.outline(area, ROUND // 2, 0)
    paper.logo(poster.logo, Box(area.left + 24, area.top + 14, area.width - 48, area.height - 28))


def _at(row: Line, share: float) -> Line:
    """A line with smaller letters."""
    style = msgspec.structs.replace(row.style, size=round(row.style.size * share))
    return msgspec.structs.replace(row, style=style, width=row.width * share)


def _draw_reward(paper: Paper, reward: str, area: Box, sizes: Sequence[tuple[int, int]]) -> None:
    """The gift, and the reward in large letters below it."""
    icon = sprites.gift(paper.pixels(ICON))
    rows = _largest(paper, reward, area, sizes)
    size = max((row.style.size for row in rows), default=0) / paper.scale
    leading, gap = size * LEADING, ICON * 0.3
    top = area.top + (area.height - ICON - gap - leading * len(rows)) / 2
    where = paper.box(area)
    paper.shape(icon, (where.left + (where.width - icon.width) // 2, paper.pixels(top)), paper.palette.accent)
    below = Box(area.left, round(top + ICON + gap), area.width, round(leading * len(rows)))
    paper.centred(rows, below, leading, paper.palette.ink)


def _above(paper: Paper, poster: PosterPicture, area: Box, height: int) -> Box:
    """Write where the shop is and when it is open at the foot of an area; give what is left of it."""
    parts = [text.splitlines() for text in (poster.address, poster.opening_hours) if text.strip()]
    if not parts:
        return area
    rows = _place_rows(paper, parts, area.width, height)
    leading = rows[0].style.size / paper.scale * PLACE_LEADING
    paper.centred(rows, area._replace(top=area.bottom - height, height=height), leading, paper.palette.ink)
    return area._replace(height=area.height - height)


def _place_rows(paper: Paper, parts: list[list[str]], width: int, height: int) -> list[Line]:
    """The lines in the largest letters in which all have room, as they were written or else joined."""
    joined = [[" · ".join(lines)] for lines in parts]
    rows: list[Line] = []
    for size, texts in ((size, texts) for size in PLACE_SIZES for texts in (parts, joined)):
        style, most = paper.style(size, MEDIUM), int(height / (size * PLACE_LEADING))
        rows = [row for lines in texts for text in lines for row in wrap(text, style, paper.pixels(width), most)]
        if len(rows) <= most and not any(map(is_cut, rows)):
            return rows
    return rows[: int(height / (PLACE_SIZES[-1] * PLACE_LEADING))]


def _largest(paper: Paper, text: str, area: Box, sizes: Sequence[tuple[int, int]]) -> list[Line]:
    """The lines of a text in the largest letters in which all of it has room, else in the smallest, cut.

    A text of several lines has at least one of each, and no more if there are letters for that.
    """
    parts, room = text.splitlines() or [""], area.height - ICON * 1.3
    wanted = (*sizes, SMALLEST_REWARD) if len(parts) > 1 else sizes
    fitting = [(size, min(lines, int(room / (size * LEADING)))) for size, lines in wanted]
    tries = [(size, lines) for size, lines in fitting if lines >= len(parts)]
    one_each = [(size, len(parts)) for size, _ in tries] if len(parts) > 1 else []
    rows: list[Line] = []
    for size, lines in (*one_each, *tries):
        rows = _rows(paper, parts, area.width, size, lines)
        alike = len(parts) == 1 or len({row.style.size for row in rows}) == 1
        if alike and not any(is_cut(row) for row in rows):
            break
    return rows


def _rows(paper: Paper, parts: list[str], width: int, size: int, lines: int) -> list[Line]:
    """All parts wrapped in letters of one size if they have room in so many lines; else each in its share of them."""
    style = paper.style(size, BOLD)
    whole = [wrap(part, style, paper.pixels(width), lines) for part in parts]
    if len(parts) == 1 or sum(map(len, whole)) <= lines:
        return [row for rows in whole for row in rows]
    share = max(1, lines // len(parts))
    return [row for part in parts for row in wrap(part, style, paper.pixels(width), share)]


def _draw_both_codes(paper: Paper, poster: PosterPicture, places: tuple[CodePlace, ...]) -> bool:
    """The code for the chat and the one for the page; nothing without a page."""
    if poster.page_link is None:
        return False
    for place, link, words in zip(places, (poster.link, poster.page_link), poster.captions, strict=True):
        _draw_code(paper, link, place.frame, place.link)
        rows = [fit(words, paper.style(CAPTION_SIZE, BOLD), paper.pixels(place.caption.width))]
        paper.centred(rows, place.caption, CAPTION_SIZE, DARK)
    return True


def _draw_code(paper: Paper, link: str, frame: Box, below: Box) -> None:
    """The code in a frame, and the link below it for people who type."""
    paper.outline(frame, ROUND, LINE)
    paper.code(link, Box(frame.left + INSET, frame.top + INSET, frame.width - 2 * INSET, frame.height - 2 * INSET))
    paper.link(link, LINK_SIZE, below)


def _draw_sign(paper: Paper, headline: str, area: Box, lines: int) -> None:
    """What the code gives, beside the sign for the messenger: a paper plane on a disc."""
    side = paper.pixels(min(area.height, 96))
    room = paper.pixels(area.width) - side - paper.pixels(28)
    rows = wrap(headline, paper.style(SIGN_SIZE, BOLD), room, lines)
    width, where = max((row.width for row in rows), default=0), paper.box(area)
    whole = side + paper.pixels(28) + width
    left = where.left + (where.width - whole) / 2
    middle = where.top + where.height // 2
    at = round(left + whole - side if paper.rtl else left), middle - side // 2
    paper.shape(sprites.disc(side), at, paper.seen)
    paper.shape(sprites.plane(side), at, ink_on(paper.seen) if paper.seen != WHITE else DARK)
    edge = Edge(left + width if paper.rtl else left + side + paper.pixels(28), paper.rtl)
    _write_beside(paper, rows, edge, middle)


def _write_beside(paper: Paper, rows: list[Line], edge: Edge, middle: int) -> None:
    step = round(rows[0].style.size * LEADING) if rows else 0
    for place, row in enumerate(rows):
        baseline = middle - step * (len(rows) - 1) // 2 + place * step + round(row.style.size * 0.35)
        write_beside(paper.picture, stroke(row), edge, baseline, DARK)


def _draw_steps(paper: Paper, steps: tuple[str, ...]) -> None:
    side, indent = paper.pixels(72), MARGIN + 60
    for place, step in enumerate(steps):
        where = paper.box(Box(indent, STEPS_TOP + place * STEP, UPRIGHT[0] - 2 * indent, STEP))
        middle = where.top + where.height // 2
        at = (where.right - side if paper.rtl else where.left, middle - side // 2)
        paper.shape(sprites.disc(side), at, paper.seen)
        number = stroke(line(str(place + 1), paper.style(42, BOLD)))
        place_of = (at[0] + (side - number.width) / 2, middle + paper.pixels(15))
        write(paper.picture, number, place_of, ink_on(paper.seen))
        beside = paper.pixels(104)
        words = fit(step, paper.style(STEP_SIZE, MEDIUM), where.width - beside)
        edge = Edge(where.right - beside if paper.rtl else where.left + beside, paper.rtl)
        write_beside(paper.picture, stroke(words), edge, middle + paper.pixels(16), DARK)
