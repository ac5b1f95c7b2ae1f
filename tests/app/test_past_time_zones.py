"""A shop that changes its time zone: days that were booked stay what they were, and the books go on to balance."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_app.chat.card_queue import repaint
from loyalty_app.customers.proof import Proof
from loyalty_app.shops.businesses import BusinessChange, change_business
from loyalty_app.shops.time_zones import TAKES_EFFECT, past_after, zone_of
from loyalty_core.fields import BusinessId
from testkit.audit import assert_books_balance
from testkit.shop import Shop

ZONES = ("UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata")
SOME = st.sampled_from([*ZONES, "Europe/Berlin", "Pacific/Apia"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds it


async def moved(shop: Shop, zone: str) -> Shop:
    change = BusinessChange(timezone=zone)
    business = await change_business(
        shop.database, BusinessId(shop.business.id), change, now=shop.clock.now, repaint=repaint
    )
    return Shop(shop.database, business, shop.clock, shop.counter)


async def test_after_each_change_every_figure_agrees_with_the_ledger(shop: Shop) -> None:
    lena, first = await shop.join("Lena"), shop
    given = []
    for zone in (*ZONES, "UTC"):
        shop = await moved(shop, zone)
        for _ in range(4):
            shop.clock.wait(hours=5)
            given.append((await shop.stamp(lena.id, 3)).transaction_id)
        await shop.join("Mira")
    await shop.void(given[2])  # booked two zones ago
    await assert_books_balance(shop)
    proof = Proof(shop.business)
    await shop.database.read(proof.run)
    assert proof.differences == []
    assert [zone for _, zone in zone_history(shop)] == list(ZONES)
    assert first.business.past_timezones is None


def zone_history(shop: Shop) -> list[tuple[datetime, str]]:
    text = shop.business.past_timezones
    assert text is not None
    return [(datetime.fromisoformat(until), zone) for until, zone in json.loads(text)]


async def test_a_stamp_at_the_very_moment_of_the_change_is_booked_on_the_day_that_the_proof_finds(shop: Shop) -> None:
    """A process may still know the old zone for a moment: it counts until the change takes effect."""
    lena = await shop.join()
    shop.clock.wait(hours=10)
    after = await moved(shop, "Pacific/Kiritimati")
    for seconds in (0, 14, 2, 60):
        shop.clock.wait(seconds=seconds)
        await after.stamp(lena.id)
    proof = Proof(after.business)
    await after.database.read(proof.run)
    assert proof.differences == []


async def test_the_same_zone_again_changes_nothing(shop: Shop) -> None:
    assert (await moved(shop, shop.business.timezone)).business.past_timezones is None


@given(SOME, SOME, MOMENTS, MOMENTS)
def test_a_moment_has_the_day_of_the_zone_of_its_own_time_and_comes_back(
    old: str, new: str, change: datetime, moment: datetime
) -> None:
    zone = zone_of(new, past_after(old, None, now=change))
    local = moment.astimezone(zone)
    counts = old if moment < change + TAKES_EFFECT else new
    assert local.replace(tzinfo=None) == moment.astimezone(ZoneInfo(counts)).replace(tzinfo=None)
    assert local.astimezone(UTC) == moment
    assert local == moment
    assert change.astimezone(local.tzinfo).date() == change.astimezone(zone).date()


@pytest.mark.parametrize("zone", ZONES)
def test_a_shop_that_never_moved_has_the_zone_itself(zone: str) -> None:
    assert zone_of(zone, None) == ZoneInfo(zone)
    assert str(zone_of(zone, past_after("UTC", None, now=datetime.now(UTC) - timedelta(days=1)))) == zone
