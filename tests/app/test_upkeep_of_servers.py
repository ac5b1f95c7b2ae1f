"""The upkeep of a server: one that delivers prunes, makes backups and erases; one that does not, does none of it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from loyalty_app.chat.chats import ChatChange, change_chat
from loyalty_app.db import tables
from loyalty_app.db.engine import open_database
from loyalty_app.runtime import open_runtime
from loyalty_app.settings import Settings
from loyalty_app.upkeep.backup_folder import backups_in
from loyalty_core.fields import BotId, ChatId
from testkit.concurrency import until
from testkit.shop import Shop, open_shop
from tests.app.test_links import add_bot


class Neglected:
    """A shop after two years without upkeep: with a chat to be forgotten, and a customer to be erased."""

    def __init__(self, settings: Settings, shop: Shop, folder: Path) -> None:
        self.settings, self.shop, self.folder = settings, shop, folder

    async def is_pruned(self) -> bool:
        return not await self.shop.database.read(
            lambda connection: connection.execute(select(tables.telegram_chat)).all()
        )

    async def is_backed_up(self) -> bool:
        return await self.shop.database.read(lambda _: bool(backups_in(self.folder)))

    async def is_erased(self) -> bool:
        return [customer.name for customer in await self.shop.customers()] == [""]

    async def has_all(self) -> bool:
        return await self.is_pruned() and await self.is_backed_up() and await self.is_erased()


@asynccontextmanager
async def neglected(settings: Settings) -> AsyncIterator[Neglected]:
    """Give it with settings that ask for no backups and for no erasing."""
    database = open_database(settings)
    shop = await open_shop(database)
    await shop.join("Away")
    await add_bot(database, BotId(1), "stamp_bot")
    await change_chat(database, BotId(1), ChatId(501), ChatChange(language="de"), now=shop.clock.now)
    shop.clock.wait(days=800)
    folder = settings.sqlite_path.with_suffix(".backups")
    folder.mkdir()
    yield Neglected(settings, shop, folder)
    await shop.counter.close()
    await database.close()


@pytest.fixture
async def there(sqlite_settings: Settings) -> AsyncIterator[Neglected]:
    async with neglected(sqlite_settings) as found:
        yield found


async def test_a_server_prunes_old_data_by_its_clock(there: Neglected) -> None:
    async with open_runtime(there.settings, clock=there.shop.clock):
        await until(there.is_pruned)
    assert not await there.is_erased(), "nobody asked for it"
    assert list(there.folder.iterdir()) == [], "nobody asked for it"


async def test_a_server_makes_a_backup_if_it_has_a_folder_for_them(there: Neglected) -> None:
    settings = replace(there.settings, backup_folder=str(there.folder))
    async with open_runtime(settings, clock=there.shop.clock):
        await until(there.is_backed_up)
    assert [moment for moment, _ in backups_in(there.folder)] == [there.shop.clock.now]


async def test_a_server_erases_inactive_customers_if_it_is_told_for_how_long_to_keep_them(there: Neglected) -> None:
    async with open_runtime(replace(there.settings, keep_inactive_months=24), clock=there.shop.clock):
        await until(there.is_erased)


async def test_a_server_that_does_not_deliver_leaves_all_upkeep_to_another(
    there: Neglected, sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "beside.db"
    shutil.copy(sqlite_template, path)
    async with (
        neglected(replace(there.settings, database_url=f"sqlite:///{path}")) as beside,
        open_runtime(with_upkeep(there), clock=there.shop.clock, delivering=False),
        open_runtime(with_upkeep(beside), clock=beside.shop.clock),
    ):
        await until(beside.has_all)
        assert not await there.is_pruned()
        assert not await there.is_erased()
        assert list(there.folder.iterdir()) == [], "not even the beginning of a backup"


def with_upkeep(there: Neglected) -> Settings:
    return replace(there.settings, backup_folder=str(there.folder), keep_inactive_months=24)
