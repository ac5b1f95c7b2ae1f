"""Reads of a shop with a million customers: the summary, each list and searches, on both databases and over HTTP.

Each read is asked so often, after once that does not count; the best of its times stands for it. A kind of read is
asked at several places: the table has their median and 95th percentile, and the median of the processor time, that of
PostgreSQL included, which says more where others work on the machine. `--without-statistics` makes PostgreSQL forget
what it knows of its tables, as right after an import. `--folder` keeps the crowds for the next time.
"""

import argparse
import asyncio
import http.client
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bench.crowd.shape import Crowd
from bench.crowd.store import DATABASES, Place, crowds
from bench.databases import execute
from bench.goals import Line, at_most
from bench.large_shop.kinds import Kind, Kinds
from bench.memory import children_of
from bench.postgres_spending import server_of
from bench.rounds import keep
from bench.server_process import served
from loyalty_app.clock import utc_now
from loyalty_app.db.engine import Database, open_database
from loyalty_app.shops.api_keys import create_key
from loyalty_app.upkeep.posting_lists import keep_lists
from loyalty_app.upkeep.span_keeping import keep_spans

GOAL_MS = 5.0
FORGET = ("DELETE FROM pg_statistic", "UPDATE pg_class SET reltuples = -1 WHERE relkind = 'r' AND relnamespace >= 2200")


class Took(msgspec.Struct, frozen=True):
    """How long a read took at its best, and how much time of processors on average, in seconds."""

    wall: float
    processor: float | None = None


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.large_shop", description="Reads of a large shop.")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--stamps", type=int, help="ten for each customer unless given")
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--without-statistics", action="store_true")
    parser.add_argument("--folder")
    given = parser.parse_args(arguments)
    crowd = Crowd(customers=given.customers, stamps=given.stamps or 10 * given.customers)
    lines: list[Line] = []
    with crowds(given.folder) as found:
        for database in given.database or DATABASES:
            place = found.find(database, crowd)
            if given.without_statistics and not place.settings.on_sqlite:
                execute(place.settings.database_url, *FORGET)
            lines += asyncio.run(in_process(place, given.tries))
            lines += over_http(place, given.tries)
            if not place.settings.on_sqlite:
                execute(place.settings.database_url, "ANALYZE")
    keep("large_shop", {"customers": given.customers, "load": os.getloadavg()[0], "goals": msgspec.to_builtins(lines)})


async def in_process(place: Place, tries: int) -> list[Line]:
    """Each kind, from the call to the structs."""
    database = open_database(place.settings)
    begin = time.perf_counter()
    if await keep_lists(database, now=utc_now()):
        print(f"{place.database}: the lists for searching were made in {time.perf_counter() - begin:.0f} s")
    begin = time.perf_counter()
    if made := await keep_spans(database, utc_now):
        print(f"{place.database}: {made} spans of the ledger were made in {time.perf_counter() - begin:.0f} s")
    head(place, "in process")
    server = None if place.settings.on_sqlite else await asyncio.to_thread(server_of, place.settings.database_url)
    lines = [told(place, one, await asked(database, one, tries, server)) for one in Kinds(place).all()]
    await database.close()
    return lines


async def asked(database: Database, kind: Kind, tries: int, server: int | None) -> list[Took]:
    """What each verb of a kind took."""
    found = []
    for verb in kind.verbs:
        await database.read(verb)
        before, spent = processor_seconds(server), []
        for _ in range(tries):
            begin = time.perf_counter()
            await database.read(verb)
            spent.append(time.perf_counter() - begin)
        found.append(Took(min(spent), (processor_seconds(server) - before) / tries))
    return found


def processor_seconds(server: int | None) -> float:
    """What this process and the children of a server have spent, to the nanosecond, where the machine tells it."""
    own, files = time.process_time(), [] if server is None else children_of(server)
    return own + sum(int((Path("/proc") / str(one) / "schedstat").read_text().split()[0]) for one in files) / 1e9


def over_http(place: Place, tries: int) -> list[Line]:
    """Each kind that the API serves, from the request to the whole answer."""
    headers = {"Authorization": f"Bearer {asyncio.run(_key(place))}"}
    head(place, "over HTTP")
    with served(place.settings) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)

        def get(path: str) -> None:
            connection.request("GET", f"/v1{path}", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != http.client.OK:
                raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")

        kinds = [one for one in Kinds(place).all() if one.paths]
        return [told(place, one, [timed(get, path, tries) for path in one.paths], "over HTTP, ") for one in kinds]


def timed(get: Callable[[str], None], path: str, tries: int) -> Took:
    """What a path took."""
    get(path)
    spent = []
    for _ in range(tries):
        begin = time.perf_counter()
        get(path)
        spent.append(time.perf_counter() - begin)
    return Took(min(spent))


async def _key(place: Place) -> str:
    database = open_database(place.settings)
    made = await create_key(database, place.shops[0].id, now=utc_now(), name="bench")
    await database.close()
    return made.api_key


def head(place: Place, where: str) -> None:
    """The head of a table."""
    print(f"{place.database}, {where}; load of the machine {os.getloadavg()[0]:.1f}", flush=True)
    print(f"  {'milliseconds':<44}{'median':>9}{'p95':>9}{'processor':>11}")


def told(place: Place, kind: Kind, took: Sequence[Took], where: str = "") -> Line:
    """A line of the table."""
    ordered = sorted(one.wall * 1_000 for one in took)
    middle, p95 = statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]
    spent = [one.processor * 1_000 for one in took if one.processor is not None]
    told = f"{statistics.median(spent):>11.2f}" if spent else " " * 11
    print(f"  {kind.name:<44}{middle:>9.2f}{p95:>9.2f}{told}{'' if middle <= GOAL_MS else '  MISSED'}", flush=True)
    return at_most(f"{place.database}: {where}{kind.name}, median ms", middle, GOAL_MS)


if __name__ == "__main__":
    main(sys.argv[1:])
