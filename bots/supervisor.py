"""The bot supervisor: opens and closes all bots of a process.

It follows the table of bots (`loyalty_app/chat/bots.py`): a bot that is registered while the process runs is opened
within seconds, one that is removed is closed. Telegram may be out of reach; the rest of the process does not wait for
it.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from telegram.constants import ParseMode
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import ApplicationBuilder, ContextTypes, Defaults, ExtBot
from telegram.request import HTTPXRequest

from bots.card_worker import CardWorker
from bots.intake import BotApplication, Intake, note_failure
from bots.menus import set_menus
from bots.owner_notice_worker import NoticeWorker
from bots.polling import KINDS, keep_asking, keep_polling, note_answer, note_refusal, refused
from bots.routes import HANDLERS
from bots.telegram_limits import TelegramBot, TelegramRateLimiter
from bots.turn import Turn
from loyalty_app.chat import bots as registry
from loyalty_app.chat import card_queue, update_queue
from loyalty_app.chat.bots import BotRecord
from loyalty_app.observability.telegram_answers import telegram_answers
from loyalty_app.runtime import Runtime
from loyalty_core.errors import Busy, LoyaltyError

TELEGRAM = "https://api.telegram.org"
CHECK_EVERY_SECONDS = 3.0
DEAD_SECONDS = 60.0
PATIENCE_SECONDS = 10.0
CONNECTIONS = 128

log = logging.getLogger(__name__)


class SharedRequest(HTTPXRequest):
    """One pool of connections for all bots; a bot that closes does not close it for the others."""

    async def shutdown(self) -> None:
        """Do nothing; `close` closes the pool."""

    async def close(self) -> None:
        """Close the pool, when no bot needs it any more."""
        await super().shutdown()


class BotSupervisor:
    """The bots of one process, with all that works for them: the intake of updates, the cards, the notices.

    `runtime` is what the process holds open; `bots` maps the id of each open bot to the library's application.
    `open_bots` makes and closes it.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.bots: dict[int, BotApplication] = {}
        self.intake = Intake(runtime, self.bots)
        self.card_worker = CardWorker(runtime, self.bots, self.intake.priority_gate)
        self.notice_worker = NoticeWorker(runtime, self.bots)
        self._where = (runtime.settings.telegram_api_url or TELEGRAM).rstrip("/")
        self._request = SharedRequest(
            connection_pool_size=CONNECTIONS,
            read_timeout=PATIENCE_SECONDS,
            write_timeout=PATIENCE_SECONDS,
            # Certificates take long to load; a private server without TLS has none.
            httpx_kwargs={"verify": self._where.startswith("https:")},
        )
        self._vault = runtime.vault
        self._tokens: dict[int, str] = {}
        self._failed: Counter[str] = Counter()
        self._not_before: dict[str, float] = {}
        self._locked: set[int] = set()
        self._watched: set[int] = set()
        self._bot_tasks: dict[int, asyncio.Task[None]] = {}
        self._task = asyncio.create_task(self._keep_open(), name="bots")

    async def _keep_open(self) -> None:
        while True:
            try:
                with suppress(Busy):  # the outage is logged
                    await self.follow()
            except Exception:  # whatever failed, the next look may succeed
                log.exception("the bots could not be looked up")
            await asyncio.sleep(CHECK_EVERY_SECONDS)

    async def follow(self) -> None:
        """Open new bots, close removed ones, and reopen those that have another token.

        Bots are opened side by side: one that cannot be reached delays no other, and is tried again after a pause.
        """
        records = {record.bot_id: record for record in await registry.list_bots(self.runtime.database, self._vault)}
        self._report_locked(records.values())
        tokens = {bot_id: record.token for bot_id, record in records.items() if record.token}
        shared = self.runtime.settings.telegram_token
        if shared:
            tokens[bot_id_of(shared)] = shared
        for bot_id in [number for number, token in self._tokens.items() if tokens.get(number) != token]:
            await self._close(bot_id)
        self._watch(tokens)
        now = time.monotonic()
        new = [number for number in tokens if number not in self.bots]
        due = {number: tokens[number] for number in new if self._not_before.get(tokens[number], now) <= now}
        await asyncio.gather(
            *(
                self._try_to_open(token, known=records.get(number) if token != shared else None)
                for number, token in due.items()
            )
        )

    def _report_locked(self, records: Iterable[BotRecord]) -> None:
        """Log once which bots' tokens cannot be read with this installation's key."""
        locked = {record.bot_id for record in records if record.business_id is not None and record.token is None}
        for bot_id in locked - self._locked:
            log.error("bot %d stays closed: its token was encrypted with another LOYALTY_SECRET_KEY", bot_id)
        self._locked = locked

    def _watch(self, tokens: Iterable[int]) -> None:
        """Watch whether Telegram answers the bots that are to be opened, and no bot that is gone."""
        for bot_id in self._watched - set(tokens):
            telegram_answers.forget(bot_id)
        for bot_id in set(tokens) - self._watched:
            telegram_answers.expect(bot_id)
        self._watched = set(tokens)

    async def _try_to_open(self, token: str, *, known: BotRecord | None) -> None:
        """Open a bot, or log why not; a first failure that may pass is not a warning."""
        bot_id = bot_id_of(token)
        try:
            await self._open(token, known=known)
        except (TelegramError, LoyaltyError) as error:
            passing = isinstance(error, NetworkError) and not self._failed[token]
            level = logging.INFO if passing else logging.WARNING
            log.log(level, "bot %d could not be opened: %s", bot_id, type(error).__name__)
            if isinstance(error, InvalidToken):
                await note_refusal(self.runtime, bot_id)
            self._failed[token] += 1
            self._not_before[token] = time.monotonic() + _pause(error, self._failed[token])
        else:
            del self._failed[token]
            self._not_before.pop(token, None)

    async def _open(self, token: str, *, known: BotRecord | None) -> None:
        application = self._application(token)
        await application.initialize()
        bot: TelegramBot = application.bot
        record = known or await self._register_shared(bot)
        if record.refused:
            refused.add(bot.id)
        await note_answer(self.runtime, bot)
        self._tokens[bot.id], self.bots[bot.id] = token, application
        self._bot_tasks[bot.id] = asyncio.create_task(self._run(record, bot), name=f"bot-{bot.id}")
        log.info("@%s is open", record.username)

    async def _register_shared(self, bot: TelegramBot) -> BotRecord:
        record = BotRecord(bot_id=bot.id, business_id=None, username=bot.username, secret=registry.new_secret())
        return await registry.register(self.runtime.database, self._vault, record, now=self.runtime.clock())

    def _application(self, token: str) -> BotApplication:
        builder = ApplicationBuilder().bot(self._bot(token)).updater(None).job_queue(None)
        application: BotApplication = builder.context_types(ContextTypes(context=Turn)).build()
        application.bot_data = self.runtime
        application.add_handlers(HANDLERS)
        application.add_error_handler(note_failure)
        return application

    def _bot(self, token: str) -> TelegramBot:
        return ExtBot(
            token,
            base_url=f"{self._where}/bot",
            base_file_url=f"{self._where}/file/bot",
            request=self._request,
            get_updates_request=self._request,
            defaults=Defaults(parse_mode=ParseMode.HTML),
            rate_limiter=TelegramRateLimiter(),
        )

    async def _run(self, record: BotRecord, bot: TelegramBot) -> None:
        """Tell Telegram how this bot gets its updates, and poll if there is no public address."""
        menus = asyncio.create_task(set_menus(bot, shared=record.business_id is None))
        try:
            url = self.runtime.settings.public_url
            await self._until_done(bot, f"{url.rstrip('/')}/telegram/{record.bot_id}" if url else "", record.secret)
            await (keep_asking(self.runtime, bot) if url else keep_polling(self.runtime, bot, self.intake))
        finally:
            menus.cancel()

    async def _until_done(self, bot: TelegramBot, url: str, secret: str) -> None:
        """Tell Telegram where to send updates, or that they will be fetched; repeat until it succeeds."""
        level = logging.INFO  # one failure is nothing
        while True:
            try:
                if url:
                    await bot.set_webhook(url, secret_token=secret, allowed_updates=KINDS)
                else:
                    await bot.delete_webhook()
            except TelegramError as error:
                log.log(level, "@%s could not be told where updates go: %s", bot.username, type(error).__name__)
                level = logging.WARNING
                if isinstance(error, InvalidToken):
                    await note_refusal(self.runtime, bot.id)
                await asyncio.sleep(CHECK_EVERY_SECONDS)
            else:
                return

    async def _close(self, bot_id: int) -> None:
        self._tokens.pop(bot_id, None)
        refused.discard(bot_id)
        if task := self._bot_tasks.pop(bot_id, None):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        application = self.bots.pop(bot_id, None)
        if application is not None:
            await application.shutdown()

    async def close(self) -> None:
        """Stop taking updates in, finish what is under way, close all bots."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        for task in self._bot_tasks.values():
            task.cancel()
        await asyncio.gather(*self._bot_tasks.values(), return_exceptions=True)
        await self.intake.worker.close()
        await self.card_worker.close()
        await self.notice_worker.close()
        for bot_id in list(self.bots):
            await self._close(bot_id)
        await self._request.close()


def _pause(error: Exception, failed: int) -> float:
    """Seconds until a bot that could not be opened is tried again; a token that is refused seldom becomes right."""
    if not isinstance(error, NetworkError):
        return DEAD_SECONDS
    return min(CHECK_EVERY_SECONDS * ((1 << min(failed, 10)) - 2), DEAD_SECONDS)


def bot_id_of(token: str) -> int:
    """The bot's id, with which its token begins; 0 if the text is no token."""
    number = token.partition(":")[0]
    return int(number) if number.isdigit() else 0


@asynccontextmanager
async def open_bots(runtime: Runtime) -> AsyncIterator[BotSupervisor]:
    """Open the bots of a process and close them at the end; if Telegram is out of reach, they open once it is back."""
    if runtime.settings.on_sqlite:  # no other process is at work, so all leases are free
        await update_queue.release(runtime.database)
        await card_queue.release(runtime.database)
        await registry.release(runtime.database)
    supervisor = BotSupervisor(runtime)
    runtime.wakeups.updates.listen(supervisor.intake.worker.wake)
    runtime.wakeups.cards.listen(supervisor.card_worker.wake)
    try:
        yield supervisor
    finally:
        await supervisor.close()
