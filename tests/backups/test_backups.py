"""Backups: consistent while everybody writes, proven, and refused rather than trusted."""

import asyncio
import re
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from msgspec.structs import replace
from sqlalchemy import Connection, text, update

from loyalty_app.backups import sqlite
from loyalty_app.backups.archive import BackupRefused, read_manifest
from loyalty_app.backups.create import make_backup
from loyalty_app.backups.postgres import named
from loyalty_app.backups.restore import restore_backup
from loyalty_app.chat.incoming_updates import NewUpdate, take_in
from loyalty_app.chat.update_queue import UpdateQueue
from loyalty_app.db import tables
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.migrate import _config, migrate, newest
from loyalty_app.db.sqlite.server_lock import server_lock
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import list_businesses
from loyalty_app.vault import open_vault
from loyalty_app.webhooks.delivery_queue import DeliveryQueue
from loyalty_app.webhooks.pausing import list_pauses, pause, resume
from testkit.audit import assert_books_balance
from testkit.builders import NOON
from testkit.clocks import Clock
from testkit.console import Console
from testkit.shop import Shop, open_shop
from tests.app.test_links import add_bot


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Shop]:
    """Bean & Leaf with Lena, on a fresh database."""
    await asyncio.to_thread(migrate, settings)
    async with database_of(settings) as database:
        shop = await open_shop(database)
        yield shop
        await shop.counter.close()


@asynccontextmanager
async def reopened(settings: Settings, before: Shop) -> AsyncIterator[Shop]:
    async with database_of(settings) as database:
        shop = Shop(database, before.business, Clock())
        yield shop
        await shop.counter.close()


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings)
    yield database
    await database.close()


async def backed_up(settings: Settings, target: Path) -> None:
    await asyncio.to_thread(make_backup, settings, target, now=NOON)


async def restored(settings: Settings, source: Path, *, replace: bool = True) -> str | None:
    return (await asyncio.to_thread(restore_backup, settings, source, now=NOON, replace=replace)).aside


async def test_what_was_backed_up_comes_back_and_what_came_later_is_kept_aside(world: Settings, tmp_path: Path) -> None:
    async with opened(world) as shop:
        lena = await shop.join("Lena")
        await shop.stamp(lena.id, 9)
        await backed_up(world, tmp_path / "b.zip")
        await shop.stamp(lena.id, 3)
    aside = await restored(world, tmp_path / "b.zip")
    async with reopened(world, shop) as back:
        assert [entry.stamps for entry in await back.ledger()] == [9]
        await assert_books_balance(back)
        assert (await back.stamp(lena.id)).total_stamps == 10
    async with reopened(at(world, str(aside)), shop) as later:
        assert [entry.stamps for entry in await later.ledger()] == [9, 3]


def at(settings: Settings, aside: str) -> Settings:
    if settings.on_sqlite:
        return replace(settings, database_url=f"sqlite:///{aside}")
    return replace(settings, database_url=named(settings.database_url, aside))


async def test_each_of_twenty_backups_is_consistent_while_four_write(world: Settings, tmp_path: Path) -> None:
    """Each backup is proven as it is made: it is refused unless every card and total agrees with the ledger."""
    count = 20 if world.on_sqlite else 5
    async with opened(world) as shop:
        cards = [(await shop.join(f"Guest {n}")).id for n in range(8)]
        done = asyncio.Event()
        writing = [asyncio.create_task(keep_stamping(shop, cards[n::4], done)) for n in range(4)]
        for number in range(count):
            await backed_up(world, tmp_path / f"{number}.zip")
        done.set()
        await asyncio.gather(*writing)
    held = [read_manifest(tmp_path / f"{number}.zip") for number in range(count)]
    assert all(one.proven for one in held)
    assert len({one.transactions for one in held}) > 1


async def keep_stamping(shop: Shop, cards: Sequence[int], done: asyncio.Event) -> None:
    while not done.is_set():
        for card in cards:
            await shop.stamp(card)


async def test_a_backup_whose_books_are_wrong_does_not_count(world: Settings, tmp_path: Path) -> None:
    async with opened(world) as shop:
        lena = await shop.join("Lena")
        await shop.stamp(lena.id)
        await shop.database.write(forged)
        with pytest.raises(BackupRefused, match="books of the copy are wrong"):
            await backed_up(world, tmp_path / "b.zip")
    assert left_by_backups(tmp_path) == []


def left_by_backups(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "backup" in path.name or path.suffix in {".zip", ".part"}]


def forged(connection: Connection) -> None:
    connection.execute(update(tables.customer).values(total_stamps=99))


async def test_after_a_restore_nothing_goes_out_that_may_have_gone_out_before(world: Settings, tmp_path: Path) -> None:
    async with opened(world) as shop:
        await shop.database.write(with_endpoint(shop))
        await shop.join("Lena")
        await add_bot(shop.database, 7, "stamp_bot")
        await take_in(shop.database, 7, [NewUpdate(1, 5, b"{}")], now=NOON)
        assert len(await claimed(shop.database)) == 1
        await shop.database.write(
            lambda c: c.execute(update(tables.delivery).values(lease=None, lease_until=None)).close()
        )
        await backed_up(world, tmp_path / "b.zip")
    await restored(world, tmp_path / "b.zip")
    async with reopened(world, shop) as back:
        await back.join("Mira")
        assert await claimed(back.database) == []
        assert not await back.database.read(lambda c: UpdateQueue().is_due(c, NOON))
        [paused] = await list_pauses(back.database)
        assert (paused.paused_at, paused.waiting) == (NOON, 2)
        await resume(back.database, back.business.id)
        assert len(await claimed(back.database)) == 2


async def test_what_waits_can_be_given_up_and_later_events_go_out(world: Settings) -> None:
    async with opened(world) as shop:
        await shop.database.write(with_endpoint(shop))
        await pause(shop.database, None, now=NOON)
        await shop.join("Lena")
        [before] = await resume(shop.database, None, drop_waiting=True)
        await shop.join("Mira")
        assert before.waiting == 1
        assert len(await claimed(shop.database)) == 1


async def claimed(database: Database) -> list[object]:
    return list(await database.write(lambda c: DeliveryQueue().claim(c, database, now=NOON, room=9)))


def with_endpoint(shop: Shop) -> Callable[[Connection], None]:
    row = {"business_id": shop.business.id, "id": 1, "url": "https://example.com/hook", "events": "customer.created"}
    row |= {"active": True, "created_at": NOON, "secret": b"locked", "secret_hint": "hint", "warnings": 0}
    return lambda connection: shop.database.insert(connection, tables.webhook_endpoint, [row])


async def test_a_database_that_is_there_is_not_replaced_unless_that_is_said(world: Settings, tmp_path: Path) -> None:
    async with opened(world) as shop:
        await shop.join("Lena")
        await backed_up(world, tmp_path / "b.zip")
    with pytest.raises(BackupRefused, match="--replace"):
        await restored(world, tmp_path / "b.zip", replace=False)


async def test_a_database_in_use_is_never_replaced(world: Settings, tmp_path: Path) -> None:
    async with opened(world) as shop:
        await shop.join("Lena")
        await backed_up(world, tmp_path / "b.zip")
        with server_lock(world), pytest.raises((BackupRefused, SettingsError), match=r"in use|already serves"):
            await restored(world, tmp_path / "b.zip")
        assert len(await shop.customers()) == 1


async def test_a_file_that_any_command_has_open_is_never_replaced(sqlite_settings: Settings, tmp_path: Path) -> None:
    async with opened(sqlite_settings) as shop:
        await backed_up(sqlite_settings, tmp_path / "b.zip")
        await shop.join("Lena")
        with pytest.raises(BackupRefused, match="in use"):
            await restored(sqlite_settings, tmp_path / "b.zip")
        await shop.join("Mira")
    async with reopened(sqlite_settings, shop) as same:
        assert len(await same.customers()) == 2


async def test_what_a_killed_restore_has_left_is_taken_away_by_the_next(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    async with opened(sqlite_settings):
        await backed_up(sqlite_settings, tmp_path / "b.zip")
    left = sqlite.beside(sqlite_settings.sqlite_path)
    for end in ("", "-wal", ".key"):
        left.with_name(left.name + end).write_text("half of it")
    await restored(sqlite_settings, tmp_path / "b.zip")
    assert [path.name for path in left.parent.iterdir() if "restoring" in path.name] == []


async def test_a_restore_into_an_empty_place_needs_no_leave(world: Settings, tmp_path: Path) -> None:
    async with opened(world) as shop:
        await shop.join("Lena")
        await backed_up(world, tmp_path / "b.zip")
    await forget(world)
    aside = await restored(world, tmp_path / "b.zip", replace=False)
    assert world.on_sqlite == (aside is None)
    async with reopened(world, shop) as back:
        assert len(await back.customers()) == 1


async def forget(settings: Settings) -> None:
    if settings.on_sqlite:
        settings.sqlite_path.unlink()
        return
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()


def changed(source: Path, target: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of an archive with other bytes in one of its files."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            new.writestr(member, change(old.read(member)) if member == name else old.read(member))
    return target


async def test_a_changed_or_damaged_archive_is_refused_and_nothing_is_touched(world: Settings, tmp_path: Path) -> None:
    good = tmp_path / "b.zip"
    async with opened(world) as shop:
        await shop.join("Lena")
        await backed_up(world, good)
        await shop.join("Mira")
    data = next(name for name in zipfile.ZipFile(good).namelist() if name.startswith("loyalty.d") and "key" not in name)
    (tmp_path / "short.zip").write_bytes(good.read_bytes()[:-200])
    (tmp_path / "none.zip").write_text("Dear diary")
    wrong = [
        changed(good, tmp_path / "1.zip", data, lambda old: old[:-1] + bytes([old[-1] ^ 1])),
        changed(good, tmp_path / "2.zip", data, lambda old: old + b"x" * 1_000_000),
        changed(good, tmp_path / "3.zip", "manifest.json", lambda old: old.replace(b'"sha256": "', b'"sha256": "0')),
        changed(good, tmp_path / "4.zip", "manifest.json", lambda old: old.replace(b'"format": 1', b'"format": 2')),
        tmp_path / "short.zip",
        tmp_path / "none.zip",
    ]
    for archive in wrong:
        with pytest.raises(BackupRefused):
            await restored(world, archive)
    async with reopened(world, shop) as same:
        assert len(await same.customers()) == 2


STEAL = "CREATE FUNCTION steal() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
PROGRAMS = {
    "sqlite": [
        ["CREATE TRIGGER thief AFTER INSERT ON customer BEGIN UPDATE customer SET name = 'x'; END"],
        ["CREATE VIEW thief AS SELECT * FROM customer"],
        ["CREATE VIRTUAL TABLE thief USING fts5(name)"],
    ],
    "postgresql": [
        [STEAL, "CREATE TRIGGER thief BEFORE INSERT ON customer FOR EACH ROW EXECUTE FUNCTION steal()"],
        ["CREATE VIEW thief AS SELECT * FROM customer"],
        ["CREATE RULE thief AS ON DELETE TO customer DO INSTEAD NOTHING"],
    ],
}


@pytest.mark.parametrize("number", range(3))
async def test_an_archive_that_holds_what_would_run_by_itself_is_warned_of_and_refused(
    world: Settings, tmp_path: Path, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    program = PROGRAMS["sqlite" if world.on_sqlite else "postgresql"][number]
    async with opened(world) as shop:
        await shop.join("Lena")
        for statement in program:
            await shop.database.write(partial(Connection.exec_driver_sql, statement=statement))
        await backed_up(world, tmp_path / "b.zip")
    assert "a restore refuses that" in caplog.text
    with pytest.raises(BackupRefused, match="thief"):
        await restored(world, tmp_path / "b.zip")
    async with reopened(world, shop) as same:
        assert [customer.name for customer in await same.customers()] == ["Lena"]


def is_said_twice(archive: bytes, place: int) -> bool:
    """Whether a place lies in a header that ZIP repeats at the end of the archive, and that nobody reads."""
    starts = [found.start() for found in re.finditer(rb"PK\x03\x04", archive)]
    return any(start <= place < start + 30 for start in starts)


def contents(archive: Path) -> list[bytes] | None:
    """What an archive holds, None if it cannot be read."""
    try:
        with zipfile.ZipFile(archive) as opened_archive:
            return [opened_archive.read(name) for name in opened_archive.namelist()]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError):
        return None


async def test_an_archive_with_a_flipped_bit_is_refused_as_damaged(sqlite_settings: Settings, tmp_path: Path) -> None:
    async with opened(sqlite_settings) as shop:
        await shop.join("Lena")
        await backed_up(sqlite_settings, tmp_path / "b.zip")
    good = (tmp_path / "b.zip").read_bytes()
    for place in (place for place in range(60, len(good), len(good) // 40) if not is_said_twice(good, place)):
        (tmp_path / "flipped.zip").write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        if contents(tmp_path / "flipped.zip") == contents(tmp_path / "b.zip"):
            continue  # among zeros a packed copy may point elsewhere and mean the same
        with pytest.raises(BackupRefused, match=r"damaged|newer release"):
            await restored(sqlite_settings, tmp_path / "flipped.zip")


AN_OLDER_SHOP = (
    "INSERT INTO business (id, slug, name, plan, timezone, program_version, created_at)"  # noqa: ISC004  # one statement
    " VALUES (1, 'leaf', 'Bean & Leaf', 'basic', 'UTC', 1, '2026-03-02T12:00:00.000000+00:00')",
    "INSERT INTO business_total (business_id, customers, outstanding) VALUES (1, 0, 0)",
    "INSERT INTO program VALUES (1, 1, 10, 'A coffee', 'reset', 0, NULL, NULL, '2026-03-02T12:00:00.000000+00:00')",
)


async def test_a_backup_of_an_older_release_is_brought_up_to_date(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/loyalty.db")
    async with database_of(settings) as older:
        await older.write(lambda connection: command.upgrade(_config(connection), "0003"))
        for statement in AN_OLDER_SHOP:
            await older.write(lambda c, s=statement: c.execute(text(s)).close())  # type: ignore[misc]  # bound
    await backed_up(settings, tmp_path / "b.zip")
    assert not read_manifest(tmp_path / "b.zip").proven
    await restored(settings, tmp_path / "b.zip")
    async with database_of(settings) as back:
        assert [shop.name for shop in await list_businesses(back)] == ["Bean & Leaf"]
    again = await asyncio.to_thread(make_backup, settings, tmp_path / "c.zip", now=NOON)
    assert (again.manifest.version, again.manifest.proven) == (newest(), True)


async def test_the_key_of_the_secrets_comes_back_with_the_file(sqlite_settings: Settings, tmp_path: Path) -> None:
    async with opened(sqlite_settings):
        locked = open_vault(sqlite_settings).lock("secret")
        await backed_up(sqlite_settings, tmp_path / "b.zip")

    key = sqlite_settings.sqlite_path.with_name("loyalty.db.key")
    key.write_text("another key, of another installation")
    await restored(sqlite_settings, tmp_path / "b.zip")
    assert open_vault(sqlite_settings).unlock(locked) == "secret"
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "b.zip").stat().st_mode & 0o777 == 0o600
    assert kept_keys(tmp_path) == ["another key, of another installation"]


def test_a_restore_says_that_the_key_that_is_set_is_not_that_of_the_backup(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    console = Console(tmp_path, sqlite_settings)
    open_vault(sqlite_settings)
    console.ask("backup", "b.zip")
    told = console.run("restore", "b.zip", "--replace", LOYALTY_SECRET_KEY="another key, and not the one")
    assert "Leave LOYALTY_SECRET_KEY empty" in told.stdout
    assert "LOYALTY_SECRET_KEY" not in console.run("restore", "b.zip", "--replace").stdout


def test_a_database_that_cannot_be_copied_is_named_with_the_reason(sqlite_settings: Settings, tmp_path: Path) -> None:
    sqlite_settings.sqlite_path.write_text("Dear diary, " * 100)
    with pytest.raises(BackupRefused, match="not a database"):
        make_backup(sqlite_settings, tmp_path / "b.zip", now=NOON)
    assert left_by_backups(tmp_path) == []


def kept_keys(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.glob("*.before-*.key")]


async def test_a_backup_of_the_other_kind_of_database_is_refused(sqlite_settings: Settings, tmp_path: Path) -> None:
    await backed_up(sqlite_settings, tmp_path / "b.zip")
    elsewhere = Settings(database_url="postgresql://nowhere/shop", secret_key="x" * 16)
    with pytest.raises(BackupRefused, match="sqlite"):
        await restored(elsewhere, tmp_path / "b.zip")


def test_without_pg_dump_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupRefused, match="postgresql-client"):
        make_backup(
            Settings(database_url="postgresql://nowhere/shop", secret_key="x" * 16), tmp_path / "b.zip", now=NOON
        )


def test_a_file_that_is_there_is_not_written_over(sqlite_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_text("mine")
    with pytest.raises(BackupRefused, match="--replace"):
        make_backup(sqlite_settings, tmp_path / "b.zip", now=NOON)
    assert (tmp_path / "b.zip").read_text() == "mine"
