"""A shop whose deleting is killed, at whichever write: run again, it leaves nothing, and others lose nothing."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection, Row, select

from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import business, telegram_update
from loyalty_app.moving import departures
from loyalty_app.settings import Settings
from loyalty_app.shops.closing import close_shop, forget_bots
from loyalty_core.errors import Busy, InvalidRequest
from testkit.builders import NOON
from testkit.killed_writes import killed_at
from tests.app.test_closing_shops import GONE, OF_SHOPS, STAYS, fill, is_of, rows_of, value


def delete_again(settings: Settings) -> None:
    """What the command does; a shop that is gone is said to be unknown."""

    async def work(database: Database) -> None:
        await forget_bots(database)
        with suppress(InvalidRequest):
            await close_shop(database, GONE)

    asyncio.run(in_database(settings, work))


async def in_database(settings: Settings, work: Any) -> Any:  # noqa: ANN401  # whatever it returns
    database = open_database(settings)
    try:
        return await work(database)
    finally:
        await database.close()


def all_rows(settings: Settings, shop: int) -> Sequence[Row[Any]]:
    def look(connection: Connection) -> list[Row[Any]]:
        return [row for table in OF_SHOPS for row in rows_of(table, connection) if is_of(row, shop)]

    found: list[Row[Any]] = asyncio.run(in_database(settings, lambda database: database.read(look)))
    return found


def bot_writes(settings: Settings, number: int) -> None:
    """The process of the shop's bot does not know yet that the shop is gone."""
    late = {c.name: value(c, GONE) for c in telegram_update.columns} | {"update_id": number}
    written = telegram_update.insert().values(late)
    asyncio.run(in_database(settings, lambda database: database.write(lambda c: c.execute(written).close())))


def served(settings: Settings, *, begun: bool) -> bool:
    """Whether the shop could be served though a write of its deleting is durable."""
    places = select(business.c.moved_to).where(business.c.id == GONE)
    found = asyncio.run(in_database(settings, lambda database: database.read(lambda c: c.scalars(places).all())))
    return begun and None in found


async def move_away(database: Database) -> None:
    await departures.hold(database, [GONE, STAYS])
    await departures.close_shops(database, [GONE, STAYS], place="there", now=NOON)


@pytest.mark.parametrize("moved", [False, True])
def test_a_deleting_that_is_killed_at_any_write_leaves_nothing_when_it_is_run_again(
    sqlite_settings: Settings, *, moved: bool
) -> None:
    asyncio.run(in_database(sqlite_settings, lambda database: database.write(fill)))
    if moved:
        asyncio.run(in_database(sqlite_settings, move_away))
    others = all_rows(sqlite_settings, STAYS)
    write = 1
    while killed_at(write, lambda: delete_again(sqlite_settings)):
        assert not served(sqlite_settings, begun=write > 1)
        with suppress(Busy):  # the bot of a shop that has moved writes nothing until that is lifted
            bot_writes(sqlite_settings, 100 + write)
        write += 1
    assert write > 3
    assert all_rows(sqlite_settings, GONE) == []
    assert all_rows(sqlite_settings, STAYS) == others
