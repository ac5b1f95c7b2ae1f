"""Rounds: contestants measured in turn, round after round, because machines drift; and their results.

Nothing here knows what is measured.
"""

import json
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bench.http_load import Round
from bench.server_process import ROOT

RESULTS = ROOT / "build" / "bench"


class Contestant(msgspec.Struct, frozen=True, kw_only=True):
    """A contestant: a short name, its label in a table, its database, and the function that runs a round."""

    name: str
    label: str
    database: str
    measure: Callable[[float], Round]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The results of all rounds of one contestant."""

    name: str
    label: str
    database: str
    rounds: list[Round]

    @property
    def rates(self) -> list[float]:
        """Stamps a second, for each round."""
        return [one.rate for one in self.rounds]

    @property
    def rate(self) -> float:
        """The median of the rates."""
        return statistics.median(self.rates)

    def median(self, field: str) -> float | None:
        """The median of another figure of the rounds; None if they do not have it."""
        known = [value for one in self.rounds if (value := getattr(one, field)) is not None]
        return statistics.median(known) if known else None


def compete(contestants: Sequence[Contestant], rounds: int, seconds: float) -> dict[str, Standing]:
    """Warm all contestants up, then measure each in turn, for `rounds` rounds. Returns the standings by name."""
    measured: dict[str, list[Round]] = {one.name: [] for one in contestants}
    for one in contestants:
        one.measure(1)
    for _ in range(rounds):
        for one in contestants:
            measured[one.name].append(one.measure(seconds))
    return {
        one.name: Standing(name=one.name, label=one.label, database=one.database, rounds=measured[one.name])
        for one in contestants
    }


def ratio(standings: dict[str, Standing], name: str, to: str) -> float | None:
    """A contestant's rate as a multiple of another's: the median over rounds, each of which compares one moment."""
    if name not in standings or to not in standings:
        return None
    pairs = zip(standings[name].rates, standings[to].rates, strict=True)
    return statistics.median(own / other for own, other in pairs)


def keep(name: str, told: dict[str, Any]) -> Path:
    """Print a result as one line of JSON, and write it into a file of that name."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    whole = {"benchmark": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), **told}
    path.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(whole, ensure_ascii=False))
    return path
