"""Searching customers: in the forms in which people write names and numbers, before and after upgrades."""

from collections.abc import Sequence
from functools import partial
from random import Random

import pytest
from sqlalchemy import Connection, delete, func, select, text, update

from loyalty_app.customers import search as searching
from loyalty_app.customers.lists import Search, list_customers
from loyalty_app.customers.staff_view import with_name_in
from loyalty_app.db.tables import customer, customer_word
from loyalty_app.pagination import Page, PageRequest
from loyalty_app.upkeep.search_indexing import index_customers
from loyalty_core.errors import InvalidRequest
from loyalty_core.views import CustomerView
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
        assert await find(shop, phone=typed) == await find(shop, q=typed) == ["Lena"], typed
    for typed in ("0014155552671", "tel:+1-415-555-2671", "2671", "555-2671", "lena 2671", "\u202a+14155552671\u202c"):
        assert await find(shop, q=typed) == ["Lena"], typed
    assert await find(shop, q="415 555") == await find(shop, q="+1 415") == ["Lena", "Omar"]


async def test_a_phone_number_that_is_none_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidRequest, match="phone"):
        await find(shop, phone="call me")


async def test_a_name_is_found_in_any_script_case_and_order_and_without_accents(shop: Shop) -> None:
    typed = {
        "Lena Müller": "muller LENA",
        "Юрий": "юрии",
        "Straße": "STRASSE",
        "李小龍": "小龍",
        "Ｏｍａｒ": "omar",
        "İpek Işık": "isik ipek",
        "Ἀθηνᾶ": "ΑΘΗΝΑ",
        "أحمد": "احم",
        "R\u00e9ne": "RENE\u0301",
        "d'Arc": "D'ARC",
        "Bożena Łoś": "los",
    }
    for name in typed:
        await shop.join(name)
    for name, part in typed.items():
        assert await find(shop, q=part) == [name], part


async def test_parts_of_name_phone_and_address_are_found(shop: Shop) -> None:
    await shop.join("Lena", phone="+14155552671", email="lena@example.com")
    await shop.join("Omar")
    for typed in ("le", "en", "5552671", "@EXAMPLE", "lena@example.com", "55526"):
        assert await find(shop, q=typed) == ["Lena"], typed


async def test_letters_inside_words_are_found_only_if_no_word_begins_with_them(shop: Shop) -> None:
    await shop.join("Lena")
    await shop.join("Enno")
    assert await find(shop, q="en") == ["Enno"]
    assert await find(shop, q="enn") == ["Enno"]
    assert await find(shop, q="na") == ["Lena"]


async def test_signs_stand_for_themselves_and_beside_words_for_nothing(shop: Shop) -> None:
    await shop.join("50% off")
    await shop.join("Ana 🌸")
    for sign in "%_/\\'\"*[?":
        assert await find(shop, q=sign) == (["50% off"] if sign == "%" else []), sign
        assert await find(shop, q=f"5{sign} o") == ["50% off"], sign
    assert await find(shop, q="🌸") == ["Ana 🌸"]


async def test_the_index_follows_new_names_and_forgets_the_erased(shop: Shop) -> None:
    lena = await shop.join("Lena Ortiz", phone="+14155552671", email="lo@example.com")
    await shop.update(lena.id, name="Marlene")
    assert (await find(shop, q="marlene"), await find(shop, q="lena x")) == (["Marlene"], [])
    assert await find(shop, q="Ortiz") == []
    await shop.update(lena.id, phone=None)
    assert await find(shop, q="+1415") == []
    await shop.erase(lena.id)
    assert await find(shop, q="marlene") == []
    assert await words(shop) == []


async def words(shop: Shop) -> list[str]:
    """All words of the index."""
    kept = select(customer_word.c.word).order_by(customer_word.c.word)
    return await shop.database.read(lambda connection: list(connection.scalars(kept)))


async def test_who_was_merged_is_found_as_the_one_they_became(shop: Shop) -> None:
    lena = await shop.join("Lena", phone="+14155552671")
    marlene = await shop.join("Marlene Ortiz", phone="+14155552672", email="mo@example.com")
    third = await shop.join("Zoë", phone="+14155552673")
    before = await words(shop)
    await shop.merge(marlene.id, third.id)
    await shop.merge(lena.id, marlene.id)
    typed = ("marlene", "ortiz lena", "+14155552672", "2672", "mo@example", "zoe", "+14155552673", "lena")
    for part in typed:
        assert await find(shop, q=part) == ["Lena"], part
    await shop.update(lena.id, name="Helena")
    await shop.stamp(lena.id)
    for part in typed[:-1]:
        assert await find(shop, q=part.replace("lena", "helena")) == ["Helena"], part
    assert await find(shop, q="lena 2671") == ["Helena"]
    await shop.update(lena.id, name="Lena")
    await shop.unmerge(lena.id, marlene.id)
    assert (await find(shop, q="marlene"), await find(shop, q="zoe")) == (["Marlene Ortiz"], ["Marlene Ortiz"])
    await shop.unmerge(marlene.id, third.id)
    assert (await find(shop, q="zoe"), await words(shop)) == (["Zoë"], before)


async def test_staff_find_who_was_merged_by_their_name(shop: Shop) -> None:
    lena, other = await shop.join("Lena", email="ortiz@example.com"), await shop.join("Marlene Ortiz")
    await shop.merge(lena.id, other.id)

    async def named(typed: str) -> list[str]:
        found = await shop.database.read(lambda c: with_name_in(c, [shop.business], typed, most=5))
        return [one.name for one in found]

    assert (await named("marl"), await named("lena"), await named("exam")) == (["Lena"], ["Lena"], [])


async def test_who_was_merged_is_found_after_an_upgrade_and_by_nothing_once_erased(shop: Shop) -> None:
    lena, other = await shop.join("Lena"), await shop.join("Marlene", phone="+14155552672")
    await shop.merge(lena.id, other.id)
    await as_before(shop, ["Lena"])
    await index_customers(shop.database)
    assert await find(shop, q="marlene") == await find(shop, q="2672") == ["Lena"]
    await shop.erase(lena.id)
    assert (await find(shop, q="marlene"), await words(shop)) == ([], [])


async def test_a_stamp_leaves_the_index_alone(shop: Shop) -> None:
    lena = await shop.join("Lena")
    await shop.database.write(lambda connection: connection.execute(delete(customer_word)))
    await shop.stamp(lena.id)
    assert await words(shop) == []


async def test_nobody_of_another_business_is_found(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await next_door.join("Lena", phone="+14155552671")
    assert await find(shop, q="lena") == await find(shop, phone="+14155552671") == []


async def test_phone_and_text_are_looked_for_together(shop: Shop) -> None:
    await shop.join("Lena", phone="+14155552671")
    await shop.join("Lena", phone="+14155552672")
    assert await find(shop, q="omar", phone="+14155552671") == []
    assert (
        await find(shop, q="lena", phone="+14155552671") == await find(shop, q="ena", phone="+14155552671") == ["Lena"]
    )


async def test_who_has_a_phone_number_is_looked_at_alone_however_many_have_the_words(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.join("Lena", phone="+14155552671")
    monkeypatch.setattr(searching.CustomerSearch, "_count", None)
    assert await find(shop, q="lena", phone="+14155552671") == ["Lena"]


def page_of(shop: Shop, q: str, wanted: PageRequest, connection: Connection) -> Page[CustomerView]:
    """A page of those who are found."""
    return list_customers(connection, shop.business, Search(q=q), wanted=wanted)


async def pages(shop: Shop, q: str, limit: int) -> tuple[list[str], set[int]]:
    """Everybody who is found, by cursor after the first page, and the totals that were said."""
    names: list[str] = []
    totals, cursor = set(), None
    while True:
        page = await shop.database.read(partial(page_of, shop, q, PageRequest(limit=limit, cursor=cursor)))
        names += [row.name for row in page.data]
        totals.add(page.pagination.total)
        cursor = page.pagination.next_cursor
        if cursor is None:
            return names, totals


async def people(shop: Shop) -> list[str]:
    """Ten guests, some with two words that begin alike."""
    names = [f"{first} {last}" for first in ("Lena", "Leo", "Ömer", "Anna", "An") for last in ("Lehmann", "Ortiz")]
    for name in names:
        await shop.join(name)
    return names


@pytest.mark.parametrize(("few", "walked"), [(searching.FEW, searching.MOST_WALKED), (1, 3), (1, 9), (4, 0)])
async def test_every_way_to_search_finds_the_same_in_the_same_order(
    shop: Shop, few: int, walked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    monkeypatch.setattr(searching, "WALKED", 0)
    monkeypatch.setattr(searching, "MOST_WALKED", walked)
    names = await people(shop)
    for q, wanted in {
        "le": [name for name in names if "Le" in name],
        "l": [name for name in names if "L" in name],
        "le le": [name for name in names if "Le" in name],
        "o l": ["Leo Ortiz", "Lena Ortiz", "Ömer Lehmann"],
        "ort an": ["Anna Ortiz", "An Ortiz"],
        "0": [],
        "leh": [name for name in names if "Leh" in name],
    }.items():
        ordered = [name for name in names if name in wanted]
        for limit in (1, 2, 3, 50):
            assert await pages(shop, q, limit) == (ordered, {len(ordered)}), (q, limit)


@pytest.mark.parametrize(("few", "entries_a_row"), [(1, 0), (1, 1_000), (8, 2), (1_000, 0), (1_000, 1_000)])
async def test_several_words_find_whom_a_plain_scan_finds(
    shop: Shop, few: int, entries_a_row: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    monkeypatch.setattr(searching, "WALKED", 0)
    monkeypatch.setattr(searching, "MOST_WALKED", 5)
    monkeypatch.setattr(searching, "ENTRIES_A_ROW", entries_a_row)
    monkeypatch.setattr(searching, "SMALL_SHOP", 0)
    dice = Random(few)
    names = [" ".join(dice.choices(["Lena", "Leo", "Maria", "Mara", "Omar"], k=3)) for _ in range(16)]
    for name in names:
        await shop.join(name)
    for typed in (["le", "ma"], ["lena", "o"], ["le", "maria", "o"], ["m", "l", "o"], ["leo", "zz"], ["le", "len"]):
        plain = [name for name in names if all(has_word(name, begin) for begin in typed)]
        assert await pages(shop, " ".join(typed), 4) == (plain, {len(plain)}), typed


def has_word(name: str, begin: str) -> bool:
    return any(word.lower().startswith(begin) for word in name.split())


async def test_a_page_by_number_shows_its_part(shop: Shop) -> None:
    names = await people(shop)
    second = PageRequest(page=2, limit=2)
    page = await shop.database.read(lambda c: list_customers(c, shop.business, Search(q="le"), wanted=second))
    assert [row.name for row in page.data] == [name for name in names if "Le" in name][2:4]
    assert (page.pagination.page, page.pagination.total, page.pagination.pages) == (2, 7, 4)


async def as_before(shop: Shop, names: Sequence[str]) -> None:
    """Customers as an older release has left them: without words, and with the text that it searched."""

    def work(connection: Connection) -> None:
        theirs = customer.c.name.in_(names)
        ids = select(customer.c.id).where(theirs)
        connection.execute(delete(customer_word).where(customer_word.c.customer_id.in_(ids)))
        connection.execute(update(customer).where(theirs).values(search_text=func.lower(customer.c.name)))

    await shop.database.write(work)


async def test_customers_of_an_older_release_are_found_before_and_after_they_are_indexed(shop: Shop) -> None:
    names = await people(shop)
    kept = await words(shop)
    await as_before(shop, names[:7])
    assert await find(shop, q="lehmann") == [name for name in names if "Lehmann" in name]
    assert await index_customers(shop.database, at_once=3) == 7
    assert await words(shop) == kept
    assert await find(shop, q="lehmann le") == [name for name in names if "Lehmann" in name]
    assert await index_customers(shop.database) == 0


async def test_what_an_older_server_changed_beside_a_newer_one_is_put_right(shop: Shop) -> None:
    lena, omar = await shop.join("Lena"), await shop.join("Omar")

    def change(connection: Connection) -> None:
        connection.execute(update(customer).where(customer.c.id == lena.id).values(name="Mia", search_text="mia"))

    await shop.database.write(change)
    await shop.update(lena.id, email="mia@example.com")
    await shop.update(omar.id, name="Omar Lang")
    assert await find(shop, q="mia@example.com") == ["Mia"]
    assert await index_customers(shop.database) == 1
    assert await words(shop) == ["examplecom", "lang", "miaexamplecom", "omar"]


async def test_who_waits_to_be_indexed_is_looked_for_in_an_index_of_few(shop: Shop) -> None:
    await people(shop)
    on_sqlite = shop.database.name == "sqlite"
    await shop.database.write(
        lambda connection: connection.execute(text("ANALYZE customer")) if not on_sqlite else None
    )

    def explain(connection: Connection) -> str:
        waiting = searching.CustomerSearch(connection, shop.business)._waiting()  # noqa: SLF001
        compiled = str(waiting.compile(connection, compile_kwargs={"literal_binds": True}))
        how = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
        return "\n".join(str(row[-1]) for row in connection.execute(text(f"{how} {compiled}")))

    assert "ix_customer_without_words" in await shop.database.read(explain)


async def test_a_search_reads_the_index_by_its_key(shop: Shop) -> None:
    if shop.database.name != "sqlite":
        return
    asked: list[str] = []

    def explain(connection: Connection) -> list[str]:
        found = searching.CustomerSearch(connection, shop.business)
        for statement in (found._entries(("le",)), found._entries(("+1", "-2")), found._having([("le",)], [])):  # noqa: SLF001
            compiled = str(statement.compile(connection, compile_kwargs={"literal_binds": True}))
            asked.extend(row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
        return asked

    plan = await shop.database.read(explain)
    assert plan
    assert not [line for line in plan if line.startswith("SCAN customer")]
    assert [line for line in plan if "customer_word" in line and "word>? AND word<?" in line.replace(" ", " ")]
