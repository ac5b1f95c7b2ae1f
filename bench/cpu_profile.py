"""The server's CPU time for a stamp, and its parts."""

from collections.abc import Sequence

import msgspec

from bench.databases import Databases
from bench.http_load import Load, at_full_rate, write_cards
from bench.memory import cpu_seconds
from bench.profiler.sampling import sampled
from bench.server_starts import API, server_environment, started
from bench.shops import Scale, furnish

MICROSECONDS = 1_000_000


class CpuProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The CPU time of a stamp on a database, in microseconds, and the shares of its parts."""

    name: str
    microseconds: float
    shares: dict[str, float]

    def figures(self) -> dict[str, float]:
        """Microseconds in all and of each part, for JSON."""
        parts = {name: round(share * self.microseconds, 1) for name, share in self.shares.items()}
        return {"all": round(self.microseconds, 1), **parts}


def profile_cpu(databases: Databases, name: str, seconds: float) -> CpuProfile:
    """Stamp at `loyalty api` with 32 connections: once to measure, and once under the profiler."""
    settings = databases.sqlite("cpu_profile") if name == "SQLite" else databases.postgres("cpu_profile")
    cards = write_cards(databases.folder / f"cpu_profile-{name}.cards", furnish(settings, Scale()))
    with started(API, server_environment(settings)) as server:
        load = Load(port=server.port, cards=cards)
        at_full_rate(load, 2)
        before = cpu_seconds(server.pid)
        answers = at_full_rate(load, seconds).answers
        used = cpu_seconds(server.pid) - before
        with sampled(server.pid, seconds) as found_there:
            at_full_rate(load, seconds)
    return CpuProfile(name=name, microseconds=used / answers * MICROSECONDS, shares=found_there.shares)


def show_cpu_profile(found: Sequence[CpuProfile]) -> None:
    """Print the results."""
    print(f"{'microseconds of CPU of a stamp':<34}" + "".join(f"{one.name:>18}" for one in found))
    print(f"{'all':<34}" + "".join(f"{one.microseconds:>18.0f}" for one in found))
    for part in found[0].shares:
        columns = (f"{one.shares[part] * one.microseconds:>11.0f}  {one.shares[part]:>4.0%}" for one in found)
        print(f"{part:<34}" + "".join(f"{column:>18}" for column in columns))
    print()
