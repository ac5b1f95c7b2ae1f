"""Merging over the database: two customers become one, whom both codes and numbers mean, and two again."""

import asyncio
from functools import partial

import msgspec
import pytest
from sqlalchemy import Connection

from loyalty_app.card_pages.links import CardId, digest_of, follow_link
from loyalty_app.card_pages.watch import CardWatch
from loyalty_app.counter.orders import Holder
from loyalty_app.customers.lists import Search, list_customers
from loyalty_app.customers.proof import Proof
from loyalty_app.customers.staff_view import with_codes, with_phone
from loyalty_app.db import tables
from loyalty_app.importing.candidates import Candidate
from loyalty_app.importing.customer_creation import DryRun
from loyalty_app.pagination import PageRequest
from loyalty_app.upkeep.retention import prune
from loyalty_core.customers import Customer, Profile
from loyalty_core.errors import (
    CustomerExists,
    CustomerNotFound,
    InvalidRequest,
    MergeBar,
    MergeRefused,
)
from loyalty_core.programs import Surplus
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_next_door

PHONE, OTHER_PHONE = "+14155552671", "+14155552672"


async def assert_all_adds_up(shop: Shop) -> None:
    await assert_books_balance(shop)
    proof = Proof(shop.business)
    await shop.database.read(proof.run)
    assert proof.found == 0, [str(one) for one in proof.differences]


async def two(shop: Shop, *, phone: str | None = None, email: str | None = None) -> tuple[Customer, Customer]:
    """Lena, and the card under which she was joined a second time."""
    lena, second = await shop.join(), await shop.join(name="Lena M.", phone=phone, email=email)
    return await shop.customer(lena.id), await shop.customer(second.id)


async def test_what_both_had_is_on_one_card_and_the_others_code_and_id_lead_to_it(shop: Shop) -> None:
    lena, other = await two(shop)
    await shop.stamp(lena.id, 3)
    entry = await shop.stamp(other.qr_code, 4)
    merged = await shop.merge(lena.id, other.id)
    assert (merged.customer.qr_code, merged.customer.current_stamps, merged.customer.total_visits) == (
        lena.qr_code,
        7,
        2,
    )
    assert await shop.totals() == (1, 0)
    for ref in (other.qr_code, other.id):
        assert (await shop.customer(ref)).id == lena.id
        assert (await shop.stamp(ref)).customer.id == lena.id
    undone = await shop.void(entry.transaction_id)
    assert (undone.customer.id, undone.customer.current_stamps) == (lena.id, 5)
    assert (await shop.update(other.qr_code, name="Lena Meyer")).id == lena.id
    await assert_all_adds_up(shop)


async def test_merging_and_unmerging_put_all_back_as_it_was(shop: Shop) -> None:
    await shop.change(surplus=Surplus.CARRY)
    lena, other = await two(shop, phone=PHONE)
    await shop.stamp(lena.id, 6)
    await shop.stamp(other.id, 9)
    await shop.stamp(lena.id, 4)
    await shop.redeem(lena.id)
    before = [await shop.customer(one.id) for one in (lena, other)], await shop.ledger(), await shop.rewards()
    totals = await shop.rows(tables.daily_total), await shop.totals()
    merged = await shop.merge(lena.id, other.id)
    assert (merged.customer.phone, merged.customer.current_stamps) == (PHONE, 9)
    await assert_all_adds_up(shop)
    await shop.unmerge(lena.id, other.id)
    after = [await shop.customer(one.id) for one in (lena, other)], await shop.ledger(), await shop.rewards()
    for now, then in zip(after[0], before[0], strict=True):
        assert msgspec.structs.replace(now, version=then.version, updated_at=then.updated_at) == then
    assert after[1:] == before[1:]
    assert (await shop.rows(tables.daily_total), await shop.totals()) == totals
    assert await shop.rows(tables.customer_merge) == []
    await assert_all_adds_up(shop)


async def test_rewards_are_moved_issued_and_taken_back_with_the_totals(shop: Shop) -> None:
    await shop.change(surplus=Surplus.CARRY)
    lena, other = await two(shop)
    await shop.stamp(lena.id, 6)
    await shop.stamp(other.id, 6)
    merged = await shop.merge(lena.id, other.id)
    assert (merged.customer.rewards_available, merged.customer.current_stamps) == (1, 2)
    await assert_all_adds_up(shop)
    told = [row.type for row in await shop.rows(tables.event)]
    assert (told.count("customer.merged"), told.count("reward.earned")) == (1, 1)
    await shop.unmerge(lena.id, other.id)
    assert [reward.status for reward in await shop.rewards()] == ["voided"]
    await assert_all_adds_up(shop)


async def test_a_fold_that_takes_back_a_redeemed_reward_refuses_and_changes_nothing(shop: Shop) -> None:
    await shop.change(surplus=Surplus.RESET, stamps_required=5)
    lena, other = await two(shop)
    await shop.stamp(lena.id, 4)
    await shop.stamp(other.id, 5)
    await shop.stamp(lena.id, 1)
    await shop.redeem(lena.id)
    await shop.redeem(other.id)
    before = [await shop.rows(table) for table in (tables.customer, tables.transaction, tables.reward, tables.event)]
    with pytest.raises(MergeRefused) as refusal:
        await shop.merge(lena.id, other.id)
    assert refusal.value.bar is MergeBar.REWARD_HANDED_OUT
    after = [await shop.rows(table) for table in (tables.customer, tables.transaction, tables.reward, tables.event)]
    assert after == before


async def test_oneself_strangers_and_who_was_merged_already_cannot_be_merged(shop: Shop) -> None:
    lena, other = await two(shop)
    stranger = await (await open_next_door(shop)).join()
    with pytest.raises(InvalidRequest):
        await shop.merge(lena.id, lena.qr_code)
    with pytest.raises(CustomerNotFound):
        await shop.merge(lena.id, stranger.id)
    with pytest.raises(MergeRefused) as refusal:
        await shop.unmerge(lena.id, other.id)
    assert refusal.value.bar is MergeBar.NOT_MERGED
    await shop.merge(lena.id, other.id)
    with pytest.raises(MergeRefused) as refusal:
        await shop.merge(lena.id, other.id)
    assert refusal.value.bar is MergeBar.ALREADY_MERGED
    with pytest.raises(CustomerNotFound):
        await shop.unmerge(lena.id, 999)


async def test_once_a_stamp_counted_for_the_others_past_they_stay_one(shop: Shop) -> None:
    lena, other = await two(shop)
    await shop.stamp(lena.id, 4)
    await shop.stamp(other.id, 4)
    await shop.merge(lena.id, other.id)
    await shop.stamp(lena.id, 1)
    await shop.unmerge(lena.id, other.id)
    assert (await shop.customer(lena.id)).card.current_stamps == 5
    await shop.merge(lena.id, other.id)
    await shop.stamp(lena.id, 1)
    with pytest.raises(MergeRefused) as refusal:
        await shop.unmerge(lena.id, other.id)
    assert refusal.value.bar is MergeBar.STAMPED_SINCE
    await assert_all_adds_up(shop)


async def test_after_thirty_days_a_merge_stays_and_what_would_undo_it_is_forgotten(shop: Shop) -> None:
    lena, other = await two(shop)
    await shop.merge(lena.id, other.id)
    shop.clock.wait(days=31)
    with pytest.raises(MergeRefused):
        await shop.unmerge(lena.id, other.id)
    await prune(shop.database, shop.clock.now)
    assert [row.undo for row in await shop.rows(tables.customer_merge)] == [None]
    with pytest.raises(MergeRefused) as refusal:
        await shop.unmerge(lena.id, other.id)
    assert refusal.value.bar is MergeBar.TOO_LATE
    assert (await shop.customer(other.qr_code)).id == lena.id


async def test_merges_can_follow_each_other_and_are_taken_back_in_turn(shop: Shop) -> None:
    lena, second = await two(shop)
    third = await shop.join(name="Lena again")
    for customer, stamps in ((lena.id, 1), (second.id, 2), (third.id, 4)):
        await shop.stamp(customer, stamps)
    await shop.merge(second.id, third.id)
    await shop.merge(lena.id, second.id)
    assert (await shop.stamp(third.id)).customer.total_stamps == 8
    await assert_all_adds_up(shop)
    with pytest.raises(MergeRefused):
        await shop.unmerge(lena.id, third.id)
    await shop.unmerge(lena.id, second.id)
    assert [(await shop.customer(ref)).card.total_stamps for ref in (lena.id, second.id, third.id)] == [2, 6, 6]
    await shop.unmerge(second.id, third.id)
    assert [(await shop.customer(ref)).card.total_stamps for ref in (lena.id, second.id, third.id)] == [2, 2, 4]
    await assert_all_adds_up(shop)


async def test_both_phone_numbers_lead_to_the_one_customer(shop: Shop) -> None:
    lena = await shop.join(phone=PHONE)
    other = await shop.join(name="Lena M.", phone=OTHER_PHONE)
    await shop.merge(lena.id, other.id)
    with pytest.raises(CustomerExists) as refusal:
        await shop.join(phone=OTHER_PHONE)
    assert refusal.value.customer_id == lena.id

    def look(connection: Connection) -> tuple[object, object]:
        found = with_phone(connection, shop.business, OTHER_PHONE)
        page = list_customers(connection, shop.business, Search(phone=OTHER_PHONE), wanted=PageRequest())
        return found and found.id, [one.id for one in page.data]

    assert await shop.database.read(look) == (lena.id, [lena.id])
    again = Candidate(place=1, profile=Profile(name="Lena", phone=OTHER_PHONE))
    [remark] = await DryRun(shop.database, shop.business).take([again])
    assert (remark.fate, remark.customer_id) == ("already_there", lena.id)
    assert (await shop.update(lena.id, phone=OTHER_PHONE)).phone == OTHER_PHONE
    await shop.erase(lena.id)
    assert (await shop.join(phone=OTHER_PHONE)).phone == OTHER_PHONE


async def test_a_number_that_somebody_else_has_by_now_cannot_go_back(shop: Shop) -> None:
    lena, other = await two(shop, phone=PHONE)
    await shop.merge(lena.id, other.id)
    await shop.update(lena.id, phone=OTHER_PHONE)
    third = await shop.join(name="Omar", phone=PHONE)
    with pytest.raises(CustomerExists) as refusal:
        await shop.unmerge(lena.id, other.id)
    assert refusal.value.customer_id == third.id


async def test_erasing_after_a_merge_erases_both(shop: Shop) -> None:
    lena, other = await two(shop, phone=PHONE, email="lena@example.com")
    await shop.update(other.id, name="Maya Secret")
    await shop.merge(lena.id, other.id)
    await shop.erase(other.qr_code)
    owned = [table for table in tables.metadata.sorted_tables if "business_id" in table.c]
    kept = repr([await shop.rows(table) for table in owned])
    for secret in ("Secret", PHONE, "lena@example.com"):
        assert secret not in kept
    with pytest.raises(CustomerNotFound):
        await shop.customer(other.id)
    with pytest.raises(CustomerNotFound):
        await shop.stamp(other.qr_code)
    await assert_all_adds_up(shop)


async def test_answers_of_both_are_repeated_to_the_byte_after_a_merge_and_after_unmerging(shop: Shop) -> None:
    lena, other = await two(shop, phone=PHONE)
    shop.clock.wait(days=3)
    first = await shop.stamp(lena.id, 8, key="first")
    second = await shop.stamp(other.qr_code, 10, key="second")
    third = await shop.redeem(other.id, key="third")
    merged = await shop.merge(lena.id, other.id, key="merge")
    for _ in range(2):
        assert await shop.stamp(lena.id, 8, key="first") == first
        assert await shop.stamp(other.qr_code, 10, key="second") == second
        assert await shop.redeem(other.id, key="third") == third
        assert await shop.merge(lena.id, other.id, key="merge") == merged
        if _ == 0:
            await shop.unmerge(lena.id, other.id, key="unmerge")
    assert (await shop.customer(lena.id)).card.total_stamps == 8


async def test_cards_in_chats_come_along_and_go_back(shop: Shop) -> None:
    caller = shop.caller()
    lena = (await shop.counter.join(caller, Profile(name="Lena"), holder=Holder(5, 71))).outcome
    other = (await shop.counter.join(caller, Profile(name="Lena M."), holder=Holder(5, 72))).outcome
    await shop.merge(lena.id, other.id)
    held = {row.user_id: (row.customer_id, row.due_at is not None) for row in await shop.rows(tables.telegram_card)}
    assert held == {71: (lena.id, True), 72: (lena.id, True)}
    again = (await shop.counter.join(caller, Profile(name="Lena M."), holder=Holder(5, 72))).outcome
    assert again.id == lena.id
    await shop.unmerge(lena.id, other.id)
    back = {row.user_id: row.customer_id for row in await shop.rows(tables.telegram_card)}
    assert back == {71: lena.id, 72: other.id}


async def test_photos_of_the_others_code_find_the_one_customer_once(shop: Shop) -> None:
    lena, other = await two(shop)
    await shop.merge(lena.id, other.id)
    codes = [other.qr_code, lena.qr_code]
    found = await shop.database.read(lambda connection: with_codes(connection, [shop.business.id], codes))
    assert [one.id for one in found] == [lena.id]


async def test_stamps_on_both_while_they_are_merged_are_each_counted_once(shop: Shop, twin: Shop) -> None:
    for round_ in range(6):
        lena, other = await two(shop)
        stamps = [
            one.stamp(ref, key=f"{round_} {number}")
            for number, (one, ref) in enumerate(
                (one, ref) for one in (shop, twin) for ref in (lena.id, other.qr_code, other.id, lena.qr_code)
            )
        ]
        merge = (shop, twin)[round_ % 2].merge(lena.id, other.id)
        outcomes = await asyncio.gather(*stamps[:4], merge, *stamps[4:], return_exceptions=True)
        assert not [one for one in outcomes if isinstance(one, BaseException)]
        assert (await shop.customer(other.qr_code)).card.total_stamps == 8
    await assert_all_adds_up(shop)


async def test_stamps_while_they_are_put_apart_again_are_each_counted_once(shop: Shop, twin: Shop) -> None:
    for round_ in range(6):
        lena, other = await two(shop)
        await shop.merge(lena.id, other.id)
        entry = await shop.stamp(lena.id, key=f"first {round_}")
        wishes = [one.stamp(ref) for one in (shop, twin) for ref in (lena.id, other.qr_code, other.id)]
        outcomes = await asyncio.gather(
            *wishes[:3],
            twin.unmerge(lena.id, other.id),
            shop.void(entry.transaction_id),
            *wishes[3:],
            return_exceptions=True,
        )
        assert not [one for one in outcomes if isinstance(one, BaseException)]
        totals = [(await shop.customer(one.id)).card.total_stamps for one in (lena, other)]
        assert sum(totals) == 6
    await assert_all_adds_up(shop)


async def test_two_merges_of_the_same_pair_at_once_make_one(shop: Shop, twin: Shop) -> None:
    lena, other = await two(shop)
    await shop.stamp(other.id, 3)
    tries = [one.merge(*pair) for one in (shop, twin) for pair in ((lena.id, other.id), (other.id, lena.id))]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, MergeRefused)]
    assert [one.bar for one in refused] == [MergeBar.ALREADY_MERGED] * 3, outcomes
    assert await shop.totals() == (1, 0)
    await assert_all_adds_up(shop)


async def test_a_private_link_of_the_other_shows_the_common_card(shop: Shop) -> None:
    lena, other = await two(shop)
    secret = "A" * 32
    row = {"business_id": shop.business.id, "digest": digest_of(secret), "customer_id": other.id}
    await shop.database.write(
        lambda c: shop.database.insert(c, tables.card_link, [{**row, "created_at": shop.clock.now}])
    )
    await shop.merge(lena.id, other.id)
    found = await follow_link(shop.database, secret)
    assert found is not None
    assert (found.card, found.revoked) == (CardId(shop.business.id, lena.id), False)


async def test_who_looks_at_the_page_of_the_other_begins_again_with_the_common_card(shop: Shop) -> None:
    lena, other = await two(shop)
    cards = CardWatch(shop.database, shop.counter.wakeups.changed_cards)
    watcher = cards.watch(CardId(shop.business.id, other.id))
    await shop.merge(lena.id, other.id)
    assert watcher.ended
    await cards.close()


async def test_a_key_has_its_first_answer_also_when_the_cards_were_put_apart_since(shop: Shop) -> None:
    lena, other = await two(shop)
    await shop.stamp(other.id, 10)
    own = await shop.stamp(other.id, 2)
    await shop.merge(lena.id, other.id)
    asked = partial(shop.redeem, lena.id, key="redeem"), partial(shop.void, own.transaction_id, key="void")
    before = [await ask() for ask in asked]
    assert {one.customer.id for one in before} == {lena.id}
    assert [await ask() for ask in asked] == before
    await shop.unmerge(lena.id, other.id)
    assert [entry.customer_id for entry in await shop.ledger()] == [other.id] * 4
    assert [await ask() for ask in asked] == before
    await shop.erase(lena.id)
    with pytest.raises(CustomerNotFound):
        await asked[0]()
