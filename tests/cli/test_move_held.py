"""How long a place is held does not depend on how much is there: no table of customers or entries is read through."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from loyalty_app.db.migrate import migrate
from loyalty_app.db.move_mark import MoveMark
from loyalty_app.moving import departures, move, targets
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.carrying import Carrier
from loyalty_app.moving.copying import Copying
from loyalty_app.moving.move import place_of
from loyalty_app.moving.snapshots import Reader, snapshot
from loyalty_app.settings import Settings
from testkit.builders import NOON
from tests.cli.test_move_disturbed import a_shop, errand, moved, opened, shop_at

LARGE = (
    *("customer", "transaction", "reward", "card", "customer_word", "event", "idempotency", "card_link", "attempt"),
    *("past_profile", "former_holder", "customer_merge", "flag"),
)
"""Tables that grow with the number of customers, or with what they do."""
WHOLE = re.compile(rf"^(SCAN|SEARCH) ({'|'.join(LARGE)})\b(?!.*\(business_id=\? AND )")
"""A step that reads all rows of such a table, or all of a shop."""

Said = list[tuple[str, Any]]


@contextmanager
def said_while_held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Said]:
    """All statements from when the place is held until the end, with their values."""
    said: Said = []

    def note(*given: Any) -> None:  # noqa: ANN401  # the connection, a cursor, the statement, its values, …
        said.append((given[2], given[3]))

    check = departures.check_log

    async def begin(*given: Any) -> None:  # noqa: ANN401  # passed on
        event.listen(Engine, "before_cursor_execute", note)
        await check(*given)

    monkeypatch.setattr(departures, "check_log", begin)
    try:
        yield said
    finally:
        if said:
            event.remove(Engine, "before_cursor_execute", note)


def read_through(file: Path, said: Said) -> list[str]:
    """The steps of these statements that read a large table from end to end."""
    found = []
    with closing(sqlite3.connect(file)) as alone:
        for statement, values in said:
            if re.match(r"(SELECT|UPDATE|DELETE|WITH)", statement) and "move_" not in statement:
                plan = alone.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
                found += [f"{step[3]}: {statement}" for step in plan if WHOLE.match(step[3])]
    return found


def stamps_late(monkeypatch: pytest.MonkeyPatch, source: Settings) -> None:
    """Let somebody be stamped right before the place is held."""
    go_over = Copying.go_over

    async def and_stamp(*given: Any) -> dict[str, int]:  # noqa: ANN401  # passed on
        counts = await go_over(*given)
        async with opened(source) as old:
            shop = await shop_at(old)
            await shop.stamp(1, 9)
            await shop.counter.close()
        return counts

    monkeypatch.setattr(Copying, "go_over", and_stamp)


async def test_while_a_shop_is_held_nobody_reads_all_its_customers_or_entries(
    sqlite_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Settings(database_url=f"sqlite:///{tmp_path}/there.db")
    await asyncio.to_thread(migrate, target)
    await a_shop(sqlite_settings, guests=3)
    stamps_late(monkeypatch, sqlite_settings)
    with said_while_held(monkeypatch) as said:
        assert await moved(errand(sqlite_settings, target))
    assert any("INSERT INTO" in statement for statement, _ in said)
    assert read_through(target.sqlite_path, said) == []


def test_while_an_installation_is_held_nobody_reads_all_its_customers_or_entries(
    sqlite_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Settings(database_url=f"sqlite:///{tmp_path}/there.db")
    asyncio.run(a_shop(sqlite_settings, guests=3))
    stamps_late(monkeypatch, sqlite_settings)
    targets.prepare(target, MoveMark("moving", place_of(sqlite_settings), "today"))
    with said_while_held(monkeypatch) as said:
        asyncio.run(move.move(sqlite_settings, target, now=NOON, progress=lambda _table, _rows: None))
    assert any("INSERT INTO" in statement for statement, _ in said)
    assert read_through(target.sqlite_path, said) == []


@pytest.mark.parametrize(
    ("changes", "rounds"),
    [([9_000, 3_000, 150, 0], 3), ([9_000, 3_000, 2_900, 2_800], 3), ([150, 0], 1), ([9_000, 9_500, 0], 2)],
)
async def test_rounds_end_when_they_are_short_or_get_no_shorter(
    sqlite_settings: Settings, changes: list[int], rounds: int
) -> None:
    asked = list[int]()

    class Counted(Copying):
        async def follow(self, reader: Reader, *, last: bool = False) -> int:
            assert await super().follow(reader, last=last) == 0  # nobody stamps here
            asked.append(changes[len(asked)])
            return asked[-1]

    async with opened(sqlite_settings) as old:
        await departures.begin_log(old, Cargo(), "token")
        await Counted((old, old), Cargo(), Carrier(), progress=lambda _table, _rows: None).catch_up(
            lambda: snapshot(sqlite_settings)
        )
    assert asked == changes[:rounds]
