"""The floors of the benchmark of stamps do the same work as ours: the same rows, and books that can be proven."""

import pytest

from bench.floors.postgres import PostgresFloor, read
from bench.floors.samples import take_samples
from bench.floors.sqlite import SqliteFloor
from bench.shops import GOAL, Card, Scale, furnish
from loyalty_app.settings import Settings
from tests.bench.books import added, differences, rows


def open_floor(settings: Settings, cards: list[Card], *, once_only: bool = False) -> SqliteFloor | PostgresFloor:
    kind = SqliteFloor if settings.on_sqlite else PostgresFloor
    return kind(settings, cards, take_samples(settings, cards[0]), once_only=once_only)


def test_a_floor_writes_as_many_rows_as_ours(settings: Settings) -> None:
    cards = furnish(settings, Scale(shops=1, customers=1))
    furnished = rows(settings)
    floor = open_floor(settings, cards)
    by_ours = rows(settings)

    floor.stamp(GOAL)
    by_floor = rows(settings)
    floor.close()

    assert added(by_ours, by_floor) == added(furnished, by_ours)
    assert added(by_ours, by_floor) == {"transaction": 10, "reward": 1, "event": 11, "delivery": 11}


def test_a_floor_keeps_books_that_can_be_proven(settings: Settings) -> None:
    floor = open_floor(settings, furnish(settings, Scale(shops=2, customers=4)))

    floor.stamp(3 * GOAL)
    floor.close()

    assert rows(settings)["transaction"] == 4 * GOAL
    assert differences(settings) == []


def test_a_floor_keeps_answers_if_keys_are_sent(settings: Settings) -> None:
    floor = open_floor(settings, furnish(settings, Scale(shops=1, customers=1)), once_only=True)

    floor.stamp(3)
    floor.close()

    assert rows(settings)["idempotency"] == 3


def test_customers_whose_numbers_have_gaps_are_not_drawn(postgres_settings: Settings) -> None:
    cards = furnish(postgres_settings, Scale(shops=1, customers=3))

    with pytest.raises(SystemExit, match="gaps"):
        open_floor(postgres_settings, [cards[0], cards[2]])


def test_a_call_that_failed_stops_the_benchmark() -> None:
    printed = """
number of transactions actually processed: 90
number of failed transactions: 10 (10.000%)
tps = 45.0 (without initial connection time)
"""

    assert read(printed.replace(": 10 (10", ": 0 (0")).rate == pytest.approx(45.0)
    with pytest.raises(SystemExit, match="pgbench failed"):
        read(printed)
