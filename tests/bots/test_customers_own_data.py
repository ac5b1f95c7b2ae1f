"""One's own data: a copy that holds all of it and nothing of others, and an end that has to be confirmed."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from bots import customers, languages, owners, staff
from loyalty_app.db.held_shops import NOWHERE
from loyalty_app.db.tables import business, telegram_update
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town
from tests.bots.customers import cards_on, come_in, only, open_named, restart, stamp


async def copy_of(person: Person) -> Any:  # noqa: ANN401  # JSON is anything
    await person.say("/mydata")
    await person.press("Get a copy")
    [file] = [message for message in person.messages if message.document]
    return json.loads(await person.picture(file))


async def ask_for_the_end(person: Person, shop: Shop) -> str:
    """Go to the last question; gives what the button of the answer says to the bot."""
    await person.press_data((await cards_on(person))[-1].id, f"myleave:{shop.business.id}")
    return next(button.data or "" for button in (await cards_on(person))[-1].buttons if "Yes" in button.text)


async def test_the_copy_holds_all_of_one_s_own_and_nothing_of_others(either_town: Town) -> None:
    bean, moon = await either_town.open_shop(stamps_required=2), await open_named(either_town, "Moon")
    lena = await come_in(either_town, bean, phone="+14155552671", last_name="Berg")
    await lena.press("Use my number")
    await lena.press_reply("📱 Share my number")
    customer = await only(bean)
    await stamp(either_town, bean, customer, 2)
    await bean.void(await stamp(either_town, bean, customer), reason="a mistake")
    await bean.redeem(customer.id)
    await lena.start(f"j_{moon.business.slug}")
    paul = await come_in(either_town, bean, "Paul")
    assert (await copy_of(paul))["shops"][0]["profile"]["name"] == "Paul"
    copied = await copy_of(lena)
    assert copied["chat"]["user_id"] == lena.id
    assert [shop["shop"] for shop in copied["shops"]] == ["Bean & Leaf", "Moon"]
    first = copied["shops"][0]
    assert (first["profile"]["name"], first["profile"]["phone"]) == ("Lena Berg", "+14155552671")
    assert first["card"]["qr_code"] == customer.qr_code
    assert [entry["type"] for entry in first["history"]["transactions"]] == ["stamp", "stamp", "void", "redeem"]
    assert first["history"]["transactions"][2]["reason"] == "a mistake"
    assert [reward["status"] for reward in first["history"]["rewards"]] == ["redeemed"]
    assert "Paul" not in json.dumps(copied)


async def test_the_copy_holds_the_cards_of_all_programs_whichever_the_chat_shows(town: Town) -> None:
    shop = await town.open_shop()
    salads = await shop.make_program("Salad", stamps_required=4)
    lena = await come_in(town, shop)
    await stamp(town, shop, await only(shop), 3)
    await shop.stamp((await only(shop)).id, 2, program_id=salads)
    await town.idle()
    [copied] = (await copy_of(lena))["shops"]
    assert copied["card"]["current_stamps"] == 3
    assert [(one["program_id"], one["current_stamps"]) for one in copied["cards"]] == [
        (shop.business.id, 3),
        (salads, 2),
    ]
    assert [entry["program_id"] for entry in copied["history"]["transactions"]] == [shop.business.id, salads]


async def test_the_copy_from_a_card_holds_that_shop_only(town: Town) -> None:
    bean, moon = await town.open_shop(), await open_named(town, "Moon")
    lena = await come_in(town, bean)
    await lena.start(f"j_{moon.business.slug}")
    await lena.press_data(lena.last.id, f"mycopy:{moon.business.id}")
    [file] = [message for message in lena.messages if message.document]
    assert [shop["shop"] for shop in json.loads(await lena.picture(file))["shops"]] == ["Moon"]


async def test_who_confirms_is_erased_and_the_card_leaves_the_chat_while_the_ledger_stays(either_town: Town) -> None:
    shop = await either_town.open_shop()
    lena = await come_in(either_town, shop)
    await stamp(either_town, shop, await only(shop), 3)
    for label in ("More", "My data", "Delete this card"):
        await lena.press(label)
    assert (await only(shop)).erased_at is None
    await lena.press("Yes, delete")
    gone = await only(shop)
    assert (gone.name, gone.erased_at is not None) == ("", True)
    assert await cards_on(lena) == []
    assert [entry.stamps for entry in await shop.ledger()] == [3]
    assert "Deleted at" in lena.last.words


async def test_an_answer_that_comes_twice_is_one_end_and_a_new_card_is_not_touched_by_it(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    answer = await ask_for_the_end(lena, shop)
    await lena.press("Yes")
    await town.sandbox.redeliver(lena.bot)
    await lena.start(f"j_{shop.business.slug}")
    [_, anew] = await shop.customers()
    await lena.press_data(lena.last.id, answer)
    assert (await shop.customers())[1] == anew
    assert len(await cards_on(lena)) == 1


async def test_the_question_outlives_a_restart(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await ask_for_the_end(lena, shop)
    [shop] = await restart(town, shop)
    await lena.press("Yes, delete")
    assert (await only(shop)).erased_at is not None


async def test_everything_is_deleted_in_all_shops_at_once(town: Town) -> None:
    bean, moon = await town.open_shop(), await open_named(town, "Moon")
    lena = await come_in(town, bean)
    await lena.start(f"j_{moon.business.slug}")
    await lena.say("/mydata")
    await lena.press("Delete everything")
    await lena.press("Yes, delete")
    assert [(await only(shop)).name for shop in (bean, moon)] == ["", ""]
    assert await cards_on(lena) == []
    assert "Bean & Leaf and Moon" in lena.last.words


@pytest.mark.parametrize(
    ("place", "said"),
    [(NOWHERE, "Its cards are being deleted"), ("https://two.example.com", "has moved: https://two.example.com.")],
)
async def test_a_shop_that_is_not_here_any_more_is_not_in_the_way_of_the_others(
    town: Town, place: str, said: str
) -> None:
    bean, moon = await town.open_shop(), await open_named(town, "Moon")
    lena = await come_in(town, bean)
    await lena.start(f"j_{moon.business.slug}")
    gone = update(business).where(business.c.id == bean.business.id).values(moved_to=place)
    await bean.database.write(lambda connection: connection.execute(gone).close())
    await lena.say("/mydata")
    await lena.press("Delete everything")
    await lena.press("Yes, delete")
    assert [(await only(shop)).name for shop in (bean, moon)] == ["Lena", ""]
    assert "Deleted at Moon:" in lena.last.words
    assert "Bean & Leaf: This shop" in lena.last.words
    assert said in lena.last.words
    await lena.say("/mydata")
    await lena.press("Delete everything")
    toast = await lena.press("Yes, delete")
    assert said in f"{toast} {lena.last.words}", "and it alone is refused as ever"


async def test_nobody_is_erased_by_somebody_else(town: Town) -> None:
    shop, other = await town.open_shop(), await open_named(town, "Moon")
    lena, paul = await come_in(town, shop), await come_in(town, other, "Paul")
    answer = await ask_for_the_end(lena, shop)
    before = await only(shop)
    for forged in (answer, f"myerase:{shop.business.id}:abc", f"mycopy:{shop.business.id}"):
        assert await paul.press_data(paul.last.id, forged) == "This card is no longer here."
    assert await only(shop) == before
    assert (await only(other)).erased_at is None
    assert not [message for message in (await paul.screen()).messages if message.document]


@pytest.mark.parametrize("nonce", ["", ":", ":é", ":\u0000", f":{'x' * 41}"])
async def test_nobody_is_erased_without_having_been_asked(town: Town, nonce: str) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await lena.press_data(lena.last.id, f"myerase:{shop.business.id}{nonce}")
    assert (await only(shop)).erased_at is None


@pytest.mark.parametrize("args", ["", ":", ":0:", ":-1", ":x:y", ":99999999999999999999", ":1:\u0000:\u0000", ":1:zz"])
async def test_no_forged_button_breaks_anything_or_tells_anything(town: Town, args: str) -> None:
    shop = await town.open_shop()
    await come_in(town, shop)
    paul = await town.person("Paul")
    await paul.start()
    before = await shop.customers()
    for verb in set(customers.PRESSES) - {"mycards", "mydata"}:
        await paul.press_data(paul.last.id, f"{verb}{args}")
    failed = select(telegram_update.c.error).where(telegram_update.c.error.is_not(None))
    assert await shop.database.read(lambda connection: connection.scalars(failed).all()) == []
    assert await shop.customers() == before
    assert "Bean" not in " ".join(message.words for message in (await paul.screen()).messages)


def test_a_button_is_answered_by_one_function() -> None:
    answered = [*customers.PRESSES, *staff.PRESSES, *owners.PRESSES, *languages.PRESSES]
    assert sorted(answered) == sorted(set(answered))


async def test_who_holds_no_card_is_told_that_nothing_is_kept(town: Town) -> None:
    paul = await town.person("Paul")
    assert "no shop stores anything about you" in (await paul.say("/mydata")).last.words
