"""Importing: 100,000 lines of a spreadsheet through the counter, on SQLite and on PostgreSQL.

The same file is rehearsed, imported, and imported again. Commits are durable; ledger, events and totals are written.
Wall clock and CPU time are shown: on a shared machine the CPU time says more.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

import msgspec

from bench.databases import fresh_databases
from bench.goals import at_most, found
from bench.rounds import keep
from loyalty_app.clock import utc_now
from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.importing.run import ImportOptions, import_file
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import NewBusiness, first_terms, open_business
from loyalty_core.access import Plan

LINES = 100_000
GOAL_SECONDS = 60


def sheet(lines: int) -> bytes:
    """A sheet as a German spreadsheet program writes it, with all columns filled."""
    head = "Name;Telefon;E-Mail;Stempel;Geburtstag;Kunde seit\n"
    guests = (
        f"Gast Größe {n};0170 {1_000_000 + n};gast{n}@example.com;{n % 10};17.05.1990;01.02.2024\n"
        for n in range(lines)
    )
    return (head + "".join(guests)).encode("windows-1252")


async def measure(name: str, settings: Settings, data: bytes) -> dict[str, float]:
    """Import a file three times, and print how long each took. Returns the seconds."""
    database = open_database(settings)
    new = NewBusiness(name="Bench", plan=Plan.BASIC, country="DE", timezone="Europe/Berlin")
    business = await open_business(database, new, first_terms(10, "A coffee", utc_now()))
    seconds: dict[str, float] = {}
    for what, dry_run in (("rehearsed", True), ("imported", False), ("once more", False)):
        wall, cpu = time.perf_counter(), time.process_time()
        told = await import_file(database, business.id, data, clock=utc_now, options=ImportOptions(dry_run=dry_run))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        seconds[what] = wall
        lines = told.imported + told.already_there + told.left_out
        print(f"  {name:11} {what:10} {lines / wall:8,.0f} lines/s  {wall:6.1f} s, {cpu:5.1f} s of CPU")
    await database.close()
    return seconds


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.importing", description="How fast a spreadsheet comes in.")
    parser.add_argument("--lines", type=int, default=LINES)
    lines = parser.parse_args(arguments).lines
    data = sheet(lines)
    print(f"import of {lines:,} lines (goal: under {GOAL_SECONDS} s for {LINES:,} on SQLite)")
    taken: dict[str, dict[str, float]] = {}
    with fresh_databases() as databases:
        for name, settings in databases.items():
            migrate(settings)
            taken[name] = asyncio.run(measure(name, settings, data))
    report(taken, lines)


def report(taken: dict[str, dict[str, float]], lines: int) -> None:
    """Store the seconds, beside the goal."""
    goals = [
        at_most(f"SQLite: import of {lines:,} lines, s", taken["SQLite"]["imported"], GOAL_SECONDS * lines / LINES),
        found(f"PostgreSQL: import of {lines:,} lines, s", taken["PostgreSQL"]["imported"]),
    ]
    keep("importing", {"lines": lines, "seconds": taken, "goals": msgspec.to_builtins(goals)})


if __name__ == "__main__":
    main(sys.argv[1:])
