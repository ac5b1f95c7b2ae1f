"""Opting out of messages to many: lists bring it along, and an export shows it."""

from io import StringIO

import pytest

from loyalty_app.exporting.customers import export_customers
from loyalty_app.importing.candidates import Candidate, ListedCustomer, candidate_of, read_setting
from loyalty_app.importing.run import import_file
from testkit.shop import Shop, open_next_door


async def opted_out(shop: Shop) -> dict[str, bool]:
    return {one.name: one.opted_out_at is not None for one in await shop.customers()}


async def test_it_goes_from_one_shop_to_another(shop: Shop) -> None:
    for name in ("Ana", "Ben"):
        await shop.join(name, phone=f"+1415555010{len(name) + (name == 'Ben')}")
    [ana, _] = await shop.customers()
    await shop.update(ana.id, opted_out=True)
    file, there = StringIO(), await open_next_door(shop)
    await export_customers(shop.database, shop.business.id, file)
    await import_file(there.database, there.business.id, file.getvalue().encode(), clock=there.clock)
    assert await opted_out(there) == {"Ana": True, "Ben": False}


@pytest.mark.parametrize("heading", ["Opted out", "opted_out", "Keine Nachrichten", "Sin publicidad", "Не писать"])
async def test_a_column_of_yes_and_no_is_read_in_any_language_and_only_a_no_means_no(shop: Shop, heading: str) -> None:
    said = {"yes": True, "ja": True, "x": True, "perhaps": True, "": False, "no": False, "Nein": False, "0": False}
    lines = "".join(f"Guest {n};g{n}@example.com;{word}\n" for n, word in enumerate(said))
    text = f"Name;E-mail;{heading}\n{lines}"
    await import_file(shop.database, shop.business.id, text.encode(), clock=shop.clock)
    assert list((await opted_out(shop)).values()) == list(said.values())


async def test_a_list_of_an_integrator_says_it_too(shop: Shop) -> None:
    setting = await read_setting(shop.database, shop.business, shop.clock.now)
    for said in (True, False):
        read = candidate_of(ListedCustomer(name="Ana", opted_out=said), 0, setting)
        assert isinstance(read, Candidate)
        assert (read.profile.opted_out is True) is said
