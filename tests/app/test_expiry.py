"""Expiry: a reward whose time is over is booked as expired, once."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection

from loyalty_app.counter import Caller, Counter
from loyalty_app.counter.answers import Answer
from loyalty_app.counter.orders import CustomerRef
from loyalty_app.customers.analytics import read_summary
from loyalty_app.customers.card_pictures import read_card
from loyalty_app.customers.lists import Search, list_customers, show_customer
from loyalty_app.customers.personal_data import show_data
from loyalty_app.db import tables
from loyalty_app.pagination import PageRequest
from loyalty_app.upkeep.expiry import Unbooked, book_expired, until_next
from loyalty_core.errors import Busy, NoRewardAvailable, RewardExpired
from loyalty_core.ledger import ActorType, EntryType
from loyalty_core.outcomes import Expired
from loyalty_core.rewards import RewardStatus
from loyalty_core.views import CustomerView
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_in_same_shard, open_next_door

DAYS = 7


@pytest.fixture
async def bakery(shop: Shop) -> Shop:
    """A shop in Kolkata whose rewards are good for the day they are earned and seven more."""
    return await open_next_door(shop, timezone="Asia/Kolkata", reward_valid_days=DAYS)


async def book(shop: Shop) -> int:
    return await book_expired(shop.database, shop.counter, shop.clock.now)


async def test_a_reward_lapses_at_the_end_of_its_last_local_day_and_not_before(bakery: Shop) -> None:
    lena = await bakery.join()
    await bakery.stamp(lena.id, 10)
    [reward] = await bakery.rewards()
    assert reward.expires_at is not None
    assert reward.expires_at.isoformat() == "2026-03-09T18:30:00+00:00", "midnight in Kolkata, eight days later"
    bakery.clock.now = reward.expires_at - timedelta(microseconds=1)
    assert await book(bakery) == 0
    bakery.clock.now = reward.expires_at
    assert await book(bakery) == 1
    assert [reward.status for reward in await bakery.rewards()] == [RewardStatus.EXPIRED]


async def test_what_is_over_is_booked_once_with_totals_and_an_entry(bakery: Shop) -> None:
    lena = await bakery.join()
    for _ in range(3):
        await bakery.stamp(lena.id, 10)
    await bakery.redeem(lena.id)
    bakery.clock.wait(days=DAYS + 1)
    assert [await book(bakery), await book(bakery)] == [2, 0]
    booked = [entry for entry in await bakery.ledger() if entry.type is EntryType.EXPIRE]
    assert [(entry.actor.type, entry.stamps) for entry in booked] == [(ActorType.SYSTEM, 0)] * 2
    assert await bakery.totals() == (1, 0)
    assert sum(row.rewards_expired for row in await bakery.rows(tables.daily_total)) == 2
    assert (await bakery.customer(lena.id)).card.rewards_available == 0
    await assert_books_balance(bakery)


async def test_two_processes_that_book_at_once_book_once(bakery: Shop, twin: Shop) -> None:
    people = [await bakery.join() for _ in range(5)]
    for lena in people:
        await bakery.stamp(lena.id, 10)
    bakery.clock.wait(days=DAYS + 1)
    await asyncio.gather(book(bakery), book(bakery), book(twin))
    booked = [entry.reward_id for entry in await bakery.ledger() if entry.type is EntryType.EXPIRE]
    assert sorted(filter(None, booked)) == [reward.id for reward in await bakery.rewards()]
    await assert_books_balance(bakery)


async def test_a_reward_is_expired_for_whoever_comes_too_late_booked_or_not(bakery: Shop) -> None:
    lena = await bakery.join()
    reward = (await bakery.stamp(lena.id, 10)).rewards[0].id
    bakery.clock.wait(days=DAYS + 1)
    for _ in range(2):
        with pytest.raises(RewardExpired):
            await bakery.redeem(lena.id, reward)
        await book(bakery)


async def test_a_reward_without_an_end_never_lapses(shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id, 10)
    shop.clock.wait(days=36_500)
    assert await book(shop) == 0


async def test_a_reward_of_an_expired_entry_that_is_undone_is_not_owed_again(bakery: Shop) -> None:
    lena = await bakery.join()
    earning = await bakery.stamp(lena.id, 10)
    bakery.clock.wait(days=DAYS + 1)
    await book(bakery)
    await bakery.void(earning.transaction_id)
    assert await bakery.totals() == (1, 0)
    await assert_books_balance(bakery)


async def test_more_than_are_booked_at_once_are_booked_in_turns(bakery: Shop) -> None:
    lena = await bakery.join()
    for _ in range(3):
        await bakery.stamp(lena.id, 10)
    bakery.clock.wait(days=DAYS + 1)
    booked = [await book_expired(bakery.database, bakery.counter, bakery.clock.now, at_once=2) for _ in range(3)]
    assert booked == [2, 1, 0]


def counted(connection: Connection, shop: Shop, customer: CustomerView, now: datetime) -> set[int]:
    """How many rewards a customer has at a moment, wherever it is shown."""
    wanted, own = PageRequest(), shop.business
    details = show_customer(connection, own, customer.id, now=now)
    searches = (Search(), Search(q=customer.name))
    lists = [list_customers(connection, own, search, wanted=wanted, now=now) for search in searches]
    return {
        details.rewards_available,
        len(details.rewards),
        read_card(connection, own.id, customer.id, now=now).rewards_available,
        read_summary(connection, own, days=1, now=now).rewards.outstanding,
        *(one.rewards_available for page in lists for one in page.data),
    }


class BusyShop(Counter):
    """A counter at which one shop is always busy."""

    def __init__(self, counter: Counter, shop: int) -> None:
        self._counter, self._shop = counter, shop

    async def expire(self, caller: Caller, customer: CustomerRef, reward_id: int) -> Answer[Expired | None]:
        if caller.business.id == self._shop:
            raise Busy
        return await self._counter.expire(caller, customer, reward_id)


async def test_a_shop_that_is_busy_keeps_no_other_waiting_and_is_asked_once_in_a_run(bakery: Shop) -> None:
    cafe = await open_in_same_shard(bakery, reward_valid_days=1)  # so many at once are booked of a shard
    for shop in (cafe, bakery):
        lena = await shop.join()
        for _ in range(3):
            await shop.stamp(lena.id, 10)
    at_once, left, counter = 3, Unbooked(), BusyShop(bakery.counter, cafe.business.id)
    now = bakery.clock.now + timedelta(days=DAYS + 2)
    assert await book_expired(bakery.database, bakery.counter, now, at_once=3, unbooked=left) == 3
    assert len(left.rewards) == 3, "the counter's clock is behind"
    bakery.clock.now, left = now, Unbooked()
    due = [await book_expired(bakery.database, counter, now, at_once=at_once, unbooked=left) for _ in range(3)]
    assert due == [3, 3, 0]
    assert {reward.status for reward in await bakery.rewards()} == {RewardStatus.EXPIRED}
    assert {reward.status for reward in await cafe.rewards()} == {RewardStatus.AVAILABLE}
    assert await book_expired(bakery.database, bakery.counter, now) == 3


async def test_an_expired_reward_counts_by_time_before_it_is_booked(bakery: Shop) -> None:
    lena = await bakery.join()
    await bakery.stamp(lena.id, 10)
    await bakery.stamp(lena.id, 10)
    [first, _] = await bakery.rewards()
    assert first.expires_at is not None
    for now, wanted in ((first.expires_at - timedelta(microseconds=1), 2), (first.expires_at, 0)):
        assert await bakery.database.read(partial(counted, shop=bakery, customer=lena, now=now)) == {wanted}
        own = await show_data(bakery.database, bakery.business.id, lena.id, now=now)
        assert own.card.rewards_available == wanted


async def test_who_comes_too_late_is_told_when_the_reward_ended(bakery: Shop) -> None:
    lena = await bakery.join()
    await bakery.stamp(lena.id, 10)
    bakery.clock.wait(days=DAYS + 1)
    for _ in range(2):  # before it is booked, and after
        with pytest.raises(NoRewardAvailable, match="could be redeemed until 2026-03-10 00:00"):
            await bakery.redeem(lena.id)
        await book(bakery)


async def test_a_reward_that_ends_between_two_runs_is_booked_at_its_moment(bakery: Shop) -> None:
    lena = await bakery.join()
    await bakery.stamp(lena.id, 10)
    [reward] = await bakery.rewards()
    assert reward.expires_at is not None
    for seconds, wanted in ((31, []), (30, [30]), (0.5, [0.5]), (0, [])):
        now = reward.expires_at - timedelta(seconds=seconds)
        assert await bakery.database.read(partial(until_next, now=now)) == wanted
