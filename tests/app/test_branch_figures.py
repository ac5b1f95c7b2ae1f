"""Figures of branches: what each had, undone stamps left out, by days of the shop. On both databases."""

from datetime import UTC, datetime

from loyalty_app.customers.branch_figures import MOST_ENTRIES, FiguresByBranch, read_branch_figures
from loyalty_app.shops.workplaces import add_branch
from loyalty_core.stamping import StampOrder
from testkit.shop import Shop, open_next_door


async def figures(shop: Shop, days: int = 1, most: int = MOST_ENTRIES) -> FiguresByBranch:
    return await shop.database.read(
        lambda c: read_branch_figures(c, shop.business, days=days, now=shop.clock.now, most=most)
    )


def plain(found: FiguresByBranch) -> list[tuple[str | None, int, int]]:
    return [(one.name, one.visits, one.stamps) for one in found.branches]


async def visit(shop: Shop, customer_id: int, stamps: int, branch_id: int | None) -> int:
    order = StampOrder(stamps=stamps, branch_id=branch_id)
    return (await shop.counter.give_stamp(shop.caller(), customer_id, order)).outcome.transaction_id


async def test_each_branch_has_its_visits_and_stamps_and_what_was_undone_is_in_none(shop: Shop) -> None:
    old, harbour = [
        (await add_branch(shop.database, shop.business.id, name=name, now=shop.clock.now)).id
        for name in ("Old Town", "Harbour")
    ]
    lena = (await shop.join()).id
    await visit(shop, lena, 2, old)
    await visit(shop, lena, 3, old)
    await shop.void(await visit(shop, lena, 5, harbour))
    assert plain(await figures(shop)) == [("Old Town", 2, 5), ("Harbour", 0, 0)]
    await visit(shop, lena, 1, None)
    assert plain(await figures(shop)) == [("Old Town", 2, 5), ("Harbour", 0, 0), (None, 1, 1)]


async def test_days_of_branches_are_days_of_the_shop(shop: Shop) -> None:
    shop.clock.now = datetime(2026, 3, 1, 18, 29, tzinfo=UTC)
    bakery = await open_next_door(shop, timezone="Asia/Kolkata")
    branch = await add_branch(bakery.database, bakery.business.id, name="Old Town", now=shop.clock.now)
    lena = (await bakery.join()).id
    await visit(bakery, lena, 2, branch.id)
    bakery.clock.wait(minutes=1)
    await visit(bakery, lena, 1, branch.id)
    assert plain(await figures(bakery)) == [("Old Town", 1, 1)]
    assert plain(await figures(bakery, days=2)) == [("Old Town", 2, 3)]


async def test_a_shop_without_branches_has_no_figures_of_branches(shop: Shop) -> None:
    await shop.stamp((await shop.join()).id)
    assert plain(await figures(shop)) == []


async def test_figures_of_very_many_entries_begin_later_and_say_when(shop: Shop) -> None:
    branch = await add_branch(shop.database, shop.business.id, name="Old Town", now=shop.clock.now)
    lena = (await shop.join()).id
    for _ in range(5):
        await visit(shop, lena, 1, branch.id)
        shop.clock.wait(hours=1)
    whole, cut = await figures(shop, days=7), await figures(shop, days=7, most=2)
    assert (plain(whole), whole.whole) == ([("Old Town", 5, 5)], True)
    assert (plain(cut), cut.whole) == ([("Old Town", 2, 2)], False)
    assert cut.since > whole.since
