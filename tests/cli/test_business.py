"""`loyalty business`, `loyalty program` and `loyalty branch`: opening shops from a terminal, on either database."""

import re
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from loyalty_app.db import tables
from loyalty_app.db.engine import Database, open_database
from loyalty_app.moving import departures
from loyalty_app.settings import Settings
from loyalty_app.shops.api_key_check import ApiKeys
from loyalty_app.shops.businesses import list_businesses
from loyalty_app.shops.invites import token_digest
from loyalty_app.shops.programs import read_program
from loyalty_core.access import Plan
from testkit.builders import NOON
from testkit.console import CAFE, Console, answer_of, refused
from testkit.half_deleted import begin_deleting
from testkit.shop import Shop
from tests.cli.test_doctor import checks


async def test_a_shop_opens_with_a_key_that_works(tmp_path: Path, settings: Settings, database: Database) -> None:
    made = Console(tmp_path, settings).ask("business", "create", *CAFE, "--plan", "professional")

    holder = await ApiKeys(database).recognise(made["api_key"])

    assert (holder.business.id, holder.key.key_id) == (made["business_id"], made["key_id"])
    assert (holder.business.name, holder.business.plan) == ("Café Zoë", Plan.PROFESSIONAL)
    assert re.fullmatch(r"cafe-zoe-[0-9a-f]{6}", made["slug"])
    await ApiKeys(database).close()


async def test_its_owner_is_invited_for_a_day_by_a_token_of_which_only_the_hash_is_kept(
    tmp_path: Path, settings: Settings, database: Database
) -> None:
    payload = Console(tmp_path, settings).ask("business", "create", *CAFE)["owner_invite"]

    [row] = await database.read(lambda connection: connection.execute(select(tables.invite)).all())

    assert re.fullmatch(r"i_[0-9A-Za-z]{22}", payload)
    assert (bytes(row.token_hash), row.role) == (token_digest(payload.removeprefix("i_")), "owner")
    assert (row.expires_at - row.created_at, row.used_at) == (timedelta(hours=24), None)


async def test_what_is_not_said_is_ten_stamps_the_plan_of_new_shops_and_utc(
    tmp_path: Path, sqlite_settings: Settings
) -> None:
    console = Console(tmp_path, sqlite_settings)
    console.ask("business", "create", *CAFE)
    tried = answer_of(console.run("business", "create", *CAFE, "--json", LOYALTY_NEW_SHOP_PLAN="trial"))

    database = open_database(sqlite_settings)
    program = await database.read(lambda connection: read_program(connection, 1))
    await database.close()
    shop = console.ask("business", "list")["businesses"][0]

    assert (program.terms.stamps_required, program.terms.reward_description) == (10, "A free coffee")
    assert (shop["plan"], shop["timezone"], shop["country"], shop["rate_limit"]) == ("professional", "UTC", None, None)
    assert tried["plan"] == "trial"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--name", " "),
        ("--stamps-required", "101"),
        ("--reward", ""),
        ("--plan", "gold"),
        ("--timezone", "Europe/Nowhere"),
        ("--country", "Germany"),
        ("--rate-limit", "0"),
    ],
)
async def test_a_wrong_value_names_its_option_and_nothing_is_stored(
    tmp_path: Path, sqlite_settings: Settings, option: str, value: str
) -> None:
    ended = Console(tmp_path, sqlite_settings).run("business", "create", *CAFE, option, value, "--json")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert option in ended.stderr
    database = open_database(sqlite_settings)
    assert await list_businesses(database) == []
    await database.close()


def test_the_first_shop_sets_up_a_new_sqlite_file(tmp_path: Path) -> None:
    made = Console(tmp_path).ask("business", "create", *CAFE)

    assert made["business_id"] == 1
    assert (tmp_path / "loyalty.db").exists()


def test_the_first_shop_sets_up_a_new_postgresql_database(tmp_path: Path, postgres_database: str) -> None:
    made = Console(tmp_path, Settings(database_url=postgres_database)).ask("business", "create", *CAFE)

    assert made["business_id"] == 1


async def test_shops_opened_at_once_do_not_get_in_each_others_way(tmp_path: Path, settings: Settings) -> None:
    console = Console(tmp_path, settings)
    words = ("business", "create", *CAFE, "--json")
    with ExitStack() as stack:
        processes = [stack.enter_context(console.start(*words)) for _ in range(3)]
        ends = [(process.communicate(), process.returncode) for process in processes]

    assert [code for _, code in ends] == [0] * 3
    assert len(console.ask("business", "list")["businesses"]) == 3


@pytest.mark.usefixtures("shop")
def test_a_plan_can_be_changed(tmp_path: Path, settings: Settings) -> None:
    console = Console(tmp_path, settings)

    changed = console.ask("business", "set-plan", "--business", "1", "--plan", "enterprise", "--rate-limit", "5000")

    assert (changed["plan"], changed["rate_limit"]) == ("enterprise", 5000)
    assert console.ask("business", "list")["businesses"] == [changed]


@pytest.mark.usefixtures("shop")
async def test_a_list_says_which_shops_move_or_have_moved_and_where_to(
    tmp_path: Path, settings: Settings, database: Database
) -> None:
    console = Console(tmp_path, settings)
    assert "STATE" not in console.run("business", "list").stdout
    await departures.hold(database, [1])
    assert "is moving" in console.run("business", "list").stdout
    await departures.close_shops(database, [1], place="https://two.example.com", now=NOON)
    assert "moved to https://two.example.com" in console.run("business", "list").stdout
    assert console.ask("business", "list")["businesses"][0]["moved_to"] == "https://two.example.com"


async def test_a_shop_that_is_being_deleted_is_listed_as_such_and_the_doctor_names_the_command_that_finishes_it(
    tmp_path: Path, settings: Settings, shop: Shop
) -> None:
    console = Console(tmp_path, settings)
    for name in ("Lena", "Otto", "Ana"):
        await shop.stamp((await shop.join(name)).id, 10)
    console.ask("business", "delete", "--business", "1", "--dry-run")
    [listed] = console.ask("business", "list")["businesses"]
    assert (listed["moved_to"], listed["being_deleted"]) == (None, False)
    assert "deletions" not in checks(console.run("doctor", "--json"))
    await begin_deleting(shop.database, shop.business.id, at_once=2)
    [listed] = console.ask("business", "list")["businesses"]
    assert (listed["moved_to"], listed["being_deleted"]) == (None, True)
    shown = console.run("business", "list").stdout
    assert ("is being deleted" in shown, "MOVED" in shown.upper()) == (True, False)
    found = checks(console.run("doctor", "--json"))
    assert (found["deletions"]["status"], found["ledger"]["status"]) == ("problem", "ok")
    assert found["deletions"]["details"] == ["`loyalty business delete --business 1`"]
    move = ("move", "--to", f"sqlite:///{tmp_path}/new.db", "--business", "1")
    assert "is being deleted" in refused(console.run(*move), 2)
    assert "is being deleted" in refused(console.run("staff", "invite", "--business", "1", "--role", "owner"), 2)
    console.ask("business", "delete", "--business", "1", "--yes")
    assert "deletions" not in checks(console.run("doctor", "--json"))


@pytest.mark.usefixtures("shop")
def test_branches_are_added_and_listed(tmp_path: Path, settings: Settings) -> None:
    console = Console(tmp_path, settings)

    harbour = console.ask("branch", "add", "--business", "1", "--name", "Harbour")

    assert (harbour["branch_id"], harbour["business_id"], harbour["name"]) == (1, 1, "Harbour")
    assert console.ask("branch", "list", "--business", "1") == {"branches": [harbour]}


@pytest.mark.usefixtures("shop")
def test_a_branch_is_renamed_closed_and_opened_again(tmp_path: Path, settings: Settings) -> None:
    console, here = Console(tmp_path, settings), ("1", "--business", "1")
    harbour = console.ask("branch", "add", "--business", "1", "--name", "Harbour")
    renamed = console.ask("branch", "rename", *here, "--name", "Port")
    closed = console.ask("branch", "close", *here)
    assert renamed == {**harbour, "name": "Port"}
    assert ({**closed, "closed_at": None}, closed["closed_at"] is None) == (renamed, False)
    assert console.ask("branch", "list", "--business", "1") == {"branches": [closed]}
    assert console.ask("branch", "reopen", *here) == renamed
    assert "branch_id" in refused(console.run("branch", "close", "2", "--business", "1"), 2)


@pytest.mark.usefixtures("shop")
def test_programs_are_added_listed_archived_and_made_the_main_one(tmp_path: Path, settings: Settings) -> None:
    console, here = Console(tmp_path, settings), ("--business", "1")
    salads = console.ask("program", "add", *here, "--title", "Salads", "--reward", "A salad", "--stamps-required", "5")
    assert {**salads, "program_id": 0} == {
        "program_id": 0,
        "business_id": 1,
        "title": "Salads",
        "main": False,
        "archived": False,
        "stamps_required": 5,
        "reward_description": "A salad",
    }
    number, listed = str(salads["program_id"]), console.ask("program", "list", *here)["programs"]
    assert [(one["program_id"], one["main"]) for one in listed] == [(1, True), (salads["program_id"], False)]
    assert "Make another program the main one" in refused(console.run("program", "archive", "1", *here), 1)
    assert console.ask("program", "make-main", number, *here) == {**salads, "main": True}
    assert console.ask("program", "archive", "1", *here)["archived"]
    assert "archived" in refused(console.run("program", "make-main", "1", *here), 1)
    assert "--stamps-required" in refused(
        console.run("program", "add", *here, *CAFE_SALADS, "--stamps-required", "0"), 2
    )
    assert re.search(r"1 +archived +10", console.run("program", "list", *here).stdout)


CAFE_SALADS = ("--title", "Salads", "--reward", "A salad")


@pytest.mark.parametrize(
    "words",
    [
        ("business", "set-plan", "--plan", "basic"),
        ("program", "add", *CAFE_SALADS),
        ("program", "list"),
        ("branch", "add", "--name", "Harbour"),
        ("key", "create", "--name", "Till"),
        ("key", "list"),
    ],
)
def test_a_shop_that_is_not_there_is_said_to_be_missing(
    tmp_path: Path, sqlite_settings: Settings, words: tuple[str, ...]
) -> None:
    ended = Console(tmp_path, sqlite_settings).run(*words, "--business", "7")

    assert refused(ended, 2) == "Error: Invalid value for --business: there is no business 7."
