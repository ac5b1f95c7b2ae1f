"""Shards: where a business lies on a cluster, how a statement is said there, and who is served with whom.

No cluster is needed here. What one does is held by the laws that run on LOYALTY_TEST_CITUS_URL.
"""

import asyncpg
import pytest
from sqlalchemy import UniqueConstraint

from loyalty_app.counter.orders import Caller, GiveStamp, Request
from loyalty_app.counter.queue import SLOW_SECONDS, WaitingRequests
from loyalty_app.db.shards import ALSO_COLUMNS, Cluster, Node, NotOfOneShard, Shard, hash_of
from loyalty_app.db.tables import metadata
from loyalty_app.db.tables.homes import HOMES, TableHome
from loyalty_app.shops.businesses import Business
from loyalty_core.access import Plan
from loyalty_core.fields import BusinessId
from loyalty_core.stamping import StampOrder
from testkit.builders import TILL

FIRST_NODE, SECOND_NODE = Node("10.0.0.1", 5432), Node("10.0.0.2", 5432)
LOW = Shard(102008, FIRST_NODE, {"customer": "customer_102008", "transaction": "transaction_102012"})
HIGH = Shard(102009, SECOND_NODE, {"customer": "customer_102009"})
TWO = Cluster([(-(2**31), LOW), (0, HIGH)])
IN_LOW, IN_HIGH, IN_THIRD = 1, 2, 2  # by their hashes


def test_every_table_says_where_it_lives() -> None:
    assert set(HOMES) == set(metadata.tables)


@pytest.mark.parametrize("name", [name for name, home in HOMES.items() if home is TableHome.SHARD])
def test_what_lies_with_its_business_can_be_split_by_it(name: str) -> None:
    """Every key has the business, or two machines could have the same one."""
    table = metadata.tables[name]
    keys = [set(table.primary_key.columns.keys())]
    keys += [set(one.columns.keys()) for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys += [set(index.columns.keys()) for index in table.indexes if index.unique]
    assert all("business_id" in key for key in keys)


@pytest.mark.parametrize("name", [name for name, home in HOMES.items() if home is TableHome.SHARD])
def test_no_key_leads_out_of_a_shard(name: str) -> None:
    """A machine checks a key against rows that it has: of the same business, or of a table that is everywhere."""
    for key in metadata.tables[name].foreign_key_constraints:
        home = HOMES[key.referred_table.name]
        assert home is TableHome.EVERYWHERE or (home is TableHome.SHARD and key.column_keys[0] == "business_id")


@pytest.mark.parametrize("name", [name for name, home in HOMES.items() if home is not TableHome.SHARD])
def test_no_key_leads_from_elsewhere_into_a_shard(name: str) -> None:
    assert all(
        HOMES[key.referred_table.name] is not TableHome.SHARD for key in metadata.tables[name].foreign_key_constraints
    )


async def test_a_business_lies_where_postgresql_s_own_hash_says(postgres_url: str) -> None:
    numbers = [0, 1, 2, 41, -1, -7, 2**31, 2**40 + 3, 2**63 - 1, -(2**63)]
    connection = await asyncpg.connect(postgres_url)
    try:
        asked = [await connection.fetchval("SELECT hashint8($1)", number) for number in numbers]
    finally:
        await connection.close()
    assert [hash_of(number) for number in numbers] == asked


def test_each_business_has_one_shard() -> None:
    assert (hash_of(IN_LOW) < 0, hash_of(IN_HIGH) < 0) == (True, False)
    assert (TWO.shard_of(IN_LOW), TWO.shard_of(IN_HIGH)) == (LOW, HIGH)
    assert TWO.nodes == [FIRST_NODE, SECOND_NODE]


def test_a_statement_names_the_tables_of_its_shard_and_nothing_else_changes() -> None:
    said = LOW.named("""SELECT customer.id, "transaction".customer_id FROM customer JOIN "transaction" USING (id)
        WHERE type = 'customer' AND note = 'it''s a customer' AND customer_word IS NULL""")
    assert (
        said
        == """SELECT "customer_102008".id, "transaction_102012".customer_id FROM "customer_102008" JOIN \
"transaction_102012" USING (id)
        WHERE type = 'customer' AND note = 'it''s a customer' AND customer_word IS NULL"""
    )


def test_a_column_that_is_called_as_a_table_keeps_its_name() -> None:
    assert "referral" in ALSO_COLUMNS
    shard = Shard(1, FIRST_NODE, {"referral": "referral_7", "program": "program_8"})
    said = shard.named('INSERT INTO program (id, referral) SELECT new."referral", program.referral FROM referral')
    assert (
        said == 'INSERT INTO "program_8" (id, referral) SELECT new."referral", "program_8".referral FROM "referral_7"'
    )
    assert shard.named('SELECT referral.id FROM program JOIN "referral" ON true FOR UPDATE OF referral') == (
        'SELECT "referral_7".id FROM "program_8" JOIN "referral_7" ON true FOR UPDATE OF "referral_7"'
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE business SET name = $1",
        'INSERT INTO "staff" (id) VALUES (1)',
        "WITH w AS (delete from telegram_bot RETURNING 1) SELECT 1",
        "UPDATE telegram_chat SET last_id = $1",
        "SELECT * FROM customer JOIN api_key ON true",
        'SELECT "numbers".last FROM "numbers"',
    ],
)
def test_a_shard_changes_no_copy_and_asks_for_nothing_that_is_elsewhere(
    statement: str,
) -> None:
    with pytest.raises(NotOfOneShard):
        LOW.named(statement)


def test_a_shard_that_has_moved_is_still_the_same() -> None:
    assert Shard(LOW.number, SECOND_NODE, {}) == LOW
    assert LOW != HIGH


def stamp(business_id: int) -> Request:
    shop = Business(id=BusinessId(business_id), slug="s", name="S", plan=Plan.BASIC, timezone="UTC")
    return Request(Caller(business=shop, actor=TILL, key=None), GiveStamp(business_id, StampOrder()))


async def test_a_batch_has_to_do_with_one_part_of_the_database_only() -> None:
    queue = WaitingRequests(parts=TWO)
    first, other, second = (queue.add(stamp(shop)) for shop in (IN_LOW, IN_HIGH, 3))
    assert TWO.shard_of(3) == LOW
    part = queue.begin(1)
    assert part == (LOW,)
    assert queue.take(part) == [first, second]
    assert queue.begin(1) == (HIGH,)
    assert queue.take((HIGH,)) == [other]


async def test_a_part_that_does_not_begin_holds_up_no_other() -> None:
    """Its machine may be silent; the batches of the others begin and end meanwhile."""
    queue = WaitingRequests(parts=TWO)
    queue.add(stamp(IN_LOW))
    waiting = queue.add(stamp(IN_HIGH))
    assert queue.begin(1) == (LOW,)
    assert queue.begin(1) == (HIGH,)
    queue.end(queue.take((HIGH,)), part=(HIGH,))
    again = queue.add(stamp(IN_HIGH))
    assert queue.begin(1) == (HIGH,)
    assert queue.take((HIGH,)) == [again]
    assert waiting is not again
    assert queue.begin(1) is None


async def test_few_batches_run_at_once_but_slow_ones_hold_up_nobody() -> None:
    now, third = 0.0, Shard(102010, SECOND_NODE, {})
    three = Cluster([(-(2**31), LOW), (0, HIGH), (2**30, third)])
    queue = WaitingRequests(parts=three, seconds=lambda: now)
    assert three.shard_of(IN_THIRD) == third
    for shop in (IN_LOW, 6, IN_THIRD):
        queue.add(stamp(shop))
    assert [queue.begin(1), queue.begin(1)] == [(LOW,), (HIGH,)]
    assert queue.begin(1) is None
    now = 2 * SLOW_SECONDS
    assert queue.begin(1) == (third,)
