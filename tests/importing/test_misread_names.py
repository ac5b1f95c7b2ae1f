"""Misread names: a second import in the right encoding corrects what the first one misread, and nothing else."""

from loyalty_app.importing.misread_names import misreadings
from loyalty_app.importing.run import Imported, ImportOptions, import_file
from testkit.shop import Shop

POLISH = "name;phone;email\nŁukasz Żak;+14155550101;\nJózef;+14155550102;\nMichał;;m@example.com\nAna;+14155550103;\n"
DATA = POLISH.encode("windows-1250")


async def import_(shop: Shop, encoding: str | None, *, dry_run: bool = False, data: bytes = DATA) -> Imported:
    options = ImportOptions(encoding=encoding, dry_run=dry_run)
    return await import_file(shop.database, shop.business.id, data, clock=shop.clock, options=options)


async def names(shop: Shop) -> list[str]:
    return sorted(customer.name for customer in await shop.customers())


async def test_a_second_import_in_the_right_encoding_corrects_the_names(shop: Shop) -> None:
    await import_(shop, "windows-1252")
    assert await names(shop) == ["Ana", "Józef", "Micha³", "£ukasz ¯ak"]
    told = await import_(shop, "windows-1250", dry_run=True)
    assert (told.corrected, await names(shop)) == (2, ["Ana", "Józef", "Micha³", "£ukasz ¯ak"])
    done = await import_(shop, "windows-1250")
    assert (done.imported, done.corrected, done.already_there, done.left_out) == (0, 2, 2, 0)
    assert [(remark.place, remark.fate) for remark in done.report if remark.field] == [
        (2, "corrected"),
        (4, "corrected"),
    ]
    assert told.report == done.report
    assert await names(shop) == ["Ana", "Józef", "Michał", "Łukasz Żak"]
    assert (await import_(shop, "windows-1250")).corrected == 0


async def test_the_same_file_saved_as_utf_8_corrects_too(shop: Shop) -> None:
    await import_(shop, "windows-1252")
    assert (await import_(shop, None, data=POLISH.encode("utf-8-sig"))).corrected == 2
    assert await names(shop) == ["Ana", "Józef", "Michał", "Łukasz Żak"]


async def test_a_name_that_somebody_has_changed_stays(shop: Shop) -> None:
    await import_(shop, "windows-1252")
    lukasz = next(one for one in await shop.customers() if one.name.startswith("£"))
    await shop.update(lukasz.id, name="Lukas")
    assert (await import_(shop, "windows-1250")).corrected == 1
    assert "Lukas" in await names(shop)


async def test_a_guess_corrects_nothing_and_a_wrong_encoding_neither(shop: Shop) -> None:
    await import_(shop, "windows-1250")
    right = await names(shop)
    assert (await import_(shop, None)).corrected == 0
    assert await names(shop) == right


def test_only_other_readings_of_the_same_bytes_are_misreadings() -> None:
    found = misreadings("Łukasz")
    assert "£ukasz" in found
    assert not {"Łukasz", "Lukasz", "ukasz"} & found
