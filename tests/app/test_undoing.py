"""Undoing over the database: the card is as if it had not been, and what was promised for it follows."""

import asyncio

import pytest

from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_core.errors import (
    AlreadyVoided,
    IdempotencyKeyReused,
    NoRewardAvailable,
    TransactionNotFound,
    VoidRefused,
)
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus
from testkit.audit import assert_books_balance
from testkit.builders import ANA, BEN, MIRA
from testkit.shop import Shop, open_next_door


async def statuses(shop: Shop) -> list[RewardStatus]:
    return [reward.status for reward in await shop.rewards()]


async def test_an_undone_stamp_is_off_the_card_and_both_entries_stay(shop: Shop) -> None:
    lena = await shop.join()
    first, second = await shop.stamp(lena.id, 3), await shop.stamp(lena.id, 2)
    voided = await shop.void(first.transaction_id, reason="Wrong card")
    assert (voided.customer.current_stamps, voided.customer.total_visits) == (2, 1)
    stamp, _, undo = await shop.ledger()
    assert (stamp.id, stamp.stamps, stamp.voided_by) == (first.transaction_id, 3, voided.transaction_id)
    assert (undo.voids, undo.reason) == (first.transaction_id, "Wrong card")
    assert voided.customer.version == second.customer.version + 1
    await assert_books_balance(shop)


async def test_a_reward_that_is_no_longer_earned_is_taken_back(shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id, 5)
    last = await shop.stamp(lena.id, 5)
    assert await shop.totals() == (1, 1)
    await shop.void(last.transaction_id)
    assert await statuses(shop) == [RewardStatus.VOIDED]
    assert await shop.totals() == (1, 0)
    with pytest.raises(NoRewardAvailable):
        await shop.redeem(lena.id)
    await assert_books_balance(shop)


async def test_an_expiry_that_is_undone_with_its_stamp_in_the_same_moment_stays_undone(shop: Shop) -> None:
    await shop.change(reward_valid_days=1)
    lena = await shop.join()
    first, last = await shop.stamp(lena.id, 3), await shop.stamp(lena.id, 7)
    [reward] = await shop.rewards()
    shop.clock.wait(days=5)
    expiring = shop.counter.expire(shop.caller(), lena.id, reward.id)
    _, undone = await asyncio.gather(expiring, shop.void(last.transaction_id))
    assert [entry.voided_by for entry in await shop.ledger() if entry.type is EntryType.EXPIRE] == [
        undone.transaction_id
    ]
    await shop.void(first.transaction_id)
    assert await shop.totals() == (1, 0)
    await assert_books_balance(shop)


async def test_a_reward_that_a_later_stamp_earns_now_is_issued_anew(shop: Shop) -> None:
    lena = await shop.join()
    first = await shop.stamp(lena.id, 6)
    await shop.stamp(lena.id, 4)
    third = await shop.stamp(lena.id, 7)
    await shop.void(first.transaction_id)
    taken, given = await shop.rewards()
    assert (taken.status, given.status) == (RewardStatus.VOIDED, RewardStatus.AVAILABLE)
    assert given.transaction_id == third.transaction_id
    assert (await shop.redeem(lena.id)).reward.id == given.id
    told = [row.type for row in await shop.rows(tables.event)]
    assert told.count("reward.earned") == 2
    await assert_books_balance(shop)


async def test_what_was_handed_out_is_not_taken_back_and_the_refusal_changes_nothing(shop: Shop) -> None:
    lena = await shop.join()
    earning = await shop.stamp(lena.id, 10)
    redemption = await shop.redeem(lena.id)
    before = await shop.customer(lena.id), await shop.ledger(), await shop.rewards(), await shop.rows(tables.event)
    with pytest.raises(VoidRefused, match=f"reward {redemption.reward.id}"):
        await shop.void(earning.transaction_id)
    after = await shop.customer(lena.id), await shop.ledger(), await shop.rewards(), await shop.rows(tables.event)
    assert after == before


async def test_an_undone_redemption_makes_its_reward_available_again(shop: Shop) -> None:
    lena = await shop.join()
    earning = await shop.stamp(lena.id, 10)
    redemption = await shop.redeem(lena.id)
    await shop.void(redemption.transaction_id)
    [reward] = await shop.rewards()
    assert (reward.status, reward.redeemed_at) == (RewardStatus.AVAILABLE, None)
    assert await shop.totals() == (1, 1)
    assert (await shop.redeem(lena.id, reward.id)).reward.id == reward.id
    await assert_books_balance(shop)
    assert earning.rewards[0].id == reward.id


async def test_step_by_step_everything_can_be_undone(shop: Shop) -> None:
    lena = await shop.join()
    empty = await shop.customer(lena.id)
    earning = await shop.stamp(lena.id, 10)
    redemption = await shop.redeem(lena.id)
    await shop.void(redemption.transaction_id)
    await shop.void(earning.transaction_id)
    assert (await shop.customer(lena.id)).card == empty.card
    await assert_books_balance(shop)


async def test_an_entry_is_undone_once_and_an_undo_not_at_all(shop: Shop) -> None:
    lena = await shop.join()
    given = await shop.stamp(lena.id)
    undo = await shop.void(given.transaction_id)
    with pytest.raises(AlreadyVoided) as refusal:
        await shop.void(given.transaction_id)
    assert refusal.value.voided_by == undo.transaction_id
    with pytest.raises(VoidRefused):
        await shop.void(undo.transaction_id)


async def test_staff_undo_their_own_entries_for_ten_minutes_and_a_manager_any(shop: Shop) -> None:
    await shop.hire(ANA, BEN, MIRA)
    lena = await shop.join()
    first, second = [await shop.stamp(lena.id, by=ANA) for _ in range(2)]
    with pytest.raises(VoidRefused):
        await shop.void(first.transaction_id, by=BEN)
    shop.clock.wait(minutes=10)
    await shop.void(first.transaction_id, by=ANA)
    shop.clock.wait(seconds=1)
    with pytest.raises(VoidRefused):
        await shop.void(second.transaction_id, by=ANA)
    await shop.void(second.transaction_id, by=MIRA)
    await assert_books_balance(shop)


async def test_an_entry_of_another_business_is_not_there(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    theirs = await next_door.stamp((await next_door.join()).id)
    for unknown in (theirs.transaction_id, 10**12):
        with pytest.raises(TransactionNotFound):
            await shop.void(unknown)
    assert [entry.voided_by for entry in await next_door.ledger()] == [None]


async def test_a_part_of_a_stamp_is_undone_and_the_books_balance(shop: Shop) -> None:
    lena = await shop.join()
    given = await shop.stamp(lena.id, 3)
    part = await shop.void(given.transaction_id, stamps=2)
    assert (part.stamps_voided, part.customer.current_stamps, part.customer.total_visits) == (2, 1, 1)
    await assert_books_balance(shop)
    assert (await prove(shop)).found == 0
    with pytest.raises(VoidRefused):
        await shop.void(given.transaction_id, stamps=2)
    await shop.void(given.transaction_id, stamps=1)
    [stamp, *_] = await shop.ledger()
    assert (stamp.stamps, stamp.stamps_voided, stamp.voided_by is not None) == (1, 2, True)
    await assert_books_balance(shop)
    assert (await prove(shop)).found == 0


async def test_parts_of_one_stamp_at_the_same_moment_are_each_undone_once(shop: Shop, twin: Shop) -> None:
    lena = await shop.join()
    given = await shop.stamp(lena.id, 5)
    tries = [one.void(given.transaction_id, stamps=1) for one in (shop, twin) for _ in range(4)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 5
    assert (await shop.customer(lena.id)).card.total_stamps == 0
    await assert_books_balance(shop)


async def test_a_stamp_and_its_partial_undo_are_answered_again_as_at_first(shop: Shop) -> None:
    lena = await shop.join()
    given = await shop.stamp(lena.id, 3, key="stamp")
    part = await shop.void(given.transaction_id, stamps=1, key="part")
    await shop.void(given.transaction_id, stamps=1)
    assert await shop.stamp(lena.id, 3, key="stamp") == given
    assert await shop.void(given.transaction_id, stamps=1, key="part") == part
    with pytest.raises(IdempotencyKeyReused):
        await shop.void(given.transaction_id, stamps=2, key="part")
    assert (await shop.customer(lena.id)).card.current_stamps == 1


async def prove(shop: Shop) -> Proof:
    proof = Proof(shop.business)
    await shop.database.read(proof.run)
    return proof
