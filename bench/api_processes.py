"""API servers with one process and with more on the same database, and what is seen of them while they are measured."""

import os
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec

from bench.databases import Databases
from bench.http_load import Load, Round, at_full_rate, write_cards
from bench.memory import children_of, cpu_seconds_of_family
from bench.postgres_spending import Spending, Watched, server_of, watched
from bench.server_starts import API, server_environment, started
from bench.shops import Scale, furnish
from loyalty_app.settings import Settings

CUSTOMERS = 2_000
SECOND_US = 1_000_000
CORES = 4
"""Enough for PostgreSQL, the load, and two processes."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen in one round: its answers, the CPU seconds of the API, and what PostgreSQL spent."""

    answers: int
    api: float
    spending: Spending


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is measured, and what was seen of it."""

    name: str
    processes: int
    load: Load
    settings: Settings
    pid: int
    """The first process, which has started the others."""
    seen: list[Seen] = msgspec.field(default_factory=list)
    waits: Counter[str] = msgspec.field(default_factory=Counter)

    def measure(self, seconds: float) -> Round:
        """Stamp for that many seconds."""
        before = self.cpu_seconds()
        with watched(self.settings.database_url) as there:
            whole = at_full_rate(self.load, seconds)
            api = self.cpu_seconds() - before
        self.note(whole.answers, api, there)
        return whole

    def rest(self, seconds: float) -> Seen:
        """Leave the server alone."""
        before = self.cpu_seconds()
        with watched(self.settings.database_url, waits=False) as there:
            time.sleep(seconds)
        return Seen(answers=0, api=self.cpu_seconds() - before, spending=there.spent)

    def cpu_seconds(self) -> float:
        """The CPU time of all its processes."""
        return cpu_seconds_of_family(self.pid)

    def note(self, answers: int, api: float, there: Watched) -> None:
        """Keep what was seen in a round."""
        self.seen.append(Seen(answers=answers, api=api, spending=there.spent))
        self.waits.update(there.waits)

    def per_stamp(self, what: str) -> float:
        """The median of what a stamp took: of `api`, or of what PostgreSQL spends; the first round warms up."""
        rounds = ((one, one.api if what == "api" else getattr(one.spending, what)) for one in self.seen[1:])
        return statistics.median(spent / one.answers for one, spent in rounds)

    @property
    def bound(self) -> float:
        """Stamps a second if each process, and PostgreSQL, had a core of its own and nobody waited."""
        api = self.per_stamp("api") / self.processes
        return 1 / max(api, self.per_stamp("cpu_seconds"))

    def figures(self) -> dict[str, Any]:
        """What was seen, for a table and for JSON."""
        waits = Watched(waits=self.waits).shares
        return {
            "api_us": round(SECOND_US * self.per_stamp("api"), 1),
            "postgres_us": round(SECOND_US * self.per_stamp("cpu_seconds"), 1),
            "stamps_a_transaction": round(1 / self.per_stamp("transactions"), 1),
            "wal_bytes": round(self.per_stamp("wal_bytes")),
            "stamps_a_flush": round(1 / (self.per_stamp("flushes") or 1), 1),
            "with_cores_of_their_own": round(self.bound),
            "waits": waits,
        }


def open_servers(
    here: Databases, shops: int, stack: ExitStack, *, counts: Sequence[int], connections: int, redis: bool
) -> list[Server]:
    """A database with so many shops, and on it a server for each number of processes."""
    settings = here.postgres(f"processes_{shops}")
    cards = write_cards(here.folder / f"processes-{shops}.cards", furnish(settings, Scale(shops, CUSTOMERS)))
    more = {"LOYALTY_REDIS_URL": here.redis()} if redis else {}
    load = Load(port=0, cards=cards, connections=connections)
    return [_open(settings, load, stack, processes=count, name=f"{count}-of-{shops}", more=more) for count in counts]


def _open(
    settings: Settings, load: Load, stack: ExitStack, *, processes: int, name: str, more: Mapping[str, str]
) -> Server:
    environment = server_environment(settings, LOYALTY_WORKERS=str(processes), **more)
    up = stack.enter_context(started(API, environment))
    load = msgspec.structs.replace(load, port=up.port)
    return Server(name=name, processes=processes, load=load, settings=settings, pid=up.pid)


def pin(url: str, servers: Sequence[Server]) -> bool:
    """Give PostgreSQL, the load and each process of a server a core of its own, if there are enough."""
    cores = sorted(os.sched_getaffinity(0))
    postmaster = server_of(url)
    if len(cores) < CORES or postmaster is None:
        return False
    for pid in (postmaster, *children_of(postmaster)):
        os.sched_setaffinity(pid, {cores[0]})
    os.sched_setaffinity(0, {cores[1]})
    for server in servers:
        for place, pid in enumerate(children_of(server.pid) or [server.pid]):
            os.sched_setaffinity(pid, {cores[2 + place % (len(cores) - 2)]})
    return True
