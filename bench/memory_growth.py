"""Memory growth: whether a server needs more memory the longer it serves, with stamps from 32 connections."""

import msgspec

from bench.databases import Databases
from bench.http_load import Load, at_full_rate, write_cards
from bench.server_starts import SERVE, server_environment, started
from bench.shops import Scale, furnish

STEPS, STEP_SECONDS, ALLOWED_MB = 10, 3.0, 5.0
SCALE = Scale(listening=False)


class MemoryGrowth(msgspec.Struct, frozen=True, kw_only=True):
    """The memory of a server in MB: idle, and after some numbers of requests.

    The first tenth of the requests fills what is cached on purpose (statements, keys, connections). The growth after
    that may be at most `allowed`.
    """

    idle: float
    weights: list[tuple[int, float]]
    allowed: float = ALLOWED_MB

    @property
    def requests(self) -> int:
        """The number of all requests."""
        return self.weights[-1][0]

    @property
    def more(self) -> float:
        """How many MB more it has at the end than after the first tenth."""
        return self.weights[-1][1] - self.weights[0][1]

    def figures(self) -> dict[str, object]:
        """The results, for JSON."""
        weights = {str(requests): round(weight, 1) for requests, weight in self.weights}
        return {"idle_mb": round(self.idle, 1), "mb_after": weights, "more_mb": round(self.more, 1)}


def measure_growth(databases: Databases, requests: int) -> MemoryGrowth:
    """Stamp that often at `loyalty serve` on SQLite, and measure its memory ten times on the way."""
    settings = databases.sqlite("memory_growth")
    cards = write_cards(databases.folder / "memory_growth.cards", furnish(settings, SCALE))
    with started(SERVE, server_environment(settings)) as server:
        idle, load, done = server.rested().rss, Load(port=server.port, cards=cards), 0
        weights: list[tuple[int, float]] = []
        while done < requests:
            done += at_full_rate(load, STEP_SECONDS).answers
            if done >= requests * (len(weights) + 1) / STEPS:
                weights.append((done, server.rested().rss))
    return MemoryGrowth(idle=idle, weights=weights)


def show_memory_growth(growth: MemoryGrowth) -> None:
    """Print the results."""
    print(f"{'RSS of loyalty serve, SQLite':<34}{'MB':>10}")
    print(f"{'idle':<34}{growth.idle:>10.1f}")
    for requests, weight in growth.weights:
        print(f"{f'after {requests:,} stamps':<34}{weight:>10.1f}")
    print(f"{'more after the first tenth':<34}{growth.more:>+10.1f}  (allowed: {growth.allowed:g})\n")
