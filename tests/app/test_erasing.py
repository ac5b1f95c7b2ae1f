"""Erasing: a person is forgotten everywhere, the figures stay."""

from datetime import date
from functools import partial

import pytest
from sqlalchemy import Connection, select

from loyalty_app.customers.lists import RewardSearch, Search, list_customers, list_rewards, list_transactions
from loyalty_app.db import tables
from loyalty_app.pagination import PageRequest
from loyalty_core.customers import Profile
from loyalty_core.errors import CustomerNotFound, NoRewardAvailable
from loyalty_core.fields import CustomerId
from loyalty_core.rewards import RewardStatus
from testkit.audit import assert_books_balance
from testkit.concurrency import at_once
from testkit.shop import Shop

NAME, PHONE, EMAIL = "Wilhelmina Zyx", "+14155550199", "mina@zyx-post.example"
TRACES = ("wilhelmina", "zyx", "4155550199", "mina@", "1990-05-17", "mina the second")


async def a_life(shop: Shop) -> int:
    """Somebody whose name, phone number and e-mail address are in every place where they can be; says who."""
    mina = await shop.join(NAME, key="join", phone=PHONE, email=EMAIL, birthday=date(1990, 5, 17))
    earned = await shop.stamp(mina.id, 10, key="stamp")
    redeemed = await shop.redeem(mina.qr_code, key="redeem")
    await shop.void(redeemed.transaction_id, key="void")
    await shop.update(mina.id, key="update", name="Mina the Second")
    await shop.stamp(mina.id, 4)
    assert earned.customer.name == NAME
    return mina.id


async def everything(shop: Shop) -> str:
    """All that the database keeps, as text."""

    def work(connection: Connection) -> list[object]:
        return [
            value.decode(errors="replace") if isinstance(value, bytes) else value
            for table in tables.metadata.sorted_tables
            for row in connection.execute(select(table))
            for value in row
        ]

    return "\n".join(str(value) for value in await shop.database.read(work)).casefold()


async def test_nothing_that_is_kept_tells_who_it_was(shop: Shop) -> None:
    mina = await a_life(shop)
    before = await everything(shop)
    assert all(trace in before for trace in TRACES)
    await shop.erase(mina, key="erase")
    after = await everything(shop)
    assert [trace for trace in TRACES if trace in after] == []


async def test_what_waits_in_the_same_batch_is_forgotten_too(shop: Shop) -> None:
    mina = await shop.join()
    wishes = [shop.update(mina.id, key="update", name=NAME, phone=PHONE), shop.stamp(mina.id, key="stamp")]
    await at_once([*wishes, shop.erase(mina.id)])
    after = await everything(shop)
    assert [trace for trace in TRACES if trace in after] == []
    await assert_books_balance(shop)


async def test_the_ledger_and_the_figures_stay(shop: Shop) -> None:
    mina = await a_life(shop)
    entries = await shop.ledger()
    await shop.erase(mina)
    assert await shop.ledger() == entries
    [row] = await shop.customers()
    assert (row.card.total_stamps, row.card.total_visits, row.card.rewards_available) == (14, 2, 0)
    assert row.erased_at == shop.clock.now
    await assert_books_balance(shop)


async def test_open_rewards_are_taken_back_and_owed_no_more(shop: Shop) -> None:
    mina = await a_life(shop)
    assert await shop.totals() == (1, 1)
    await shop.erase(mina)
    assert await shop.totals() == (0, 0)
    assert [reward.status for reward in await shop.rewards()] == [RewardStatus.VOIDED]


async def test_an_erased_customer_is_found_by_nothing(shop: Shop) -> None:
    mina = await a_life(shop)
    code = (await shop.customer(mina)).qr_code
    [entry, *_] = await shop.ledger()
    await shop.erase(mina)
    verbs = [shop.stamp(mina), shop.stamp(code), shop.redeem(mina), shop.erase(code), shop.update(mina, name="X")]
    for verb in [*verbs, shop.void(entry.id), shop.customer(mina), shop.customer(code)]:
        with pytest.raises(CustomerNotFound):
            await verb
    for search in (Search(), Search(phone=PHONE), Search(q="mina"), Search(q="")):
        found = partial(list_customers, business=shop.business, search=search, wanted=PageRequest())
        page = await shop.database.read(found)
        assert (page.data, page.pagination.total) == ([], 0)


async def test_the_lists_of_an_erased_customer_are_not_there(shop: Shop) -> None:
    mina = await a_life(shop)
    await shop.erase(mina)
    wanted, of_mina = PageRequest(), RewardSearch(now=shop.clock.now, customer=CustomerId(mina))
    with pytest.raises(CustomerNotFound):
        await shop.database.read(lambda c: list_transactions(c, shop.business, CustomerId(mina), wanted=wanted))
    with pytest.raises(CustomerNotFound):
        await shop.database.read(lambda c: list_rewards(c, shop.business, of_mina, wanted=wanted))


async def test_the_phone_number_is_free_for_somebody_else(shop: Shop) -> None:
    mina = await a_life(shop)
    await shop.erase(mina)
    other = await shop.join("Omar", phone=PHONE)
    assert (other.id == mina, other.phone) == (False, PHONE)


async def test_the_world_is_told_only_that_somebody_was_deleted(shop: Shop) -> None:
    mina = await a_life(shop)
    answer = await shop.counter.erase(shop.caller(), mina)
    [event] = await shop.rows(tables.event)
    assert event.type == "customer.deleted"
    assert answer.body in event.body


async def test_the_erasing_itself_may_be_asked_again_with_its_key(shop: Shop) -> None:
    mina = await a_life(shop)
    first = await shop.counter.erase(shop.caller("erase"), mina)
    again = await shop.counter.erase(shop.caller("erase"), mina)
    assert (again.body, again.replayed) == (first.body, True)


async def test_an_answer_that_was_forgotten_is_not_given_again_and_its_key_stays_used(shop: Shop) -> None:
    mina = await a_life(shop)
    await shop.erase(mina)
    profile = Profile(name=NAME, phone=PHONE, email=EMAIL, birthday=date(1990, 5, 17))
    with pytest.raises(CustomerNotFound):
        await shop.counter.join(shop.caller("join"), profile)
    with pytest.raises(CustomerNotFound):
        await shop.stamp(mina, 10, key="stamp")
    assert await shop.totals() == (0, 0)


async def test_nobody_else_is_forgotten(shop: Shop) -> None:
    mina, omar = await a_life(shop), await shop.join("Omar", key="omar")
    earned = await shop.stamp(omar.id, 10, key="omar's stamp")
    await shop.erase(mina)
    assert await shop.stamp(omar.id, 10, key="omar's stamp") == earned
    assert [row.customer_id for row in await shop.rows(tables.event)].count(omar.id) == 3
    await shop.redeem(omar.id)
    with pytest.raises(NoRewardAvailable):
        await shop.redeem(omar.id)
