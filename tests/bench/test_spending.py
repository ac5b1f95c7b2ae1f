"""What PostgreSQL spends is calculated between two looks, and those are not counted."""

from datetime import timedelta

import pytest

from bench.databases import execute
from bench.neighbours import AGAIN, DAYS_BETWEEN, Visits
from bench.postgres_spending import server_of, watched
from loyalty_app.settings import Settings

NOTHING = timedelta()


def test_what_was_spent_meanwhile_is_told_and_looking_is_no_transaction(postgres_settings: Settings) -> None:
    url = postgres_settings.database_url
    with watched(url) as idle:
        pass
    with watched(url) as busy:
        execute(url, *["SELECT pg_current_xact_id()"] * 40)

    assert busy.spent.transactions >= 40 + idle.spent.transactions
    assert idle.spent.transactions < 10
    assert busy.spent.cpu_seconds >= 0


def test_what_is_still_watched_is_not_known(postgres_settings: Settings) -> None:
    with watched(postgres_settings.database_url, waits=False) as seen, pytest.raises(LookupError):
        _ = seen.spent


def test_a_server_on_this_machine_is_found(postgres_settings: Settings) -> None:
    assert server_of(postgres_settings.database_url)


def test_later_visits_are_of_the_same_few_on_one_day() -> None:
    visits = Visits(10_000, NOTHING, again=True)
    twice = [[visits.next() for _ in range(AGAIN)] for _ in range(2)]
    assert twice[0] == twice[1]
    assert len(set(twice[0])) == AGAIN
    assert visits.ahead == NOTHING


def test_first_visits_are_of_everybody_once_a_day() -> None:
    visits, days = Visits(60 * DAYS_BETWEEN, NOTHING, again=False), dict[timedelta, list[int]]()
    for _ in range(60 * 5):
        customer = visits.next()
        days.setdefault(visits.ahead, []).append(customer)
    assert sorted(days) == [timedelta(days=number) for number in range(5)]
    assert all(len(set(came)) == len(came) == 60 for came in days.values())
