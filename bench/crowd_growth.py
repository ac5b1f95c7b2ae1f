"""Stamps a second with few customers and with a million, of one hot shop and of many, and with many webhooks.

In process, at the counter: 32 askers that each wait for their answer, durable commits, everything written that belongs
to a stamp. Cards are drawn at random, and each round is a day on which nobody has been here yet: otherwise a small
crowd would come again and again, and write less. Each is stamped for a minute before it counts, because PostgreSQL
writes a page whole when it is first touched after a checkpoint. All are measured in turn, in many short rounds, because
a ratio is only as good as its two moments are near. Medians are shown, and this process's CPU time for a stamp, which
drifts less.

`python -m bench.crowd_growth --help` lists the options.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from random import randint
from typing import Any

import msgspec
from sqlalchemy import func, select

from bench.crowd.shape import Crowd
from bench.crowd.store import DATABASES, Crowds, Place, crowds
from bench.http_load import CONNECTIONS, Round
from bench.rounds import Contestant, Standing, compete, keep, ratio
from bench.shops import ENDPOINT, EVENTS
from loyalty_app.clock import utc_now
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import daily_total, webhook_endpoint
from loyalty_app.queues.wakeups import Wakeups
from loyalty_core.ledger import SYSTEM
from loyalty_core.stamping import StampOrder

WEBHOOKS, SHOPS = 50, 100
LEAST = 0.85
"""The least rate of a large crowd, as a share of the small one's."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case: a crowd, the webhook endpoints of its first shop, and the case that it is compared with."""

    name: str
    label: str
    crowd: Crowd
    webhooks: int = 0
    beside: str
    goal: float | None = None


def cases(customers: int, stamps: int) -> list[Case]:
    """All cases; the first is the one that most others are compared with."""
    small = Crowd(customers=max(SHOPS, customers // 100), stamps=max(SHOPS, stamps // 100))
    young, old = Crowd(customers=customers, stamps=customers), Crowd(customers=customers, stamps=stamps)
    many = Crowd(shops=SHOPS, customers=small.customers, stamps=small.stamps)
    return [
        Case(name="small", label=f"{small.customers:,} customers", crowd=small, beside="small"),
        Case(name="young", label=f"{customers:,} customers", crowd=young, beside="small", goal=LEAST),
        Case(name="old", label=f"{customers:,} customers, {stamps:,} stamps", crowd=old, beside="small", goal=LEAST),
        Case(name="many", label=f"as the first, over {SHOPS} shops", crowd=many, beside="small"),
        Case(name="webhooks-1", label="as the first, with a webhook", crowd=small, webhooks=1, beside="small"),
        Case(
            name="webhooks-50", label=f"with {WEBHOOKS} webhooks", crowd=small, webhooks=WEBHOOKS, beside="webhooks-1"
        ),
    ]


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    given = chosen(arguments)
    found = [case for case in cases(given.customers, given.stamps) if not given.only or case.name in given.only]
    with crowds(given.folder) as kept:
        contestants = [contestant(kept, database, case) for database in given.databases for case in found]
        for one in contestants if given.before else ():
            one.measure(given.before)
        standings = compete(contestants, given.rounds, given.seconds)
    report(standings, found, given)


def chosen(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.crowd_growth", description="Stamps a second, while shops grow."
    )
    parser.add_argument("only", nargs="*", metavar="case", help="small, young, old, many, webhooks-1, webhooks-50")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a round lasts")
    parser.add_argument("--before", type=float, default=60, help="for how many seconds each is stamped before")
    parser.add_argument("--customers", type=int, default=1_000_000, help="of the large crowds")
    parser.add_argument("--stamps", type=int, default=10_000_000, help="of the oldest crowd")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--folder", help="where crowds are kept and found again; by default they are filled again")
    given = parser.parse_args(arguments)
    if unknown := set(given.only) - {case.name for case in cases(given.customers, given.stamps)}:
        parser.error(f"no case is called {', '.join(sorted(unknown))}")
    return given


def contestant(kept: Crowds, database: str, case: Case) -> Contestant:
    """A crowd to stamp; one with webhooks has a database of its own."""
    place = kept.find(database, case.crowd, f"webhooks{case.webhooks}" if case.webhooks else "crowd")
    if case.webhooks:
        asyncio.run(register(place, case.webhooks))

    def measure(seconds: float) -> Round:
        before = time.process_time()
        found = asyncio.run(stamps(place, seconds))
        return msgspec.structs.replace(found, client=(time.process_time() - before) / found.seconds)

    return Contestant(name=f"{case.name}-{database}", label=case.label, database=database, measure=measure)


async def register(place: Place, webhooks: int) -> None:
    """Give the first shop that many endpoints; nothing is delivered while stamps are measured."""
    database = open_database(place.settings)
    values = {"url": ENDPOINT, "events": " ".join(EVENTS), "active": True, "created_at": utc_now()}
    secret = {"secret": b"never used", "secret_hint": "", "warnings": 0}
    own = {"business_id": place.shops[0].id, **values, **secret}
    rows = [{"id": number, **own} for number in range(1, webhooks + 1)]
    there = await database.read(lambda connection: connection.execute(select(webhook_endpoint.c.id)).all())
    if not there:
        await database.write(lambda connection: database.insert(connection, webhook_endpoint, rows))
    await database.close()


async def stamps(place: Place, seconds: float, wakeups: Wakeups | None = None) -> Round:
    """Stamp for that many seconds; the wake-ups are those of a worker beside it."""
    database = open_database(place.settings)
    callers = [Caller(business=shop, actor=SYSTEM) for shop in place.shops]
    ahead = await until_a_new_day(database)
    counter = Counter(database, clock=lambda: utc_now() + ahead, wakeups=wakeups)
    begin = time.perf_counter()
    asked = [ask(counter, callers, place.crowd, until=begin + seconds) for _ in range(CONNECTIONS)]
    answers = sum(await asyncio.gather(*asked))
    passed = time.perf_counter() - begin
    await counter.close()
    await database.close()
    return Round(answers=answers, seconds=passed)


async def until_a_new_day(database: Database) -> timedelta:
    """How far off the next day is on which nobody has been here yet."""
    last: date | None = await database.read(lambda connection: connection.scalar(select(func.max(daily_total.c.day))))
    today = utc_now().date()
    return max(last + timedelta(days=1) - today, timedelta()) if last else timedelta()


async def ask(counter: Counter, callers: Sequence[Caller], crowd: Crowd, *, until: float) -> int:
    """Stamp one card after the other. Returns how many."""
    answers = 0
    while time.perf_counter() < until:
        card = randint(1, crowd.customers)
        await counter.give_stamp(callers[card % crowd.shops], card, StampOrder())
        answers += 1
    return answers


def report(standings: dict[str, Standing], found: Sequence[Case], given: argparse.Namespace) -> None:
    """Print a table, and store all results."""
    print(f"{'stamps a second, in process':<56}{'median':>8}{'min':>8}{'max':>8}{'CPU µs':>8}{'ratio':>8}  beside")
    rows: list[dict[str, Any]] = [told(standings, database, case) for database in given.databases for case in found]
    for row in rows:
        goal = "" if row["met"] is None else "  met" if row["met"] else "  MISSED"
        figures = "".join(f"{row[name]:>8.0f}" for name in ("stamps_a_second", "min", "max", "cpu_us"))
        share = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        print(f"{row['database'] + ': ' + row['label']:<56}{figures}{share:>8}  {row['beside']}{goal}")
    keep("crowd_growth", {"askers": CONNECTIONS, "rounds": given.rounds, "seconds": given.seconds, "rows": rows})


def told(standings: dict[str, Standing], database: str, case: Case) -> dict[str, Any]:
    """The result of one case."""
    own = standings[f"{case.name}-{database}"]
    share = ratio(standings, own.name, f"{case.beside}-{database}")
    return {
        "case": case.name,
        "database": database,
        "label": case.label,
        "stamps_a_second": round(own.rate, 1),
        "min": round(min(own.rates), 1),
        "max": round(max(own.rates), 1),
        "cpu_us": round(statistics.median(1e6 * (one.client or 0) / one.rate for one in own.rounds), 1),
        "ratio": share and round(share, 3),
        "beside": case.beside,
        "goal": case.goal,
        "met": None if case.goal is None or share is None else share >= case.goal,
    }


if __name__ == "__main__":
    main(sys.argv[1:])
