"""Reads: a customer by QR code, pages of lists at their start and end, and searches, with few customers and with many.

A page must take as long at the end as at the start, and as long with a million customers as with ten thousand. All
questions are asked in turn, for five rounds by default; the medians are shown. `python -m bench.reads --help` lists the
options.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from sqlalchemy import Connection

from bench.crowd.shape import code_of
from bench.crowd.store import DATABASES, Place, crowds
from bench.crowd_comparison import Question, chosen, few, many, race, report
from bench.query_times import Verb
from loyalty_app.customers.changed_since import ChangedSince
from loyalty_app.customers.lists import (
    RewardSearch,
    Search,
    list_customers,
    list_rewards,
    list_transactions,
    show_customer,
)
from loyalty_app.customers.transactions import LedgerSearch, list_ledger
from loyalty_app.pagination import PageRequest, make_cursor
from loyalty_app.webhooks.event_log import list_events
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus

GOAL_MS = 2.0
DRAWN = 20
NOW = datetime.now(UTC)
ALL = Search()


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    given = chosen("bench.reads", "Reads, with few customers and with many.", arguments)
    with crowds(given.folder) as found:
        sizes = (few(given), many(given))
        places = [found.find(database, size) for database in DATABASES for size in sizes]
        standings = race(places, questions, rounds=given.rounds)
    report("reads", standings, sizes)


def questions(place: Place) -> list[Question]:
    """The questions for a place; customers are drawn, always the same ones."""
    dice, last = Random(1), place.crowd.customers  # dice, not secrets
    drawn = [dice.randint(1, last) for _ in range(DRAWN)]
    page = partial(customers_page, place)
    return [
        Question("customer by QR code", [by_code(place, number) for number in drawn], GOAL_MS),
        Question("50 customers from the start", [page(PageRequest())], GOAL_MS),
        Question("50 customers by cursor, in the middle", [page(after(number)) for number in drawn], GOAL_MS),
        Question("50 customers by cursor, at the end", [page(after(last - 51))], GOAL_MS),
        Question("transactions of a customer", [transactions_page(place, number) for number in drawn], GOAL_MS),
        *reward_questions(place),
        *ledger_questions(place),
        *searches(place),
    ]


def reward_questions(place: Place) -> list[Question]:
    """Pages of the outstanding rewards, from both ends, and of a status that no reward has."""
    oldest = PageRequest(cursor=make_cursor("rewards", place.crowd.slots * place.crowd.customers // 2))
    return [
        Question("50 rewards that are owed, the newest", [rewards_page(place, PageRequest())], GOAL_MS),
        Question("50 rewards that are owed, by cursor", [rewards_page(place, oldest)], GOAL_MS),
        Question("expired rewards", [rewards_page(place, PageRequest(), RewardStatus.EXPIRED)], GOAL_MS),
    ]


def ledger_questions(place: Place) -> list[Question]:
    """Pages of the ledger: the newest, of a period, of a type, of an order; and the customers that changed last."""
    hour, year = NOW - timedelta(hours=1), NOW - timedelta(days=300)
    day = LedgerSearch(since=year, until=year + timedelta(days=1))
    changed = Search(changed=ChangedSince(hour, NOW))
    return [
        Question("50 transactions, the newest", [ledger_page(place, LedgerSearch())], GOAL_MS),
        Question("transactions of the last hour", [ledger_page(place, LedgerSearch(since=hour))]),
        Question("transactions of a day long ago", [ledger_page(place, day)]),
        Question("50 redemptions", [ledger_page(place, LedgerSearch(type=EntryType.REDEEM))], GOAL_MS),
        Question("transactions of an order", [ledger_page(place, LedgerSearch(order_ref="none"))], GOAL_MS),
        Question("customers who changed in the last hour", [customers_page(place, PageRequest(), changed)]),
        Question("events of the last hour", [partial(events_page, business_id=place.shops[0].id)], GOAL_MS),
    ]


def ledger_page(place: Place, search: LedgerSearch) -> Verb:
    """A page of the ledger."""
    return partial(list_ledger, business_id=place.shops[0].id, search=search, wanted=PageRequest())


def events_page(connection: Connection, business_id: BusinessId) -> object:
    """A page of the event log."""
    return list_events(connection, business_id, since=NOW - timedelta(hours=1), now=NOW, wanted=PageRequest())


def searches(place: Place) -> list[Question]:
    """Searches for a text that one in ten has, for a text that one has, and by phone number."""
    phone = f"+4917{100_000_000 + place.crowd.customers // 2}"
    return [
        Question("q: one in ten", [customers_page(place, PageRequest(), Search(q="hana"))]),
        Question("q: one of all", [customers_page(place, PageRequest(), Search(q=phone[4:]))]),
        Question("phone", [customers_page(place, PageRequest(), Search(phone=phone))], GOAL_MS),
    ]


def after(customer: int) -> PageRequest:
    """The page after a customer."""
    return PageRequest(cursor=make_cursor("customers", customer))


def by_code(place: Place, customer: int) -> Verb:
    """Look a customer up as a till does."""
    return partial(show_customer, business=place.shops[0], ref=code_of(customer), now=NOW)


def customers_page(place: Place, wanted: PageRequest, search: Search = ALL) -> Verb:
    """A page of customers."""
    return partial(list_customers, business=place.shops[0], search=search, wanted=wanted)


def transactions_page(place: Place, customer: int) -> Verb:
    """A page of the entries of one card."""
    return partial(list_transactions, business=place.shops[0], ref=CustomerId(customer), wanted=PageRequest())


def rewards_page(place: Place, wanted: PageRequest, status: RewardStatus = RewardStatus.AVAILABLE) -> Verb:
    """A page of rewards."""
    return partial(list_rewards, business=place.shops[0], search=RewardSearch(now=NOW, status=status), wanted=wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
