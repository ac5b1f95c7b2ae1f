"""The places of the benchmark of clusters: a plain server and a cluster, each with shops, and tills that stamp there.

It also moves a shard while people stamp, and tells the longest pause. Nothing is compared here.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from random import choice
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import msgspec

from bench.databases import Databases
from bench.http_load import CONNECTIONS
from bench.memory import cpu_seconds
from bench.shops import Card, Scale, furnish
from loyalty_app.clock import utc_now
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.citus.engine import CitusDatabase
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, list_businesses
from loyalty_core.errors import Busy
from loyalty_core.fields import BusinessId
from loyalty_core.ledger import SYSTEM
from loyalty_core.stamping import StampOrder
from testkit.citus import NODES, citus_url, fresh_citus

SCALE = Scale(shops=20, customers=2_000, listening=False)
HERE = {"", "localhost", "127.0.0.1", "::1"}
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
DESCRIBED = "SELECT version() AS version, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls"
MOVE = "SELECT citus_move_shard_placement({}, '{}', {}, '{}', {}, 'force_logical')"
BEFORE_SECONDS = 2.0
"""For how long people stamp before a shard moves, and after."""

Spent = Mapping[tuple[str, int], float]
"""The CPU time of sessions until now, by the server and the process."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A database with shops: its name, its settings, its cards, and the URL of it on each server that has a part."""

    name: str
    settings: Settings
    cards: list[Card]
    servers: list[str]

    async def cpu_seconds(self) -> Spent | None:
        """What the sessions of the database have used; None if a server is on another machine."""
        if any((urlsplit(url).hostname or "") not in HERE for url in self.servers):
            return None
        pids = [(url, row["pid"]) for url in self.servers for row in await asked(url, SESSIONS)]
        return {(url, pid): cpu_seconds(pid) for url, pid in pids}

    async def cpu_since(self, before: Spent | None) -> float | None:
        """What they have used after `before`, in seconds."""
        now = await self.cpu_seconds()
        if now is None or before is None:
            return None
        return sum(spent - before.get(session, 0.0) for session, spent in now.items())

    async def described(self) -> str:
        """The version of the server, and whether connections are encrypted: that costs time at both ends."""
        [row] = await asked(self.settings.database_url, DESCRIBED)
        return (
            f"{str(row['version']).split(' on ')[0]}, {'TLS' if row['tls'] else 'no TLS'}, {len(self.servers)} servers"
        )


async def asked(url: str, question: str) -> list[asyncpg.Record]:
    """The rows of a question, over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(question)
    finally:
        await connection.close()
    return rows


def open_plain(here: Databases) -> Place:
    """A database on the plain server."""
    settings = here.postgres("cluster")
    return Place(name="plain", settings=settings, cards=furnish(settings, SCALE), servers=[settings.database_url])


def open_cluster(stack: ExitStack, shards: int | None) -> Place:
    """A database on the cluster, in as many shards as are wanted; it is dropped in the end."""
    url = str(citus_url())
    runner = stack.enter_context(asyncio.Runner())
    fresh = fresh_citus(url)
    database = urlsplit(runner.run(anext(fresh.gen)))
    stack.callback(lambda: runner.run(anext(fresh.gen, "")))
    settings = Settings(database_url=database._replace(query=urlsplit(url).query).geturl())
    if shards is not None:
        name = database.path[1:]
        runner.run(asked(settings.database_url, f'ALTER DATABASE "{name}" SET citus.shard_count = {shards:d}'))
    migrate(settings)
    cards, servers = furnish(settings, SCALE), runner.run(_servers(settings.database_url))
    return Place(name="cluster", settings=settings, cards=cards, servers=servers)


async def _servers(url: str) -> list[str]:
    """The URL of the same database on each machine of a cluster."""
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    nodes = await asked(url, NODES)
    return [parts._replace(netloc=f"{account}@{one['nodename']}:{one['nodeport']}").geturl() for one in nodes]


class Tills:
    """Tills that stamp random cards of a place, each once its last stamp is answered."""

    def __init__(
        self, database: Database, counter: Counter, shops: Mapping[BusinessId, Business], cards: list[Card]
    ) -> None:
        self.database, self._counter, self._shops, self._cards = database, counter, shops, cards
        self.answered: dict[int, float] = {}
        """When a shop was last answered."""
        self.longest: dict[int, float] = {}
        """The longest time of each shop from one answer to the next."""

    async def ask(self, tills: int, until: float, most: int = sys.maxsize) -> int:
        """Let so many tills stamp until then; returns how many stamps were answered."""
        return sum(await asyncio.gather(*(self._ask(until, most) for _ in range(tills))))

    async def _ask(self, until: float, most: int) -> int:
        answers = 0
        while time.perf_counter() < until and answers < most:
            await self._stamp(choice(self._cards))
            answers += 1
        return answers

    async def _stamp(self, card: Card) -> None:
        caller = Caller(business=self._shops[BusinessId(card.business_id)], actor=SYSTEM, key=uuid4().hex)
        while True:
            try:
                await self._counter.give_stamp(caller, card.customer_id, StampOrder())
            except Busy:  # a till tries again, with the same key
                await asyncio.sleep(0.01)
            else:
                return self._note(card.business_id)

    def _note(self, shop: int) -> None:
        now = time.perf_counter()
        self.longest[shop] = max(self.longest.get(shop, 0.0), now - self.answered.get(shop, now))
        self.answered[shop] = now


@asynccontextmanager
async def open_tills(place: Place) -> AsyncIterator[Tills]:
    """Tills of a place, with a counter of their own."""
    database = open_database(place.settings)
    shops = {one.id: one for one in await list_businesses(database)}
    counter = Counter(database, clock=utc_now)
    try:
        yield Tills(database, counter, shops, place.cards)
    finally:
        await counter.close()
        await database.close()


def longest_pause(place: Place) -> float | None:
    """Move a shard while people stamp: the longest time that any shop waited; None if there is but one machine."""
    return asyncio.run(_longest_pause(place))


async def _longest_pause(place: Place) -> float | None:
    async with open_tills(place) as tills:
        database = tills.database
        assert isinstance(database, CitusDatabase)  # noqa: S101  # it was opened so
        shard, *_ = database.cluster.shards
        there = next((node for node in database.cluster.nodes if node != shard.node), None)
        if there is None:
            return None
        stamping = asyncio.create_task(tills.ask(CONNECTIONS, float("inf")))
        await asyncio.sleep(BEFORE_SECONDS)
        tills.longest.clear()
        here = shard.node
        await asked(
            place.settings.database_url, MOVE.format(shard.number, here.host, here.port, there.host, there.port)
        )
        await asyncio.sleep(BEFORE_SECONDS)
        stamping.cancel()
        await asyncio.wait((stamping,))
        return max(tills.longest.values())
