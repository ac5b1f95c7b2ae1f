"""Changes of shops by `loyalty business …`, on either database and beside a server."""

import asyncio
from pathlib import Path

from loyalty_app.db.engine import open_database
from loyalty_app.db.tables import notice
from loyalty_app.settings import Settings
from testkit.builders import NOON
from testkit.console import CAFE, Console, refused
from tests.cli.test_doctor import checks


def test_a_shop_gets_another_name_zone_and_country(settings: Settings, tmp_path: Path) -> None:
    console = Console(tmp_path, settings)
    made = console.ask("business", "create", *CAFE)
    renamed = console.ask("business", "rename", "--business", "1", "--name", "  Bar Zoë ")
    console.ask("business", "set-timezone", "--business", "1", "--timezone", "Asia/Kolkata")
    console.ask("business", "set-country", "--business", "1", "--country", "in")
    [shop] = console.ask("business", "list")["businesses"]
    assert (renamed["name"], renamed["slug"]) == ("Bar Zoë", made["slug"])
    assert (shop["name"], shop["timezone"], shop["country"]) == ("Bar Zoë", "Asia/Kolkata", "IN")
    assert console.ask("business", "set-country", "--business", "1", "--remove")["country"] is None
    assert console.ask("business", "set-card-codes", "--business", "1", "--codes", "rotating_all")["card_codes"]
    assert checks(console.run("doctor", "--json"))["ledger"]["status"] == "ok"


def test_a_shop_lets_people_join_on_its_page_and_stops_that(sqlite_settings: Settings, tmp_path: Path) -> None:
    console = Console(tmp_path, sqlite_settings)
    console.environment["LOYALTY_PUBLIC_URL"] = "https://cards.example.com"
    slug = console.ask("business", "create", *CAFE)["slug"]
    own = ("business", "set-joining", "--business", "1")
    assert console.ask(*own, "--page")["page"] == f"https://cards.example.com/join/{slug}"
    assert console.ask(*own, "--no-page")["join_by_page"] is False
    ended = console.run(*own)
    said = ended.stderr.splitlines()
    assert (ended.returncode, len(said), "--page" in said[1], "--no-page" in said[1]) == (2, 2, True, True)


def test_what_makes_no_sense_is_refused_in_one_line(sqlite_settings: Settings, tmp_path: Path) -> None:
    console = Console(tmp_path, sqlite_settings)
    console.ask("business", "create", *CAFE)
    own = ("--business", "1")
    assert "--timezone" in refused(console.run("business", "set-timezone", *own, "--timezone", "Mars/Base"), 2)
    assert "--country" in refused(console.run("business", "set-country", *own, "--country", "Germany"), 2)
    assert "--name" in refused(console.run("business", "rename", *own, "--name", " "), 2)
    assert console.run("business", "set-card-codes", *own, "--codes", "none").returncode == 2
    for words in (("rename", "--name", "x"), ("delete", "--yes"), ("set-country", "--remove")):
        assert "no business 7" in refused(console.run("business", words[0], "--business", "7", *words[1:]), 2)


def test_a_shop_is_deleted_only_when_that_is_said_and_then_wholly(settings: Settings, tmp_path: Path) -> None:
    console = Console(tmp_path, settings)
    for _ in range(2):
        console.ask("business", "create", *CAFE)
    (tmp_path / "guests.csv").write_text("name,email\nAna,ana@example.com\n")
    console.ask("customers", "import", "guests.csv", "--business", "1")
    looked = console.ask("business", "delete", "--business", "1", "--dry-run")
    assert (looked["dry_run"], looked["rows"]["customer"], looked["rows"]["business"]) == (True, 1, 1)
    assert console.run("business", "delete", "--business", "1").returncode == 1  # nobody answers
    assert len(console.ask("business", "list")["businesses"]) == 2
    done = console.ask("business", "delete", "--business", "1", "--yes")
    assert (done["rows"], done["left"], done["dry_run"]) == (looked["rows"], 0, False)
    assert [shop["business_id"] for shop in console.ask("business", "list")["businesses"]] == [2]
    assert checks(console.run("doctor", "--json"))["ledger"]["status"] == "ok"


async def write_late(settings: Settings, business_id: int) -> None:
    """A server writes what it began before the shop was gone."""
    database = open_database(settings)
    late = {"business_id": business_id, "id": 1, "at": NOON, "kind": "webhook", "text": "It fails."}
    await database.write(lambda connection: database.insert(connection, notice, [late]))
    await database.close()


def test_what_was_written_to_the_last_is_deleted_when_the_command_is_run_again(
    settings: Settings, tmp_path: Path
) -> None:
    console = Console(tmp_path, settings)
    for _ in range(2):
        console.ask("business", "create", *CAFE)
    again = ("business", "delete", "--business", "1", "--yes")
    console.ask(*again)
    for shop in (1, 2):
        asyncio.run(write_late(settings, shop))
    done = console.ask(*again)
    assert (done["rows"], done["left"], done["name"]) == ({"notice": 1}, 0, None)
    assert "no business 1" in refused(console.run(*again), 2)
    assert console.ask("business", "delete", "--business", "2", "--dry-run")["rows"]["notice"] == 1
