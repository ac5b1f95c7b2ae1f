"""Ratios: the results of the benchmark of stamps as ratios to the floors and the peers, beside the goals."""

from typing import Any

import msgspec

from bench.rounds import Standing, ratio

GOALS = {
    ("ours-postgres", "floor-postgres"): 1.2,
    ("ours-sqlite", "floor-sqlite"): 1.0,
    ("ours-postgres", "fastapi-postgres"): 15.0,
    ("ours-sqlite", "fastapi-sqlite"): 15.0,
}
"""How many times the second contestant's rate the first should have."""
P99_MS = 50.0
"""At half of the best rate."""
REFERENCES = {
    "× floor": {"SQLite": "floor-sqlite", "PostgreSQL": "floor-postgres"},
    "× FastAPI": {"SQLite": "fastapi-sqlite", "PostgreSQL": "fastapi-postgres"},
}


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """A goal, and what was reached."""

    what: str
    wanted: str
    reached: float
    met: bool


def ratios(standings: dict[str, Standing], name: str) -> dict[str, float | None]:
    """The ratios of a contestant to the floor and the peer of its database."""
    database = standings[name].database
    return {what: ratio(standings, name, to[database]) for what, to in REFERENCES.items()}


def goals(standings: dict[str, Standing], paced: dict[str, Standing]) -> list[Goal]:
    """The goals that the measured contestants allow to judge."""
    found = [
        Goal(what=f"{name} / {to}", wanted=f"≥ {wanted}", reached=reached, met=reached >= wanted)
        for (name, to), wanted in GOALS.items()
        if (reached := ratio(standings, name, to)) is not None
    ]
    late = ((name, standing.median("p99_ms") or 0.0) for name, standing in paced.items())
    return found + [
        Goal(what=f"{name}, p99 ms at half rate", wanted=f"≤ {P99_MS:.0f}", reached=reached, met=reached <= P99_MS)
        for name, reached in late
    ]


def show(standings: dict[str, Standing], paced: dict[str, Standing]) -> None:
    """Print the tables."""
    heads = "".join(f"{what:>10}" for what in REFERENCES)
    print(f"{'stamps a second':<52}{'median':>8}{'min':>8}{'max':>8}{heads}{'p50 ms':>8}{'p99 ms':>8}{'client':>8}")
    for name, one in standings.items():
        columns = "".join(f"{_number(value, 2):>10}" for value in ratios(standings, name).values())
        late = "".join(f"{_number(one.median(field), 1):>8}" for field in ("p50_ms", "p99_ms"))
        rates = f"{one.rate:>8.0f}{min(one.rates):>8.0f}{max(one.rates):>8.0f}"
        print(f"{one.database + ': ' + one.label:<52}{rates}{columns}{late}{_percent(one.median('client')):>8}")
    print()
    for goal in goals(standings, paced):
        print(f"{goal.what:<52}{goal.reached:>8.2f}{goal.wanted:>8}  {'met' if goal.met else 'MISSED'}")


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def told(standings: dict[str, Standing], paced: dict[str, Standing]) -> dict[str, Any]:
    """All results, for JSON."""
    return {
        "standings": {
            name: {
                "stamps_a_second": round(one.rate, 1),
                "rates": [round(rate, 1) for rate in one.rates],
                **_figures(one),
                **{what: value and round(value, 3) for what, value in ratios(standings, name).items()},
            }
            for name, one in standings.items()
        },
        "at_half_rate": {name: {"stamps_a_second": round(one.rate, 1), **_figures(one)} for name, one in paced.items()},
        "goals": [msgspec.to_builtins(goal) for goal in goals(standings, paced)],
    }


def _figures(one: Standing) -> dict[str, float | None]:
    fields = {field: one.median(field) for field in ("p50_ms", "p99_ms", "client")}
    return {field: value and round(value, 3) for field, value in fields.items()}
