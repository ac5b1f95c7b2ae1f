"""Once only: a request with an idempotency key happens once, and is answered with the same bytes for ever."""

import asyncio
from datetime import UTC, datetime

import pytest

from loyalty_app.counter import Answer
from loyalty_app.counter.orders import (
    ChangeProfile,
    Claim,
    Erase,
    Expire,
    GiveStamp,
    Holder,
    Join,
    Order,
    Redeem,
    Request,
    Void,
)
from loyalty_app.db import tables
from loyalty_app.db.idempotency import once_key_of
from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.errors import CustomerExists, CustomerNotFound, IdempotencyKeyReused, NoRewardAvailable
from loyalty_core.fields import TransactionId
from loyalty_core.outcomes import Stamped
from loyalty_core.stamping import RedeemOrder, StampOrder
from testkit.concurrency import at_once
from testkit.shop import Shop, open_next_door

ONE = StampOrder()
HOLDER = Holder(1, 501)


async def stamp(shop: Shop, customer: int, key: str) -> Answer[Stamped]:
    return await shop.counter.give_stamp(shop.caller(key), customer, ONE)


@pytest.mark.parametrize("processes", [1, 2])
async def test_sixty_four_requests_with_one_key_are_one_stamp_and_sixty_four_equal_answers(
    shop: Shop, twin: Shop, processes: int
) -> None:
    lena = await shop.join()
    tills = [shop, twin][:processes]
    answers = await asyncio.gather(*(stamp(tills[number % processes], lena.id, "k") for number in range(64)))
    assert len({answer.body for answer in answers}) == 1
    assert sum(answer.replayed for answer in answers) == 63
    assert len(await shop.ledger()) == 1
    assert (await shop.customer(lena.id)).card.total_stamps == 1


async def test_a_key_answers_with_the_same_bytes_after_a_restart(shop: Shop) -> None:
    lena = await shop.join()
    first = await stamp(shop, lena.id, "k")
    await shop.stamp(lena.id)
    await shop.counter.close()
    restarted = Shop(shop.database, shop.business, shop.clock)
    again = await stamp(restarted, lena.id, "k")
    await restarted.counter.close()
    assert (again.body, again.replayed, again.outcome) == (first.body, True, first.outcome)


async def test_every_verb_happens_once_under_one_key(shop: Shop) -> None:
    caller = shop.caller
    join = [await shop.counter.join(caller("join"), Profile(name="Lena", phone="+14155552671")) for _ in "12"]
    [lena] = await shop.customers()
    earned = await shop.stamp(lena.id, 10, key="stamp")
    assert await shop.stamp(lena.id, 10, key="stamp") == earned
    redeem = [await shop.counter.redeem(caller("redeem"), lena.id, RedeemOrder()) for _ in "12"]
    void = [await shop.counter.void(caller("void"), TransactionId((await shop.ledger())[1].id)) for _ in "12"]
    update = [await shop.update(lena.id, key="update", name="Lena M") for _ in "12"]
    version = (await shop.customer(lena.id)).version
    erase = [await shop.counter.erase(caller("erase"), lena.id) for _ in "12"]
    for first, second in (join, redeem, void, erase):
        assert (first.body, first.replayed, second.replayed) == (second.body, False, True)
        assert first.outcome == second.outcome, "what was decided, and what is read from its bytes"
    assert update[0] == update[1]
    assert version == 5, "joined, stamped, redeemed, undone, renamed"
    assert [entry.type.value for entry in await shop.ledger()] == ["stamp", "redeem", "void"]


async def test_a_replayed_join_makes_no_second_customer_even_without_a_phone(shop: Shop, twin: Shop) -> None:
    answers = await asyncio.gather(*(till.join(key="k") for till in (shop, twin) for _ in range(4)))
    assert len({customer.id for customer in answers}) == 1
    assert await shop.totals() == (1, 0)


@pytest.mark.parametrize("together", [True, False], ids=["at once", "later"])
async def test_a_key_refuses_another_request(shop: Shop, twin: Shop, *, together: bool) -> None:
    lena = await shop.join()
    if together:
        answers, refusals = await at_once([shop.stamp(lena.id, 1, key="k"), shop.stamp(lena.id, 2, key="k")])
        assert [answer.stamps_added for answer in answers] == [1]
        assert [type(refusal) for refusal in refusals] == [IdempotencyKeyReused]
    else:
        await shop.stamp(lena.id, 1, key="k")
        with pytest.raises(IdempotencyKeyReused):
            await twin.stamp(lena.id, 2, key="k")
    with pytest.raises(IdempotencyKeyReused):
        await shop.erase(lena.id, key="k")
    assert (await shop.customer(lena.id)).card.total_stamps == 1


async def test_one_key_for_two_customers_in_two_processes_stamps_one_of_them(shop: Shop, twin: Shop) -> None:
    lena, omar = await shop.join("Lena"), await shop.join("Omar")
    answers, refusals = await at_once([shop.stamp(lena.id, key="k"), twin.stamp(omar.id, key="k")])
    assert (len(answers), [type(refusal) for refusal in refusals]) == (1, [IdempotencyKeyReused])
    assert len(await shop.ledger()) == 1


async def test_the_same_wish_spelled_otherwise_is_the_same_request(shop: Shop) -> None:
    first = await shop.join(key="k", phone="+14155552671")
    again = await shop.join(key="k", phone="(415) 555-2671")
    assert again == first


async def test_a_refusal_does_not_use_up_its_key(shop: Shop) -> None:
    lena = await shop.join()
    with pytest.raises(NoRewardAvailable):
        await shop.redeem(lena.id, key="k")
    await shop.stamp(lena.id, 10)
    redeemed = await shop.redeem(lena.id, key="k")
    assert redeemed.customer.rewards_available == 0


async def test_a_refused_join_may_come_again_with_its_key(shop: Shop) -> None:
    lena = await shop.join(phone="+14155552671")
    with pytest.raises(CustomerExists):
        await shop.join("Ben", key="k", phone="+14155552671")
    await shop.erase(lena.id)
    assert (await shop.join("Ben", key="k", phone="+14155552671")).phone == "+14155552671"


async def test_keys_of_two_businesses_do_not_meet(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    lena, omar = await shop.join("Lena"), await next_door.join("Omar")
    answers = await asyncio.gather(stamp(shop, lena.id, "k"), stamp(next_door, omar.id, "k"))
    assert [answer.replayed for answer in answers] == [False, False]
    for one in (shop, next_door):
        assert [row.once_key for row in await one.rows(tables.transaction)] == [once_key_of("k")]


async def test_a_request_without_a_key_happens_each_time(shop: Shop) -> None:
    lena = await shop.join()
    await at_once(shop.stamp(lena.id) for _ in range(3))
    assert [row.once_key for row in await shop.rows(tables.transaction)] == [None] * 3
    assert await shop.rows(tables.idempotency) == []


async def test_an_answer_is_gone_for_who_asks_in_the_same_breath_in_which_its_customer_is_erased(shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id, key="k")
    answers, refusals = await at_once([shop.erase(lena.id), shop.stamp(lena.id, key="k")])
    assert (len(answers), [type(refusal) for refusal in refusals]) == (1, [CustomerNotFound])


FINGERPRINTS: list[tuple[Order, str]] = [
    (
        Join(Profile(name="Lena"), 3, HOLDER, datetime(2026, 3, 1, tzinfo=UTC)),
        "eab556f31338cd6c22ff69ca2c9520a9609fbd9b5ab1823f51f163d452da64af",
    ),
    (Claim(HOLDER, "+14155552671"), "02af5249afab92b31b00c86e020ebaf59140308afb57efd07fd62aaab4388885"),
    (
        GiveStamp("CUSRCJKRJNTK2", StampOrder(stamps=2, branch_id=1, order_ref="A-17")),
        "d1bd0fdf92fa2bb99e359498615c9da5cc56219220f07dbba81723322d9e501b",
    ),
    (Redeem(7, RedeemOrder(reward_id=3)), "90b5041ddc7ecc8248b24f56153c8a19292f4e73d59322edaf49c04a85d7a079"),
    (Void(TransactionId(9), "wrong"), "79dd360bdd6c870782fd29d1cb775ae27502dd409cae95ae6520456ff23584c8"),
    (ChangeProfile(7, ProfileChange(name="Lena")), "5ca649c023afa85bbf9bac25491fb047223c7d06de242f137bb8f6395cbfe89c"),
    (Erase(7), "8d827b3a7964144d16ff6859b449fa95ebc0638802e5ec73ca801e6b99c6e70a"),
    (Expire(7, 3), "730e5f50b82e410f15ddb02f3d1529d1a1ce380c7a810553c852a91ef8bce8f6"),
]


@pytest.mark.parametrize(("order", "kept"), FINGERPRINTS, ids=[type(order).__name__ for order, _ in FINGERPRINTS])
def test_what_an_older_release_has_kept_of_an_order_still_finds_its_answer(shop: Shop, order: Order, kept: str) -> None:
    assert Request(shop.caller(), order).fingerprint().hex() == kept
