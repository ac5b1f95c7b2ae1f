"""Cost: how soon a server is ready, what it weighs, whether it grows, and where the time of a stamp goes.

Servers are started in turn, five rounds and more, on databases that are there already, beside a bare server of the same
library; medians shown. `loyalty serve` with a bot speaks to a Telegram on this machine. Then one server is stamped at
100,000 times and weighed again and again, and a profiler tells where the time goes. `python -m bench.cost --help` tells
what can be chosen.
"""

import argparse
import sys
from collections.abc import Sequence

from bench.contest import keep
from bench.growing import Growth, grow, show_growth
from bench.places import places
from bench.readiness import Readiness, race, show_readiness
from bench.spending import Spending, show_spending, spend

READY_SECONDS, IDLE_MB = 1.5, 150.0


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print tables and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description="What a server costs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="for how long the profiler looks")
    given = parser.parse_args(arguments)
    with places() as found:
        ready = race(found, given.rounds)
        spent = [spend(found, name, given.seconds) for name in ("SQLite", "PostgreSQL")]
        growth = grow(found, given.requests)
    show_readiness(ready)
    show_growth(growth)
    show_spending(spent)
    keep("cost", told(ready, growth, spent))


def told(ready: Sequence[Readiness], growth: Growth, spent: Sequence[Spending]) -> dict[str, object]:
    """All of it, for JSON."""
    ours = [one for one in ready if one.ours]
    goals = [
        ("seconds to ready", max(one.seconds for one in ours), READY_SECONDS),
        ("MB when idle", max(one.rss for one in ours), IDLE_MB),
        (f"MB more after {growth.requests:,} requests", growth.more, growth.allowed),
    ]
    return {
        "ready": {one.name: one.figures() for one in ready},
        "growth": growth.figures(),
        "microseconds_of_cpu_a_stamp": {one.name: one.figures() for one in spent},
        "goals": [
            {"what": what, "wanted": f"≤ {wanted:g}", "reached": round(reached, 2), "met": reached <= wanted}
            for what, reached, wanted in goals
        ],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
