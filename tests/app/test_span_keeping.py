"""Span keeping: spans are made of what stays as it is, once, and follow each other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from loyalty_app.customers import ledger_spans
from loyalty_app.customers.ledger_times import CLOCKS, DISORDER
from loyalty_app.db.tables import business, ledger_height, straggler, transaction
from loyalty_app.shops.closing import close_shop
from loyalty_app.upkeep import span_keeping as keeping
from loyalty_app.upkeep.periodic import Stop
from loyalty_core.ledger import EntryType
from testkit.shop import Shop, open_next_door
from testkit.timed_ledgers import Booked, generate, write
from tests.app.spanned_ledgers import (
    DAY,
    ENTRIES,
    agrees,
    filled,
    forget,
    kept,
    make,
)


@pytest.fixture(autouse=True)
def _a_large_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every shop is a large one, and a span has a few entries."""
    monkeypatch.setattr(keeping, "SMALL_SHOP", 0)
    monkeypatch.setattr(ledger_spans, "ENTRIES", ENTRIES)


async def meanwhile(shop: Shop, monkeypatch: pytest.MonkeyPatch, what: Callable[[], Awaitable[object]]) -> int:
    """Make spans, with something that happens once the first was read; how many were written."""
    write = keeping._Keeper._write  # noqa: SLF001  # in the midst of it

    async def write_late(keeper: Any, work: Any) -> bool:  # noqa: ANN401  # it is private
        if work.func == keeper._keep_one:  # noqa: SLF001  # the same
            monkeypatch.setattr(keeping._Keeper, "_write", write)  # noqa: SLF001  # the same
            await what()
        return await write(keeper, work)

    monkeypatch.setattr(keeping._Keeper, "_write", write_late)  # noqa: SLF001  # the same
    return await make(shop)


async def test_spans_follow_each_other_without_a_gap_and_end_where_entries_are_a_day_old(shop: Shop) -> None:
    ledger = await filled(shop, 4, late=0.3)
    made = await make(shop)
    spans = await kept(shop)
    assert len(spans) == made > 20
    assert [spans[0][0], *(end for _, end, _ in spans[:-1])] == [0, *(first for first, _, _ in spans[1:])]
    for first, end, reached in spans:
        assert len([one for one in ledger if first <= one.id < end]) == ENTRIES
        assert reached == max(one.occurred_at for one in ledger if one.id < end)


async def test_entries_that_were_booked_within_a_day_are_in_no_span_however_early_they_happened(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_spans, "ENTRIES", 1)
    lena, hour = await shop.join(), timedelta(hours=1)
    booked = [shop.clock.now - (50 - number) * hour for number in range(50)]
    entries = [(number, at, at - 7 * DAY) for number, at in enumerate(booked, 1)]
    await write(shop, [Booked(*one, lena.id, EntryType.STAMP, None) for one in entries])
    await make(shop)
    assert [end - 1 for _, end, _ in await kept(shop)] == [
        n for n, at, _ in entries if at < shop.clock.now - DAY - hour
    ]


async def test_a_day_after_the_height_of_a_ledger_was_noted_all_up_to_it_is_in_spans(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_spans, "ENTRIES", 1)
    ledger = await filled(shop, 19, entries=100)
    height, hour = ledger[-1].id, timedelta(hours=1)
    await make(shop)
    shop.clock.now += hour / 2
    later = generate(Random(20), end=shop.clock.now, entries=3, customers=[ledger[0].customer_id], late=0, days=1)
    await write(shop, [replace(one, id=height + one.id) for one in later])
    await make(shop)
    for passed in (23 * hour, hour / 2 - timedelta(seconds=1)):
        shop.clock.now += passed
        await make(shop)
        assert (await kept(shop))[-1][1] <= height
    shop.clock.now += timedelta(seconds=1)
    await make(shop)
    assert (await kept(shop))[-1][1] == height + 1
    shop.clock.now += hour / 2
    await make(shop)
    assert (await kept(shop))[-1][1] == height + 1, "within an hour none was noted again"
    shop.clock.now += 2 * DAY
    await make(shop)
    assert len(await kept(shop)) == 103


async def test_heights_that_tell_nothing_any_more_are_forgotten(shop: Shop) -> None:
    await filled(shop, 21)
    for _ in range(60):
        await make(shop)
        shop.clock.now += timedelta(hours=1)
    await make(shop)
    noted = await shop.database.read(lambda c: c.scalars(select(ledger_height.c.noted_at)).all())
    assert min(noted) == shop.clock.now - DAY
    assert len(noted) == 25


async def test_a_span_is_made_once_and_the_next_when_its_entries_are_old_enough(shop: Shop) -> None:
    ledger = await filled(shop, 5)
    made = await make(shop)
    spans = await kept(shop)
    assert await make(shop) == 0
    shop.clock.wait(days=3)
    assert await make(shop) > 0
    assert (await kept(shop))[:made] == spans
    shop.clock.wait(days=30)
    await make(shop)
    assert len(await kept(shop)) == len(ledger) // ENTRIES, "what fills no span waits"


async def test_who_is_asked_to_stop_goes_on_there_the_next_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(shop, 7)
    stop, keep = Stop(), ledger_spans.keep_span

    def keep_and_stop(*given: Any) -> bool:  # noqa: ANN401  # what `keep_span` takes
        stop.ask()
        return keep(*given)

    monkeypatch.setattr(keeping, "keep_span", keep_and_stop)
    assert await make(shop, stop=stop) == 1
    [first] = await kept(shop)
    assert await make(shop, stop=stop) == 0, "it was asked before"
    monkeypatch.setattr(keeping, "keep_span", keep)
    assert await make(shop) > 20
    assert (await kept(shop))[0] == first


async def test_a_small_shop_has_none(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(shop, 8)
    monkeypatch.setattr(keeping, "SMALL_SHOP", 3)
    assert (await make(shop), await kept(shop)) == (0, [])
    await shop.join()
    assert await make(shop) > 20


async def test_a_shop_that_is_held_has_none_made(shop: Shop) -> None:
    await filled(shop, 9)
    held = update(business).where(business.c.id == shop.business.id)
    await shop.database.write(lambda c: c.execute(held.values(moved_to="")).close())
    assert (await make(shop), await kept(shop)) == (0, [])


async def test_of_two_processes_one_makes_a_span_and_both_go_on_behind_each_other(shop: Shop) -> None:
    ledger = await filled(shop, 10)
    both = await asyncio.gather(make(shop), make(shop))
    await make(shop)
    spans = await kept(shop)
    assert sum(both) <= len(spans)
    assert [end for _, end, _ in spans[:-1]] == [first for first, _, _ in spans[1:]]
    assert await agrees(shop, Random(10), ledger)


async def test_a_span_that_another_process_has_made_meanwhile_is_not_made_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(shop, 11)
    assert await meanwhile(shop, monkeypatch, lambda: make(shop)) == 0
    spans = await kept(shop)
    assert len(spans) == len({first for first, _, _ in spans}) > 20


async def test_a_span_of_which_those_before_it_are_forgotten_meanwhile_is_not_made(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = await filled(shop, 18)
    await make(shop)
    spans = await kept(shop)
    shop.clock.wait(days=9)
    assert await meanwhile(shop, monkeypatch, lambda: forget(shop, spans[-5][0])) == 0
    assert await kept(shop) == spans[:-5]
    assert await make(shop) > 5
    assert await agrees(shop, Random(18), ledger)


async def test_a_span_that_another_process_makes_at_this_moment_is_left_to_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(shop, 12)

    def too_late(*_: object) -> bool:
        raise IntegrityError("INSERT", None, Exception())

    monkeypatch.setattr(keeping, "keep_span", too_late)
    assert (await make(shop), await kept(shop)) == (0, [])


async def test_a_shop_that_is_deleted_meanwhile_keeps_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(shop, 13)
    assert await meanwhile(shop, monkeypatch, lambda: close_shop(shop.database, shop.business.id)) == 0
    assert await kept(shop) == []


async def test_a_shop_that_is_deleted_takes_its_spans_along(shop: Shop) -> None:
    await filled(shop, 14)
    await make(shop)
    neighbour = await open_next_door(shop)
    await filled(neighbour, 15)
    await make(shop)
    assert (await close_shop(shop.database, shop.business.id)).left == 0
    assert await kept(shop) == []
    assert await kept(neighbour) != []


async def test_an_entry_that_came_in_against_all_rules_is_found_once_the_newest_spans_were_looked_at_again(
    shop: Shop,
) -> None:
    ledger = await filled(shop, 16, entries=300, late=0.2)
    await make(shop)
    before = await kept(shop)
    last = [one for one in ledger if one.id < before[-1][1]][-1]
    gone = next(one for one in ledger if before[-3][0] <= one.id < before[-3][1])
    late = DISORDER + CLOCKS
    own = transaction.c.business_id == shop.business.id
    changes = (
        update(transaction).where(own, transaction.c.id == last.id).values(occurred_at=last.booked_at - late),
        delete(transaction).where(own, transaction.c.id == gone.id),
    )
    for change in changes:
        await shop.database.write(lambda c, change=change: c.execute(change).close())  # type: ignore[misc]  # bound
        assert await make(shop) > 0
        assert await make(shop) == 0
    assert (await kept(shop))[:-3] == before[: len(await kept(shop)) - 3]


async def test_a_straggler_that_is_not_kept_is_kept_again(shop: Shop) -> None:
    await filled(shop, 17, late=0.5)
    await make(shop)
    spans = await kept(shop)
    own = (straggler.c.business_id == shop.business.id, straggler.c.id >= spans[-2][0])
    stragglers = select(straggler.c.id, straggler.c.occurred_at).where(*own).order_by(straggler.c.id)
    before = await shop.database.read(lambda c: c.execute(stragglers).all())
    assert before
    await shop.database.write(lambda c: c.execute(delete(straggler).where(*own)).close())
    assert await make(shop) in {1, 2}
    assert set(await shop.database.read(lambda c: c.execute(stragglers).all())) == set(before)
    assert await kept(shop) == spans
