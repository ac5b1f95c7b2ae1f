"""Scan: fetches the picture that somebody sent, and reads the customers' cards in it.

How a picture is read is in `loyalty_app/pictures/code_reading.py`; its `read_codes` is offered here, too. Who may stamp
a card is decided elsewhere.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from telegram import Document, PhotoSize
from telegram.error import BadRequest

from bots.turn import Turn
from loyalty_app.pictures.code_reading import read_codes
from loyalty_app.shops.links import shown_in

__all__ = ["cannot_be_read", "cards_in", "read_codes", "received_picture", "sent_cards"]

LARGEST_FILE = 20_000_000
"""Bytes of the largest file that a bot can fetch."""
READABLE = {f"image/{kind}" for kind in ("jpeg", "png", "webp", "gif", "bmp", "avif")}
READERS = ThreadPoolExecutor(2, "photos")
"""Two pictures at a time. Why: large pictures take much memory while they are read."""


def cards_in(picture: bytes) -> list[str]:
    """The codes of the cards in a picture, rotating ones whole, each card once, in reading order.

    Other QR codes are left out.
    """
    found = [shown for shown in map(shown_in, read_codes(picture)) if shown is not None]
    cards: dict[str, str] = {}
    for shown in found:
        cards.setdefault(shown.card, shown.whole)
    return list(cards.values())


def cannot_be_read(turn: Turn) -> bool:
    """Whether a file was sent that is no picture of a kind that is read here, as HEIC, or is too large."""
    message = turn.incoming.message
    file = message.document if message is not None else None
    return file is not None and (file.mime_type not in READABLE or (file.file_size or 0) > LARGEST_FILE)


async def received_picture(turn: Turn) -> bytes:
    """The bytes of the picture that somebody sent; empty if there is none or it cannot be fetched."""
    message = turn.incoming.message
    file: PhotoSize | Document | None = None
    if message is not None:
        file = message.photo[-1] if message.photo else message.document
    if file is None or (file.file_size or 0) > LARGEST_FILE:
        return b""
    try:
        there = await turn.bot.get_file(file.file_id)
        return bytes(await there.download_as_bytearray())
    except BadRequest:  # too large, or gone meanwhile
        return b""


async def sent_cards(turn: Turn) -> list[str]:
    """The customers' codes on the cards in the picture that somebody sent; empty if there are none."""
    picture = await received_picture(turn)
    return await asyncio.get_running_loop().run_in_executor(READERS, cards_in, picture)
