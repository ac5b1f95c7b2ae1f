"""Moves: a whole installation goes from SQLite to PostgreSQL, and from there to SQLite, with `loyalty move`.

A crowd is filled once and moved on from place to place, while a till stamps at the place that is left, until that is
closed. For each move: how long it takes, the processor time of the command and of PostgreSQL, for how long nobody could
write, the memory of the command after a tenth of the time, before the end and at its highest, and how many stamps came
meanwhile; all of them have to be at the new place. Beside it stands what the database alone needs to copy the same rows
into an empty place of the same kind as the new one, proving nothing: the ratio is of processor time, which says more
than the clock on a machine that others use. `python -m bench.moves --help` lists the options.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from bench.crowd.shape import Crowd
from bench.crowd.store import Crowds, crowds
from bench.databases import Databases
from bench.goals import Line, at_least, at_most, found
from bench.memory import KILOBYTES_A_MEGABYTE, children_of, cpu_seconds_of_family
from bench.moving_till import Till
from bench.plain_copies import plain_copy, server_process
from bench.rounds import keep
from bench.server_process import ROOT
from bench.shops import SECRET_KEY
from loyalty_app.settings import Settings

GOAL_ENTRIES, GOAL_SECONDS, GOAL_CLOSED = 10_000_000, 600, 30
LOOK_EVERY_SECONDS = 0.2


class Told(msgspec.Struct, frozen=True):
    """What the command says: the rows of each table, and for how many seconds nobody could write."""

    rows: dict[str, int]
    seconds: float


class MovedCrowd(msgspec.Struct, frozen=True, kw_only=True):
    """One move: seconds by the clock, of the processor and closed, memory in MB, and the plain copy beside it."""

    way: str
    rows: int
    entries: int
    seconds: float
    cpu: float
    server_cpu: float
    closed: float
    memory: list[float]
    stamped: int
    plain_seconds: float
    plain_cpu: float

    @property
    def rate(self) -> float:
        """Entries a second, with everything else that goes along with them."""
        return self.entries / self.seconds

    @property
    def early(self) -> float:
        """The memory after a tenth of the time."""
        return self.memory[len(self.memory) // 10]

    @property
    def late(self) -> float:
        """The memory shortly before the end: after that the command clears up."""
        return self.memory[-1 - len(self.memory) // 20]

    @property
    def ratio(self) -> float:
        """Processor time as a multiple of the plain copy's."""
        return (self.cpu + self.server_cpu) / self.plain_cpu


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.moves", description="Moves of a whole installation.")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--entries", type=int, default=200_000, help="stamps; redemptions come on top")
    parser.add_argument("--shops", type=int, default=1)
    parser.add_argument("--stamps-a-second", type=float, default=10, help="of the till that goes on meanwhile")
    parser.add_argument("--folder", help="where it is done, on a disk with room; by default where temporary files are")
    given = parser.parse_args(arguments)
    crowd = Crowd(shops=given.shops, customers=given.customers, stamps=given.entries)
    with crowds(given.folder) as here:
        moves = list(walk(here, crowd, given.stamps_a_second))
    report(moves, crowd)


def walk(here: Crowds, crowd: Crowd, stamps: float) -> Iterator[MovedCrowd]:
    """Fill a crowd, and move it on; each old place is removed."""
    databases, source = here.databases, here.find("SQLite", crowd, f"moves_{os.getpid()}").settings
    for place, way in ((databases.postgres, "SQLite → PostgreSQL"), (databases.sqlite, "PostgreSQL → SQLite")):
        target = msgspec.structs.replace(place(f"moved_{os.getpid()}"), secret_key=SECRET_KEY)
        moved = move(databases, msgspec.structs.replace(source, secret_key=SECRET_KEY), target, stamps)
        yield msgspec.structs.replace(moved, way=way)
        source = target


def move(databases: Databases, source: Settings, target: Settings, stamps: float) -> MovedCrowd:
    """Move everything while a till stamps, and copy the same rows plainly after that."""
    began = used(databases)
    with Till(source, a_second=stamps) as till:
        told, memory, seconds, cpu = watched(source, target)
        server_cpu = used(databases) - began
    till.check(target)
    copy = plain_copy(databases, target)
    plain_began, plain_server, plain_own = time.monotonic(), used(databases), time.process_time()
    copy()
    return MovedCrowd(
        way="",
        rows=sum(told.rows.values()),
        entries=told.rows["transaction"],
        seconds=seconds,
        cpu=cpu,
        server_cpu=server_cpu,
        closed=told.seconds,
        memory=memory,
        stamped=till.accepted,
        plain_seconds=time.monotonic() - plain_began,
        plain_cpu=time.process_time() - plain_own + used(databases) - plain_server,
    )


def used(databases: Databases) -> float:
    """The processor time of PostgreSQL until now; 0 if it is a server of your own."""
    process = server_process(databases)
    return 0.0 if process is None else cpu_seconds_of_family(process)


def watched(source: Settings, target: Settings) -> tuple[Told, list[float], float, float]:
    """Run the command; return what it told, its memory every now and then, and its seconds by clock and processor."""
    command = [sys.executable, "-m", "loyalty_cli", "move", "--to", target.database_url, "--json"]
    own = {"LOYALTY_DATABASE_URL": source.database_url, "LOYALTY_SECRET_KEY": SECRET_KEY, "PYTHONPATH": str(ROOT)}
    before, began, memory = os.times(), time.monotonic(), list[float]()
    process = subprocess.Popen(command, env={**os.environ, **own}, stdout=subprocess.PIPE, text=True)  # noqa: S603  # ours
    looking = threading.Thread(target=lambda: memory.extend(weights(process.pid, process.poll)))
    looking.start()
    said, _ = process.communicate()
    looking.join()
    after = os.times()
    if process.returncode:
        message = "The move has failed."
        raise SystemExit(message)
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return msgspec.json.decode(said, type=Told), memory, time.monotonic() - began, cpu


def weights(process: int, ended: Callable[[], int | None]) -> Iterator[float]:
    """The memory of a process and of those that it has started, in MB, again and again until it has ended."""
    while ended() is None:
        if heavy := sum(map(weight, [process, *children_of(process)])):
            yield heavy
        time.sleep(LOOK_EVERY_SECONDS)


def weight(process: int) -> float:
    """The resident memory of a process in MB; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    sizes = [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
    return sum(sizes) / KILOBYTES_A_MEGABYTE


def report(moves: Sequence[MovedCrowd], crowd: Crowd) -> None:
    """Print a table, and store all results."""
    print(f"{crowd.customers:,} customers, {crowd.stamps:,} stamps, {crowd.shops:,} shop(s)")
    for one in moves:
        print(f"{one.way}: {one.rows:,} rows, {one.entries:,} entries, {one.stamped:,} of them stamped meanwhile")
        for what, figure in figures(one).items():
            print(f"  {what:<58}{figure:>12,.2f}")
    told = [{**msgspec.structs.asdict(one), "memory": round(max(one.memory), 1), **figures(one)} for one in moves]
    goals = [line for one in moves for line in goals_of(one)]
    keep("moves", {"crowd": msgspec.to_builtins(crowd), "moves": told, "goals": msgspec.to_builtins(goals)})


def figures(one: MovedCrowd) -> dict[str, float]:
    """What is shown of a move."""
    return {
        "seconds": one.seconds,
        "entries a second": one.rate,
        "processor seconds of the command": one.cpu,
        "processor seconds of PostgreSQL": one.server_cpu,
        "seconds in which nobody could write": one.closed,
        "MB after a tenth of the time": one.early,
        "MB shortly before the end": one.late,
        "MB at most": max(one.memory),
        "seconds of a plain copy within the new kind": one.plain_seconds,
        "processor seconds of the plain copy": one.plain_cpu,
        "processor time / plain copy": one.ratio,
    }


def goals_of(one: MovedCrowd) -> list[Line]:
    """The goals of a move."""
    return [
        at_least(f"{one.way}: entries a second", one.rate, round(GOAL_ENTRIES / GOAL_SECONDS)),
        at_most(f"{one.way}: seconds in which nobody could write", one.closed, GOAL_CLOSED),
        found(f"{one.way}: memory before the end / after a tenth", one.late / one.early),
        found(f"{one.way}: processor time / plain copy", one.ratio),
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
