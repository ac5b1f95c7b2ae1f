"""`loyalty move --business`: single shops go to another installation, also one that is used, and others stay."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from loyalty_app.counter.orders import Holder
from loyalty_app.counter.replays import once_of_shop
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.shards import is_spread
from loyalty_app.db.tables import (
    api_key,
    business,
    card_link,
    customer,
    delivery,
    fan_out,
    metadata,
    polling_lease,
    telegram_bot,
    telegram_chat,
    transaction,
    vault,
    webhook_endpoint,
)
from loyalty_app.db.types import UtcDateTime
from loyalty_app.moving.belongings import INSTALLATIONS, Cargo, Sort, sort_of
from loyalty_app.moving.carrying import locked_columns
from loyalty_app.moving.renumbering import KNOWN
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import find_business
from loyalty_app.vault import Vault
from loyalty_app.vault.rotation import LOCKED
from loyalty_core.customers import Profile
from loyalty_core.errors import Busy, ShopMoved
from loyalty_core.gifts import ReferralGift
from loyalty_core.ledger import Actor, ActorType
from testkit.builders import NOON
from testkit.citus import citus_url
from testkit.clocks import Clock
from testkit.console import Console, refused
from testkit.shop import Shop, open_shop

Result = TypeVar("Result")
Rows = dict[str, list[dict[str, Any]]]

OLD_KEY, NEW_KEY = "the key of the old installation", "the key of the new installation"
OTHER = 3
"""The shop beside the one that moves; 2 is the number of a program."""
OWN_BOT, SHARED_BOT = 700, 800


def at(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Do something at a database."""

    async def opened() -> Result:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


async def live(database: Database) -> None:
    """A few days of a shop, and one beside it."""
    shop = await open_shop(database)
    lena, ben = await shop.join("Lena", phone="+4915112345678"), await shop.join("Ben")
    await shop.stamp(lena.id, 10, key="receipt 1")
    await shop.stamp(ben.qr_code, 3, key="receipt 2")
    await shop.void((await shop.stamp(ben.qr_code, 2)).transaction_id)
    await shop.redeem(lena.id, key="receipt 3")
    await shop.stamp(ben.id, 9)
    await shop.erase((await shop.join("Kim")).id)
    await shop.merge(ben.id, (await shop.join("Benny")).id)
    await bring_along(shop, lena.qr_code)
    second = await shop.make_program("Tea", stamps_required=5)
    await shop.stamp(await known_again(shop, lena.id), 5, program_id=second)
    await shop.counter.close()


async def bring_along(shop: Shop, code: str) -> None:
    """A friend joins in a chat by the link of that card, and comes."""
    await shop.change(referral=ReferralGift(stamps_for_friend=1, stamps_for_referrer=1, monthly_cap=1))
    by, holder = shop.caller(by=Actor(ActorType.CUSTOMER)), Holder(SHARED_BOT, 4_711, code)
    friend = (await shop.counter.join(by, Profile(name="Mira"), holder=holder)).outcome
    await shop.stamp(friend.id)


async def known_again(shop: Shop, customer_id: int) -> int:
    """A customer of a shop whose programs have changed."""
    shop.business = await shop.database.read(lambda connection: find_business(connection, shop.business.id))
    return customer_id


def filled(table: Table, number: int, shop: int) -> dict[str, Any]:
    """A row of a table with something in each column, that belongs to a shop or to its bot."""
    known: dict[str, Any] = {"business_id": shop, "bot_id": OWN_BOT, "endpoint_id": 1, "program_id": shop}
    known |= {
        "endpoint_ids": "1 77",
        "customer_id": 1,
        "status": "done",
        "actor_type": "system",
        "actor": b'{"type":"system"}',
    }
    values: dict[str, Any] = {}
    for column in table.columns:
        kind = column.type
        if column.name in known:
            values[column.name] = known[column.name]
        elif isinstance(kind, UtcDateTime):
            values[column.name] = NOON
        elif isinstance(kind, Date):
            values[column.name] = date(2026, 3, 1)
        elif isinstance(kind, LargeBinary):
            values[column.name] = f"{column.name} {number}".encode()
        elif isinstance(kind, Boolean):
            values[column.name] = True
        elif isinstance(kind, Integer):
            values[column.name] = number
        else:
            values[column.name] = f"{number}"
    return values


async def furnish(database: Database, shop: int, key: str) -> None:
    """Put a row into each table of shops and bots where the shop has none, with secrets that `key` has locked."""

    def work(connection: Connection) -> None:
        keys = Vault(key)
        for place, table in enumerate(metadata.sorted_tables):
            if sort_of(table) is Sort.INSTALLATION or table is business:
                continue
            there = select(table).where(Cargo((shop,)).rows_of(table)).limit(1)
            if connection.execute(there).first() is None:
                row = filled(table, 40 + place, shop)
                row |= {"id": 1} if table in {webhook_endpoint, api_key} else {}
                row |= {"secret": keys.lock(f"of {shop}")} if table in {webhook_endpoint, card_link} else {}
                row |= {"old_secret": None} if table is webhook_endpoint else {}
                row |= {"token": keys.lock("a token"), "removed_at": None} if table is telegram_bot else {}
                row |= {"business_id": shop} if table is telegram_chat else {}
                connection.execute(insert(table).values(**row)).close()
        queued = {**filled(delivery, 900, shop), "status": "queued"}
        connection.execute(insert(delivery).values(**queued)).close()

    await database.write(work)


def rows_of(settings: Settings, shop: int) -> Rows:
    """All rows that go along with a shop."""

    async def rows(database: Database) -> Rows:
        return await database.read(partial(look, cargo=Cargo((shop,), spread=is_spread(database))))

    def look(connection: Connection, *, cargo: Cargo) -> Rows:
        found = {}
        for table in (*cargo.early, *cargo.late):
            rows = connection.execute(select(table).where(cargo.rows_of(table)).order_by(*table.primary_key.columns))
            found[table.name] = [row._asdict() for row in rows]
        return found

    return at(settings, rows)


@pytest.fixture
def left(sqlite_settings: Settings) -> Settings:
    """An installation with a shop that has something in every table, and another shop."""

    async def fill(database: Database) -> None:
        await live(database)
        await furnish(database, 1, OLD_KEY)
        await live(database)

    at(sqlite_settings, fill)
    return sqlite_settings


@pytest.fixture(params=["sqlite", "postgresql", *(["citus"] if citus_url() else [])])
def used(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Another installation, in use: with a shop of the same numbers, and a key of its own."""
    if request.param == "sqlite":
        found = Settings(database_url=f"sqlite:///{tmp_path}/used.db", secret_key=NEW_KEY)
    else:
        name = {"postgresql": "postgres_database", "citus": "citus_database"}[request.param]
        found = Settings(database_url=request.getfixturevalue(name), secret_key=NEW_KEY)
    migrate(found)

    async def fill(database: Database) -> None:
        await live(database)
        await database.write(
            lambda connection: [
                connection.execute(insert(table).values(**{**filled(table, 1, 1), "id": 1}))
                for table in (webhook_endpoint, api_key)
            ].clear()
        )

    at(found, fill)
    at(found, lambda database: lock_with(database, NEW_KEY))
    (tmp_path / "new.key").write_text(NEW_KEY)
    return found


async def lock_with(database: Database, key: str) -> None:
    """Let a database keep the fingerprint of a key."""
    row = insert(vault).values(id=1, fingerprint=Vault(key).fingerprint)
    await database.write(lambda connection: connection.execute(row).close())


def console_at(settings: Settings, folder: Path, key: str) -> Console:
    found = Console(folder, settings)
    found.environment["LOYALTY_SECRET_KEY"] = key
    return found


async def shop_of(database: Database, number: int) -> Shop:
    found = await database.read(lambda connection: find_business(connection, number))
    return Shop(database, found, Clock())


CHANGED = {"moved_to", "secret", "old_secret", "token", "removed_at"}


def without(rows: Rows, new: dict[tuple[str, int], int]) -> Rows:
    """Rows as they are at the new place, except what is locked."""
    found: Rows = {}
    for name, lines in rows.items():
        found[name] = []
        for line in lines:
            row = {column: value for column, value in line.items() if column not in CHANGED}
            if name == telegram_chat.name and ("business", line["business_id"]) in new:
                row["draft"] = None  # it would name another shop
            for column, value in row.items():
                kind = {"endpoint_id": "webhook", "business_id": "business", "program_id": "business"}.get(column)
                kind = {("business", "id"): "business", ("webhook_endpoint", "id"): "webhook"}.get((name, column), kind)
                kind = {("api_key", "id"): "api_key", ("shop_program", "id"): "-"}.get((name, column), kind)
                row[column] = new.get((kind, value), value) if isinstance(value, int) and kind else value
                if column == "once" and value is not None and new:
                    row[column] = once_of_shop(value, line["business_id"])
                if column == "endpoint_ids":
                    row[column] = " ".join(str(new.get(("webhook", int(one)), one)) for one in value.split())
            found[name].append(row)
    return found


def test_a_shop_goes_into_a_used_installation_with_everything_and_another_number_where_its_own_is_taken(
    left: Settings, used: Settings, tmp_path: Path
) -> None:
    before, others, theirs = rows_of(left, 1), rows_of(left, OTHER), rows_of(used, 1)
    assert all(rows for name, rows in before.items() if name != "shop_arrival"), "every table has a row"
    old = console_at(left, tmp_path, OLD_KEY)
    words = ("move", "--to", used.database_url, "--business", "1")

    assert "--to-key-file" in refused(old.run(*words), 2)
    plan = old.ask(*words, "--to-key-file", str(tmp_path / "new.key"), "--dry-run")
    told = old.ask(*words, "--to-key-file", str(tmp_path / "new.key"), "--public-url", "https://new.example.com")

    assert told["rows"] == plan["rows"] == {name: len(rows) for name, rows in before.items()}
    new = {(one["kind"], one["was"]): one["is"] for one in told["numbers"]}
    assert new.keys() == {("business", 1), ("webhook", 1), ("api_key", 1)}
    number = new["business", 1]
    after = rows_of(used, number)
    arrival = after.pop("shop_arrival")[-1]
    assert json.loads(arrival["numbers"]) == told["numbers"]
    expected = without(before, new)
    del expected["shop_arrival"]
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in expected.items()}
    for name, rows in without(after, {}).items():
        assert rows == expected[name], name
    for name in ("webhook_endpoint", "card_link"):
        assert Vault(NEW_KEY).unlock(after[name][-1]["secret"]) == "of 1"
    assert Vault(NEW_KEY).unlock(after["telegram_bot"][0]["token"]) == "a token"
    assert after["telegram_bot"][0]["removed_at"] is None
    assert rows_of(left, OTHER) == others
    assert rows_of(used, 1) == theirs
    at(used, lambda database: goes_on(database, number))
    at(left, takes_nothing)
    assert "moved to https://new.example.com" in refused(old.run(*words, "--to-key-file", str(tmp_path / "new.key")), 2)


async def goes_on(database: Database, number: int) -> None:
    """What was asked before has its first answer; the shop is served; its new ids are new."""
    shop = await shop_of(database, number)
    lena = await shop.customer(1)
    before = await shop.ledger()
    assert (await shop.stamp(1, 10, key="receipt 1")).transaction_id == before[0].id
    assert len(await shop.ledger()) == len(before)
    for _ in range(3):
        await shop.stamp(lena.qr_code, 10)
    assert len({entry.id for entry in await shop.ledger()}) == len(before) + 3
    assert (await shop.join("Ana")).id not in {entry.customer_id for entry in before}
    await shop.counter.close()


async def takes_nothing(database: Database) -> None:
    """Those who ask for the shop are told where it is; others are served."""
    shop = await shop_of(database, 1)
    with pytest.raises(ShopMoved, match=r"https://new\.example\.com"):
        await shop.stamp(1)
    for change in (
        update(customer).where(customer.c.business_id == 1).values(name="late"),
        delete(transaction).where(transaction.c.business_id == 1),
        insert(api_key).values(**filled(api_key, 77, 1)),
    ):
        with pytest.raises(Busy):
            await database.write(lambda connection, change=change: connection.execute(change).close())  # type: ignore[misc]
    assert not await database.read(
        lambda c: c.execute(select(delivery).where(delivery.c.business_id == 1, delivery.c.status == "queued")).all()
    )
    assert not await database.read(lambda c: c.execute(select(fan_out).where(fan_out.c.business_id == 1)).all())
    await shop.counter.close()
    other = await shop_of(database, OTHER)
    assert (await other.stamp((await other.join("Zoë")).id)).current_stamps == 1
    await other.counter.close()


def test_a_table_is_a_shops_or_a_bots_or_a_persons_or_stays_for_a_reason() -> None:
    assert {table.name for table in metadata.sorted_tables} >= INSTALLATIONS.keys()
    cargo = Cargo((1,))
    going = {table.name for table in (*cargo.early, *cargo.late)}
    assert going | INSTALLATIONS.keys() == set(metadata.tables)
    with pytest.raises(LookupError, match="new_table belongs neither"):
        sort_of(Table("new_table", MetaData(), Column("id", Integer)))


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_it_is_known_of_every_number_of_something_whether_it_stays(table: Table) -> None:
    named = {name for name in table.c.keys() if name.endswith("_id")}  # noqa: SIM118  # its columns' names
    assert named <= KNOWN


@pytest.mark.parametrize("table", Cargo().early, ids=str)
def test_the_log_of_changes_can_write_every_key_down(table: Table) -> None:
    for column in table.primary_key.columns:
        assert isinstance(column.type, Integer | BigInteger | String | LargeBinary | Date), column


def test_what_is_locked_is_locked_again_wherever_it_stands() -> None:
    assert {(one.table.name, one.name) for one in LOCKED} == {
        (table.name, name) for table in metadata.sorted_tables for name in locked_columns(table)
    }


def test_a_shop_that_got_another_number_comes_back_with_everything_over_what_it_left_and_what_is_left_there_is_deleted(
    left: Settings, used: Settings, tmp_path: Path
) -> None:
    before, others, theirs = rows_of(left, 1), rows_of(left, OTHER), rows_of(used, 1)
    old, new = console_at(left, tmp_path, OLD_KEY), console_at(used, tmp_path, NEW_KEY)
    (tmp_path / "old.key").write_text(OLD_KEY)
    there = old.ask("move", "--to", used.database_url, "--business", "1", "--to-key-file", str(tmp_path / "new.key"))
    number = next(one["is"] for one in there["numbers"] if one["kind"] == "business")
    words = ("move", "--to", left.database_url, "--business", str(number), "--to-key-file", str(tmp_path / "old.key"))

    assert "--replace" in refused(new.run(*words), 2)
    back = new.ask(*words, "--replace")

    assert back["numbers"] == []
    after = rows_of(left, number)
    for name in after.keys() - {"shop_arrival"}:
        assert len(after[name]) == len(before[name]), name
    assert len(after["shop_arrival"]) == len(before["shop_arrival"]) + 2
    assert Vault(OLD_KEY).unlock(after["telegram_bot"][0]["token"]) == "a token"
    assert after["telegram_bot"][0]["removed_at"] is None
    assert rows_of(left, 1)["transaction"] == []
    assert rows_of(left, OTHER) == others
    at(left, lambda database: goes_on(database, number))
    gone = new.ask("business", "delete", "--business", str(number), "--yes")
    assert gone["left"] == 0
    assert not [name for name, rows in rows_of(used, number).items() if rows]
    assert rows_of(used, 1) == theirs


def test_the_polling_lease_of_a_bot_does_not_move_so_the_new_place_fetches_updates_at_once() -> None:
    for cargo in (Cargo(), Cargo((1,))):
        assert polling_lease not in {*cargo.early, *cargo.late}
