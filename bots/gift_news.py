"""Gift news: the message about a gift of the shop, in the chat where the card hangs.

The rules, in words:
- Each gift is told once, by whichever process, and whatever stops in between: it is marked first, then told.
- Nothing is told to who muted the card or has blocked the bot, and nothing where the shop sends no messages of its own.
- What Telegram refuses for a while is told later; what may have arrived is not sent again.

Which gifts there are is in `loyalty_app/chat/card_gifts.py`.
"""

import logging

from msgspec.structs import replace
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bots.buttons import keyboard
from bots.card_news import news_rows
from bots.telegram_limits import TelegramBot, maybe_delivered
from bots.words import Html, Words, words_for
from loyalty_app.chat.card_gifts import GivenGift, mark_told, mark_untold
from loyalty_app.chat.card_queue import ShownCard
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.db.engine import Database

log = logging.getLogger(__name__)


async def tell_gifts(bot: TelegramBot, database: Database, snapshot: CardSnapshot, shown: ShownCard) -> ShownCard:
    """Tell of the gifts that the chat does not know yet; the result says if one is still to be told."""
    if not snapshot.reachable or snapshot.card.muted or not snapshot.business.card_notices:
        return shown
    for gift in snapshot.gifts:
        if not await mark_told(database, snapshot.card, gift):
            continue
        try:
            shown = replace(shown, sent=await _send(bot, snapshot, gift) or shown.sent)
        except (Forbidden, BadRequest):
            return shown
        except TelegramError as error:
            log.warning("news of a gift could not be sent: %s", type(error).__name__)
            await mark_untold(database, snapshot.card, gift)
            return replace(shown, failed=True)
    return shown


async def _send(bot: TelegramBot, snapshot: CardSnapshot, gift: GivenGift) -> int | None:
    """Send the message; None if it may have arrived. Raises TelegramError."""
    words = words_for(snapshot.language)
    keys = keyboard(news_rows(snapshot, words))
    try:
        message = await bot.send_message(snapshot.card.user_id, gift_text(gift, snapshot, words), reply_markup=keys)
    except NetworkError as error:
        if isinstance(error, BadRequest) or not maybe_delivered(error):
            raise
        return None
    return message.message_id


def gift_text(gift: GivenGift, snapshot: CardSnapshot, words: Words) -> Html:
    """What a gift is, and for what."""
    shop = snapshot.business.name
    if gift.reward_description is None:
        head = words.count(
            "🎂 Happy birthday from <b>{shop}</b>! {n} stamp is a gift for you.",
            "🎂 Happy birthday from <b>{shop}</b>! {n} stamps are a gift for you.",
            gift.stamps,
            shop=shop,
        )
        return Html(f"{head}\n{words.say('They are on your card already.')}")
    reward = gift.reward_description
    head = words.say("🎂 Happy birthday from <b>{shop}</b>! A gift for you: {reward}", shop=shop, reward=reward)
    return Html(f"{head}\n{words.say('Show your card when you want it.')}")
