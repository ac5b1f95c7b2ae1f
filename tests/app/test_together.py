"""Many at once: whatever comes together, through one process or two, comes out as if it had come one by one."""

from collections.abc import Iterator
from itertools import cycle, islice, product

import pytest

from loyalty_app.db import tables
from loyalty_core.access import Plan
from loyalty_core.errors import (
    CustomerExists,
    CustomerLimitReached,
    NoRewardAvailable,
    OrderRefUsed,
    RewardAlreadyRedeemed,
)
from loyalty_core.rewards import RewardStatus
from testkit.audit import assert_books_balance
from testkit.concurrency import at_once
from testkit.shop import Shop, open_next_door

PHONE = "+14155552671"


@pytest.fixture(params=["one process", "two processes"])
def tills(request: pytest.FixtureRequest, shop: Shop) -> list[Shop]:
    """The shop through one counter, or through two that do not know of each other."""
    return [shop] if request.param == "one process" else [shop, request.getfixturevalue("twin")]


def in_turn(tills: list[Shop], times: int) -> Iterator[Shop]:
    return islice(cycle(tills), times)


async def test_two_hundred_stamps_of_one_card_at_once_are_two_hundred_stamps(tills: list[Shop]) -> None:
    shop = tills[0]
    lena = await shop.join()
    answers, refusals = await at_once(till.stamp(lena.id) for till in in_turn(tills, 200))
    card = (await shop.customer(lena.id)).card
    assert (len(answers), refusals) == (200, [])
    assert (card.total_stamps, card.total_visits, card.rewards_earned) == (200, 200, 20)
    assert sorted(answer.total_stamps for answer in answers) == list(range(1, 201))
    assert await shop.totals() == (1, 20)


async def test_stamps_of_many_cards_at_once_reach_each_its_own(tills: list[Shop]) -> None:
    shop = tills[0]
    people = [await shop.join(f"Customer {number}") for number in range(10)]
    await at_once(till.stamp(lena.id) for lena in people for till in in_turn(tills, 4))
    assert [customer.card.total_stamps for customer in await shop.customers()] == [4] * 10


async def test_stamps_of_all_cards_of_one_customer_at_once_reach_each_its_own(tills: list[Shop]) -> None:
    shop = tills[0]
    programs = [shop.business.id, *[await shop.make_program(name, stamps_required=7) for name in ("Salads", "Beans")]]
    lena = await shop.join()
    names: tuple[int | str, ...] = (lena.id, lena.qr_code)
    given = list(product(names, programs)) * 10
    tills_in_turn = in_turn(tills, len(given))
    answers, refusals = await at_once(
        till.stamp(name, program_id=number) for till, (name, number) in zip(tills_in_turn, given, strict=True)
    )
    assert refusals == []
    for number in programs:
        assert sorted(one.total_stamps for one in answers if one.program_id == number) == list(range(1, 21))
    await assert_books_balance(shop)


@pytest.mark.parametrize("named", [False, True], ids=["the oldest", "by its id"])
async def test_one_reward_is_handed_out_once_however_many_ask_for_it(tills: list[Shop], *, named: bool) -> None:
    shop = tills[0]
    lena = await shop.join()
    reward = (await shop.stamp(lena.id, 10)).rewards[0].id
    answers, refusals = await at_once(till.redeem(lena.id, reward if named else None) for till in in_turn(tills, 32))
    assert [answer.reward.id for answer in answers] == [reward]
    assert [type(refusal) for refusal in refusals] == [RewardAlreadyRedeemed if named else NoRewardAvailable] * 31
    assert [kept.status for kept in await shop.rewards()] == [RewardStatus.REDEEMED]
    assert (await shop.customer(lena.id)).card.rewards_available == 0


async def test_of_many_who_join_with_one_phone_number_one_joins_and_the_others_are_told_who(tills: list[Shop]) -> None:
    shop = tills[0]
    answers, refusals = await at_once(till.join(phone=PHONE) for till in in_turn(tills, 8))
    assert len(answers) == 1
    assert [type(refusal) for refusal in refusals] == [CustomerExists] * 7
    assert {refusal.customer_id for refusal in refusals if isinstance(refusal, CustomerExists)} == {answers[0].id}
    assert await shop.totals() == (1, 0)


async def test_a_trial_stops_at_exactly_25_customers(tills: list[Shop]) -> None:
    trial = await open_next_door(tills[0], plan=Plan.TRIAL)
    trials = [Shop(till.database, trial.business, till.clock, till.counter) for till in tills]
    answers, refusals = await at_once(till.join() for till in in_turn(trials, 40))
    assert len(answers) == 25
    assert [type(refusal) for refusal in refusals] == [CustomerLimitReached] * 15
    assert await trial.totals() == (25, 0)


async def test_an_order_of_the_till_is_stamped_once_whoever_is_first(tills: list[Shop]) -> None:
    shop = tills[0]
    people = [await shop.join(f"Customer {number}") for number in range(8)]
    answers, refusals = await at_once(
        till.stamp(lena.id, order_ref="A-17") for lena, till in zip(people, in_turn(tills, 8), strict=True)
    )
    assert len(answers) == 1
    assert [type(refusal) for refusal in refusals] == [OrderRefUsed] * 7
    assert len(await shop.rows(tables.transaction)) == 1
