"""Programs of lists: a line may name the program of its stamps, in a file, in an integrator's list and in an export."""

from io import StringIO

from loyalty_app.exporting.customers import export_customers
from loyalty_app.importing.candidates import Candidate, Fate, ListedCustomer, candidate_of, read_setting
from loyalty_app.importing.run import DEFAULTS, Imported, ImportOptions, import_file
from loyalty_core.views import CustomerView
from testkit.audit import assert_books_balance
from testkit.shop import Shop


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


async def test_who_stands_in_a_list_for_two_programs_is_told_of_and_no_stamps_are_lost_in_silence(shop: Shop) -> None:
    await shop.make_program("Salads")
    imported = await import_(shop, "name;phone;stamps;program\nAna;+14155550101;3;\nAna;+14155550101;2;Salads\n")
    [remark] = imported.report
    assert (remark.place, remark.fate, remark.field, remark.twin) == (3, Fate.LEFT_OUT, "program", 2)
    assert remark.message.endswith("for another program: give these 2 stamps by hand")


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
