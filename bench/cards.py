"""Cards drawn in a second, beside the plain way: everything drawn again, three times as large, and then made smaller.

Warm means that the shop and the customer have been drawn before, as when a stamp is given; for a new customer only the
shop has been. The share of the JPEG is measured on the same pictures. The rounds are interleaved.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO

import msgspec
import qrcode
from msgspec.structs import replace
from PIL import Image, ImageDraw
from qrcode.image.pil import PilImage

from bench.goals import at_most, found
from bench.rounds import keep
from loyalty_app.customers.card_pictures import JPEG_QUALITY, CardPicture, render_card
from loyalty_app.pictures.card import draw_card
from loyalty_app.pictures.fonts import BOLD, LATIN, font

ROUNDS, CARDS, PLAIN_CARDS, LARGER = 10, 40, 2, 3
GOAL_MS = 5.0
CARD = CardPicture(
    shop_name="Café Ada",
    customer_name="Ana",
    current_stamps=0,
    stamps_required=10,
    reward_description="A coffee of your choice",
    rewards_available=1,
    qr_text="https://t.me/loyalty_stamps_bot?start=c_CUS12AB34CD56",
    qr_code="CUS12AB34CD56",
)


def card_of(number: int, *, names: int) -> CardPicture:
    """The card of one of `names` customers, with some stamps."""
    code = f"CUS{number % names:010d}"
    link = f"https://t.me/loyalty_stamps_bot?start=c_{code}"
    return replace(CARD, customer_name=f"Ana {number % names}", qr_text=link, qr_code=code, current_stamps=number % 11)


def plain_card(card: CardPicture) -> bytes:
    """The card as it is often drawn: one large canvas for each picture, and nothing cached."""
    n = LARGER
    picture = Image.new("RGB", (1000 * n, 600 * n), (111, 78, 55))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((600 * n, 152 * n, 948 * n, 548 * n), 26 * n, fill="white")
    for slot in range(card.stamps_required):
        left, top = 52 + slot % 5 * 105, 165 + slot // 5 * 105
        fill = "white" if slot < card.current_stamps else None
        pen.ellipse((left * n, top * n, (left + 83) * n, (top + 83) * n), fill=fill, outline="white", width=2 * n)
    for text, size, at in (
        (card.shop_name, 50, (52, 102)),
        (f"{card.current_stamps} / {card.stamps_required}", 64, (780, 102)),
        (card.reward_description, 31, (108, 446)),
        (card.customer_name, 33, (52, 540)),
        (card.qr_code, 26, (660, 518)),
    ):
        pen.text((at[0] * n, at[1] * n), text, font=font(LATIN, size * n, BOLD), anchor="ls")
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, box_size=8 * n, image_factory=PilImage)
    code.add_data(card.qr_text)
    picture.paste(code.make_image().convert("RGB"), (610 * n, 162 * n))
    return jpeg(picture.resize((1000, 600), Image.Resampling.LANCZOS))


def jpeg(picture: Image.Image) -> bytes:
    """A picture, encoded as the card is."""
    file = BytesIO()
    picture.save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def milliseconds(work: Callable[[], object]) -> float:
    """How long some work takes."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1_000


def measure(rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each way for each card."""
    taken: dict[str, list[float]] = {"warm": [], "JPEG alone": [], "new customer": [], "plain": []}
    for number in range(CARDS):
        render_card(card_of(number, names=CARDS))
    for turn in range(rounds):
        for number in range(CARDS):
            card = card_of(number + turn, names=CARDS)
            new = card_of(1_000 + turn * CARDS + number, names=1_000_000)
            picture = draw_card(card)
            taken["warm"].append(milliseconds(partial(render_card, card)))
            taken["JPEG alone"].append(milliseconds(partial(jpeg, picture)))
            taken["new customer"].append(milliseconds(partial(render_card, new)))
        for number in range(PLAIN_CARDS):
            taken["plain"].append(milliseconds(partial(plain_card, card_of(number, names=CARDS))))
    return taken


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.cards", description="How long a card takes to draw.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    taken = measure(parser.parse_args(arguments).rounds)
    plain = statistics.median(taken["plain"])
    print(f"{'milliseconds for a card':<34}{'p50':>8}{'p95':>8}{'× faster':>10}")
    for name, values in taken.items():
        middle, late = statistics.median(values), statistics.quantiles(values, n=20)[-1]
        print(f"{name:<34}{middle:>8.2f}{late:>8.2f}{plain / middle:>10.1f}")
    medians = {name: round(statistics.median(values), 2) for name, values in taken.items()}
    share = round(medians["JPEG alone"] / medians["warm"], 2)
    goals = [
        at_most("a card that was drawn before, ms", medians["warm"], GOAL_MS),
        found("how many times faster than the plain way", plain / medians["warm"]),
    ]
    keep("cards", {"medians": medians, "share_of_jpeg": share, "goals": msgspec.to_builtins(goals)})


if __name__ == "__main__":
    main(sys.argv[1:])
