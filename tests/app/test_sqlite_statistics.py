"""Planning on SQLite: what is asked of one card reads what belongs to it, and not the ledger of the whole shop."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from loyalty_app.chat.card_queue import cards_of_customer
from loyalty_app.counter.orders import Holder
from loyalty_app.customers.absent import absent_part
from loyalty_app.customers.lists import RewardSearch, list_owed, list_rewards, list_transactions, show_customer
from loyalty_app.customers.personal_data import last_deeds
from loyalty_app.customers.staff_work import read_staff_deeds, read_staff_work
from loyalty_app.customers.transactions import LedgerSearch, list_ledger
from loyalty_app.db import tables
from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.sqlite.engine import SqliteDatabase
from loyalty_app.db.sqlite.statistics import GROWN
from loyalty_app.pagination import PageRequest
from loyalty_app.settings import Settings
from loyalty_core.customers import Profile
from loyalty_core.fields import CustomerId
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus
from testkit.builders import NOON
from testkit.shop import Shop, open_shop

FIRST = PageRequest()
OWNER = ("business_id", "customer_id")
Verb = Callable[[Shop, Connection], object]

OF_A_CARD: dict[str, Verb] = {
    "a customer": lambda shop, c: show_customer(c, shop.business, 1, now=NOON),
    "their transactions": lambda shop, c: list_transactions(c, shop.business, CustomerId(1), wanted=FIRST),
    "their rewards": lambda shop, c: list_rewards(
        c, shop.business, RewardSearch(now=NOON, customer=CustomerId(1)), wanted=FIRST
    ),
    "their last deeds": lambda shop, c: last_deeds(c, shop.business.id, CustomerId(1)),
    "a whole history": lambda shop, c: shop.database.fetch(
        c, tables.transaction, ("business_id", "customer_id"), [(1, 1)]
    ),
    "their cards in chats": lambda shop, c: cards_of_customer(c, shop.business.id, CustomerId(1)),
    "all their rewards": lambda shop, c: shop.database.fetch(
        c, tables.reward, ("business_id", "customer_id"), [(1, 1)]
    ),
}
OF_THE_SHOP: dict[str, Verb] = {
    "what is owed": lambda shop, c: list_owed(c, shop.business, now=NOON, wanted=FIRST),
    "what was redeemed": lambda shop, c: list_rewards(
        c, shop.business, RewardSearch(now=NOON, status=RewardStatus.REDEEMED), wanted=FIRST
    ),
}
OF_THE_STAFF: dict[str, Verb] = {
    "what each did": lambda shop, c: read_staff_work(c, shop.business, now=NOON),
    "the entries behind it": lambda shop, c: read_staff_deeds(c, shop.business, 1, now=NOON, skip=0, limit=10),
}
OF_THE_LEDGER = {
    "all": (LedgerSearch(), {"id>?", "business_id=?)"}),
    "by type": (LedgerSearch(type=EntryType.REDEEM), {"ix_transaction_type (business_id=? AND type=?"}),
    "by branch": (LedgerSearch(branch_id=1), {"ix_transaction_branch_id (business_id=? AND branch_id=?"}),
    "by staff and time": (
        LedgerSearch(staff_id=1, since=NOON),
        {"ix_transaction_staff (business_id=? AND actor_id=? AND occurred_at>?"},
    ),
    "by customer": (LedgerSearch(customer=1), {"customer_id=?"}),
    "by order": (
        LedgerSearch(order_ref="A-1"),
        {"uq_transaction_order_ref (business_id=? AND order_ref=?", "undone_order_ref (business_id=? AND order_ref=?"},
    ),
    "by time": (LedgerSearch(since=NOON, until=NOON), {"(business_id=? AND id>? AND id<?)"}),
    "by type and time": (LedgerSearch(type=EntryType.VOID, since=NOON), {"type (business_id=? AND type=? AND id>?)"}),
}
"""A search, and what is in the plans for it; each step has one of these."""


@pytest.fixture
def file(tmp_path: Path) -> Settings:
    """A SQLite file with its tables."""
    settings = Settings(database_url=f"sqlite:///{tmp_path}/planned.db")
    migrate(settings)
    return settings


async def nothing(_shop: Shop) -> None:
    """Do nothing before."""


async def plans(settings: Settings, verb: Verb, before: Callable[[Shop], Awaitable[None]] = nothing) -> list[str]:
    """How SQLite means to find the rows of the ledger and of rewards that a verb asks for."""
    database = open_database(settings)
    shop = await open_shop(database)
    await shop.join()
    await before(shop)
    found = await database.read(lambda connection: _plans(connection, partial(verb, shop)))
    await shop.counter.close()
    await database.close()
    return found


def _plans(connection: Connection, ask: Callable[[Connection], object]) -> list[str]:
    heard: list[str] = []
    driver: Any = connection.connection.driver_connection
    driver.set_trace_callback(heard.append)
    ask(connection)
    driver.set_trace_callback(None)
    return _explained(connection, heard)


def _explained(connection: Connection, heard: list[str]) -> list[str]:
    """The steps of what was asked, of which SQLite itself tells with all values."""
    return [step for sql in heard if sql.startswith("SELECT") for step in _steps(connection, sql)]


def _steps(connection: Connection, sql: str) -> Iterator[str]:
    tables_of = {alias: table for table, alias in re.findall(r'"(\w+)" AS (\w+)', sql)}
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"):
        table = (*row.detail.split(), "")[1]
        if tables_of.get(table, table) in {"transaction", "reward", "telegram_card"}:
            yield row.detail


@pytest.mark.parametrize("name", OF_A_CARD)
async def test_what_is_asked_of_a_card_is_found_by_the_card(file: Settings, name: str) -> None:
    steps = await plans(file, OF_A_CARD[name])
    assert steps
    assert all("customer_id=?" in step or " id=?" in step for step in steps), steps


async def test_who_is_away_is_found_by_their_cards_in_chats(file: Settings) -> None:
    async def held(shop: Shop) -> None:
        await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=Holder(1, 501))

    steps = await plans(
        file, lambda shop, c: absent_part(c, business=shop.business, after_days=30, now=NOON), before=held
    )
    assert "ix_telegram_card_business_id_customer_id_bot_id (business_id=? AND customer_id>?)" in steps[0]
    assert len(steps) == 4
    assert all("(business_id=? AND customer_id=?)" in step for step in steps[1:]), steps
    assert any("ix_transaction_win_back" in step for step in steps)


@pytest.mark.parametrize("name", OF_THE_SHOP)
async def test_rewards_of_a_shop_are_found_by_their_status(file: Settings, name: str) -> None:
    steps = await plans(file, OF_THE_SHOP[name])
    assert steps
    of_one_status = ("status=?", "expires_at<?", "ix_reward_open")
    assert all(any(found in step for found in of_one_status) for step in steps), steps


@pytest.mark.parametrize("name", OF_THE_STAFF)
async def test_what_the_staff_did_is_found_by_person_and_time(file: Settings, name: str) -> None:
    steps = await plans(file, OF_THE_STAFF[name])
    assert steps
    assert all("ix_transaction_staff (business_id=? AND actor_id=? AND occurred_at>?)" in step for step in steps), steps


@pytest.mark.parametrize("name", OF_THE_LEDGER)
async def test_a_search_of_the_ledger_reads_what_it_finds_and_no_more(file: Settings, name: str) -> None:
    search, expected = OF_THE_LEDGER[name]
    steps = await plans(file, lambda shop, c: list_ledger(c, shop.business.id, search, wanted=FIRST))
    assert steps
    assert all(any(part in step for part in expected) for step in steps), steps


async def test_a_stamp_with_a_key_and_an_order_finds_both_by_their_indexes(file: Settings) -> None:
    database = SqliteDatabase(file.sqlite_path)
    shop = await open_shop(database)
    lena = await shop.join()
    heard: list[str] = []

    def hear(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(heard.append)

    await database.write(hear)
    await shop.stamp(lena.id, key="k", order_ref="till-1-2026-03-02-000123")
    steps = await database.read(lambda connection: _explained(connection, heard))
    assert {part for step in steps for part in INDEXES_OF_KEYS if part in step} == {*INDEXES_OF_KEYS}
    assert [step for step in steps if step.startswith("SCAN")] == []
    await shop.counter.close()
    await database.close()


INDEXES_OF_KEYS = ("uq_transaction_once_key", "uq_transaction_order_ref")


async def test_the_description_is_written_once_and_names_indexes_that_are_there(file: Settings) -> None:
    database = open_database(file)
    before = await database.read(lambda c: c.execute(text("PRAGMA schema_version")).scalar_one())
    await asyncio.to_thread(migrate, file)
    after = await database.read(lambda c: c.execute(text("PRAGMA schema_version")).scalar_one())
    there = await database.write(_indexes)
    await database.close()
    assert before == after
    assert GROWN.keys() <= there


def _indexes(connection: Connection) -> set[tuple[str, str]]:
    rows = connection.execute(text("SELECT tbl_name, name FROM sqlite_schema WHERE type = 'index'")).all()
    return {(row.tbl_name, row.name) for row in rows} | {(name, name) for name in inspect(connection).get_table_names()}
