"""The router check: what it finds wrong, what it lets pass, and that it hears what the product says.

The statements of every other test are judged as well, at its end (`pytest_runtest_call` in `tests/conftest.py`).
"""

from pathlib import Path

import pytest
from sqlalchemy import select

from loyalty_app.db.bulk import BulkAdd, BulkInsert, BulkUpdate, Lookup
from loyalty_app.db.tables import business_total, customer, event
from loyalty_app.db.tables.homes import HOMES
from testkit.router.across_shards import ONLY_TOGETHER, READERS, WRITES
from testkit.router.hearing import ROOT, SPOKEN, Heard
from testkit.router.judging import Spoken, judge
from testkit.router.saying import of_lookup, of_write, text_of
from testkit.router.verdicts import Verdicts

TO_ONE_SHARD = [
    "SELECT id FROM customer WHERE business_id = $1::BIGINT FOR UPDATE",
    "SELECT 1 FROM customer JOIN reward ON reward.business_id = customer.business_id WHERE customer.business_id = 7",
    "SELECT 1 FROM business JOIN customer ON customer.business_id = business.id WHERE business.id = $1",
    (
        "SELECT 1 FROM customer AS c WHERE c.business_id = $1 AND NOT EXISTS"
        " (SELECT 1 FROM reward WHERE reward.business_id = c.business_id)"
    ),
    (
        "SELECT (SELECT count(*) FROM reward AS r WHERE r.business_id = c.business_id) FROM customer AS c"
        " LEFT JOIN card ON card.business_id = c.business_id WHERE c.business_id = $1"
    ),
    "SELECT n FROM (SELECT business_id, count(*) AS n FROM reward GROUP BY business_id) AS r WHERE r.business_id = $1",
    "WITH r AS (SELECT reward.business_id FROM reward) SELECT 1 FROM r WHERE r.business_id = $1",
    "WITH w AS (UPDATE customer SET name = $1 WHERE business_id = $2 RETURNING 1) SELECT count(*) FROM w",
    "SELECT 1 FROM customer WHERE business_id = $1 UNION ALL SELECT 1 FROM reward WHERE business_id = $1",
    "INSERT INTO customer (business_id, id) VALUES ($1, $2), ($1, $3) ON CONFLICT (business_id, id) DO NOTHING",
    "INSERT INTO customer_word (business_id) SELECT customer.business_id FROM customer WHERE customer.business_id = $1",
    "DELETE FROM reward USING customer WHERE customer.business_id = $1 AND reward.business_id = customer.business_id",
]
ELSEWHERE = [
    "UPDATE business SET name = $1",
    "SELECT nextval('customer_id'), pg_advisory_xact_lock($1)",
    "DELETE FROM page_session WHERE until < $1",
    "SELECT bot_id FROM telegram_bot FOR UPDATE",
]


@pytest.mark.parametrize("statement", TO_ONE_SHARD + ELSEWHERE)
def test_what_names_its_shop_or_is_not_spread_passes(statement: str) -> None:
    assert judge(statement, Spoken.COORDINATOR) is None


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("SELECT 1 FROM customer WHERE id = $1", "customer without a shop"),
        (
            "SELECT EXISTS (SELECT 1 FROM card WHERE card.business_id = c.business_id) FROM customer AS c"  # noqa: ISC004
            " WHERE c.business_id = $1 FOR UPDATE",
            "it locks rows, and card without a shop",
        ),
        ("SELECT 1 FROM customer WHERE business_id = $1 OR id = $2", "customer without a shop"),
        ("SELECT 1 FROM customer WHERE business_id IN ($1, $2)", "customer without a shop"),
        ("SELECT 1 FROM customer WHERE (business_id, id) IN (($1, $2))", "customer without a shop"),
        ("SELECT 1 FROM customer WHERE business_id > $1", "customer without a shop"),
        ("SELECT 1 FROM unnest(CAST($1 AS bigint[])) AS w(a) JOIN customer ON business_id = w.a", "customer without"),
        ("SELECT 1 FROM customer, reward WHERE customer.business_id = $1", "reward without a shop"),
        ("SELECT 1 FROM customer LEFT JOIN card ON customer.business_id = $1", "card, customer without"),
        ("SELECT 1 FROM customer WHERE EXISTS (SELECT 1 FROM card WHERE card.business_id = $1)", "customer without"),
        ("SELECT 1 FROM customer WHERE business_id = $1 UNION SELECT 1 FROM reward", "reward without"),
        ("SELECT 1 FROM customer WHERE id = $1 FOR UPDATE", "it locks rows"),
        ("SELECT 1 FROM customer WHERE id = $1 FOR SHARE SKIP LOCKED", "it locks rows"),
        ("UPDATE customer SET name = $1 WHERE id = $2", "it writes"),
        ("DELETE FROM customer", "it writes"),
        ("INSERT INTO customer (id) VALUES ($1)", "it writes"),
        ("INSERT INTO customer_word (business_id) SELECT customer.business_id FROM customer", "it writes"),
        ("WITH w AS (UPDATE customer SET name = $1 RETURNING 1) SELECT count(*) FROM w", "it writes"),
        ("INSERT INTO customer (business_id, id) VALUES ($1, nextval('customer_id'))", "nextval"),
        ("SELECT random() FROM customer WHERE business_id = $1", "rand"),
        ("SELECT pg_advisory_lock(id) FROM customer WHERE business_id = $1", "pg_advisory_lock"),
        ("SELECT FROM WHERE customer", "cannot be parsed"),
    ],
)
def test_what_would_go_to_all_shards_is_found(statement: str, fault: str) -> None:
    assert fault in (judge(statement, Spoken.COORDINATOR) or "nothing")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE business SET name = customer.name FROM customer", "its copy of business"),
        ("SELECT 1 FROM customer JOIN api_key ON true", "api_key is not in a shard"),
    ],
)
def test_a_shard_is_told_nothing_that_is_elsewhere(statement: str, fault: str) -> None:
    assert fault in (judge(statement, Spoken.SHARD) or "nothing")
    assert judge("UPDATE customer SET name = $1 WHERE id = $2", Spoken.SHARD) is None


def test_who_may_ask_all_shards_asks_only() -> None:
    assert judge("SELECT count(*) FROM delivery", Spoken.ALL_SHARDS) is None
    assert "it locks" in (judge("SELECT 1 FROM delivery FOR UPDATE", Spoken.ALL_SHARDS) or "nothing")
    assert "it writes" in (judge("DELETE FROM delivery", Spoken.ALL_SHARDS) or "nothing")


def test_the_list_of_exceptions_is_short_and_each_says_why_and_is_there() -> None:
    assert len(READERS) + len(WRITES) + len(ONLY_TOGETHER) < 12
    assert all(why for why in (*READERS.values(), *WRITES.values(), *ONLY_TOGETHER.values()))
    assert all((ROOT / name).exists() for name in READERS)
    assert {name for names in ONLY_TOGETHER for name in names} <= set(HOMES)


ROW = {"business_id": 7, "id": 1, "name": "Lena"}


def test_bulk_writes_and_lookups_of_a_cluster_name_their_shop() -> None:
    total = BulkAdd(business_total, [{"business_id": 7, "customers": 1}], ("business_id",))
    said = [*of_write(BulkInsert(customer, [ROW])), *of_write(BulkUpdate(customer, [ROW], ("business_id", "id")))]
    said += [*of_write(total), *of_lookup(Lookup(customer, ("business_id", "id"), {(7, 1), (8, 1)}), lock=True)]
    assert [judge(one, Spoken.COORDINATOR) for one in said] == [None] * 4
    [nowhere] = of_lookup(Lookup(customer, ("phone",), {("+4930123",)}), lock=True)
    assert "it locks rows" in (judge(nowhere, Spoken.COORDINATOR) or "nothing")


def test_a_statement_is_judged_once_for_each_to_whom_it_is_told() -> None:
    heard = Heard()

    def say(spoken: Spoken | None) -> list[str]:
        token = SPOKEN.set(spoken)
        heard.hear("by id", lambda: [text_of(select(event.c.id).where(event.c.id == 1))])
        SPOKEN.reset(token)
        return heard.faults()

    assert say(None) == []  # a test speaks
    assert say(Spoken.SHARD) == []
    [fault] = say(Spoken.COORDINATOR)
    assert "event without a shop" in fault
    assert say(Spoken.COORDINATOR) == []


def test_what_one_process_found_right_no_other_reads_again_and_a_fault_each_finds_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = "SELECT 1 FROM event WHERE business_id = 7", "DELETE FROM event"
    first, second = [Verdicts(tmp_path / "right") for _ in "12"]
    assert first.of(right, Spoken.COORDINATOR) is None
    assert first.of(wrong, Spoken.COORDINATOR) is not None
    asked: list[str] = []

    def read(statement: str, _spoken: Spoken) -> str:
        asked.append(statement)
        return "a fault"

    monkeypatch.setattr("testkit.router.verdicts.judge", read)
    assert [second.of(right, Spoken.COORDINATOR), second.of(wrong, Spoken.COORDINATOR)] == [None, "a fault"]
    assert second.of(right, Spoken.SHARD) == "a fault"
    assert asked == [wrong, right]
