"""`loyalty doctor` where something moves, or has moved away: it says so, and what is to be done there."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from loyalty_app.db.held_shops import allowed
from loyalty_app.db.tables import business
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.copying import Copying
from loyalty_app.moving.departures import begin_log, hold
from loyalty_app.settings import Settings
from testkit.console import Console
from testkit.shop import Shop
from tests.cli.test_doctor import checks, sqlite_shop
from tests.cli.test_move import bean, fail, keyed

__all__ = ["bean", "sqlite_shop"]


async def test_a_move_that_was_begun_and_left_is_found_with_the_command_that_ends_it(
    tmp_path: Path, settings: Settings, shop: Shop
) -> None:
    console = keyed(Console(tmp_path, settings))
    assert "moves" not in checks(console.run("doctor", "--json"))
    await begin_log(shop.database, Cargo((1,)), "a token")
    await shop.join()
    found = checks(console.run("doctor", "--json"))["moves"]
    assert (found["status"], "--give-up" in found["mend"]) == ("note", True)
    assert "business 1" in found["details"][0]
    await hold(shop.database, [1])
    found = checks(console.run("doctor", "--json"))
    assert (found["moves"]["status"], found["schema"]["status"]) == ("problem", "ok")
    console.ask("move", "--to", f"sqlite:///{tmp_path}/new.db", "--business", "1", "--give-up")
    assert "moves" not in checks(console.run("doctor", "--json"))
    await shop.join()


async def test_triggers_that_refuse_changes_though_no_shop_moves_are_found(
    tmp_path: Path, sqlite_settings: Settings, sqlite_shop: Shop
) -> None:
    console, database = Console(tmp_path, sqlite_settings), sqlite_shop.database
    await hold(database, [1])
    with_triggers = update(business).values(moved_to=None)

    def forget(connection: Connection) -> None:
        with allowed(connection, business):
            connection.execute(with_triggers).close()

    await database.write(forget)
    assert checks(console.run("doctor", "--json"))["moves"]["status"] == "problem"
    console.ask("move", "--to", f"sqlite:///{tmp_path}/new.db", "--business", "1", "--give-up")
    assert "moves" not in checks(console.run("doctor", "--json"))
    await sqlite_shop.join()


def test_a_place_from_which_everything_has_moved_is_told_to_be_left_and_not_to_be_started(
    tmp_path: Path, bean: Settings
) -> None:
    console = Console(tmp_path, bean)
    console.ask("move", "--to", f"sqlite:///{tmp_path}/new.db")
    found = checks(console.run("doctor", "--json"))["database"]
    assert f"has moved to sqlite:///{tmp_path}/new.db" in found["message"]
    assert found["mend"] == "Set LOYALTY_DATABASE_URL to that place."


def test_what_a_move_keeps_for_itself_is_no_fault_of_the_schema(
    tmp_path: Path, bean: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Settings(database_url=f"sqlite:///{tmp_path}/there.db")
    with monkeypatch.context() as patch:
        patch.setattr(Copying, "_prove", fail)
        assert keyed(Console(tmp_path, bean)).run("move", "--to", there.database_url, "--business", "1").returncode
    for place in (bean, there):
        found = checks(keyed(Console(tmp_path, place)).run("doctor", "--json"))
        assert ("moves" in found, found["schema"]["status"]) == (True, "ok")
    with monkeypatch.context() as patch:
        patch.setattr(Copying, "_prove", fail)
        there = Settings(database_url=f"sqlite:///{tmp_path}/whole.db")
        assert Console(tmp_path, bean).run("move", "--to", there.database_url).returncode
    found = checks(Console(tmp_path, there).run("doctor", "--json"))["database"]
    assert ("was not finished" in found["message"], "loyalty move" in found["mend"]) == (True, True)
