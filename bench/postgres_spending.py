"""What PostgreSQL spends: the CPU time of its processes, transactions, its log, and what its sessions wait for.

CPU time is read from the machine, so the server has to run here; one elsewhere has none that we could see.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec

from bench.memory import cpu_seconds_of_family

SPENT = """
SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = $1)::float8 AS transactions,
       (SELECT wal_bytes FROM pg_stat_wal)::float8 AS wal_bytes, ({flushes})::float8 AS flushes
"""
WITHOUT_FLUSHES = 18
"""The first release whose `pg_stat_wal` does not count them."""
FLUSHES = "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'"
FLUSHES_BEFORE_18 = "SELECT wal_sync FROM pg_stat_wal"
WAITING = """
SELECT coalesce(wait_event_type || ': ' || wait_event, 'on the processor') AS what FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
LOOK_EVERY_SECONDS = 0.02


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """What a server has spent since it began; or the difference of two, what it spent in between."""

    cpu_seconds: float
    transactions: float
    wal_bytes: float
    flushes: float

    def since(self, before: "Spending") -> "Spending":
        """What was spent after `before`."""
        then = msgspec.structs.asdict(before)
        return Spending(**{name: value - then[name] for name, value in msgspec.structs.asdict(self).items()})


class Watched(msgspec.Struct, kw_only=True):
    """What was seen of a server while something ran there."""

    spending: Spending | None = None
    waits: Counter[str] = msgspec.field(default_factory=Counter)
    """How often sessions that were at work were seen waiting for what."""

    @property
    def spent(self) -> Spending:
        """What the server has spent meanwhile. Raises LookupError while it is still watched."""
        if self.spending is None:
            raise LookupError("What a server spends is known at the end.")
        return self.spending

    @property
    def shares(self) -> dict[str, float]:
        """The most frequent waits, as shares of all that was seen."""
        whole = self.waits.total() or 1
        return {what: round(count / whole, 3) for what, count in self.waits.most_common(8)}


async def spending(url: str) -> Spending:
    """What the server at `url` has spent until now; transactions are those of that database.

    Sessions tell of their log when they rest or end.
    """
    connection = await _beside(url)
    try:
        folder = await connection.fetchval("SHOW data_directory")
        newer = connection.get_server_version().major >= WITHOUT_FLUSHES
        question = SPENT.format(flushes=FLUSHES if newer else FLUSHES_BEFORE_18)
        row = await connection.fetchrow(question, urlsplit(url).path[1:])
        return Spending(cpu_seconds=_cpu_of(Path(folder)), **dict(row))
    finally:
        await connection.close()


async def _beside(url: str) -> Any:  # noqa: ANN401  # the driver's
    """A connection to another database of the same server, so that looking does not count as a transaction there."""
    return await asyncpg.connect(urlsplit(url)._replace(path="/postgres").geturl())


def server_of(url: str) -> int | None:
    """The first process of the server at `url`; None if it is not on this machine."""

    async def ask() -> int | None:
        connection = await asyncpg.connect(url)
        try:
            return postmaster_of(Path(await connection.fetchval("SHOW data_directory")))
        finally:
            await connection.close()

    return asyncio.run(ask())


def postmaster_of(folder: Path) -> int | None:
    """The process whose children are the sessions of the server with that data; None if it is not on this machine."""
    note = folder / "postmaster.pid"
    return int(note.read_text().split()[0]) if note.exists() else None


def _cpu_of(folder: Path) -> float:
    """The CPU time of all processes of a server; none if it is elsewhere."""
    postmaster = postmaster_of(folder)
    return 0.0 if postmaster is None else cpu_seconds_of_family(postmaster)


@contextmanager
def watched(url: str, *, waits: bool = True) -> Iterator[Watched]:
    """Watch a server while something runs; what was seen is there at the end."""
    seen, done = Watched(), threading.Event()
    before = asyncio.run(spending(url))
    looking = threading.Thread(target=lambda: asyncio.run(_look(url, seen, done)))
    if waits:
        looking.start()
    try:
        yield seen
    finally:
        done.set()
        if waits:
            looking.join()
    seen.spending = asyncio.run(spending(url)).since(before)


async def _look(url: str, seen: Watched, done: threading.Event) -> None:
    connection = await _beside(url)
    question = await connection.prepare(WAITING)
    while not done.is_set():
        seen.waits.update(row["what"] for row in await question.fetch())
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    await connection.close()
