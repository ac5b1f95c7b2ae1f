"""Start: how soon a server is ready, its memory then, and what its first stamp takes.

Servers are started in turn, for five rounds by default, on existing databases, beside a bare server of the same
library; the medians are shown. `loyalty serve` with a bot talks to a Telegram on this machine. Processor time is the
honest figure where others use the machine. `python -m bench.start --help` lists the options.
"""

import argparse
import sys
from collections.abc import Sequence

import msgspec

from bench.databases import open_databases
from bench.readiness import goals_of_readiness, race, show_readiness
from bench.rounds import keep


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.start", description="How soon a server is ready.")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(arguments)
    with open_databases() as here:
        ready = race(here, given.rounds)
    show_readiness(ready)
    goals = msgspec.to_builtins(goals_of_readiness(ready))
    keep("start", {"ready": {one.name: one.figures() for one in ready}, "goals": goals})


if __name__ == "__main__":
    main(sys.argv[1:])
