"""Idempotency: one law for all who take a key, whatever they do under it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from loyalty_app.counter import Answer
from loyalty_app.db import tables
from loyalty_app.importing.candidates import ListedCustomer
from loyalty_app.importing.import_jobs import queue_import
from loyalty_core.errors import IdempotencyKeyReused
from loyalty_core.stamping import StampOrder
from testkit.concurrency import at_once
from testkit.shop import Shop

Deed = Callable[[Shop, str | None, int], Awaitable[Answer[object]]]
"""What is asked: of which process, under which key, and in which of several wordings."""


async def stamp(shop: Shop, key: str | None, wording: int) -> Answer[object]:
    lena, *_ = await shop.customers()
    return await shop.counter.give_stamp(shop.caller(key), lena.id, StampOrder(stamps=wording))


async def send_list(shop: Shop, key: str | None, wording: int) -> Answer[object]:
    people = [ListedCustomer(name=f"Guest {number}") for number in range(wording)]
    return await queue_import(shop.database, shop.caller(key), people, now=shop.clock.now, url_of=str)


DEEDS = pytest.mark.parametrize("deed", [stamp, send_list])


@pytest.fixture(autouse=True)
async def _lena(shop: Shop) -> None:
    await shop.join("Lena")


async def done(shop: Shop) -> int:
    """How much was done, of whatever kind."""
    return len(await shop.ledger()) + len(await shop.rows(tables.import_job))


@DEEDS
async def test_the_same_request_under_one_key_is_done_once_and_answered_with_the_same_bytes(
    shop: Shop, twin: Shop, deed: Deed
) -> None:
    first, *others = [await deed(till, "k", 1) for till in (shop, shop, twin)]
    assert [(again.body, again.replayed, again.outcome) for again in others] == [(first.body, True, first.outcome)] * 2
    assert (first.replayed, await done(shop)) == (False, 1)


@DEEDS
async def test_the_same_request_from_everywhere_at_once_is_done_once(shop: Shop, twin: Shop, deed: Deed) -> None:
    answers = await asyncio.gather(*(deed(till, "k", 1) for till in (shop, twin) * 4))
    assert len({answer.body for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7
    assert await done(shop) == 1


@DEEDS
async def test_another_request_under_a_used_key_is_refused(shop: Shop, twin: Shop, deed: Deed) -> None:
    await deed(shop, "k", 1)
    for till in (shop, twin):
        with pytest.raises(IdempotencyKeyReused):
            await deed(till, "k", 2)
    assert await done(shop) == 1


@DEEDS
async def test_of_two_requests_that_take_one_key_at_once_one_is_refused(shop: Shop, twin: Shop, deed: Deed) -> None:
    answers, refusals = await at_once([deed(shop, "k", 1), deed(twin, "k", 2)])
    assert (len(answers), [type(refusal) for refusal in refusals]) == (1, [IdempotencyKeyReused])
    assert await done(shop) == 1


@pytest.mark.parametrize(("first", "second"), [(stamp, send_list), (send_list, stamp)])
async def test_a_key_that_was_used_for_something_else_is_refused(shop: Shop, first: Deed, second: Deed) -> None:
    await first(shop, "k", 1)
    with pytest.raises(IdempotencyKeyReused):
        await second(shop, "k", 1)
    assert await done(shop) == 1


@DEEDS
async def test_without_a_key_it_is_done_each_time(shop: Shop, deed: Deed) -> None:
    answers = [await deed(shop, None, 1) for _ in range(3)]
    assert [answer.replayed for answer in answers] == [False] * 3
    assert await done(shop) == 3
    assert await shop.rows(tables.idempotency) == []
