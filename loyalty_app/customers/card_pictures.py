"""Card pictures: cards as the chat sends them and the API serves them. How they are drawn is in `pictures`."""

from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from io import BytesIO

import msgspec
from PIL import Image
from sqlalchemy import Connection

from loyalty_app.counter.orders import CustomerRef
from loyalty_app.customers.lists import as_of, find_customer
from loyalty_app.pictures.bidi import base_level
from loyalty_app.pictures.card import BROWN, CardPicture, draw_card
from loyalty_app.pictures.colours import palette
from loyalty_app.pictures.drawing import lay
from loyalty_app.pictures.sprites import gift
from loyalty_app.shops.businesses import Business, find_business
from loyalty_app.shops.links import card_link, join_link
from loyalty_app.shops.looks import ShopLook, read_look
from loyalty_app.shops.programs import read_program
from loyalty_core.customers import Card
from loyalty_core.fields import BusinessId, can_be_seen
from loyalty_core.programs import running_goal
from loyalty_core.promises import step_places

__all__ = [
    "CardPicture",
    "first_name",
    "look_of",
    "read_card",
    "render_card",
    "render_card_png",
    "render_icon",
    "sample_card",
]

JPEG_QUALITY = 85
SAMPLE_CODE = "CUS0000000000"
# Raise it when cards are drawn differently, so that cached pictures are fetched again.
LOOK = 2


def render_card(card: CardPicture) -> bytes:
    """The card as a JPEG of 1000×600 pixels. Any text is fine, and any thread may call this."""
    file = BytesIO()
    draw_card(card).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def render_card_png(card: CardPicture) -> bytes:
    """The card as a PNG, without loss."""
    file = BytesIO()
    draw_card(card).save(file, "PNG", compress_level=4)
    return file.getvalue()


@lru_cache(maxsize=64)
def render_icon(colour: str, side: int) -> bytes:
    """The icon of a card on a phone's home screen, a PNG: a gift on the shop's colour, with room for round masks."""
    colours, sign = palette(colour), gift(side // 2)
    picture = Image.new("RGB", (side, side), colours.dark)
    lay(picture, sign, ((side - sign.width) // 2, (side - sign.height) // 2), colours.accent)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def look_of(card: CardPicture) -> str:
    """32 characters that name a picture: the same for the same picture, others for any other."""
    return sha256(b"%d %b" % (LOOK, msgspec.json.encode(card))).hexdigest()[:32]


def read_card(
    connection: Connection,
    business_id: BusinessId,
    ref: CustomerRef,
    *,
    language: str | None = None,
    now: datetime | None = None,
) -> CardPicture:
    """What a customer's card shows at `now`. Without a language, the shop's name decides the direction of reading.

    Raises CustomerNotFound.
    """
    [customer] = as_of(connection, [find_customer(connection, business_id, ref)], now)
    program = read_program(connection, business_id)
    card = customer.card_of(program.id) or Card()
    business = find_business(connection, business_id)
    look = read_look(connection, business)
    return CardPicture(
        shop_name=business.name,
        customer_name=first_name(customer.name),
        current_stamps=card.current_stamps,
        stamps_required=running_goal(card, program),
        reward_description=program.terms.reward_description,
        rewards_available=card.rewards_available,
        qr_text=card_link(connection, business_id, customer.qr_code),
        qr_code=customer.qr_code,
        colour=business.card_color or BROWN,
        language=language or _language_of(business.name),
        sign=look.sign,
        logo=look.logo or b"",
        steps=step_places(card, program),
    )


def sample_card(connection: Connection, business: Business, look: ShopLook, *, name: str, language: str) -> CardPicture:
    """The card of somebody who is on the way to a reward and has another one, to show how cards look."""
    terms = read_program(connection, business.id).terms
    return CardPicture(
        shop_name=business.name,
        customer_name=first_name(name),
        current_stamps=terms.stamps_required * 6 // 10,
        stamps_required=terms.stamps_required,
        reward_description=terms.reward_description,
        rewards_available=1,
        qr_text=join_link(connection, business) or SAMPLE_CODE,
        qr_code=SAMPLE_CODE,
        colour=business.card_color or BROWN,
        language=language,
        sign=look.sign,
        logo=look.logo or b"",
        steps=tuple(step.stamps for step in terms.steps),
    )


def _language_of(name: str) -> str:
    return "ar" if base_level(name) else "en"


def first_name(name: str) -> str:
    """The first word of a name that can be seen, for cards and staff screens; empty if none can."""
    return next((word for word in name.split() if can_be_seen(word)), "")
