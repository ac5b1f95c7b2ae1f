"""Kept rows on SQLite: batches read their shops once, and see every change of one."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import Connection, update
from sqlalchemy.exc import DatabaseError

from loyalty_app.db.bulk import Lookup
from loyalty_app.db.sqlite import kept_rows
from loyalty_app.db.sqlite.engine import SqliteDatabase
from loyalty_app.db.tables import business, webhook_endpoint
from loyalty_app.settings import Settings
from testkit.builders import NOON
from testkit.shop import Shop, open_next_door, open_shop

OTHER_NAME = "Otto"
ENDPOINT = {"id": 1, "url": "https://example.org/", "events": "stamp.added", "active": True, "secret": b""}
Change = Callable[[Connection], object]


@pytest.fixture
async def opened(sqlite_settings: Settings) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(sqlite_settings.sqlite_path)
    yield database
    await database.close()


@pytest.fixture
async def shop(opened: SqliteDatabase) -> AsyncIterator[Shop]:
    made = await open_shop(opened)
    yield made
    await made.counter.close()


async def read_again(database: SqliteDatabase, stamp: Callable[[], Coroutine[Any, Any, object]]) -> list[str]:
    """Which of the tables were read while something was done."""
    statements = list[str]()
    await database.write(lambda c: _raw(c).set_trace_callback(statements.append))
    await stamp()
    await database.write(lambda c: _raw(c).set_trace_callback(None))
    return [table.name for table in kept_rows.KEPT if any(f'JOIN "{table.name}"' in one for one in statements)]


def _raw(connection: Connection) -> Any:  # noqa: ANN401  # either of two drivers' connections
    return connection.connection.driver_connection


def renamed(shop: Shop) -> Change:
    own = update(business).where(business.c.id == shop.business.id)
    return lambda connection: connection.execute(own.values(name=OTHER_NAME)).close()


async def name_seen(database: SqliteDatabase, shop: Shop) -> str:
    """The name of a shop as the next batch sees it."""
    return str((await database.write(lambda c: asked(database, c, shop)))[0].name)


def asked(database: SqliteDatabase, connection: Connection, shop: Shop) -> Any:  # noqa: ANN401  # rows of any columns
    wanted = Lookup(business, ("id",), [(shop.business.id,)])
    return database.gather(connection, [wanted], ids=None).answers[0]


async def test_the_next_batch_reads_no_shop_again(opened: SqliteDatabase, shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id)
    assert await read_again(opened, lambda: shop.stamp(lena.id)) == []


async def test_a_shop_that_comes_along_is_read_alone(opened: SqliteDatabase, shop: Shop) -> None:
    lena, other = await shop.join(), await open_next_door(shop)
    otto = await other.join("Otto")
    assert (await shop.stamp(lena.id)).total_stamps == (await other.stamp(otto.id)).total_stamps == 1
    assert await read_again(opened, lambda: shop.stamp(lena.id)) == []


async def test_a_change_of_this_process_is_seen_by_the_next_batch(opened: SqliteDatabase, shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id)
    await shop.change(stamps_required=3)
    assert (await shop.stamp(lena.id)).stamps_required == 3
    row = {**ENDPOINT, "business_id": shop.business.id, "secret_hint": "", "warnings": 0, "created_at": NOON}
    await opened.write(lambda c: opened.insert(c, webhook_endpoint, [row]))
    assert (await shop.stamp(lena.id)).total_stamps == 3
    deliveries = await opened.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM delivery").scalar_one())
    assert deliveries == 1, "the new endpoint is told of the stamp that came after it"


async def test_a_change_of_another_process_is_seen_by_the_next_batch(opened: SqliteDatabase, shop: Shop) -> None:
    before = await name_seen(opened, shop)
    assert await name_seen(opened, shop) == before != OTHER_NAME
    other = SqliteDatabase(opened.path)
    await other.write(renamed(shop))
    assert await name_seen(opened, shop) == OTHER_NAME
    await other.close()


async def test_what_is_taken_back_is_never_kept(opened: SqliteDatabase, shop: Shop) -> None:
    before = await name_seen(opened, shop)

    def change_and_fail(connection: Connection) -> None:
        renamed(shop)(connection)
        assert asked(opened, connection, shop)[0].name == OTHER_NAME, "its own transaction sees it"
        raise LookupError

    with pytest.raises(LookupError):
        await opened.write(change_and_fail)
    assert await name_seen(opened, shop) == before


async def test_a_reading_that_fails_leaves_nothing_to_be_believed(opened: SqliteDatabase, shop: Shop) -> None:
    await opened.write(renamed(shop))

    def read_and_fail(connection: Connection) -> None:
        _raw(connection).set_authorizer(lambda _, table, *__: int(table == business.name))  # 1 is SQLITE_DENY
        try:
            asked(opened, connection, shop)
        finally:
            _raw(connection).set_authorizer(None)

    with pytest.raises(DatabaseError):
        await opened.write(read_and_fail)
    assert await name_seen(opened, shop) == OTHER_NAME


async def test_only_so_much_is_kept(opened: SqliteDatabase, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_rows, "MOST_KEPT", 1)
    other = await open_next_door(shop)
    for one in (shop, other, shop):
        assert await name_seen(opened, one) == one.business.name
    assert len(opened._kept._rows[business]) == 1  # noqa: SLF001  # nobody else need know
