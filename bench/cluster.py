"""A cluster beside one plain PostgreSQL on the same cores: stamps a second, and what a stamp costs in processor time.

`LOYALTY_TEST_CITUS_URL` leads to the coordinator of a Citus cluster (docs/howto/citus.md), and
`LOYALTY_BENCH_POSTGRES_URL` to a plain server, best of the same version and with the same settings; without it one is
started. Each gets a database of its own with 20 shops. At the counter, in process, 32 and then 128 askers wait for
their answers; over HTTP, 32 connections. All are measured in turn, commits are durable. CPU time is that of this
process, or of the API's, and of the database's sessions on all machines; of those that are not this one it is unknown.
At the end a shard is moved while people stamp, and the longest pause is told. `--help` lists the options.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec

from bench.cluster_places import Place, longest_pause, open_cluster, open_plain, open_tills
from bench.databases import open_databases
from bench.goals import Line, at_least, at_most, found
from bench.http_load import CONNECTIONS, Load, Round, at_full_rate, write_cards
from bench.memory import cpu_seconds_of_family
from bench.rounds import Contestant, Standing, compete, keep, ratio
from bench.server_starts import API, server_environment, started
from testkit.citus import VARIABLE, citus_url

CASES = {"32": "at the counter, 32 askers", "128": "at the counter, 128 askers", "http": "over HTTP, 32 connections"}
GOALS = {"32": 0.5, "128": 0.7, "http": 0.45}
"""The least share of the plain server's rate."""
LONGEST_PAUSE_SECONDS = 2.0
WARMING = 10
"""How often each asker stamps before it counts: PostgreSQL plans a statement five times, for each shard again."""
SECOND_US = 1e6
OUTCOMES = {True: "met", False: "MISSED", None: ""}


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print tables and one line of JSON."""
    given = chosen(arguments)
    if citus_url() is None:
        raise SystemExit(f"{VARIABLE} names no cluster.")
    with open_databases() as here, ExitStack() as stack:
        places = [open_plain(here), open_cluster(stack, given.shards)]
        contestants = [contestant(place, case, here.folder, stack) for place in places for case in given.only]
        for place in places:
            print(f"{place.name}: {asyncio.run(place.described())}")
        standings = compete(contestants, given.rounds, given.seconds)
        pause = longest_pause(places[1]) if given.move else None
    lines = [*lines_of(standings, given.only)]
    if pause is not None:
        lines.append(at_most("seconds: longest pause while a shard moves", pause, LONGEST_PAUSE_SECONDS))
    report(standings, lines)
    told = {one.name: figures(one) for one in standings.values()}
    kept = {"rounds": given.rounds, "seconds": given.seconds, "shards": given.shards, "cores": os.cpu_count()}
    keep("cluster", {**kept, "standings": told, "goals": msgspec.to_builtins(lines)})


def chosen(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description="A cluster beside PostgreSQL.")
    parser.add_argument("only", nargs="*", metavar="case", choices=[*CASES, []], help=", ".join(CASES))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a round lasts")
    parser.add_argument("--shards", type=int, help="in how many shards the cluster lies, if not in as many as usual")
    parser.add_argument("--no-move", dest="move", action="store_false", help="move no shard")
    given = parser.parse_args(arguments)
    given.only = given.only or list(CASES)
    return given


def contestant(place: Place, case: str, folder: Path, stack: ExitStack) -> Contestant:
    """A case to measure; over HTTP it gets a server, which runs until the end."""
    if case == "http":
        up = stack.enter_context(started(API, server_environment(place.settings)))
        cards = write_cards(folder / f"{place.name}.cards", place.cards)
        load = Load(port=up.port, cards=cards, once_only=True, connections=CONNECTIONS)
        measure = partial(over_http, place, load, up.pid)
    else:
        measure = partial(at_the_counter, place, int(case))
    return Contestant(name=f"{place.name}-{case}", label=CASES[case], database=place.name, measure=measure)


def over_http(place: Place, load: Load, pid: int, seconds: float) -> Round:
    """Stamp over HTTP for that many seconds."""
    own, theirs = cpu_seconds_of_family(pid), asyncio.run(place.cpu_seconds())
    whole = at_full_rate(load, seconds)
    own, spent = cpu_seconds_of_family(pid) - own, asyncio.run(place.cpu_since(theirs))
    return msgspec.structs.replace(whole, client=own / whole.seconds, database=spent and spent / whole.seconds)


def at_the_counter(place: Place, askers: int, seconds: float) -> Round:
    """Stamp in this process for that many seconds."""
    return asyncio.run(_stamp(place, askers, seconds))


async def _stamp(place: Place, askers: int, seconds: float) -> Round:
    async with open_tills(place) as tills:
        await tills.ask(askers, float("inf"), most=WARMING)
        theirs, own, begin = await place.cpu_seconds(), time.process_time(), time.perf_counter()
        answers = await tills.ask(askers, begin + seconds)
        passed, own = time.perf_counter() - begin, time.process_time() - own
        spent = await place.cpu_since(theirs)
    return Round(answers=answers, seconds=passed, client=own / passed, database=spent and spent / passed)


def lines_of(standings: dict[str, Standing], cases: Sequence[str]) -> Iterator[Line]:
    """The goals of the measured cases, and how much more processor time a stamp takes."""
    for case in cases:
        share = ratio(standings, f"cluster-{case}", f"plain-{case}")
        if share is not None:
            yield at_least(f"{CASES[case]}: rate, cluster / plain", share, GOALS[case])
        pairs = zip(standings[f"cluster-{case}"].rounds, standings[f"plain-{case}"].rounds, strict=True)
        yield found("the same, CPU of a stamp, cluster / plain", statistics.median(_us(a) / _us(b) for a, b in pairs))


def _us(one: Round) -> float:
    """The processor time of a stamp, in microseconds."""
    return SECOND_US * ((one.client or 0) + (one.database or 0)) / one.rate


def report(standings: dict[str, Standing], lines: Sequence[Line]) -> None:
    """Print the table."""
    print(f"{'stamps a second':<40}{'median':>8}{'min':>8}{'max':>8}{'own µs':>8}{'server':>8}")
    for one in standings.values():
        rates = f"{one.rate:>8.0f}{min(one.rates):>8.0f}{max(one.rates):>8.0f}"
        spent = figures(one)
        print(f"{one.database + ', ' + one.label:<40}{rates}{spent['own_us']:>8.0f}{spent['server_us']:>8.0f}")
    for line in lines:
        print(f"{line.what:<64}{line.reached:>8.2f}  {line.wanted:<8}{OUTCOMES[line.met]}".rstrip())


def figures(standing: Standing) -> dict[str, float]:
    """The figures of a case, for JSON."""
    rounds = standing.rounds
    return {
        "stamps_a_second": round(standing.rate, 1),
        "own_us": round(statistics.median(SECOND_US * (one.client or 0) / one.rate for one in rounds), 1),
        "server_us": round(statistics.median(SECOND_US * (one.database or 0) / one.rate for one in rounds), 1),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
