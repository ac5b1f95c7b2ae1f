"""Plain rows are what ordinary rows are, of each table, read and loaded, on each database."""

from datetime import UTC, date, datetime, timedelta, timezone

from sqlalchemy import Connection, select

from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.plain_rows import PlainRow, plain_rows
from loyalty_app.db.tables import customer, metadata
from loyalty_app.settings import Settings
from testkit.shop import open_shop


async def a_few_days(database: Database) -> None:
    shop = await open_shop(database)
    lena = await shop.join("Lena", phone="+4915112345678", birthday=date(1990, 2, 28))
    await shop.stamp(lena.id, 10, key="receipt 1")
    await shop.redeem(lena.id)
    await shop.void((await shop.stamp(lena.id, 2)).transaction_id)
    await shop.erase((await shop.join("Kim")).id)
    await shop.counter.close()


async def test_plain_rows_hold_what_ordinary_rows_hold(settings: Settings) -> None:
    def look(connection: Connection) -> set[type]:
        found = set[type]()
        for table in metadata.sorted_tables:
            rows = plain_rows(connection, [*table.columns], select(table))
            assert rows == [[*row] for row in connection.execute(select(table))], table.name
            found |= {type(value) for row in rows for value in row}
        return found

    database = open_database(settings)
    await a_few_days(database)
    assert await database.read(look) >= {int, str, bytes, datetime, date, type(None)}
    await database.close()


async def test_loaded_rows_are_what_was_loaded_and_the_given_ones_stay_what_they_were(settings: Settings) -> None:
    def load(connection: Connection) -> None:
        [lena, *_] = plain_rows(connection, [*customer.columns], select(customer).order_by(customer.c.id))
        other = {"id": 70, "qr_code": "CUSANOTHER001", "phone": None}
        given = [[other.get(name, value) for name, value in zip(customer.columns.keys(), lena, strict=True)]]
        kept = [row.copy() for row in given]
        database.load(connection, customer, given)
        assert given == kept
        there = select(customer).where(customer.c.id == 70)
        assert plain_rows(connection, [*customer.columns], there) == given
        assert [[*row] for row in connection.execute(there)] == given

    database = open_database(settings)
    await a_few_days(database)
    await database.write(load)
    await database.close()


async def test_a_moment_that_was_kept_with_another_offset_is_the_same_moment(sqlite_settings: Settings) -> None:
    def look(connection: Connection) -> list[PlainRow]:
        moment = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=3)))
        connection.exec_driver_sql("UPDATE customer SET created_at = ?", (moment.isoformat(),))
        return plain_rows(connection, [customer.c.created_at], select(customer.c.created_at))

    database = open_database(sqlite_settings)
    await a_few_days(database)
    assert (await database.write(look))[0] == [datetime(2026, 3, 1, 9, tzinfo=UTC)]
    await database.close()
