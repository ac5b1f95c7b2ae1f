"""Running: what one process holds open, from the database to the counter, and how that is opened and closed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

import msgspec
from filelock import FileLock, Timeout
from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError

from loyalty_app.counter import Counter
from loyalty_app.counter.line import utc_now
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import check_folder, migrate
from loyalty_app.expiry import keep_booking
from loyalty_app.keys import Keys
from loyalty_app.settings import Settings, SettingsError


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """What a process that serves people works with."""

    settings: Settings
    database: Database
    counter: Counter
    keys: Keys
    clock: Callable[[], datetime]

    async def answers(self) -> bool:
        """Whether the database answers, and the counter is there to write to it."""
        try:
            return self.counter.serving and bool(
                await self.database.read(lambda connection: connection.scalar(select(literal(1))))
            )
        except (SQLAlchemyError, OSError):
            return False


@contextmanager
def server_lock(settings: Settings) -> Iterator[None]:
    """Hold a SQLite file for one server process. Raises SettingsError if another one serves it, or it cannot be."""
    if not settings.on_sqlite:
        yield
        return
    check_folder(settings)  # FileLock would make it
    lock = FileLock(f"{settings.sqlite_path}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise SettingsError(
            "Another process already serves this SQLite file. To run several, use PostgreSQL: "
            "LOYALTY_DATABASE_URL=postgresql://…"
        ) from error
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def running(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> AsyncIterator[Running]:
    """Open everything: lock, schema, database, counter. Leaving it finishes what was accepted. Raises SettingsError."""
    with server_lock(settings):
        await asyncio.to_thread(migrate, settings)
        database = open_database(settings)
        counter, keys = Counter(database, clock=clock), Keys(database)
        stopping = asyncio.Event()
        booking = asyncio.create_task(keep_booking(database, counter, clock, stopping), name="expiry")
        try:
            yield Running(settings=settings, database=database, counter=counter, keys=keys, clock=clock)
        finally:
            stopping.set()
            await booking
            await counter.close()
            await keys.close()
            await database.close()
