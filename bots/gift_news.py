"""Gift news: the message about a gift of the shop, in the chat where the card hangs.

The rules, in words:
- Each gift is told once, by whichever process, and whatever stops in between: it is marked first, then told.
- Nothing is told to customers who muted the card or have blocked the bot, and nothing where the shop sends no messages
  of its own.
- These are messages to many: below each is "No more of these", and a customer who pressed it is told of none of them
  again.
- Gifts for friends are news of one's own card: they come without that button, also to customers who want none of the
  others.
- That somebody is missed is told between 10 and 20 o'clock of the shop, and not to customers who were there since.
- What Telegram refuses for a while is told later; what may have arrived is not sent again.

Which gifts there are is in `loyalty_app/chat/card_gifts.py`.
"""

import logging
from datetime import datetime

from msgspec.structs import replace
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bots.buttons import Rows, button, keyboard
from bots.card_news import news_rows
from bots.telegram_limits import TO_MANY, TelegramBot, maybe_delivered
from bots.words import Html, Words, words_for
from loyalty_app.chat.card_gifts import GivenGift, mark_told, mark_untold
from loyalty_app.chat.card_queue import ShownCard
from loyalty_app.chat.chats import ChatChange, change_chat
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.customers.gift_texts import birthday_text, missed_text, thanks_text, welcome_text
from loyalty_app.db.engine import Database
from loyalty_core.fields import ChatId
from loyalty_core.ledger import Gift
from loyalty_core.win_back import is_time_to_write, next_time_to_write

NO_MORE, MORE = "nomore", "more"
"""The verbs of the buttons below messages to many: no more of them, and them again."""

log = logging.getLogger(__name__)


def hears(snapshot: CardSnapshot, *, to_many: bool = True) -> bool:
    """Whether somebody can be told of gifts, and wants it: those that are told to many, or only those of friends."""
    silent = snapshot.card.muted or (to_many and snapshot.opted_out) or not snapshot.business.card_notices
    return snapshot.reachable and not silent


def is_missed(snapshot: CardSnapshot, now: datetime) -> bool:
    """Whether somebody is to be told now that the shop misses them. Their card need not be shown for that."""
    missed = [gift for gift in snapshot.gifts if gift.occasion is Gift.WIN_BACK and not _is_untimely(gift, snapshot)]
    return bool(missed) and hears(snapshot) and is_time_to_write(now.astimezone(snapshot.business.zone))


async def tell_gifts(
    bot: TelegramBot, database: Database, snapshot: CardSnapshot, shown: ShownCard, *, now: datetime
) -> ShownCard:
    """Tell of the gifts that the chat does not know yet; the result says if one is still to be told."""
    local = now.astimezone(snapshot.business.zone)
    for gift in snapshot.gifts:
        if not hears(snapshot, to_many=_is_to_many(gift)) or _is_untimely(gift, snapshot):
            continue
        if gift.occasion is Gift.WIN_BACK and not is_time_to_write(local):
            return replace(shown, again_at=next_time_to_write(local))
        if not await mark_told(database, snapshot.card, gift):
            continue
        try:
            shown = replace(shown, sent=await _send(bot, snapshot, gift) or shown.sent)
        except Forbidden:
            await _note_blocked(database, snapshot, now)
            return shown
        except BadRequest:
            return shown
        except TelegramError as error:
            log.warning("news of a gift could not be sent: %s", type(error).__name__)
            await mark_untold(database, snapshot.card, gift)
            return replace(shown, failed=True)
    return shown


def _is_to_many(gift: GivenGift) -> bool:
    """Whether many are told of such a gift at a time, and not one of what a friend did."""
    return gift.occasion is not Gift.REFERRAL


def _is_untimely(gift: GivenGift, snapshot: CardSnapshot) -> bool:
    """Whether somebody was at the shop after they had been missed there."""
    last = snapshot.customer.last_visit_at
    return gift.occasion is Gift.WIN_BACK and last is not None and last > gift.given_at


async def _note_blocked(database: Database, snapshot: CardSnapshot, now: datetime) -> None:
    """Note that the chat has ended: nothing more is sent there until the person comes back."""
    card = snapshot.card
    await change_chat(database, card.bot_id, ChatId(card.user_id), ChatChange(blocked_at=now), now=now)


async def _send(bot: TelegramBot, snapshot: CardSnapshot, gift: GivenGift) -> int | None:
    """Send the message; None if it may have arrived. Raises TelegramError."""
    words = words_for(snapshot.language)
    text, to_many = gift_text(gift, snapshot, words), _is_to_many(gift)
    keys = keyboard(gift_rows(snapshot, words) if to_many else news_rows(snapshot, words))
    pace = TO_MANY if to_many else None
    try:
        message = await bot.send_message(snapshot.card.user_id, text, reply_markup=keys, rate_limit_args=pace)
    except NetworkError as error:
        if isinstance(error, BadRequest) or not maybe_delivered(error):
            raise
        log.warning("news of a gift may have arrived, and is not sent again: %r", error.__cause__ or error)
        return None
    return message.message_id


def gift_rows(snapshot: CardSnapshot, words: Words) -> Rows:
    """The buttons below a message to many: the card, and no more of them."""
    return [*news_rows(snapshot, words), [button(words.label("🔕 No more of these"), NO_MORE, snapshot.business.id)]]


def refused_rows(snapshot: CardSnapshot, words: Words) -> Rows:
    """The buttons below one once somebody wanted no more: the card, and them again."""
    return [*news_rows(snapshot, words), [button(words.label("🔔 Send them again"), MORE, snapshot.business.id)]]


def gift_text(gift: GivenGift, snapshot: CardSnapshot, words: Words) -> Html:
    """What a gift is, and for what."""
    shop, reward = snapshot.business, gift.reward_description
    if gift.occasion is Gift.WIN_BACK:
        return missed_text(words, shop, gift.stamps, reward, expires_at=gift.expires_at)
    if gift.occasion is Gift.REFERRAL:
        return thanks_text(words, shop, gift.stamps) if gift.is_thanks else welcome_text(words, shop, gift.stamps)
    return birthday_text(words, shop, gift.stamps, reward)
