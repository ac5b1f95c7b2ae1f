"""Snapshots: one state of a database, read for as long as it takes, while others write.

Also `pages`, which reads a table within one, some rows at a time, in the order of its key.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, and_, false, or_, select, tuple_

from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.engine import open_database
from loyalty_app.db.plain_rows import PlainRow, plain_rows
from loyalty_app.db.postgres import engine as postgres
from loyalty_app.db.sqlite import engine as sqlite
from loyalty_app.moving.cluster_snapshots import ClusterSnapshot, cluster_snapshot
from loyalty_app.settings import Settings

AT_ONCE = 5_000
KEYS_AT_ONCE = 500
OWNER = "business_id"

Result = TypeVar("Result")
Key = tuple[Any, ...]


class Reader(Protocol):
    """What questions can be asked."""

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work`, which writes nothing."""


class _FileSnapshot:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        asked = asyncio.ensure_future(asyncio.to_thread(work, self._connection))
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:  # a thread cannot be: the connection must not be closed under it
            await asyncio.wait((asked,))
            raise


class _ServerSnapshot:
    def __init__(self, connection: Any) -> None:  # noqa: ANN401  # AsyncConnection, which brings the ORM
        self._connection = connection

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        found: Result = await self._connection.run_sync(work)
        return found


@asynccontextmanager
async def snapshot(settings: Settings) -> AsyncIterator[Reader]:
    """One state of a database, from the first question on until the block ends."""
    if settings.on_sqlite:
        engine = sqlite.open_engine(settings.sqlite_path, read_only=True)
        try:
            with engine.connect() as connection, connection.begin():
                yield _FileSnapshot(connection)
        finally:
            engine.dispose()
        return
    database = open_database(settings, unhurried=True)
    if isinstance(database, CitusDatabase):
        try:
            async with cluster_snapshot(database) as cluster:
                yield cluster
        finally:
            await database.close()
        return
    await database.close()
    server = postgres.open_engine(settings.direct_url)
    try:
        snapshots = server.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        async with snapshots.connect() as held, held.begin():
            yield _ServerSnapshot(held)
    finally:
        await server.dispose()


async def pages(
    reader: Reader, table: Table, which: ColumnElement[bool], *, after: Key | None = None, at_once: int = AT_ONCE
) -> AsyncGenerator[list[PlainRow], None]:
    """The chosen rows of a table whose key comes after one, in the order of the key, with the values of all columns.

    On a cluster it is one shard after the other, each in that order. The next page is read while the caller has one.
    Close it (`aclosing`) before its reader.
    """
    parts = [*parts_of(reader, table)]
    if after is not None:
        parts = parts[parts.index(part_of(reader, table, after)) :]
    for place, part in enumerate(parts):
        start = after if place == 0 else None
        async with aclosing(_pages_of(part, table, which, after=start, at_once=at_once)) as found:
            async for rows in found:
                yield rows


async def _pages_of(
    reader: Reader, table: Table, which: ColumnElement[bool], *, after: Key | None, at_once: int
) -> AsyncGenerator[list[PlainRow], None]:
    asking = asyncio.ensure_future(_page(reader, table, which, after, at_once))
    try:
        while rows := await asking:
            asking = asyncio.ensure_future(_page(reader, table, which, key_of(table, rows[-1]), at_once))
            yield rows
    finally:
        await asyncio.wait((asking,))  # what it reads with is about to be closed


async def _page(
    reader: Reader, table: Table, which: ColumnElement[bool], after: Key | None, at_once: int
) -> list[PlainRow]:
    key = [*table.primary_key.columns]
    following = select(table).where(which)
    if after is not None:
        following = following.where(tuple_(*key) > tuple_(*after))
    page = following.order_by(*key).limit(at_once)
    return await reader.read(lambda connection: plain_rows(connection, [*table.columns], page))


def parts_of(reader: Reader, table: Table) -> Sequence[Reader]:
    """What has rows of a table: one for each shard of a cluster, else the reader itself."""
    return reader.parts_of(table) if isinstance(reader, ClusterSnapshot) else (reader,)


def part_of(reader: Reader, table: Table, key: Key) -> Reader:
    """What has the row with a key."""
    if not isinstance(reader, ClusterSnapshot) or OWNER not in table.primary_key.columns:
        return reader
    return reader.part_of(table, key[table.primary_key.columns.keys().index(OWNER)])


async def read_rows(
    reader: Reader,
    table: Table,
    keys: Sequence[Key],
    asking: Callable[[Table, Sequence[Key]], Callable[[Connection], Iterable[Result]]],
) -> list[Result]:
    """What is found for keys, each asked for where its row is."""
    wanted: dict[Reader, list[Key]] = {}
    for key in keys:
        wanted.setdefault(part_of(reader, table, key), []).append(key)
    return [row for part, own in wanted.items() for row in await part.read(asking(table, own))]


def key_of(table: Table, row: PlainRow) -> Key:
    """The key of a row."""
    return tuple(row[place] for place in key_places(table))


def among(table: Table, keys: Iterable[Key]) -> ColumnElement[bool]:
    """Which rows of a table have one of these keys.

    Why not as rows of values: older versions of SQLite read the whole table for those.
    """
    *first, last = table.primary_key.columns
    groups: dict[Key, list[Any]] = {}
    for key in keys:
        groups.setdefault(key[:-1], []).append(key[-1])
    found = (
        and_(*(column == value for column, value in zip(first, head, strict=True)), last.in_(values))
        for head, values in groups.items()
    )
    return or_(false(), *found)


def rows_with(table: Table, keys: Iterable[Key]) -> Iterator[Sequence[ColumnElement[bool]]]:
    """Conditions for the rows with some keys, shop by shop: of a cluster, one machine is asked for each."""
    owners = table.primary_key.columns.keys()
    if OWNER not in owners:
        yield from ([among(table, some)] for some in portions(keys))
        return
    place, theirs = owners.index(OWNER), defaultdict[int, list[Key]](list)
    for key in keys:
        theirs[key[place]].append(key)
    for shop, own in theirs.items():
        yield from ([table.c[OWNER] == shop, among(table, some)] for some in portions(own))


def portions(keys: Iterable[Key]) -> Iterable[Sequence[Key]]:
    """Keys, some at a time."""
    given = list(keys)
    return (given[start : start + KEYS_AT_ONCE] for start in range(0, len(given), KEYS_AT_ONCE))


@cache
def key_places(table: Table) -> tuple[int, ...]:
    """Where in a row of a table the columns of its key are."""
    names = [*table.columns.keys()]
    return tuple(names.index(column.name) for column in table.primary_key.columns)
