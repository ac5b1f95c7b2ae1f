"""Stamps a second of a shop with one webhook endpoint, with ten and with fifty, side by side, at the counter.

As in `crowd_growth`: 32 askers that each wait for their answer, durable commits, everything written that belongs to a
stamp. Without more words nothing is sent meanwhile: what waits is sent after the rush. "sent meanwhile" has a worker in
the same process, as in `loyalty serve`, and a receiver in another one that takes everything at once; both under a load
that never ends, in which fifty endpoints get fifty times the work. `written a second` says how fast deliveries are
written, and `sent a second` how fast they are written, sent and recorded, each alone.

`python -m bench.endpoints --help` lists the options.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import func, select

from bench.crowd.shape import Crowd
from bench.crowd.store import DATABASES, Crowds, Place, crowds
from bench.crowd_growth import register, stamps
from bench.goals import Line, at_least, found
from bench.http_load import Round
from bench.rounds import Contestant, Standing, compete, keep, ratio
from bench.sending import SendingRound, sent_a_second, stamps_and_deliveries
from bench.webhooks import Sink, sink
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import delivery
from loyalty_app.webhooks.fan_out import fan_out_some

COUNTS, SENT = (0, 1, 4, 5, 10, 50), (1, 50)
"""How many endpoints there are, and how many while deliveries are sent meanwhile."""
FEW, MANY = SENT
LEAST = 0.6
"""The least rate of a shop with 50 endpoints, as a share of that with one."""


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
    with crowds(None) as kept, sink() as receiver:
        lines = [line for name in given.databases for line in measured(Shops(kept, name, crowd), receiver, given)]
    keep("endpoints", {"rounds": given.rounds, "seconds": given.seconds, "goals": msgspec.to_builtins(lines)})


class Shops(NamedTuple):
    """Where shops are made, each in a database of its own."""

    kept: Crowds
    database: str
    crowd: Crowd

    def furnished(self, count: int, name: str = "") -> Place:
        """A shop with so many endpoints."""
        place = self.kept.find(self.database, self.crowd, f"endpoints{count}{name}")
        asyncio.run(register(place, count))
        return place


def measured(shops: Shops, receiver: Sink, given: argparse.Namespace) -> list[Line]:
    """The figures of one database, printed as they are had."""
    places = {count: shops.furnished(count) for count in COUNTS}
    sending = {count: shops.furnished(count, "sent") for count in SENT}
    contestants = [contestant(str(count), place) for count, place in places.items()]
    contestants += [contestant(f"{count}, sent meanwhile", place, receiver) for count, place in sending.items()]
    for one in contestants:
        one.measure(given.before)
    standings = compete(contestants, given.rounds, given.seconds)
    show(shops.database, standings)
    speeds = {
        "written": asyncio.run(written_a_second(places[MANY], given.seconds)),
        "sent": asyncio.run(sent_a_second(sending[MANY], given.seconds, receiver)),
    }
    for done, speed in speeds.items():
        print(f"{shops.database}: deliveries {done} a second, alone: {speed:,.0f}")
    return [
        *goals(shops.database, standings),
        *(found(f"{shops.database}: {d} a second", s) for d, s in speeds.items()),
    ]


def goals(database: str, standings: dict[str, Standing]) -> list[Line]:
    """What fifty endpoints leave of the rate of one."""

    def share(name: str, to: str) -> float:
        return ratio(standings, name, to) or 0.0

    few, many = f"{FEW}, sent meanwhile", f"{MANY}, sent meanwhile"
    return [
        at_least(f"{database}: stamps with {MANY} endpoints / with one", share(str(MANY), str(FEW)), LEAST),
        at_least(f"{database}: the same, deliveries sent meanwhile", share(many, few), LEAST),
        found(f"{database}: {MANY}, sent meanwhile / one, nothing sent", share(many, str(FEW))),
    ]


def contestant(name: str, place: Place, receiver: Sink | None = None) -> Contestant:
    """A shop to stamp in; with a receiver deliveries are sent at the same time."""

    def measure(seconds: float) -> Round:
        if receiver is not None:
            return asyncio.run(stamps_and_deliveries(place, seconds, receiver))
        before = time.process_time()
        done = asyncio.run(stamps(place, seconds))
        return msgspec.structs.replace(done, client=(time.process_time() - before) / done.seconds)

    return Contestant(name=name, label=name, database=place.database, measure=measure)


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
    titles = f"{'stamps/s':>10}{'min':>8}{'max':>8}{'CPU µs':>8}{'of one':>8}{'sent/s':>8}{'receiver':>10}"
    print(f"{database + ': endpoints':<36}{titles}")
    for name, one in standings.items():
        cpu = statistics.median(1e6 * (of.client or 0) / of.rate for of in one.rounds)
        share = ratio(standings, name, str(FEW)) or 0.0
        rounds = [of for of in one.rounds if isinstance(of, SendingRound)]
        sent = f"{statistics.median(of.sent for of in rounds):>8.0f}" if rounds else ""
        receiver = f"{statistics.median(of.receiver for of in rounds):>10.2f}" if rounds else ""
        rates = f"{one.rate:>10.0f}{min(one.rates):>8.0f}{max(one.rates):>8.0f}{cpu:>8.0f}{share:>8.2f}"
        print(f"{name:<36}{rates}{sent}{receiver}")


if __name__ == "__main__":
    main(sys.argv[1:])
