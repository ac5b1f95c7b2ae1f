"""Polling: fetching a bot's updates from Telegram, where no public address is set (`LOYALTY_PUBLIC_URL`).

Updates are read as plain data, so that one that the library cannot read does not stop the others. The next request
acknowledges them; it is made only after they were stored. One process at a time fetches a bot's updates.
`loyalty_app/chat/update_queue.py` keeps an update from being handled twice.
"""

import asyncio
import logging
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from telegram.error import Conflict, InvalidToken, TelegramError

from bots.intake import Intake
from bots.telegram_limits import TelegramBot
from loyalty_app.chat.bots import leave_polling, may_poll, note_accepted, note_refused
from loyalty_app.observability.telegram_answers import telegram_answers
from loyalty_app.runtime import Runtime
from loyalty_core.errors import Busy

WAIT_SECONDS = 20
RENEW_EVERY = timedelta(seconds=10)
PATIENCE_SECONDS = 10
PAUSE_SECONDS = 1.0
CONFLICT_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 30.0
ASK_EVERY_SECONDS = 60.0
BUSY_SECONDS = 2.0
KINDS = ("message", "callback_query", "my_chat_member")

log = logging.getLogger(__name__)
refused: set[int] = set()
"""Bots whose token Telegram refuses, as this process has noted."""


async def keep_polling(runtime: Runtime, bot: TelegramBot, intake: Intake) -> None:
    """Fetch updates until cancelled; after a failure try again, with growing pauses."""
    lease = PollingLease(runtime, bot.id)
    try:
        await _poll(runtime, lease, bot, intake)
    finally:
        await lease.give_back()


async def keep_asking(runtime: Runtime, bot: TelegramBot) -> None:
    """Ask Telegram about the bot's updates, which it sends by itself, until cancelled: whether it is there."""
    while True:
        try:
            await bot.get_webhook_info()
            await note_answer(runtime, bot)
        except InvalidToken:
            await note_refusal(runtime, bot.id)
        except Exception as error:  # noqa: BLE001  # the network and the database come back
            log.info("@%s could not ask about its updates: %s", bot.username, type(error).__name__)
        await asyncio.sleep(ASK_EVERY_SECONDS)


async def note_answer(runtime: Runtime, bot: TelegramBot) -> None:
    """Note that Telegram has answered a bot; its token is good again if it was refused before."""
    telegram_answers.note(bot.id)
    if bot.id in refused:
        await note_accepted(runtime.database, bot.id)
        refused.discard(bot.id)


async def note_refusal(runtime: Runtime, bot_id: int) -> None:
    """Note that Telegram refuses a bot's token, once; the owners of the shop are told."""
    if bot_id not in refused:
        log.error("Telegram refuses the token of bot %d: it was revoked, or the bot was deleted", bot_id)
        with suppress(Busy):  # then it is noted at the next try
            await note_refused(runtime.database, bot_id, now=runtime.clock())
            refused.add(bot_id)


async def _poll(runtime: Runtime, lease: "PollingLease", bot: TelegramBot, intake: Intake) -> None:
    offset, pause = 0, PAUSE_SECONDS
    while True:
        try:
            await lease.hold()
            updates = await fetch(bot, offset)
            await note_answer(runtime, bot)
            if updates:
                await intake.take(bot.id, updates)
                offset = after(updates)
            pause = PAUSE_SECONDS
        except InvalidToken:
            await note_refusal(runtime, bot.id)
            await asyncio.sleep(LONGEST_PAUSE_SECONDS)
        except Conflict:
            log.warning("another program asks for the updates of @%s too", bot.username)
            await asyncio.sleep(CONFLICT_SECONDS)
        except Busy:  # the outage is logged; what was fetched comes again
            await asyncio.sleep(BUSY_SECONDS)
        except Exception as error:  # noqa: BLE001  # the network comes back
            level = logging.WARNING if pause > PAUSE_SECONDS else logging.INFO  # one failure is nothing
            log.log(level, "the updates of @%s could not be fetched: %s", bot.username, type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def after(updates: list[dict[str, Any]]) -> int:
    """The offset of the next request. Raises TelegramError if no update has a number.

    Why: all would come again at once.
    """
    numbers = [number for update in updates if isinstance(number := update.get("update_id"), int)]
    if not numbers:
        raise TelegramError("no update has a number")
    return max(numbers) + 1


class PollingLease:
    """The right to fetch a bot's updates, which one process has at a time."""

    def __init__(self, runtime: Runtime, bot_id: int) -> None:
        self._runtime, self._bot_id = runtime, bot_id
        self._me, self._renewed = secrets.token_hex(8), datetime.min.replace(tzinfo=UTC)

    async def hold(self) -> None:
        """Wait until this process has the right, and renew it in time."""
        while self._runtime.clock() - self._renewed > RENEW_EVERY:
            now = self._runtime.clock()
            if await may_poll(self._runtime.database, self._bot_id, self._me, now=now):
                self._renewed = now
            else:
                telegram_answers.forget(self._bot_id)
                await asyncio.sleep(CONFLICT_SECONDS)

    async def give_back(self) -> None:
        """Let another process fetch at once."""
        try:
            await leave_polling(self._runtime.database, self._bot_id, self._me)
        except Exception as error:  # noqa: BLE001  # the right lapses by itself
            log.info("the right to poll could not be given back: %s", type(error).__name__)


async def fetch(bot: TelegramBot, offset: int) -> list[dict[str, Any]]:
    """The updates from `offset` on, waiting a while for the first. Raises TelegramError."""
    query = urlencode(
        {"offset": offset, "timeout": WAIT_SECONDS, "allowed_updates": msgspec.json.encode(KINDS).decode()}
    )
    updates = await bot.request.post(f"{bot.base_url}/getUpdates?{query}", read_timeout=WAIT_SECONDS + PATIENCE_SECONDS)
    if not isinstance(updates, list):
        raise TelegramError("the answer is no list of updates")
    return updates
