"""Readiness: how soon servers answer, their memory then, and their first stamp; started in turn, beside a bare one."""

import asyncio
import statistics
import time
import urllib.request
from collections.abc import Sequence

import msgspec

from bench.databases import Databases
from bench.goals import Line, at_most, found
from bench.server_starts import BARE, SERVE, server_environment, started
from bench.shops import Card, Scale, furnish
from testkit.sandbox import open_sandbox

BARE_NAME = "Litestar alone, one route"
SCALE = Scale(customers=100, listening=False)
READY_SECONDS, IDLE_MB, FIRST_STAMP_MS = 0.7, 90.0, 250.0
FIGURES = ("seconds", "cpu", "rss", "pss", "first_stamp", "times")


class Kind(msgspec.Struct, frozen=True):
    """A kind of server: its name, its command, its variables, and a card to stamp."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    card: Card | None = None


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Medians of a kind: seconds and CPU seconds until ready, memory in MB, milliseconds of the first stamp.

    `times` are its seconds as ratio to the bare one's.
    """

    name: str
    seconds: float
    cpu: float
    rss: float
    pss: float
    first_stamp: float
    times: float

    @property
    def ours(self) -> bool:
        """Whether it is a server of ours."""
        return self.name != BARE_NAME

    def figures(self) -> dict[str, float]:
        """The results, for JSON."""
        return {name: round(getattr(self, name), 3) for name in FIGURES}


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """One start."""

    seconds: float
    cpu: float
    rss: float
    pss: float
    first_stamp: float


def race(databases: Databases, rounds: int) -> list[Readiness]:
    """Start each kind in turn, for `rounds` rounds after one to warm up."""
    return asyncio.run(_race(databases, rounds))


async def _race(databases: Databases, rounds: int) -> list[Readiness]:
    async with open_sandbox() as sandbox:
        bot = await sandbox.add_bot(username="bench_bot")
        telegram = {"LOYALTY_TELEGRAM_TOKEN": bot["token"], "LOYALTY_TELEGRAM_API_URL": sandbox.url}
        kinds = await asyncio.to_thread(_kinds, databases, telegram)
        taken: dict[str, list[Start]] = {kind.name: [] for kind in kinds}
        for _ in range(rounds + 1):
            for kind in kinds:
                taken[kind.name].append(await asyncio.to_thread(_start, kind))
    return [_median(name, starts[1:], taken[BARE_NAME][1:]) for name, starts in taken.items()]


def _kinds(databases: Databases, telegram: dict[str, str]) -> list[Kind]:
    sqlite, chatting, postgres = databases.sqlite("ready"), databases.sqlite("chatting"), databases.postgres("ready")
    cards = [furnish(settings, SCALE)[0] for settings in (sqlite, chatting, postgres)]
    return [
        Kind(BARE_NAME, BARE, server_environment()),
        Kind("loyalty serve, SQLite", SERVE, server_environment(sqlite), cards[0]),
        Kind("loyalty serve, SQLite, a bot", SERVE, server_environment(chatting, **telegram), cards[1]),
        Kind("loyalty serve, PostgreSQL", SERVE, server_environment(postgres), cards[2]),
    ]


def _start(kind: Kind) -> Start:
    with started(kind.command, kind.environment) as server:
        weight = server.rested()
        spent = 0.0 if kind.card is None else _stamp(server.port, kind.card)
        return Start(seconds=server.seconds, cpu=server.cpu, rss=weight.rss, pss=weight.pss, first_stamp=spent)


def _stamp(port: int, card: Card) -> float:
    """Give a stamp; the milliseconds until its answer."""
    headers = {"Authorization": f"Bearer {card.key}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{card.path}", b"", headers, method="POST")  # loopback
    begin = time.perf_counter()
    urllib.request.urlopen(request).close()  # noqa: S310  # the same
    return (time.perf_counter() - begin) * 1000


def _median(name: str, starts: list[Start], bare: list[Start]) -> Readiness:
    medians = {field: statistics.median(getattr(one, field) for one in starts) for field in Start.__struct_fields__}
    pairs = zip(starts, bare, strict=True)
    return Readiness(name=name, times=statistics.median(own.seconds / other.seconds for own, other in pairs), **medians)


def goals_of_readiness(ready: Sequence[Readiness]) -> list[Line]:
    """The results of our servers beside the goals."""
    ours = [one for one in ready if one.ours]
    return [
        *(at_most(f"{one.name}: seconds to ready", one.seconds, READY_SECONDS) for one in ours),
        *(found(f"{one.name}: CPU seconds to ready", one.cpu) for one in ours),
        *(at_most(f"{one.name}: MB when idle", one.rss, IDLE_MB) for one in ours),
        *(at_most(f"{one.name}: ms of the first stamp", one.first_stamp, FIRST_STAMP_MS) for one in ours),
    ]


def show_readiness(ready: Sequence[Readiness]) -> None:
    """Print the results."""
    titles = f"{'seconds':>10}{'CPU s':>8}{'× bare':>8}{'RSS MB':>8}{'PSS MB':>8}{'1st stamp ms':>14}"
    print(f"{'from nothing to the first answer':<34}{titles}")
    for one in ready:
        stamp = f"{one.first_stamp:>14.0f}" if one.ours else ""
        print(
            f"{one.name:<34}{one.seconds:>10.2f}{one.cpu:>8.2f}{one.times:>8.1f}{one.rss:>8.0f}{one.pss:>8.0f}{stamp}"
        )
    print()
