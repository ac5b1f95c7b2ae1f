"""News delivery: how the messages about a card are sent, corrected when they become untrue, and taken back.

What they say, and which are due, is in `bots/card_news.py`. A correction edits the message in place, which notifies
nobody.
"""

import logging
from collections.abc import Awaitable
from contextlib import suppress
from datetime import datetime

import msgspec
from msgspec.structs import replace
from telegram import Message
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bots.buttons import keyboard
from bots.card_news import EFFECTS, fresh_news, news_rows, news_text, revived, says_now
from bots.telegram_limits import UNHURRIED, TelegramBot, maybe_delivered
from bots.words import words_for
from loyalty_app.chat.card_news import CardNews, read_news
from loyalty_app.chat.chats import HeldCard
from loyalty_app.customers.card_snapshots import CardSnapshot

NO_TEXT = "🗑"

log = logging.getLogger(__name__)


class ToldNews(msgspec.Struct, frozen=True, kw_only=True):
    """The messages about a card that are in the chat now; `sent` is one that was sent just now.

    `failed` says that something is still to be sent or corrected.
    """

    news: tuple[CardNews, ...]
    sent: int | None = None
    failed: bool = False


async def tell(bot: TelegramBot, snapshot: CardSnapshot, *, now: datetime) -> ToldNews:
    """Correct the messages that are not true any more, and send what is new; the result says if Telegram failed."""
    news = list(revived(read_news(snapshot.card.news), snapshot, now))
    new = fresh_news(snapshot, tuple(news), now)
    try:
        for place, told in enumerate(news):
            news[place] = await _corrected(bot, snapshot, told, now)
        message_id = await _send(bot, snapshot, new) if new is not None else None
    except Forbidden:
        return ToldNews(news=tuple(news))
    except TelegramError as error:
        log.warning("news of a card could not be sent: %s", type(error).__name__)
        return ToldNews(news=tuple(news), failed=True)
    if new is not None:
        news.append(replace(new, message_id=message_id))
    return ToldNews(news=tuple(news), sent=message_id)


async def _corrected(bot: TelegramBot, snapshot: CardSnapshot, told: CardNews, now: datetime) -> CardNews:
    """Edit a message if it says something else than it should; one that is gone stays so."""
    says = says_now(told, snapshot)
    if says == told.says:
        return told
    words, message_id = words_for(snapshot.language), told.message_id
    if message_id is not None:
        edit = bot.edit_message_text(
            news_text(told, snapshot, words),
            chat_id=snapshot.card.user_id,
            message_id=message_id,
            reply_markup=keyboard(news_rows(snapshot, words)),
            rate_limit_args=UNHURRIED,
        )
        message_id = message_id if await done(edit) else None
    return replace(told, says=says, since=now, message_id=message_id)


async def _send(bot: TelegramBot, snapshot: CardSnapshot, new: CardNews) -> int | None:
    """Send news. Returns the id of the message, or None if it is unknown. Raises a TelegramError that may pass."""
    try:
        return await _send_message(bot, snapshot, new, EFFECTS[new.kind])
    except BadRequest:  # Telegram may have removed an effect
        with suppress(BadRequest):
            return await _send_message(bot, snapshot, new, None)
    except NetworkError as error:
        if not maybe_delivered(error):
            raise
    return None


async def _send_message(bot: TelegramBot, snapshot: CardSnapshot, new: CardNews, effect: str | None) -> int:
    words = words_for(snapshot.language)
    message: Message = await bot.send_message(
        snapshot.card.user_id,
        news_text(new, snapshot, words),
        reply_markup=keyboard(news_rows(snapshot, words)),
        message_effect_id=effect,
    )
    return message.message_id


async def take_back(bot: TelegramBot, card: HeldCard) -> None:
    """Delete the messages about a card; what is too old to delete is left without words. Raises TelegramError."""
    for told in read_news(card.news):
        if told.message_id is None:
            continue
        if not await done(bot.delete_message(card.user_id, told.message_id)):
            await done(bot.edit_message_text(NO_TEXT, chat_id=card.user_id, message_id=told.message_id))


async def done(call: Awaitable[Message | bool]) -> bool:
    """Wait for a call about a message; False if the message no longer exists."""
    try:
        await call
    except BadRequest as error:
        return "not modified" in str(error).lower()
    return True
