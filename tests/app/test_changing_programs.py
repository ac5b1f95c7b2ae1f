"""Programs over the database: versions, promises, and two owners at once."""

import asyncio

import pytest

from loyalty_app.chat.card_queue import repaint
from loyalty_app.db import tables
from loyalty_app.shops.programs import change_program
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import BusinessId
from loyalty_core.programs import ProgramChange, Surplus
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_next_door


async def test_a_change_adds_a_version_and_keeps_the_ones_before(shop: Shop) -> None:
    shop.clock.wait(days=1)
    program = await shop.change(stamps_required=8, surplus=Surplus.CARRY, daily_stamp_cap=20)
    assert [terms.stamps_required for terms in program.versions] == [10, 8]
    assert (program.terms.surplus, program.terms.daily_stamp_cap) == (Surplus.CARRY, 20)
    assert (program.terms.version, program.terms.updated_at) == (2, shop.clock.now)
    assert await shop.program() == program


async def test_what_says_nothing_new_adds_no_version(shop: Shop) -> None:
    before = await shop.program()
    assert await shop.change(stamps_required=10) == before
    assert await shop.change() == before
    assert len(await shop.rows(tables.program)) == 1


async def test_a_new_name_is_no_new_version(shop: Shop) -> None:
    program = await shop.change(name="  Café Ünal ")
    assert (program.name, len(program.versions)) == ("Café Ünal", 1)
    assert (await shop.program()).name == "Café Ünal"
    with pytest.raises(InvalidRequest, match="name"):
        await shop.change(name="\x07")


async def test_a_running_card_keeps_its_goal_and_the_next_one_takes_the_new_one(shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id, 1)
    await shop.change(stamps_required=20)
    assert (await shop.stamp(lena.id, 1)).stamps_required == 10
    earned = await shop.stamp(lena.id, 8)
    assert (earned.reward_earned, earned.stamps_required) == (True, 20)
    await assert_books_balance(shop)


async def test_a_smaller_goal_counts_at_once_in_every_process(shop: Shop, twin: Shop) -> None:
    lena = await shop.join()
    await twin.stamp(lena.id, 4)
    await shop.change(stamps_required=3, reward_description="A cake")
    earned = await twin.stamp(lena.id, 1)
    assert [reward.description for reward in earned.rewards] == ["A cake"]
    await assert_books_balance(shop)


async def test_two_owners_who_change_at_once_both_succeed_in_some_order(shop: Shop, twin: Shop) -> None:
    await asyncio.gather(
        *(shop.change(stamps_required=number) for number in (5, 6, 7)),
        *(twin.change(cooldown_seconds=number) for number in (50, 60, 70)),
    )
    program = await shop.program()
    assert [terms.version for terms in program.versions] == list(range(1, 8))
    assert program.terms.stamps_required in {5, 6, 7}
    assert program.terms.cooldown_seconds in {50, 60, 70}


async def test_stamps_and_changes_at_once_leave_every_card_as_its_ledger_says(shop: Shop, twin: Shop) -> None:
    lena = await shop.join()
    await asyncio.gather(
        *(till.stamp(lena.id, 2) for till in (shop, twin) for _ in range(20)),
        *(shop.change(stamps_required=number) for number in (5, 9, 3)),
    )
    await assert_books_balance(shop)


async def test_a_change_is_of_one_business_only(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await shop.change(stamps_required=3)
    assert (await next_door.program()).terms.stamps_required == 10


async def test_a_business_that_is_not_there_has_no_program(shop: Shop) -> None:
    with pytest.raises(InvalidRequest, match="99"):
        await change_program(
            shop.database, BusinessId(99), ProgramChange(stamps_required=3), now=shop.clock.now, repaint=repaint
        )
