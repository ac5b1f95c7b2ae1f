"""Growing: whether a server weighs more the longer it serves. It is stamped at by 32 connections, and weighed."""

import msgspec

from bench.databases import Places
from bench.driving import Load, at_most, write_cards
from bench.shops import Town, furnish
from bench.start_times import SERVE, started, surroundings

STEPS, STEP_SECONDS, ALLOWED_MB = 10, 3.0, 5.0
TOWN = Town(listening=False)


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """What a server weighed, in MB: idle, and after so many requests, step by step.

    The first tenth of the requests fills what is kept on purpose (statements, keys, connections). What comes after
    that may be no more than the allowed.
    """

    idle: float
    weights: list[tuple[int, float]]
    allowed: float = ALLOWED_MB

    @property
    def requests(self) -> int:
        """How many requests there were in all."""
        return self.weights[-1][0]

    @property
    def more(self) -> float:
        """By how many MB it weighs more at the end than after the first tenth."""
        return self.weights[-1][1] - self.weights[0][1]

    def figures(self) -> dict[str, object]:
        """What was measured, for JSON."""
        weights = {str(requests): round(weight, 1) for requests, weight in self.weights}
        return {"idle_mb": round(self.idle, 1), "mb_after": weights, "more_mb": round(self.more, 1)}


def grow(found: Places, requests: int) -> Growth:
    """Stamp at `loyalty serve` on SQLite that often, and weigh it ten times on the way."""
    settings = found.sqlite("growing")
    cards = write_cards(found.folder / "growing.cards", furnish(settings, TOWN))
    with started(SERVE, surroundings(settings)) as server:
        idle, load, done = server.rested().rss, Load(port=server.port, cards=cards), 0
        weights: list[tuple[int, float]] = []
        while done < requests:
            done += at_most(load, STEP_SECONDS).answers
            if done >= requests * (len(weights) + 1) / STEPS:
                weights.append((done, server.rested().rss))
    return Growth(idle=idle, weights=weights)


def show_growth(growth: Growth) -> None:
    """Print it."""
    print(f"{'RSS of loyalty serve, SQLite':<34}{'MB':>10}")
    print(f"{'idle':<34}{growth.idle:>10.1f}")
    for requests, weight in growth.weights:
        print(f"{f'after {requests:,} stamps':<34}{weight:>10.1f}")
    print(f"{'more after the first tenth':<34}{growth.more:>+10.1f}  (allowed: {growth.allowed:g})\n")
