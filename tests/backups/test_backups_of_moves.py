"""Backups that are made while shops move, or after some have moved away: they come back as any other."""

from pathlib import Path

import pytest

from loyalty_app.db.own_triggers import MOVE_LOG, tables_with
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.departures import begin_log, hold
from loyalty_app.moving.jobs_in_hand import finish_jobs
from loyalty_app.settings import Settings
from loyalty_core.errors import Busy
from testkit.shop import open_next_door
from tests.backups.test_backups import backed_up, opened, reopened, restored


async def test_a_backup_of_a_place_from_which_a_shop_has_moved_comes_back_and_the_shop_stays_held(
    world: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(world) as gone:
        other = await open_next_door(gone)
        lena = await gone.join("Lena")
        await hold(gone.database, [gone.business.id])
        await backed_up(world, tmp_path / "b.zip")
    assert "a restore refuses that" not in caplog.text
    await restored(world, tmp_path / "b.zip")
    async with reopened(world, gone) as back, reopened(world, other) as beside:
        with pytest.raises(Busy):
            await back.stamp(lena.id)
        with pytest.raises(Busy):
            await back.change(name="Beans")
        assert (await beside.stamp((await beside.join("Zoë")).id)).total_stamps == 1


async def test_a_backup_that_was_made_while_a_shop_moved_comes_back_and_notes_nothing(
    world: Settings, tmp_path: Path
) -> None:
    async with opened(world) as shop:
        lena = await shop.join("Lena")
        await begin_log(shop.database, Cargo((shop.business.id,)), "a move")
        await finish_jobs(shop.database, Cargo((shop.business.id,)), progress=print)
        await shop.stamp(lena.id, 9)
        await backed_up(world, tmp_path / "b.zip")
    await restored(world, tmp_path / "b.zip")
    async with reopened(world, shop) as back:
        assert (await back.stamp(lena.id)).total_stamps == 10
        assert not await back.database.read(lambda connection: tables_with(connection, MOVE_LOG))
