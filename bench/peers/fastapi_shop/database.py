"""The database: an engine with a pool, and sessions of it."""

import os
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

POOL = 20


def open_engine() -> AsyncEngine:
    """The engine for the database that DATABASE_URL names."""
    url = make_url(os.environ["DATABASE_URL"])
    if url.drivername == "postgresql":
        return create_async_engine(url.set(drivername="postgresql+asyncpg"), pool_size=POOL, max_overflow=0)
    # SQLite has one writer at a time. Why one connection: waiting requests queue for it, not in SQLite's own backoff.
    made = create_async_engine(url.set(drivername="sqlite+aiosqlite"), pool_size=1, max_overflow=0, pool_timeout=60)
    event.listen(made.sync_engine, "connect", _prepare)
    event.listen(made.sync_engine, "begin", _begin_immediate)
    return made


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401  # the driver's, untyped
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


engine = open_engine()
sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(engine, expire_on_commit=False)
