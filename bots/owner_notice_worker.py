"""The notice worker: tells the owners of a shop once, in their chats, what they should know, as that a webhook fails.

The notices, and who has them already, are in the database (`loyalty_app/shops/owner_notices.py`).
"""

import logging
from collections.abc import Mapping

from telegram.error import BadRequest, Forbidden, TelegramError, TimedOut

from bots.intake import BotApplication
from bots.telegram_limits import TelegramBot
from bots.words import Html, Words, words_for
from loyalty_app.chat.chats import Chat, ChatChange, change_chat, find_chat
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.runtime import Runtime
from loyalty_app.shops.owner_notices import Ailment, Notice, NoticeQueue, NoticeSent, WebhookFacts
from loyalty_core.fields import BotId, ChatId

log = logging.getLogger(__name__)


class NoticeWorker(QueueWorker[Notice, NoticeSent]):
    """Sends notices that are due until it is closed."""

    def __init__(self, runtime: Runtime, bots: Mapping[int, BotApplication]) -> None:
        super().__init__(
            runtime.database, NoticeQueue(bots.keys), self._send_to_all, clock=runtime.clock, name="notices"
        )
        self._runtime, self._bots = runtime, bots

    async def _send_to_all(self, notice: Notice) -> NoticeSent:
        application = self._bots.get(notice.bot_id or 0)
        informed = list(notice.told_to)
        if application is None:
            return NoticeSent(notice=notice, told_to=notice.told_to, everybody=False)
        try:
            for owner in [owner for owner in notice.owners if owner not in informed]:
                await self._send(application.bot, notice, owner)
                informed.append(owner)
        except TelegramError as error:
            log.warning("a notice could not be sent: %s", type(error).__name__)
        return NoticeSent(notice=notice, told_to=tuple(informed), everybody=set(notice.owners) <= set(informed))

    async def _send(self, bot: TelegramBot, notice: Notice, owner: int) -> None:
        """Tell one owner. Owners who blocked the bot, or never met it, cannot be told; they are not tried again."""
        bot_id, chat_id = BotId(bot.id), ChatId(owner)
        chat: Chat = await self._runtime.database.read(lambda connection: find_chat(connection, bot_id, chat_id))
        if chat.blocked_at is not None:
            return
        try:
            message = await bot.send_message(owner, notice_text(words_for(chat.language or chat.language_code), notice))
        except (TimedOut, Forbidden, BadRequest):  # it may have arrived, or there is no such chat
            return
        newest = ChatChange(last_id=message.message_id)
        await change_chat(self._runtime.database, bot_id, chat_id, newest, now=self._runtime.clock())


def notice_text(words: Words, notice: Notice) -> Html:
    """The text of a notice."""
    said = _about_webhook(words, notice.facts) if notice.facts else words.say("{text}", text=notice.text)
    return words.say("⚠️ <b>{shop}</b>\n{what}", shop=notice.shop_name, what=said)


def _about_webhook(words: Words, facts: WebhookFacts) -> Html:
    days, url = facts.trouble.days, facts.url
    match facts.trouble.ailment:
        case Ailment.GONE:
            return words.say(
                "The webhook {url} was switched off: its server answered that it is gone (410). "
                "If it is still there, switch it on again over the API.",
                url=url,
            )
        case Ailment.SWITCHED_OFF:
            return words.count(
                "The webhook {url} was switched off: it has failed for {n} day. "
                "Once its server works again, switch it on over the API; what was missed can be sent again.",
                "The webhook {url} was switched off: it has failed for {n} days. "
                "Once its server works again, switch it on over the API; what was missed can be sent again.",
                days,
                url=url,
            )
        case Ailment.FAILING:
            return words.count(
                "The webhook {url} has failed for {n} day. We keep trying; after five days it is switched off. "
                "Please have its server looked at.",
                "The webhook {url} has failed for {n} days. We keep trying; after five days it is switched off. "
                "Please have its server looked at.",
                days,
                url=url,
            )
