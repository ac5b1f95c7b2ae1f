"""Readiness: how soon servers answer and how much memory they have then, started in turn, beside a bare one."""

import asyncio
import statistics
from collections.abc import Sequence

import msgspec

from bench.databases import Databases
from bench.server_starts import BARE, SERVE, server_environment, started
from bench.shops import Scale, furnish
from testkit.sandbox import open_sandbox

BARE_NAME = "Litestar alone, one route"
SCALE = Scale(customers=100)


class Kind(msgspec.Struct, frozen=True):
    """A kind of server: its name, its command and its variables."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Medians of a kind: seconds and CPU seconds until ready, memory in MB, and seconds as ratio to the bare one's."""

    name: str
    seconds: float
    cpu: float
    rss: float
    pss: float
    times: float

    @property
    def ours(self) -> bool:
        """Whether it is a server of ours."""
        return self.name != BARE_NAME

    def figures(self) -> dict[str, float]:
        """The results, for JSON."""
        return {name: round(getattr(self, name), 3) for name in ("seconds", "cpu", "rss", "pss", "times")}


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """One start."""

    seconds: float
    cpu: float
    rss: float
    pss: float


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
    for settings in (sqlite, chatting, postgres):
        furnish(settings, SCALE)
    return [
        Kind(BARE_NAME, BARE, server_environment()),
        Kind("loyalty serve, SQLite", SERVE, server_environment(sqlite)),
        Kind("loyalty serve, SQLite, a bot", SERVE, server_environment(chatting, **telegram)),
        Kind("loyalty serve, PostgreSQL", SERVE, server_environment(postgres)),
    ]


def _start(kind: Kind) -> Start:
    with started(kind.command, kind.environment) as server:
        weight = server.rested()
        return Start(seconds=server.seconds, cpu=server.cpu, rss=weight.rss, pss=weight.pss)


def _median(name: str, starts: list[Start], bare: list[Start]) -> Readiness:
    medians = {field: statistics.median(getattr(one, field) for one in starts) for field in Start.__struct_fields__}
    pairs = zip(starts, bare, strict=True)
    return Readiness(name=name, times=statistics.median(own.seconds / other.seconds for own, other in pairs), **medians)


def show_readiness(found: Sequence[Readiness]) -> None:
    """Print the results."""
    print(f"{'from nothing to the first answer':<34}{'seconds':>10}{'CPU s':>8}{'× bare':>8}{'RSS MB':>8}{'PSS MB':>8}")
    for one in found:
        print(f"{one.name:<34}{one.seconds:>10.2f}{one.cpu:>8.2f}{one.times:>8.1f}{one.rss:>8.0f}{one.pss:>8.0f}")
    print()
