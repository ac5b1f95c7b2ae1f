"""Filling: runs the statements of a crowd on a new database, with the indexes made afterwards, because that is faster.

`fill` migrates, opens the shops in the usual way, and lets the database make the rest: a million customers and ten
million stamps take some minutes.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import closing

from sqlalchemy import Connection, ForeignKeyConstraint, Table, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from bench.crowd.shape import Crowd, beginning
from bench.crowd.statements import NUMBERS, POSTGRES, SQLITE, Statements
from bench.shops import GOAL, RATE_LIMIT
from loyalty_app.clock import utc_now
from loyalty_app.db import tables
from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.postgres import engine as postgres
from loyalty_app.db.sqlite.engine import driver
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, NewBusiness, first_terms, open_business
from loyalty_core.access import Plan

FILLED = (tables.customer, tables.transaction, tables.reward)
STEP = 1_000
"""PostgreSQL gives out ids of rewards by the thousand."""


def fill(settings: Settings, crowd: Crowd) -> list[Business]:
    """Fill a new database. Returns its shops."""
    migrate(settings)
    shops = asyncio.run(_open(settings, crowd.shops))
    words = SQLITE if settings.on_sqlite else POSTGRES
    statements = Statements(crowd, words, first_shop=shops[0].id, beginning=beginning())
    highest = crowd.slots * crowd.customers + 1
    if settings.on_sqlite:
        _fill_sqlite(settings, statements.all(), highest)
    else:
        asyncio.run(_fill_postgres(settings, statements.all(), highest))
    return shops


async def _open(settings: Settings, shops: int) -> list[Business]:
    database = open_database(settings)
    new = NewBusiness(name="Crowd", plan=Plan.ENTERPRISE, rate_limit=RATE_LIMIT)
    terms = first_terms(GOAL, "A coffee", utc_now())
    found = [await open_business(database, new, terms) for _ in range(shops)]
    await database.close()
    return found


def _fill_sqlite(settings: Settings, statements: Iterable[str], highest: int) -> None:
    """Fill without waiting for the disk; a file that was being filled in a power cut is useless."""
    with closing(driver.connect(str(settings.sqlite_path), isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -1000000")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.create_function("reverse", 1, lambda text: text[::-1])
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (?, ?, ?)",
            [table.name for table in FILLED],
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        for statement in (*statements, *(sql for _, sql in indexes)):
            connection.execute(statement)
        connection.executemany("UPDATE numbers SET last = ? WHERE name = ?", [(highest, name) for name in NUMBERS])
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _fill_postgres(settings: Settings, statements: Iterable[str], highest: int) -> None:
    engine = postgres.open_engine(settings.database_url)

    def work(connection: Connection) -> None:
        _without_keys(connection, lambda: [connection.exec_driver_sql(one) for one in statements])
        for name in NUMBERS:
            last = -(-highest // STEP) * STEP + 1 if name == "reward" else highest
            connection.execute(text(f"SELECT setval('{name}_number', {last})"))

    async with engine.begin() as connection:
        await connection.run_sync(work)
    async with engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.exec_driver_sql("VACUUM ANALYZE")
        await alone.exec_driver_sql("CHECKPOINT")
    await engine.dispose()


def _without_keys(connection: Connection, work: Callable[[], object]) -> None:
    """Do some work while the tables have neither indexes nor foreign keys; these are made, and checked, afterwards."""
    foreign = [key for table in FILLED for key in _foreign_keys(table)]
    indexes = [index for table in FILLED for index in table.indexes]
    for key in foreign:
        connection.execute(DropConstraint(key))
    for index in indexes:
        index.drop(connection)
    work()
    for index in indexes:
        index.create(connection)
    for key in foreign:
        connection.execute(AddConstraint(key))


def _foreign_keys(table: Table) -> list[ForeignKeyConstraint]:
    return sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
