"""Card delivery: how the message of a card is sent to a chat, brought up to date, and taken down.

There is one message for a card; it is edited in place, which notifies nobody. Its text is in `bots/card_messages.py`;
`bots/card_worker.py` knows when it is due.
"""

import logging
from collections.abc import Awaitable
from contextlib import suppress
from io import BytesIO
from typing import Any

import msgspec
from PIL import Image
from telegram import InputMediaPhoto, Message
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bots.buttons import button, keyboard
from bots.card_messages import caption, card_rows, news, picture_of
from bots.telegram_limits import UNHURRIED, TelegramBot, maybe_delivered
from bots.words import Html, words_for
from loyalty_app.chat.card_queue import ShownCard
from loyalty_app.chat.chats import HeldCard
from loyalty_app.customers.card_pictures import render_card
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.pictures.render_thread import drawn

log = logging.getLogger(__name__)

# Parse mode does not belong beside a picture, but the library sends its default there, where Telegram knows none.
NO_PARSE_MODE: dict[str, Any] = {"parse_mode": None}
PAPER, PAPER_SIZE = "#ECEAE6", (1000, 600)


async def show(bot: TelegramBot, snapshot: CardSnapshot) -> ShownCard:
    """Bring a card's message up to date, or send it if there is none. Returns what the chat shows now.

    Raises a TelegramError that may pass; then nothing is noted, and the call can be repeated. If only the news could
    not be sent, the result counts as failed, but what was sent is not sent again.
    """
    card = snapshot.card
    if not snapshot.reachable:
        return _as_before(card)
    try:
        message_id = await _place(bot, snapshot)
    except Forbidden:
        return _as_before(card)
    sent = message_id if message_id != card.message_id else None
    try:
        news_id = await _send_news(bot, snapshot)
    except TelegramError as error:
        log.warning("news of a card could not be sent: %s", type(error).__name__)
        return _without_news(snapshot, message_id, sent)
    return _as_now(snapshot, message_id, news_id or sent)


def _as_now(snapshot: CardSnapshot, message_id: int | None, sent: int | None) -> ShownCard:
    customer = snapshot.customer
    return ShownCard(
        card=snapshot.card,
        message_id=message_id,
        version=customer.version,
        stamps=customer.current_stamps,
        rewards=customer.rewards_earned,
        sent=sent,
    )


def _as_before(card: HeldCard) -> ShownCard:
    """Nothing was shown. A person who comes back sees what has changed meanwhile, and gets the news."""
    return ShownCard(
        card=card,
        message_id=card.message_id,
        version=card.shown_version,
        stamps=card.shown_stamps,
        rewards=card.shown_rewards,
    )


def _without_news(snapshot: CardSnapshot, message_id: int | None, sent: int | None) -> ShownCard:
    """The card is up to date, its news is still to be sent. If the card may have arrived, neither is sent again."""
    if message_id is None:
        return _as_now(snapshot, None, sent)
    return msgspec.structs.replace(_as_before(snapshot.card), message_id=message_id, sent=sent, failed=True)


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
    return await _done(
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


async def _send_news(bot: TelegramBot, snapshot: CardSnapshot) -> int | None:
    """Send the news, if there is any. Returns the id of the message, or None if none was sent or its id is unknown."""
    words = words_for(snapshot.language)
    worth_telling = news(snapshot, words)
    if worth_telling is None:
        return None
    text, effect = worth_telling
    try:
        return await _send_news_message(bot, snapshot, text, effect)
    except BadRequest:  # Telegram may have removed an effect
        with suppress(BadRequest):
            return await _send_news_message(bot, snapshot, text, None)
    except Forbidden:
        return None
    except NetworkError as error:
        if not maybe_delivered(error):
            raise
    return None


async def _send_news_message(bot: TelegramBot, snapshot: CardSnapshot, text: Html, effect: str | None) -> int:
    label = words_for(snapshot.language).label("💳 Show my card")
    keys = keyboard([[button(label, "mycard", snapshot.business.id)]])
    message: Message = await bot.send_message(snapshot.card.user_id, text, reply_markup=keys, message_effect_id=effect)
    return message.message_id


async def take_down(bot: TelegramBot, card: HeldCard) -> ShownCard:
    """Delete the message of a card, because its customer was erased. One too old to delete is left empty."""
    message_id = card.message_id
    with suppress(Forbidden):
        if message_id is not None and not await _done(bot.delete_message(card.user_id, message_id)):
            paper = InputMediaPhoto(_empty_picture())
            await _done(
                bot.edit_message_media(paper, chat_id=card.user_id, message_id=message_id, api_kwargs=NO_PARSE_MODE)
            )
    return ShownCard(card=card, gone=True)


def _empty_picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", PAPER_SIZE, PAPER).save(file, "JPEG")
    return file.getvalue()


async def _done(call: Awaitable[Message | bool]) -> bool:
    """Wait for a call about a message; False if the message no longer exists."""
    try:
        await call
    except BadRequest as error:
        return "not modified" in str(error).lower()
    return True
