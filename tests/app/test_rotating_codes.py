"""Rotating codes at the counter: one use each, whatever comes twice, at once, too late, or is undone."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from loyalty_app.counter import Counter
from loyalty_app.shops.programs import read_program
from loyalty_app.vault import Vault
from loyalty_core.customers import ShownCode
from loyalty_core.errors import CodeExpired, CodeUsed, DailyCapReached, RotatingCodeRequired, StampTooSoon
from loyalty_core.programs import CardCodes, Surplus
from loyalty_core.rotating_codes import STEP_SECONDS
from loyalty_core.stamping import StampOrder
from loyalty_core.views import CustomerView
from testkit.builders import ANA
from testkit.concurrency import at_once
from testkit.console import A_KEY
from testkit.shop import Shop, open_next_door


@pytest.fixture
async def lena(shop: Shop) -> CustomerView:
    """Lena, in a shop that takes rotating codes only."""
    await shop.change(card_codes=CardCodes.ROTATING_ALL)
    return await shop.join()


async def test_a_code_stamps_once_and_the_next_one_again(shop: Shop, lena: CustomerView) -> None:
    code = shop.code(lena.qr_code)
    assert (await shop.stamp(code)).current_stamps == 1
    with pytest.raises(CodeUsed):
        await shop.stamp(code)
    shop.clock.wait(seconds=STEP_SECONDS)
    assert (await shop.stamp(shop.code(lena.qr_code))).current_stamps == 2
    with pytest.raises(CodeUsed):
        await shop.stamp(code)


async def test_of_one_code_at_two_tills_at_once_one_stamps(shop: Shop, twin: Shop, lena: CustomerView) -> None:
    code = shop.code(lena.qr_code)
    stamped, refused = await at_once(till.stamp(code) for till in (shop, twin) for _ in range(8))
    assert (len(stamped), {type(refusal) for refusal in refused}) == (1, {CodeUsed})
    assert (await shop.customer(lena.id)).card.total_stamps == 1


async def test_of_one_code_at_two_tills_one_hands_out_a_reward(shop: Shop, twin: Shop, lena: CustomerView) -> None:
    await shop.change(surplus=Surplus.CARRY, stamps_required=1)
    await shop.stamp(lena.id, 3)
    code = shop.code(lena.qr_code)
    redeemed, refused = await at_once(till.redeem(code) for till in (shop, twin) for _ in range(4))
    assert (len(redeemed), {type(refusal) for refusal in refused}) == (1, {CodeUsed})


async def test_a_request_that_is_repeated_uses_its_code_once_and_gets_its_first_answer(
    shop: Shop, lena: CustomerView
) -> None:
    code, one = shop.code(lena.qr_code), StampOrder()
    first = await shop.counter.give_stamp(shop.caller("receipt 1"), code, one)
    shop.clock.wait(hours=2)
    for shown in (code, shop.code(lena.qr_code)):  # the till may have read the next code before it tried again
        again = await shop.counter.give_stamp(shop.caller("receipt 1"), shown, one)
        assert (again.body, again.replayed) == (first.body, True)
    assert len(await shop.ledger()) == 1


async def test_a_refused_stamp_leaves_the_code_as_good_as_it_was(shop: Shop, lena: CustomerView) -> None:
    await shop.change(daily_stamp_cap=2)
    code = shop.code(lena.qr_code)
    with pytest.raises(DailyCapReached):
        await shop.stamp(code, 3)
    assert (await shop.stamp(code, 2)).current_stamps == 2


async def test_an_undo_does_not_give_the_code_back(shop: Shop, lena: CustomerView) -> None:
    code = shop.code(lena.qr_code)
    await shop.void((await shop.stamp(code)).transaction_id)
    with pytest.raises(CodeUsed):
        await shop.stamp(code)


async def test_the_reward_of_a_stamp_is_handed_out_with_the_same_code_though_it_is_old_by_then(
    shop: Shop, lena: CustomerView
) -> None:
    await shop.change(stamps_required=1)
    code = shop.code(lena.qr_code)
    assert (await shop.stamp(code)).reward_earned
    shop.clock.wait(minutes=4)
    await shop.redeem(code)
    with pytest.raises(CodeUsed):
        await shop.redeem(code)


async def test_a_picture_of_a_code_is_refused_after_its_minute(shop: Shop, lena: CustomerView) -> None:
    code = shop.code(lena.qr_code)
    shop.clock.wait(seconds=2 * STEP_SECONDS)
    with pytest.raises(CodeExpired):
        await shop.stamp(code)
    with pytest.raises(CodeExpired):
        await shop.redeem(code)
    assert await shop.ledger() == []


async def test_the_printed_code_is_refused_and_the_id_is_not(shop: Shop, lena: CustomerView) -> None:
    for printed in (lena.qr_code, ShownCode(lena.qr_code)):
        with pytest.raises(RotatingCodeRequired):
            await shop.stamp(printed)
        with pytest.raises(RotatingCodeRequired):
            await shop.redeem(printed)
    assert (await shop.stamp(lena.id)).current_stamps == 1


async def test_the_ledger_tells_what_was_done_with_a_rotating_code(shop: Shop, lena: CustomerView) -> None:
    await shop.stamp(lena.id)
    await shop.stamp(shop.code(lena.qr_code))
    assert [entry.code_key is not None for entry in await shop.ledger()] == [False, True]


async def test_where_only_redeeming_asks_for_it_the_printed_code_stamps(shop: Shop, lena: CustomerView) -> None:
    await shop.change(card_codes=CardCodes.ROTATING_REDEEM, stamps_required=1)
    assert (await shop.stamp(lena.qr_code)).reward_earned
    with pytest.raises(RotatingCodeRequired):
        await shop.redeem(lena.qr_code)
    await shop.redeem(shop.code(lena.qr_code))


async def test_a_shop_with_fixed_codes_takes_a_rotating_one_as_the_card_that_it_names(
    shop: Shop, lena: CustomerView
) -> None:
    await shop.change(card_codes=CardCodes.FIXED)
    code = shop.code(lena.qr_code, steps=-1000)
    assert [(await shop.stamp(code)).current_stamps for _ in "12"] == [1, 2]
    assert {entry.code_key for entry in await shop.ledger()} == {None}


async def test_the_code_of_the_shop_next_door_is_no_code_here(shop: Shop, lena: CustomerView) -> None:
    next_door = await open_next_door(shop)
    with pytest.raises(CodeExpired):
        await shop.stamp(next_door.code(lena.qr_code))


async def test_a_stamp_without_a_line_is_judged_by_the_time_that_the_till_tells(shop: Shop, lena: CustomerView) -> None:
    code, given_at = shop.code(lena.qr_code), shop.clock.now
    await shop.change(cooldown_seconds=60)
    shop.clock.wait(hours=3)
    await shop.stamp(shop.code(lena.qr_code))
    late = given_at + timedelta(seconds=100)
    await shop.stamp(code, occurred_at=late)
    with pytest.raises(CodeUsed):
        await shop.stamp(code, occurred_at=late)
    old = ShownCode(code.card, shop.code(code.card, steps=-100).seal)
    with pytest.raises(CodeExpired):
        await shop.stamp(old, occurred_at=late)


async def test_a_code_counts_before_a_policy_does(shop: Shop, lena: CustomerView) -> None:
    await shop.change(cooldown_seconds=600)
    code = shop.code(lena.qr_code)
    await shop.stamp(code)
    with pytest.raises(CodeUsed):
        await shop.stamp(code)
    with pytest.raises(StampTooSoon):
        await shop.stamp(shop.code(lena.qr_code, steps=1))


async def test_while_the_secret_key_is_changed_codes_of_the_old_one_are_good(shop: Shop, lena: CustomerView) -> None:
    renewed = Vault("another key, long enough", A_KEY)
    counter = Counter(shop.database, clock=shop.clock, code_keys=renewed.code_keys)
    after = Shop(shop.database, shop.business, shop.clock, counter)
    assert (await after.stamp(shop.code(lena.qr_code))).current_stamps == 1
    await counter.close()


async def test_which_codes_a_shop_takes_is_kept_with_its_program(shop: Shop) -> None:
    for codes in (CardCodes.ROTATING_ALL, CardCodes.ROTATING_REDEEM, CardCodes.FIXED):
        await shop.change(card_codes=codes)
        program = await shop.database.read(lambda connection: read_program(connection, shop.business.id))
        assert program.terms.card_codes is codes


async def test_a_code_that_was_read_in_time_is_used_up_like_any_other(shop: Shop, lena: CustomerView) -> None:
    code = replace(shop.code(lena.qr_code), read_before=True)
    shop.clock.wait(minutes=10)
    assert (await shop.stamp(code)).current_stamps == 1
    with pytest.raises(CodeUsed):
        await shop.stamp(code)


async def test_staff_use_a_code_up_as_tills_do(shop: Shop, lena: CustomerView) -> None:
    await shop.hire(ANA)
    code = shop.code(lena.qr_code)
    assert (await shop.stamp(code, by=ANA)).current_stamps == 1
    with pytest.raises(CodeUsed):
        await shop.stamp(code)
