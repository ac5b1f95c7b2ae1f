"""Stamps in batches of 100, beside single ones, and how long single stamps take while batches come in.

Goals: 12,000 stamps a second on SQLite and 10,000 on PostgreSQL, and 99 of 100 single stamps beside them in 50 ms. Real
keys, limits on, durable commits, a webhook for each stamp. `python -m bench.batches --help` lists the options.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import msgspec

from bench.databases import Databases, open_databases
from bench.http_load import Load, Round, at_fixed_rate, at_full_rate, write_cards
from bench.rounds import Contestant, Standing, compete, keep, ratio
from bench.rows_written import check
from bench.server_process import served
from bench.shops import Scale, furnish
from loyalty_app.settings import Settings

SIZE = 100
SINGLES_A_SECOND = 50
GOALS = {"SQLite": 12_000, "PostgreSQL": 10_000}


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.batches", description="Batches beside single stamps.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a round lasts")
    given = parser.parse_args(arguments)
    with open_databases() as found, ExitStack() as stack:
        told = {name: measured(name, found, stack, given) for name in GOALS}
    for name, figures in told.items():
        print(f"{name:12}", *(f"{label} {value}" for label, value in figures.items()), sep="  ")
    keep("batches", {"size": SIZE, "goals": GOALS, "databases": told})


def measured(name: str, databases: Databases, stack: ExitStack, given: argparse.Namespace) -> dict[str, float | None]:
    """The figures of one database."""
    settings = databases.sqlite("batches") if name == "SQLite" else databases.postgres("batches")
    cards = write_cards(databases.folder / f"{name}.cards", furnish(settings, Scale()))
    load = Load(port=stack.enter_context(served(settings)), cards=cards, once_only=True)
    many = msgspec.structs.replace(load, batch=SIZE)
    singles: list[Round] = []
    contestants = [
        Contestant(name="single", label="single", database=name, measure=lambda seconds: at_full_rate(load, seconds)),
        Contestant(name="batch", label="batch", database=name, measure=lambda seconds: whole(many, seconds)),
        Contestant(name="beside", label="beside", database=name, measure=lambda s: beside(load, many, s, singles)),
    ]
    standings = compete(contestants, given.rounds, given.seconds)
    return figures_of(standings, singles, settings)


def whole(load: Load, seconds: float) -> Round:
    """Batches at full rate, counted in stamps."""
    found = at_full_rate(load, seconds)
    return msgspec.structs.replace(found, answers=found.answers * load.batch)


def beside(load: Load, many: Load, seconds: float, singles: list[Round]) -> Round:
    """Batches at full rate, and single stamps at a slow pace at the same time; the times of those are kept."""
    with ThreadPoolExecutor() as threads:
        batches = threads.submit(whole, many, seconds)
        singles.append(at_fixed_rate(load, seconds, rate=SINGLES_A_SECOND))
        return batches.result()


def figures_of(standings: dict[str, Standing], singles: list[Round], settings: Settings) -> dict[str, float | None]:
    """What the rounds found. Raises SystemExit unless all that was answered is in the ledger, and all sums agree."""
    answered = sum(one.answers for standing in standings.values() for one in standing.rounds)
    check("batches", settings, answered + sum(one.answers for one in singles[1:]))
    slowest = sorted(one.p99_ms or 0.0 for one in singles[1:])
    return {
        "single_stamps_a_second": round(standings["single"].rate),
        "stamps_in_batches_a_second": round(standings["batch"].rate),
        "batches_to_singles": round(ratio(standings, "batch", "single") or 0, 2),
        "p99_ms_of_singles_beside": slowest[len(slowest) // 2],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
