"""Card delivery: how the message of a card is sent to a chat, brought up to date, and taken down.

There is one message for a card; it is edited in place, which notifies nobody. Its text is in `bots/card_messages.py`;
the messages about it are sent by `bots/news_delivery.py`. `bots/card_worker.py` knows when it is due.
"""

from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import Any

import msgspec
from PIL import Image
from telegram import InputMediaPhoto, Message
from telegram.error import Forbidden, NetworkError, TelegramError

from bots.buttons import keyboard
from bots.card_messages import caption, card_rows, picture_of
from bots.news_delivery import ToldNews, done, take_back, tell
from bots.telegram_limits import UNHURRIED, TelegramBot, maybe_delivered
from bots.words import words_for
from loyalty_app.chat.card_news import write_news
from loyalty_app.chat.card_queue import ShownCard
from loyalty_app.chat.chats import HeldCard
from loyalty_app.customers.card_pictures import render_card
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.pictures.render_thread import drawn

# Parse mode does not belong beside a picture, but the library sends its default there, where Telegram knows none.
NO_PARSE_MODE: dict[str, Any] = {"parse_mode": None}
PAPER, PAPER_SIZE = "#ECEAE6", (1000, 600)


async def show(bot: TelegramBot, snapshot: CardSnapshot, *, now: datetime) -> ShownCard:
    """Bring a card's message up to date, or send it if there is none, and the messages about it.

    Returns what the chat shows now. Raises a TelegramError that may pass; then nothing is noted, and the call can be
    repeated. If only the messages about it could not be sent or corrected, the result counts as failed, but what was
    sent is not sent again.
    """
    card = snapshot.card
    if not snapshot.reachable:
        return as_before(card)
    try:
        message_id = await _place(bot, snapshot)
    except Forbidden:
        return as_before(card)
    sent = message_id if message_id != card.message_id else None
    told = await tell(bot, snapshot, now=now)
    shown = _as_now(snapshot, message_id, told)
    if told.failed:
        return _without_news(snapshot, shown, sent)
    return msgspec.structs.replace(shown, sent=told.sent or sent)


def _as_now(snapshot: CardSnapshot, message_id: int | None, told: ToldNews) -> ShownCard:
    return ShownCard(
        card=snapshot.card,
        message_id=message_id,
        version=snapshot.customer.version,
        stamps=snapshot.stamps,
        rewards=snapshot.earned,
        news=write_news(told.news),
    )


def as_before(card: HeldCard) -> ShownCard:
    """Nothing was shown. A person who comes back sees what has changed meanwhile, and gets the news."""
    return ShownCard(
        card=card,
        message_id=card.message_id,
        version=card.shown_version,
        stamps=card.shown_stamps,
        rewards=card.shown_rewards,
        news=card.news,
    )


def _without_news(snapshot: CardSnapshot, shown: ShownCard, sent: int | None) -> ShownCard:
    """The card is up to date, its news is still to be sent. If the card may have arrived, neither is sent again."""
    if shown.message_id is None:
        return msgspec.structs.replace(shown, sent=sent)
    before = as_before(snapshot.card)
    return msgspec.structs.replace(before, message_id=shown.message_id, news=shown.news, sent=sent, failed=True)


async def _place(bot: TelegramBot, snapshot: CardSnapshot) -> int | None:
    """Edit the card's message, or send a new one. Raises Forbidden if the person has blocked the bot."""
    message_id = snapshot.card.message_id
    picture = await drawn(render_card, picture_of(snapshot))
    if message_id is not None and await _edit(bot, snapshot, picture):
        return message_id
    return await _send(bot, snapshot, picture)


async def _edit(bot: TelegramBot, snapshot: CardSnapshot, picture: bytes) -> bool:
    card, words = snapshot.card, words_for(snapshot.language)
    media = InputMediaPhoto(picture, caption=caption(snapshot, words), filename="card.jpg")
    keys = keyboard(card_rows(snapshot, words))
    return await done(
        bot.edit_message_media(
            media,
            chat_id=card.user_id,
            message_id=card.message_id,
            reply_markup=keys,
            api_kwargs=NO_PARSE_MODE,
            rate_limit_args=UNHURRIED,
        )
    )


async def _send(bot: TelegramBot, snapshot: CardSnapshot, picture: bytes) -> int | None:
    """Send the card, and delete its earlier message. None if it is not certain that the card arrived."""
    words, card = words_for(snapshot.language), snapshot.card
    keys = keyboard(card_rows(snapshot, words))
    try:
        message: Message = await bot.send_photo(
            card.user_id, picture, caption=caption(snapshot, words), reply_markup=keys, filename="card.jpg"
        )
    except NetworkError as error:
        if maybe_delivered(error):
            return None
        raise
    if card.message_id is not None:
        with suppress(TelegramError):  # the new message is there
            await bot.delete_message(card.user_id, card.message_id)
    return message.message_id


async def take_down(bot: TelegramBot, card: HeldCard) -> ShownCard:
    """Delete the messages of a card, because its customer was erased. What is too old to delete is left empty."""
    message_id = card.message_id
    with suppress(Forbidden):
        await take_back(bot, card)
        if message_id is not None and not await done(bot.delete_message(card.user_id, message_id)):
            paper = InputMediaPhoto(_empty_picture())
            await done(
                bot.edit_message_media(paper, chat_id=card.user_id, message_id=message_id, api_kwargs=NO_PARSE_MODE)
            )
    return ShownCard(card=card, gone=True)


def _empty_picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", PAPER_SIZE, PAPER).save(file, "JPEG")
    return file.getvalue()
