"""Lists: a walk through one shows every row once, and of this business only, however it grows meanwhile."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty_app import pagination
from loyalty_app.customers.lists import (
    RewardSearch,
    Search,
    list_customers,
    list_rewards,
    list_transactions,
    show_customer,
)
from loyalty_app.pagination import DEEPEST, Page, PageRequest, make_cursor
from loyalty_core.errors import CustomerNotFound, InvalidCursor, PageTooDeep
from loyalty_core.fields import CustomerId
from loyalty_core.rewards import RewardStatus
from loyalty_core.views import CustomerView, RewardView, TransactionView
from testkit.shop import Shop, open_next_door

EVERYBODY = Search()
Listed = Callable[..., Awaitable[Page[Any]]]


async def customers(shop: Shop, **wanted: object) -> Page[CustomerView]:
    request = replace(PageRequest(), **wanted)
    return await shop.database.read(lambda c: list_customers(c, shop.business, EVERYBODY, wanted=request))


async def transactions(shop: Shop, customer: int, **wanted: object) -> Page[TransactionView]:
    request = replace(PageRequest(), **wanted)
    return await shop.database.read(lambda c: list_transactions(c, shop.business, CustomerId(customer), wanted=request))


async def rewards(
    shop: Shop, status: RewardStatus | None = None, customer: int | None = None, **wanted: object
) -> Page[RewardView]:
    search = RewardSearch(now=shop.clock.now, status=status, customer=CustomerId(customer) if customer else None)
    request = replace(PageRequest(), **wanted)
    return await shop.database.read(lambda c: list_rewards(c, shop.business, search, wanted=request))


async def walk(
    read: Callable[[str | None], Awaitable[Page[Any]]], grow: Callable[[], Awaitable[object]] | None = None
) -> list[int]:
    """The ids of all rows in the order of the walk; between two pages the list may grow."""
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page = await read(cursor)
        seen += [row.id for row in page.data]
        cursor = page.pagination.next_cursor
        if cursor is None:
            return seen
        if grow is not None and len(seen) < 30:
            await grow()


async def test_pages_show_every_row_once_and_where_they_lie(shop: Shop) -> None:
    joined = [(await shop.join()).id for _ in range(11)]
    pages = [await customers(shop, page=number, limit=4) for number in (1, 2, 3)]
    assert [row.id for page in pages for row in page.data] == joined
    assert {(page.pagination.total, page.pagination.pages, page.pagination.limit) for page in pages} == {(11, 3, 4)}
    assert [page.pagination.page for page in pages] == [1, 2, 3]
    assert [page.pagination.next_cursor is None for page in pages] == [False, False, True]
    assert (await customers(shop, page=4, limit=4)).data == []


async def test_a_full_last_page_is_the_last(shop: Shop) -> None:
    for _ in range(4):
        await shop.join()
    page = await customers(shop, page=2, limit=2)
    assert (len(page.data), page.pagination.pages, page.pagination.next_cursor) == (2, 2, None)


async def test_an_empty_list_has_no_pages(shop: Shop) -> None:
    pagination = (await customers(shop)).pagination
    assert (pagination.total, pagination.pages, pagination.next_cursor) == (0, 0, None)


async def test_a_cursor_goes_on_after_the_page_that_gave_it(shop: Shop) -> None:
    joined = [(await shop.join()).id for _ in range(6)]
    second = await customers(shop, page=2, limit=2)
    third = await customers(shop, cursor=second.pagination.next_cursor, limit=2)
    assert [row.id for row in third.data] == joined[4:]
    assert third.pagination.page is None


async def test_a_walk_through_a_list_that_grows_at_its_end_sees_every_row_once(shop: Shop) -> None:
    for _ in range(5):
        await shop.join()
    seen = await walk(lambda cursor: customers(shop, cursor=cursor, limit=2), shop.join)
    assert seen == [customer.id for customer in await shop.customers()]
    assert len(seen) > 5


async def test_a_walk_through_a_list_that_grows_at_its_beginning_sees_every_old_row_once(shop: Shop) -> None:
    lena = await shop.join()
    stamped = [(await shop.stamp(lena.id)).transaction_id for _ in range(9)]
    seen = await walk(lambda cursor: transactions(shop, lena.id, cursor=cursor, limit=2), lambda: shop.stamp(lena.id))
    assert seen == stamped[::-1]


async def test_a_walk_goes_on_where_it_was_though_rows_are_taken_away(shop: Shop) -> None:
    joined = [(await shop.join()).id for _ in range(6)]
    first = await customers(shop, limit=3)
    for gone in (joined[0], joined[2], joined[3]):
        await shop.erase(gone)
    rest = await customers(shop, cursor=first.pagination.next_cursor, limit=3)
    assert [row.id for row in rest.data] == joined[4:]
    assert rest.pagination.total == 3


async def test_rewards_are_listed_newest_first(shop: Shop) -> None:
    lena, omar = await shop.join(), await shop.join()
    earned = [(await shop.stamp(person.id, 10)).rewards[0].id for person in (lena, omar, lena, omar, lena)]
    assert await walk(lambda cursor: rewards(shop, cursor=cursor, limit=2)) == earned[::-1]
    assert await walk(lambda cursor: rewards(shop, customer=omar.id, cursor=cursor, limit=1)) == [earned[3], earned[1]]


async def test_rewards_are_found_by_their_status_and_a_lapsed_one_counts_as_expired(shop: Shop) -> None:
    bakery = await open_next_door(shop, reward_valid_days=1)
    lena = await bakery.join()
    earned = [await bakery.stamp(lena.id, 10) for _ in range(3)]
    redeemed = await bakery.redeem(lena.id)
    await bakery.void(earned[1].transaction_id)
    open_one = earned[2].rewards[0].id
    found = {status: await rewards(bakery, status) for status in RewardStatus}
    assert {status: [row.id for row in page.data] for status, page in found.items()} == {
        RewardStatus.AVAILABLE: [open_one],
        RewardStatus.REDEEMED: [redeemed.reward.id],
        RewardStatus.VOIDED: [earned[1].rewards[0].id],
        RewardStatus.EXPIRED: [],
    }
    bakery.clock.wait(days=2)
    [lapsed] = (await rewards(bakery, RewardStatus.EXPIRED)).data
    assert (lapsed.id, lapsed.status) == (open_one, RewardStatus.EXPIRED)
    assert (await rewards(bakery, RewardStatus.AVAILABLE)).pagination.total == 0


async def test_pages_end_where_cursors_are_better(shop: Shop) -> None:
    await shop.join()
    assert (await customers(shop, page=DEEPEST // 100, limit=100)).data == []
    with pytest.raises(PageTooDeep, match="cursor"):
        await customers(shop, page=DEEPEST // 100 + 1, limit=100)
    with pytest.raises(PageTooDeep):
        await customers(shop, page=2**31, limit=1)
    deep = await customers(shop, cursor=make_cursor("customers", 10**15), limit=100)
    assert (deep.data, deep.pagination.next_cursor) == ([], None)


async def _walked(listed: Listed) -> list[int]:
    return await walk(lambda cursor: listed(cursor=cursor))


async def test_a_page_far_from_the_start_shows_what_the_walk_shows_there(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bakery = await open_next_door(shop, reward_valid_days=1)
    for number in range(7):
        lena = await bakery.join()
        await bakery.stamp(lena.id, 10)
        bakery.clock.wait(hours=6)
        if number == 3:
            await bakery.redeem(lena.id)
    monkeypatch.setattr(pagination, "FAR", 1)
    lists: list[Listed] = [partial(customers, bakery, limit=2)]
    lists += [partial(rewards, bakery, status=one, limit=2) for one in (None, *RewardStatus)]
    for listed in lists:
        pages = [await listed(page=number) for number in range(1, 6)]
        assert [row.id for page in pages for row in page.data] == await _walked(listed)


async def test_a_cursor_of_another_list_is_not_understood(shop: Shop) -> None:
    lena = await shop.join()
    with pytest.raises(InvalidCursor):
        await transactions(shop, lena.id, cursor=make_cursor("customers", lena.id))
    with pytest.raises(InvalidCursor):
        await customers(shop, cursor="nonsense")


async def test_the_rows_of_another_business_never_show(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    ours = [await shop.join() for _ in range(3)]
    theirs = [await next_door.join() for _ in range(3)]
    for owner, people in ((shop, ours), (next_door, theirs)):
        for person in people:
            await owner.stamp(person.id, 10)
    for owner, people in ((shop, ours), (next_door, theirs)):
        assert [row.id for row in (await customers(owner)).data] == [person.id for person in people]
        assert {row.customer_id for row in (await rewards(owner)).data} == {person.id for person in people}
        assert (await customers(owner)).pagination.total == (await rewards(owner)).pagination.total == 3
    foreign = await customers(next_door, limit=1)
    followed = await walk(lambda cursor: customers(shop, cursor=cursor or foreign.pagination.next_cursor, limit=1))
    assert set(followed) <= {person.id for person in ours}
    with pytest.raises(CustomerNotFound):
        await transactions(shop, theirs[0].id)
    with pytest.raises(CustomerNotFound):
        await rewards(shop, customer=theirs[0].id)
    with pytest.raises(CustomerNotFound):
        await shop.customer(theirs[0].qr_code)


async def test_a_customer_is_shown_with_ten_transactions_and_the_rewards_that_can_be_redeemed(shop: Shop) -> None:
    bakery = await open_next_door(shop, reward_valid_days=1)
    lena = await bakery.join()
    await bakery.stamp(lena.id, 10)
    bakery.clock.wait(days=2)
    stamped = [await bakery.stamp(lena.id, 5) for _ in range(12)]
    redeemed = await bakery.redeem(lena.id)
    recent = [redeemed.transaction_id, *(answer.transaction_id for answer in stamped[:2:-1])]
    earned = [reward.id for answer in stamped for reward in answer.rewards]
    for ref in (lena.id, lena.qr_code):
        look = partial(show_customer, business=bakery.business, ref=ref, now=bakery.clock.now)
        shown = await bakery.database.read(look)
        assert [row.id for row in shown.recent_transactions] == recent
        assert [row.id for row in shown.rewards] == earned[1:], "not the lapsed one, nor the one handed out"
        assert shown.version == redeemed.customer.version
