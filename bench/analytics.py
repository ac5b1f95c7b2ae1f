"""Analytics: summaries of a day and of a year, with active and returning customers, of a young shop and an old one.

The goal: a year takes five milliseconds in the database at most, and no longer with ten times as many transactions. The
cost of counting is shown beside it. `python -m bench.analytics --help` lists the options.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, func, select

from bench.crowd.shape import Crowd
from bench.crowd.store import DATABASES, Place, crowds
from bench.crowd_comparison import Question, chosen, many, race, report
from loyalty_app.customers.analytics import read_summary
from loyalty_app.db.tables import customer

GOAL_MS = 5.0
TENTH = 10
NOW = datetime.now(UTC)


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    given = chosen("bench.analytics", "Summaries, with few transactions and with many.", arguments)
    old = many(given)
    young = Crowd(customers=old.customers, stamps=old.stamps // TENTH)
    with crowds(given.folder) as found:
        places = [found.find(database, size) for database in DATABASES for size in (young, old)]
        rows = race(places, questions, rounds=given.rounds)
    report("analytics", rows, (young, old))


def questions(place: Place) -> list[Question]:
    """Summaries of several lengths, and the count that they replace."""
    summary = partial(read_summary, business=place.shops[0], now=NOW)
    return [
        *(Question(f"summary of {days} days", [partial(summary, days=days)], GOAL_MS) for days in (1, 30, 365)),
        Question("who was here in 365 days, counted", [partial(count_visitors, place)]),
    ]


def count_visitors(place: Place, connection: Connection) -> tuple[int, int]:
    """Count active and returning customers."""
    first = (NOW - timedelta(days=364)).date()
    here = select(func.count(), func.count().filter(customer.c.total_visits > 1)).where(
        customer.c.business_id == place.shops[0].id, customer.c.day >= first, customer.c.erased_at.is_(None)
    )
    active, returning = connection.execute(here.select_from(customer)).one()
    return active, returning


if __name__ == "__main__":
    main(sys.argv[1:])
