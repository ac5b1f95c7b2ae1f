"""What shops and days cost: a hundred shops beside one, and the first visit of a day beside a later one.

In process, at the counter: 32 askers that each wait for their answer, durable commits. The crowd came over two years.
To measure later visits, some hundred customers come again and again on one day. To measure first visits, each day a
thirtieth of all customers come, drawn at random, and then it is the next day: so a batch has customers who were last
here on many days. All are measured in turn. Medians are shown: of the rates, and of the CPU time of a stamp, in this
process and in PostgreSQL, which drifts less on a machine that others use.

`python -m bench.neighbours --help` lists the options.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import sample
from typing import Any

import msgspec

from bench.crowd.shape import Crowd
from bench.crowd.store import DATABASES, Place, crowds
from bench.crowd_growth import until_a_new_day
from bench.goals import Line, at_least, found
from bench.http_load import CONNECTIONS, Round
from bench.postgres_spending import spending
from bench.rounds import Contestant, Standing, compete, keep, ratio
from loyalty_app.clock import utc_now
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.engine import open_database
from loyalty_core.ledger import SYSTEM
from loyalty_core.stamping import StampOrder

SHOPS, CUSTOMERS, STAMPS = 100, 10_000, 100_000
AGAIN, DAYS_BETWEEN = 500, 30
"""How many customers come again and again on one day, and how many days the others stay away on average."""
CASES = {
    "again": "one shop, later visits of a day",
    "first": "one shop, first visits of a day",
    "shops-again": f"{SHOPS} shops, later visits",
    "shops-first": f"{SHOPS} shops, first visits",
}
GOALS = (("shops-again", "again", 0.9), ("first", "again", 0.95), ("shops-first", "shops-again", 0.95))
"""Each case, the one beside which it is measured, and the least share of its rate."""


class Visits:
    """Whose card is stamped next, and on which day: how many days ahead of now."""

    def __init__(self, customers: int, ahead: timedelta, *, again: bool) -> None:
        self.ahead, self._again = ahead, again
        self._numbers = range(1, customers + 1)
        self._some = min(AGAIN, customers) if again else customers // DAYS_BETWEEN
        self.next = self._drawn().__next__

    def _drawn(self) -> Iterator[int]:
        today = sample(self._numbers, self._some)
        while True:
            yield from today
            if not self._again:
                today, self.ahead = sample(self._numbers, self._some), self.ahead + timedelta(days=1)


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    given = chosen(arguments)
    with crowds(given.folder) as kept:
        contestants = [
            contestant(kept.find(name, crowd_of(case), "crowd"), case)
            for name in given.databases
            for case in given.only
        ]
        standings = compete(contestants, given.rounds, given.seconds)
    report(standings, given)


def chosen(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.neighbours", description="What shops and days cost.")
    parser.add_argument("only", nargs="*", metavar="case", help=", ".join(CASES))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a round lasts")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--folder", help="where crowds are kept and found again; by default they are filled again")
    given = parser.parse_args(arguments)
    if unknown := set(given.only) - set(CASES):
        parser.error(f"no case is called {', '.join(sorted(unknown))}")
    given.only = given.only or list(CASES)
    return given


def crowd_of(case: str) -> Crowd:
    """The crowd of a case."""
    return Crowd(shops=SHOPS if case.startswith("shops") else 1, customers=CUSTOMERS, stamps=STAMPS)


def contestant(place: Place, case: str) -> Contestant:
    """A case to measure."""

    def measure(seconds: float) -> Round:
        return asyncio.run(stamps(place, seconds, again=case.endswith("again")))

    return Contestant(name=f"{case}-{place.database}", label=CASES[case], database=place.database, measure=measure)


async def stamps(place: Place, seconds: float, *, again: bool) -> Round:
    """Stamp for that many seconds; those who come again have all been here that day before it counts."""
    database = open_database(place.settings)
    visits = Visits(place.crowd.customers, await until_a_new_day(database), again=again)
    counter = Counter(database, clock=lambda: utc_now() + visits.ahead)
    callers = [Caller(business=shop, actor=SYSTEM) for shop in place.shops]

    async def ask(until: float, most: int) -> int:
        answers = 0
        while time.perf_counter() < until and answers < most:
            card = visits.next()
            await counter.give_stamp(callers[card % len(callers)], card, StampOrder())
            answers += 1
        return answers

    async def all_ask(until: float, most: int = sys.maxsize) -> int:
        return sum(await asyncio.gather(*(ask(until, most) for _ in range(CONNECTIONS))))

    await all_ask(float("inf"), AGAIN // CONNECTIONS + 1)
    theirs, own, begin = await _spent(place), time.process_time(), time.perf_counter()
    answers = await all_ask(begin + seconds)
    passed, own = time.perf_counter() - begin, time.process_time() - own
    theirs = await _spent(place) - theirs
    await counter.close()
    await database.close()
    return Round(answers=answers, seconds=passed, client=own / passed, database=theirs / passed)


async def _spent(place: Place) -> float:
    """The CPU time of a server until now, in seconds; SQLite works in this process."""
    return 0.0 if place.settings.on_sqlite else (await spending(place.settings.database_url)).cpu_seconds


def report(standings: dict[str, Standing], given: argparse.Namespace) -> None:
    """Print a table, and store all results."""
    print(f"{'stamps a second, in process':<48}{'median':>8}{'min':>8}{'max':>8}{'CPU µs':>8}{'server':>8}")
    for one in standings.values():
        rates = f"{one.rate:>8.0f}{min(one.rates):>8.0f}{max(one.rates):>8.0f}"
        print(f"{one.database + ': ' + one.label:<48}{rates}{own_us(one):>8.0f}{server_us(one):>8.0f}")
    goals = [line for name in given.databases for line in lines(standings, name)]
    for line in goals:
        outcome = "" if line.met is None else "met" if line.met else "MISSED"
        print(f"{line.what:<72}{line.reached:>8.2f}  {line.wanted:<8}{outcome}".rstrip())
    told = {one.name: figures(one) for one in standings.values()}
    kept = {"askers": CONNECTIONS, "rounds": given.rounds, "seconds": given.seconds, "standings": told}
    keep("neighbours", {**kept, "goals": msgspec.to_builtins(goals)})


def own_us(standing: Standing) -> float:
    """The CPU time of a stamp in this process, in microseconds."""
    return statistics.median(1e6 * (one.client or 0) / one.rate for one in standing.rounds)


def server_us(standing: Standing) -> float:
    """The CPU time of a stamp in the database server, in microseconds."""
    return statistics.median(1e6 * (one.database or 0) / one.rate for one in standing.rounds)


def lines(standings: dict[str, Standing], database: str) -> Iterator[Line]:
    """The goals that the measured cases allow to judge, and how the CPU time of a stamp differs."""
    for case, beside, least in GOALS:
        share = ratio(standings, f"{case}-{database}", f"{beside}-{database}")
        if share is not None:
            yield at_least(f"{database}: {CASES[case]} / {CASES[beside]}", share, least)
            yield found(f"{database}: the same, CPU of a stamp", _cpu(standings, case, database, beside))


def _cpu(standings: dict[str, Standing], case: str, database: str, beside: str) -> float:
    """How many times as much CPU time a stamp takes: the median over rounds, each of which compares one moment."""
    pairs = zip(standings[f"{case}-{database}"].rounds, standings[f"{beside}-{database}"].rounds, strict=True)
    return statistics.median(_both(one) / _both(other) for one, other in pairs)


def _both(found_there: Round) -> float:
    return ((found_there.client or 0) + (found_there.database or 0)) / found_there.rate


def figures(standing: Standing) -> dict[str, Any]:
    """The figures of a case, for JSON."""
    return {
        "stamps_a_second": round(standing.rate, 1),
        "rates": [round(rate, 1) for rate in standing.rates],
        "cpu_us": round(own_us(standing), 1),
        "server_cpu_us": round(server_us(standing), 1),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
