"""Import at the desk: a file is tried first, imported once, by owners, and what is wrong is said in their language."""

import asyncio
import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from loyalty_app.db.tables import import_job
from loyalty_core.access import Role
from loyalty_core.ledger import ActorType
from testkit.concurrency import until
from tests.browser import Tab
from tests.pages.desk_page import DeskPage, desk_of, form_of, texts
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

GUESTS = """name;phone;stamps;note
Lena;+14155550101;3;x
Müller;+14155550102;0;y
Lena;+14155550101;1;twice
;+14155550103;0;nobody
Tom;12;0;short
Zoë;;2;
"""


async def upload(desk: DeskPage, content: str | bytes, written: str = "utf-8", **typed: str) -> tuple[str, str]:
    """Send a file; give the page that follows, and its address below the desk."""
    data = content.encode(written) if isinstance(content, str) else content
    answer = await desk.upload("import", await desk.form("import", "import"), {"file": data}, **typed)
    return answer.text, answer.url.path.partition(f"{desk.path}/")[2]


def figures(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"<dd>(\d+)</dd>", page)]


async def imported(desk: DeskPage, where: str) -> str:
    """Wait for the end of an import; give its page."""
    pages: list[str] = []

    async def is_done() -> bool:
        pages.append((await desk.get(where)).text)
        return "The import is done." in pages[-1]

    await until(is_done)
    return pages[-1]


async def test_a_file_is_tried_first_and_imported_once_however_often_it_is_started(place: Place) -> None:
    desk = await desk_of(place)
    await desk.shop.join("Tim", phone="+14155550102")
    page, where = await upload(desk, GUESTS)
    assert figures(page) == [2, 2, 2]
    assert all(
        said in texts(page) for said in ("Nobody is imported yet.", "Read as utf-8, with ; between", "Not read: note")
    )
    told = dict(re.findall(r"<strong>Line (\d)</strong> · ([^<]*)", page))
    assert told == {
        "4": "Line 2 names the same customer.",
        "5": "There is no name that can be used.",
        "6": "The phone number cannot be read: write it with its country code.",
    }
    assert [one.name for one in await desk.shop.customers()] == ["Tim"], "nothing is written by a trial"
    form = form_of(page, f"{where}/start")
    answers = await asyncio.gather(*(desk.send(f"{where}/start", form) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3
    page = await imported(desk, where)
    await desk.send(f"{where}/start", form)
    assert figures(await imported(desk, where)) == figures(page) == [2, 2, 2]
    assert sorted(one.name for one in await desk.shop.customers()) == ["Lena", "Tim", "Zoë"]
    [first, *_] = await desk.shop.ledger()
    assert (first.actor.type, first.actor.name, first.stamps) == (ActorType.STAFF, "Mira", 3)
    assert "file.bin" in (await desk.get("import")).text


async def test_the_same_form_sent_again_keeps_one_trial_and_another_file_is_refused(place: Place) -> None:
    desk = await desk_of(place)
    form = await desk.form("import", "import")
    first, again = [await desk.upload("import", form, {"file": GUESTS.encode()}) for _ in range(2)]
    assert first.url.path == again.url.path
    other = await desk.upload("import", form, {"file": b"name\nAna\n"})
    assert (other.status_code, "This form was sent before" in other.text) == (422, True)
    assert len(await desk.shop.rows(import_job)) == 1


async def test_a_guessed_encoding_is_told_with_an_example_and_can_be_chosen(place: Place) -> None:
    desk = await desk_of(place)
    page, where = await upload(desk, "name\nMüller\nJäger\nBäcker\n", "windows-1252")
    assert all(said in texts(page) for said in ("The encoding was guessed.", "Is “Bäcker” spelled right?", "Jäger"))
    assert "is thrown away" in (await desk.send(f"{where}/discard", {})).text
    assert (await desk.get(where)).status_code == 404
    assert await desk.shop.rows(import_job) == []
    page, _ = await upload(desk, "name\nИванов\n", "koi8-r", encoding="koi8-r")
    assert ("Иванов" in page, "The encoding was guessed." in page) == (True, False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Please choose a file."),
        (b"PK\x03\x04xlsx", "This is a workbook."),
        (b"%PDF-1.7", "This is no sheet."),
        (b"\x89PNG\r\n", "This is no sheet."),
        (b"BEGIN:VCARD\n", "This is no sheet."),
        (b"\n\n", "This file is empty."),
        (b"phone,stamps\n+14155550101,2\n", "There is no column for names."),
        (b"name,phone,phone\na,1,2\n", "Two columns mean the same."),
        (b"name,xyz\nLena,+14155550101\nTom,+14155550102\n", "Column 2 holds phone numbers"),
        (b'"name\nLena', "This file cannot be read as a sheet."),
        (b"name\n" + b"Lena\n" * 20_001, "A list may have 20,000 lines at most."),
        (b"name\n" + b"x" * (5 * 2**20), "A file may have 5 MB at most."),
        (b"name\n\x81\x8d\x8f\x90\x9d\xa1\xff\n", "It is not clear in which encoding"),
    ],
    ids=[
        "none",
        "workbook",
        "pdf",
        "picture",
        "vcards",
        "empty",
        "nameless",
        "twice",
        "unread",
        "quote",
        "long",
        "large",
        "letters",
    ],
)
async def test_a_file_that_cannot_be_taken_is_refused_with_what_to_do_and_nothing_is_kept(
    place: Place, content: bytes, said: str
) -> None:
    desk = await desk_of(place)
    page, where = await upload(desk, content)
    assert (where, said in texts(page)) == ("import", True), texts(page)
    assert await desk.shop.rows(import_job) == []
    assert await desk.shop.customers() == []


@pytest.mark.parametrize("language", ["ar", "de", "es", "hi", "ru"])
async def test_refusals_and_remarks_are_in_the_language_of_the_owner(place: Place, language: str) -> None:
    desk = await desk_of(place, language=language)
    refused, _ = await upload(desk, b"PK\x03\x04")
    [fault] = re.findall(r'id="fault-file">([^<]*)', refused)
    assert fault not in {"", "This is a workbook. Open it in its program, and save it as CSV, best as CSV UTF-8."}
    page, _ = await upload(desk, GUESTS)
    remarks = re.findall(r"</strong> · ([^<]*)", page)
    assert len(remarks) == 3
    assert not any("phone" in one or "customer" in one or "name" in one for one in remarks)


async def test_a_body_that_is_far_too_large_is_answered_in_words(place: Place) -> None:
    desk = await desk_of(place)
    answer = await desk.upload("import", await desk.form("import", "import"), {"file": b"x" * (21 * 2**20)})
    assert (answer.status_code, "That is too large to be sent." in answer.text) == (413, True)


async def test_of_one_shop_one_list_is_imported_at_a_time(place: Place) -> None:
    desk = await desk_of(place)
    database, now = desk.shop.database, place.town.clock()
    job = {"business_id": desk.shop.business.id, "id": 10**9, "status": "queued", "actor": b"{}", "customers": b"[]"}
    job |= {"total": 0, "done": 0, "imported": 0, "already_there": 0, "report": b"[]", "created_at": now}
    held = {"lease": "another process", "lease_until": now + timedelta(hours=1)}
    await database.write(lambda c: database.insert(c, import_job, [job | held]))
    _, where = await upload(desk, "name\nAna\n")
    waits = await desk.send(f"{where}/start", {})
    assert (waits.status_code, "Another list of this shop" in waits.text) == (409, True)
    own = import_job.c.business_id == desk.shop.business.id
    other_done = update(import_job).where(own, import_job.c.id == job["id"]).values(finished_at=now)
    await database.write(lambda c: c.execute(other_done).close())
    await desk.send(f"{where}/start", {})
    assert figures(await imported(desk, where)) == [1, 0, 0]


async def test_only_owners_import_and_only_lists_of_their_own_shop(place: Place) -> None:
    manager, owner = await desk_of(place, Role.MANAGER), await desk_of(place)
    _, where = await upload(owner, GUESTS)
    for answer in (
        await manager.get("import"),
        await manager.upload("import", {"key": "k" * 20}, {"file": GUESTS.encode()}),
        await manager.send(f"{where}/start", {}),
    ):
        assert answer.status_code == 403
    other = await desk_of(place)
    assert [(await other.get(where)).status_code, (await other.send(f"{where}/start", {})).status_code] == [404, 404]
    await other.send(f"{where}/discard", {})
    assert "Nobody is imported yet." in (await owner.get(where)).text


async def test_in_telegram_a_list_is_uploaded_and_its_import_is_followed_to_the_end(place: Place, phone: Tab) -> None:
    desk = await desk_of(place)
    page = phone.page
    await place.open(phone, f"shop/{desk.shop.business.id}/import", desk.person)
    chosen = page.get_by_label("The file (CSV)")
    await chosen.wait_for()
    await chosen.set_input_files({"name": "guests.csv", "mimeType": "text/csv", "buffer": GUESTS.encode()})
    await page.get_by_role("button", name="Read it and show").click()
    await page.get_by_role("heading", name="Import of guests.csv").wait_for()
    await page.get_by_role("button", name="Import 3 customers now").click()
    await page.get_by_text("The import is done.").wait_for(timeout=20_000)
    assert len(await desk.shop.customers()) == 3
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.problems == []
