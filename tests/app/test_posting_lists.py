"""Posting lists: a search by lists finds whom any other search finds, also right after somebody has changed."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from loyalty_app.customers import search as searching
from loyalty_app.customers.lists import Search, list_customers
from loyalty_app.db.posting_lists import PART, Numbers, pack, parts_of, unpack
from loyalty_app.db.tables import business_total, customer, posting_change, posting_index, posting_list
from loyalty_app.pagination import PageRequest
from loyalty_app.upkeep import posting_lists as keeping
from loyalty_app.upkeep.list_maker import ListMaker
from testkit.shop import Shop

pytestmark = pytest.mark.usefixtures("large_shops")

FIRST = ("Lena", "Leo", "Ömer", "Мария", "김민수", "Anna-Maria")
LAST = ("Lehmann", "Ortiz", "Łoś", "Le")
TYPED = (
    "le",
    "l",
    "le l",
    "o l",
    "мар ort",
    "민",
    "ortiz maria",
    "anna le le",
    "los",
    "zz",
    "zz le",
    "+1415",
    "le 2671",
)


async def people(shop: Shop) -> list[int]:
    """Two dozen customers, some with a number."""
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    phones = {place: f"+1415555{2670 + place}" for place in range(3)}
    return [(await shop.join(name, phone=phones.get(place))).id for place, name in enumerate(names)]


async def make(shop: Shop) -> int:
    """Make or change the lists if it is time for it."""
    return await keeping.keep_lists(shop.database, now=shop.clock.now)


async def found(shop: Shop, q: str, *, limit: int = 50) -> tuple[list[int], set[int]]:
    """The customers found, page by page, and which totals are told."""
    ids: list[int] = []
    totals, wanted = set(), PageRequest(limit=limit)
    while True:
        page = await shop.database.read(
            lambda c, wanted=wanted: list_customers(c, shop.business, Search(q=q), wanted=wanted)  # type: ignore[misc]
        )
        ids += [one.id for one in page.data]
        totals.add(page.pagination.total)
        if page.pagination.next_cursor is None:
            return ids, totals
        wanted = PageRequest(limit=limit, cursor=page.pagination.next_cursor)


async def without_lists(shop: Shop, q: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], set[int]]:
    """The customers found in the other ways."""
    with monkeypatch.context() as patched:
        patched.setattr(searching, "listed_customers", lambda *_, **__: None)
        return await found(shop, q)


async def agrees(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether lists find the same as all other ways, in pages of any length."""
    for q in TYPED:
        others = await without_lists(shop, q, monkeypatch)
        for limit in (3, 50):
            assert await found(shop, q, limit=limit) == others, (q, limit)
    return True


async def rows(shop: Shop, table: str) -> int:
    """How many rows a table has."""
    tables = {"lists": posting_list, "changes": posting_change}
    return len(await shop.database.read(lambda c: c.execute(select(tables[table])).all()))


async def test_lists_find_whom_all_other_ways_find(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await people(shop)
    assert await make(shop) == 1
    assert await rows(shop, "lists") > len(TYPED)
    assert await agrees(shop, monkeypatch)
    monkeypatch.setattr(searching.CustomerSearch, "_count", None)
    assert len((await found(shop, "le l"))[0]) > 1


async def test_who_has_changed_since_is_found_by_what_they_are_now(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await people(shop)
    await make(shop)
    await shop.update(ids[0], name="Omar Lang")
    await shop.erase(ids[1])
    await shop.merge(ids[2], ids[3])
    await shop.join("Lea Lehnert")
    assert await agrees(shop, monkeypatch)
    monkeypatch.setattr(keeping, "ENOUGH", 1)
    assert await make(shop) == 1
    assert await rows(shop, "changes") == 0
    assert await agrees(shop, monkeypatch)
    assert await make(shop) == 0


async def test_a_new_name_is_found_at_once_and_the_old_one_no_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await people(shop)
    await make(shop)
    await shop.update(ids[0], name="Omar Lang")
    assert await agrees(shop, monkeypatch)


async def test_a_change_while_lists_are_changed_stays_noted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await people(shop)
    await make(shop)
    monkeypatch.setattr(keeping, "ENOUGH", 1)
    await shop.update(ids[0], name="Omar Lang")
    put = ListMaker._put  # noqa: SLF001  # in the midst of it

    async def change_meanwhile(*given: object, **more: object) -> None:
        await put(*given, **more)  # type: ignore[arg-type]
        await shop.update(ids[0], name="Leopold Ortiz")

    monkeypatch.setattr(ListMaker, "_put", change_meanwhile)
    assert await make(shop) == 1
    assert await rows(shop, "changes") == 1
    assert await agrees(shop, monkeypatch)


async def test_lists_are_made_again_where_an_older_server_has_noted_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(shop)
    await make(shop)
    await shop.join("Lea Lehnert")
    await shop.database.write(lambda c: c.execute(delete(posting_change)))
    assert await agrees(shop, monkeypatch)
    assert await make(shop) == 1
    assert await agrees(shop, monkeypatch)


async def test_a_customer_of_an_older_server_is_found_also_where_others_have_changed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await people(shop)
    await make(shop)
    await shop.join("Lea Lehnert")
    await shop.database.write(lambda c: c.execute(delete(posting_change)))
    await shop.update(ids[0], name="Omar Lang")
    assert await agrees(shop, monkeypatch)


async def test_a_name_that_an_older_server_has_changed_is_found_within_a_day_also_where_others_have_changed_since(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await people(shop)
    await make(shop)
    await shop.update(ids[0], name="Zora Lang")
    await shop.database.write(lambda connection: connection.execute(delete(posting_change)).close())
    for name in ("Ben Ortiz", "Leo Lang"):
        shop.clock.now += timedelta(hours=8)
        await shop.update(ids[1], name=name)
        await make(shop)
        assert ids[0] in (await found(shop, "le"))[0], "an older server has noted nothing"
    shop.clock.now += timedelta(hours=8, minutes=1)
    await make(shop)
    assert await agrees(shop, monkeypatch)


async def test_lists_are_made_again_after_a_day_and_after_very_many_changes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await people(shop)
    await make(shop)
    shop.clock.now += timedelta(hours=23)
    assert await make(shop) == 0
    shop.clock.now += timedelta(hours=2)
    assert await make(shop) == 1
    monkeypatch.setattr(keeping, "MOST_FOLDED", 0)
    await shop.update(ids[0], name="Omar Lang")
    assert await make(shop) == 1
    assert await agrees(shop, monkeypatch)


async def test_lists_that_know_another_number_of_customers_are_not_used(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(shop)
    await shop.database.write(lambda c: c.execute(update(business_total).values(customers=30)))
    await make(shop)
    made = await shop.database.read(lambda c: c.execute(select(posting_index)).one())
    assert (made.made_at, made.customers) == (None, 24)
    assert made.busy_until > shop.clock.now + timedelta(minutes=50)
    assert await agrees(shop, monkeypatch)


async def test_one_process_works_on_the_lists_of_a_shop_at_a_time(shop: Shop) -> None:
    await people(shop)
    await shop.database.write(lambda c: c.execute(insert(posting_index).values(_taken(shop, timedelta(minutes=5)))))
    assert (await make(shop), await rows(shop, "lists")) == (0, 0)
    shop.clock.now += timedelta(minutes=6)
    assert await make(shop) == 1


def _taken(shop: Shop, by: timedelta) -> dict[str, object]:
    return {"business_id": shop.business.id, "customers": 0, "busy_until": shop.clock.now + by}


async def test_whose_shop_is_taken_meanwhile_writes_no_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await people(shop)
    frequent = ListMaker._frequent  # noqa: SLF001  # in the midst of it

    async def lose(maker: ListMaker) -> frozenset[str]:
        taken = {"busy_until": shop.clock.now + timedelta(hours=3)}
        await shop.database.write(lambda c: c.execute(update(posting_index).values(taken)))
        return await frequent(maker)

    monkeypatch.setattr(ListMaker, "_frequent", lose)
    assert (await make(shop), await rows(shop, "lists")) == (0, 0)


async def test_what_is_noted_of_a_small_shop_is_forgotten(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SMALL_SHOP", 1_000)
    lena = await shop.join("Lena")
    assert await rows(shop, "changes") == 1
    await make(shop)
    assert await rows(shop, "changes") == 0
    await shop.stamp(lena.id)
    assert await rows(shop, "changes") == 0


async def test_a_shop_whose_customers_wait_for_their_words_has_no_lists_yet(shop: Shop) -> None:
    ids = await people(shop)

    def as_before(connection: Connection) -> None:
        connection.execute(update(customer).where(customer.c.id == ids[0]).values(search_text="lena"))

    await shop.database.write(as_before)
    assert (await make(shop), await rows(shop, "lists")) == (0, 0)


@pytest.mark.parametrize("spread", [100, 5 * PART, 300 * PART])
def test_numbers_are_written_out_as_a_sorted_list_has_them(spread: int) -> None:
    dice = Random(spread)
    plain = sorted({dice.randint(1, spread) for _ in range(2_000)})
    numbers = Numbers({part: unpack(pack(bits)) for part, bits in parts_of(plain).items()})
    assert len(numbers) == len(plain)
    assert numbers[:] == plain
    for _ in range(200):
        first, count, number = dice.randint(0, len(plain)), dice.randint(0, 60), dice.randint(-5, spread + 5)
        assert numbers[first : first + count] == plain[first : first + count]
        assert numbers.up_to(number) == sum(one <= number for one in plain)
    assert (len(Numbers({})), Numbers({})[:5], Numbers({}).up_to(3)) == (0, [], 0)
