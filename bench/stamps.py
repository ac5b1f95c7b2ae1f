"""Stamps over HTTP with 32 connections, beside the floors of the databases and what people would build instead.

Real keys, limits on, durable commits; all contestants write card, ledger, event, outbox and totals. All are measured in
turn, for five rounds by default; the medians are shown. Then ours gets half of its best rate, stamp after stamp at an
even pace, and the slowest answers are examined. `python -m bench.stamps --help` lists the options.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack

from bench.databases import open_databases
from bench.http_load import CONNECTIONS, Load, Round, at_fixed_rate, tool
from bench.peers.contestants import PEERS
from bench.rounds import Contestant, Standing, compete, keep
from bench.rows_written import check
from bench.setup import FLOORS, OURS, Plan, Setup
from bench.shops import Scale
from bench.stamp_ratios import show, told

EVERYBODY = (*FLOORS, *OURS, *PEERS)


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print tables and one line of JSON."""
    plan = read(arguments)
    with open_databases() as found, ExitStack() as stack:
        setup = Setup(plan, found, stack)
        standings = compete([setup.open(name) for name in plan.names], plan.rounds, plan.seconds)
        paced = pace(standings, {name: setup.loads[name] for name in OURS if name in setup.loads}, plan)
        for name, standing in standings.items():
            check(name, setup.settings[name], sum(one.answers for one in standing.rounds))
    show(standings, paced)
    keep("stamps", {**described(plan), **told(standings, paced)})


def pace(standings: dict[str, Standing], loads: dict[str, Load], plan: Plan) -> dict[str, Standing]:
    """Send each contestant half of its own best rate."""
    return compete([_paced(standings[name], load) for name, load in loads.items()], plan.rounds, plan.seconds)


def _paced(standing: Standing, load: Load) -> Contestant:
    rate = max(standing.rates) / 2

    def measure(seconds: float) -> Round:
        return at_fixed_rate(load, seconds, rate=rate)

    return Contestant(name=standing.name, label=standing.label, database=standing.database, measure=measure)


def described(plan: Plan) -> dict[str, object]:
    """The conditions of the measurement."""
    return {
        "connections": CONNECTIONS,
        "shops": plan.scale.shops,
        "customers": plan.scale.shops * plan.scale.guests,
        "rounds": plan.rounds,
        "seconds": plan.seconds,
        "idempotency_keys": plan.once_only,
        "load": tool(),
    }


def read(arguments: Sequence[str]) -> Plan:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.stamps", description="Stamps over HTTP, beside the floors.")
    parser.add_argument("only", nargs="*", metavar="name", help=f"who is measured: {', '.join(EVERYBODY)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a round lasts")
    parser.add_argument("--shops", type=int, default=Scale().shops, help="1: all stamps are of one hot shop")
    parser.add_argument("--customers", type=int, default=Scale().customers, help="over all shops")
    parser.add_argument("--keys", action="store_true", help="send an Idempotency-Key with every stamp")
    given = parser.parse_args(arguments)
    if unknown := set(given.only) - set(EVERYBODY):
        parser.error(f"nobody is called {', '.join(sorted(unknown))}")
    if given.customers < given.shops:
        parser.error("every shop needs a customer")
    return Plan(
        names=tuple(name for name in EVERYBODY if not given.only or name in given.only),
        rounds=given.rounds,
        seconds=given.seconds,
        scale=Scale(given.shops, given.customers),
        once_only=given.keys,
    )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
