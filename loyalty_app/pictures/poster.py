"""The poster: an A5 sheet for the counter, whose QR code lets a guest join. White at the edges, for any printer.

All words come with the poster. Sizes are in pixels, ten to the millimetre, which is 254 dpi.
"""

import math
from io import BytesIO

import msgspec
from PIL import Image

from loyalty_app.pictures import sprites
from loyalty_app.pictures.bidi import is_rtl
from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.colours import WHITE, Colour, Palette, contrast, ink_on, palette
from loyalty_app.pictures.drawing import Edge, ground, lay, qr_picture, stroke, write, write_beside
from loyalty_app.pictures.fitting import fit, title, wrap
from loyalty_app.pictures.fonts import BOLD, MEDIUM
from loyalty_app.pictures.layout import Box
from loyalty_app.pictures.text import Line, Style, line

WIDTH, HEIGHT, DPI = 1480, 2100, 254
MARGIN, ROUND, LINE = 90, 56, 6
HEAD = Box(MARGIN, MARGIN, WIDTH - 2 * MARGIN, 420)
FRAME = Box(WIDTH // 2 - 395, 562, 790, 790)
STEPS_TOP, STEP = 1476, 112
FOOT = Box(MARGIN, 1852, WIDTH - 2 * MARGIN, 158)
CODE_SIDE = FRAME.width - 2 * 12
SHOP_SIZE, HEADLINE_SIZE, LINK_SIZE, STEP_SIZE, REWARD_SIZE = 116, 62, 44, 50, 54
SEEN_ON_PAPER = 1.5
DARK: Colour = (34, 34, 34)


class PosterPicture(msgspec.Struct, frozen=True, kw_only=True):
    """What a poster shows. `link` is the join link, `steps` explain in three short lines how it works."""

    shop_name: str
    headline: str
    steps: tuple[str, ...]
    reward_description: str
    link: str
    colour: str = BROWN
    language: str = "en"


def render_poster(poster: PosterPicture) -> bytes:
    """The poster as a PNG of 1480×2100 pixels, A5 at 254 dpi. Any text is fine."""
    file = BytesIO()
    _draw(poster).save(file, "PNG", compress_level=4, dpi=(DPI, DPI))
    return file.getvalue()


def _draw(poster: PosterPicture) -> Image.Image:
    picture, colours = Image.new("RGB", (WIDTH, HEIGHT), WHITE), palette(poster.colour)
    _draw_head(picture, poster, colours)
    _draw_code(picture, poster.link, colours)
    _draw_steps(picture, poster, colours)
    _draw_reward(picture, poster, colours)
    return picture


def _panel(picture: Image.Image, area: Box, colours: Palette) -> None:
    """A box of the shop's colour with round corners, and an edge that shows a white one on paper."""
    shape = sprites.box(area.width, area.height, ROUND)
    picture.paste(ground(colours, area.width, area.height), (area.left, area.top), shape)


def _draw_head(picture: Image.Image, poster: PosterPicture, colours: Palette) -> None:
    _panel(picture, HEAD, colours)
    width = HEAD.width - 2 * 80
    names = title(poster.shop_name, Style(SHOP_SIZE, BOLD, poster.language), width)
    rows = wrap(poster.headline, Style(HEADLINE_SIZE, MEDIUM, poster.language), width, 2)
    leading = 128 if len(names) == 1 else 100
    baseline = HEAD.top + (HEAD.height - leading * len(names) - 82 * len(rows)) // 2 - 32
    for row in names:
        baseline += leading
        write(picture, stroke(row), ((WIDTH - row.width) / 2, baseline), colours.ink)
    baseline += 18
    for row in rows:
        baseline += 82
        write(picture, stroke(row), ((WIDTH - row.width) / 2, baseline), colours.ink)


def _draw_code(picture: Image.Image, link: str, colours: Palette) -> None:
    """The code in a frame, and the link below it for people who type."""
    code = qr_picture(link, CODE_SIDE)
    lay(picture, sprites.box(FRAME.width, FRAME.height, ROUND), (FRAME.left, FRAME.top), _seen(colours))
    inner = sprites.box(FRAME.width - 2 * LINE, FRAME.height - 2 * LINE, ROUND - LINE)
    lay(picture, inner, (FRAME.left + LINE, FRAME.top + LINE), WHITE)
    picture.paste(code, ((WIDTH - code.width) // 2, FRAME.top + (FRAME.height - code.height) // 2))
    letters = stroke(_whole(link.removeprefix("https://")))
    write(picture, letters, ((WIDTH - letters.width) / 2, FRAME.bottom + 68), DARK)


def _whole(link: str) -> Line:
    """A link as small as need be: a cut link leads nowhere."""
    found = line(link, Style(LINK_SIZE, MEDIUM))
    share = min(1, (WIDTH - 2 * MARGIN) / max(1, found.width))
    return line(link, Style(max(8, math.floor(LINK_SIZE * share)), MEDIUM))


def _seen(colours: Palette) -> Colour:
    """The shop's colour, or black if it is almost white."""
    return colours.dark if contrast(colours.dark, WHITE) >= SEEN_ON_PAPER else DARK


def _draw_steps(picture: Image.Image, poster: PosterPicture, colours: Palette) -> None:
    rtl = is_rtl(poster.language)
    indent = MARGIN + 60
    for place, step in enumerate(poster.steps):
        middle = STEPS_TOP + 54 + place * STEP
        at = (WIDTH - indent - 76 if rtl else indent, middle - 38)
        lay(picture, sprites.disc(76), at, _seen(colours))
        number = stroke(line(str(place + 1), Style(44, BOLD)))
        write(picture, number, (at[0] + (76 - number.width) / 2, middle + 16), ink_on(_seen(colours)))
        words = stroke(fit(step, Style(STEP_SIZE, MEDIUM, poster.language), WIDTH - 2 * indent - 110))
        edge = Edge(WIDTH - indent - 110 if rtl else indent + 110, rtl)
        write_beside(picture, words, edge, middle + 17, DARK)


def _draw_reward(picture: Image.Image, poster: PosterPicture, colours: Palette) -> None:
    _panel(picture, FOOT, colours)
    icon, gap, rtl = sprites.gift(72), 30, is_rtl(poster.language)
    words = stroke(fit(poster.reward_description, Style(REWARD_SIZE, BOLD, poster.language), FOOT.width - 240))
    whole = words.width + gap + icon.width
    left, middle = (WIDTH - whole) / 2, FOOT.top + FOOT.height // 2
    icon_left = left + whole - icon.width if rtl else left
    lay(picture, icon, (round(icon_left), middle - icon.height // 2 - 3), colours.accent)
    write(picture, words, (left if rtl else left + icon.width + gap, middle + 19), colours.ink)
