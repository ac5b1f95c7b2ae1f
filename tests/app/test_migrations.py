"""Migrations: they lead to the tables that the code expects, however often and by however many they are run."""

import asyncio
import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    inspect,
    text,
)

from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import MIGRATIONS, _config, current, known, migrate, newest
from loyalty_app.db.schema import is_compared
from loyalty_app.db.tables import metadata
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import list_businesses
from testkit.builders import NOON
from testkit.shop import open_shop


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_object": is_compared})
    return list(compare_metadata(context, metadata))


async def test_the_migrations_lead_to_the_tables_of_the_code(settings: Settings) -> None:
    database = open_database(settings)
    assert await database.write(differences) == []
    assert await database.read(current) == newest()
    await database.close()


def test_the_names_of_the_files_are_the_versions_that_alembic_knows() -> None:
    scripts = ScriptDirectory.from_config(_config())
    assert known() == [script.revision for script in scripts.walk_revisions()][::-1]
    assert newest() == scripts.get_current_head()


async def test_the_constraints_have_the_same_names_everywhere(settings: Settings) -> None:
    def names(connection: Connection) -> set[str | None]:
        found = inspect(connection)
        return {
            constraint["name"]
            for table in metadata.tables
            for constraint in (*found.get_foreign_keys(table), found.get_pk_constraint(table))
        }

    database = open_database(settings)
    wanted = {str(one.name) for table in metadata.tables.values() for one in table.foreign_key_constraints}
    assert wanted <= await database.write(names)
    await database.close()


async def test_migrating_twice_is_harmless(settings: Settings) -> None:
    database = open_database(settings)
    shop = await open_shop(database)
    lena = await shop.stamp((await shop.join()).id, 3)
    await asyncio.to_thread(migrate, settings)
    assert (await shop.stamp(lena.customer.id)).total_stamps == 4
    assert await database.read(current) == newest()
    await shop.counter.close()
    await database.close()


async def test_several_processes_may_migrate_an_empty_database_at_once(empty: Settings) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, empty) for _ in range(4)))
    database = open_database(empty)
    assert await database.read(current) == newest()
    shop = await open_shop(database)
    assert (await shop.join()).id == 1
    await shop.counter.close()
    await database.close()


FILLED = (
    "business",
    "business_total",
    "program",
    "customer",
    "staff",
    "invite",
    "notice",
    "webhook_endpoint",
    "api_key",
)


def fill(connection: Connection) -> None:
    """Put one row into each of the tables that an old installation has filled."""
    for name in FILLED:
        if name in inspect(connection).get_table_names():
            table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
            connection.execute(table.insert().values({column.name: some(column) for column in table.columns}))


def some(column: Column[Any]) -> object:
    """A value that fits a column."""
    if column.name.endswith(("_at", "_until", "_since", "day", "birthday")) or column.name == "at":
        return NOON if isinstance(column.type, DateTime | Date) else NOON.isoformat(timespec="microseconds")
    for kind, value in ((Boolean, True), (Integer, 1), (LargeBinary, b"x" * 32)):
        if isinstance(column.type, kind):
            return value
    return {"timezone": "UTC", "role": "owner", "plan": "basic"}.get(column.name, "x")


@pytest.mark.parametrize("version", ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"])
async def test_a_database_of_each_older_version_that_is_in_use_comes_up_to_date(empty: Settings, version: str) -> None:
    database = open_database(empty)
    await database.write(lambda connection: command.upgrade(_config(connection), version))
    await database.write(fill)
    await database.close()
    await asyncio.to_thread(migrate, empty)
    database = open_database(empty)
    assert await database.read(current) == newest()
    assert await database.write(differences) == []
    [shop] = await list_businesses(database)
    assert (shop.id, shop.card_color, shop.card_notices) == (1, None if version < "0003" else "x", True)
    await database.close()


async def test_the_totals_of_days_come_along_and_lie_together_whatever_shop_they_are_of(empty: Settings) -> None:
    days = [(shop, f"2026-03-{day:02}", 10 * shop + day) for shop in (1, 2) for day in (2, 1)]
    counted = text(
        "INSERT INTO daily_total (business_id, day, visits, stamps_added, stamps_voided, new_customers, "
        "rewards_earned, rewards_redeemed, rewards_expired) "
        "VALUES (:shop, :day, :visits, 0, 0, 0, 0, 0, 0)"
    )

    def fill_days(connection: Connection) -> None:
        for shop, day, visits in days:
            given = {"shop": shop, "day": date.fromisoformat(day), "visits": visits}
            connection.execute(counted.bindparams(bindparam("day", type_=Date)), given)

    database = open_database(empty)
    await database.write(lambda connection: command.upgrade(_config(connection), "0033"))
    await database.write(fill_days)
    await database.close()
    await asyncio.to_thread(migrate, empty)
    database = open_database(empty)
    rows = await database.read(lambda c: c.execute(metadata.tables["daily_total"].select()).all())
    assert sorted((row.business_id, str(row.day), row.visits) for row in rows) == sorted(days)
    if database.name == "sqlite":
        lie = "SELECT day, business_id FROM daily_total ORDER BY rowid"
        lying = await database.read(lambda c: [*map(tuple, c.exec_driver_sql(lie))])
        assert lying == sorted((day, shop) for shop, day, _ in days)
    await database.close()


async def test_a_migration_that_fails_leaves_the_database_as_it_was(empty: Settings) -> None:
    database = open_database(empty)
    in_the_way = text("CREATE TABLE api_key (id INTEGER)")
    await database.write(lambda c: c.execute(in_the_way).close())
    with pytest.raises(Exception, match="api_key"):
        await asyncio.to_thread(migrate, empty)
    assert await database.write(lambda c: inspect(c).get_table_names()) == ["api_key"]
    await database.close()


def test_a_folder_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"LOYALTY_DATABASE_URL.*nowhere"):
        migrate(Settings(database_url=f"sqlite:///{tmp_path}/nowhere/loyalty.db"))
    assert list(tmp_path.iterdir()) == []


# A new migration adds its row. A row that is there never changes: somebody's database has been there.
LANDED = {
    "0001_the_first_tables.py": "55980e463d4d86de",
    "0002_webhooks.py": "fae9cc148bf7b0f1",
    "0003_the_chat.py": "b5c60ce7ca82d08c",
    "0004_imports_and_backups.py": "05c002fc10e1c760",
    "0005_kept_totals.py": "7f59569edd45fc90",
    "0006_a_token_for_notices.py": "3ef56f219fb08b86",
    "0007_news_people_and_refused_bots.py": "a99e01943370d19f",
    "0008_retired_secrets.py": "01c818cb1365a65c",
    "0009_repairs_and_the_vault.py": "8baa0907ba6b5838",
    "0010_searching_the_ledger.py": "b9d8c7cfc0cde8d0",
    "0011_search_words.py": "da3e5a6cf10f7e49",
    "0012_keys_in_the_ledger.py": "92fe4682e32d0ce1",
    "0013_erased_customers.py": "831d8580dedf6779",
    "0014_past_time_zones.py": "ff567c62e5f4d7d0",
    "0015_test_keys.py": "6c3aca6ec8f89f6e",
    "0016_card_links.py": "d385a5b1d8d44572",
    "0017_rotating_codes.py": "27cca7ef1b84e97f",
    "0018_signing_in.py": "93cb41fc78c42f2d",
    "0019_undoing_a_part.py": "1e834a0999dc5e25",
    "0020_lines_of_deliveries.py": "d6f17f34b9184c1d",
    "0021_what_is_owed_and_flags.py": "1aa9629979cc7d6a",
    "0022_looks_of_shops.py": "9eef65c930e39ffc",
    "0023_merging_customers.py": "4776091e5ff2373c",
    "0024_closed_branches.py": "141c8bdaa47d3105",
    "0025_names_in_chats.py": "5375570f0d6584ce",
    "0026_steps_and_gifts.py": "8ea9d3376df7d66b",
    "0027_several_programs.py": "04cbdb8a84a74184",
    "0028_birthdays.py": "a52690e966f2e352",
    "0029_moved_shops.py": "88cdbd9f077f9223",
    "0030_winning_back.py": "05ef1430e908e37d",
    "0031_referrals.py": "a30efa3712a8d5ed",
    "0032_polling_leases.py": "1687dbffa1fdc79d",
    "0033_fan_outs.py": "3798b8cc447b1d45",
    "0034_days_of_all_shops.py": "e90ea64c44449ccb",
    "0035_posting_lists.py": "9b702c4083749b39",
    "0036_ledger_spans.py": "da8b34abf37075f5",
}


def test_a_landed_migration_is_never_changed() -> None:
    files = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
    # Line ends are git's business.
    assert {f.name: hashlib.sha256(f.read_text("utf-8").encode()).hexdigest()[:16] for f in files} == LANDED
