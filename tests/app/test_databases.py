"""Databases: what both of them promise, in their own ways."""

import asyncio
from datetime import date, datetime, timedelta, timezone
from functools import partial
from threading import Event
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, Row, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from loyalty_app.db.bulk import Lookup
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import branch, business, daily_total, idempotency, staff
from loyalty_app.ids import Kind
from loyalty_app.settings import Settings
from loyalty_core.analytics import DayTotals
from testkit.builders import NOON
from testkit.shop import found

DAY = date(2026, 3, 2)


def a_branch(business_id: int, number: int, name: str = "Market", created_at: datetime = NOON) -> dict[str, object]:
    return {"business_id": business_id, "id": number, "name": name, "created_at": created_at}


async def put(database: Database, *rows: dict[str, object]) -> None:
    await database.write(lambda connection: database.insert(connection, branch, rows))


async def branches(database: Database) -> list[Row[Any]]:
    return await database.read(lambda c: list(c.execute(select(branch).order_by(branch.c.business_id, branch.c.id))))


async def test_a_reader_cannot_write(database: Database) -> None:
    shop = await found(database)
    for statement in (
        insert(branch).values(a_branch(shop.id, 1)),
        delete(business),
        text("CREATE TABLE x (y INTEGER)"),
    ):
        with pytest.raises(DBAPIError):
            await database.read(partial(Connection.execute, statement=statement))
    assert await branches(database) == []


async def test_a_write_that_fails_has_written_nothing(database: Database) -> None:
    shop = await found(database)

    def work(connection: Connection) -> None:
        database.insert(connection, branch, [a_branch(shop.id, 1)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(work)
    assert await branches(database) == []
    assert (await found(database)).id > shop.id, "the next one is not disturbed"


async def test_what_a_write_has_returned_every_reader_sees(database: Database, second_database: Database) -> None:
    shop = await found(database)
    for number in range(1, 6):
        await put(database, a_branch(shop.id, number))
        assert len(await branches(second_database)) == len(await branches(database)) == number


async def test_what_a_row_does_not_say_is_empty_in_it_whatever_others_say(database: Database) -> None:
    shop = await found(database)
    told = {**a_branch(shop.id, 2), "closed_at": NOON}
    await put(database, a_branch(shop.id, 1), told, a_branch(shop.id, 3))
    await put(database, a_branch(shop.id, 4))
    assert [row.closed_at for row in await branches(database)] == [None, NOON, None, None]


async def test_what_belongs_to_nobody_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await put(database, a_branch(99, 1))


async def test_an_instant_is_kept_whatever_the_offset_and_one_without_an_offset_is_refused(database: Database) -> None:
    shop = await found(database)
    there = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    await database.write(lambda c: c.execute(insert(branch).values(a_branch(shop.id, 1, created_at=there))).close())
    await put(database, a_branch(shop.id, 2, created_at=there))
    for row in await branches(database):
        assert row.created_at == there
        assert row.created_at.isoformat() == "2026-03-02T10:00:00.123456+00:00"
    naive = there.replace(tzinfo=None)
    with pytest.raises(StatementError, match="an instant needs a time zone"):
        await database.write(lambda c: c.execute(insert(branch).values(a_branch(shop.id, 3, created_at=naive))).close())


async def test_instants_are_compared_as_instants(database: Database) -> None:
    shop = await found(database)
    moments = [NOON + timedelta(microseconds=step) for step in (0, 1, 1_000_000)]
    await put(database, *(a_branch(shop.id, number, created_at=moment) for number, moment in enumerate(moments)))
    asked = (NOON + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=-8)))
    early = select(branch.c.id).where(branch.c.created_at <= asked)
    assert await database.read(lambda c: sorted(c.scalars(early))) == [0, 1]


async def test_rows_are_found_by_pairs_and_by_texts_of_any_kind(database: Database) -> None:
    first, second = await found(database), await found(database)
    await put(database, *(a_branch(shop.id, number) for shop in (first, second) for number in (1, 2)))
    wanted = [(first.id, 1), (second.id, 2), (second.id, 3), (first.id, 1)]
    fetched = await database.write(lambda c: database.fetch(c, branch, ("business_id", "id"), wanted, lock=True))
    assert sorted((row.business_id, row.id) for row in fetched) == [(first.id, 1), (second.id, 2)]
    assert await database.read(lambda c: database.fetch(c, branch, ("business_id", "id"), [])) == []


@pytest.mark.parametrize("key", ["k", "'; DROP TABLE business; --", '"', "\\", "ключ", "🔑", " k ", "1", "null", "[0]"])
async def test_a_row_is_found_by_a_text_of_any_kind(database: Database, key: str) -> None:
    shop = await found(database)
    names = ("business_id", "key")
    row = {"business_id": shop.id, "key": key, "fingerprint": b"", "customer_id": 1, "answer": None, "created_at": NOON}
    await database.write(lambda c: database.insert(c, idempotency, [row]))
    assert len(await database.read(lambda c: database.fetch(c, idempotency, names, [(shop.id, key)]))) == 1
    assert await database.read(lambda c: database.fetch(c, idempotency, names, [(shop.id, f"{key}.")])) == []


async def test_questions_about_several_tables_are_answered_each_with_its_rows(database: Database) -> None:
    shop, other = await found(database), await found(database)
    await put(database, a_branch(shop.id, 1), a_branch(shop.id, 2, "Ярмарка"), a_branch(other.id, 1))
    kept = {"key": "k", "fingerprint": b"\x00\xff", "customer_id": 1, "answer": None, "created_at": NOON}
    await database.write(lambda c: database.insert(c, idempotency, [{"business_id": shop.id, **kept}]))
    questions = [
        Lookup(branch, ("business_id", "id"), [(shop.id, 2), (shop.id, 2), (shop.id, 9)]),
        Lookup(business, ("id",), []),
        Lookup(idempotency, ("business_id", "key"), [(shop.id, "k"), (other.id, "k")]),
        Lookup(branch, ("business_id",), {(shop.id,)}),
    ]
    gathered = await database.write(lambda c: database.gather(c, questions, ids=database.ids(c)))
    named, nobody, answers, own = gathered.answers
    assert list(gathered.locked) == []
    assert [(row.id, row.name, row.created_at.isoformat()) for row in named] == [(2, "Ярмарка", NOON.isoformat())]
    assert nobody == []
    assert [(row.business_id, row.fingerprint, row.answer) for row in answers] == [(shop.id, b"\x00\xff", None)]
    assert sorted(row.id for row in own) == [1, 2]


async def test_a_question_reads_no_more_of_a_row_than_it_names(database: Database) -> None:
    shop = await found(database)
    await put(database, a_branch(shop.id, 1, "Ярмарка"))
    asked = Lookup(branch, ("business_id", "id"), [(shop.id, 1)], only=("created_at", "name"))
    [[row]] = (await database.write(lambda c: database.gather(c, [asked], ids=None))).answers
    assert (row.created_at.isoformat(), row.name) == (NOON.isoformat(), "Ярмарка")
    if database.name != "citus":
        assert tuple(row) == (row.created_at, row.name)


async def test_rows_are_locked_however_they_are_named_each_once_along_with_the_answers(database: Database) -> None:
    shop, other = await found(database), await found(database)
    await put(database, *(a_branch(shop.id, number, f"B{number}") for number in (1, 2, 3)), a_branch(other.id, 1))
    by_id = Lookup(branch, ("business_id", "id"), [(shop.id, 3), (shop.id, 1), (shop.id, 9)])
    by_name = Lookup(branch, ("business_id", "name"), [(shop.id, "B2"), (shop.id, "B1"), (shop.id, "B9")])
    shops = Lookup(business, ("id",), [(shop.id,)])

    def ask(connection: Connection, *locked: Lookup) -> tuple[list[int], list[int]]:
        gathered = database.gather(connection, [shops], ids=database.ids(connection), locked=locked)
        return sorted(row.id for row in gathered.locked), [row.id for row in gathered.answers[0]]

    assert await database.write(lambda c: ask(c, by_id, by_name)) == ([1, 2, 3], [shop.id])
    assert await database.write(lambda c: ask(c, by_id)) == ([1, 3], [shop.id])
    assert await database.write(lambda c: ask(c, by_name)) == ([1, 2], [shop.id])
    assert await database.write(lambda c: ask(c, Lookup(branch, ("id",), []))) == ([], [shop.id])


async def test_what_belongs_to_the_locked_rows_comes_along_however_those_are_named(database: Database) -> None:
    shop, other = await found(database), await found(database)
    about = {"name": "Ana", "role": "staff", "created_at": NOON}
    people = [{"business_id": one.id, "id": number, **about} for one in (shop, other) for number in (1, 2, 3)]
    await put(database, *(a_branch(one.id, number) for one in (shop, other) for number in (1, 2, 3)))
    await database.write(lambda c: database.insert(c, staff, people))
    theirs = Lookup(staff, ("business_id", "id"), of_locked=True)

    def ask(connection: Connection, *locked: Lookup) -> list[tuple[int, int]]:
        gathered = database.gather(connection, [theirs], ids=None, locked=locked)
        return sorted((row.business_id, row.id) for row in gathered.answers[0])

    by_id = Lookup(branch, ("business_id", "id"), [(shop.id, 3), (shop.id, 9)])
    by_shop = Lookup(branch, ("business_id",), [(other.id,)])
    of_other = [(other.id, number) for number in (1, 2, 3)]
    assert await database.write(lambda c: ask(c, by_id)) == [(shop.id, 3)]
    assert await database.write(lambda c: ask(c, by_id, by_shop)) == sorted([(shop.id, 3), *of_other])
    assert await database.write(lambda c: ask(c, Lookup(branch, ("business_id",), [(0,)]))) == []
    assert await database.write(lambda c: ask(c, Lookup(branch, ("business_id",), []))) == []


async def test_questions_about_few_rows_are_not_planned_each_time(postgres_settings: Settings) -> None:
    """PostgreSQL takes five plans to see that one is good for all."""
    database = open_database(postgres_settings)
    shop, asked = await found(database), [Lookup(branch, ("business_id", "id"), [(1, 7)])]
    many = (
        "INSERT INTO branch (business_id, id, name, created_at) SELECT {}, i, '', now() FROM generate_series(1, 5000) i"
    )
    plans = text("SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE :theirs")

    def work(connection: Connection) -> tuple[int, int]:
        connection.execute(text(many.format(shop.id)))
        connection.execute(text("ANALYZE branch"))
        for _ in range(20):
            database.gather(connection, asked, ids=None)
        [counted] = connection.execute(plans, {"theirs": "SELECT pg_current_xact_id()::text, false%"})
        return counted.custom_plans, counted.generic_plans

    assert await database.write(work) == (5, 15)
    await database.close()


async def test_rows_to_change_are_found_by_their_key_in_a_table_of_some_thousands_too(
    postgres_settings: Settings,
) -> None:
    database = open_database(postgres_settings)
    shop = await found(database)
    rows = [a_branch(shop.id, number) for number in range(1, 8_001)]
    scans = text("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'branch'")

    def change(connection: Connection) -> tuple[int, int]:
        connection.execute(text("ANALYZE branch"))
        before = connection.execute(scans).scalar_one()
        changed = database.update(connection, branch, rows[:25], key=("business_id", "id"))
        return changed, connection.execute(scans).scalar_one() - before

    await put(database, *rows)
    assert await database.write(change) == (25, 0)
    await database.close()


async def test_many_rows_are_changed_with_one_statement_and_no_other(database: Database) -> None:
    shop = await found(database)
    await put(database, *(a_branch(shop.id, number) for number in (1, 2, 3)))
    changes = [{"business_id": shop.id, "id": number, "name": f"New {number}"} for number in (1, 3)]
    await database.write(lambda c: database.update(c, branch, changes, key=("business_id", "id")))
    assert [row.name for row in await branches(database)] == ["New 1", "Market", "New 3"]


async def test_figures_are_added_to_those_there_are_or_start_with_themselves(database: Database) -> None:
    shop = await found(database)
    figures = {"business_id": shop.id, "day": DAY, **structs.asdict(DayTotals(visits=2, stamps_voided=-1))}
    for _ in range(2):
        await database.write(lambda c: database.add(c, daily_total, [figures], key=("business_id", "day")))
    [row] = await database.read(lambda c: c.execute(select(daily_total)).all())
    assert (row.day, row.visits, row.stamps_voided, row.new_customers) == (DAY, 4, -2, 0)


async def test_numbers_are_given_out_once(database: Database, second_database: Database) -> None:
    shops = [await found(one) for one in (database, second_database) * 3]
    assert len({shop.id for shop in shops}) == 6


async def test_a_number_that_was_not_used_is_given_out_later_without_harm(database: Database) -> None:
    def unused(connection: Connection) -> int:
        return database.ids(connection).peek(Kind.BUSINESS)

    numbers = [await database.write(unused), (await found(database)).id, (await found(database)).id]
    assert numbers[1] < numbers[2]


async def test_readers_of_sqlite_see_one_state_of_the_data(sqlite_settings: Settings) -> None:
    database = open_database(sqlite_settings)
    shop = await found(database)
    begun, written = Event(), Event()

    def work(connection: Connection) -> list[int]:
        counts = [len(connection.execute(select(branch)).all())]
        begun.set()
        written.wait(10)
        return [*counts, len(connection.execute(select(branch)).all())]

    reading = asyncio.create_task(database.read(work))
    await asyncio.to_thread(begun.wait, 10)
    await put(database, a_branch(shop.id, 1))
    written.set()
    assert await reading == [0, 0]
    await database.close()


async def test_readers_of_postgresql_see_one_state_of_the_data(postgres_settings: Settings) -> None:
    database = open_database(postgres_settings)
    asked = text("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
    assert await database.read(lambda c: tuple(c.execute(asked).one())) == ("repeatable read", "on")
    await database.close()


WAITING_FOR_THE_DISK = {
    "sqlite": ("PRAGMA synchronous", "2", "1"),
    "postgresql": ("SHOW synchronous_commit", "on", "off"),
}


async def test_only_a_write_that_need_not_be_durable_does_not_wait_for_the_disk(database: Database) -> None:
    question, durable, light = WAITING_FOR_THE_DISK[database.name]

    def ask(connection: Connection) -> str:
        return str(connection.exec_driver_sql(question).scalar_one())

    def fail(_connection: Connection) -> None:
        raise ZeroDivisionError

    assert await database.write(ask) == durable
    assert await database.write(ask, durable=False) == light
    with pytest.raises(ZeroDivisionError):
        await database.write(fail, durable=False)
    assert await database.write(ask) == durable


async def test_a_write_that_need_not_be_durable_is_seen_at_once_and_fails_as_a_whole(database: Database) -> None:
    shop = await found(database)

    def work(connection: Connection, *rows: dict[str, object]) -> None:
        for row in rows:
            database.insert(connection, branch, [row])

    await database.write(lambda c: work(c, a_branch(shop.id, 1)), durable=False)
    with pytest.raises(IntegrityError):
        await database.write(lambda c: work(c, a_branch(shop.id, 2), a_branch(shop.id, 1)), durable=False)
    assert [row.id for row in await branches(database)] == [1]


async def test_a_glance_sees_what_was_written_and_leaves_nothing_open(database: Database) -> None:
    shop = await found(database)
    count = select(func.count()).select_from(branch)
    assert await database.glance(lambda c: c.scalar(count)) == 0
    await put(database, a_branch(shop.id, 1))
    assert await asyncio.gather(*(database.glance(lambda c: c.scalar(count)) for _ in range(50))) == [1] * 50
