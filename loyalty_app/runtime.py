"""The runtime: what one process holds open, from the database to the bots.

It opens each thing after what it needs, and closes in the reverse order: bots, upkeep, importer, watchers of cards,
counter, API keys, webhook worker, database, server lock. So accepted work is finished before what it needs closes.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec

from loyalty_app.card_pages.watch import CardWatch
from loyalty_app.chat.card_queue import card_depths
from loyalty_app.chat.update_queue import update_depths
from loyalty_app.clock import Clock, utc_now
from loyalty_app.counter import Counter
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.sqlite.served_file import ServedFile
from loyalty_app.db.sqlite.server_lock import server_lock
from loyalty_app.importing.importer import Importer
from loyalty_app.observability import metrics
from loyalty_app.observability.exposition import serve_metrics
from loyalty_app.observability.machine import Readings, disk_readings
from loyalty_app.observability.queue_depths import DepthQuestion, QueueDepths
from loyalty_app.queues.pace import Rush
from loyalty_app.queues.wakeups import Wakeups
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.api_key_check import ApiKeys
from loyalty_app.upkeep.backup_folder import backup_readings, check_backup_folder
from loyalty_app.upkeep.birthdays import birthdays
from loyalty_app.upkeep.evenings import evenings
from loyalty_app.upkeep.expiry import expiry
from loyalty_app.upkeep.file_watch import file_watch
from loyalty_app.upkeep.inactivity import inactivity
from loyalty_app.upkeep.kept_answers import kept_answers
from loyalty_app.upkeep.periodic import Every, Stop, periodically
from loyalty_app.upkeep.posting_lists import posting_lists
from loyalty_app.upkeep.referrals import referrals
from loyalty_app.upkeep.retention import retention
from loyalty_app.upkeep.scheduled_backups import scheduled_backups
from loyalty_app.upkeep.search_indexing import search_indexing
from loyalty_app.upkeep.span_keeping import span_keeping
from loyalty_app.upkeep.win_back import win_backs
from loyalty_app.vault import Vault
from loyalty_app.vault.fingerprint import open_checked_vault
from loyalty_app.webhooks.addresses import Guard, read_ranges
from loyalty_app.webhooks.endpoint_health import endpoint_depths
from loyalty_app.webhooks.endpoints import Webhooks
from loyalty_app.webhooks.fan_out import fan_out_late
from loyalty_app.webhooks.outbox import outbox_depths
from loyalty_app.webhooks.worker import SenderOnDemand, WebhookWorker
from loyalty_core.errors import Busy

LATE_SECONDS = 5.0
"""An order that waits longer shows that something is stuck: others should not be sent here."""

OLDEST_EVERY_SECONDS, FAN_OUT_EVERY_SECONDS = 1.0, 5.0

log = logging.getLogger(__name__)


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """What a process that serves people works with, all open until `open_runtime` ends.

    `served` is the file, on SQLite. `webhook_worker` is None in a process that does not deliver. `bots` holds the bots,
    if the process has any.
    """

    settings: Settings
    served: ServedFile | None
    database: Database
    counter: Counter
    api_keys: ApiKeys
    queue_depths: QueueDepths
    machine: tuple[Readings, ...]
    vault: Vault
    wakeups: Wakeups
    card_watch: CardWatch
    bots: AsyncExitStack
    webhooks: Webhooks
    webhook_worker: WebhookWorker | None
    importer: Importer
    clock: Clock

    async def answers(self) -> bool:
        """Whether the database can be written to, and the counter serves in time. Raises nothing."""
        try:
            if self.served is not None:
                self.served.check()
            return self.counter.serving and not self.oldest_order_late and await self.database.takes_writes()
        except (Busy, OSError):
            return False

    @property
    def oldest_order_late(self) -> bool:
        """Whether the oldest order that is not answered has waited for longer than it should."""
        return self.counter.oldest_seconds() > LATE_SECONDS

    async def close_bots(self) -> None:
        """Close the bots before the rest, once their current work is finished."""
        await self.bots.aclose()


OpenBots = Callable[[Runtime], AbstractAsyncContextManager[object]]
"""Opens the bots of a process; the library that speaks to Telegram is not known here."""


@asynccontextmanager
async def open_runtime(
    settings: Settings, *, clock: Clock = utc_now, delivering: bool = True, bots: OpenBots | None = None
) -> AsyncIterator[Runtime]:
    """Open everything a process needs to serve people; leaving it finishes accepted work and closes everything.

    The schema is migrated first. `clock` is the time for everything. With `delivering` the process has a webhook worker
    and does its upkeep; `bots` opens its bots, which get the runtime that is yielded.

    Raises SettingsError: another process serves the SQLite file, a folder is missing, a key or a range is wrong.
    """
    check_backup_folder(settings, writing=delivering)
    async with AsyncExitStack() as stack:
        served = stack.enter_context(server_lock(settings))
        await asyncio.to_thread(migrate, settings)
        runtime = await _open_runtime(stack, settings, clock, served=served, delivering=delivering)
        await stack.enter_async_context(periodically(_upkeep_of(runtime)))
        await stack.enter_async_context(_open_bots(runtime, bots))
        yield runtime


@asynccontextmanager
async def open_webhook_worker(settings: Settings, *, clock: Clock = utc_now) -> AsyncIterator[WebhookWorker]:
    """A webhook worker alone, as `loyalty worker` runs it beside API processes, with its upkeep and /metrics.

    Leaving it finishes current deliveries. Raises what `open_runtime` raises, but needs no lock.
    """
    check_backup_folder(settings, writing=not settings.on_sqlite)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(migrate, settings)
        foundation = await _open_foundation(stack, settings, clock)
        worker = _open_worker(stack, foundation)
        upkeep = [retention(foundation.database, clock)]
        if not settings.on_sqlite:  # a SQLite file has a server, which does this and may be writing
            counter = Counter(foundation.database, clock=clock)
            stack.push_async_callback(counter.close)
            upkeep += _upkeep_of_workers(settings, foundation.database, counter=counter, clock=clock)
        await stack.enter_async_context(
            serve_metrics(
                settings,
                QueueDepths(foundation.database, clock, _depth_questions()),
                _machine(settings, clock, backups=not settings.on_sqlite),
            )
        )
        await stack.enter_async_context(periodically(upkeep))
        stack.callback(worker.stop)  # runs first, so that nothing new begins while the rest closes
        yield worker


class _Foundation(msgspec.Struct, frozen=True, kw_only=True):
    """What every process needs."""

    database: Database
    vault: Vault
    guard: Guard
    clock: Clock


async def _open_foundation(
    stack: AsyncExitStack, settings: Settings, clock: Clock, served: ServedFile | None = None
) -> _Foundation:
    guard, database = open_guard(settings), await asyncio.to_thread(open_database, settings, served)
    stack.push_async_callback(database.close)
    vault = await open_checked_vault(settings, database)
    return _Foundation(database=database, vault=vault, guard=guard, clock=clock)


def _open_worker(stack: AsyncExitStack, foundation: _Foundation, rush: Rush | None = None) -> WebhookWorker:
    sender = SenderOnDemand(foundation.guard, foundation.vault.unlock, signed_at=utc_now)
    worker = WebhookWorker(foundation.database, sender, clock=foundation.clock, rush=rush)
    stack.push_async_callback(worker.close)
    return worker


async def _open_runtime(
    stack: AsyncExitStack, settings: Settings, clock: Clock, *, served: ServedFile | None, delivering: bool
) -> Runtime:
    foundation, wakeups = await _open_foundation(stack, settings, clock, served), Wakeups()
    database, vault = foundation.database, foundation.vault
    worker = _open_worker(stack, foundation, wakeups.rush) if delivering else None
    if worker is not None:
        wakeups.deliveries.listen(worker.wake)
    api_keys = ApiKeys(database, clock=clock)
    stack.push_async_callback(api_keys.close)
    counter = Counter(database, clock=clock, wakeups=wakeups, code_keys=vault.code_keys)
    stack.push_async_callback(counter.close)
    card_watch = CardWatch(database, wakeups.changed_cards)
    stack.push_async_callback(card_watch.close)
    importer = Importer(database, counter, clock=clock)
    stack.push_async_callback(importer.close)
    return Runtime(
        settings=settings,
        served=served,
        database=database,
        counter=counter,
        api_keys=api_keys,
        queue_depths=QueueDepths(database, clock, _depth_questions(shared_bot=bool(settings.telegram_token))),
        machine=_machine(settings, clock, backups=delivering),
        vault=vault,
        wakeups=wakeups,
        card_watch=card_watch,
        bots=AsyncExitStack(),
        webhooks=Webhooks(database, vault=vault, guard=foundation.guard, clock=clock),
        webhook_worker=worker,
        importer=importer,
        clock=clock,
    )


def _depth_questions(*, shared_bot: bool = True) -> tuple[DepthQuestion, ...]:
    of_chat = (partial(one, shared_bot=shared_bot) for one in (update_depths, card_depths))
    return outbox_depths, endpoint_depths, *of_chat


def _machine(settings: Settings, clock: Clock, *, backups: bool) -> tuple[Readings, ...]:
    """What a process reads from the machine: the disk of a SQLite file, and the backups, if it makes them."""
    disks = {"database": settings.sqlite_path.absolute().parent} if settings.on_sqlite else {}
    if not backups or settings.backup_folder is None:
        return (lambda: disk_readings(disks),)
    folder = Path(settings.backup_folder)
    return lambda: disk_readings({**disks, "backups": folder}), lambda: backup_readings(settings, folder, clock())


@asynccontextmanager
async def _open_bots(runtime: Runtime, bots: OpenBots | None) -> AsyncIterator[None]:
    """Keep the bots open until the end, or until they are closed earlier."""
    async with runtime.bots:
        if bots is not None:
            await runtime.bots.enter_async_context(bots(runtime))
        yield


def _upkeep_of(runtime: Runtime) -> Iterator[Every]:
    """The upkeep that goes with writing cards, and with delivering, if this process delivers."""
    database, counter, clock = runtime.database, runtime.counter, runtime.clock
    yield Every(OLDEST_EVERY_SECONDS, partial(_show_oldest, counter), "the oldest order could not be seen")
    yield expiry(database, counter, clock)
    if runtime.served is not None:
        yield file_watch(runtime.served)
    if runtime.webhook_worker is not None:
        yield retention(database, clock)
        yield from _upkeep_of_workers(runtime.settings, database, counter=counter, clock=clock)
    else:
        yield Every(FAN_OUT_EVERY_SECONDS, partial(_fan_out, database, clock), "deliveries could not be written")


async def _show_oldest(counter: Counter, _stop: Stop) -> None:
    """Show how long the oldest order waits. It is noted again and again: a batch that is stuck notes nothing."""
    metrics.oldest.set(counter.oldest_seconds())


async def _fan_out(database: Database, clock: Clock, stop: Stop) -> None:
    """Write deliveries that no worker writes: it may be of the release before, which knows nothing of notes."""
    while not stop.asked and await fan_out_late(database, now=clock()):
        pass


def _upkeep_of_workers(settings: Settings, database: Database, *, counter: Counter, clock: Clock) -> Iterator[Every]:
    yield search_indexing(database)
    yield posting_lists(database, clock)
    yield span_keeping(database, clock)
    yield kept_answers(database)
    yield evenings(database, clock)
    yield birthdays(database, counter, clock)
    yield win_backs(database, counter, clock)
    yield referrals(database, counter)
    if settings.backup_folder is not None:
        yield scheduled_backups(settings, Path(settings.backup_folder), clock)
    if settings.keep_inactive_months is not None:
        yield inactivity(database, counter, months=settings.keep_inactive_months, clock=clock)


def open_guard(settings: Settings) -> Guard:
    """The guard of deliveries; logs a warning if private addresses are allowed. Raises SettingsError."""
    try:
        ranges = read_ranges(settings.webhook_allow)
    except ValueError as error:
        raise SettingsError(f"LOYALTY_WEBHOOK_ALLOW must be ranges of addresses, as 127.0.0.0/8: {error}.") from error
    if ranges:
        log.warning("LOYALTY_WEBHOOK_ALLOW is set: webhooks may reach %s, by http too", ", ".join(map(str, ranges)))
    return Guard(ranges)
