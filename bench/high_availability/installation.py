"""An installation: two machines of ours, a primary and a standby that each commit waits for, and tills at the doors.

The machines reach the database in one of three ways: straight, both servers being named, or through PgBouncer in
session or in transaction mode.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import asyncpg
import msgspec

from bench.high_availability.machines import Machine, command
from bench.high_availability.tills import Till
from bench.server_process import ROOT
from bench.shops import Card
from testkit.pgbouncer import PgBouncer
from testkit.postgres_pair import PostgresPair

STRAIGHT = "straight"
WAYS = (STRAIGHT, "session", "transaction")
SESSIONS = 50
TILLS, CARDS_EACH = 8, 2
SHOP = ("--name", "Shop", "--reward", "A coffee", "--plan", "enterprise", "--rate-limit", "1000000000", "--json")
WRITTEN = 'SELECT customer_id, sum(stamps)::integer AS stamps FROM "transaction" GROUP BY customer_id'


class Counted(msgspec.Struct, frozen=True):
    """Stamps that were answered, and how many of those are missing in the ledger, or there too often."""

    stamps: int
    lost: int
    doubled: int


class Installation:
    """What runs. `server` is the URL of the database server that takes writes now."""

    def __init__(self, folder: Path, way: str) -> None:
        self.pair = PostgresPair(folder / "pair", durable=True)
        self.server = self.pair.urls[0]
        self._pooler = None if way == STRAIGHT else PgBouncer(folder, mode=way, sessions=SESSIONS)
        self.urls = self._urls()
        self.machines = [Machine(name, folder, self.urls) for name in ("a", "b")]
        self.tills: list[Till] = []

    def _urls(self) -> dict[str, str]:
        places = ",".join(url.rpartition("@")[2].partition("/")[0] for url in self.pair.urls)
        both = f"postgresql://postgres:@{places}/postgres"
        if self._pooler is None:
            return {"LOYALTY_DATABASE_URL": both}
        through = self._pooler.url("postgres", "postgres")
        return {"LOYALTY_DATABASE_URL": through, "LOYALTY_DATABASE_DIRECT_URL": both}

    def start(self, tree: Path) -> None:
        """Start the databases and both machines, open a shop, and have the tills stamp."""
        self.pair.start()
        asyncio.run(self.pair.let_the_primary_wait_for_it())
        if self._pooler:
            self._pooler.start(self.server)
        key = json.loads(command(tree, self.urls, ["business", "create", *SHOP]))["api_key"]
        for machine in self.machines:
            machine.start(tree)
        cards = [joined(self.machines[0].port, key, number) for number in range(TILLS * CARDS_EACH)]
        doors = [machine.port for machine in self.machines]
        self.tills = [Till(doors[:: 1 if n % 2 else -1], cards[n::TILLS]) for n in range(TILLS)]
        for till in self.tills:
            till.start()

    def fail_over(self) -> None:
        """Crash the primary, promote the standby, and send a pooler there."""
        self.pair.crash_the_primary()
        self.pair.promote()
        self.server = self.pair.urls[1]
        if self._pooler:
            self._pooler.turn_to(self.server)

    def stamp_for(self, seconds: float) -> None:
        """Let the tills go on until each has stamped once more, and at least for so long."""
        seen = [len(till.answered) for till in self.tills]
        time.sleep(seconds)  # the load lasts so long; nothing is awaited
        while any(len(till.answered) == before for till, before in zip(self.tills, seen, strict=True)):
            time.sleep(0.01)  # so that looking costs the load no processor

    def counted(self) -> Counted:
        """End the tills, and compare what they were answered with the ledger."""
        for till in self.tills:
            till.end()
        for till in self.tills:
            till.join()
        wanted = sum((till.stamped for till in self.tills), Counter[int]())
        return compared(wanted, asyncio.run(in_the_ledger(self.server)))

    def stop(self) -> None:
        """End everything."""
        for till in self.tills:
            till.end()
        for machine in self.machines:
            machine.kill()
        if self._pooler:
            self._pooler.stop()
        self.pair.stop()


def compared(wanted: Counter[int], written: Counter[int]) -> Counted:
    """What was answered for each customer, beside what is in the ledger."""
    return Counted(wanted.total(), (wanted - written).total(), (written - wanted).total())


@contextmanager
def installed(folder: Path, way: str = STRAIGHT, tree: Path = ROOT) -> Iterator[Installation]:
    """An installation under load, reached in that way, with the machines of that tree."""
    folder.mkdir()
    installation = Installation(folder, way)
    try:
        installation.start(tree)
        yield installation
    finally:
        installation.stop()


def joined(port: int, key: str, number: int) -> Card:
    """The card of a new customer."""
    line = HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    line.request(
        "POST", "/v1/customers", json.dumps({"name": f"Customer {number}", "phone": f"+4915110000{number:03}"}), headers
    )
    customer = json.loads(line.getresponse().read())["data"]
    line.close()
    return Card(0, customer["id"], key)


async def in_the_ledger(url: str) -> Counter[int]:
    """The stamps of each customer, added up from the ledger."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(WRITTEN)
    await connection.close()
    return Counter({row["customer_id"]: row["stamps"] for row in rows})
