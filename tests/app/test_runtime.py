"""Running: one server for a SQLite file, any number beside it and on PostgreSQL, and a gentle end."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from loyalty_app.clock import utc_now
from loyalty_app.db.engine import open_database
from loyalty_app.runtime import Runtime, open_runtime
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.api_keys import create_key
from loyalty_core.errors import Busy
from testkit.clocks import Clock
from testkit.concurrency import until
from testkit.console import A_KEY
from testkit.shop import Shop, found, open_next_door
from tests.app.process import first_line, next_line, process


async def shop_of(served: Runtime) -> Shop:
    """A business of a running process."""
    return Shop(served.database, await found(served.database), Clock(), served.counter)


async def test_a_second_server_on_a_sqlite_file_is_refused_and_told_what_to_do(sqlite_settings: Settings) -> None:
    async with open_runtime(sqlite_settings) as served:
        shop = await shop_of(served)
        refusal = await asyncio.to_thread(first_line, "serve", sqlite_settings)
        assert refusal.startswith("refused: Another process already serves this SQLite file.")
        assert "LOYALTY_DATABASE_URL=postgresql://" in refusal
        joined = await asyncio.to_thread(first_line, "join", sqlite_settings, shop.business.id)
        assert joined == f"joined: {(await shop.customers())[0].id}", "other writers are welcome"
        assert (await shop.join()).id == int(joined.split()[1]) + 1


async def test_a_file_is_free_again_when_its_server_has_ended_even_by_force(sqlite_settings: Settings) -> None:
    settings = msgspec.structs.replace(sqlite_settings, secret_key=A_KEY)
    with process("serve", settings) as other:
        assert await asyncio.to_thread(next_line, other) == "serving"
        with pytest.raises(SettingsError, match="already serves"):
            async with open_runtime(settings):
                pass
        other.kill()
        other.wait()
        async with open_runtime(settings) as served:
            assert await served.answers()


async def test_several_servers_share_a_database_on_a_server(server_settings: Settings) -> None:
    async with open_runtime(server_settings) as one, open_runtime(server_settings) as other:
        assert await one.answers()
        assert await other.answers()


async def test_a_new_database_gets_its_schema(tmp_path: Path) -> None:
    async with open_runtime(Settings(database_url=f"sqlite:///{tmp_path}/new.db")) as served:
        assert (await (await shop_of(served)).join()).id == 1


async def test_a_folder_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"LOYALTY_DATABASE_URL.*nowhere"):
        async with open_runtime(Settings(database_url=f"sqlite:///{tmp_path}/nowhere/loyalty.db")):
            pass
    assert not (tmp_path / "nowhere").exists()


async def test_leaving_finishes_what_was_accepted_and_takes_no_more(settings: Settings, shop: Shop) -> None:
    lena = await shop.join()
    async with open_runtime(settings) as served:
        branch = Shop(served.database, shop.business, shop.clock, served.counter)
        text = (await create_key(served.database, shop.business.id, now=utc_now(), name="Till")).api_key
        await served.api_keys.recognise(text)
        waiting = [asyncio.create_task(branch.stamp(lena.id)) for _ in range(200)]
        await asyncio.sleep(0)
    assert all(task.done() and not task.exception() for task in waiting)
    assert (await shop.customer(lena.id)).card.total_stamps == 200
    with pytest.raises(Busy):
        await branch.stamp(lena.id)


async def test_expired_rewards_are_booked_by_the_clock_of_the_process(settings: Settings, shop: Shop) -> None:
    shop.clock.wait(days=36_500)
    bakery = await open_next_door(shop, reward_valid_days=1)
    await bakery.stamp((await bakery.join()).id, 10)
    shop.clock.wait(days=2)

    async def booked() -> bool:
        return await bakery.totals() == (1, 0)

    async with open_runtime(settings, clock=shop.clock):
        await until(booked)


async def test_a_process_whose_database_is_gone_does_not_answer(sqlite_settings: Settings) -> None:
    async with open_runtime(sqlite_settings) as served:
        assert await served.answers()
        sqlite_settings.sqlite_path.rename(sqlite_settings.sqlite_path.with_suffix(".away"))
        away = msgspec.structs.replace(served, database=open_database(sqlite_settings))
        assert not await away.answers()
        await away.database.close()
