"""Batches: requests that wait together are written together, and none of them feels the others."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Row

from loyalty_app.counter import decide, versions
from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_app.shops.businesses import Business
from loyalty_core import stamping
from loyalty_core.access import Plan
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Customer
from loyalty_core.errors import (
    AlreadyVoided,
    CustomerNotFound,
    InvalidRequest,
    NoRewardAvailable,
    OrderRefUsed,
    TransactionNotFound,
)
from loyalty_core.ledger import Entry
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import Program
from loyalty_core.rewards import RewardStatus
from loyalty_core.stamping import StampOrder
from testkit.audit import assert_books_balance
from testkit.builders import NOON
from testkit.concurrency import at_once
from testkit.shop import Shop, open_next_door

PHONE, OTHER_PHONE = "+14155552671", "+14155552672"


def deal(monkeypatch: pytest.MonkeyPatch, *codes: str) -> None:
    """Hand out these customers' codes, one after the other."""
    dealt = iter(codes)
    monkeypatch.setattr(decide, "new_code", lambda _: f"CUS{next(dealt)}")


async def test_a_refused_request_leaves_the_others_alone(shop: Shop) -> None:
    lena = await shop.join()
    answers, refusals = await at_once([shop.stamp(lena.id), shop.redeem(lena.id), shop.stamp(99), shop.stamp(lena.id)])
    assert len(answers) == 2
    assert [type(refusal) for refusal in refusals] == [NoRewardAvailable, CustomerNotFound]
    assert (await shop.customer(lena.id)).card.total_stamps == 2
    await assert_books_balance(shop)


async def test_a_request_sees_what_the_ones_before_it_did(shop: Shop) -> None:
    lena = await shop.join()
    first, second, third, redeemed = await asyncio.gather(
        shop.stamp(lena.id, 4), shop.stamp(lena.id, 4), shop.stamp(lena.id, 4), shop.redeem(lena.id)
    )
    assert (first.current_stamps, second.current_stamps, third.current_stamps) == (4, 8, 0)
    assert redeemed.reward.id == third.rewards[0].id
    await assert_books_balance(shop)


async def test_only_the_request_that_fails_fails(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lena, omar = await shop.join("Lena"), await shop.join("Omar")
    rule = stamping.stamp

    def broken_for_omar(
        customer: Customer, program: Program, order: StampOrder, *, at: Occasion, ledger: tuple[Entry, ...] | None
    ) -> Change[Stamped]:
        if customer.id == omar.id:
            raise ZeroDivisionError
        return rule(customer, program, order, at=at, ledger=ledger)

    monkeypatch.setattr(stamping, "stamp", broken_for_omar)
    wishes = [shop.stamp(person.id) for person in (lena, omar, lena)]
    outcomes = await asyncio.gather(*wishes, return_exceptions=True)
    assert isinstance(outcomes[1], ZeroDivisionError)
    assert (await shop.customer(lena.id)).card.total_stamps == 2
    assert (await shop.customer(omar.id)).card.total_stamps == 0
    assert "a batch of 3 failed" in caplog.text
    await assert_books_balance(shop)


async def test_a_batch_that_fails_while_it_is_written_has_written_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two customers are dealt the same code: the database refuses the batch, and alone each finds a code of its own."""
    deal(monkeypatch, "0000000000", "0000000000", "0000000001", "0000000002")
    people = await asyncio.gather(shop.join("Lena"), shop.join("Omar"))
    assert len({person.qr_code for person in people}) == 2
    assert await shop.totals() == (2, 0)
    assert "a batch of 2 failed" in caplog.text
    await assert_books_balance(shop)


async def test_a_lost_race_for_a_code_is_decided_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    deal(monkeypatch, "0000000000", "0000000000", "0000000000", "0000000001")
    lena = await shop.join("Lena")
    assert (await shop.join("Omar")).qr_code != lena.qr_code


async def test_a_phone_number_may_change_hands_within_a_batch(shop: Shop) -> None:
    lena, omar = await shop.join("Lena", phone=PHONE), await shop.join("Omar", phone=OTHER_PHONE)
    await asyncio.gather(
        shop.stamp(omar.id),
        shop.update(lena.id, phone="+14155552673"),
        shop.update(omar.id, phone=PHONE),
        shop.join("Ben", phone=OTHER_PHONE),
    )
    phones = {customer.name: customer.phone for customer in await shop.customers()}
    assert phones == {"Lena": "+14155552673", "Omar": PHONE, "Ben": OTHER_PHONE}
    await assert_books_balance(shop)


async def test_whoever_is_erased_makes_room_for_the_next_in_the_same_batch(shop: Shop) -> None:
    trial = await open_next_door(shop, plan=Plan.TRIAL)
    people = await asyncio.gather(*(trial.join() for _ in range(25)))
    await asyncio.gather(trial.erase(people[0].id), trial.join("The next"))
    assert await trial.totals() == (25, 0)


async def test_a_phone_number_is_free_for_somebody_else_as_soon_as_its_holder_is_erased(shop: Shop) -> None:
    lena = await shop.join(phone=PHONE)
    _, ben = await asyncio.gather(shop.erase(lena.id), shop.join("Ben", phone=PHONE))
    assert ben.phone == PHONE
    await assert_books_balance(shop)


async def test_an_entry_can_only_be_undone_once_it_is_written(shop: Shop) -> None:
    """A guessed number is no way to undo what is not there yet: its card would be added up from half a ledger."""
    lena = await shop.join()
    last = await shop.stamp(lena.id, 3)
    answers, refusals = await at_once([shop.stamp(lena.id, 2), shop.void(last.transaction_id + 1)])
    assert (len(answers), [type(refusal) for refusal in refusals]) == (1, [TransactionNotFound])
    assert (await shop.customer(lena.id)).card.total_stamps == 5
    await assert_books_balance(shop)


async def test_an_entry_is_undone_once_however_many_ask_for_it(shop: Shop, twin: Shop) -> None:
    lena = await shop.join()
    given = await shop.stamp(lena.id, 3)
    answers, refusals = await at_once(till.void(given.transaction_id) for till in (shop, twin) for _ in range(8))
    assert (len(answers), [type(refusal) for refusal in refusals]) == (1, [AlreadyVoided] * 15)
    await assert_books_balance(shop)


async def test_a_reward_may_be_freed_and_handed_out_again_within_a_batch(shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id, 10)
    first = await shop.redeem(lena.id)
    _, second = await asyncio.gather(shop.void(first.transaction_id), shop.redeem(lena.id))
    assert second.reward.id == first.reward.id
    assert [reward.status for reward in await shop.rewards()] == [RewardStatus.REDEEMED]
    await assert_books_balance(shop)


async def test_an_order_reference_is_stamped_once_and_free_again_after_an_undo(shop: Shop) -> None:
    lena = await shop.join()
    given = await shop.stamp(lena.id, order_ref="A-17")
    with pytest.raises(OrderRefUsed) as refusal:
        await shop.stamp(lena.id, order_ref="A-17")
    assert refusal.value.transaction_id == given.transaction_id
    await shop.void(given.transaction_id)
    assert (await shop.stamp(lena.id, order_ref="A-17")).total_stamps == 1


async def test_an_order_undone_and_stamped_anew_in_one_batch_is_stamped_once(shop: Shop) -> None:
    lena = await shop.join()
    given = await shop.stamp(lena.id, order_ref="A-17")
    await asyncio.gather(shop.void(given.transaction_id), shop.stamp(lena.id, 2, order_ref="A-17"))
    assert (await shop.customer(lena.id)).card.total_stamps == 2
    await assert_books_balance(shop)


async def test_an_order_reference_of_another_business_is_free(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await shop.stamp((await shop.join()).id, order_ref="A-17")
    assert (await next_door.stamp((await next_door.join()).id, order_ref="A-17")).total_stamps == 1


async def test_a_stamp_names_a_branch_of_its_own_business_or_is_refused(shop: Shop, database: Database) -> None:
    next_door, lena = await open_next_door(shop), await shop.join()
    branches = [
        {"business_id": owner.business.id, "id": number, "name": "Market", "created_at": NOON}
        for owner, number in ((shop, 1), (next_door, 2))
    ]
    await database.write(lambda connection: database.insert(connection, tables.branch, branches))
    for unknown in (2, 3):
        with pytest.raises(InvalidRequest, match="branch_id"):
            await shop.stamp(lena.id, branch_id=unknown)
    await shop.stamp(lena.id, branch_id=1)
    assert [entry.branch_id for entry in await shop.ledger()] == [1]


async def test_two_processes_that_serve_two_businesses_do_not_wait_for_each_other(
    shop: Shop, twin: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """Joins and rewards of two businesses, crosswise: a deadlock would be logged as a batch that failed."""
    next_door = await open_next_door(shop)
    twin_next_door = Shop(twin.database, next_door.business, shop.clock, twin.counter)
    lena, omar = await shop.join(), await next_door.join()
    for _ in range(20):
        await asyncio.gather(
            *(shop.join(), next_door.stamp(omar.id, 10)),
            *(twin_next_door.join(), twin.stamp(lena.id, 10)),
        )
    assert caplog.text == ""


async def test_what_is_kept_of_shops_between_batches_has_a_bound_and_none_of_them_notices(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "MOST_KEPT", 2)
    kept: list[int] = []
    keep = versions.Versions.business_of

    def watched(known: versions.Versions, row: Row[Any]) -> Business:
        found = keep(known, row)
        kept.append(len(known._businesses))  # noqa: SLF001  # nobody else need know
        return found

    monkeypatch.setattr(versions.Versions, "business_of", watched)
    shops = [shop, *[await open_next_door(shop) for _ in range(3)]]
    lenas = [await one.join("Lena") for one in shops]
    for _ in range(2):
        given, refused = await at_once(one.stamp(lena.id) for one, lena in zip(shops, lenas, strict=True))
        assert (len(given), refused) == (len(shops), [])
    assert max(kept) == 2
    for one in shops:
        await assert_books_balance(one)
