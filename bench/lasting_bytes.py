"""Lasting bytes: what a stamp leaves for ever in a database, with all indexes. A customer's beside it.

Tills stamp with an Idempotency-Key and the number of an order. Then everything that goes after 30 days is deleted, the
database is packed, and its growth is divided by the stamps. Three times: as it is written now; with the answers whole,
as releases before schema 0012 stored them; and after a server has moved those into the ledger. On PostgreSQL the log
that the stamps wrote is told too. `python -m bench.lasting_bytes --help` lists the options.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import NamedTuple, TypeVar
from uuid import uuid4

import asyncpg
import msgspec

from bench.databases import execute, fresh_databases
from bench.goals import at_most
from bench.rounds import keep
from loyalty_app.clock import utc_now
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.idempotency import KeptAnswer, kept_answer_row
from loyalty_app.db.migrate import migrate
from loyalty_app.db.sqlite.engine import driver
from loyalty_app.db.tables import idempotency, transaction
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, NewBusiness, first_terms, open_business
from loyalty_app.upkeep.kept_answers import move_answers
from loyalty_app.upkeep.retention import prune
from loyalty_core.access import Plan
from loyalty_core.customers import Profile
from loyalty_core.ledger import Actor, ActorType
from loyalty_core.stamping import StampOrder

Given = TypeVar("Given")
Result = TypeVar("Result")

GOAL_BYTES, GUESTS, AT_ONCE = 350.0, 2_000, 64
NOW, BEFORE, MOVED = "now", "answers whole", "after moving them"
MONTH, LOG, CUSTOMER = "for 30 days", "log of it", "a customer"
TILL = Actor(ActorType.API_KEY, 1, "Till 1")


class Shop(NamedTuple):
    """A shop, and the ids of its guests."""

    business: Business
    guests: list[int]


async def open_shop(database: Database, guests: int) -> Shop:
    """A shop whose guests hold empty cards."""
    new = NewBusiness(name="Bench", plan=Plan.ENTERPRISE)
    business = await open_business(database, new, first_terms(10, "A coffee", utc_now()))
    counter, caller = Counter(database), Caller(business=business, actor=TILL)
    joined = [await counter.join(caller, profile_of(number)) for number in range(guests)]
    await counter.close()
    return Shop(business, [answer.outcome.id for answer in joined])


async def stamp(database: Database, shop: Shop, stamps: int) -> list[KeptAnswer]:
    """Stamp the cards of a shop in turn. Returns the answers, as older releases would have stored them."""
    business, guests = shop
    counter = Counter(database)

    async def give(number: int) -> KeptAnswer:
        key, order = str(uuid4()), StampOrder(order_ref=f"{number:08d}")
        customer_id = guests[number % len(guests)]
        answer = await counter.give_stamp(Caller(business=business, actor=TILL, key=key), customer_id, order)
        return KeptAnswer(
            business_id=business.id,
            key=key,
            fingerprint=uuid4().bytes * 2,
            customer_id=customer_id,
            body=answer.body,
            created_at=answer.outcome.customer.updated_at,
        )

    answers: list[KeptAnswer] = []
    for first in range(0, stamps, AT_ONCE):
        answers += await asyncio.gather(*(give(number) for number in range(first, min(stamps, first + AT_ONCE))))
    await counter.close()
    return answers


def profile_of(number: int) -> Profile:
    """A guest with all that a shop asks for."""
    return Profile(name=f"Customer Number {number}", phone=f"+4915123{number:06d}", email=f"guest{number}@example.com")


async def store_whole(database: Database, answers: Sequence[KeptAnswer]) -> None:
    """Make the database what an older release would have written."""
    bare = transaction.update().values(once_key=None, once=None)
    await database.write(lambda connection: connection.execute(bare).close())
    for first in range(0, len(answers), 500):
        rows = [kept_answer_row(one) for one in answers[first : first + 500]]
        await database.write(lambda connection, rows=rows: database.insert(connection, idempotency, rows))  # type: ignore[misc]  # a copy of this round


async def forget_the_rest(database: Database) -> None:
    """Delete what a server deletes after 30 days."""
    await prune(database, utc_now() + timedelta(days=40), at_once=5_000)


def packed_bytes(settings: Settings) -> int:
    """The size of a database without free space."""
    if settings.on_sqlite:
        connection = driver.connect(str(settings.sqlite_path), isolation_level=None)
        connection.execute("VACUUM")
        (pages,), (size,) = (connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
        connection.close()
        return int(pages * size)
    execute(settings.database_url, "VACUUM FULL")
    return asyncio.run(_size_of(settings.database_url))


async def _size_of(url: str) -> int:
    connection = await asyncpg.connect(url)
    tables = "relkind = 'r' AND relnamespace = 'public'::regnamespace"
    size = await connection.fetchval(f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE {tables}")  # noqa: S608  # ours
    await connection.close()
    return int(size)


def measure(settings: Settings, stamps: int) -> dict[str, float]:
    """The bytes that a stamp leaves in one database: now, with whole answers, after moving them. More beside."""
    migrate(settings)
    empty = packed_bytes(settings)
    shop = asyncio.run(_with(settings, open_shop, GUESTS))
    asyncio.run(_with(settings, _forget, None))
    before = packed_bytes(settings)
    found = {CUSTOMER: round((before - empty) / GUESTS, 1)}

    def bytes_a_stamp() -> float:
        return round((packed_bytes(settings) - before) / stamps, 1)

    logged = asyncio.run(written_to_the_log(settings))
    answers = asyncio.run(_with(settings, stamp_all, (shop, stamps)))
    found[LOG] = round((asyncio.run(written_to_the_log(settings)) - logged) / stamps, 1)
    found[MONTH] = bytes_a_stamp()
    asyncio.run(_with(settings, _forget, None))
    found[NOW] = bytes_a_stamp()
    asyncio.run(_with(settings, store_whole, answers))
    found[BEFORE] = bytes_a_stamp()
    asyncio.run(_with(settings, _move, 0.0))
    found[MOVED] = bytes_a_stamp()
    return found


async def written_to_the_log(settings: Settings) -> int:
    """The bytes that the server has ever written to its log; 0 on SQLite, whose log begins again and again."""
    if settings.on_sqlite:
        return 0
    connection = await asyncpg.connect(settings.database_url)
    written = await connection.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'")
    await connection.close()
    return int(written)


async def _with(settings: Settings, work: Callable[[Database, Given], Awaitable[Result]], given: Given) -> Result:
    database = open_database(settings)
    try:
        return await work(database, given)
    finally:
        await database.close()


async def stamp_all(database: Database, given: tuple[Shop, int]) -> list[KeptAnswer]:
    """Stamp so often. Returns the answers."""
    return await stamp(database, *given)


async def _forget(database: Database, _nothing: None) -> None:
    await forget_the_rest(database)


async def _move(database: Database, pause: float) -> int:
    return await move_answers(database, pause=pause)


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.lasting_bytes", description="What a stamp leaves for ever.")
    parser.add_argument("--stamps", type=int, default=20_000)
    given = parser.parse_args(arguments)
    with fresh_databases() as databases:
        found = {name: measure(settings, given.stamps) for name, settings in databases.items()}
    print(f"{'bytes of a stamp for ever':<28}{BEFORE:>18}{NOW:>12}{MOVED:>20}")
    for name, figures in found.items():
        print(f"{name:<28}{figures[BEFORE]:>18.1f}{figures[NOW]:>12.1f}{figures[MOVED]:>20.1f}")
    print(f"\n{'beside those':<28}{CUSTOMER:>18}{MONTH:>12}{LOG:>20}")
    for name, figures in found.items():
        print(f"{name:<28}{figures[CUSTOMER]:>18.1f}{figures[MONTH] - figures[NOW]:>12.1f}{figures[LOG]:>20.1f}")
    goals = [
        at_most(f"{name}: bytes of a stamp, {when}", figures[when], GOAL_BYTES)
        for name, figures in found.items()
        for when in (NOW, MOVED)
    ]
    keep("lasting_bytes", {"stamps": given.stamps, "bytes": found, "goals": msgspec.to_builtins(goals)})


if __name__ == "__main__":
    main(sys.argv[1:])
