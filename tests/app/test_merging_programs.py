"""Merging customers who have cards of several programs: each card is folded, kept and put back for itself."""

import asyncio
from random import Random
from typing import Any

import msgspec
import pytest

from loyalty_app.counter.orders import Holder
from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_core.customers import Customer, Profile
from loyalty_core.errors import CustomerNotFound, MergeBar, MergeRefused
from loyalty_core.programs import Surplus
from testkit.audit import assert_books_balance
from testkit.shop import Shop

PHONE = "+14155552671"
KEPT = (tables.customer, tables.card, tables.transaction, tables.reward)
FIGURES = (tables.daily_total, tables.program_day, tables.business_total)


async def assert_all_adds_up(shop: Shop) -> None:
    await assert_books_balance(shop)
    proof = Proof(shop.business)
    await shop.database.read(proof.run)
    assert proof.found == 0, [str(one) for one in proof.differences]


async def two(shop: Shop, **terms: object) -> tuple[int, Customer, Customer]:
    """A program of salads beside that of the shop, and two cards of one person."""
    salads = await shop.make_program("Salads", **{"stamps_required": 4, "surplus": Surplus.CARRY, **terms})
    lena, other = await shop.join(), await shop.join(name="Lena M.")
    return salads, await shop.customer(lena.id), await shop.customer(other.id)


def stamps_on(customer: Customer) -> dict[int | None, int]:
    return {held.program_id: held.card.current_stamps for held in customer.cards}


async def kept(shop: Shop) -> list[Any]:
    """All cards, entries and rewards except their versions."""
    found: list[Any] = [
        msgspec.structs.replace(one, version=0, updated_at=one.created_at) for one in await shop.customers()
    ]
    rows = [tuple(row) for row in await shop.rows(tables.card)]
    return [*found, rows, await shop.ledger(), await shop.rewards()]


async def figures(shop: Shop) -> list[object]:
    """The figures of days and programs, except days without any."""
    days = [tuple(row) for table in FIGURES for row in await shop.rows(table)]
    return [row for row in days if any(part for part in row[2:] if part.__class__ is int)]


async def test_the_cards_of_each_program_become_one_and_the_others_code_leads_to_all(shop: Shop) -> None:
    salads, lena, other = await two(shop)
    await shop.stamp(lena.id, 3)
    await shop.stamp(other.id, 2)
    await shop.stamp(other.id, 3, program_id=salads)
    await shop.merge(lena.id, other.id)
    assert stamps_on(await shop.customer(lena.id)) == {None: 5, salads: 3}
    assert [row.customer_id for row in await shop.rows(tables.card)] == [lena.id]
    full = await shop.stamp(other.qr_code, 1, program_id=salads)
    assert (full.customer.id, full.program_id, full.current_stamps) == (lena.id, salads, 0)
    assert [one.program_id for one in full.rewards] == [salads]
    redeemed = await shop.redeem(other.id)
    assert redeemed.reward.program_id == salads
    await assert_all_adds_up(shop)


async def test_merging_and_unmerging_put_the_cards_of_all_programs_back(shop: Shop) -> None:
    salads, lena, other = await two(shop)
    teas = await shop.make_program("Teas", stamps_required=3)
    await shop.stamp(lena.id, 6)
    await shop.stamp(other.id, 9, program_id=salads)
    await shop.stamp(other.id, 2)
    await shop.stamp(lena.id, 2, program_id=salads)
    await shop.redeem(other.id)
    await shop.void((await shop.stamp(other.id, 1, program_id=teas)).transaction_id)
    before, totals = await kept(shop), await figures(shop)
    merged = await shop.merge(lena.id, other.id)
    cards = merged.customer.cards
    assert isinstance(cards, tuple)
    assert [(one.program_id, one.total_stamps) for one in cards] == [(shop.business.id, 8), (salads, 11), (teas, 0)]
    await assert_all_adds_up(shop)
    await shop.unmerge(lena.id, other.id)
    assert (await kept(shop), await figures(shop)) == (before, totals)
    await assert_all_adds_up(shop)


async def test_a_merge_issues_and_moves_the_rewards_of_each_program_with_ids_of_their_own(shop: Shop) -> None:
    salads, lena, other = await two(shop)
    for customer in (lena, other):
        await shop.stamp(customer.id, 3, program_id=salads)
        await shop.stamp(customer.id, 5)
    third = await shop.join("Omar")
    asked = shop.merge(lena.id, other.id), shop.stamp(third.id, 10), shop.stamp(third.id, 8, program_id=salads)
    await asyncio.gather(*asked)
    rewards = [(one.customer_id, one.program_id) for one in await shop.rewards()]
    assert sorted(rewards, key=str) == sorted(
        [(lena.id, None), (lena.id, salads), (third.id, None), (third.id, salads), (third.id, salads)], key=str
    )
    await assert_all_adds_up(shop)


async def test_a_fold_of_any_program_that_takes_back_a_redeemed_reward_refuses(shop: Shop) -> None:
    salads, lena, other = await two(shop, stamps_required=5, surplus=Surplus.RESET)
    await shop.stamp(lena.id, 7)
    await shop.stamp(lena.id, 4, program_id=salads)
    await shop.stamp(other.id, 5, program_id=salads)
    await shop.stamp(lena.id, 1, program_id=salads)
    await shop.redeem(lena.id)
    await shop.redeem(other.id)
    before = [await shop.rows(table) for table in (*KEPT, *FIGURES, tables.event)]
    with pytest.raises(MergeRefused) as refusal:
        await shop.merge(lena.id, other.id)
    assert refusal.value.bar is MergeBar.REWARD_HANDED_OUT
    assert [await shop.rows(table) for table in (*KEPT, *FIGURES, tables.event)] == before


async def test_stamps_on_a_further_card_while_they_are_merged_are_each_counted_once(shop: Shop, twin: Shop) -> None:
    salads, *_ = await two(shop)
    for round_ in range(6):
        lena, other = await shop.join(), await shop.join("Lena M.")
        wishes = [
            one.stamp(ref, program_id=salads) for one in (shop, twin) for ref in (lena.id, other.qr_code, other.id)
        ]
        merge = (shop, twin)[round_ % 2].merge(lena.id, other.id)
        outcomes = await asyncio.gather(*wishes[:3], merge, *wishes[3:], return_exceptions=True)
        assert not [one for one in outcomes if isinstance(one, BaseException)]
        card = (await shop.customer(other.qr_code)).card_of(salads)
        assert card is not None
        assert card.total_stamps == 6
    await assert_all_adds_up(shop)


async def test_answers_about_further_cards_are_repeated_to_the_byte_after_a_merge_and_after_unmerging(
    shop: Shop,
) -> None:
    salads, lena, other = await two(shop)

    async def ask() -> list[object]:
        return [
            await shop.stamp(lena.id, 3, key="a", program_id=salads),
            await shop.stamp(other.qr_code, 6, key="b", program_id=salads),
            await shop.redeem(other.id, key="c"),
        ]

    first = await ask()
    merged = await shop.merge(lena.id, other.id, key="merge")
    assert await ask() == first
    assert await shop.merge(lena.id, other.id, key="merge") == merged
    await shop.unmerge(lena.id, other.id)
    assert await ask() == first
    await assert_all_adds_up(shop)


async def test_erasing_after_a_merge_leaves_nothing_owed_on_any_card(shop: Shop) -> None:
    salads, lena, other = await two(shop)
    await shop.stamp(other.id, 5, program_id=salads)
    await shop.stamp(lena.id, 10)
    await shop.merge(lena.id, other.id)
    await shop.erase(other.qr_code)
    assert await shop.totals() == (0, 0)
    with pytest.raises(CustomerNotFound):
        await shop.stamp(other.id, program_id=salads)
    await assert_all_adds_up(shop)


async def test_a_card_that_a_proven_number_closes_brings_the_stamps_of_all_programs_along(shop: Shop) -> None:
    salads, lena, other = await two(shop)
    teas = await shop.make_program("Teas", stamps_required=3)
    await shop.update(lena.id, phone=PHONE)
    chat = (await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=Holder(5, 71))).outcome
    await shop.stamp(lena.id, 2, program_id=salads)
    for number, stamps in ((shop.business.id, 4), (salads, 3), (teas, 1)):
        await shop.stamp(chat.id, stamps, program_id=number)
    await shop.merge(lena.id, other.id)
    await shop.counter.claim(shop.caller(), Holder(5, 71), PHONE)
    assert stamps_on(await shop.customer(lena.id)) == {None: 4, salads: 1, teas: 1}
    assert [one.program_id for one in await shop.rewards()] == [salads]
    await assert_all_adds_up(shop)


async def test_a_part_of_stamps_of_a_further_program_is_undone_on_its_card(shop: Shop) -> None:
    salads, lena, _ = await two(shop)
    await shop.stamp(lena.id, 6)
    full = await shop.stamp(lena.id, 5, program_id=salads)
    undone = await shop.void(full.transaction_id, stamps=2)
    assert undone.stamps_voided == 2
    assert stamps_on(await shop.customer(lena.id)) == {None: 6, salads: 3}
    assert [one.status for one in await shop.rewards()] == ["voided"]
    await assert_all_adds_up(shop)


async def test_an_undo_that_has_later_stamps_of_a_further_program_earn_gives_the_reward_an_id_of_its_own(
    shop: Shop,
) -> None:
    salads, lena, other = await two(shop, surplus=Surplus.RESET)
    first = await shop.stamp(lena.id, 1, program_id=salads)
    await shop.stamp(lena.id, 3, program_id=salads)
    await shop.stamp(lena.id, 1, program_id=salads)
    await shop.stamp(other.id, 4, program_id=salads)
    await shop.void(first.transaction_id)
    assert [(one.id > 0, one.status) for one in await shop.rewards()] == [
        (True, "voided"),
        (True, "available"),
        (True, "available"),
    ]
    await assert_all_adds_up(shop)


async def live(shop: Shop, customers: list[int], programs: list[int], dice: Random) -> None:
    """Some hours at the counter, by dice."""
    for _ in range(12):
        shop.clock.wait(hours=dice.choice([0, 1, 7]))
        customer, entries = dice.choice(customers), [one.id for one in await shop.ledger()]
        stamp = shop.stamp(customer, dice.randint(1, 5), program_id=dice.choice(programs))
        other = (
            shop.redeem(customer) if dice.random() < 0.5 else shop.void(dice.choice(entries or [999]))
        )  # half of them
        await asyncio.gather(stamp, other, return_exceptions=True)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_two_did_before_and_after_all_cards_add_up_and_unmerging_puts_them_back(
    shop: Shop, seed: int
) -> None:
    dice = Random(seed)
    salads, lena, other = await two(shop, surplus=dice.choice(list(Surplus)))
    both, programs = [int(lena.id), int(other.id)], [int(shop.business.id), salads]
    await live(shop, both, programs, dice)
    before = await kept(shop)
    try:
        await shop.merge(lena.id, other.id)
    except MergeRefused:
        assert await kept(shop) == before
        return
    await assert_all_adds_up(shop)
    await shop.unmerge(lena.id, other.id)
    after, rewards = await kept(shop), {one.id for one in before[-1]}
    assert [*after[:-1], [one for one in after[-1] if one.id in rewards]] == before
    await shop.merge(lena.id, other.id)
    await live(shop, both, programs, dice)
    await assert_all_adds_up(shop)
