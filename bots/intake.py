"""Intake: updates from Telegram are stored, then handled, whichever way they came.

`take` is the one way in, for polling and for webhooks. A stored update is handled once by some process: one person's
updates in their order, different people's side by side. One that cannot be handled is set aside and holds up nobody.
`routes` says who answers what.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import timedelta
from html import escape
from typing import Any

import msgspec
import telegram
from telegram.error import RetryAfter, TelegramError
from telegram.ext import Application

from bots.priority_gate import PriorityGate
from bots.telegram_limits import TelegramBot, may_pass, seconds_to_wait
from bots.words import reply, words_for
from loyalty_app.chat.incoming_updates import NewUpdate, new_update, take_in_and_claim
from loyalty_app.chat.update_queue import IN_DOUBT, MOST_LOST, HandledUpdate, TelegramUpdate, UpdateQueue, will_be_tried
from loyalty_app.observability.log_context import log_context
from loyalty_app.observability.metrics import count_set_aside, count_update
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.runtime import Runtime
from loyalty_app.words import Words
from loyalty_core.errors import Busy, BusyReason

BUSY_PAUSE = timedelta(seconds=3)
NODE_PATIENCE = timedelta(seconds=30)
"""How long an update waits for a machine of a cluster that is away; then what the person did next goes on."""
MOST_TOLD = 1_000

log = logging.getLogger(__name__)

BotApplication = Application[TelegramBot, Any, Any, Any, Any, Any]
failures: ContextVar[list[Exception] | None] = ContextVar("failures", default=None)
hopeless: ContextVar[bool] = ContextVar("hopeless", default=False)


class NeverCameBack(Exception):
    """An update that was begun several times ended its process each time."""


def check_hope() -> None:
    """Raise NeverCameBack if the update must not be begun once more. Its person is told, as of any failure."""
    if hopeless.get():
        raise NeverCameBack


class Intake:
    """Stores updates and has them handled by the bots of this process.

    `bots` maps the id of each open bot to the library's application; it may change at any time.
    """

    def __init__(self, runtime: Runtime, bots: Mapping[int, BotApplication]) -> None:
        self._runtime, self._bots, self.priority_gate = runtime, bots, PriorityGate()
        self._told: dict[tuple[int, int], None] = {}
        """Updates whose people know that they have to wait, the oldest first."""
        self.worker: QueueWorker[TelegramUpdate, HandledUpdate] = QueueWorker(
            runtime.database, UpdateQueue(bots.keys), self._handle, clock=runtime.clock, name="updates"
        )

    async def take(self, bot_id: int, raw: Iterable[dict[str, Any]]) -> None:
        """Store updates, and begin with them; once this returns they are safe, and Telegram may forget them.

        One that cannot be stored is logged and dropped: it could never be handled.
        """
        updates, now = list(_readable(bot_id, raw)), self._runtime.clock()
        claimed = await take_in_and_claim(self._runtime.database, bot_id, updates, now=now, room=self.worker.room)
        self.worker.begin(claimed)
        if len(claimed) < len(updates):
            self.worker.wake()

    async def _handle(self, update: TelegramUpdate) -> HandledUpdate:
        """Handle an update; the log lines that it leads to have its number."""
        began = time.perf_counter()
        log_context.set({"bot": update.bot_id, "update": update.update_id})
        with self.priority_gate.serving():
            handled = await self._handle_once(update)
        outcome = "again" if will_be_tried(handled) else "handled" if handled.error is None else "aside"
        seconds = time.perf_counter() - began
        count_update(outcome, seconds=seconds)
        log.info("update", extra={**log_context.get(), "outcome": outcome, "milliseconds": round(seconds * 1000, 1)})
        return handled

    async def _handle_once(self, update: TelegramUpdate) -> HandledUpdate:
        bot = self._bots.get(update.bot_id)
        if bot is None:  # it was closed a moment ago; the process that opens it again goes on
            return HandledUpdate(update=update, wait=timedelta())
        hopeless.set(update.hopeless)
        if update.hopeless:
            count_set_aside("updates")
        telling_may_do_it_too = update.hopeless and update.tries > MOST_LOST
        failed = NeverCameBack() if telling_may_do_it_too else await _try(bot, update)
        if failed is None:
            return HandledUpdate(update=update)
        if isinstance(failed, Busy):  # no failure of the update: the outage is logged
            return await self._put_off(bot, update, failed)
        again = may_pass(failed)
        log.log(
            logging.WARNING if again else logging.ERROR,
            "update %d of bot %d failed",
            update.update_id,
            update.bot_id,
            exc_info=failed,
        )
        wait = timedelta(seconds=seconds_to_wait(failed)) if isinstance(failed, RetryAfter) else None
        return HandledUpdate(update=update, error=type(failed).__name__, may_pass=again, wait=wait)

    async def _put_off(self, bot: BotApplication, update: TelegramUpdate, busy: Busy) -> HandledUpdate:
        """Let an update wait, and say so once. Where a machine of a cluster alone is away, not for long.

        What may have been saved waits until that is known: it must not be called undone.
        """
        now, key = self._runtime.clock(), (update.bot_id, update.update_id)
        doubt = update.in_doubt or busy.reason is BusyReason.IN_DOUBT
        if busy.reason is BusyReason.NODE_AWAY and not doubt and now - update.received_at >= NODE_PATIENCE:
            await _tell(bot, update, _not_done, toast=False)  # a press cannot be answered so late
            return HandledUpdate(update=update, error=type(busy).__name__)
        was_told = key in self._told
        self._told[key] = None
        if len(self._told) > MOST_TOLD:
            self._told.pop(next(iter(self._told)))
        if not was_told:
            await _tell(bot, update, lambda words: reply(words, busy, now))
        return HandledUpdate(update=update, error=IN_DOUBT if doubt and not update.lost else None, wait=BUSY_PAUSE)


async def _tell(
    bot: BotApplication, update: TelegramUpdate, say: Callable[[Words], str], *, toast: bool = True
) -> None:
    """Tell a person what becomes of an update of theirs; as the answer to a press, if it is one."""
    parsed = telegram.Update.de_json(msgspec.json.decode(update.body), bot.bot)
    user, query = parsed.effective_user, parsed.callback_query
    if user is None:
        return
    said = say(words_for(user.language_code))
    with suppress(TelegramError):
        await (query.answer(said) if query and toast else bot.bot.send_message(user.id, escape(said)))


def _not_done(words: Words) -> str:
    return words.plain("A part of this server is still away, so that was not done. Please try again later.")


def _readable(bot_id: int, raw: Iterable[dict[str, Any]]) -> Iterator[NewUpdate]:
    for update in raw:
        try:
            yield new_update(update)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with it, the others must not suffer
            log.error("bot %d was sent what is no update: %s", bot_id, type(error).__name__)  # noqa: TRY400  # it may hold a name


async def _try(bot: BotApplication, update: TelegramUpdate) -> Exception | None:
    caught: list[Exception] = []
    failures.set(caught)
    try:
        parsed = telegram.Update.de_json(msgspec.json.decode(update.body), bot.bot)
        await bot.process_update(parsed)
    except Exception as error:  # noqa: BLE001  # whatever it is, the next update must not suffer
        caught.append(error)
    return caught[0] if caught else None


async def note_failure(_update: object, context: Any) -> None:  # noqa: ANN401  # the library's own signature
    """Keep the error of a handler for the intake; the library would only log it."""
    caught = failures.get()
    if caught is not None and context.error is not None:
        caught.append(context.error)
