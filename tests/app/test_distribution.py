"""Distribution: the rows of a business can lie together on one machine of many, as engines that spread tables ask.

Such an engine spreads a table by one column. It can keep a key unique, and follow a reference, only if they carry that
column; here it is `business_id`. Tables that are the same on every machine, or on one, are named below with the reason.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import customer, metadata
from testkit.router.hearing import ROOT
from tests.conftest import HEARD

OWNER = "business_id"
BY_THE_PRODUCT = """
async def ask(database, question, **to):
    return await database.read(lambda connection: connection.execute(question).all(), **to)
"""
EVERYWHERE = {
    "business": "the businesses themselves, which all others refer to",
    "numbers": "counts for SQLite; PostgreSQL has sequences",
    "telegram_bot": "a bot belongs to Telegram before it belongs to a business, and the shared one to none",
    "polling_lease": "a bot may serve all businesses, and its lease is renewed whatever machine is away",
    "telegram_update": "an update comes before it is known which business it is about",
    "vault": "the fingerprint of the key of all secrets: one row for the whole installation",
    "telegram_chat": "a person in the chat with the shared bot goes from business to business",
    "page_session": "who is signed in at the pages of a bot goes from business to business as well",
    "sign_in_link": "a link signs a person in, before it is known in which business they work",
    "passkey": "a passkey is a person's, as their chat is",
    "passkey_challenge": "a challenge comes before it is known who signs in",
}
SPREAD = [table for name, table in sorted(metadata.tables.items()) if name not in EVERYWHERE]


def keys(table: Table) -> Iterator[tuple[str, ...]]:
    """The columns of whatever must be unique in a table."""
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield tuple(constraint.columns.keys())
    for index in table.indexes:
        if index.unique:
            yield tuple(index.columns.keys())


def references(table: Table) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """The tables that a table refers to, by which columns, and by which of theirs."""
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            theirs = tuple(element.column.name for element in constraint.elements)
            yield constraint.referred_table.name, tuple(constraint.columns.keys()), theirs


@pytest.mark.parametrize("table", SPREAD, ids=str)
def test_every_row_says_whose_it_is(table: Table) -> None:
    assert not table.c[OWNER].nullable


@pytest.mark.parametrize("table", SPREAD, ids=str)
def test_every_key_carries_the_business(table: Table) -> None:
    found = list(keys(table))
    assert found
    assert [key for key in found if OWNER not in key] == []


@pytest.mark.parametrize("table", SPREAD, ids=str)
def test_a_row_refers_to_rows_of_its_own_business_or_to_what_is_everywhere(table: Table) -> None:
    for to, ours, theirs in references(table):
        assert to in EVERYWHERE or (OWNER, OWNER) in zip(ours, theirs, strict=True), to


def test_what_is_everywhere_refers_to_nothing_that_is_spread_and_is_still_there() -> None:
    assert set(EVERYWHERE) <= set(metadata.tables)
    for name in EVERYWHERE:
        assert {to for to, _, _ in references(metadata.tables[name])} <= set(EVERYWHERE)


async def test_a_question_without_its_shop_is_heard_on_every_database_and_fails_the_test(
    database: Database, pytestconfig: pytest.Config
) -> None:
    heard, said = pytestconfig.stash[HEARD], dict[str, Any]()
    exec(compile(BY_THE_PRODUCT, str(ROOT / "loyalty_app/nowhere.py"), "exec"), said)  # noqa: S102  # as if it stood there
    asked = select(customer.c.id.label(f"asked_of_{type(database).__name__}"))
    await said["ask"](database, asked.where(customer.c.business_id == 1))
    assert heard.faults() == []
    await said["ask"](database, asked, shard=database.shard_of(1))
    assert heard.faults() == []
    await database.read(lambda connection: connection.execute(asked).all())  # a test may ask what it likes
    assert heard.faults() == []
    await said["ask"](database, asked)
    [fault] = heard.faults()
    assert "customer without a shop is in all shards" in fault
