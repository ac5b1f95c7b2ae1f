"""The place that is left: held while its rows are copied, so that all can be read and nothing changes; then closed.

Servers there still answer reads. Writes are refused as busy: at first because of the lock, at the end for ever, because
what was closed takes no changes. A process that ends lets everything go.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.engine import open_database
from loyalty_app.db.move_mark import MoveMark, set_mark
from loyalty_app.db.postgres import engine as postgres
from loyalty_app.db.sqlite import engine as sqlite
from loyalty_app.db.sqlite.served_file import BESIDE
from loyalty_app.db.tables import metadata
from loyalty_app.moving.closed_tables import HeldSource, held_cluster, make_refusal, refuse_in
from loyalty_app.settings import Settings, SettingsError

ASIDE = ".moved"


@asynccontextmanager
async def held(settings: Settings) -> AsyncIterator[HeldSource]:
    """Hold the database of the settings until the block ends."""
    if settings.on_sqlite:
        with _held_file(settings.sqlite_path) as file:
            yield file
        return
    database = open_database(settings, unhurried=True)
    if isinstance(database, CitusDatabase):
        async with held_cluster(database) as cluster:
            yield cluster
        return
    await database.close()
    engine = postgres.open_engine(settings.direct_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_lock)
            yield _HeldTables(connection)
    finally:
        await engine.dispose()


def _lock(connection: Connection) -> None:
    """Lock all tables against writers and their locks, not against readers."""
    names = ", ".join(f'"{name}"' for name in sorted(metadata.tables))
    connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


class _HeldTables(HeldSource):
    def __init__(self, connection: Any) -> None:  # noqa: ANN401  # AsyncConnection, which brings the ORM
        self._connection = connection

    async def close(self, mark: MoveMark) -> None:
        """Refuse all changes from the end of the transaction on, as a standby does."""
        await self._connection.run_sync(lambda connection: _refuse_changes(connection, mark))
        await self._connection.commit()


def _refuse_changes(connection: Connection, mark: MoveMark) -> None:
    make_refusal(connection, for_good=True)
    for name in sorted(metadata.tables):
        refuse_in(connection, metadata.tables[name])
    set_mark(connection, mark)


@contextmanager
def _held_file(path: Path) -> Iterator[HeldSource]:
    engine = sqlite.open_engine(path, unhurried=True)
    _checkpoint(path)  # now, so that nobody waits later for what was written while rows were read
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            yield _HeldFile(path.resolve())
            transaction.rollback()
    finally:
        engine.dispose()


def check_aside(settings: Settings) -> None:
    """Raise SettingsError if the old database could not be kept beside its place: at the end that would be late."""
    if settings.on_sqlite:
        aside = settings.sqlite_path.with_name(settings.sqlite_path.name + ASIDE)
        if aside.exists():
            raise SettingsError(f"{aside} is there already: put it elsewhere, for the old database is kept there.")


class _HeldFile(HeldSource):
    def __init__(self, path: Path) -> None:
        self._path = path

    async def close(self, mark: MoveMark) -> None:
        """Put a small file in the place of the database, in one step; the old one is kept beside it.

        A server that has the old one open sees that it was replaced, and writes nothing more.
        """
        aside = self._path.with_name(self._path.name + ASIDE)
        if aside.exists():
            raise SettingsError(f"{aside} is there already: put it elsewhere, for the old database is kept there.")
        self._empty_the_log()
        sign = _sign(self._path.with_name(self._path.name + ".sign"), mark)
        for end in BESIDE:
            beside = self._path.with_name(self._path.name + end)
            if beside.exists():
                beside.rename(f"{aside}{end}")
        aside.hardlink_to(self._path)
        sign.replace(self._path)

    def _empty_the_log(self) -> None:
        """Bring all that stands in the WAL into the file; nobody writes meanwhile."""
        frames, copied = _checkpoint(self._path)
        if frames != copied:
            raise SettingsError("Another program reads the database for long. End it, and run this again.")


def _checkpoint(path: Path) -> tuple[int, int]:
    """Copy the WAL into the file, as far as readers allow; return how many pages it had, and how many were copied."""
    with closing(sqlite.driver.connect(str(path), isolation_level=None)) as connection:
        _, frames, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return frames, copied


def _sign(path: Path, mark: MoveMark) -> Path:
    """A small database that holds nothing but a mark."""
    path.unlink(missing_ok=True)
    engine = sqlite.open_engine(path)
    try:
        with engine.begin() as connection:
            set_mark(connection, mark)
    finally:
        engine.dispose()
    with closing(sqlite.driver.connect(str(path), isolation_level=None)) as alone:
        alone.execute("PRAGMA journal_mode = DELETE")
    return path
