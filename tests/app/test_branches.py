"""Branches: who opens, renames and closes them; a closed one takes no stamps, and what happened there stays."""

from contextlib import nullcontext
from datetime import timedelta

import msgspec
import pytest

from loyalty_app.chat.chats import ChatChange, change_chat
from loyalty_app.chat.staff_shifts import places_of_staff, read_shift
from loyalty_app.customers.branch_figures import read_branch_figures
from loyalty_app.db import tables
from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.shops.branches import BranchChange, change_branch, open_branch
from loyalty_app.shops.workplaces import BranchView, add_branch, list_branches, require_workplace
from loyalty_core.errors import IdempotencyKeyReused, InvalidRequest, NotOnStaff, RoleRequired
from loyalty_core.fields import BotId, ChatId, TransactionId, UserId
from loyalty_core.ledger import Actor
from loyalty_core.stamping import StampOrder
from testkit.builders import ANA, MIRA, OTTO
from testkit.shop import Shop, open_next_door
from tests.app.test_links import add_bot

NINA, BOT, HOUR = UserId(4_711), BotId(1), timedelta(hours=1)


async def branch(shop: Shop, name: str = "Harbour") -> int:
    return (await add_branch(shop.database, shop.business.id, name=name, now=shop.clock.now)).id


async def change(
    shop: Shop, number: int, *, by: int | None = None, key: str | None = None, **what: object
) -> BranchView:
    request = KeyedRequest(business_id=shop.business.id, key=key, fingerprint=msgspec.json.encode([number, what]))
    asked = msgspec.convert(what, BranchChange)
    answer = await change_branch(shop.database, request, number, asked, now=shop.clock.now, by=by)
    return msgspec.json.decode(answer.body, type=BranchView)


async def stamp(shop: Shop, number: int, **order: object) -> None:
    lena = await shop.join()
    await shop.counter.give_stamp(shop.caller(), lena.id, StampOrder(branch_id=number, **order))  # type: ignore[arg-type]  # fields of an order


async def test_a_closed_branch_takes_no_stamps_until_it_is_opened_again(shop: Shop) -> None:
    number = await branch(shop)
    await stamp(shop, number)
    closed = await change(shop, number, closed=True)
    assert closed.closed_at == shop.clock.now
    with pytest.raises(InvalidRequest) as refusal:
        await stamp(shop, number)
    assert [error.pointer for error in refusal.value.errors] == ["/branch_id"]
    assert [entry.branch_id for entry in await shop.ledger()] == [number]
    await change(shop, number, closed=False)
    await stamp(shop, number)
    assert [entry.branch_id for entry in await shop.ledger()] == [number] * 2


async def test_a_stamp_that_was_given_before_the_branch_was_closed_counts_though_it_comes_later(shop: Shop) -> None:
    number = await branch(shop)
    shop.clock.wait(hours=2)
    await change(shop, number, closed=True)
    shop.clock.wait(hours=2)
    await stamp(shop, number, occurred_at=shop.clock.now - 3 * HOUR)
    for moment in (shop.clock.now - 2 * HOUR, shop.clock.now - HOUR, shop.clock.now):
        with pytest.raises(InvalidRequest):
            await stamp(shop, number, occurred_at=moment)
    assert [entry.branch_id for entry in await shop.ledger()] == [number]


async def test_what_happened_at_a_closed_branch_is_named_and_can_be_undone(shop: Shop) -> None:
    number, empty = await branch(shop), await branch(shop, "Never used")
    lena = await shop.join()
    await shop.counter.give_stamp(shop.caller(), lena.id, StampOrder(branch_id=number))
    [entry] = await shop.ledger()
    for each in (number, empty):
        await change(shop, each, closed=True)
    figures = await shop.database.read(lambda c: read_branch_figures(c, shop.business, days=7, now=shop.clock.now))
    assert [(one.name, one.visits) for one in figures.branches] == [("Harbour", 1)]
    assert [one.name for one in await list_branches(shop.database, shop.business.id)] == ["Harbour", "Never used"]
    await shop.counter.void(shop.caller(), TransactionId(entry.id))
    assert (await shop.customer(lena.id)).card.current_stamps == 0


async def test_who_works_at_a_branch_that_is_closed_works_there_no_more_also_after_it_is_opened_again(
    shop: Shop,
) -> None:
    await shop.hire(ANA, user_id=NINA)
    await add_bot(shop.database, BOT, "stamp_bot")
    harbour, station, market = [await branch(shop, name) for name in ("Harbour", "Station", "Market")]
    chosen = ChatChange(business_id=shop.business.id, branch_id=harbour)
    await change_chat(shop.database, BOT, ChatId(NINA), chosen, now=shop.clock.now)

    async def shift() -> tuple[int | None, list[int]]:
        now = shop.clock.now
        read = await shop.database.read(lambda c: read_shift(c, user_id=NINA, bot_id=BOT, now=now))
        return read.branch_id, [each.id for each in read.shops[0].branches]

    assert await shift() == (harbour, [harbour, station, market])
    assert await shop.database.read(lambda c: places_of_staff(c, shop.business.id, bot_id=BOT)) == {ANA.id: harbour}
    await change(shop, harbour, closed=True)
    assert await shift() == (None, [station, market])
    assert await shop.database.read(lambda c: places_of_staff(c, shop.business.id, bot_id=BOT)) == {}
    place = await shop.database.read(lambda c: require_workplace(c, shop.business.id, user_id=NINA, bot_id=BOT))
    assert [each.id for each in place.branches] == [station, market]
    await change(shop, harbour, closed=False)
    assert await shift() == (None, [harbour, station, market])
    for each in (harbour, market):
        await change(shop, each, closed=True)
    assert await shift() == (station, [station]), "at the only one that is left"


@pytest.mark.parametrize("by", [ANA, MIRA, OTTO])
async def test_managers_and_owners_open_and_change_branches_and_staff_do_not(shop: Shop, by: Actor) -> None:
    await shop.hire(ANA, MIRA, OTTO)
    number, request = await branch(shop), KeyedRequest(business_id=shop.business.id)
    asked = (
        open_branch(shop.database, request, "Station", now=shop.clock.now, by=by.id),
        change(shop, number, by=by.id, name="Port"),
        change(shop, number, by=by.id, closed=True),
    )
    for ask in asked:
        with pytest.raises(RoleRequired) if by is ANA else nullcontext():
            await ask
    names = [(one.name, one.closed_at is None) for one in await list_branches(shop.database, shop.business.id)]
    assert names == ([("Harbour", True)] if by is ANA else [("Port", False), ("Station", True)])


async def test_a_key_opens_one_branch_and_changes_it_once(shop: Shop) -> None:
    request = KeyedRequest(business_id=shop.business.id, key="page 1 a", fingerprint=b"1")
    for _ in range(2):
        await open_branch(shop.database, request, " Harbour ", now=shop.clock.now)
    [harbour] = await list_branches(shop.database, shop.business.id)
    assert harbour.name == "Harbour"
    closed = await change(shop, harbour.id, key="page 1 b", closed=True)
    await change(shop, harbour.id, closed=False)
    assert await change(shop, harbour.id, key="page 1 b", closed=True) == closed
    [after] = await list_branches(shop.database, shop.business.id)
    assert after.closed_at is None, "what was done once is not done again"
    with pytest.raises(IdempotencyKeyReused):
        await change(shop, harbour.id, key="page 1 b", closed=False)


async def test_closing_a_closed_branch_keeps_its_day_and_a_rename_leaves_it_closed(shop: Shop) -> None:
    number = await branch(shop)
    first = (await change(shop, number, closed=True)).closed_at
    shop.clock.wait(days=1)
    assert (await change(shop, number, closed=True)).closed_at == first
    renamed = await change(shop, number, name="  Port ")
    assert (renamed.name, renamed.closed_at) == ("Port", first)


async def test_a_branch_of_another_shop_or_a_wrong_name_changes_nothing(shop: Shop) -> None:
    await shop.hire(OTTO)
    number, next_door = await branch(shop), await open_next_door(shop)
    with pytest.raises(InvalidRequest):
        await change(next_door, number, closed=True)
    with pytest.raises(NotOnStaff):
        await change(shop, number, by=999, closed=True)
    for name in ("", " ", "x" * 201):
        with pytest.raises(InvalidRequest):
            await change(shop, number, name=name)
        with pytest.raises(InvalidRequest):
            await open_branch(
                shop.database, KeyedRequest(business_id=shop.business.id), name, now=shop.clock.now, by=OTTO.id
            )
    [kept] = await shop.rows(tables.branch)
    assert (kept.name, kept.closed_at) == ("Harbour", None)
