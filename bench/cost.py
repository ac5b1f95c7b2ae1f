"""Cost: how soon a server is ready, its memory, whether that grows, and where the time of a stamp goes.

Servers are started in turn, for five rounds by default, on existing databases, beside a bare server of the same
library; the medians are shown. `loyalty serve` with a bot talks to a Telegram on this machine. Then one server gets
100,000 stamps while its memory is measured repeatedly, and a profiler shows where the time goes. `python -m bench.cost
--help` lists the options.
"""

import argparse
import sys
from collections.abc import Sequence

import msgspec

from bench.cpu_profile import CpuProfile, profile_cpu, show_cpu_profile
from bench.databases import open_databases
from bench.goals import at_most, found
from bench.memory_growth import MemoryGrowth, measure_growth, show_memory_growth
from bench.readiness import Readiness, goals_of_readiness, race, show_readiness
from bench.rounds import keep


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print tables and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description="What a server costs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="for how long the profiler looks")
    given = parser.parse_args(arguments)
    with open_databases() as here:
        ready = race(here, given.rounds)
        spent = [profile_cpu(here, name, given.seconds) for name in ("SQLite", "PostgreSQL")]
        growth = measure_growth(here, given.requests)
    show_readiness(ready)
    show_memory_growth(growth)
    show_cpu_profile(spent)
    keep("cost", told(ready, growth, spent))


def told(ready: Sequence[Readiness], growth: MemoryGrowth, spent: Sequence[CpuProfile]) -> dict[str, object]:
    """All results, for JSON."""
    goals = [
        *goals_of_readiness(ready),
        at_most(f"MB more after {growth.requests:,} requests", growth.more, growth.allowed),
        *(found(f"{one.name}: microseconds of CPU of a stamp", one.microseconds) for one in spent),
    ]
    return {
        "ready": {one.name: one.figures() for one in ready},
        "growth": growth.figures(),
        "microseconds_of_cpu_a_stamp": {one.name: one.figures() for one in spent},
        "goals": msgspec.to_builtins(goals),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
