"""The notice worker: tells the owners of a shop once, in their chats, what they should know, as that a webhook fails.

The notices, and who has them already, are in the database (`loyalty_app/shops/owner_notices.py`); their texts are in
`bots/notice_texts.py`.
"""

import logging
from collections.abc import Mapping, Sequence

from telegram import MenuButtonDefault
from telegram.error import BadRequest, Forbidden, TelegramError, TimedOut

from bots.buttons import keyboard
from bots.intake import BotApplication
from bots.notice_texts import notice_rows, notice_text
from bots.staff.scanner import MENU, scanner_url, set_menu_button
from bots.telegram_limits import TelegramBot
from bots.words import words_for
from loyalty_app.chat.chats import Chat, ChatChange, change_chat, find_chat
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.runtime import Runtime
from loyalty_app.shops.notice_facts import StaffEvent, StaffFacts
from loyalty_app.shops.owner_notices import Notice, NoticeQueue, NoticeSent
from loyalty_app.shops.workplaces import list_positions
from loyalty_core.fields import BotId, ChatId, UserId

log = logging.getLogger(__name__)


class NoticeWorker(QueueWorker[Notice, NoticeSent]):
    """Sends notices that are due until it is closed."""

    def __init__(self, runtime: Runtime, bots: Mapping[int, BotApplication]) -> None:
        super().__init__(
            runtime.database, NoticeQueue(bots.keys), self._send_to_all, clock=runtime.clock, name="notices"
        )
        self._runtime, self._bots = runtime, bots

    async def _send_to_all(self, notice: Notice) -> NoticeSent:
        informed = list(notice.told_to)
        bots = [self._bots[bot_id].bot for bot_id in notice.bots if bot_id in self._bots]
        if not bots:
            return NoticeSent(notice=notice, told_to=notice.told_to, everybody=False)
        try:
            for person in [person for person in notice.people if person not in informed]:
                await self._tell(bots, notice, person)
                informed.append(person)
        except TelegramError as error:
            log.warning("a notice could not be sent: %s", type(error).__name__)
        return NoticeSent(notice=notice, told_to=tuple(informed), everybody=set(notice.people) <= set(informed))

    async def _tell(self, bots: Sequence[TelegramBot], notice: Notice, person: int) -> None:
        """Tell one person through the first bot that they have met and not blocked.

        Who has none cannot be told, and is not tried again.
        """
        for bot in bots:
            if await self._send(bot, notice, person):
                return

    async def _send(self, bot: TelegramBot, notice: Notice, person: int) -> bool:
        """Tell somebody through one bot. False if they blocked that bot, or never met it."""
        bot_id, chat_id = BotId(bot.id), ChatId(person)
        chat: Chat = await self._runtime.database.read(lambda connection: find_chat(connection, bot_id, chat_id))
        if chat.blocked_at is not None:
            return False
        try:
            words = words_for(chat.language or chat.language_code)
            rows = keyboard(notice_rows(words, notice.facts))
            message = await bot.send_message(person, notice_text(words, notice), reply_markup=rows)
        except TimedOut:  # it may have arrived
            return True
        except (Forbidden, BadRequest):
            return False
        await self._take_menu(bot, notice, person)
        newest = ChatChange(last_id=message.message_id)
        await change_chat(self._runtime.database, bot_id, chat_id, newest, now=self._runtime.clock())
        return True

    async def _take_menu(self, bot: TelegramBot, notice: Notice, person: int) -> None:
        """Give somebody who was removed from a staff the menu of customers, unless they work at another shop here."""
        facts, bot_id, user_id = notice.facts, BotId(bot.id), UserId(person)
        gone = isinstance(facts, StaffFacts) and facts.event is StaffEvent.DISMISSED
        if not gone or scanner_url(self._runtime.settings, bot_id) is None:
            return
        left = await self._runtime.database.read(
            lambda connection: list_positions(connection, user_id=user_id, bot_id=bot_id)
        )
        if not left and await set_menu_button(bot, person, MenuButtonDefault()):
            self._bots[bot_id].chat_data[person][MENU] = ""
