"""`loyalty move`: a whole installation goes to another database, and is there what it was."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, Table, update

from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import migrate
from loyalty_app.db.plain_rows import PlainRow
from loyalty_app.db.sqlite import engine as sqlite
from loyalty_app.db.tables import transaction
from loyalty_app.moving import copying, move, targets
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.carrying import TableSum
from loyalty_app.moving.changes import log_of
from loyalty_app.moving.heights import heights_of
from loyalty_app.moving.progress import read_plan
from loyalty_app.moving.snapshots import pages
from loyalty_app.moving.sources import held
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import find_business
from loyalty_core.errors import Busy
from testkit.clocks import Clock
from testkit.console import A_KEY, Console, refused
from testkit.shop import Shop, open_shop

Result = TypeVar("Result")


@pytest.fixture
def bean(sqlite_settings: Settings) -> Settings:
    """A SQLite file with a shop in it that has had a few days."""

    async def live(database: Database) -> None:
        shop = await open_shop(database)
        lena, ben = await shop.join("Lena"), await shop.join("Ben")
        await shop.stamp(lena.id, 10, key="receipt 1")
        await shop.stamp(ben.qr_code, 3, key="receipt 2")
        await shop.void((await shop.stamp(ben.qr_code, 2)).transaction_id)
        await shop.redeem(lena.id, key="receipt 3")
        await shop.erase((await shop.join("Kim")).id)
        await shop.counter.close()

    at(sqlite_settings, live)
    return sqlite_settings


def keyed(console: Console) -> Console:
    """A terminal where the key of the secrets is set, also beside a SQLite file."""
    console.environment["LOYALTY_SECRET_KEY"] = A_KEY
    return console


def fail(*_: object) -> None:
    """What ends a move."""
    raise OSError("the power is gone")


def at(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Do something at a database."""

    async def opened() -> Result:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


def sums(settings: Settings) -> dict[str, TableSum]:
    """What every table holds."""

    async def add_up(database: Database) -> dict[str, TableSum]:
        found = {table.name: TableSum() for table in move.TABLES}
        for table in move.TABLES:
            async for rows in pages(database, table, Cargo().rows_of(table)):
                found[table.name].add(rows)
        return found

    return at(settings, add_up)


@asynccontextmanager
async def shop_at(database: Database) -> AsyncIterator[Shop]:
    """The first shop of a database."""
    first = await database.read(lambda connection: find_business(connection, 1))
    shop = Shop(database, first, (await open_shop(database)).clock)
    yield shop
    await shop.counter.close()


def test_an_installation_goes_to_postgresql_and_on_from_there_and_back_with_every_row(
    bean: Settings, postgres_database: str, tmp_path: Path
) -> None:
    there = Settings(database_url=postgres_database, secret_key=A_KEY)
    back = Settings(database_url=f"sqlite:///{tmp_path}/back.db")
    before = sums(bean)

    told = keyed(Console(tmp_path, bean)).ask("move", "--to", there.database_url)

    assert told["rows"]["transaction"] == before["transaction"].rows > 0
    assert sums(there) == before
    assert "ledger: All cards and totals agree" in Console(tmp_path, there).run("doctor").stdout
    at(there, goes_on)
    before = sums(there)
    Console(tmp_path, there).ask("move", "--to", back.database_url)
    assert sums(back) == before
    assert "ledger: All cards and totals agree" in keyed(Console(tmp_path, back)).run("doctor").stdout
    at(there, takes_nothing)


async def goes_on(database: Database) -> None:
    """What was asked before has its first answer; ids are new ones; codes are what they were."""
    async with shop_at(database) as shop:
        last = await database.read(heights_of)
        assert (await shop.stamp(1, 10, key="receipt 1")).transaction_id == 1
        ben = await shop.customer(2)
        assert (await shop.stamp(ben.qr_code)).current_stamps == 4
        assert (await shop.join("Ana")).id == max(last.values()) or (await shop.join("Zoë")).id > 3
        assert len({entry.id for entry in await shop.ledger()}) == len(await shop.ledger())


async def takes_nothing(database: Database) -> None:
    """A server that had it open answers questions and refuses changes, as a standby does."""
    first = await database.read(lambda connection: find_business(connection, 1))
    assert first.name
    shop = Shop(database, first, Clock())
    with pytest.raises(Busy):
        await shop.join("Late")
    await shop.counter.close()


def test_the_old_place_says_where_everything_is_and_is_kept(bean: Settings, tmp_path: Path) -> None:
    console = Console(tmp_path, bean)
    console.ask("move", "--to", f"sqlite:///{tmp_path}/new.db")
    for words in (("business", "list"), ("migrate",), ("serve", "--port", "0")):
        assert f"has moved to sqlite:///{tmp_path}/new.db" in refused(console.run(*words), 2)
    assert Path(f"{bean.sqlite_path}.moved").stat().st_size > bean.sqlite_path.stat().st_size
    refused(console.run("move", "--to", f"sqlite:///{tmp_path}/third.db"), 2)


def test_the_key_of_the_secrets_comes_along_and_another_one_is_not_written_over(bean: Settings, tmp_path: Path) -> None:
    key, wanted = Path(f"{bean.sqlite_path}.key"), tmp_path / "new.db.key"
    key.write_text("the key of this installation")
    wanted.write_text("the key of another installation")
    console = Console(tmp_path, bean)
    assert str(wanted) in refused(console.run("move", "--to", f"sqlite:///{tmp_path}/new.db"), 2)
    wanted.unlink()
    console.ask("move", "--to", f"sqlite:///{tmp_path}/new.db")
    assert wanted.read_text() == key.read_text()


async def test_while_rows_are_copied_nobody_writes_and_a_key_that_was_refused_stamps_once_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 200)
    database = open_database(replace(settings, database_lock_seconds=1))
    shop = await open_shop(database)
    lena = await shop.join()
    with suppress(InterruptedError):
        async with held(settings):
            with pytest.raises(Busy):
                await shop.stamp(lena.id, key="receipt 1")
            assert (await shop.customer(lena.id)).card.current_stamps == 0
            raise InterruptedError  # else a cluster stays held until it is said where everything is now
    for _ in range(2):
        assert (await shop.stamp(lena.id, key="receipt 1")).current_stamps == 1
    await shop.counter.close()
    await database.close()


def test_a_move_that_was_interrupted_is_run_again_and_until_then_nothing_is_served_from_the_new_place(
    bean: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console, there = Console(tmp_path, bean), Settings(database_url=f"sqlite:///{tmp_path}/new.db")
    before = sums(bean)
    with monkeypatch.context() as patch:
        patch.setattr(copying.Copying, "_prove", fail)
        assert console.run("move", "--to", there.database_url).returncode
    with pytest.raises(SettingsError, match="was not finished"):
        migrate(there)
    assert sums(bean) == before
    at(bean, late)
    before = sums(bean)
    console.ask("move", "--to", there.database_url)
    assert sums(there) == before
    assert at(there, lambda database: database.read(log_of)) is None


async def late(database: Database) -> None:
    """What is done between two tries."""
    async with shop_at(database) as shop:
        await shop.stamp(2, 4, key="late")
        await shop.join("Zoë")
        await shop.erase(1)


def test_a_move_that_is_given_up_leaves_the_old_place_as_it_was(
    bean: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console, words = Console(tmp_path, bean), ("move", "--to", f"sqlite:///{tmp_path}/new.db")
    with monkeypatch.context() as patch:
        patch.setattr(copying.Copying, "_prove", fail)
        assert console.run(*words).returncode
    assert at(bean, lambda database: database.read(log_of)) is not None
    assert console.ask(*words, "--give-up") == {"moved": False, "given_up": True}
    assert at(bean, lambda database: database.read(log_of)) is None
    console.ask("business", "list")


def test_a_move_that_ended_between_closing_and_opening_is_finished(
    bean: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console, there = Console(tmp_path, bean), Settings(database_url=f"sqlite:///{tmp_path}/new.db")
    before = sums(bean)
    with monkeypatch.context() as patch:
        patch.setattr(targets, "clear_mark", fail)
        assert console.run("move", "--to", there.database_url).returncode
    assert "last step" in console.run("move", "--to", there.database_url).stdout
    migrate(there)
    assert sums(there) == before


def test_a_move_that_ended_once_the_old_place_was_closed_brings_the_key_and_leaves_nothing_of_itself(
    bean: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console, there = Console(tmp_path, bean), Settings(database_url=f"sqlite:///{tmp_path}/new.db")
    key = Path(f"{bean.sqlite_path}.key")
    key.write_text("the key of this installation")
    with monkeypatch.context() as patch:
        patch.setattr(move, "tidy_up", fail)
        assert console.run("move", "--to", there.database_url).returncode
    assert console.ask("move", "--to", there.database_url)["moved"]
    assert Path(f"{there.sqlite_path}.key").read_text() == key.read_text()
    assert at(there, lambda database: database.read(read_plan)) is None
    aside = Settings(database_url=f"{bean.database_url}.moved")
    assert at(aside, lambda database: database.read(log_of)) is None


def test_rows_that_arrive_otherwise_are_noticed_and_the_old_place_goes_on(
    bean: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console, write = Console(tmp_path, bean), copying.Copying._write  # noqa: SLF001  # what is to fail

    async def otherwise(one: copying.Copying, table: Table, rows: Sequence[PlainRow]) -> None:
        await write(one, table, rows)
        if table is transaction:
            await one.new.write(lambda connection: connection.execute(update(transaction).values(reason="!")).close())

    monkeypatch.setattr(copying.Copying, "_write", otherwise)
    assert "arrived otherwise" in refused(console.run("move", "--to", f"sqlite:///{tmp_path}/new.db"), 2)
    assert console.ask("business", "list")


def test_a_place_with_data_is_left_alone_and_one_that_was_left_only_taken_if_told_to(
    bean: Settings, tmp_path: Path
) -> None:
    full, new = tmp_path / "full.db", tmp_path / "new.db"
    other = Settings(database_url=f"sqlite:///{full}")
    migrate(other)
    at(other, open_shop)
    console = Console(tmp_path, bean)
    assert "data already" in refused(console.run("move", "--to", other.database_url), 2)
    console.ask("move", "--to", f"sqlite:///{new}")
    moved = Console(tmp_path, Settings(database_url=f"sqlite:///{new}"))
    assert "--replace" in refused(moved.run("move", "--to", bean.database_url), 2)
    moved.ask("move", "--to", bean.database_url, "--replace")
    assert console.ask("business", "list")


@pytest.mark.parametrize("url", ["mysql://x", "sqlite:///:memory:", "sqlite:///nowhere/x.db", "postgresql://"])
def test_a_place_that_is_none_is_refused(bean: Settings, tmp_path: Path, url: str) -> None:
    console = Console(tmp_path, bean)
    assert console.run("move", "--to", url).returncode
    assert console.ask("business", "list")


def test_a_dry_run_says_what_would_go_and_changes_nothing(bean: Settings, tmp_path: Path) -> None:
    console, before = Console(tmp_path, bean), sums(bean)
    told = console.ask("move", "--to", f"sqlite:///{tmp_path}/new.db", "--dry-run")
    assert told["rows"] == {name: found.rows for name, found in before.items()}
    assert not (tmp_path / "new.db").exists()
    assert "This would move" in console.run("move", "--to", f"sqlite:///{tmp_path}/new.db", "--dry-run").stdout
    assert "names the database that" in refused(console.run("move", "--to", bean.database_url), 2)


async def test_ids_go_on_behind_those_whose_rows_are_gone(settings: Settings) -> None:
    def look(connection: Connection) -> int:
        return max(heights_of(connection).values())

    database = open_database(settings)
    assert await database.read(look) == 0
    shop = await open_shop(database)
    for name in ("Lena", "Ben"):
        await shop.join(name)
    assert await database.read(look) >= 2
    await shop.counter.close()
    await database.close()
