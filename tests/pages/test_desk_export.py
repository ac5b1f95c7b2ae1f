"""Export at the desk: owners take along what the commands write, and nobody else does."""

import csv
import json
import logging
import os
import tempfile
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from loyalty_app.exporting.customers import export_customers
from loyalty_app.exporting.everything import export_everything
from loyalty_core.access import Role
from tests.pages.desk_page import desk_of
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_owners_take_the_list_that_the_command_writes_and_no_formula_is_in_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    desk = await desk_of(place)
    await desk.shop.join("=1+1", phone="+14155550123", opening_stamps=3)
    await desk.shop.join("लेना")
    told = StringIO(newline="")
    await export_customers(desk.shop.database, desk.shop.business.id, told)
    with caplog.at_level(logging.INFO, "api.pages.desk.exporting"):
        answer = await desk.get("export/customers.csv")
    assert answer.content.decode() == told.getvalue()
    assert [row["name"] for row in csv.DictReader(StringIO(answer.text))] == ["'=1+1", "लेना"]
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{desk.shop.business.slug}-')
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("text/csv; charset=utf-8", "no-store")
    [line] = [one for one in caplog.records if one.getMessage() == "export"]
    assert (vars(line)["what"], vars(line)["business"]) == ("customers", desk.shop.business.id)
    assert "Lena" not in str(vars(line))
    assert (await desk.get("export/customers.csv", excel="yes")).content.startswith(b"\xef\xbb\xbfname")


async def test_everything_comes_as_one_file_with_the_same_parts_as_the_command(place: Place, tmp_path: Path) -> None:
    desk = await desk_of(place)
    await desk.shop.stamp((await desk.shop.join("Lena")).id, 10)
    answer = await desk.get("export/everything.zip")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with ZipFile(BytesIO(answer.content)) as found:
        assert found.testzip() is None
        assert [one["name"] for one in json.loads(found.read("customers.json"))] == ["Lena"]
        assert len(json.loads(found.read("transactions.json"))) == 1
        names = set(found.namelist())
    target = tmp_path / "same.zip"
    await export_everything(desk.shop.database, desk.shop.business.id, target, now=desk.shop.clock.now)
    with ZipFile(target) as same:
        assert set(same.namelist()) == names


async def test_an_export_for_which_the_server_has_no_room_is_refused_in_words(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk = await desk_of(place, language="de")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    for file in ("export/customers.csv", "export/everything.zip"):
        answer = await desk.get(file)
        assert (answer.status_code, "Auf dem Server ist kein Platz für diese Datei." in answer.text) == (507, True)
    monkeypatch.undo()
    assert (await desk.get("export/customers.csv")).status_code == 200


async def test_a_disk_that_is_full_in_the_middle_of_an_export_is_no_outage_of_the_database(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = await desk_of(place)
    for number in range(99):  # more than goes to the disk at once
        await desk.shop.join(f"{number} {'long ' * 18}")
    opens = os.open

    def on_full_disk(path: Any, flags: int, *mode: int, **how: Any) -> int:  # noqa: ANN401  # as it is called
        is_export = "loyalty-export-" in str(path) and flags & os.O_EXCL
        return opens("/dev/full", os.O_RDWR) if is_export else opens(path, flags, *mode, **how)

    monkeypatch.setattr(os, "open", on_full_disk)
    for file in ("export/customers.csv", "export/everything.zip"):
        answer = await desk.get(file)
        assert (answer.status_code, "There is no room on the server for this file." in answer.text) == (507, True)
    assert [one.getMessage() for one in caplog.records if "the database" in one.getMessage()] == []


async def test_only_owners_export_and_nothing_of_another_shop(place: Place) -> None:
    manager, owner = await desk_of(place, Role.MANAGER), await desk_of(place)
    for file in ("export", "export/customers.csv", "export/everything.zip"):
        refused = await manager.get(file)
        assert (refused.status_code, "Only owners can do that." in refused.text) == (403, True)
        assert (await owner.client.get(f"{manager.path}/{file}")).status_code == 403
    assert "export" not in (await manager.get("figures")).text
