"""Spans of a ledger: a period has the same entries with them and without, page by page."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from msgspec.structs import replace

from loyalty_app.customers import ledger_spans, ledger_times
from loyalty_app.customers.ledger_times import CLOCKS
from loyalty_app.customers.transactions import LedgerSearch, list_ledger
from loyalty_app.pagination import PageRequest
from loyalty_app.upkeep import span_keeping as keeping
from loyalty_core.ledger import EntryType
from testkit.shop import Shop, open_next_door
from testkit.timed_ledgers import Booked, generate, write
from tests.app.spanned_ledgers import DAY, ENTRIES, agrees, filled, forget, kept, make, pages, plainly, stretch


@pytest.fixture(autouse=True)
def _a_large_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every shop is a large one, and a span has a few entries."""
    monkeypatch.setattr(keeping, "SMALL_SHOP", 0)
    monkeypatch.setattr(ledger_spans, "ENTRIES", ENTRIES)


async def booked_at(shop: Shop, times: Sequence[datetime], monkeypatch: pytest.MonkeyPatch) -> list[Booked]:
    """A ledger with entries of these times, in this order, and a span for each."""
    monkeypatch.setattr(ledger_spans, "ENTRIES", 1)
    lena = await shop.join()
    ledger = [Booked(number, at, at, lena.id, EntryType.STAMP, None) for number, at in enumerate(times, 1)]
    await write(shop, ledger)
    assert await make(shop) == len(times)
    return ledger


@pytest.mark.parametrize("seed", range(4))
async def test_a_period_has_the_entries_of_its_time_whatever_spans_there_are(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = Random(seed)
    monkeypatch.setattr(ledger_times, "MOST_STRAGGLERS", dice.choice((500, 500, 3)))
    late = dice.choice((0.0, 0.02, 0.1, 0.5))
    neighbour = await open_next_door(shop)
    mine, theirs = await filled(shop, seed, late=late), await filled(neighbour, seed + 100)
    assert await agrees(shop, dice, mine), "without spans"
    assert await make(shop) > 20
    assert await agrees(shop, dice, mine)
    assert await agrees(neighbour, dice, theirs)
    await forget(shop, dice.choice(await kept(shop))[0])
    assert await agrees(shop, dice, mine), "with some of them"
    await shop.erase(mine[0].customer_id)
    assert len(await pages(shop, LedgerSearch(), 100)) == 2
    assert await agrees(shop, dice, mine), "when somebody was erased"


async def test_an_entry_that_is_an_hour_behind_is_found_to_the_microsecond(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    least = timedelta(microseconds=1)
    begin, hour = shop.clock.now - 30 * DAY, timedelta(hours=1)
    times = [begin, begin - hour, begin - hour - least, begin - hour + least, begin - 2 * hour, begin + 9 * DAY]
    ledger = await booked_at(shop, times, monkeypatch)
    for moment in times:
        for until in (moment - least, moment, moment + least):
            for since in (None, until - least, until - hour):
                search = LedgerSearch(since=since, until=until)
                assert (await pages(shop, search, 50))[0] == plainly(ledger, search), search


async def test_a_late_stamp_that_was_booked_once_a_clock_was_ahead_for_days_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    least = timedelta(microseconds=1)
    begin = shop.clock.now - 60 * DAY
    times = [*(begin - DAY * ago for ago in (30, 8, 1)), begin + 7 * DAY, begin - 7 * DAY, begin, begin + 20 * DAY]
    ledger = await booked_at(shop, times, monkeypatch)
    for until in (begin - 6 * DAY, begin, begin + 6 * DAY, begin + 7 * DAY + least, begin + 8 * DAY):
        for since in (None, until - least, until - 9 * DAY, begin - 7 * DAY):
            search = LedgerSearch(since=since, until=until)
            assert (await pages(shop, search, 50))[0] == plainly(ledger, search), search


async def test_a_clock_that_was_a_year_ahead_once_does_not_make_each_day_begin_there(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = shop.clock.now - 60 * DAY
    times = [begin, begin + 365 * DAY, *(begin + DAY * day for day in range(50))]
    ledger = await booked_at(shop, times, monkeypatch)
    for until in (None, begin + 41 * DAY):
        assert (await stretch(shop, begin + 40 * DAY, until)).first == 29
    search = LedgerSearch(since=begin + 40 * DAY, until=begin + 45 * DAY)
    assert (await pages(shop, search, 50))[0] == plainly(ledger, search)


async def test_a_page_far_from_the_start_of_a_period_has_what_a_walk_has_there(shop: Shop) -> None:
    ledger = await filled(shop, 1, entries=3_000)
    await make(shop)
    search = LedgerSearch(until=shop.clock.now - 20 * DAY)
    wanted = PageRequest(page=15, limit=80)
    page = await shop.database.read(lambda c: list_ledger(c, shop.business.id, search, wanted=wanted))
    assert [one.id for one in page.data] == plainly(ledger, search)[14 * 80 : 15 * 80]
    assert page.data


async def test_a_day_long_ago_is_looked_for_among_its_own_entries_and_the_stragglers_behind(shop: Shop) -> None:
    ledger = await filled(shop, 2, entries=4_000, late=0.05)
    since = shop.clock.now - 25 * DAY
    until = since + DAY
    widely = await stretch(shop, since, until)
    await make(shop)
    closely = await stretch(shop, since, until)
    assert widely.first is not None
    assert widely.end is not None
    assert closely.first is not None
    assert closely.end is not None
    read = [one for one in ledger if closely.first <= one.id < closely.end]
    assert len(read) < len([one for one in ledger if widely.first <= one.id < widely.end]) / 5
    near = [one for one in ledger if since - 2 * CLOCKS < one.booked_at < until + 2 * CLOCKS]
    assert len(read) <= len(near) + 2 * ENTRIES
    behind = {one.id for one in ledger if one.id >= closely.end and since <= one.occurred_at < until}
    assert set(closely.stragglers) == behind != set()


async def test_very_many_stragglers_are_not_looked_up_one_by_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(shop, 3, entries=2_000, late=0.5)
    await make(shop)
    until = shop.clock.now - 25 * DAY
    behind = len((await stretch(shop, None, until)).stragglers)
    assert behind > 3
    for most, expected in ((behind, behind), (behind - 1, 0)):
        monkeypatch.setattr(ledger_times, "MOST_STRAGGLERS", most)
        assert len((await stretch(shop, None, until)).stragglers) == expected


async def test_a_day_of_last_week_is_read_with_what_is_in_no_span_yet(shop: Shop) -> None:
    ledger = await filled(shop, 22, entries=4_000, late=0.05)
    until = shop.clock.now - 3 * DAY
    widely = await stretch(shop, until - DAY, until)
    await make(shop)
    shop.clock.now += DAY
    today = generate(Random(23), end=shop.clock.now, entries=50, customers=[ledger[0].customer_id], late=0.5, days=1)
    ledger += [replace(one, id=ledger[-1].id + one.id) for one in today]
    await write(shop, ledger[-50:])
    await make(shop)
    closely = await stretch(shop, until - DAY, until)
    assert closely.tail is not None
    assert widely.first is not None
    assert closely.first is not None
    assert closely.end is not None
    assert (await kept(shop))[-1][1] == closely.tail[0]
    read = [
        one for one in ledger if closely.first <= one.id < closely.end or closely.tail[0] <= one.id < closely.tail[1]
    ]
    assert len(read) < len([one for one in ledger if one.id >= widely.first]) / 5
    search = LedgerSearch(since=until - DAY, until=until)
    assert (await pages(shop, search, 50))[0] == plainly(ledger, search)


async def test_a_late_stamp_of_which_there_are_spans_already_is_found(shop: Shop) -> None:
    await filled(shop, 6)
    await make(shop)
    lena = await shop.join()
    given_at = shop.clock.now - timedelta(days=6, hours=23)
    booked = (await shop.stamp(lena.id, occurred_at=given_at)).transaction_id
    for days in (0, 9, 30):
        shop.clock.wait(days=days)
        await make(shop)
        assert booked in (await pages(shop, LedgerSearch(since=given_at, until=given_at + CLOCKS), 50))[0]
