"""Messages about a card: each is told once, and one that a later change makes untrue says so."""

import pytest

from loyalty_app.settings import Settings
from loyalty_app.upkeep.expiry import book_expired
from testkit.clocks import Clock
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town, open_town
from tests.bots.customers import come_in, mark, only, sent, stamp


async def texts(person: Person) -> list[str]:
    """What the messages beside the card say on a phone now."""
    return [message.words for message in (await person.screen()).from_bot if not message.photo]


async def undo(town: Town, shop: Shop, entry: int) -> None:
    """Undo an entry as a till does, and wait for the chat."""
    await shop.void(entry)
    await town.idle()


async def test_one_to_go_is_taken_back_after_an_undo_and_comes_once(either_town: Town) -> None:
    shop = await either_town.open_shop(stamps_required=3)
    lena = await come_in(either_town, shop)
    customer = await only(shop)
    await stamp(either_town, shop, customer)
    second = await stamp(either_town, shop, customer)
    assert [text.splitlines()[0] for text in await texts(lena)] == ["🔥 One stamp to go at Bean & Leaf!"]
    since = await mark(either_town)
    await undo(either_town, shop, second)
    [back] = await texts(lena)
    assert "taken back" in back
    assert "One stamp to go" not in back
    await stamp(either_town, shop, customer)
    assert [text.splitlines()[0] for text in await texts(lena)] == ["🔥 One stamp to go at Bean & Leaf!"]
    assert await sent(either_town, since=since) == []


async def test_a_reward_that_is_undone_is_taken_back_and_earned_again_without_a_second_message(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    customer = await only(shop)
    full = await stamp(town, shop, customer, 2)
    assert "is full" in (await texts(lena))[0]
    since = await mark(town)
    await undo(town, shop, full)
    assert [("is full" in text, "coffee" in text, "taken back" in text) for text in await texts(lena)] == [
        (False, False, True)
    ]
    again = await stamp(town, shop, customer, 2)
    assert ["is full" in text for text in await texts(lena)] == [True]
    await undo(town, shop, again)
    assert ["taken back" in text for text in await texts(lena)] == [True]
    assert await sent(town, since=since) == []


async def test_two_undos_take_back_the_reward_and_what_was_told_before_it(town: Town) -> None:
    shop = await town.open_shop(stamps_required=3)
    lena = await come_in(town, shop)
    customer = await only(shop)
    await stamp(town, shop, customer)
    second, third = await stamp(town, shop, customer), await stamp(town, shop, customer)
    await undo(town, shop, third)
    near, full = await texts(lena)
    assert ("One stamp to go" in near, "taken back" in full) == (True, True)
    await undo(town, shop, second)
    assert ["taken back" in text for text in await texts(lena)] == [True, True]


async def test_what_is_true_again_much_later_is_told_in_a_new_message(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop = await town.open_shop(stamps_required=2)
        lena = await come_in(town, shop)
        customer = await only(shop)
        await undo(town, shop, await stamp(town, shop, customer))
        clock.wait(hours=25)
        since = await mark(town)
        await stamp(town, shop, customer)
        assert len(await sent(town, since=since)) == 1
        assert ["One stamp to go" in text for text in await texts(lena)] == [False, True]


async def test_a_reward_that_was_handed_out_is_not_offered_any_more_until_that_is_undone(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    customer = await only(shop)
    await stamp(town, shop, customer, 2)
    redeemed = await shop.redeem(customer.id)
    await town.idle()
    assert [("Handed out: A coffee" in text, "Show your card" in text) for text in await texts(lena)] == [(True, False)]
    await undo(town, shop, redeemed.transaction_id)
    assert ["is full" in text for text in await texts(lena)] == [True]


async def test_a_reward_whose_time_is_over_says_so(sqlite_settings: Settings) -> None:
    clock = Clock()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop = await town.open_shop(stamps_required=2, reward_valid_days=1)
        lena = await come_in(town, shop)
        await stamp(town, shop, await only(shop), 2)
        assert "until" in (await texts(lena))[0]
        clock.wait(days=3)
        assert await book_expired(shop.database, shop.counter, clock.now) == 1
        await town.idle()
        assert ["Expired: A coffee" in text for text in await texts(lena)] == [True]


@pytest.mark.parametrize("hours", [1, 60])
async def test_an_erased_customer_keeps_no_message_about_the_card(town: Town, hours: int) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    customer = await only(shop)
    await stamp(town, shop, customer, 2)
    await town.sandbox.pass_time(hours * 3600)
    await shop.erase(customer.id)
    await town.idle()
    assert [text for text in await texts(lena) if "Bean" in text or "coffee" in text] == []


async def test_a_message_that_the_person_deleted_is_no_obstacle(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    customer = await only(shop)
    first = await stamp(town, shop, customer)
    [news] = [message for message in (await lena.screen()).from_bot if not message.photo]
    await lena.delete(news.id)
    await undo(town, shop, first)
    assert await texts(lena) == []
