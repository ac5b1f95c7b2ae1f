"""Running: what one process holds open, from the database to the counter, and how that is opened and closed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import msgspec
from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError

from loyalty_app.clock import Clock, utc_now
from loyalty_app.counter import Counter
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.sqlite.server_lock import server_lock
from loyalty_app.importing.importer import Importer
from loyalty_app.observability.metrics_server import scraped
from loyalty_app.observability.queue_depths import QueueDepths
from loyalty_app.queues.wakeups import Wakeups
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.api_keys import ApiKeys
from loyalty_app.upkeep.periodic import Chore, meanwhile, of_counters, of_workers
from loyalty_app.upkeep.scheduled_backups import check_backup_folder
from loyalty_app.vault import Vault, open_vault
from loyalty_app.webhooks.addresses import Guard, read_ranges
from loyalty_app.webhooks.endpoints import Webhooks
from loyalty_app.webhooks.sender import Sender
from loyalty_app.webhooks.worker import WebhookWorker

log = logging.getLogger(__name__)


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """What a process that serves people works with. Closing `chat` ends its bots, which may be before the rest."""

    settings: Settings
    database: Database
    counter: Counter
    keys: ApiKeys
    depths: QueueDepths
    vault: Vault
    wakeups: Wakeups
    chat: AsyncExitStack
    webhooks: Webhooks
    worker: WebhookWorker | None
    importer: Importer
    clock: Clock

    async def answers(self) -> bool:
        """Whether the database answers, and the counter is there to write to it."""
        try:
            return self.counter.serving and bool(
                await self.database.read(lambda connection: connection.scalar(select(literal(1))))
            )
        except (SQLAlchemyError, OSError):
            return False


OpenBots = Callable[[Runtime], AbstractAsyncContextManager[object]]
"""Opens the bots of a process; the library that speaks to Telegram is not known here."""


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    delivering: bool = True,
    bots: OpenBots | None = None,
) -> AsyncIterator[Runtime]:
    """Open everything: lock, schema, database, counter, a webhook worker and the bots, if this process is to have them.

    Leaving it finishes what was accepted and what is under way. Raises SettingsError.
    """
    check_backup_folder(settings)
    with server_lock(settings):
        await asyncio.to_thread(migrate, settings)
        held = _open(settings, clock, delivering=delivering)
        try:
            async with meanwhile(_chores(held, delivering=delivering)), _open_bots(held, bots):
                yield held
        finally:
            await _close(held)


@asynccontextmanager
async def _open_bots(held: Runtime, bots: OpenBots | None) -> AsyncIterator[None]:
    """Have the bots open until the end, or until `chat` is closed before it."""
    async with held.chat:
        if bots is not None:
            await held.chat.enter_async_context(bots(held))
        yield


def _chores(held: Runtime, *, delivering: bool) -> list[Chore]:
    own = of_counters(held.database, held.counter, clock=held.clock)
    more = of_workers(held.settings, held.database, counter=held.counter, clock=held.clock) if delivering else []
    return own + more


def _open(settings: Settings, clock: Clock, *, delivering: bool) -> Runtime:
    vault, guard = open_vault(settings), open_guard(settings)
    database = open_database(settings)
    wakeups = Wakeups()
    counter = Counter(database, clock=clock, wakeups=wakeups)
    worker = WebhookWorker(database, Sender(guard, vault.unlock), clock=clock) if delivering else None
    if worker is not None:
        wakeups.deliveries.listen(worker.wake)
    return Runtime(
        settings=settings,
        database=database,
        counter=counter,
        keys=ApiKeys(database),
        depths=QueueDepths(database, clock, shared_bot=bool(settings.telegram_token)),
        vault=vault,
        wakeups=wakeups,
        chat=AsyncExitStack(),
        webhooks=Webhooks(database, vault=vault, guard=guard, clock=clock),
        worker=worker,
        importer=Importer(database, counter, clock=clock),
        clock=clock,
    )


async def _close(held: Runtime) -> None:
    """Close in the order in which work flows, so that nothing is left over."""
    await held.importer.close()
    await held.counter.close()
    await held.keys.close()
    if held.worker is not None:
        await held.worker.close()
    await held.database.close()


@asynccontextmanager
async def open_webhook_worker(settings: Settings, *, clock: Clock = utc_now) -> AsyncIterator[WebhookWorker]:
    """A webhook worker by itself, as `loyalty worker` runs it beside API processes. Raises SettingsError."""
    check_backup_folder(settings)
    await asyncio.to_thread(migrate, settings)
    vault, guard = open_vault(settings), open_guard(settings)
    database = open_database(settings)
    worker = WebhookWorker(database, Sender(guard, vault.unlock), clock=clock)
    try:
        async with scraped(settings, QueueDepths(database, clock)), _tended(settings, database, clock=clock):
            yield worker
    finally:
        await worker.close()
        await database.close()


@asynccontextmanager
async def _tended(settings: Settings, database: Database, *, clock: Clock) -> AsyncIterator[None]:
    """Have a worker see to its chores, but for a SQLite file: its server does, and may be writing there."""
    if settings.on_sqlite:
        yield
        return
    counter = Counter(database, clock=clock)
    try:
        async with meanwhile(of_workers(settings, database, counter=counter, clock=clock)):
            yield
    finally:
        await counter.close()


def open_guard(settings: Settings) -> Guard:
    """The guard of deliveries; says loudly if it was told to let private addresses through. Raises SettingsError."""
    try:
        ranges = read_ranges(settings.webhook_allow)
    except ValueError as error:
        raise SettingsError(f"LOYALTY_WEBHOOK_ALLOW must be ranges of addresses, as 127.0.0.0/8: {error}.") from error
    if ranges:
        log.warning("LOYALTY_WEBHOOK_ALLOW is set: webhooks may reach %s, by http too", ", ".join(map(str, ranges)))
    return Guard(ranges)
