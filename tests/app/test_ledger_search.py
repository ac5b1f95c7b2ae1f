"""The ledger of a shop, searched: by order, type, customer, branch and time, on a clock that is not quite right."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, update

from loyalty_app.customers.ledger_times import first_entry_since
from loyalty_app.customers.transactions import LedgerSearch, list_ledger, read_transaction
from loyalty_app.db.tables import transaction
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.workplaces import add_branch
from loyalty_core.errors import TransactionNotFound
from loyalty_core.fields import BusinessId, TransactionId
from loyalty_core.ledger import EntryType
from testkit.shop import Shop, open_next_door
from testkit.timed_ledgers import Booked, write

HOUR = timedelta(hours=1)


async def found(shop: Shop, wanted: PageRequest | None = None, **search: object) -> list[int]:
    """The ids of the entries that a search finds."""
    asked, wanted = replace(LedgerSearch(), **search), wanted or PageRequest()
    page = await shop.database.read(lambda c: list_ledger(c, shop.business.id, asked, wanted=wanted))
    assert page.pagination.total == len(page.data)
    return [entry.id for entry in page.data]


async def some_days(shop: Shop, days: int = 7) -> list[tuple[int, datetime]]:
    """A stamp each day, with its time; another shop of the same database is open as well."""
    neighbour = await open_next_door(shop)
    lena, omar = (await shop.join()).id, (await neighbour.join()).id
    entries = []
    for _ in range(days):
        entries.append(((await shop.stamp(lena)).transaction_id, shop.clock.now))
        await neighbour.stamp(omar)
        shop.clock.wait(days=1)
    return entries


async def test_the_ledger_of_a_shop_is_listed_the_newest_first_and_no_other_s(shop: Shop) -> None:
    entries = await some_days(shop)
    assert await found(shop) == [number for number, _ in reversed(entries)]


async def test_a_period_begins_at_since_and_ends_before_until(shop: Shop) -> None:
    entries = await some_days(shop)
    for since in range(7):
        for until in range(since, 7):
            expected = [number for number, _ in reversed(entries[since:until])]
            assert await found(shop, since=entries[since][1], until=entries[until][1]) == expected
    second = timedelta(seconds=1)
    assert await found(shop, since=entries[-1][1] + second) == []
    assert await found(shop, until=entries[0][1]) == []
    assert len(await found(shop, since=entries[0][1] - HOUR * 9_999)) == 7


async def test_an_entry_that_was_booked_a_week_late_on_a_clock_that_was_wrong_is_found(shop: Shop) -> None:
    entries = await some_days(shop, days=20)
    late = timedelta(days=7, hours=1) - timedelta(seconds=1)
    wrong = [at - late if place % 2 else at for place, (_, at) in enumerate(entries)]

    def change(connection: Connection) -> None:
        for (number, _), at in zip(entries, wrong, strict=True):
            connection.execute(update(transaction).where(transaction.c.id == number).values(occurred_at=at))

    await shop.database.write(change)
    for moment in wrong:
        for step in (timedelta(0), timedelta(seconds=1), timedelta(seconds=-1)):
            later = {number for (number, _), at in zip(entries, wrong, strict=True) if at >= moment + step}
            assert set(await found(shop, since=moment + step)) == later
            assert set(await found(shop, until=moment + step)) == {number for number, _ in entries} - later


async def test_no_second_of_the_week_and_the_hour_is_missed(shop: Shop) -> None:
    lena, second, at = (await shop.join()).id, timedelta(seconds=1), shop.clock.now
    late = at - timedelta(days=7, hours=1) + second
    times = {1: at - timedelta(days=30), 5: at, 8: late}  # the search for a moment looks at the fifth id first
    await write(shop, [Booked(number, at, one, lena, EntryType.STAMP, None) for number, one in times.items()])
    assert await found(shop, since=at) == [5]
    assert await found(shop, since=late) == [8, 5]
    assert await found(shop, until=late + second) == [8, 1]


async def test_a_stamp_that_was_booked_late_is_found_by_the_time_at_which_it_was_given(shop: Shop) -> None:
    entries = await some_days(shop)
    given_at = shop.clock.now - timedelta(days=6, hours=23)
    lena = (await shop.customers())[0].id
    booked = (await shop.stamp(lena, occurred_at=given_at)).transaction_id
    later = {number for number, _ in entries[1:]}
    assert set(await found(shop, since=given_at)) == {booked, *later}
    assert set(await found(shop, since=entries[1][1])) == later
    assert booked in await found(shop, since=given_at, until=given_at + timedelta(seconds=1))
    assert booked not in await found(shop, since=given_at + timedelta(seconds=1))


async def test_a_shop_without_entries_has_none_since_ever(shop: Shop) -> None:
    since = shop.clock.now
    assert await shop.database.read(lambda c: first_entry_since(c, shop.business.id, since)) == 0
    assert await found(shop, since=since) == []


async def test_an_order_is_found_with_all_that_was_stamped_for_it_undone_or_not(shop: Shop) -> None:
    lena = (await shop.join()).id
    await shop.stamp(lena, order_ref="other")
    undone = (await shop.stamp(lena, order_ref="till-1-000123")).transaction_id
    await shop.void(undone)
    stands = (await shop.stamp(lena, order_ref="till-1-000123")).transaction_id
    assert await found(shop, order_ref="till-1-000123") == [stands, undone]
    assert await found(shop, order_ref="till-1") == []
    assert await found(shop, order_ref="till-1-000123", type=EntryType.REDEEM) == []


async def test_an_order_is_found_however_it_is_written(shop: Shop) -> None:
    lena = (await shop.join()).id
    stamped = (await shop.stamp(lena, order_ref="caf\u00e9 7")).transaction_id
    for written in ("caf\u00e9 7", "cafe\u0301 7", " caf\u00e9 7 "):
        assert await found(shop, order_ref=written) == [stamped]
    decomposed = (await shop.stamp(lena, order_ref="cafe\u0301 8")).transaction_id
    assert await found(shop, order_ref="caf\u00e9 8") == [decomposed]
    older = update(transaction).where(transaction.c.id == stamped).values(order_ref="cafe\u0301 7")
    await shop.database.write(lambda c: c.execute(older).close())
    assert await found(shop, order_ref="cafe\u0301 7") == [stamped], "as an older release stored it"


async def test_types_customers_and_branches_choose_and_go_together(shop: Shop) -> None:
    branch = (await add_branch(shop.database, shop.business.id, name="At the station", now=shop.clock.now)).id
    lena, omar = (await shop.join()).id, (await shop.join()).id
    first = (await shop.stamp(lena, 10)).transaction_id
    here = (await shop.stamp(lena, branch_id=branch)).transaction_id
    his = (await shop.stamp(omar, branch_id=branch)).transaction_id
    redeemed = (await shop.redeem(lena)).transaction_id
    assert await found(shop, type=EntryType.STAMP) == [his, here, first]
    assert await found(shop, type=EntryType.REDEEM) == [redeemed]
    assert await found(shop, type=EntryType.IMPORT) == []
    assert await found(shop, customer=lena) == [redeemed, here, first]
    assert await found(shop, branch_id=branch) == [his, here]
    assert await found(shop, branch_id=branch, customer=lena, type=EntryType.STAMP) == [here]
    assert await found(shop, branch_id=branch + 1) == []


async def test_an_entry_is_read_by_its_id_in_its_own_shop_only(shop: Shop) -> None:
    [(number, at)] = await some_days(shop, days=1)
    business_id = shop.business.id
    entry = await shop.database.read(lambda c: read_transaction(c, business_id, TransactionId(number)))
    assert (entry.id, entry.occurred_at) == (number, at)
    with pytest.raises(TransactionNotFound):
        await shop.database.read(lambda c: read_transaction(c, BusinessId(business_id + 1), TransactionId(number)))
