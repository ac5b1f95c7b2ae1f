"""A move that was not finished, of a shop whose deleting was begun then."""

from pathlib import Path

import pytest
from sqlalchemy import select

from loyalty_app.db.held_shops import NOWHERE
from loyalty_app.db.tables import business
from loyalty_app.moving.shop_move import ShopMove
from loyalty_app.settings import Settings
from loyalty_core.errors import InvalidRequest
from testkit.builders import NOON
from testkit.half_deleted import begin_deleting
from tests.cli.test_move_disturbed import errand, left_unfinished, moved, opened


async def test_it_is_given_up_and_the_deleting_goes_on(
    sqlite_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = await left_unfinished(sqlite_settings, tmp_path, monkeypatch, guests=2)
    async with opened(sqlite_settings) as old, opened(target) as new:
        await begin_deleting(old, 1)
        with pytest.raises(InvalidRequest, match="is being deleted"):
            await moved(errand(sqlite_settings, target))
        move = ShopMove(errand(sqlite_settings, target), now=NOON, progress=lambda _table, _rows: None)
        await move.give_up()
        await move.close()
        assert await new.read(lambda c: [*c.scalars(select(business.c.id))]) == []
        assert await old.read(lambda c: [*c.scalars(select(business.c.moved_to))]) == [NOWHERE]
