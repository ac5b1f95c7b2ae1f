"""The schema in use: what differs from the tables of the code is named, and what is missing comes back."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Column, Connection, Index, Integer, MetaData, Table, text

from loyalty_app.db.engine import open_database
from loyalty_app.db.migrate import _config, current, migrate, newest
from loyalty_app.db.schema import schema_differences
from loyalty_app.db.types import options, where
from loyalty_app.settings import Settings
from testkit.console import Console
from testkit.shop import open_shop
from tests.cli.test_doctor import checks

EARLIER_FORMS = (
    "ALTER TABLE telegram_bot DROP COLUMN poll_lease",
    "ALTER TABLE telegram_bot DROP COLUMN poll_until",
    "ALTER TABLE telegram_chat DROP COLUMN last_id",
    "ALTER TABLE telegram_chat DROP COLUMN branch_id",
    "ALTER TABLE notice DROP COLUMN facts",
    "ALTER TABLE notice DROP COLUMN told_to",
    "ALTER TABLE notice DROP COLUMN next_at",
    "ALTER TABLE telegram_card DROP COLUMN tries",
    "DROP INDEX ix_invite_token_hash",
    "DROP INDEX ix_telegram_card_queue",
    "CREATE INDEX ix_telegram_card_queue ON telegram_card (due_at) WHERE due_at IS NOT NULL",
)
"""What revision 0003 did not do when it was first used."""


@pytest.fixture
async def made(empty: Settings) -> Settings:
    """A database of this test's own, of the newest version."""
    await asyncio.to_thread(migrate, empty)
    return empty


async def carried_out(settings: Settings, statements: Sequence[str], *, version: str | None = None) -> None:
    def work(connection: Connection) -> None:
        if version is not None:
            command.upgrade(_config(connection), version)
        for statement in statements:
            connection.execute(text(statement)).close()

    database = open_database(settings)
    await database.write(work)
    await database.close()


async def differences(settings: Settings) -> list[str]:
    database = open_database(settings)
    found = await database.read(schema_differences)
    await database.close()
    return [one.text for one in found]


async def test_a_database_that_was_just_made_differs_in_nothing(made: Settings) -> None:
    assert await differences(made) == []


@pytest.mark.parametrize("version", ["0003", "0004", "0006", "0008"])
async def test_a_database_that_came_by_an_earlier_form_of_a_migration_gets_what_it_lacks(
    empty: Settings, version: str
) -> None:
    await carried_out(empty, EARLIER_FORMS, version=version)
    await asyncio.to_thread(migrate, empty)
    assert await differences(empty) == []
    await asyncio.to_thread(migrate, empty)
    await prove_that_it_works(empty)


async def prove_that_it_works(settings: Settings) -> None:
    database = open_database(settings)
    assert await database.read(current) == newest()
    shop = await open_shop(database)
    assert (await shop.stamp((await shop.join()).id)).total_stamps == 1
    await shop.counter.close()
    await database.close()


async def test_the_other_form_of_revision_six_is_harmless(empty: Settings) -> None:
    await carried_out(empty, ["ALTER TABLE notice ADD COLUMN lease_until TEXT"], version="0006")
    await asyncio.to_thread(migrate, empty)
    assert await differences(empty) == ["the column lease_until of notice is not known"]
    await prove_that_it_works(empty)


LOST = {
    "ALTER TABLE customer DROP COLUMN email": "The column email of customer is missing.",
    "ALTER TABLE business DROP COLUMN card_notices": "The column card_notices of business is missing.",
    "DROP INDEX ix_reward_business_id_status_id": "The index ix_reward_business_id_status_id is missing.",
    "DROP INDEX uq_transaction_order_ref": "The index uq_transaction_order_ref is missing.",
    "DROP TABLE import_job": "The table import_job is missing.",
}


async def test_the_doctor_names_what_is_missing_and_the_repair_brings_it_back(made: Settings, tmp_path: Path) -> None:
    await prove_that_it_works(made)
    counter = "DELETE FROM numbers WHERE name = 'import'" if made.on_sqlite else "DROP SEQUENCE import_number"
    console = Console(tmp_path, made)
    await carried_out(made, [*LOST, counter])

    found = checks(console.run("doctor", "--json"))["schema"]
    added = console.ask("migrate", "--repair")["added"]
    again = console.run("migrate", "--repair")

    assert found["status"] == "problem"
    assert set(LOST.values()) | {"The counter of import ids is missing."} <= set(found["details"])
    assert len(added) == len(LOST) + 1 + 2  # the indexes of the table too
    assert "Nothing was missing" in again.stdout
    report = checks(console.run("doctor", "--json"))
    assert (report["schema"]["status"], report["ledger"]["status"]) == ("ok", "ok")


CHANGED = {
    "ALTER TABLE invite ALTER COLUMN role DROP NOT NULL": "The nullability of invite.role is True, not False.",
    "ALTER TABLE branch ALTER COLUMN name TYPE integer USING 1": "The type of branch.name is INTEGER(), not Text().",
    "ALTER TABLE api_key DROP CONSTRAINT uq_api_key_public_id_business_id": "The constraint "
    "uq_api_key_public_id_business_id of api_key is missing.",
    "ALTER TABLE staff DROP CONSTRAINT fk_staff_business": "The constraint fk_staff_business of staff is missing.",
    "ALTER TABLE program DROP CONSTRAINT pk_program": "The primary key of program is (), not (business_id, version).",
    "DROP INDEX ix_delivery_line": "The index ix_delivery_line is missing.",
    "ALTER TABLE customer DROP COLUMN total_visits": "The column total_visits of customer is missing.",
}


async def test_what_was_changed_by_hand_is_named_too(postgres_database: str, tmp_path: Path) -> None:
    settings = Settings(database_url=postgres_database)
    await asyncio.to_thread(migrate, settings)
    condition = "CREATE INDEX ix_reward_expires_at ON reward (expires_at) WHERE expires_at IS NOT NULL"
    await carried_out(settings, [*CHANGED, "DROP INDEX ix_reward_expires_at", condition])
    found = checks(Console(tmp_path, settings).run("doctor", "--json"))["schema"]
    assert set(CHANGED.values()) <= set(found["details"])
    [other] = [one for one in found["details"] if "ix_reward_expires_at" in one]
    assert other.startswith("The condition of the index")


async def test_a_column_that_needs_a_value_is_not_invented(made: Settings, tmp_path: Path) -> None:
    await carried_out(made, ["ALTER TABLE daily_total DROP COLUMN visits"])
    assert Console(tmp_path, made).ask("migrate", "--repair")["added"] == []
    assert await differences(made) == ["the column visits of daily_total is missing"]


async def test_an_index_of_ones_own_is_no_problem(made: Settings, tmp_path: Path) -> None:
    await carried_out(made, ["CREATE INDEX my_own ON customer (email)"])
    found = checks(Console(tmp_path, made).run("doctor", "--json"))["schema"]
    assert (found["status"], found["details"]) == ("note", ["The index my_own is not known."])


async def test_what_is_created_has_the_options_of_its_dialect_without_being_told(empty: Settings) -> None:
    own = MetaData()
    index = Index("ix_height", "height", info=where("height > 0"))
    Table("own", own, Column("height", Integer, primary_key=True), index, info=options(sqlite_with_rowid=False))

    def made(connection: Connection) -> list[str]:
        own.create_all(connection)
        index.drop(connection)
        index.create(connection)
        asked = "SELECT sql FROM sqlite_master WHERE tbl_name = 'own'"
        if connection.dialect.name == "postgresql":
            asked = "SELECT indexdef FROM pg_indexes WHERE tablename = 'own'"
        return list(connection.scalars(text(asked)))

    database = open_database(empty)
    found = "\n".join(await database.write(made))
    await database.close()
    assert "WHERE (height > 0)" in found or "WHERE height > 0" in found
    assert ("WITHOUT ROWID" in found) is empty.on_sqlite
