"""Kept totals: what lists and summaries say without counting is what somebody who counts would find."""

import asyncio
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

import pytest
from alembic import command
from msgspec.structs import replace
from sqlalchemy import Connection, MetaData, Table, select

from loyalty_app import pagination
from loyalty_app.customers.analytics import read_summary
from loyalty_app.customers.lists import RewardSearch, Search, list_customers, list_owed, list_rewards, list_transactions
from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import _config, migrate
from loyalty_app.pagination import PageRequest
from loyalty_app.settings import Settings
from loyalty_core.fields import CustomerId
from loyalty_core.rewards import Reward, RewardStatus
from testkit.shop import Shop, open_next_door
from tests.app.test_ledger_law import Day
from tests.app.test_migrations import some

FIRST = PageRequest(limit=100)


async def a_busy_shop(shop: Shop, seed: int) -> Shop:
    """A shop in which anything may have happened, with rewards that have lapsed and are not booked so."""
    bakery = await open_next_door(shop, reward_valid_days=2)
    await Day(bakery, Random(seed)).pass_by()  # dice, not secrets
    bakery.clock.wait(days=3)
    return bakery


@pytest.mark.parametrize("seed", range(3))
async def test_totals_of_lists_are_what_counting_would_give(shop: Shop, seed: int) -> None:
    bakery = await a_busy_shop(shop, seed)
    rewards = [reward_at(reward, bakery) for reward in await bakery.rewards()]
    for status in (None, *RewardStatus):
        assert await reward_total(bakery, status) == sum(status in {None, one} for one in rewards), status
    assert await owed_total(bakery) == rewards.count(RewardStatus.AVAILABLE)
    ledger = await bakery.ledger()
    for customer in await bakery.customers():
        own = sum(entry.customer_id == customer.id for entry in ledger)
        assert customer.entries == own
        if customer.erased_at is None:
            assert await transaction_total(bakery, customer.id) == own


def reward_at(reward: Reward, shop: Shop) -> RewardStatus:
    """The status of a reward now: one that has lapsed counts as expired."""
    over = reward.status is RewardStatus.AVAILABLE and reward.lapsed(shop.clock.now)
    return RewardStatus.EXPIRED if over else reward.status


async def reward_total(shop: Shop, status: RewardStatus | None) -> int:
    search = RewardSearch(now=shop.clock.now, status=status)
    page = await shop.database.read(lambda c: list_rewards(c, shop.business, search, wanted=FIRST))
    return page.pagination.total


async def owed_total(shop: Shop) -> int:
    page = await shop.database.read(lambda c: list_owed(c, shop.business, now=shop.clock.now, wanted=FIRST))
    return page.pagination.total


async def transaction_total(shop: Shop, customer: int) -> int:
    page = await shop.database.read(lambda c: list_transactions(c, shop.business, CustomerId(customer), wanted=FIRST))
    return page.pagination.total


@pytest.mark.parametrize("seed", range(3))
async def test_who_was_here_is_told_for_any_number_of_days(shop: Shop, seed: int) -> None:
    bakery = await a_busy_shop(shop, seed)
    today = bakery.clock.now.astimezone(bakery.business.zone).date()
    here = [one for one in await bakery.customers() if one.erased_at is None and one.card.day is not None]
    told = await who_was_here(bakery, range(1, 60))
    for days in range(1, 60):
        first = today - timedelta(days=days - 1)
        active = [one.card for one in here if one.card.day is not None and one.card.day >= first]
        assert told[days] == (len(active), sum(card.total_visits > 1 for card in active))


async def who_was_here(shop: Shop, spans: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Active and returning customers of so many last days, for each number of days."""

    def work(connection: Connection) -> dict[int, tuple[int, int]]:
        told = {n: read_summary(connection, shop.business, days=n, now=shop.clock.now).customers for n in spans}
        return {n: (people.active, people.returning) for n, people in told.items()}

    return await shop.database.read(work)


async def test_whose_only_visit_is_undone_was_not_here_and_whose_last_is_was_here_before(shop: Shop) -> None:
    lena, omar = await shop.join("Lena"), await shop.join("Omar")
    await shop.stamp(omar.id)
    shop.clock.wait(days=3)
    undone = [(await shop.stamp(person.id)).transaction_id for person in (lena, omar)]
    assert await last_visits(shop) == {date(2026, 3, 2): (0, 0), date(2026, 3, 5): (2, 1)}
    for number in undone:
        await shop.void(number)
    assert await last_visits(shop) == {date(2026, 3, 2): (1, 0), date(2026, 3, 5): (0, 0)}
    await shop.erase(omar.id)
    assert await last_visits(shop) == {date(2026, 3, 2): (0, 0), date(2026, 3, 5): (0, 0)}


async def last_visits(shop: Shop) -> dict[date, tuple[int, int]]:
    return {row.day: (row.last_visits, row.last_visits_again) for row in await shop.rows(tables.daily_total)}


@pytest.mark.parametrize("seed", range(3))
async def test_the_proof_holds_for_all_that_is_kept(shop: Shop, seed: int) -> None:
    bakery = await a_busy_shop(shop, seed)
    proof = Proof(bakery.business)
    await bakery.database.read(proof.run)
    assert [str(one) for one in proof.differences] == []


async def test_a_search_that_finds_many_is_counted_as_far_as_pages_reach(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "DEEPEST", 5)
    for number in range(7):
        await shop.join(f"Lena {number}")
    assert await search_total(shop, "lena", limit=2) == 5
    assert await search_total(shop, "lena 3", limit=2) == 1


@pytest.mark.parametrize("found", [1, 2, 3, 4])
async def test_a_search_tells_the_same_total_on_every_page(shop: Shop, found: int) -> None:
    for number in range(found):
        await shop.join(f"Lena {number}")
        await shop.join(f"Omar {number}")
    for wanted in ({"page": 1}, {"page": 2}, {"page": 3}):
        assert await search_total(shop, "lena", limit=2, **wanted) == found
    first = await search(shop, "lena", limit=1)
    if first.pagination.next_cursor is not None:
        assert await search_total(shop, "lena", limit=2, cursor=first.pagination.next_cursor) == found


async def search(shop: Shop, q: str, **wanted: object) -> pagination.Page[object]:
    request = replace(PageRequest(), **wanted)
    return await shop.database.read(lambda c: list_customers(c, shop.business, Search(q=q), wanted=request))


async def search_total(shop: Shop, q: str, **wanted: object) -> int:
    return (await search(shop, q, **wanted)).pagination.total


OLD_CUSTOMERS = (
    {"id": 1, "day": date(2026, 3, 1), "total_visits": 1},
    {"id": 2, "day": date(2026, 3, 1), "total_visits": 2},
    {"id": 3, "day": date(2026, 3, 2), "total_visits": 5},
    {"id": 4, "day": date(2026, 3, 2), "total_visits": 5},
    {"id": 5, "day": None, "total_visits": 0},
)
ERASED = 4
OLD_REWARDS = ("redeemed", "redeemed", "expired", "voided", "voided", "voided", "available")


async def test_what_was_not_kept_before_is_counted_once_by_the_migration(empty: Settings) -> None:
    database = open_database(empty)
    await database.write(lambda connection: command.upgrade(_config(connection), "0004"))
    await database.write(fill_old)
    await database.close()
    await asyncio.to_thread(migrate, empty)
    database = open_database(empty)
    assert await rows(database, "business_total", "redeemed", "expired", "voided") == [(2, 1, 3)]
    assert await rows(database, "customer", "id", "entries") == [(1, 2), (2, 1), (3, 0), (4, 0), (5, 0)]
    days = await rows(database, "daily_total", "day", "visits", "last_visits", "last_visits_again")
    assert days == [(date(2026, 3, 1), 9, 2, 1), (date(2026, 3, 2), 0, 1, 1)]
    await database.close()


async def rows(database: Database, table: str, *names: str) -> list[tuple[object, ...]]:
    wanted = tables.metadata.tables[table]
    chosen = select(*(wanted.c[name] for name in names)).order_by(*wanted.primary_key)
    return [tuple(row) for row in await database.read(lambda connection: connection.execute(chosen).all())]


def fill_old(connection: Connection) -> None:
    """A shop of the version before, with what was done in it."""
    put(connection, "business", {"id": 1})
    put(connection, "business_total", {})
    put(connection, "daily_total", {"day": date(2026, 3, 1), "visits": 9})
    for one in OLD_CUSTOMERS:
        kept: dict[str, object] = {} if one["id"] == ERASED else {"erased_at": None}
        put(connection, "customer", {"qr_code": f"CUS{one['id']}", "phone": None, **kept, **one})
    for number, owner in enumerate((1, 1, 2), 1):
        put(connection, "transaction", {"id": number, "customer_id": owner, "order_ref": None, "voided_by": None})
    for number, status in enumerate(OLD_REWARDS, 1):
        put(connection, "reward", {"id": number, "status": status})


def put(connection: Connection, name: str, values: dict[str, object]) -> None:
    """A row with these values; all others are some that fit."""
    table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
    connection.execute(table.insert().values({column.name: some(column) for column in table.columns} | values))
