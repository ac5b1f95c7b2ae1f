"""Webhooks: how long after its commit an event reaches its receiver, and how many deliveries one core makes.

50 shops have an endpoint each. First a backlog is delivered to a sink as fast as possible. Then 100 stamps a second are
given, while one of the endpoints is dead (nothing listens on its port) and one is a tarpit (it accepts and never
answers); the times are those of the other 48. Counter and worker run in one process, as in `loyalty serve`; the sink
has a process of its own.
"""

import argparse
import asyncio
import itertools
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import uvloop

from bench.databases import fresh_databases
from bench.goals import at_most, found
from bench.rounds import keep
from loyalty_app.clock import utc_now
from loyalty_app.counter import Caller
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.db.tables import delivery
from loyalty_app.runtime import Runtime, open_runtime, open_webhook_worker
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import NewBusiness, first_terms, open_business
from loyalty_app.webhooks.endpoints import NewWebhookView, WebhookChange
from loyalty_core.access import Plan
from loyalty_core.customers import Profile
from loyalty_core.ledger import SYSTEM
from loyalty_core.stamping import StampOrder

SHOPS, BACKLOG, EVENTS_A_SECOND, SECONDS, PATIENCE = 50, 2_000, 100, 7, 20
KEY = "only for the bench"
GOALS = {"p50_ms": 300, "p99_ms": 2_000}


class Till(msgspec.Struct, frozen=True):
    """One shop: the caller and the customer of its stamps, and its endpoint."""

    caller: Caller
    customer_id: int
    webhook_id: int

    @property
    def once(self) -> KeyedRequest:
        """A request of the shop, without a key."""
        return KeyedRequest(business_id=self.caller.business.id)

    async def stamp(self, held: Runtime) -> int:
        """Give a stamp. Returns the transaction's id."""
        answer = await held.counter.give_stamp(self.caller, self.customer_id, StampOrder())
        return answer.outcome.transaction_id


class Sink:
    """The process that takes deliveries, and its tarpit."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process, self.pid = process, process.pid
        ports = json.loads(self._line())
        self.url, self.tarpit = (f"http://127.0.0.1:{ports[name]}/" for name in ("sink", "tarpit"))

    def _line(self) -> str:
        return self._process.stdout.readline() if self._process.stdout else ""

    def finish(self) -> dict[int, float]:
        """Stop the sink and the tarpit. Returns when each transaction's event came."""
        if self._process.stdin:
            self._process.stdin.close()
        return {int(number): at for number, at in json.loads(self._line()).items()}


@contextmanager
def sink() -> Iterator[Sink]:
    """A sink that listens."""
    command = [sys.executable, "-m", "bench.webhook_sink"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  # ours
    try:
        yield Sink(process)
    finally:
        process.kill()
        process.wait()


async def furnish(held: Runtime, url: str) -> list[Till]:
    """The shops, each with one customer and one endpoint."""
    return [await open_till(held, url) for _ in range(SHOPS)]


async def open_till(held: Runtime, url: str) -> Till:
    """A shop with a customer and an endpoint."""
    new = NewBusiness(name="Bench", plan=Plan.ENTERPRISE)
    business = await open_business(held.database, new, first_terms(100, "A coffee", utc_now()))
    caller = Caller(business=business, actor=SYSTEM)
    customer = (await held.counter.join(caller, Profile(name="Customer"))).outcome
    answer = await held.webhooks.register(KeyedRequest(business_id=business.id), url, ("stamp.added",))
    return Till(caller, customer.id, msgspec.json.decode(answer.body, type=NewWebhookView).id)


async def deliver_backlog(settings: Settings) -> dict[str, float]:
    """Deliver the queue, with a worker alone in its process."""
    database = open_database(settings)
    begin, cpu = time.perf_counter(), time.process_time()
    async with open_webhook_worker(settings):
        while await waiting(database):
            check(time.perf_counter() - begin < PATIENCE, "the backlog was not delivered")
            await asyncio.sleep(0.05)
        took, cpu = time.perf_counter() - begin, time.process_time() - cpu
    await database.close()
    return {"deliveries_a_second": BACKLOG / took, "deliveries_a_cpu_second": BACKLOG / cpu}


async def waiting(database: Database) -> bool:
    """Whether anything is still queued."""
    queued = delivery.select().where(delivery.c.status == "queued").exists()
    return await database.read(lambda connection: bool(connection.scalar(queued.select())))


async def stamp_evenly(held: Runtime, tills: list[Till], *, watched: list[Till], seconds: int) -> dict[int, float]:
    """Give stamps at an even pace, one shop after the other. Returns when those of the watched shops were committed."""
    committed: dict[int, float] = {}

    async def stamp(till: Till) -> None:
        number = await till.stamp(held)
        if till in watched:
            committed[number] = time.time()

    begin, stamps = time.perf_counter(), []
    for number, till in zip(range(EVENTS_A_SECOND * seconds), itertools.cycle(tills), strict=False):
        await asyncio.sleep(begin + number / EVENTS_A_SECOND - time.perf_counter())
        stamps.append(asyncio.create_task(stamp(till)))
    await asyncio.gather(*stamps)
    return committed


async def measure_times(settings: Settings, tills: list[Till], sink: Sink, *, seconds: int) -> dict[str, float]:
    """Stamp while one endpoint is dead and one a tarpit."""
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))  # and nobody listens
        async with open_runtime(settings) as held:
            for till, url in zip(tills, (f"http://127.0.0.1:{dead.getsockname()[1]}/", sink.tarpit), strict=False):
                await held.webhooks.change(till.once, till.webhook_id, WebhookChange(url=url))
            committed = await stamp_evenly(held, tills, watched=tills[2:], seconds=seconds)
            await asyncio.sleep(GOALS["p99_ms"] / 1000)
            arrived = sink.finish()
    late = sorted((arrived[number] - at) * 1000 for number, at in committed.items() if number in arrived)
    check(len(late) == len(committed), f"{len(committed) - len(late)} events did not come in time")
    return {"p50_ms": late[len(late) // 2], "p99_ms": late[len(late) * 99 // 100]}


async def measure(settings: Settings, seconds: int) -> dict[str, float]:
    """All figures of one database."""
    with sink() as receiver:
        async with open_runtime(settings, delivering=False) as held:
            tills = await furnish(held, receiver.url)
            await asyncio.gather(*(till.stamp(held) for till in tills for _ in range(BACKLOG // SHOPS)))
        figures = await deliver_backlog(settings)
        return {**await measure_times(settings, tills, receiver, seconds=seconds), **figures}


def check(fine: bool, trouble: str) -> None:  # noqa: FBT001  # reads as a sentence
    """Raise SystemExit with the trouble unless all is fine."""
    if not fine:
        raise SystemExit(trouble)


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.webhooks", description="How soon events arrive.")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of even stamping")
    seconds = parser.parse_args(arguments).seconds
    with fresh_databases() as databases:
        figures = {
            name: uvloop.run(
                measure(msgspec.structs.replace(settings, secret_key=KEY, webhook_allow="127.0.0.0/8"), seconds)
            )
            for name, settings in databases.items()
        }
    report(figures)


LABELS = {
    "p50_ms": "commit to receiver, p50, ms",
    "p99_ms": "commit to receiver, p99, ms",
    "deliveries_a_second": "deliveries a second",
    "deliveries_a_cpu_second": "deliveries a second of one core",
}


def report(figures: dict[str, dict[str, float]]) -> None:
    """Print the results, beside the goals."""
    print(f"{'webhooks':<34}{''.join(f'{name:>12}' for name in figures)}{'goal':>8}")
    for key, label in LABELS.items():
        columns = "".join(f"{of[key]:>12.0f}" for of in figures.values())
        print(f"{label:<34}{columns}{GOALS.get(key, ''):>8}")
    rounded = {name: {key: round(figure, 1) for key, figure in of.items()} for name, of in figures.items()}
    goals = [
        at_most(f"{name}: {LABELS[key]}", of[key], wanted)
        for name, of in rounded.items()
        for key, wanted in GOALS.items()
    ]
    goals += [found(f"{name}: deliveries a second", of["deliveries_a_second"]) for name, of in rounded.items()]
    told = {"events_a_second": EVENTS_A_SECOND, "endpoints": SHOPS, **rounded}
    keep("webhooks", {**told, "goals": msgspec.to_builtins(goals)})


if __name__ == "__main__":
    main(sys.argv[1:])
