"""Importing: a file becomes customers through the counter, once, however often and by however many it is imported."""

import asyncio

import pytest

from loyalty_app.db import tables
from loyalty_app.importing.run import DEFAULTS, Imported, ImportOptions, import_file
from loyalty_core.access import Plan
from loyalty_core.ledger import EntryType
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_next_door

DRY_RUN = ImportOptions(dry_run=True)
SIX = """name;phone;email;stamps;joined
Ana;+14155550101;ana@example.com;3;2024-05-17
Ben;+14155550102;;25;
Cy;;cy@example.com;;
Dee;not a number;;;
Eve;+14155550101;;;
Fay;;;;
"""


async def import_(shop: Shop, text: str = SIX, options: ImportOptions = DEFAULTS) -> Imported:
    return await import_file(shop.database, shop.business.id, text.encode(), clock=shop.clock, options=options)


def figures(imported: Imported) -> tuple[int, int, int]:
    return imported.imported, imported.already_there, imported.left_out


async def test_good_lines_become_customers_and_the_others_are_told(shop: Shop) -> None:
    imported = await import_(shop)
    assert figures(imported) == (4, 1, 1)
    assert [(r.place, r.fate) for r in imported.report] == [(5, "left_out"), (6, "already_there")]
    assert {c.name: c.card.total_stamps for c in await shop.customers()} == {"Ana": 3, "Ben": 25, "Cy": 0, "Fay": 0}


async def test_stamps_are_booked_as_an_import_and_the_books_balance(shop: Shop) -> None:
    await import_(shop)
    assert [(e.type, e.stamps) for e in await shop.ledger()] == [(EntryType.IMPORT, 3), (EntryType.IMPORT, 25)]
    await assert_books_balance(shop)


async def test_who_joined_long_ago_is_new_on_that_day_and_not_today(shop: Shop) -> None:
    await import_(shop)
    ana = (await shop.customers())[0]
    assert ana.created_at.date().isoformat() == "2024-05-17"
    days = {str(row.day): (row.new_customers, row.rewards_earned) for row in await shop.rows(tables.daily_total)}
    assert days == {"2024-05-17": (1, 0), "2026-03-02": (3, 1)}


async def test_a_second_import_changes_nothing(shop: Shop) -> None:
    await import_(shop)
    before = await shop.customers(), await shop.ledger()
    assert figures(await import_(shop)) == (0, 5, 1)
    assert (await shop.customers(), await shop.ledger()) == before


async def test_two_who_import_the_same_at_once_make_nobody_twice(shop: Shop) -> None:
    both = await asyncio.gather(import_(shop), import_(shop))
    assert sum(one.imported for one in both) == 4
    assert sorted(c.name for c in await shop.customers()) == ["Ana", "Ben", "Cy", "Fay"]


async def test_a_dry_run_says_what_a_run_does_and_changes_nothing(shop: Shop) -> None:
    await shop.join("Ben the elder", phone="+14155550102")
    told = await import_(shop, options=DRY_RUN)
    assert len(await shop.customers()) == 1
    done = await import_(shop)
    assert (figures(told), told.report) == (figures(done), done.report)


async def test_the_plan_holds(shop: Shop) -> None:
    trial = await open_next_door(shop, plan=Plan.TRIAL)
    text = "\n".join(f"Guest {n},+1415555{n:04}" for n in range(100, 130))
    told, done = await import_(trial, text, DRY_RUN), await import_(trial, text)
    assert figures(told) == figures(done) == (25, 0, 5)
    assert "trial" in done.report[0].message
    assert told.report == done.report


async def test_who_was_there_before_is_found_without_a_phone_number_too(shop: Shop) -> None:
    await shop.join("CY", email="cy@example.com")
    imported = await import_(shop, "name,email\nCy,cy@example.com\nCy,\n")
    assert figures(imported) == (1, 1, 0)


async def test_nobody_of_another_shop_is_looked_at(shop: Shop) -> None:
    await import_(shop)
    neighbour = await open_next_door(shop)
    assert figures(await import_(neighbour)) == (4, 1, 1)


async def test_who_was_erased_and_has_no_number_is_not_brought_back_by_the_same_file(shop: Shop) -> None:
    await import_(shop)
    cy = next(c for c in await shop.customers() if c.name == "Cy")
    await shop.erase(cy.id)
    imported = await import_(shop)
    assert imported.imported == 0
    assert "erased" in next(r.message for r in imported.report if r.place == 4)


async def test_an_import_that_is_broken_off_can_be_repeated(shop: Shop) -> None:
    text = "name,email\n" + "".join(f"Guest {n},g{n}@example.com\n" for n in range(3_000))
    seen = asyncio.Event()
    broken = asyncio.create_task(import_(shop, text, ImportOptions(progress=lambda _done, _all: seen.set())))
    await seen.wait()
    broken.cancel()
    with pytest.raises(asyncio.CancelledError):
        await broken
    begun = len(await shop.customers())
    again = await import_(shop, text)
    assert 0 < begun < 3_000
    assert figures(again) == (3_000 - begun, begun, 0)
    assert len(await shop.customers()) == 3_000
