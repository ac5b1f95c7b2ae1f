"""The doctor and lists for searching: it names wrong ones, and the command that repairs them."""

import shlex
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from loyalty_app.customers import search as searching
from loyalty_app.db.posting_lists import pack
from loyalty_app.db.tables import posting_list
from loyalty_app.settings import Settings
from loyalty_app.upkeep import posting_lists as keeping
from testkit.console import Console, refused
from testkit.shop import Shop
from tests.app.test_posting_lists import people
from tests.cli.test_doctor import checks

SMALL = "No shop has lists: a server makes them once a shop is large."


async def test_wrong_lists_are_named_and_repaired_by_what_the_doctor_says(
    settings: Settings, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(tmp_path, settings)
    assert checks(console.run("doctor", "--json"))["searching"]["message"] == SMALL
    monkeypatch.setattr(searching, "FEW", 6)
    monkeypatch.setattr(searching, "WALKED", 0)
    monkeypatch.setattr(keeping, "SMALL_SHOP", 0)
    await people(shop)
    await keeping.keep_lists(shop.database, now=shop.clock.now)
    well = checks(console.run("doctor", "--json"))["searching"]
    assert (well["status"], well["message"]) == ("ok", "The lists of 1 shop with 24 customers lead to the right ones.")

    torn = update(posting_list).where(posting_list.c.beginning.regexp_match("^(le|$)")).values(customers=pack(0))
    left = insert(posting_list).values(business_id=77, beginning="l", part=0, customers=pack(1))
    for fault in (torn, left):
        await shop.database.write(lambda connection, fault=fault: connection.execute(fault).close())  # type: ignore[misc]  # bound
    found = checks(console.run("doctor", "--json"))["searching"]
    assert found["details"] == [
        "Business 1: 24 customers, in the lists of everybody, 'le', 'leh', 'lehm', 'lehma' and 4 more.",
        "Business 77 is gone; its lists are left.",
    ]

    command = found["mend"].split("`")[1]
    assert command == "loyalty customers renew-search --business 1 --business 77"
    assert console.ask(*shlex.split(command)[1:]) == {"renewed": [1], "removed": [77]}
    meanwhile = checks(console.run("doctor", "--json"))["searching"]
    assert meanwhile["message"] == "Those of 1 shop are being made, and were not compared."
    await keeping.keep_lists(shop.database, now=shop.clock.now)
    assert checks(console.run("doctor", "--json"))["searching"] == well


async def test_lists_of_a_shop_that_has_none_or_never_was_are_not_renewed(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    console = Console(tmp_path, sqlite_settings)
    console.ask("business", "create", "--name", "Bean & Leaf", "--reward", "A coffee")
    renew = ("customers", "renew-search", "--business")
    assert console.run(*renew, "1").stdout == "Business 1 has no lists for searching: only large shops have.\n"
    assert "no business 7" in refused(console.run(*renew, "7"), 2)
    assert console.run(*renew[:-1]).returncode == 2
