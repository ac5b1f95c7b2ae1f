"""Searching customers: in the forms in which people write names and numbers, and literally."""

import pytest

from loyalty_app.customers.lists import Search, list_customers
from loyalty_app.pagination import PageRequest
from loyalty_core.errors import InvalidRequest
from testkit.shop import Shop, open_next_door


async def find(shop: Shop, *, q: str | None = None, phone: str | None = None) -> list[str]:
    """The names of those who are found."""
    search = Search(q=q, phone=phone)
    page = await shop.database.read(lambda c: list_customers(c, shop.business, search, wanted=PageRequest()))
    assert page.pagination.total == len(page.data)
    return [row.name for row in page.data]


async def test_a_phone_number_is_found_in_whatever_form_it_is_typed(shop: Shop) -> None:
    await shop.join("Lena", phone="+1 (415) 555-2671")
    await shop.join("Omar", phone="+14155552672")
    for typed in ("+14155552671", "(415) 555-2671", "415.555.2671", "+1 415 555 26 71", "4155552671"):
        assert await find(shop, phone=typed) == ["Lena"], typed


async def test_a_phone_number_that_is_none_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidRequest, match="phone"):
        await find(shop, phone="call me")


async def test_a_name_is_found_in_any_script_and_case(shop: Shop) -> None:
    typed = {
        "Lena Müller": "MÜLLER",
        "ЮРИЙ": "юрий",
        "Straße": "STRASSE",
        "李小龍": "小龍",
        "Ｏｍａｒ": "omar",
        "İpek": "İPEK",
        "Ἀθηνᾶ": "ἀθηνᾶ",
        "فاطمة": "فاط",
        "R\u00e9ne": "RE\u0301NE",
        "d'Arc": "D'ARC",
    }
    for name in typed:
        await shop.join(name)
    for name, part in typed.items():
        assert await find(shop, q=part) == [name], part


async def test_parts_of_name_phone_and_address_are_found(shop: Shop) -> None:
    await shop.join("Lena", phone="+14155552671", email="lena@example.com")
    await shop.join("Omar")
    for typed in ("en", "5552671", "@EXAMPLE"):
        assert await find(shop, q=typed) == ["Lena"]


async def test_signs_stand_for_themselves(shop: Shop) -> None:
    signs = "%_/\\'\"*[?"
    await shop.join("Plain")
    for sign in signs:
        await shop.join(f"50{sign} off")
    for sign in signs:
        assert await find(shop, q=sign) == [f"50{sign} off"], sign
        assert await find(shop, q=f"5{sign} o") == [], sign


async def test_a_new_name_is_found_and_the_old_one_no_more(shop: Shop) -> None:
    lena = await shop.join("Lena")
    await shop.update(lena.id, name="Marlene")
    assert (await find(shop, q="marlene"), await find(shop, q="lena x")) == (["Marlene"], [])
    assert await find(shop, q="Lena") == []


async def test_nobody_of_another_business_is_found(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await next_door.join("Lena", phone="+14155552671")
    assert await find(shop, q="lena") == await find(shop, phone="+14155552671") == []


async def test_phone_and_text_are_looked_for_together(shop: Shop) -> None:
    await shop.join("Lena", phone="+14155552671")
    assert await find(shop, q="omar", phone="+14155552671") == []
    assert await find(shop, q="lena", phone="+14155552671") == ["Lena"]
