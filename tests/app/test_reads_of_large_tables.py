"""Reads of pages: none of them has to read a large table from its beginning to its end, on either database.

PostgreSQL reads small tables whole whatever indexes there are, and a test has only small ones. So it is told to read no
table whole if it can avoid that: what it still reads whole, no index leads to.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, event

from loyalty_app.customers import ledger_spans
from loyalty_app.customers.analytics import count_rewards, read_summary
from loyalty_app.customers.changed_since import ChangedSince
from loyalty_app.customers.lists import (
    RewardSearch,
    Search,
    list_customers,
    list_owed,
    list_rewards,
    list_transactions,
    show_customer,
)
from loyalty_app.customers.owed import read_rewards_summary
from loyalty_app.customers.staff_work import list_deeds
from loyalty_app.customers.transactions import LedgerSearch
from loyalty_app.pagination import PageRequest, make_cursor
from loyalty_app.upkeep import span_keeping
from loyalty_app.webhooks.event_log import list_events
from loyalty_core.fields import CustomerId
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus
from testkit.builders import NOON
from testkit.shop import Shop
from testkit.timed_ledgers import generate, write

LARGE = (
    "customer|customer_word|transaction|ledger_span|straggler|reward|event|posting_list|posting_change|daily_total|"
    "delivery|attempt"
)
WHOLE = re.compile(rf'Seq Scan on "?({LARGE})"?\b|SCAN ({LARGE})\b(?! USING)')
FIRST, DEEP = PageRequest(), PageRequest(page=200)
AGO = NOON - timedelta(days=2)
Verb = Callable[[Shop, Connection], object]


def customers(search: Search, wanted: PageRequest = FIRST) -> Verb:
    """A page of customers."""
    return lambda shop, c: list_customers(c, shop.business, search, wanted=wanted, now=NOON)


def ledger(wanted: PageRequest = FIRST, **search: Any) -> Verb:  # noqa: ANN401  # whatever is searched for
    """A page of the ledger, as the desk shows it."""
    return lambda shop, c: list_deeds(c, shop.business, LedgerSearch(**search), wanted=wanted)


def rewards(wanted: PageRequest = FIRST, **search: Any) -> Verb:  # noqa: ANN401  # the same
    """A page of rewards."""
    return lambda shop, c: list_rewards(c, shop.business, RewardSearch(now=NOON, **search), wanted=wanted)


READS: dict[str, Verb] = {
    "customers": customers(Search()),
    "customers, deep": customers(Search(), DEEP),
    "customers, by cursor": customers(Search(), PageRequest(cursor=make_cursor("customers", 1))),
    "customers by number": customers(Search(phone="+14155552671")),
    "customers who changed": customers(Search(changed=ChangedSince(AGO, NOON))),
    "customers by a word": customers(Search(q="le")),
    "customers by two words": customers(Search(q="le or")),
    "a customer": lambda shop, c: show_customer(c, shop.business, CustomerId(1), now=NOON),
    "their transactions": lambda shop, c: list_transactions(c, shop.business, CustomerId(1), wanted=FIRST),
    "their rewards": rewards(customer=CustomerId(1)),
    "the ledger": ledger(),
    "the ledger, deep": ledger(DEEP),
    **{f"the ledger by {kind}": ledger(type=kind) for kind in EntryType},
    "the ledger by customer": ledger(customer=1),
    "the ledger by branch": ledger(branch_id=1),
    "the ledger by person": ledger(staff_id=1, since=AGO),
    "the ledger by order": ledger(order_ref="A-1"),
    "the ledger by time": ledger(since=AGO, until=NOON),
    "the ledger by another program": ledger(program_id=7),
    "rewards": rewards(),
    "rewards, deep": rewards(DEEP),
    **{f"rewards that are {status}": rewards(status=status) for status in RewardStatus},
    "rewards of another program": rewards(status=RewardStatus.REDEEMED, program_id=7),
    "what is owed": lambda shop, c: list_owed(c, shop.business, now=NOON, wanted=FIRST),
    "what another program owes": lambda shop, c: list_owed(c, shop.business, now=NOON, wanted=FIRST, of_program=7),
    "counts of rewards": lambda shop, c: [count_rewards(c, shop.business.id, one, now=NOON) for one in RewardStatus],
    "a summary of what is owed": lambda shop, c: read_rewards_summary(c, shop.business, now=NOON),
    "a summary": lambda shop, c: read_summary(c, shop.business, days=365, now=NOON),
    "events": lambda shop, c: list_events(c, shop.business.id, since=AGO, now=NOON, wanted=FIRST),
}


QUESTIONS = {
    "customers": 4,
    "customers, deep": 3,
    "customers by a word": 5,
    "the ledger, deep": 3,
    "rewards that are available": 2,
    "what is owed": 2,
    "a summary": 3,
    "a summary of what is owed": 5,
}
"""How many questions some reads ask in a shop with one program and no branches."""


def heard(shop: Shop, verb: Verb, connection: Connection) -> list[tuple[str, Any]]:
    """What a read asks the database, with the values."""
    asked: list[tuple[str, Any]] = []

    def hear(*told: Any) -> None:  # noqa: ANN401  # SQLAlchemy's: connection, cursor, statement, parameters, …
        asked.append((told[2], told[3]))

    event.listen(connection, "before_cursor_execute", hear)
    verb(shop, connection)
    event.remove(connection, "before_cursor_execute", hear)
    return [(sql, given) for sql, given in asked if sql.lstrip().startswith(("SELECT", "WITH"))]


async def statements(shop: Shop, verb: Verb) -> list[str]:
    """The statements alone."""
    return await shop.database.read(lambda c: [sql for sql, _ in heard(shop, verb, c)])


async def plans(shop: Shop, verb: Verb) -> list[str]:
    """How the database means to find what a read asks for, statement by statement."""

    def explain(connection: Connection) -> list[str]:
        asked = heard(shop, verb, connection)
        on_sqlite = connection.dialect.name == "sqlite"
        if not on_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        how = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
        return [_told(connection, f"{how} {sql}", given) for sql, given in asked]

    return await shop.database.read(explain)


def _told(connection: Connection, question: str, given: Any) -> str:  # noqa: ANN401  # the driver's
    return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(question, given))


async def test_no_page_reads_a_large_table_whole(shop: Shop) -> None:
    lena = await shop.join("Lena Ortiz", phone="+14155552671")
    await shop.stamp(lena.id, 10)
    for name, verb in READS.items():
        for plan in await plans(shop, verb):
            assert not WHOLE.search(plan), (name, plan)


async def test_who_has_rewards_on_a_page_is_asked_by_customer_and_who_has_lapsed_by_their_end(shop: Shop) -> None:
    lena = await shop.join("Lena Ortiz")
    await shop.stamp(lena.id, 10)
    page = [plan for plan in await plans(shop, READS["customers"]) if "reward" in plan]
    assert page
    if shop.database.name == "sqlite":  # PostgreSQL chooses by statistics, of which a table of one row has none
        assert all("ix_reward_business_id_customer_id_id" in plan for plan in page), page
    for name in ("counts of rewards", "a summary"):
        counted = [plan for plan in await plans(shop, READS[name]) if "reward" in plan]
        assert counted, name
        if shop.database.name == "sqlite":
            assert all("ix_reward_expires_at (expires_at<?" in plan for plan in counted), counted


async def test_a_page_asks_no_more_questions_than_it_needs(shop: Shop) -> None:
    """Each question to PostgreSQL costs a round trip, a tenth of what a page may take."""
    lena = await shop.join("Lena Ortiz")
    await shop.stamp(lena.id, 10)
    for name, most in QUESTIONS.items():
        asked = await statements(shop, READS[name])
        assert len(asked) <= most, (name, asked)


async def test_a_day_long_ago_is_read_in_its_order_with_the_stragglers_behind_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_keeping, "SMALL_SHOP", 0)
    monkeypatch.setattr(ledger_spans, "ENTRIES", 10)
    lena = await shop.join("Lena Ortiz")
    late = generate(Random(1), end=shop.clock.now, entries=400, customers=[lena.id], late=0.5)
    await write(shop, late)
    await span_keeping.keep_spans(shop.database, shop.clock)
    since = shop.clock.now - timedelta(days=30)
    for also in ({}, {"type": EntryType.STAMP}, {"type": EntryType.REDEEM}, {"customer": lena.id}, {"branch_id": 1}):
        found = await plans(
            shop, ledger(PageRequest(page=2, limit=1), since=since, until=since + timedelta(days=1), **also)
        )
        pages = [plan for plan in found if "UNION" in plan or "Append" in plan]
        assert len(pages) == 2, "the page and the total"
        assert not [plan for plan in found if WHOLE.search(plan)], found
        if shop.database.name == "sqlite":
            for index in (
                "ix_ledger_span_business_id_reached (business_id=? AND reached>?",
                "(business_id=? AND occurred_at>?",
            ):
                assert any(index in plan for plan in found), found


async def test_what_is_counted_is_met_in_the_order_of_a_list(shop: Shop) -> None:
    counted = [sql for sql in await statements(shop, ledger(PageRequest(page=2), since=AGO)) if "count(" in sql]
    assert counted
    assert all("ORDER BY" in sql.partition("LIMIT")[0] for sql in counted), counted
