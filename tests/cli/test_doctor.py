"""`loyalty doctor`: says that all is well if it is, and otherwise what is wrong and what to correct."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import features
from sqlalchemy import delete, text, update

from loyalty_app.db.engine import open_database
from loyalty_app.db.tables import business, customer, straggler, transaction
from loyalty_app.pictures.fonts import SHAPED
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import set_plan
from loyalty_app.upkeep import span_keeping
from loyalty_app.webhooks.pausing import pause, resume
from loyalty_core.access import Plan
from testkit.builders import NOON
from testkit.console import Console, Ended
from testkit.shop import Shop, open_shop
from testkit.timed_ledgers import generate, write


@pytest.fixture
async def sqlite_shop(sqlite_settings: Settings) -> AsyncIterator[Shop]:
    database = open_database(sqlite_settings)
    shop = await open_shop(database)
    yield shop
    await shop.counter.close()
    await database.close()


def checks(ended: Ended) -> dict[str, Any]:
    """The findings by their names; the exit code says the same as they do."""
    report = json.loads(ended.stdout)
    problems = [check for check in report["checks"] if check["status"] == "problem"]
    assert (report["ok"], report["problems"], ended.returncode) == (not problems, len(problems), int(bool(problems)))
    assert all(problem["mend"] for problem in problems)
    return {check["name"]: check for check in report["checks"]}


async def test_a_shop_in_order_is_well(tmp_path: Path, settings: Settings, shop: Shop) -> None:
    await shop.stamp((await shop.join()).id, 10)

    found = checks(Console(tmp_path, settings).run("doctor", "--json"))

    assert {check["status"] for check in found.values()} <= {"ok", "note"}
    assert found["ledger"]["message"].endswith("(1 customer, 1 transaction).")


async def test_a_balance_that_was_changed_by_hand_is_found_and_named(
    tmp_path: Path, settings: Settings, shop: Shop
) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id, 3)
    wrong = update(customer).where(customer.c.id == lena.id).values(current_stamps=9)
    await shop.database.write(lambda connection: connection.execute(wrong))
    console = Console(tmp_path, settings)

    found, said = checks(console.run("doctor", "--json")), console.run("doctor")

    sentence = f"Business 1, customer {lena.id}: current_stamps is kept as 9, the ledger gives 3."
    assert found["ledger"]["details"] == [sentence]
    assert said.returncode == 1
    assert sentence in said.stdout
    assert said.stdout.endswith("1 problem found.\n")


async def test_a_ledger_by_time_that_leads_to_others_than_its_entries_is_found(
    tmp_path: Path, settings: Settings, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_keeping, "SMALL_SHOP", 0)
    lena, console = await shop.join(), Console(tmp_path, settings)
    ledger = generate(Random(1), end=shop.clock.now, entries=1_400, customers=[lena.id], late=0.1)
    await write(shop, ledger)
    assert "ledger by time" not in checks(console.run("doctor", "--json"))
    assert await span_keeping.keep_spans(shop.database, shop.clock) == 1
    assert checks(console.run("doctor", "--json"))["ledger by time"]["message"].endswith("(1 span).")
    await shop.database.write(lambda connection: connection.execute(delete(straggler)).close())
    found = checks(console.run("doctor", "--json"))["ledger by time"]
    assert (found["status"], found["details"]) == ("problem", [f"Business 1: transactions 0 to {ledger[999].id}."])


async def test_the_doctor_looks_whether_cards_can_be_drawn_in_every_script(tmp_path: Path, settings: Settings) -> None:
    found = checks(Console(tmp_path, settings).run("doctor", "--json"))

    assert found["pictures"]["status"] == ("ok" if features.check("raqm") else "note")
    assert SHAPED or "libfribidi0" in found["pictures"]["mend"]


async def test_an_unknown_time_zone_is_found(tmp_path: Path, sqlite_settings: Settings, sqlite_shop: Shop) -> None:
    wrong = update(business).values(timezone="Europe/Atlantis")
    await sqlite_shop.database.write(lambda connection: connection.execute(wrong))

    found = checks(Console(tmp_path, sqlite_settings).run("doctor", "--json"))

    assert found["time zones"]["details"] == ["Business 1: Europe/Atlantis"]


async def test_whose_webhooks_are_paused_is_said_and_how_they_go_on(
    tmp_path: Path, settings: Settings, shop: Shop
) -> None:
    await pause(shop.database, None, now=NOON)
    paused = checks(Console(tmp_path, settings).run("doctor", "--json"))["webhooks"]
    await resume(shop.database, None)
    open_again = checks(Console(tmp_path, settings).run("doctor", "--json"))["webhooks"]

    assert (paused["status"], open_again["status"]) == ("note", "ok")
    assert paused["details"] == [f"Business {shop.business.id}, since {NOON:%Y-%m-%d %H:%M} UTC: 0 waiting"]
    assert "loyalty deliveries resume --all" in paused["mend"]


async def test_a_full_plan_is_named_beside_the_plan_of_new_shops(
    tmp_path: Path, sqlite_settings: Settings, sqlite_shop: Shop
) -> None:
    console = Console(tmp_path, sqlite_settings)
    before = checks(console.run("doctor", "--json"))["plans"]
    for _ in range(20):
        await sqlite_shop.join()
    await set_plan(sqlite_shop.database, sqlite_shop.business.id, Plan.TRIAL)
    after = checks(console.run("doctor", "--json", LOYALTY_NEW_SHOP_PLAN="basic"))["plans"]

    assert (before["status"], after["status"]) == ("ok", "note")
    assert ("professional" in before["message"], "basic" in after["message"]) == (True, True)
    assert after["details"] == ["Business 1: 20 of 25 customers, plan trial"]


async def test_what_cannot_be_read_at_all_is_a_problem_too(
    tmp_path: Path, sqlite_settings: Settings, sqlite_shop: Shop
) -> None:
    await sqlite_shop.stamp((await sqlite_shop.join()).id)
    wrong = update(transaction).values(type="gift")
    await sqlite_shop.database.write(lambda connection: connection.execute(wrong))

    found = checks(Console(tmp_path, sqlite_settings).run("doctor", "--json"))

    assert found["books"]["status"] == "problem"


async def test_a_schema_of_another_release_is_found(
    tmp_path: Path, sqlite_settings: Settings, sqlite_shop: Shop
) -> None:
    await sqlite_shop.database.write(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    )

    found = checks(Console(tmp_path, sqlite_settings).run("doctor", "--json"))

    assert "9999" in found["database"]["message"]


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = checks(Console(tmp_path).run("doctor", "--json"))

    assert "loyalty migrate" in found["database"]["mend"]
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_is_found(tmp_path: Path) -> None:
    found = checks(Console(tmp_path).run("doctor", "--json", LOYALTY_WORKERS="0"))

    assert "LOYALTY_WORKERS" in found["settings"]["message"]


def test_a_redis_that_does_not_answer_is_found(tmp_path: Path, sqlite_settings: Settings) -> None:
    console = Console(tmp_path, sqlite_settings)

    found = checks(console.run("doctor", "--json", LOYALTY_REDIS_URL="redis://127.0.0.1:1/0"))

    assert found["redis"]["status"] == "problem"
    assert found["ledger"]["status"] == "ok"


def test_a_redis_that_answers_is_well(tmp_path: Path, sqlite_settings: Settings, redis_url: str) -> None:
    found = checks(Console(tmp_path, sqlite_settings).run("doctor", "--json", LOYALTY_REDIS_URL=redis_url))

    assert found["redis"]["status"] == "ok"
