"""The card: a shop's stamps, the reward and the customer's QR code on 1000×600 pixels.

What all cards of a shop share is drawn once, and so is what all pictures of a customer share; a picture adds only the
stamps and the numbers. Words come with the card and numbers are digits: there is nothing to translate.
"""

from functools import lru_cache

import msgspec
from PIL import Image, ImageFilter

from loyalty_app.pictures import sprites
from loyalty_app.pictures.bidi import is_rtl
from loyalty_app.pictures.colours import WHITE as PAPER
from loyalty_app.pictures.colours import Palette, palette
from loyalty_app.pictures.drawing import Stroke, ground, lay, qr_picture, stroke, write, write_beside
from loyalty_app.pictures.fitting import fit, title, wrap
from loyalty_app.pictures.fonts import BOLD, MEDIUM
from loyalty_app.pictures.layout import HEIGHT, MOST_SLOTS, PANEL, WIDTH, Box, Layout, layout
from loyalty_app.pictures.marks import Sign, kept_logo
from loyalty_app.pictures.stamps import STAR, count_strokes, count_width, draw_stamps, write_count
from loyalty_app.pictures.step_marks import StepsShown, draw_steps
from loyalty_app.pictures.text import Style, line

BROWN = "#6F4E37"
SHOP_SIZE, REWARD_SIZE, NAME_SIZE, CODE_SIZE, BADGE_SIZE = 50, 31, 33, 26, 32
REWARD_LINES, REWARD_LEADING = 2, 38
ICON, ROUND = 40, 26
INSET = 10  # pasted pictures keep clear of the panel's round corners
HEADER_BASELINE, HEADER_BASELINES = 102, (76, 118)
BADGE_HEIGHT = 56
LOGO_TOP, LOGO_HEIGHT, LOGO_EDGE, LOGO_ROUND, LOGO_GAP = 40, 88, 12, 18, 22
LOGO_MOST = (190, LOGO_HEIGHT - 2 * 10)
WHITE, CODE_INK = 255, 38  # of a grey picture
SHOPS_KEPT, CUSTOMERS_KEPT = 16, 128  # 1.8 MB and 0.2 MB each


class CardPicture(msgspec.Struct, frozen=True, kw_only=True):
    """What a card shows. `colour` is #RRGGBB; `language` gives the direction of reading.

    `sign` is what its stamps show, `logo` a PNG beside the shop's name, both as `marks` keeps them. `steps` are the
    stamps at which rewards lie on the way.
    """

    shop_name: str
    customer_name: str
    current_stamps: int
    stamps_required: int
    reward_description: str
    rewards_available: int
    qr_text: str
    qr_code: str
    colour: str = BROWN
    language: str = "en"
    sign: Sign = STAR
    logo: bytes = b""
    steps: tuple[int, ...] = ()


def draw_card(card: CardPicture) -> Image.Image:
    """The card as an RGB picture of 1000×600 pixels."""
    rtl, colours = is_rtl(card.language), palette(card.colour)
    where = layout(rtl=rtl)
    picture = _shop(card.shop_name, card.reward_description, card.colour, card.language, card.logo).copy()
    name, panel = _customer(card.customer_name, card.qr_text, card.qr_code, card.language)
    picture.paste(panel, (where.panel.left + INSET, where.panel.top + INSET))
    write_beside(picture, name, where.edge(where.customer), where.customer.bottom - 8, colours.quiet)
    draw_stamps(picture, card.current_stamps, card.stamps_required, colours, rtl=rtl, sign=card.sign)
    draw_steps(picture, StepsShown(card.current_stamps, card.stamps_required, card.steps), colours, rtl=rtl)
    _draw_header(picture, card, where)
    return picture


@lru_cache(maxsize=SHOPS_KEPT)
def _shop(name: str, reward: str, colour: str, language: str, logo: bytes) -> Image.Image:
    """What all cards of a shop share: background, logo, name and reward."""
    where, colours = layout(rtl=is_rtl(language)), palette(colour)
    picture = _background(colours, where.panel)
    lay(picture, sprites.box(where.panel.width, where.panel.height, ROUND), where.panel[:2], PAPER)
    indent = _draw_logo(picture, logo, where) if logo else 0
    rows = title(name, Style(SHOP_SIZE, BOLD, language), where.shop.width - indent)
    baselines = (HEADER_BASELINE,) if len(rows) == 1 else HEADER_BASELINES
    for row, baseline in zip(rows, baselines, strict=True):
        write_beside(picture, stroke(row), where.edge(where.shop, indent), baseline, colours.ink)
    _draw_reward(picture, reward, language, colours)
    return picture


def _draw_logo(picture: Image.Image, logo: bytes, where: Layout) -> int:
    """The logo on a white ground, where the name begins; how many pixels the name has to leave for it."""
    own = kept_logo(logo, LOGO_MOST)
    width = own.width + 2 * LOGO_EDGE
    left = where.shop.right - width if where.rtl else where.shop.left
    lay(picture, sprites.box(width, LOGO_HEIGHT, LOGO_ROUND), (left, LOGO_TOP), PAPER)
    picture.paste(own, (left + LOGO_EDGE, LOGO_TOP + (LOGO_HEIGHT - own.height) // 2), own)
    return width + LOGO_GAP


def _draw_reward(picture: Image.Image, reward: str, language: str, colours: Palette) -> None:
    where = layout(rtl=is_rtl(language))
    area, indent = where.reward, ICON + 16
    rows = wrap(reward, Style(REWARD_SIZE, MEDIUM, language), area.width - indent, REWARD_LINES)
    icon_left = area.right - ICON if where.rtl else area.left
    middle = area.top + area.height // 2
    lay(picture, sprites.gift(ICON), (icon_left, middle - ICON // 2), colours.accent)
    baseline = middle + 10 - (len(rows) - 1) * REWARD_LEADING // 2
    for number, row in enumerate(rows):
        write_beside(picture, stroke(row), where.edge(area, indent), baseline + number * REWARD_LEADING, colours.ink)


def _background(colours: Palette, panel: Box) -> Image.Image:
    """The shop's colour, with the shadow of the panel."""
    shadow = Image.new("L", (WIDTH, HEIGHT))
    shadow.paste(210, (panel.left, panel.top + 10), sprites.box(panel.width, panel.height, ROUND))
    return ground(colours, WIDTH, HEIGHT, shadow.filter(ImageFilter.GaussianBlur(18)))


@lru_cache(maxsize=CUSTOMERS_KEPT)
def _customer(name: str, qr_text: str, qr_code: str, language: str) -> tuple[Stroke, Image.Image]:
    """What all pictures of a customer share: the name, and the white panel with the code."""
    where = layout(rtl=is_rtl(language))
    panel = Image.new("L", (where.panel.width - 2 * INSET, where.panel.height - 2 * INSET), WHITE)
    code = qr_picture(qr_text, panel.width)
    panel.paste(code, ((panel.width - code.width) // 2, (PANEL - code.height) // 2 - INSET))
    letters = stroke(fit(readable(qr_code), Style(CODE_SIZE, BOLD), panel.width - 28))
    write(panel, letters, ((panel.width - letters.width) / 2, panel.height - 20), CODE_INK)
    return stroke(fit(name, Style(NAME_SIZE, MEDIUM, language), where.customer.width)), panel


def readable(qr_code: str) -> str:
    """A code in groups that are easy to read aloud: CUS 12AB3 4CD56."""
    return " ".join(part for part in (qr_code[:3], qr_code[3:8], qr_code[8:]) if part)


def _draw_header(picture: Image.Image, card: CardPicture, where: Layout) -> None:
    """The count and the badge of rewards, at the end of the first line."""
    colours, edge = palette(card.colour), where.count.left if where.rtl else where.count.right
    if card.stamps_required <= MOST_SLOTS:
        count = count_strokes(card.current_stamps, card.stamps_required)
        width = count_width(count)
        write_count(picture, count, (edge if where.rtl else edge - width, HEADER_BASELINE), colours)
        edge += width + 28 if where.rtl else -width - 28
    if card.rewards_available > 0:
        _draw_badge(picture, card, edge, where)


def _draw_badge(picture: Image.Image, card: CardPicture, edge: int, where: Layout) -> None:
    colours = palette(card.colour)
    number = _badge_number(card.rewards_available)
    icon, width = sprites.gift(30), round(number.width) + 30 + 3 * 16
    left = edge if where.rtl else edge - width
    top = HEADER_BASELINE - BADGE_HEIGHT + 10
    lay(picture, sprites.box(width, BADGE_HEIGHT, BADGE_HEIGHT // 2), (left, top), colours.accent)
    lay(picture, icon, (left + 16, top + (BADGE_HEIGHT - 30) // 2), colours.on_accent)
    write(picture, number, (left + 16 + 30 + 10, HEADER_BASELINE - 6), colours.on_accent)


@lru_cache(maxsize=32)
def _badge_number(rewards: int) -> Stroke:
    return stroke(line(str(rewards), Style(BADGE_SIZE, BOLD)))
