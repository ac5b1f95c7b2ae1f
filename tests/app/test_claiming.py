"""Claiming over the database: a proven number brings the shop's card into the chat, and the books still balance."""

import asyncio
from random import Random

import pytest

from loyalty_app.counter.orders import Holder
from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_core.customers import Profile
from loyalty_core.errors import CardInUse, CustomerExists, CustomerNotFound, InvalidRequest, LoyaltyError
from loyalty_core.ledger import EntryType
from loyalty_core.outcomes import Claimed
from loyalty_core.programs import Surplus
from loyalty_core.views import CustomerView
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_next_door

PHONE, OTHER_PHONE = "+14155552671", "+14155552672"
BOT, OTHER_BOT = 1, 2
LENA, PAUL = Holder(BOT, 501), Holder(BOT, 502)


async def join(shop: Shop, holder: Holder = LENA) -> CustomerView:
    return (await shop.counter.join(shop.caller(), Profile(name="Lena"), holder=holder)).outcome


async def claim(shop: Shop, phone: str = PHONE, *, holder: Holder = LENA, key: str | None = None) -> Claimed:
    return (await shop.counter.claim(shop.caller(key), holder, phone)).outcome


async def hanging(shop: Shop) -> dict[tuple[int, int], int]:
    """Which card hangs where: (bot, person) → customer."""
    return {(row.bot_id, row.user_id): row.customer_id for row in await shop.rows(tables.telegram_card)}


async def told(shop: Shop) -> list[tuple[int, str]]:
    return [(row.customer_id, row.type) for row in await shop.rows(tables.event)]


async def test_a_number_that_nobody_has_is_kept_with_the_card_in_the_chat_and_told_once(shop: Shop) -> None:
    lena = await join(shop)
    for _ in range(2):
        answer = await claim(shop, "(415) 555-2671")
        assert (answer.customer.id, answer.customer.phone, answer.replaced) == (lena.id, PHONE, None)
    assert sorted(await told(shop)) == [(lena.id, "customer.created"), (lena.id, "customer.updated")]
    assert (await claim(shop, OTHER_PHONE)).customer.phone == OTHER_PHONE


async def test_the_shops_card_of_that_number_comes_into_the_chat_with_the_stamps_of_both(shop: Shop) -> None:
    old = await shop.join(phone=PHONE)
    await shop.stamp(old.id, 4)
    new = await join(shop)
    await join(shop, Holder(OTHER_BOT, LENA.user_id))
    await shop.stamp(new.id, 3)
    answer = await claim(shop)
    assert (answer.customer.id, answer.customer.current_stamps, answer.replaced) == (old.id, 7, new.id)
    assert await hanging(shop) == {(BOT, 501): old.id, (OTHER_BOT, 501): old.id}
    assert [customer.erased_at is None for customer in await shop.customers()] == [True, False]
    assert (await shop.ledger())[-1].type is EntryType.IMPORT
    assert (await shop.totals()) == (1, 0)
    assert set(await told(shop)) >= {(old.id, "customer.updated"), (new.id, "customer.deleted")}
    await assert_books_balance(shop)


async def test_the_found_card_is_shown_at_once_where_the_other_one_hung(shop: Shop) -> None:
    old = await shop.join(phone=PHONE)
    await shop.stamp(old.id, 10)
    await shop.stamp(old.id, 4)
    await join(shop)
    shown = tables.telegram_card.update().values(
        message_id=77, shown_version=9, muted=True, lease="x" * 8, lease_until=shop.clock.now, due_at=None
    )
    await shop.database.write(lambda connection: connection.execute(shown).close())
    calls: list[int] = []
    shop.counter.wakeups.cards.listen(lambda: calls.append(1))
    shop.clock.wait(minutes=1)
    await claim(shop)
    [row] = await shop.rows(tables.telegram_card)
    assert (row.customer_id, row.message_id, row.muted) == (old.id, 77, True)
    assert (row.shown_version, row.shown_stamps, row.shown_rewards) == (0, 4, 1)
    assert (row.due_at, row.lease, row.lease_until) == (shop.clock.now, None, None)
    assert calls == [1]


async def test_stamps_brought_along_earn_what_they_earn(shop: Shop) -> None:
    old = await shop.join(phone=PHONE)
    await shop.stamp(old.id, 8)
    new = await join(shop)
    await shop.stamp(new.id, 2)
    assert (await claim(shop)).customer.rewards_available == 1
    assert await shop.totals() == (1, 1)
    await shop.redeem(old.id)
    await assert_books_balance(shop)


async def test_with_a_reward_on_the_card_in_the_chat_nothing_changes_until_it_is_redeemed(shop: Shop) -> None:
    old, new = await shop.join(phone=PHONE), await join(shop)
    await shop.stamp(new.id, 10)
    before = await shop.customers(), await shop.ledger(), await hanging(shop), await told(shop)
    with pytest.raises(CardInUse):
        await claim(shop)
    assert (await shop.customers(), await shop.ledger(), await hanging(shop), await told(shop)) == before
    await shop.redeem(new.id)
    assert (await claim(shop)).customer.id == old.id


async def test_a_card_that_somebody_else_holds_is_not_given_to_anybody_else(shop: Shop) -> None:
    await join(shop, PAUL)
    await claim(shop, holder=PAUL)
    await join(shop)
    before = await hanging(shop)
    with pytest.raises(CustomerExists):
        await claim(shop)
    assert await hanging(shop) == before


async def test_who_holds_no_card_claims_nothing_and_a_wrong_number_finds_nothing(shop: Shop) -> None:
    await shop.join(phone=PHONE)
    with pytest.raises(CustomerNotFound):
        await claim(shop)
    gone = await join(shop)
    with pytest.raises(InvalidRequest):
        await claim(shop, "12")
    await shop.erase(gone.id)
    with pytest.raises(CustomerNotFound):
        await claim(shop)


async def test_the_card_of_another_shop_is_not_found(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await next_door.join(phone=PHONE)
    lena = await join(shop)
    assert (await claim(shop)).customer.id == lena.id


async def test_a_claim_that_is_made_again_is_answered_as_the_first_time(shop: Shop) -> None:
    await shop.join(phone=PHONE)
    await join(shop)
    first = await claim(shop, key="nonce")
    assert await claim(shop, key="nonce") == first


async def test_joining_and_claiming_in_one_breath_is_the_same(shop: Shop) -> None:
    old = await shop.join(phone=PHONE)
    _, answer, again = await asyncio.gather(join(shop), claim(shop), join(shop))
    assert (answer.customer.id, again.id) == (old.id, old.id)
    await assert_books_balance(shop)


async def test_a_number_that_moves_in_the_same_breath_is_found_where_it_is(shop: Shop) -> None:
    """The card that gets the number was not foreseen to be claimed: each is decided again, alone."""
    old = await shop.join()
    await join(shop)
    _, answer = await asyncio.gather(shop.update(old.id, phone=PHONE), claim(shop))
    assert answer.customer.id == old.id
    await assert_books_balance(shop)


async def test_a_number_that_moves_in_the_same_breath_to_a_card_that_somebody_holds_is_theirs(shop: Shop) -> None:
    pauls = await join(shop, Holder(OTHER_BOT, PAUL.user_id))
    await join(shop)
    _, outcome = await asyncio.gather(shop.update(pauls.id, phone=PHONE), claim(shop), return_exceptions=True)
    assert isinstance(outcome, CustomerExists)
    assert (await hanging(shop))[OTHER_BOT, PAUL.user_id] == pauls.id


async def test_of_two_who_claim_one_number_at_once_in_two_processes_one_gets_the_card(shop: Shop, twin: Shop) -> None:
    old = await shop.join(phone=PHONE)
    await asyncio.gather(join(shop), join(twin, PAUL))
    both = await asyncio.gather(claim(shop), claim(twin, holder=PAUL), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in both) == ["Claimed", "CustomerExists"]
    assert list((await hanging(shop)).values()).count(old.id) == 1
    await assert_books_balance(shop)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("surplus", Surplus)
async def test_after_any_day_of_joins_stamps_and_claims_in_two_processes_the_books_balance(
    shop: Shop, twin: Shop, seed: int, surplus: Surplus
) -> None:
    dice = Random(seed)
    await shop.change(stamps_required=4, surplus=surplus)
    moved = False
    for minute in range(100):  # who comes first is not up to the dice: it goes on until stamps have moved once
        shop.clock.wait(minutes=1)
        there: list[int] = [customer.id for customer in await shop.customers()] or [0]
        wishes = [wish(dice.choice([shop, twin]), dice, dice.choice(there)) for _ in range(6)]
        for outcome in await asyncio.gather(*wishes, return_exceptions=True):
            assert not isinstance(outcome, Exception) or isinstance(outcome, LoyaltyError), outcome
        moved = minute >= 24 and EntryType.IMPORT in {entry.type for entry in await shop.ledger()}
        if moved:
            break
    assert moved
    await assert_books_balance(shop)
    await assert_proven(shop)
    living = {customer.id for customer in await shop.customers() if customer.erased_at is None}
    held = [number for number in (await hanging(shop)).values() if number in living]
    assert len(held) == len(set(held))


async def wish(shop: Shop, dice: Random, customer: int) -> object:
    holder, phone = Holder(BOT, dice.randint(1, 4)), f"+1415555267{dice.randint(0, 4)}"
    match dice.randint(0, 6):
        case 0:
            return await join(shop, holder)
        case 1:
            return await shop.join(phone=phone)
        case 2 | 3:
            return await claim(shop, phone, holder=holder)
        case 4:
            return await shop.redeem(customer)
        case 5 if dice.random() < 1 / 4:
            return await shop.erase(customer)
        case _:
            return await shop.stamp(customer, dice.randint(1, 3))


async def assert_proven(shop: Shop) -> None:
    proof = Proof(shop.business)
    await shop.database.read(proof.run)
    assert [str(difference) for difference in proof.differences] == []
