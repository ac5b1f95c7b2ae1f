"""What API processes cost each other: two on one database beside one, with one shop and with a hundred, over HTTP.

32 connections (`--connections` asks for others), durable commits, PostgreSQL. Servers with one process and with two
stand on the same databases, and are measured in turn. Beside each rate stands what a stamp costs in CPU time, in the
API's processes and in PostgreSQL's, how many stamps a transaction has (key lookups and idle servers have some too), how
much log it writes and how often that is flushed, and what sessions wait for.

With four cores or more, PostgreSQL, the load and each of two processes get a core of their own. With fewer all compete,
so that rates say little; what they would be follows from CPU times, unless everybody waits for locks: "with cores of
their own" divides a core's second by the time of a stamp. Then servers are left alone, to see what an idle one asks
for. `python -m bench.processes --help` lists the options.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec

from bench.api_processes import SECOND_US, Seen, Server, open_servers, pin
from bench.databases import open_databases
from bench.goals import Line, at_least, found
from bench.http_load import CONNECTIONS
from bench.rounds import Contestant, Standing, compete, keep, ratio
from bench.rows_written import check

SHOPS, PROCESSES = (1, 100), (1, 2)
GOAL, MANY_SHOPS_GOAL = 1.3, 0.9
OUTCOMES = {True: "met", False: "MISSED", None: ""}


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print tables and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.processes", description="One API process beside two.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a round lasts")
    parser.add_argument("--idle", type=float, default=10.0, help="for how many seconds servers are left alone")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="how many tills ask at once")
    parser.add_argument("--redis", action="store_true", help="count limits in Redis, over all processes")
    given = parser.parse_args(arguments)
    with open_databases() as here, ExitStack() as stack:
        servers = [
            one
            for shops in SHOPS
            for one in open_servers(
                here, shops, stack, counts=PROCESSES, connections=given.connections, redis=given.redis
            )
        ]
        pinned = pin(here.server, servers)
        standings = compete([contestant(one) for one in servers], given.rounds, given.seconds)
        idle = {one.name: one.rest(given.idle) for one in servers}
        prove(servers)
    report(standings, servers, pinned=pinned)
    rest = {name: told_at_rest(seen, given.idle) for name, seen in idle.items()}
    for name, figures in rest.items():
        print(f"{name} at rest:", *(f"{what.replace('_', ' ')} {figure}" for what, figure in figures.items()), sep="  ")
    goals = [*lines(standings, servers)]
    for line in goals:
        print(f"{line.what:<72}{line.reached:>8.2f}  {line.wanted:<8}{OUTCOMES[line.met]}".rstrip())
    told = {one.name: {"stamps_a_second": round(standings[one.name].rate, 1), **one.figures()} for one in servers}
    kept = {"rounds": given.rounds, "connections": given.connections, "cores": os.cpu_count(), "pinned": pinned}
    keep("processes", {**kept, "servers": told, "at_rest": rest, "goals": msgspec.to_builtins(goals)})


def contestant(server: Server) -> Contestant:
    """A server in the contest."""
    return Contestant(name=server.name, label=server.name, database="PostgreSQL", measure=server.measure)


def prove(servers: Sequence[Server]) -> None:
    """Raise SystemExit unless all that was answered is in the ledger."""
    for settings in {one.settings.database_url: one.settings for one in servers}.values():
        theirs = [one for one in servers if one.settings.database_url == settings.database_url]
        check("processes", settings, sum(seen.answers for one in theirs for seen in one.seen))


def report(standings: dict[str, Standing], servers: Sequence[Server], *, pinned: bool) -> None:
    """Print the table."""
    print("each on cores of its own" if pinned else "all compete for the same cores")
    for one in servers:
        figures = one.figures()
        waits = ", ".join(f"{what} {share:.0%}" for what, share in figures.pop("waits").items())
        print(f"{one.name:<10}{standings[one.name].rate:>7.0f} a second", *_written(figures), sep="  ")
        print(f"{'':<12}sessions: {waits}")


def _written(figures: dict[str, Any]) -> Iterator[str]:
    return (f"{what.replace('_', ' ')} {figure}" for what, figure in figures.items())


def told_at_rest(seen: Seen, seconds: float) -> dict[str, float]:
    """What an idle server asks for, each second; the look itself takes two transactions."""
    return {
        "transactions_a_second": round(max(0.0, seen.spending.transactions - 2) / seconds, 2),
        "api_ms_a_second": round(1_000 * seen.api / seconds, 2),
        "postgres_ms_a_second": round(1_000 * seen.spending.cpu_seconds / seconds, 2),
        "flushes_a_second": round(seen.spending.flushes / seconds, 2),
    }


def lines(standings: dict[str, Standing], servers: Sequence[Server]) -> Iterator[Line]:
    """The goals, and what CPU times say of them."""
    known = {one.name: one for one in servers}
    for shops in SHOPS:
        two, one = f"2-of-{shops}", f"1-of-{shops}"
        yield at_least(f"{shops} shops: two processes / one", ratio(standings, two, one) or 0, GOAL)
        yield found("the same with cores of their own, by CPU times", known[two].bound / known[one].bound)
    yield at_least("100 shops / one shop, one process", ratio(standings, "1-of-100", "1-of-1") or 0, MANY_SHOPS_GOAL)
    yield found("the same, CPU of a stamp", _cpu(known["1-of-100"]) / _cpu(known["1-of-1"]))


def _cpu(server: Server) -> float:
    return SECOND_US * (server.per_stamp("api") + server.per_stamp("cpu_seconds"))


if __name__ == "__main__":
    main(sys.argv[1:])
