"""Exporting everything: all that a business owns, nothing of another one, and no secrets."""

import csv
import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from loyalty_app.db import tables
from loyalty_app.exporting.everything import export_everything
from loyalty_app.exporting.parts import PARTS
from loyalty_core.errors import InvalidRequest
from testkit.builders import ANA
from testkit.shop import Shop, open_next_door

OWNED = {name for name, table in tables.metadata.tables.items() if "business_id" in table.c}
OF_THE_PROGRAM = {
    *(
        "customer_word",
        "posting_list",
        "posting_index",
        "posting_change",
        "ledger_height",
        "ledger_span",
        "straggler",
        "card_link",
        "former_holder",
        "shop_arrival",
        "business_total",
        "idempotency",
        "retired_secret",
        "past_profile",
        "event",
        "delivery",
        "fan_out",
        "attempt",
        "invite",
        "api_key",
        "import_job",
    ),
    *("telegram_bot", "telegram_chat", "telegram_card"),
}


async def a_busy_shop(shop: Shop) -> None:
    await shop.hire(ANA)
    lena = await shop.join("=Lena", phone="+14155550101", email="lena@example.com")
    await shop.stamp(lena.id, 10)
    await shop.redeem(lena.id)
    gone = await shop.join("Gone")
    await shop.erase(gone.id)
    secret = {"business_id": shop.business.id, "id": 1, "url": "https://example.com/hook", "events": "stamp.added"}
    secret |= {"active": True, "created_at": shop.clock.now, "secret": b"s3cret", "secret_hint": "ret=", "warnings": 0}
    await shop.database.write(lambda c: shop.database.insert(c, tables.webhook_endpoint, [secret]))
    neighbour = await open_next_door(shop)
    await neighbour.join("Neighbour")


@pytest.mark.parametrize("name", ["all", "all.zip"])
async def test_all_that_a_business_owns_is_there_and_nothing_of_another_one(
    shop: Shop, tmp_path: Path, name: str
) -> None:
    await a_busy_shop(shop)
    counts = await export_everything(shop.database, shop.business.id, tmp_path / name, now=shop.clock.now)
    files = contents(tmp_path / name)
    assert counts["customers"] == 2
    assert counts["transactions"] == 2
    assert files.keys() == {
        "README.txt",
        "business.json",
        "look.json",
        *(f"{p.name}.{kind}" for p in PARTS for kind in ("csv", "json")),
    }
    for part in PARTS:
        listed, sheet = json.loads(files[f"{part.name}.json"]), list(csv.reader(files[f"{part.name}.csv"].splitlines()))
        assert len(listed) == len(sheet) - 1 == counts[part.name]
    everything = "".join(files.values())
    assert "Bean & Leaf" in everything
    assert not any(word in everything for word in ("Neighbour", "s3cret", "czNjcmV0"))
    assert "'=Lena" in files["customers.csv"]
    assert '"=Lena"' in files["customers.json"]


def contents(target: Path) -> dict[str, str]:
    if target.is_dir():
        return {path.name: path.read_text("utf-8") for path in target.iterdir()}
    with ZipFile(target) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_every_table_of_a_business_is_exported_or_known_to_be_the_programs_own() -> None:
    alone = {"shop_look"}
    assert {part.table.name for part in PARTS} | alone | OF_THE_PROGRAM >= OWNED


async def test_what_is_there_is_not_replaced(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_text("mine")
    for target in (tmp_path, tmp_path / "all.zip"):
        with pytest.raises(InvalidRequest, match="is there already"):
            await export_everything(shop.database, shop.business.id, target, now=shop.clock.now)
    assert (tmp_path / "all.zip").read_text() == "mine"


async def test_nothing_is_made_for_a_shop_that_there_is_not(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no business 99"):
        await export_everything(shop.database, 99, tmp_path / "all", now=shop.clock.now)
    assert not (tmp_path / "all").exists()


async def test_a_zip_that_breaks_off_is_none(shop: Shop, tmp_path: Path) -> None:
    await renamed(shop, "notice", "gone")
    with pytest.raises(DBAPIError):
        await export_everything(shop.database, shop.business.id, tmp_path / "all.zip", now=shop.clock.now)
    await renamed(shop, "gone", "notice")
    assert left_in(tmp_path) == []


async def renamed(shop: Shop, old: str, new: str) -> None:
    await shop.database.write(lambda c: c.execute(text(f"ALTER TABLE {old} RENAME TO {new}")).close())


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "all" in path.name]
