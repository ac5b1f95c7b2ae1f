"""Programs of lists: a line may name the program of its stamps, in a file, in an integrator's list and in an export."""

from collections.abc import Awaitable, Callable
from io import StringIO

import pytest
from msgspec import json

from loyalty_app.db.tables import event
from loyalty_app.exporting.customers import export_customers
from loyalty_app.importing import importer, run
from loyalty_app.importing.candidates import Candidate, Fate, ListedCustomer, candidate_of, read_setting
from loyalty_app.importing.import_jobs import LEASE, ImportQueue, note_progress, queue_import
from loyalty_app.importing.importer import Importer
from loyalty_app.importing.run import DEFAULTS, Imported, ImportOptions, import_file
from loyalty_app.importing.trials import Upload, try_upload
from loyalty_core.programs import Surplus
from loyalty_core.views import CustomerView
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_next_door
from tests.importing.test_importer import imported


async def import_(shop: Shop, text: str, options: ImportOptions = DEFAULTS) -> Imported:
    return await import_file(shop.database, shop.business.id, text.encode(), clock=shop.clock, options=options)


async def cards(shop: Shop) -> dict[str, dict[int, int]]:
    """Of each customer the stamps by program."""
    found = {}
    for one in await shop.customers():
        seen: CustomerView = await shop.update(one.id, email=f"{one.id}@example.com")
        assert isinstance(seen.cards, tuple)
        found[one.name] = {card.program_id: card.total_stamps for card in seen.cards}
    return found


async def test_stamps_go_to_the_program_that_a_line_names_by_title_or_id_and_else_to_the_main_one(shop: Shop) -> None:
    salads, home = await shop.make_program("Salads", stamps_required=20), shop.business.id
    imported = await import_(
        shop,
        "name;phone;stamps;Programm\nAna;+14155550101;3; sALADS \n"
        f"Ben;+14155550102;4;{salads}\nCy;+14155550103;5;\nDee;+14155550104;2;{home}\n",
    )
    assert (imported.imported, imported.left_out) == (4, 0)
    assert await cards(shop) == {
        "Ana": {home: 0, salads: 3},
        "Ben": {home: 0, salads: 4},
        "Cy": {home: 5},
        "Dee": {home: 2},
    }
    await assert_books_balance(shop)


async def test_an_unknown_ambiguous_or_archived_program_is_a_remark_of_its_line_and_creates_nobody(
    shop: Shop,
) -> None:
    await shop.make_program("Soups")
    await shop.make_program("soups")
    await shop.programs_deed(archive=await shop.make_program("Cakes"))
    text = "name;phone;stamps;program\nAna;+14155550101;3;Salads\nBen;+14155550102;3;Soups\nCy;+14155550103;3;Cakes\n"
    for options in (ImportOptions(dry_run=True), DEFAULTS):
        imported = await import_(shop, text, options)
        assert (imported.imported, imported.left_out) == (0, 3)
        assert [(one.place, one.field, one.message.split(":")[0]) for one in imported.report] == [
            (2, "program", "must be the title or the id of a program of this shop"),
            (3, "program", "is the title of several programs"),
            (4, "program", "is archived and takes no new stamps"),
        ]
    assert await shop.customers() == []


TWICE = (
    "name;phone;stamps;program\nAna;+14155550101;3;\nBen;+14155550102;1;Salads\nCy;;4;Soups\n"
    "Ana;+1 415 555 0101;2;Salads\n"
    "Cy;;12;\nAna;+14155550101;5;Salads\nBen;+14155550102;0;\nAna;+14155550101;1;soups\n"
)
"""Ana has three cards and one line too many, Cy two without a phone number, Ben one and a line that brings nothing."""


async def test_who_stands_in_a_list_once_for_each_program_gets_each_card_and_a_second_import_changes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "AT_ONCE", 2)
    salads, soups = await shop.make_program("Salads"), await shop.make_program("Soups")
    home = shop.business.id
    for options in (ImportOptions(dry_run=True), DEFAULTS):
        imported = await import_(shop, TWICE, options)
        assert (imported.imported, imported.already_there, imported.left_out) == (6, 2, 0)
        assert [(one.place, one.twin) for one in imported.report] == [(7, 2), (8, 3)]
    wanted = {"Ana": {home: 3, salads: 2, soups: 1}, "Ben": {home: 0, salads: 1}, "Cy": {home: 12, soups: 4}}
    assert await cards(shop) == wanted
    await assert_books_balance(shop)
    again = await import_(shop, TWICE)
    assert (again.imported, again.already_there, again.left_out) == (0, 8, 0)
    assert await cards(shop) == wanted


async def test_further_lines_share_the_fate_of_the_first(shop: Shop) -> None:
    await shop.make_program("Salads")
    there = await shop.join("Ana", phone="+14155550101")
    imported = await import_(shop, "name;phone;stamps;program\nAna;+14155550101;3;\nAna;+14155550101;2;Salads\n")
    assert [(one.place, one.fate, one.customer_id) for one in imported.report] == [
        (2, Fate.ALREADY_THERE, there.id),
        (3, Fate.ALREADY_THERE, there.id),
    ]
    assert (await shop.customer(there.id)).others == ()
    text = "name;phone;stamps;program;birthday\nBo;+14155550102;3;;1790-01-01\nBo;+14155550102;2;Salads;\n"
    imported = await import_(shop, text)
    assert (imported.imported, imported.left_out) == (1, 1), "a line that is wrong is nobody's first line"


async def test_a_card_that_comes_from_a_list_earns_what_it_reaches_and_one_event_tells_all(shop: Shop) -> None:
    salads = await shop.make_program("Salads", stamps_required=4, surplus=Surplus.CARRY)
    await import_(shop, "name;phone;stamps;program\nAna;+14155550101;12;\nAna;+14155550101;9;Salads\n")
    [ana] = await shop.customers()
    assert sorted(one.program_id or 0 for one in await shop.rewards()) == [0, salads, salads]
    created = [json.decode(row.body) for row in await shop.rows(event) if row.type == "customer.created"]
    [told] = [one["data"]["customer"] for one in created]
    assert {one["program_id"]: one["rewards_available"] for one in told["cards"]} == {shop.business.id: 1, salads: 2}
    assert (told["id"], told["version"]) == (ana.id, ana.version)
    await assert_books_balance(shop)


async def test_what_is_exported_from_one_shop_is_imported_by_another_with_all_cards(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    for one in (shop, next_door):
        await one.make_program("Salads", stamps_required=20)
    await import_(shop, "name;phone;stamps;program\nAna;+14155550101;3;\nAna;+14155550101;12;Salads\nBen;;5;Salads\n")
    file = StringIO()
    await export_customers(shop.database, shop.business.id, file)
    imported = await import_(next_door, file.getvalue())
    assert (imported.imported, imported.already_there, imported.left_out) == (3, 0, 0)
    assert [sorted(held.values()) for held in (await cards(next_door)).values()] == [[3, 12], [0, 5]]


async def test_an_export_tells_programs_of_one_title_apart_so_that_an_import_takes_it_back(shop: Shop) -> None:
    salads, again = await shop.make_program("Salads"), await shop.make_program("salads")
    named_as_the_shop = await shop.make_program(shop.business.name)
    lines = "".join(f"Ana;+14155550101;1;{number}\n" for number in (salads, again, named_as_the_shop))
    await import_(shop, f"name;phone;stamps;program\n{lines}")
    file = StringIO()
    await export_customers(shop.database, shop.business.id, file)
    [ana] = await shop.customers()
    await shop.erase(ana.id)
    back = await import_(shop, file.getvalue())
    assert (back.imported, back.left_out) == (3, 0)
    seen: CustomerView = await shop.update((await shop.customers())[-1].id, email="ana@example.com")
    assert isinstance(seen.cards, tuple)
    held = {card.program_id: card.total_stamps for card in seen.cards if card.program_id != shop.business.id}
    assert held == dict.fromkeys((salads, again, named_as_the_shop), 1)


async def test_a_trial_counts_further_lines_as_the_import_does(shop: Shop) -> None:
    for title in ("Salads", "Soups"):
        await shop.make_program(title)
    upload = Upload(name="x", content=TWICE.encode())
    tried = await try_upload(shop.database, shop.business, upload, clock=shop.clock)
    assert (tried.trial.imported, tried.trial.already_there, tried.trial.left_out) == (6, 2, 0)
    assert len(tried.customers) == len(tried.trial.lines) == 8


async def test_further_lines_of_an_integrators_list_count_across_parts_and_restarts(
    shop: Shop, twin: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "AT_ONCE", 2)
    salads = await shop.make_program("Salads")
    there = await shop.join("Dee", phone="+14155550104")
    people = {"Ana": "+14155550101", "Dee": "+14155550104", "Cy": None}
    listed = [
        ListedCustomer(name=name, phone=phone, stamps=stamps, program=program)
        for program, stamps in ((None, 3), ("Salads", 2), ("salads", 7))
        for name, phone in people.items()
    ]
    queued = await queue_import(shop.database, shop.caller(), listed, now=shop.clock.now, url_of=str)
    first = Importer(shop.database, shop.counter, clock=shop.clock)
    shard, now = shop.database.shard_of(shop.business.id), shop.clock.now
    [job] = await shop.database.write(lambda c: ImportQueue().claim(c, shop.database, now=now, room=1), shard=shard)
    monkeypatch.setattr(importer, "note_progress", told_once(note_progress))
    assert (await first._import(job)).done == 2  # noqa: SLF001  # as if it was killed after its first part
    await first.close()
    shop.clock.now += LEASE
    view = await imported(twin, queued.outcome.id)
    assert (view.imported, view.already_there, view.left_out) == (4, 5, 0)
    assert {1: there.id, 4: there.id}.items() <= {one.index: one.customer_id for one in view.report}.items()
    assert {one.index for one in view.report} == {1, 4, 6, 7, 8}
    assert {name: held.get(salads) for name, held in (await cards(twin)).items()} == {"Ana": 2, "Dee": None, "Cy": 2}
    await assert_books_balance(twin)


def told_once(note: Callable[..., Awaitable[bool]]) -> Callable[..., Awaitable[bool]]:
    """Progress that is noted, after which the list is lost once."""
    lost = list[bool]()

    async def noted(*about: object, **more: object) -> bool:
        kept = await note(*about, **more)
        if lost:
            return kept
        lost.append(True)
        return False

    return noted


async def test_an_integrators_list_names_programs_likewise(shop: Shop) -> None:
    salads = await shop.make_program("Salads")
    setting = await read_setting(shop.database, shop.business, shop.clock.now)
    for program, wanted in (("salads", salads), (salads, salads), (str(salads), salads), (None, None), ("", None)):
        read = candidate_of(ListedCustomer(name="Ana", phone="+14155550101", program=program), 0, setting)
        assert isinstance(read, Candidate)
        assert read.program_id == wanted
    [remark] = candidate_of(ListedCustomer(name="Ana", phone="+14155550101", program="Soups"), 0, setting)  # type: ignore[misc]
    assert (remark.field, remark.fate) == ("program", Fate.LEFT_OUT)


async def test_an_export_has_a_line_for_each_card_in_use_and_an_import_reads_it(shop: Shop) -> None:
    salads = await shop.make_program("Salads", stamps_required=20)
    ana, ben = await shop.join("Ana"), await shop.join("Ben")
    await shop.join("Cy")
    await shop.stamp(ana.id, 3, program_id=salads)
    await shop.stamp(ben.id, 1)
    await shop.stamp(ben.id, 2, program_id=salads)
    file = StringIO()
    assert await export_customers(shop.database, shop.business.id, file) == 4
    head, *lines = [line.split(",") for line in file.getvalue().splitlines()]
    assert [(one[0], one[head.index("stamps")], one[head.index("program")]) for one in lines] == [
        ("Ana", "3", "Salads"),
        ("Ben", "1", ""),
        ("Ben", "2", "Salads"),
        ("Cy", "0", ""),
    ]
    again = await import_(shop, file.getvalue(), ImportOptions(dry_run=True))
    assert "program" in again.columns
