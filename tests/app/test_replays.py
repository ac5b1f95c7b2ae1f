"""Replays: an answer that is made again from the ledger is the first one to the byte, whatever has happened since."""

import random
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from loyalty_app.counter import Answer
from loyalty_app.counter.replays import CardHistory, KeyedEntry, PastProfile, once_of, outcome_again
from loyalty_app.db import tables
from loyalty_app.db.idempotency import KeptAnswer as Kept
from loyalty_app.db.idempotency import (
    KeyedRequest,
    answer_once,
    check_of,
    fingerprint_of,
    kept_answer_row,
    once_key_of,
)
from loyalty_app.upkeep.kept_answers import move_answers
from loyalty_app.upkeep.periodic import Stop
from loyalty_core.customers import Card, Customer, ProfileChange
from loyalty_core.errors import CustomerNotFound, IdempotencyKeyReused, LoyaltyError
from loyalty_core.fields import BusinessId, CustomerId, TransactionId
from loyalty_core.ledger import Actor, ActorType, Entry, EntryType
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import Surplus
from loyalty_core.rewards import Reward
from loyalty_core.stamping import RedeemOrder, StampOrder
from testkit.builders import NOON
from testkit.shop import Shop

Ask = tuple[str, int, object]
"""A verb, what it is about, and what it says."""


async def ask(shop: Shop, asked: Ask, key: str) -> Answer[object]:
    verb, about, what = asked
    caller = shop.caller(key)
    match verb, what:
        case "stamp", int(stamps):
            return await shop.counter.give_stamp(caller, about, StampOrder(stamps=stamps))
        case "late", int(hours):
            late = StampOrder(stamps=1, occurred_at=shop.clock() - timedelta(hours=hours))
            return await shop.counter.give_stamp(caller, about, late)
        case "redeem", _:
            return await shop.counter.redeem(caller, about, RedeemOrder())
        case "void", _:
            return await shop.counter.void(caller, TransactionId(about))
        case _:
            return await shop.counter.change_profile(caller, about, ProfileChange(name=str(what)))


async def a_busy_time(shop: Shop, steps: int = 120) -> dict[str, tuple[Ask, bytes]]:
    """Stamps, redemptions, undos, renamed customers and other terms at random; every accepted request by its key."""
    dice, given = random.Random(4), dict[str, tuple[Ask, bytes]]()
    people = [(await shop.join(f"Guest {number}", phone=f"+1415555010{number}")).id for number in range(3)]
    for step in range(steps):
        shop.clock.wait(seconds=dice.choice([1, 61, 86_399]), microseconds=dice.randrange(10**6))
        who, key = dice.choice(people), f"k{step}"
        undone = dice.choice([entry.id for entry in await shop.ledger()] or [0])
        if step % 30 == 29:
            await shop.change(stamps_required=dice.randrange(3, 9), surplus=dice.choice([*Surplus]))
        asked: Ask = dice.choice(
            [
                ("stamp", who, dice.randrange(1, 11)),
                ("late", who, dice.randrange(1, 160)),
                ("redeem", who, 0),
                ("void", undone, 0),
                ("name", who, f"Name {step % 7}"),
            ]
        )
        try:
            given[key] = asked, (await ask(shop, asked, key)).body
        except LoyaltyError:
            continue
    return given


async def every_answer_comes_again(shop: Shop, given: dict[str, tuple[Ask, bytes]]) -> None:
    for key, (asked, body) in given.items():
        again = await ask(shop, asked, key)
        assert (again.body, again.replayed) == (body, True), asked
        assert msgspec.json.encode(again.outcome) == body


def verbs(given: dict[str, tuple[Ask, bytes]]) -> set[str]:
    return {asked[0] for asked, _ in given.values()}


async def test_every_answer_comes_again_to_the_byte_whatever_has_happened_since(shop: Shop) -> None:
    given = await a_busy_time(shop)
    assert verbs(given) == {"stamp", "late", "redeem", "void", "name"}
    await shop.counter.close()
    restarted = Shop(shop.database, shop.business, shop.clock)
    await every_answer_comes_again(restarted, given)
    await restarted.counter.close()
    kept = await shop.rows(tables.idempotency)
    assert len(kept) == sum(asked[0] == "name" for asked, _ in given.values()), "of the others none is stored whole"
    assert max(len(row.once) for row in await shop.rows(tables.transaction)) <= 36


# Answers that older releases have stored whole.


async def as_older_releases_stored_them(shop: Shop, given: dict[str, tuple[Ask, bytes]]) -> None:
    entries = {row.once_key: row for row in await shop.rows(tables.transaction)}
    whole = []
    for key, (asked, body) in given.items():
        row = entries.get(once_key_of(key))
        if row is not None:
            request = await fingerprint(shop, asked, key)
            whole.append(
                Kept(
                    business_id=shop.business.id,
                    key=key,
                    fingerprint=request,
                    customer_id=row.customer_id,
                    body=body,
                    created_at=row.occurred_at,
                )
            )
    bare = tables.transaction.update().values(once_key=None, once=None)
    await shop.database.write(lambda c: c.execute(bare).close())
    await shop.database.write(lambda c: c.execute(tables.past_profile.delete()).close())
    await shop.database.write(lambda c: shop.database.insert(c, tables.idempotency, map(kept_answer_row, whole)))


async def fingerprint(shop: Shop, asked: Ask, key: str) -> bytes:
    """What an older release has stored of a request: what this one would look for."""
    seen: list[bytes] = []

    def note(_key: str, found: bytes) -> bytes:
        seen.append(found)
        return b"none"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("loyalty_app.counter.batch.check_of", note)
        with pytest.raises(IdempotencyKeyReused):
            await ask(shop, asked, key)
    return seen[0]


async def test_answers_of_older_releases_are_moved_a_few_at_a_time_and_come_again(shop: Shop) -> None:
    given = await a_busy_time(shop)
    await as_older_releases_stored_them(shop, given)
    await every_answer_comes_again(shop, given)
    before = len(await shop.rows(tables.idempotency))
    stop = Stop()
    stop.ask()
    assert await move_answers(shop.database, stop=stop) == 0
    moved = await move_answers(shop.database, at_once=7, pause=0)
    left = await shop.rows(tables.idempotency)
    assert (len(left), moved > 10) == (before - moved, True)
    await every_answer_comes_again(shop, given)
    assert await move_answers(shop.database, pause=0) == 0


async def test_an_answer_from_before_a_change_of_name_stays_whole(shop: Shop) -> None:
    lena = await shop.join("Lena")
    asks: list[Ask] = [("stamp", lena.id, 1), ("name", lena.id, "Lena M"), ("stamp", lena.id, 2)]
    given = {key: (asked, (await ask(shop, asked, key)).body) for key, asked in zip("abc", asks, strict=True)}
    await as_older_releases_stored_them(shop, given)
    assert await move_answers(shop.database, pause=0) == 1
    assert {row.key for row in await shop.rows(tables.idempotency)} == {"a", "b"}
    await every_answer_comes_again(shop, given)


async def test_an_answer_of_an_unknown_shape_stays_whole(shop: Shop) -> None:
    lena = await shop.join()
    stamped = await shop.stamp(lena.id)
    rows = [
        kept_answer_row(
            Kept(
                business_id=shop.business.id,
                key=key,
                fingerprint=b"f" * 32,
                customer_id=lena.id,
                body=msgspec.json.encode({"transaction_id": number}),
                created_at=NOON,
            )
        )
        for key, number in (("k", stamped.transaction_id), ("m", 10**9))
    ]
    await shop.database.write(lambda c: shop.database.insert(c, tables.idempotency, rows))
    assert await move_answers(shop.database, pause=0) == 0
    assert len(await shop.rows(tables.idempotency)) == 2


# Erasing, and other requests.


async def test_of_an_erased_customer_no_earlier_name_is_left(shop: Shop) -> None:
    lena = await shop.join("Lena", phone="+14155550101")
    await shop.stamp(lena.id, key="k")
    await shop.update(lena.id, name="Lena M", phone="+14155550102")
    assert [(row.name, row.phone) for row in await shop.rows(tables.past_profile)] == [("Lena", "+14155550101")]
    await shop.erase(lena.id)
    assert await shop.rows(tables.past_profile) == []
    with pytest.raises(CustomerNotFound):
        await shop.stamp(lena.id, key="k")


async def test_a_name_that_is_changed_and_erased_in_one_batch_is_not_kept(shop: Shop) -> None:
    lena = await shop.join("Lena")
    caller, change = shop.caller(), ProfileChange(name="Lena M")
    both = [shop.counter.change_profile(caller, lena.id, change), shop.counter.erase(caller, lena.id)]
    for each in both:
        await each
    assert await shop.rows(tables.past_profile) == []


async def test_a_key_of_a_stamp_is_refused_for_what_is_stored_elsewhere(shop: Shop) -> None:
    lena = await shop.join()
    await shop.stamp(lena.id, key="k")
    with pytest.raises(IdempotencyKeyReused):
        await shop.join("Omar", key="k")
    request = KeyedRequest(business_id=shop.business.id, key="k", fingerprint=fingerprint_of(b"import"))
    with pytest.raises(IdempotencyKeyReused):
        await answer_once(shop.database, request, lambda _: b"{}", now=shop.clock())
    await shop.join("Omar", key="m")
    with pytest.raises(IdempotencyKeyReused):
        await shop.stamp(lena.id, key="m")


async def test_two_keys_with_one_number_are_two_requests_of_which_one_is_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lena = await shop.join()
    monkeypatch.setattr("loyalty_app.counter.orders.once_key_of", lambda _: 7)
    await shop.stamp(lena.id, key="k")
    with pytest.raises(IdempotencyKeyReused):
        await shop.stamp(lena.id, key="m")
    assert len(await shop.ledger()) == 1


# What is on disks stays readable.

WHEN = datetime(2026, 3, 2, 12, 0, 0, 250_000, tzinfo=UTC)
LENA = Customer(
    id=CustomerId(7),
    business_id=BusinessId(1),
    qr_code="CUS0123456789",
    name="Lena M",
    phone=None,
    email=None,
    birthday=None,
    created_at=NOON,
    updated_at=NOON,
    version=9,
    card=Card(),
)
FULL = Reward(
    id=3,
    business_id=1,
    customer_id=7,
    transaction_id=40,
    description="A coffee",
    earned_at=WHEN,
    expires_at=None,
)
BEFORE = PastProfile(
    business_id=1,
    customer_id=7,
    version=5,
    name="Lena",
    phone="+14155550101",
    email="lena@example.com",
    birthday=date(1990, 5, 17),
)


def test_what_a_release_has_kept_of_an_answer_gives_the_same_bytes_in_all_later_ones() -> None:
    actor = Actor(ActorType.API_KEY, 3, "Till")
    entry = Entry(
        id=40,
        business_id=1,
        customer_id=7,
        type=EntryType.STAMP,
        actor=actor,
        occurred_at=WHEN,
        program_version=1,
        stamps=2,
    )
    once = bytes.fromhex(ONCE)
    outcome = outcome_again(KeyedEntry(entry, once), CardHistory(LENA, [BEFORE], [FULL], ()))
    assert msgspec.json.encode(outcome).decode() == ANSWER
    assert once_of(check_of("k", b"f"), outcome, entry, ()) == once
    assert isinstance(outcome, Stamped)
    newer = msgspec.structs.replace(outcome, stamps_dropped=3)
    kept = KeyedEntry(entry, once_of(check_of("k", b"f"), newer, entry, ()))
    assert outcome_again(kept, CardHistory(LENA, [BEFORE], [FULL], ())) == newer


ONCE = "7e876b7099010400081009020101"
ANSWER = (
    '{"transaction_id":40,"stamps_added":2,"current_stamps":0,"stamps_required":8,"total_stamps":16,"rewa'
    'rd_earned":true,"rewards":[{"id":3,"customer_id":7,"description":"A coffee","status":"available","ea'
    'rned_at":"2026-03-02T12:00:00.250000Z","redeemed_at":null,"expires_at":null}],"customer":{"id":7,"qr'
    '_code":"CUS0123456789","name":"Lena","phone":"+14155550101","email":"lena@example.com","birthday":"1'
    '990-05-17","current_stamps":0,"stamps_required":8,"total_stamps":16,"total_visits":9,"rewards_earned'
    '":2,"rewards_available":1,"last_visit_at":"2026-03-02T12:00:00.250000Z","created_at":"2026-03-02T12:'
    '00:00Z","updated_at":"2026-03-02T12:00:00.250000Z","version":4}}'
)
