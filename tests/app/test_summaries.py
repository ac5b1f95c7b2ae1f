"""Summaries over the database: days are days of the shop, and what was undone is taken off its own day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import astuple

from loyalty_app.customers.analytics import read_summary
from loyalty_core.analytics import Summary
from loyalty_core.errors import InvalidRequest
from testkit.shop import Shop, open_next_door


async def summary(shop: Shop, days: int = 3) -> Summary:
    return await shop.database.read(lambda c: read_summary(c, shop.business, days=days, now=shop.clock.now))


def daily(found: Summary) -> dict[date, tuple[int, int]]:
    """Visits and stamps of each day."""
    return {day.date: (day.visits, day.stamps) for day in found.daily}


async def test_a_day_ends_at_midnight_in_kolkata(shop: Shop) -> None:
    shop.clock.now = datetime(2026, 3, 1, 18, 29, tzinfo=UTC)
    bakery = await open_next_door(shop, timezone="Asia/Kolkata")
    lena = await bakery.join()
    await bakery.stamp(lena.id, 2)
    bakery.clock.wait(minutes=1)
    late = await bakery.stamp(lena.id, 3)
    found = await summary(bakery)
    assert (found.period.first, found.period.last) == (date(2026, 2, 28), date(2026, 3, 2))
    assert found.period.timezone == "Asia/Kolkata"
    assert daily(found) == {date(2026, 2, 28): (0, 0), date(2026, 3, 1): (1, 2), date(2026, 3, 2): (1, 3)}
    bakery.clock.wait(days=1)
    await bakery.void(late.transaction_id)
    assert daily(await summary(bakery))[date(2026, 3, 2)] == (0, 0), "taken off the day on which it was given"


async def test_the_short_and_the_long_day_of_summer_time_are_days_too(shop: Shop) -> None:
    for midnight, hours in ((datetime(2026, 3, 8, 5, tzinfo=UTC), 23), (datetime(2026, 11, 1, 4, tzinfo=UTC), 25)):
        shop.clock.now = midnight
        bakery = await open_next_door(shop, timezone="America/New_York")
        lena = await bakery.join()
        await bakery.stamp(lena.id, 1)
        bakery.clock.wait(hours=hours, seconds=-1)
        last = await bakery.stamp(lena.id, 2)
        bakery.clock.wait(seconds=1)
        await bakery.stamp(lena.id, 4)
        today = midnight.date()
        assert daily(await summary(bakery, days=2)) == {today: (2, 3), today.replace(day=today.day + 1): (1, 4)}
        await bakery.void(last.transaction_id)
        assert daily(await summary(bakery, days=2))[today] == (1, 1)


async def test_a_summary_counts_people_stamps_and_rewards(shop: Shop) -> None:
    lena, omar, mina = [await shop.join() for _ in range(3)]
    await shop.stamp(lena.id, 10)
    await shop.stamp(lena.id, 10)
    await shop.redeem(lena.id)
    await shop.void((await shop.stamp(omar.id, 2)).transaction_id)
    await shop.stamp(mina.id, 1)
    await shop.erase((await shop.join()).id)
    found = await summary(shop)
    assert (found.customers.total, found.customers.new) == (3, 3)
    assert (found.customers.active, found.customers.returning) == (2, 1)
    assert (found.visits, found.stamps.added, found.stamps.voided) == (3, 23, 2)
    assert (found.rewards.earned, found.rewards.redeemed, found.rewards.outstanding) == (2, 1, 1)
    assert found.rewards.redemption_rate == 0.5


async def test_what_lies_before_the_period_is_left_out(shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id, 2)
    shop.clock.wait(days=3)
    found = await summary(shop, days=3)
    assert (found.visits, found.customers.new, found.customers.active, found.customers.total) == (0, 0, 0, 1)
    assert (await summary(shop, days=4)).visits == 1


async def test_a_day_that_is_kept_ahead_of_the_clock_adds_nobody_but_who_was_here(shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id, 10)
    yesterday = shop.clock.now - timedelta(days=1)
    found = await shop.database.read(lambda c: read_summary(c, shop.business, days=3, now=yesterday))
    assert (found.visits, found.customers.new, found.rewards.earned) == (0, 0, 0)
    assert (found.customers.active, found.customers.total, found.rewards.outstanding) == (1, 1, 1)


async def test_another_business_is_another_summary(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await next_door.stamp((await next_door.join()).id, 10)
    found = await summary(shop)
    assert (found.visits, found.customers.total, found.rewards.outstanding) == (0, 0, 0)


async def test_a_summary_has_a_day_at_least_and_a_year_at_most(shop: Shop) -> None:
    for days in (0, 366):
        with pytest.raises(InvalidRequest, match="days"):
            await summary(shop, days=days)
    assert len((await summary(shop, days=365)).daily) == 365


async def test_who_was_erased_is_in_no_figure_of_customers_and_what_they_did_stays(shop: Shop) -> None:
    berlin = await open_next_door(shop, timezone="Europe/Berlin")
    lena, omar = await berlin.join("Lena"), await berlin.join("Omar")
    for number in (lena.id, omar.id):
        await berlin.stamp(number, 10)
    shop.clock.wait(days=3)
    await berlin.stamp(lena.id)
    await berlin.redeem(omar.id)
    await berlin.erase(lena.id)
    for days, came, visits in ((1, 0, 1), (5, 1, 3), (365, 1, 3)):
        seen = await summary(berlin, days)
        assert astuple(seen.customers) == (1, came, came, 0)
        assert sum(day.new_customers for day in seen.daily) == came
        assert seen.visits == visits
    await berlin.erase(omar.id)
    seen = await summary(berlin, 5)
    assert astuple(seen.customers) == (0, 0, 0, 0)
    assert (seen.visits, seen.rewards.earned, seen.rewards.redeemed, seen.rewards.outstanding) == (3, 2, 1, 0)
