"""Stamps a second of a shop with one webhook endpoint, with ten and with fifty, side by side, at the counter.

As in `crowd_growth`: 32 askers that each wait for their answer, durable commits, everything written that belongs to a
stamp; nothing is sent, because a receiver would be measured then. "written meanwhile" has the deliveries written in the
same process at the same time, as by the worker of `loyalty serve` under a load that never ends; without it they wait
until a worker has time, as after a rush. The second has to do fifty times the work, whenever it is done; `written a
second` says how fast that goes, alone.

`python -m bench.endpoints --help` lists the options.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
from sqlalchemy import func, select

from bench.crowd.shape import Crowd
from bench.crowd.store import DATABASES, Crowds, Place, crowds
from bench.crowd_growth import register, stamps
from bench.goals import Line, at_least, found
from bench.http_load import Round
from bench.rounds import Contestant, Standing, compete, keep, ratio
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import delivery
from loyalty_app.webhooks.fan_out import fan_out_some

COUNTS = (0, 1, 4, 5, 10, 50)
MEANWHILE = 50
LEAST = 0.6
"""The least rate of a shop with 50 endpoints, as a share of that with one."""
IDLE_SECONDS = 0.01


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.endpoints", description="Stamps with many webhooks.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a round lasts")
    parser.add_argument("--before", type=float, default=10, help="for how many seconds each is stamped before")
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    given = parser.parse_args(arguments)
    crowd = Crowd(customers=given.customers, stamps=10 * given.customers)
    with crowds(None) as kept:
        lines = [line for name in given.databases for line in measured(kept, name, crowd, given)]
    keep("endpoints", {"rounds": given.rounds, "seconds": given.seconds, "goals": msgspec.to_builtins(lines)})


def measured(kept: Crowds, database: str, crowd: Crowd, given: argparse.Namespace) -> list[Line]:
    """The figures of one database, printed as they are had."""
    places = {count: furnished(kept, database, crowd, count) for count in COUNTS}
    busy = furnished(kept, database, crowd, MEANWHILE, beside=True)
    contestants = [contestant(str(count), place) for count, place in places.items()]
    contestants.append(contestant("meanwhile", busy, beside=True))
    for one in contestants:
        one.measure(given.before)
    standings = compete(contestants, given.rounds, given.seconds)
    show(database, standings)
    speed = asyncio.run(written_a_second(places[MEANWHILE], given.seconds))
    print(f"{database}: deliveries written a second, alone: {speed:,.0f}\n")
    many = ratio(standings, str(MEANWHILE), "1") or 0.0
    meanwhile = ratio(standings, "meanwhile", "1") or 0.0
    return [
        at_least(f"{database}: stamps with {MEANWHILE} endpoints / with one", many, LEAST),
        found(f"{database}: the same, deliveries written meanwhile", meanwhile),
        found(f"{database}: deliveries written a second", speed),
    ]


def furnished(kept: Crowds, database: str, crowd: Crowd, count: int, *, beside: bool = False) -> Place:
    """A shop with so many endpoints, in a database of its own."""
    place = kept.find(database, crowd, f"endpoints{count}{'beside' if beside else ''}")
    asyncio.run(register(place, count))
    return place


def contestant(name: str, place: Place, *, beside: bool = False) -> Contestant:
    """A shop to stamp in; `beside` has deliveries written at the same time."""

    def measure(seconds: float) -> Round:
        before = time.process_time()
        done = asyncio.run(stamps_beside(place, seconds) if beside else stamps(place, seconds))
        return msgspec.structs.replace(done, client=(time.process_time() - before) / done.seconds)

    return Contestant(name=name, label=name, database=place.database, measure=measure)


async def stamps_beside(place: Place, seconds: float) -> Round:
    """Stamp, while deliveries are written."""
    async with writing(place):
        return await stamps(place, seconds)


@asynccontextmanager
async def writing(place: Place) -> AsyncIterator[None]:
    """Write deliveries until the block ends."""
    database = open_database(place.settings)
    task = asyncio.create_task(write_on(database))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await database.close()


async def write_on(database: Database) -> None:
    """Write deliveries whenever there are any to write, without an end."""
    for turn in itertools.count():
        if not await write_some(database, turn):
            await asyncio.sleep(IDLE_SECONDS)


async def write_some(database: Database, turn: int) -> int:
    """What a worker does before it claims."""
    return await database.write(lambda connection: fan_out_some(connection, database, turn=turn), durable=False)


async def written_a_second(place: Place, seconds: float) -> float:
    """How many deliveries are written a second while nothing else is done."""
    database = open_database(place.settings)
    counting = select(func.count()).select_from(delivery)
    before = await database.read(lambda connection: connection.execute(counting).scalar_one())
    begin, turns = time.perf_counter(), itertools.count()
    while time.perf_counter() < begin + seconds and await write_some(database, next(turns)):
        pass
    passed = time.perf_counter() - begin
    after = await database.read(lambda connection: connection.execute(counting).scalar_one())
    await database.close()
    return float(after - before) / passed


def show(database: str, standings: dict[str, Standing]) -> None:
    """Print a table."""
    print(f"{database + ': endpoints':<36}{'stamps/s':>10}{'min':>8}{'max':>8}{'CPU µs':>8}{'of one':>8}")
    for name, one in standings.items():
        label = f"{MEANWHILE}, deliveries written meanwhile" if name == "meanwhile" else name
        cpu = statistics.median(1e6 * (of.client or 0) / of.rate for of in one.rounds)
        share = ratio(standings, name, "1") or 0.0
        print(f"{label:<36}{one.rate:>10.0f}{min(one.rates):>8.0f}{max(one.rates):>8.0f}{cpu:>8.0f}{share:>8.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
