"""Several programs: each is a card of its own at the counter, and undone, handed out and proved for itself."""

import pytest
from msgspec import UNSET
from sqlalchemy import update

from loyalty_app.counter.versions import Versions
from loyalty_app.customers.flags import look
from loyalty_app.customers.lists import show_customer
from loyalty_app.customers.owed import read_rewards_summary
from loyalty_app.customers.proof import Proof
from loyalty_app.db.tables import card, flag, program_day
from loyalty_app.shops.businesses import find_business
from loyalty_app.shops.further_programs import FurtherPrograms, read_further
from loyalty_core.errors import IdempotencyKeyReused, InvalidRequest
from loyalty_core.programs import Terms
from loyalty_core.several_programs import (
    MOST_PROGRAMS,
    MainProgramNeeded,
    ProgramArchived,
    ProgramLimitReached,
    ProgramNotFound,
)
from loyalty_core.views import CardView, CustomerView
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_next_door


def figures(customer: CustomerView) -> dict[int, tuple[int, int, int]]:
    """Of each card the stamps on it, all stamps, and the rewards."""
    assert isinstance(customer.cards, tuple)
    return {one.program_id: (one.current_stamps, one.total_stamps, one.rewards_available) for one in customer.cards}


async def test_stamps_go_to_the_card_of_their_program_and_without_one_to_the_main_one(shop: Shop) -> None:
    salads, lena = await shop.make_program("Salads", stamps_required=4), await shop.join()
    await shop.stamp(lena.id, 3)
    stamped = await shop.stamp(lena.qr_code, 2, program_id=salads)
    assert (stamped.program_id, stamped.current_stamps, stamped.stamps_required, stamped.total_stamps) == (
        salads,
        2,
        4,
        2,
    )
    assert (stamped.customer.current_stamps, stamped.customer.total_stamps) == (3, 3)
    assert figures(stamped.customer) == {shop.business.id: (3, 3, 0), salads: (2, 2, 0)}
    again = await shop.stamp(lena.id, 1, program_id=shop.business.id)
    assert (again.program_id, again.current_stamps, again.stamps_required) == (shop.business.id, 4, 10)
    await assert_books_balance(shop)


async def test_a_card_is_made_by_its_first_entry_and_says_what_comes_next(shop: Shop) -> None:
    salads, lena = await shop.make_program("Salads", stamps_required=4), await shop.join()
    assert figures(await shop.update(lena.id, name="Lena M")) == {shop.business.id: (0, 0, 0)}
    seen = (await shop.stamp(lena.id, 1, program_id=salads)).customer
    assert isinstance(seen.cards, tuple)
    cards: tuple[CardView, ...] = seen.cards
    assert [(one.title, one.total_visits) for one in cards] == [(None, 0), ("Salads", 1)]
    coming = [one.next_reward for one in cards if one.next_reward]
    assert [(one.stamps_to_go, one.reward_description) for one in coming] == [(10, "A coffee"), (3, "A salad")]


async def test_a_redemption_without_a_reward_takes_the_oldest_of_all_programs(shop: Shop) -> None:
    salads, lena = await shop.make_program(stamps_required=2), await shop.join()
    salad = (await shop.stamp(lena.id, 2, program_id=salads)).rewards[0]
    shop.clock.wait(hours=1)
    coffee = (await shop.stamp(lena.id, 10)).rewards[0]
    redeemed = await shop.redeem(lena.id)
    assert (redeemed.reward.id, redeemed.reward.program_id) == (salad.id, salads)
    assert figures(redeemed.customer) == {shop.business.id: (0, 10, 1), salads: (0, 2, 0)}
    assert (await shop.redeem(lena.id)).reward.id == coffee.id
    await assert_books_balance(shop)


async def test_an_undo_belongs_to_its_program(shop: Shop) -> None:
    salads, lena = await shop.make_program(stamps_required=2), await shop.join()
    await shop.stamp(lena.id, 9)
    full = await shop.stamp(lena.id, 2, program_id=salads)
    undone = await shop.void(full.transaction_id)
    assert figures(undone.customer) == {shop.business.id: (9, 9, 0), salads: (0, 0, 0)}
    await shop.void((await shop.stamp(lena.id, 1)).transaction_id)
    await assert_books_balance(shop)


async def test_each_program_has_its_own_cooldown_and_cap(shop: Shop) -> None:
    salads, lena = await shop.make_program(daily_stamp_cap=3), await shop.join()
    await shop.change(cooldown_seconds=3600)
    await shop.stamp(lena.id)
    assert (await shop.stamp(lena.id, 3, program_id=salads)).current_stamps == 3


async def test_an_archived_program_takes_no_stamps_and_keeps_what_it_has(shop: Shop) -> None:
    salads, lena = await shop.make_program(stamps_required=2), await shop.join()
    full = await shop.stamp(lena.id, 3, program_id=salads)
    await shop.programs_deed(archive=salads)
    await shop.programs_deed(archive=salads)  # twice is once
    with pytest.raises(ProgramArchived):
        await shop.stamp(lena.id, 1, program_id=salads)
    redeemed = await shop.redeem(lena.id)
    assert isinstance(redeemed.customer.cards, tuple)
    assert (redeemed.reward.program_id, redeemed.customer.cards[1].next_reward) == (salads, None)
    await shop.void(redeemed.transaction_id)
    await shop.void(full.transaction_id)
    await assert_books_balance(shop)


async def test_the_main_one_cannot_be_archived_but_another_can_be_made_the_main_one(shop: Shop) -> None:
    salads, lena = await shop.make_program("Salads", stamps_required=2), await shop.join()
    await shop.stamp(lena.id, 4)
    with pytest.raises(MainProgramNeeded):
        await shop.programs_deed(archive=shop.business.id)
    await shop.programs_deed(promote=salads)
    stamped = await shop.stamp(lena.id)
    assert (stamped.program_id, stamped.customer.current_stamps, stamped.customer.stamps_required) == (salads, 1, 2)
    assert figures(stamped.customer) == {salads: (1, 1, 0), shop.business.id: (4, 4, 0)}
    await shop.programs_deed(archive=shop.business.id)
    with pytest.raises(ProgramArchived):
        await shop.programs_deed(promote=shop.business.id)
    joined = await shop.join("Nia", opening_stamps=1)
    assert (joined.current_stamps, joined.stamps_required) == (1, 2)
    await assert_books_balance(shop)


async def test_an_eleventh_program_in_use_is_refused(shop: Shop) -> None:
    made = [await shop.make_program() for _ in range(MOST_PROGRAMS - 1)]
    with pytest.raises(ProgramLimitReached):
        await shop.make_program()
    await shop.programs_deed(archive=made[0])
    assert await shop.make_program()


async def test_programs_of_others_are_not_there(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    theirs, lena = await next_door.make_program(), await shop.join()
    for number in (theirs, next_door.business.id, 999):
        with pytest.raises(ProgramNotFound):
            await shop.stamp(lena.id, 1, program_id=number)
        with pytest.raises(ProgramNotFound):
            await shop.programs_deed(archive=number)
    with pytest.raises(InvalidRequest):
        await shop.make_program("  ")
    assert (await shop.customer(lena.id)).version == 1


async def test_a_stamp_comes_once_and_is_answered_with_the_same_bytes_whatever_has_happened_since(shop: Shop) -> None:
    salads, lena = await shop.make_program("Salads", stamps_required=2), await shop.join()
    await shop.stamp(lena.id, 1)
    orders = [(3, salads), (4, UNSET), (1, shop.business.id)]
    first = [await shop.stamp(lena.id, count, key=f"k{count}", program_id=number) for count, number in orders]
    undone = await shop.void((await shop.stamp(lena.id, 1, program_id=salads)).transaction_id, key="v")
    handed_out = await shop.redeem(lena.id, key="r")
    await shop.change(reward_description="A cake", title="Coffee")
    await shop.programs_deed(promote=salads)
    await shop.programs_deed(archive=shop.business.id)
    await shop.update(lena.id, name="Lena M")
    again = [await shop.stamp(lena.id, count, key=f"k{count}", program_id=number) for count, number in orders]
    assert again == first
    assert await shop.redeem(lena.id, key="r") == handed_out
    assert await shop.void(undone.voided_transaction_id, key="v") == undone
    with pytest.raises(IdempotencyKeyReused):
        await shop.stamp(lena.id, stamps=4, key="k4", program_id=salads)


async def test_rewards_lapse_and_expire_for_the_card_that_earned_them(shop: Shop) -> None:
    salads, lena = await shop.make_program(stamps_required=2, reward_valid_days=1), await shop.join()
    reward = (await shop.stamp(lena.id, 2, program_id=salads)).rewards[0]
    await shop.stamp(lena.id, 10)
    shop.clock.wait(days=3)
    business = await shop.database.read(lambda c: find_business(c, shop.business.id))
    seen = await shop.database.read(lambda c: show_customer(c, business, lena.id, now=shop.clock.now))
    assert figures(seen)[salads][2] == 0
    await shop.counter.expire(shop.caller(), lena.id, reward.id)
    assert figures(await shop.update(lena.id, name="L")) == {shop.business.id: (0, 10, 1), salads: (0, 2, 0)}
    await assert_books_balance(shop)


async def test_who_is_erased_is_owed_nothing_on_any_card(shop: Shop) -> None:
    salads, lena = await shop.make_program(stamps_required=2), await shop.join()
    await shop.stamp(lena.id, 2, program_id=salads)
    await shop.stamp(lena.id, 10)
    await shop.erase(lena.id)
    assert await shop.totals() == (0, 0)
    await assert_books_balance(shop)


async def test_a_change_of_one_program_leaves_the_others_alone_and_keeps_promises(shop: Shop) -> None:
    salads, lena = await shop.make_program(stamps_required=4), await shop.join()
    await shop.stamp(lena.id, 1, program_id=salads)
    await shop.change_of(salads, stamps_required=9)
    assert (await shop.stamp(lena.id, 1, program_id=salads)).stamps_required == 4
    await shop.change_of(salads, stamps_required=3)
    stamped = await shop.stamp(lena.id, 1, program_id=salads)
    assert (stamped.reward_earned, stamped.customer.stamps_required) == (True, 10)
    await assert_books_balance(shop)


async def test_the_proof_names_what_was_changed_by_hand_on_a_card_or_in_the_figures_of_a_program(shop: Shop) -> None:
    salads, lena = await shop.make_program(stamps_required=4), await shop.join()
    await shop.stamp(lena.id, 3, program_id=salads)
    await shop.database.write(lambda c: c.execute(update(card).values(current_stamps=2)).close())
    await shop.database.write(lambda c: c.execute(update(program_day).values(visits=7)).close())
    proof = Proof(await shop.database.read(lambda c: find_business(c, shop.business.id)))
    await shop.database.read(proof.run)
    assert [str(one) for one in proof.differences] == [
        f"Business 1, customer {lena.id}, program {salads}: current_stamps is kept as 2, the ledger gives 3",
        f"Business 1, program {salads} on the day 2026-03-02: visits is kept as 7, the ledger gives 1",
    ]


async def test_what_is_owed_is_told_by_program(shop: Shop) -> None:
    salads, lena = (
        await shop.make_program("Salads", stamps_required=2, reward_cost=300, currency="EUR"),
        await shop.join(),
    )
    teas = await shop.make_program("Teas", stamps_required=2)
    await shop.stamp(lena.id, 10)
    await shop.stamp(lena.id, 2, program_id=salads)
    await shop.stamp(lena.id, 2, program_id=salads)
    await shop.programs_deed(archive=teas)

    async def owed() -> dict[str | None, tuple[int, int | None]]:
        business = await shop.database.read(lambda c: find_business(c, shop.business.id))
        summary = await shop.database.read(lambda c: read_rewards_summary(c, business, now=shop.clock.now))
        assert summary.outstanding == sum(one.outstanding for one in summary.programs)
        return {one.title: (one.outstanding, one.cost) for one in summary.programs}

    assert await owed() == {None: (1, None), "Salads": (2, 600)}
    await shop.redeem(lena.id)
    await shop.redeem(lena.id)
    assert await owed() == {None: (0, None), "Salads": (1, 300)}


async def test_a_visit_is_a_visit_to_flags_whatever_its_program(shop: Shop) -> None:
    salads, lena = await shop.make_program("Salads"), await shop.join()
    for number in (shop.business.id, salads, shop.business.id, salads, salads):
        await shop.stamp(lena.id, 1, program_id=number)
    await look(shop.database, shop.business, now=shop.clock.now)
    assert [(row.kind, row.number) for row in await shop.rows(flag)] == [("many_visits", 5)]


async def test_programs_that_were_read_before_a_change_displace_none_that_were_read_after_it(shop: Shop) -> None:
    """Of two batches that read at once, the one that began before a change may be the last to keep what it read."""
    known, number = Versions(), shop.business.id
    await shop.make_program("Lunch")
    older = await programs_of(shop)
    await shop.make_program("Dinner")
    await shop.change(stamps_required=7)
    for terms, further in (older, await programs_of(shop), older):
        known.keep(number, terms)
        known.keep_further(number, further)
    program = known.program_of(await shop.database.read(lambda c: find_business(c, number)))
    assert program == await shop.program()
    assert [one.title for one in program.others] == ["Lunch", "Dinner"]


async def programs_of(shop: Shop) -> tuple[tuple[Terms, ...], FurtherPrograms]:
    """What a batch reads of the programs of a shop."""
    business = await shop.database.read(lambda c: find_business(c, shop.business.id))
    further = await shop.database.read(lambda c: read_further(c, business))
    assert further is not None
    return (await shop.program()).versions, further
