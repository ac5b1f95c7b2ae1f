"""Synthetic photos: hard photos of stamp cards, the same ones for the same seed.

A shot puts cards on a table, tilts the camera, degrades the light and the lens, and saves what a phone would send. The
tests of `loyalty_app/pictures/code_reading.py` take single shots from here, `bench/photos.py` a whole film.
"""

import math
import random
from collections.abc import Callable, Iterator
from io import BytesIO

import msgspec
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from loyalty_app.customers.card_pictures import CardPicture, render_card
from loyalty_core.customers import CODE_RANDOM_BYTES, new_code

Spoiling = Callable[[Image.Image, random.Random], Image.Image]

TABLE = (1280, 960)


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """A photo as it arrives, with the texts of the codes on it."""

    kind: str
    picture: bytes
    codes: tuple[str, ...]


def deck(cards: int = 8) -> dict[str, bytes]:
    """Cards of one shop as they are sent, by the text of their code."""
    names = ("Ana", "Bruno", "Мария", "عمر", "नेहा", "Zoë", "Yuki", "Li")
    drawn = {}
    for number in range(cards):
        code = new_code(random.Random(number).randbytes(CODE_RANDOM_BYTES))
        link = f"https://t.me/stamps_bot?start=c_{code}"
        drawn[link] = render_card(
            CardPicture(
                shop_name="Café Central",
                customer_name=names[number % len(names)],
                current_stamps=number,
                stamps_required=10,
                reward_description="A free coffee",
                rewards_available=number % 2,
                qr_text=link,
                qr_code=code,
            )
        )
    return drawn


def film(cards: dict[str, bytes], *, seed: int, shots: int) -> Iterator[Shot]:
    """Shots of each kind in turn, with cards of a deck."""
    kinds = list(KINDS)
    for number in range(shots):
        yield shoot(kinds[number % len(kinds)], cards, seed=seed * 10_000 + number)


def shoot(kind: str, cards: dict[str, bytes], *, seed: int) -> Shot:
    """One shot of a kind in `KINDS`."""
    dice = random.Random(f"{kind} {seed}")
    size, together, spoilings, quality = KINDS[kind]
    codes = tuple(dice.sample(sorted(cards), k=min(together, len(cards))))
    table = table_with([Image.open(BytesIO(cards[code])).convert("RGB") for code in codes], size, dice)
    for spoil in spoilings:
        table = spoil(table, dice)
    return Shot(kind=kind, picture=developed(table, quality), codes=codes)


def table_with(cards: list[Image.Image], size: float, dice: random.Random) -> Image.Image:
    """A table with cards on it, each `size` of its place wide and tilted a little; one card gets the whole table."""
    table = wood(dice)
    columns = math.ceil(math.sqrt(len(cards)))
    rows = math.ceil(len(cards) / columns)
    place = (TABLE[0] // columns, TABLE[1] // rows)
    for number, card in enumerate(cards):
        corner = (number % columns * place[0], number // columns * place[1])
        lay(table, card, (*corner, *place), size=size, dice=dice)
    return table


def wood(dice: random.Random) -> Image.Image:
    """A table of some colour, with a grain."""
    grain = Image.frombytes("L", (16, 240), dice.randbytes(16 * 240)).resize(TABLE, Image.Resampling.BICUBIC)
    dark = tuple(dice.randint(20, 110) for _ in range(3))
    light = tuple(shade + dice.randint(20, 90) for shade in dark)
    return ImageOps.colorize(grain, dark, light)


def lay(
    table: Image.Image, card: Image.Image, place: tuple[int, int, int, int], *, size: float, dice: random.Random
) -> None:
    """Put a card on its place (left, top, width, height), turned and seen from the side."""
    left, top, width, height = place
    scale = card.width / (width * size)
    # Averaged first, as a lens does: the transform below only picks pixels.
    card = card.reduce(max(1, round(scale)))
    scale = card.width / (width * size)
    lean = (dice.uniform(-0.25, 0.25) / width, dice.uniform(-0.25, 0.25) / height)
    turn = math.radians(dice.uniform(-14, 14))
    view = (width, height)
    how = (Image.Transform.PERSPECTIVE, seen(card.size, view, scale=scale, turn=turn, lean=lean))
    mask = Image.new("L", card.size, 255).transform(view, *how, Image.Resampling.BICUBIC)
    table.paste(card.transform(view, *how, Image.Resampling.BICUBIC), (left, top), mask)


def seen(
    card: tuple[int, int], view: tuple[int, int], *, scale: float, turn: float, lean: tuple[float, float]
) -> tuple[float, ...]:
    """Pillow's eight coefficients of the perspective that shows a card in the middle of a view.

    `scale` is pixels of the card for each pixel of the view, `turn` an angle in radians, `lean` how fast the card
    recedes to the right and to the bottom, per pixel.
    """
    (x, y), (u, v), (g, h) = (card[0] / 2, card[1] / 2), (view[0] / 2, view[1] / 2), lean
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    a, b, d, e = x * g + cos, x * h + sin, y * g - sin, y * h + cos
    depth = 1 - g * u - h * v
    figures = (a, b, x - a * u - b * v, d, e, y - d * u - e * v, g, h)
    return tuple(figure / depth for figure in figures)


def developed(photo: Image.Image, quality: int) -> bytes:
    """The photo as a JPEG."""
    file = BytesIO()
    photo.convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()


# Ways to degrade a photo.


def blur(photo: Image.Image, dice: random.Random) -> Image.Image:
    """Out of focus."""
    return photo.filter(ImageFilter.GaussianBlur(dice.uniform(2.8, 4.6)))


def shake(photo: Image.Image, dice: random.Random) -> Image.Image:
    """A hand that moved: several copies, each a little further."""
    steps, (x, y) = dice.randint(7, 11), dice.choice([(1, 0), (0, 1), (1, 1), (1, -1)])
    moved = photo
    for step in range(1, steps):
        moved = Image.blend(moved, ImageChops.offset(photo, x * step, y * step), 1 / (step + 1))
    return moved


def noise(photo: Image.Image, dice: random.Random) -> Image.Image:
    """A dark room and a small sensor: dim and grainy."""
    dim = ImageEnhance.Brightness(photo).enhance(dice.uniform(0.4, 0.8))
    return grain(dim, dice, strength=dice.uniform(0.7, 1.4))


def grain(photo: Image.Image, dice: random.Random, strength: float = 0.4) -> Image.Image:
    """Noise of the sensor, independent for each colour."""
    bands = [Image.frombytes("L", photo.size, dice.randbytes(photo.width * photo.height)) for _ in range(3)]
    dust = Image.merge("RGB", bands).filter(ImageFilter.BoxBlur(0.7)).point(lambda v: int((v - 128) * strength + 128))
    return ImageChops.add(photo, dust, offset=-128)


def glare(photo: Image.Image, dice: random.Random) -> Image.Image:
    """Lamps reflected in the card, each with a hot middle and a wide halo."""
    lamps = Image.new("L", (320, 240))
    pen = ImageDraw.Draw(lamps)
    for _ in range(4):
        x, y = dice.uniform(60, 260), dice.uniform(60, 180)
        for radius, light in ((dice.uniform(30, 50), 150), (dice.uniform(4, 8), 255)):
            pen.ellipse((x - radius, y - radius * 0.7, x + radius, y + radius * 0.7), fill=light)
    halo = lamps.filter(ImageFilter.GaussianBlur(6)).resize(photo.size)
    return ImageChops.screen(photo, Image.merge("RGB", [halo] * 3))


def shadow(photo: Image.Image, dice: random.Random) -> Image.Image:
    """Light from one side, and the edge of a hand's shadow across the card."""
    slope = Image.linear_gradient("L").rotate(dice.choice([0, 90, 180, 270])).resize(photo.size)
    hand = Image.new("L", photo.size, 255)
    reach = dice.uniform(0.35, 0.65) * photo.width
    edge = [(0, 0), (reach, 0), (reach * dice.uniform(0.7, 1.3), photo.height), (0, photo.height)]
    ImageDraw.Draw(hand).polygon(edge, fill=dice.randint(70, 120))
    hand = hand.filter(ImageFilter.GaussianBlur(dice.uniform(4, 14)))
    light = ImageChops.multiply(slope.point(lambda v: 60 + v * 195 // 255), hand)
    return ImageChops.multiply(photo, Image.merge("RGB", [light] * 3))


def pale(photo: Image.Image, dice: random.Random) -> Image.Image:
    """Almost no contrast: a dirty lens or a screen turned down."""
    return ImageEnhance.Contrast(photo).enhance(dice.uniform(0.05, 0.12))


def screen(photo: Image.Image, dice: random.Random) -> Image.Image:
    """A photo of a screen: its lines interfere with the pixels of the camera."""
    period, slant = dice.uniform(2.3, 9), dice.uniform(-0.6, 0.6)
    depth = dice.uniform(0.55, 0.95)
    wave = bytes(int(255 * (1 - depth * (0.5 + 0.5 * math.sin(2 * math.pi * n / 256)))) for n in range(256))
    side = photo.width + photo.height
    line = Image.new("L", (1, side))
    line.putdata([wave[int(256 * y / period) % 256] for y in range(side)])
    lines = line.resize((side, side)).rotate(math.degrees(slant), Image.Resampling.BICUBIC)
    cut = lines.crop((side // 4, side // 4, side // 4 + photo.width, side // 4 + photo.height))
    return ImageChops.multiply(photo, Image.merge("RGB", [cut] * 3))


def far(photo: Image.Image, dice: random.Random) -> Image.Image:
    """A camera with few pixels, or a card far away."""
    smaller = dice.uniform(0.17, 0.28)
    return photo.resize((int(photo.width * smaller), int(photo.height * smaller)), Image.Resampling.BILINEAR)


def sideways(photo: Image.Image, dice: random.Random) -> Image.Image:
    """The phone was held at some other angle."""
    return photo.rotate(dice.uniform(0, 360), Image.Resampling.BICUBIC, expand=True, fillcolor=(90, 90, 90))


def negative(photo: Image.Image, _dice: random.Random) -> Image.Image:
    """Forced dark mode: light where it was dark."""
    return ImageOps.invert(photo)


KINDS: dict[str, tuple[float, int, tuple[Spoiling, ...], int]] = {
    # kind: width of the card in its place, cards, what spoils it, quality of the JPEG
    "tilted": (0.8, 1, (), 80),
    "small in the picture": (0.17, 1, (), 60),
    "squeezed": (0.6, 1, (), 12),
    "out of focus": (0.8, 1, (blur,), 70),
    "shaken": (0.8, 1, (shake,), 70),
    "dark and grainy": (0.7, 1, (noise,), 60),
    "with a lamp in it": (0.8, 1, (glare,), 70),
    "half in shadow": (0.7, 1, (shadow,), 70),
    "pale": (0.7, 1, (pale,), 70),
    "off a screen": (0.8, 1, (screen,), 70),
    "from far": (0.8, 1, (far,), 60),
    "sideways": (0.7, 1, (sideways,), 70),
    "negative": (0.7, 1, (negative,), 70),
    "two cards": (0.92, 2, (), 80),
    "four cards": (0.92, 4, (), 80),
    "shadow and grain": (0.8, 1, (shadow, grain), 70),
    "a screen, out of focus": (0.9, 1, (screen, blur), 70),
    "far and squeezed": (0.9, 1, (far,), 30),
    "pale and shaken": (0.8, 1, (pale, shake), 70),
    "two cards half in shadow": (0.92, 2, (shadow,), 70),
}
