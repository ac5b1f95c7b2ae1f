"""Proof of posting lists: right lists are found right, wrong ones are named, and are right once they are renewed."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.util import await_only

from loyalty_app.db.posting_lists import PART, pack, unpack
from loyalty_app.db.tables import business_total, customer, posting_change, posting_index, posting_list
from loyalty_app.settings import Settings
from loyalty_app.upkeep import list_proof
from loyalty_app.upkeep import posting_lists as keeping
from loyalty_app.upkeep.frequent_beginnings import gather
from loyalty_app.upkeep.list_maker import ListMaker
from loyalty_app.upkeep.list_proof import ListProver, ProvenLists, WrongLists, prove_lists
from loyalty_app.upkeep.posting_lists import keep_lists, renew_lists
from loyalty_core.errors import InvalidRequest
from testkit.pretended_cluster import open_pretended_cluster
from testkit.shop import Shop, open_shop
from tests.app.test_posting_lists import agrees, people

pytestmark = pytest.mark.usefixtures("large_shops")

GONE = 4_711


async def listed(shop: Shop) -> list[int]:
    """Two dozen customers of a shop whose lists are made."""
    ids = await people(shop)
    assert await keep_lists(shop.database, now=shop.clock.now) == 1
    return ids


async def wrong(shop: Shop) -> list[WrongLists]:
    """What is found wrong in the lists of a shop that are complete."""
    proven = await prove_lists(shop.database)
    assert (proven.shops, proven.unfinished) == ([shop.business.id], [])
    return [*proven.wrong]


async def change_list(shop: Shop, begin: str, change: Callable[[int], int], *, part: int = 0) -> None:
    """Write something else into a list, as a fault would."""

    def work(connection: Connection) -> None:
        own = (posting_list.c.business_id == shop.business.id, posting_list.c.beginning == begin)
        row = (*own, posting_list.c.part == part)
        bits = unpack(connection.scalars(select(posting_list.c.customers).where(*row)).one())
        connection.execute(update(posting_list).where(*row).values(customers=pack(change(bits)))).close()

    await shop.database.write(work)


async def write(shop: Shop, statement: Any) -> None:  # noqa: ANN401  # any of SQLAlchemy's statements
    await shop.database.write(lambda connection: connection.execute(statement).close())


async def add_far_away(shop: Shop, ids: list[int]) -> None:
    """Some customers once more, with numbers of another part; the shop's lists are made with them."""

    def work(connection: Connection) -> None:
        rows = connection.execute(select(customer).where(customer.c.id.in_(ids))).all()
        connection.execute(insert(customer), [_moved(row) for row in rows]).close()
        more = {"customers": business_total.c.customers + len(rows)}
        connection.execute(update(business_total).values(more)).close()

    await shop.database.write(work)
    shop.clock.now += timedelta(days=2)
    assert await keep_lists(shop.database, now=shop.clock.now) == 1


def _moved(row: Row[Any]) -> dict[str, Any]:
    return {**row._asdict(), "id": row.id + 3 * PART, "qr_code": f"far-{row.id}", "phone": None}


async def test_right_lists_give_no_finding(shop: Shop) -> None:
    await add_far_away(shop, await listed(shop))
    assert await prove_lists(shop.database) == ProvenLists([shop.business.id], 48, [], [], [])


async def test_who_has_changed_since_is_no_finding_before_and_after_the_lists_know_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await listed(shop)
    await shop.update(ids[0], name="Omar Lang")
    await shop.erase(ids[1])
    await shop.merge(ids[2], ids[3])
    await shop.merge(ids[4], ids[5])
    await shop.unmerge(ids[4], ids[5])
    await shop.join("Lea Lehnert")
    assert await wrong(shop) == []
    monkeypatch.setattr(keeping, "ENOUGH", 1)
    assert await keep_lists(shop.database, now=shop.clock.now) == 1
    assert await wrong(shop) == []


async def test_a_customer_who_is_missing_in_a_list_is_found(shop: Shop) -> None:
    ids = await listed(shop)
    await change_list(shop, "le", lambda bits: bits & ~(1 << ids[0]))
    assert await wrong(shop) == [WrongLists(shop.business.id, 1, ("le",))]


async def test_a_customer_who_is_too_much_in_lists_is_found_once(shop: Shop) -> None:
    ids = await listed(shop)
    zora = (await shop.join("Zora Zimmer")).id
    for begin in ("le", "lena"):
        await change_list(shop, begin, lambda bits: bits | 1 << zora | 1 << max(ids) + 90)
    await write(shop, delete(posting_change))
    [found] = await wrong(shop)
    assert found == WrongLists(shop.business.id, 2, ("", "le", "lena"))


async def test_a_missing_part_of_a_list_is_found(shop: Shop) -> None:
    ids = await listed(shop)
    await add_far_away(shop, ids[:4])
    own = (posting_list.c.beginning == "lena", posting_list.c.part == 3)
    await write(shop, delete(posting_list).where(*own))
    assert await wrong(shop) == [WrongLists(shop.business.id, 4, ("lena",))]


async def test_a_missing_list_is_found_if_longer_ones_are_there_and_so_is_that_of_everybody(shop: Shop) -> None:
    ids = await listed(shop)
    await write(shop, delete(posting_list).where(posting_list.c.beginning.in_(["le", ""])))
    assert await wrong(shop) == [WrongLists(shop.business.id, len(ids), ("", "le"))]


async def test_a_part_in_which_there_are_no_customers_is_found(shop: Shop) -> None:
    await listed(shop)
    far = {"business_id": shop.business.id, "beginning": "lena", "part": 9, "customers": pack(0b101)}
    await write(shop, insert(posting_list).values(far))
    assert await wrong(shop) == [WrongLists(shop.business.id, 2, ("lena",))]


async def test_a_list_that_cannot_be_read_is_found(shop: Shop) -> None:
    await listed(shop)
    await write(shop, update(posting_list).where(posting_list.c.beginning == "lena").values(customers=b"torn"))
    assert await wrong(shop) == [WrongLists(shop.business.id, 4, ("lena",))]


async def test_lists_of_a_shop_that_is_gone_are_found_and_deleted(shop: Shop) -> None:
    await listed(shop)
    for row in (
        insert(posting_list).values(business_id=GONE, beginning="l", part=0, customers=pack(1)),
        insert(posting_index).values(business_id=GONE, made_at=shop.clock.now, customers=1, busy_until=shop.clock.now),
        insert(posting_change).values(business_id=GONE, customer_id=1, changes=1),
    ):
        await write(shop, row)
        assert (await prove_lists(shop.database)).gone == [GONE]
        done = await renew_lists(shop.database, [GONE])
        assert (done.renewed, done.removed) == ([], [GONE])
    assert await prove_lists(shop.database) == ProvenLists([shop.business.id], 24, [], [], [])
    with pytest.raises(InvalidRequest):
        await renew_lists(shop.database, [GONE])


async def test_lists_that_are_not_complete_are_not_proven(shop: Shop) -> None:
    ids = await listed(shop)
    await change_list(shop, "le", lambda _: 0)
    await write(shop, update(customer).where(customer.c.id == ids[0]).values(search_text="lena"))
    assert await prove_lists(shop.database) == ProvenLists([], 0, [], [shop.business.id], [])
    await write(shop, update(customer).where(customer.c.id == ids[0]).values(search_text="\nlena"))
    await write(shop, update(posting_index).values(made_at=None))
    assert await prove_lists(shop.database) == ProvenLists([], 0, [], [shop.business.id], [])


async def test_lists_that_are_made_again_meanwhile_are_not_proven(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_far_away(shop, (await listed(shop))[:4])
    made_again = update(posting_index).values(made_at=shop.clock.now + timedelta(minutes=1))
    at_once, prove, left = doing_at_once(shop), ListProver._prove, [made_again]  # noqa: SLF001  # in the midst of it

    def prove_and_make(self: ListProver, connection: Connection, part: int) -> None:
        prove(self, connection, part)
        while left:
            at_once(write(shop, left.pop()))

    monkeypatch.setattr(ListProver, "_prove", prove_and_make)
    assert (await prove_lists(shop.database)).unfinished == [shop.business.id]
    assert (await prove_lists(shop.database)).shops == [shop.business.id]


async def test_a_part_is_proven_on_one_state_of_the_data(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    left = (await listed(shop))[:1]
    at_once = doing_at_once(shop)
    monkeypatch.setattr(keeping, "ENOUGH", 1)

    async def change() -> None:
        await shop.update(left.pop(), name="Omar Lang")
        assert await keep_lists(shop.database, now=shop.clock.now) == 1

    def gather_later(*given: Any, **more: Any) -> int | None:  # noqa: ANN401  # as the other
        while left:
            at_once(change())
        return gather(*given, **more)

    monkeypatch.setattr(list_proof, "gather", gather_later)
    assert await wrong(shop) == []
    assert left == []


def doing_at_once(shop: Shop) -> Callable[[Coroutine[Any, Any, object]], object]:
    """What does something else in the midst of a read: from a thread on SQLite, else within asyncpg."""
    loop = asyncio.get_running_loop()
    if shop.database.name == "sqlite":
        return lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(60)
    return await_only


async def test_renewed_lists_are_read_by_nobody_until_they_are_made_and_then_they_are_right(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await listed(shop)
    await change_list(shop, "le", lambda bits: bits & ~(1 << ids[0]))
    assert len(await wrong(shop)) == 1
    done = await renew_lists(shop.database, [shop.business.id])
    assert (done.renewed, done.removed) == ([shop.business.id], [])
    assert (await prove_lists(shop.database)).unfinished == [shop.business.id]
    assert await agrees(shop, monkeypatch)
    assert await keep_lists(shop.database, now=shop.clock.now) == 1
    assert await wrong(shop) == []
    assert await agrees(shop, monkeypatch)


async def test_a_process_that_works_on_renewed_lists_does_not_say_that_they_are_complete(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await listed(shop)
    await change_list(shop, "le", lambda bits: bits & ~(1 << ids[5]))
    await shop.update(ids[0], name="Omar Lang")
    monkeypatch.setattr(keeping, "ENOUGH", 1)
    put = ListMaker._put  # noqa: SLF001  # in the midst of it

    async def renew_meanwhile(*given: Any, **more: Any) -> None:  # noqa: ANN401  # as the other
        await put(*given, **more)
        await renew_lists(shop.database, [shop.business.id])

    with monkeypatch.context() as patched:
        patched.setattr(ListMaker, "_put", renew_meanwhile)
        assert await keep_lists(shop.database, now=shop.clock.now) == 0
    assert (await prove_lists(shop.database)).unfinished == [shop.business.id]
    assert await keep_lists(shop.database, now=shop.clock.now) == 1
    assert await wrong(shop) == []


async def test_a_shop_without_lists_has_none_to_renew(shop: Shop) -> None:
    done = await renew_lists(shop.database, [shop.business.id])
    assert (done.renewed, done.removed) == ([], [])
    assert await prove_lists(shop.database) == ProvenLists([], 0, [], [], [])


async def test_lists_on_a_cluster_are_proven_and_renewed_where_they_lie(
    postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_pretended_cluster(postgres_settings, monkeypatch)
    shop = await open_shop(database)
    ids = await listed(shop)
    assert await wrong(shop) == []
    await change_list(shop, "le", lambda bits: bits & ~(1 << ids[0]))
    assert await wrong(shop) == [WrongLists(shop.business.id, 1, ("le",))]
    assert (await renew_lists(database, [shop.business.id])).renewed == [shop.business.id]
    assert await keep_lists(database, now=shop.clock.now) == 1
    assert await wrong(shop) == []
    await shop.counter.close()
    await database.close()
