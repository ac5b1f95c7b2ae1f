"""Winning back on a real database: the customers found are those whom the rule means, and each gift comes once."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from loyalty_app.chat.bots import BotRecord, new_secret, register
from loyalty_app.chat.card_queue import cards_of_customer, mute, repaint
from loyalty_app.chat.chats import ChatChange, change_chat
from loyalty_app.counter.orders import Holder
from loyalty_app.customers import absent
from loyalty_app.customers.absent import absent_part, count_absent
from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_app.db.rows import entry_row
from loyalty_app.shops.businesses import Business, BusinessChange, change_business, find_business
from loyalty_app.upkeep import win_back
from loyalty_app.upkeep.periodic import Stop
from loyalty_app.upkeep.win_back import WinBacks
from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.errors import Busy, InvalidRequest, LoyaltyError
from loyalty_core.fields import BotId, BusinessId, ChatId, CustomerId
from loyalty_core.gifts import WinBack
from loyalty_core.ledger import Entry, EntryType, Gift
from loyalty_core.views import CustomerView
from loyalty_core.win_back import win_back_is_due
from testkit.audit import assert_books_balance
from testkit.builders import LENA, MIRA
from testkit.half_deleted import begin_deleting
from testkit.shop import VAULT, Shop, open_next_door

BOT = 77
TEN = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
"""Ten o'clock in Kolkata."""
TWO_STAMPS = WinBack(after_days=30, stamps=2)
A_CAKE = WinBack(after_days=30, reward_description="A cake", valid_days=14)


@pytest.fixture
async def bakery(shop: Shop) -> Shop:
    """A shop in Kolkata with a bot; Lena, Otto and Mira were there twice; it is thirty days later, just before ten."""
    bakery = await open_next_door(shop, timezone="Asia/Kolkata")
    record = BotRecord(bot_id=BOT, business_id=None, username="shared", secret=new_secret())
    await register(bakery.database, VAULT, record, now=bakery.clock.now)
    bakery.clock.now = TEN - timedelta(days=30)
    await bakery.change(win_back=TWO_STAMPS)
    for number, name in enumerate(("Lena", "Otto", "Mira"), start=501):
        await visited(await in_chat(bakery, name, number), bakery)
    bakery.clock.now = TEN - timedelta(seconds=1)
    return bakery


async def in_chat(shop: Shop, name: str, user_id: int) -> CustomerView:
    return (await shop.counter.join(shop.caller(), Profile(name=name), holder=Holder(BOT, user_id))).outcome


async def visited(customer: CustomerView, shop: Shop, visits: int = 2) -> CustomerView:
    for _ in range(visits):
        await shop.stamp(customer.id)
    return customer


async def give(shop: Shop, walks: WinBacks | None = None) -> int:
    """Look for whom to win back, as the upkeep does; how many had something."""
    before = len(await gifts(shop))
    await (walks or of(shop)).run(Stop())
    return len(await gifts(shop)) - before


def of(shop: Shop) -> WinBacks:
    return WinBacks(shop.database, shop.counter, shop.clock, pause=0)


async def gifts(shop: Shop) -> list[Entry]:
    return [entry for entry in await shop.ledger() if entry.occasion is Gift.WIN_BACK]


async def number(shop: Shop, after_days: int = 30) -> int:
    return await count_absent(shop.database, shop.business, after_days, now=shop.clock.now)


async def named(shop: Shop, name: str) -> int:
    return next(one.id for one in await shop.customers() if one.name == name)


async def test_it_comes_from_ten_to_twenty_by_the_clock_of_the_shop_and_once(bakery: Shop) -> None:
    assert (await give(bakery), await number(bakery)) == (0, 3)
    bakery.clock.now = TEN + timedelta(hours=10)
    assert await give(bakery) == 0
    bakery.clock.wait(hours=14)
    assert [await give(bakery), await give(bakery)] == [3, 0]
    lena = await bakery.customer(await named(bakery, "Lena"))
    assert (lena.card.current_stamps, lena.card.total_visits) == (4, 2)
    assert await number(bakery) == 0
    bakery.clock.wait(days=400)
    assert await give(bakery) == 0
    await assert_books_balance(bakery)


async def test_a_shop_that_is_being_deleted_gives_nothing(bakery: Shop) -> None:
    await begin_deleting(bakery.database, bakery.business.id)
    bakery.clock.now = TEN
    assert await give(bakery) == 0


async def test_a_reward_is_owed_and_handed_out_as_any_other(bakery: Shop) -> None:
    await bakery.change(win_back=A_CAKE)
    bakery.clock.now = TEN
    assert await give(bakery) == 3
    assert {one.description for one in await bakery.rewards()} == {"A cake"}
    await assert_books_balance(bakery)
    await bakery.redeem(await named(bakery, "Otto"))
    await assert_books_balance(bakery)


async def test_two_processes_at_once_give_once(bakery: Shop, twin: Shop) -> None:
    bakery.clock.now = TEN
    await asyncio.gather(
        *(WinBacks(one.database, one.counter, bakery.clock, pause=0).run(Stop()) for one in (bakery, twin, bakery))
    )
    assert len(await gifts(bakery)) == 3
    assert len({entry.customer_id for entry in await gifts(bakery)}) == 3
    await assert_books_balance(bakery)


async def test_who_stops_in_the_middle_goes_on_with_the_rest(bakery: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(win_back, "AT_ONCE", 1)
    monkeypatch.setattr(absent, "CARDS_AT_ONCE", 2)
    bakery.clock.now, stop = TEN, Stop()
    walks, real = of(bakery), bakery.counter.give_win_back
    left = [None, Busy()]

    async def falter(caller, customer):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if left and (refusal := left.pop(0)):
            raise refusal
        return await real(caller, customer)

    monkeypatch.setattr(bakery.counter, "give_win_back", falter)
    with pytest.raises(Busy):
        await walks.run(stop)
    assert len(await gifts(bakery)) == 1
    assert [await give(bakery, walks), await give(bakery)] == [2, 0]
    stop.ask()
    await of(bakery).run(stop)
    assert len(await gifts(bakery)) == 3


async def test_no_shop_waits_for_another_that_cannot_be_served(bakery: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    other, real = await open_next_door(bakery, timezone="Asia/Kolkata"), bakery.counter.give_win_back
    bakery.clock.now = TEN - timedelta(days=30)
    await other.change(win_back=TWO_STAMPS)
    await visited(await in_chat(other, "Omar", 601), other)
    bakery.clock.now = TEN

    async def away(caller, customer):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if caller.business.id == bakery.business.id:
            raise Busy
        return await real(caller, customer)

    with monkeypatch.context() as patch:
        patch.setattr(bakery.counter, "give_win_back", away)
        with pytest.raises(Busy):
            await of(bakery).run(Stop())
    assert [len(await gifts(other)), len(await gifts(bakery))] == [1, 0]
    assert await give(bakery) == 3


async def test_a_shop_is_walked_through_once_a_day_and_again_when_it_gives_something_else(bakery: Shop) -> None:
    bakery.clock.now = TEN
    assert await give(bakery) == 3
    nina = await visited(await in_chat(bakery, "Nina", 600), bakery)
    bakery.clock.wait(days=20)
    assert await give(bakery) == 0, "she is away for twenty days"
    await bakery.change(reward_description="A tea")
    assert (await give(bakery), await number(bakery, 20)) == (0, 1)
    await bakery.change(win_back=WinBack(after_days=20, stamps=1))
    assert await give(bakery) == 1, "on the same day"
    assert (await gifts(bakery))[-1].customer_id == nina.id
    await bakery.change(win_back=None)
    bakery.clock.wait(days=60)
    await visited(nina, bakery)
    bakery.clock.wait(days=60)
    assert (await give(bakery), await number(bakery)) == (0, 1), "it is switched off, and only counted"


async def test_who_cannot_be_told_or_does_not_want_it_gets_nothing(bakery: Shop) -> None:
    bakery.clock.now = TEN - timedelta(days=30)
    await visited(await bakery.join("Ben"), bakery)
    bakery.clock.now = TEN
    lena, _, mira = [await named(bakery, name) for name in ("Lena", "Otto", "Mira")]
    await muted(bakery, lena)
    blocked = ChatChange(blocked_at=bakery.clock.now)
    await change_chat(bakery.database, BotId(BOT), ChatId(502), blocked, now=bakery.clock.now)
    await bakery.update(mira, opted_out=True)
    assert (await number(bakery), await give(bakery)) == (0, 0)
    with pytest.raises(InvalidRequest, match="taken back by the customer"):
        await bakery.update(mira, opted_out=False)
    back = replace(ProfileChange(), opted_out=False)
    await bakery.counter.change_profile(bakery.caller(by=LENA), mira, back)
    await muted(bakery, lena, muted=False)
    await change_chat(bakery.database, BotId(BOT), ChatId(502), ChatChange(blocked_at=None), now=bakery.clock.now)
    assert await number(bakery) == 3
    assert await give(bakery) == 0, "today's walk is over"
    bakery.clock.wait(days=1)
    assert await give(bakery) == 3


async def muted(shop: Shop, customer: int, *, muted: bool = True) -> None:
    business, number = BusinessId(shop.business.id), CustomerId(customer)
    [card] = await shop.database.read(lambda connection: cards_of_customer(connection, business, number))
    await mute(shop.database, card, muted=muted)


async def test_a_shop_that_sends_no_messages_or_has_lost_its_bot_gives_nothing(bakery: Shop) -> None:
    bakery.clock.now = TEN
    shop, silent = BusinessId(bakery.business.id), BusinessChange(card_notices=False)
    bakery.business = await change_business(bakery.database, shop, silent, now=TEN, repaint=repaint)
    assert (await number(bakery), await give(bakery)) == (0, 0)
    loud = BusinessChange(card_notices=True)
    bakery.business = await change_business(bakery.database, shop, loud, now=TEN, repaint=repaint)
    assert await number(bakery) == 3
    gone = update(tables.telegram_bot).values(removed_at=TEN)
    await bakery.database.write(lambda connection: connection.execute(gone).close())
    assert (await number(bakery), await give(bakery)) == (0, 0)


async def test_while_the_chat_is_far_behind_nothing_more_is_given(
    bakery: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(win_back, "MOST_WAITING", 2)
    bakery.clock.now = TEN
    assert await give(bakery) == 0, "three cards wait to be shown"
    shown = update(tables.telegram_card).values(due_at=None)
    await bakery.database.write(lambda connection: connection.execute(shown).close())
    assert await give(bakery) == 3


async def test_who_was_erased_merged_or_here_again_in_between_gets_nothing(bakery: Shop) -> None:
    bakery.clock.now = TEN
    lena, otto, mira = [await named(bakery, name) for name in ("Lena", "Otto", "Mira")]
    walks, real = of(bakery), bakery.counter.give_win_back

    async def late(caller, customer):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        await meanwhile()
        return await real(caller, customer)

    async def meanwhile() -> None:
        if (await bakery.customer(lena)).erased_at is None:
            await bakery.erase(lena)
            await bakery.stamp(otto)
            await bakery.merge(mira, otto)

    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(bakery.counter, "give_win_back", late)
    monkeypatch.setattr(win_back, "AT_ONCE", 1)
    assert await give(bakery, walks) == 0
    monkeypatch.undo()
    bakery.clock.wait(days=30)
    assert await give(bakery) == 1
    assert [entry.customer_id for entry in await gifts(bakery)] == [mira]
    await assert_books_balance(bakery)


async def test_a_visit_at_any_program_is_a_visit_and_the_gift_is_on_the_card_of_the_main_one(bakery: Shop) -> None:
    salads = await bakery.make_program("Salads", stamps_required=4)
    bakery = replace_business(bakery, await business_now(bakery))
    bakery.clock.now = TEN - timedelta(days=30)
    nina = await in_chat(bakery, "Nina", 600)
    for program_id in (salads, bakery.business.id):
        await bakery.stamp(nina.id, program_id=program_id)
    bakery.clock.now = TEN - timedelta(days=10)
    await bakery.stamp(await named(bakery, "Otto"), program_id=salads)
    bakery.clock.now = TEN
    assert (await number(bakery), await give(bakery)) == (3, 3)
    assert {one.program_id for one in await gifts(bakery)} == {None}
    bakery.clock.wait(days=70)
    await bakery.stamp(nina.id, program_id=salads)
    bakery.clock.wait(days=30)
    assert (await number(bakery), await give(bakery)) == (2, 2), "Otto's, and Nina's again"
    await assert_books_balance(bakery)


async def business_now(shop: Shop) -> Business:
    return await shop.database.read(lambda connection: find_business(connection, BusinessId(shop.business.id)))


def replace_business(shop: Shop, business: Business) -> Shop:
    return Shop(shop.database, business, shop.clock, shop.counter)


async def test_only_the_own_shop_gives(bakery: Shop, shop: Shop) -> None:
    await visited(await in_chat(shop, "Ben", 501), shop)
    bakery.clock.now = TEN + timedelta(days=30)
    await give(bakery)
    assert await gifts(shop) == []
    assert await number(shop, 14) == 1


async def test_the_proof_sees_a_gift_that_came_too_early(bakery: Shop) -> None:
    bakery.clock.now = TEN
    await give(bakery)
    first = (await gifts(bakery))[0]
    second = {**entry_row(first), "id": first.id + 1_000, "occurred_at": TEN + timedelta(days=70)}
    await bakery.database.write(lambda c: bakery.database.insert(c, tables.transaction, [second]))
    proof = Proof(bakery.business)
    await bakery.database.read(proof.run)
    assert "the number of gifts that came too early is kept as 1" in " ".join(map(str, proof.differences))


@pytest.mark.parametrize("seed", range(2))
async def test_who_is_found_is_exactly_who_the_rule_means(
    bakery: Shop, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absent, "CARDS_AT_ONCE", 3)
    dice, salads = Random(seed), await bakery.make_program("Salads", stamps_required=3)
    bakery = replace_business(bakery, await business_now(bakery))
    people = [(await in_chat(bakery, f"Guest {n}", 700 + n)).id for n in range(6)]
    await bakery.change(win_back=WinBack(after_days=14, reward_description="A cake"))
    for _ in range(9):
        bakery.clock.now = datetime.combine(bakery.clock.now.date(), TEN.time(), UTC) + timedelta(
            days=dice.choice((7, 15, 31, 62))
        )
        await _guess(bakery, people)
        if dice.random() < 0.5:
            await give(bakery)
        for _ in range(4):
            await _live(bakery, dice, dice.choice(people), salads)
    await assert_books_balance(bakery)


async def _guess(shop: Shop, people: Sequence[int]) -> None:
    ledger, now = await shop.ledger(), shop.clock.now.astimezone(shop.business.zone)
    for after_days in (14, 30):
        rule = WinBack(after_days=after_days, stamps=1)
        own = {one: [entry for entry in ledger if entry.customer_id == one] for one in people}
        meant = {one for one, entries in own.items() if win_back_is_due(rule, entries, now)}
        found, last = set[int](), 0
        while part := await shop.database.read(
            lambda c, days=after_days, after=last: absent_part(  # type: ignore[misc]  # bound by default
                c, business=shop.business, after_days=days, now=shop.clock.now, after=after
            )
        ):
            found |= set(part.customers)
            last = part.last
        assert found & set(people) == meant


async def _live(shop: Shop, dice: Random, customer: int, salads: int) -> None:
    visits = [e for e in await shop.ledger() if e.customer_id == customer and e.type is EntryType.STAMP]
    match dice.choice(("stamp", "salad", "void", "redeem", "stamp")):
        case "stamp":
            await shop.stamp(customer, 3)
        case "salad":
            await shop.stamp(customer, program_id=salads)
        case "void" if visits and visits[-1].voided_by is None:
            with suppress(LoyaltyError):
                await shop.void(visits[-1].id, by=MIRA)
        case _:
            with suppress(LoyaltyError):
                await shop.redeem(customer)
