"""Searches: how long a search by `q` takes in a shop with a million customers, and how long it takes to index them.

A page of the list, at its start and far in, and the summary are asked for beside them.

Names are drawn from lists with few frequent and many rare ones, in several scripts. The customers are written as the
release before the index has left them, then indexed while a card is stamped. `--customers 100000` is a first look.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random

import msgspec
from sqlalchemy import update

from bench.databases import fresh_databases
from bench.goals import Line, at_most, found
from bench.query_times import Verb
from bench.rounds import keep
from loyalty_app.clock import utc_now
from loyalty_app.counter import Caller, Counter
from loyalty_app.customers.analytics import read_summary
from loyalty_app.customers.lists import Search, list_customers
from loyalty_app.db.bulk import BulkInsert
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.rows import customer_row
from loyalty_app.db.tables import business_total, customer
from loyalty_app.pagination import PageRequest, make_cursor
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, NewBusiness, first_terms, open_business
from loyalty_app.upkeep.search_indexing import index_customers
from loyalty_core.access import Plan
from loyalty_core.customers import Card, Customer, Profile, fold_case, new_code
from loyalty_core.fields import CustomerId
from loyalty_core.ledger import SYSTEM
from loyalty_core.stamping import StampOrder

CUSTOMERS, GOAL_MS, DRAWN, TRIES = 1_000_000, 5.0, 40, 5
AT_ONCE = 2_000
NOW = datetime.now(UTC)
SYLLABLES = "ma ri an le jo ha ka so el mi to ben lu da ro ne vi sha li na ta ko mü ştı ię ør".split()  # noqa: SIM905  # legible
COMMON = "Anna Maria Lena José Ömer Мария Юрий Ali محمد Nguyễn Łukasz 김민수 Sofia Leo Olga".split()  # noqa: SIM905  # the same


class People:
    """Draws names: a few that many have, and thousands that few have."""

    def __init__(self) -> None:
        self._dice = Random(1)  # dice, not secrets
        self.first = [*COMMON, *self._made(2_000)]
        self.last = self._made(20_000)

    def _made(self, count: int) -> list[str]:
        return ["".join(self._dice.choices(SYLLABLES, k=self._dice.randint(2, 4))).title() for _ in range(count)]

    def name(self) -> str:
        """A first and a last name, the earlier ones of each list more often."""
        return f"{self._one(self.first)} {self._one(self.last)}"

    def _one(self, names: Sequence[str]) -> str:
        return names[int(len(names) * self._dice.random() ** 3)]


def guests(count: int) -> Iterator[Customer]:
    """Customers with names, numbers and addresses; the first id is 2."""
    people = People()
    for number in range(2, count + 2):
        yield Customer(
            id=CustomerId(number),
            business_id=1,  # type: ignore[arg-type]  # the only shop
            qr_code=new_code(number.to_bytes(7, "big")),
            name=people.name(),
            phone=f"+4917{100_000_000 + number * 613 % 899_999_999}",
            email=f"guest{number}@example.com",
            birthday=None,
            created_at=NOW,
            updated_at=NOW,
            version=1,
            card=Card(),
        )


def old_row(guest: Customer) -> dict[str, object]:
    """A customer as the release before the index wrote it."""
    return {**customer_row(guest), "search_text": fold_case(f"{guest.name} {guest.phone} {guest.email}")}


async def fill(database: Database, count: int) -> Business:
    """One shop with so many customers; the first one is there to be stamped."""
    new = NewBusiness(name="Crowd", plan=Plan.ENTERPRISE, country="DE")
    shop = await open_business(database, new, first_terms(10, "A coffee", utc_now()))
    counter = Counter(database)
    await counter.join(Caller(business=shop, actor=SYSTEM), Profile(name="Somebody"))
    await counter.close()
    rows, drawn = [], guests(count)
    for guest in drawn:
        rows.append(old_row(guest))
        if len(rows) == AT_ONCE:
            await database.write(lambda c, rows=rows: database.put(c, [BulkInsert(customer, rows)]), durable=False)  # type: ignore[misc]
            rows = []
    await database.write(lambda c: database.put(c, [BulkInsert(customer, rows)]))
    await database.write(lambda c: c.execute(update(business_total).values(customers=count + 1)))
    return shop


async def index(database: Database, shop: Business) -> tuple[float, list[float]]:
    """Index everybody while a card is stamped; the seconds that took, and those of each stamp."""
    counter, caller, stamps = Counter(database), Caller(business=shop, actor=SYSTEM), list[float]()

    async def stamp() -> None:
        while True:
            begin = time.perf_counter()
            await counter.give_stamp(caller, CustomerId(1), StampOrder())
            stamps.append(time.perf_counter() - begin)
            await asyncio.sleep(0.02)

    stamping, begin = asyncio.create_task(stamp()), time.perf_counter()
    await index_customers(database)
    took = time.perf_counter() - begin
    stamping.cancel()
    await asyncio.gather(stamping, return_exceptions=True)
    await counter.close()
    return took, stamps


def questions(count: int) -> dict[str, list[str]]:
    """What is typed, by kind."""
    dice = Random(2)  # dice, not secrets
    known = [guest for guest in guests(min(count, 20_000)) if dice.random() < 0.01][:DRAWN]  # noqa: PLR2004  # some
    return {
        "first and last name, reversed": [" ".join(reversed(one.name.split())) for one in known],
        "a last name": [one.name.split()[1] for one in known],
        "a frequent first name": [name.lower() for name in COMMON],
        "two letters": [f"{one}{two}" for one in "mljakse" for two in "aeiou"],
        "one letter": list("mljaksehtvn"),
        "a first name and one letter more": [f"{name} {letter}" for name in COMMON for letter in "mls"],
        "two beginnings of two letters": ["ma le", "an jo", "le ma", "so ka", "li ro", "ha ne"],
        "a phone number as people write it": [f"0{str(one.phone)[3:6]} {str(one.phone)[6:]}" for one in known],
        "the last four digits": [str(one.phone)[-4:] for one in known],
        "an e-mail address": [str(one.email) for one in known],
        "nobody": ["zzyzx", "qqq maria", "0151 99999999"],
    }


def reads(shop: Business, count: int) -> dict[str, list[Verb]]:
    """What is asked, by kind."""
    middle = PageRequest(cursor=make_cursor("customers", count // 2))
    page, by_words = partial(list_customers, business=shop, search=Search()), partial(list_customers, business=shop)
    return {
        "a page of the list": [partial(page, wanted=PageRequest())],
        "a page of the list, by cursor": [partial(page, wanted=middle)],
        "a summary of 30 days": [partial(read_summary, business=shop, now=NOW, days=30)],
        **{
            f"q, {kind}": [partial(by_words, search=Search(q=q), wanted=PageRequest()) for q in typed]
            for kind, typed in questions(count).items()
        },
    }


async def ask_each(database: Database, verbs: Sequence[Verb]) -> list[float]:
    """The milliseconds of each, from the call to the structs, the best of five."""
    spent = []
    for verb in verbs:
        tries = []
        for _ in range(TRIES):
            begin = time.perf_counter()
            await database.read(verb)
            tries.append((time.perf_counter() - begin) * 1000)
        spent.append(min(tries))
    return spent


class Times(msgspec.Struct, frozen=True):
    """How long one kind of search took, in milliseconds."""

    median: float
    p95: float


def times(spent: Sequence[float]) -> Times:
    """The median and the 95th percentile."""
    return Times(statistics.median(spent), sorted(spent)[int(0.95 * (len(spent) - 1))])


async def measure(name: str, settings: Settings, count: int) -> list[Line]:
    """Fill, index and search one database."""
    database = open_database(settings)
    shop = await fill(database, count)
    took, stamps = await index(database, shop)
    print(f"  {name:11} indexed in {took:.0f} s; stamps beside it {times(stamps).p95 * 1000:.0f} ms at the 95th "
          f"percentile, {max(stamps) * 1000:.0f} ms the slowest of {len(stamps):,}", flush=True)  # fmt: skip
    lines = [found(f"{name}: {count:,} customers indexed, s", took)]
    for kind, verbs in reads(shop, count).items():
        one = times(await ask_each(database, verbs))
        print(f"  {name:11} {kind:37} {one.median:7.1f} ms  {one.p95:7.1f} ms at the 95th percentile", flush=True)
        lines.append(at_most(f"{name}: {kind}, p95 ms", one.p95, GOAL_MS))
    await database.close()
    return lines


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.searches", description="How fast customers are found.")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    count = parser.parse_args(arguments).customers
    print(f"searches by q among {count:,} customers (goal: {GOAL_MS:g} ms)")
    with fresh_databases() as databases:
        goals: list[Line] = []
        for name, settings in databases.items():
            migrate(settings)
            goals += asyncio.run(measure(name, settings, count))
    keep("searches", {"customers": count, "goals": msgspec.to_builtins(goals)})


if __name__ == "__main__":
    main(sys.argv[1:])
