"""Killing: a process that is killed at any moment loses nothing that it acknowledged, and doubles nothing."""

import subprocess
from random import Random

from loyalty_app.db import tables
from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from testkit.audit import assert_books_balance
from testkit.shop import open_shop
from tests.app.process import next_line, process

KILLS, MOST_BEFORE_A_KILL = 5, 60


async def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(sqlite_settings: Settings) -> None:
    database = open_database(sqlite_settings)
    shop = await open_shop(database)
    lena = await shop.join()
    dice, acknowledged = Random(), dict[int, int]()
    for _ in range(KILLS):
        with process("stamp", sqlite_settings, shop.business.id, lena.id, first_unknown(acknowledged)) as stamping:
            said = [next_line(stamping) for _ in range(dice.randint(1, MOST_BEFORE_A_KILL))]
            stamping.kill()
            said += rest_of(stamping)
        for number, transaction in (map(int, line.split()) for line in said):
            assert acknowledged.setdefault(number, transaction) == transaction, "a key keeps its answer"
    ledger = await shop.ledger()
    assert set(acknowledged.values()) <= {entry.id for entry in ledger}
    assert len(set(acknowledged.values())) == len(acknowledged)
    assert (await shop.customer(lena.id)).card.total_stamps == len(ledger)
    assert len({row.once_key for row in await shop.rows(tables.transaction)}) == len(ledger)
    await assert_books_balance(shop)
    await shop.counter.close()
    await database.close()


def first_unknown(acknowledged: dict[int, int]) -> int:
    """The first stamp of which nothing was heard: it may have been given, and is asked for again."""
    return next(number for number in range(1, len(acknowledged) + 2) if number not in acknowledged)


def rest_of(killed: "subprocess.Popen[str]") -> list[str]:
    """What it had said and nobody had read yet; its last words may be half a line."""
    assert killed.stdout is not None
    *lines, half = killed.stdout.read().split("\n")
    del half
    return lines
