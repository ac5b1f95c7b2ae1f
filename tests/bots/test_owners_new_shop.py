"""Founding a shop in the chat: four messages, whatever happens between them, and one shop at the end."""

import pytest
from sqlalchemy import Connection, func, select

from bots.scan import read_codes
from loyalty_app.db.tables import telegram_update
from loyalty_app.shops.businesses import Business, list_businesses
from loyalty_app.shops.programs import read_program
from loyalty_core.access import Plan, Role
from loyalty_core.programs import Surplus, Terms
from testkit.people import Person
from testkit.town import BOT, Town
from tests.bots.cafe import Cafe, own_bot

pytestmark = pytest.mark.usefixtures("unhurried")

FOUR = ("/newshop", "Café Müller", "8", "A coffee of your choice")


@pytest.fixture
async def mira(town: Town) -> Person:
    """Somebody who has pressed START."""
    mira = await town.person("Mira")
    await mira.start()
    return mira


async def shops(town: Town) -> list[Business]:
    return await list_businesses(town.runtime.database)


async def terms(town: Town, business: Business) -> Terms:
    return (await town.runtime.database.read(lambda connection: read_program(connection, business.id))).terms


async def found_shop(person: Person, *messages: str) -> None:
    for message in messages or FOUR:
        await person.say(message)


async def test_a_shop_takes_four_messages(either_town: Town) -> None:
    mira = await either_town.person("Mira", language_code="de")
    before = await count_of_updates(either_town)
    await found_shop(mira)
    assert await count_of_updates(either_town) - before == 4
    [shop] = await shops(either_town)
    assert (shop.name, shop.plan, shop.timezone, shop.country) == (
        "Café Müller",
        Plan.PROFESSIONAL,
        "Europe/Berlin",
        "DE",
    )
    promised = await terms(either_town, shop)
    assert (promised.stamps_required, promised.reward_description) == (8, "A coffee of your choice")


async def test_whose_language_does_not_say_where_is_asked_for_the_city_at_once(town: Town) -> None:
    lupe = await town.person("Lupe", language_code="es")
    await found_shop(lupe)
    assert "¿En qué ciudad" in lupe.last.words
    assert "✅ Madrid, España" in lupe.last.labels
    await lupe.say("Bogotá")
    [shop] = await shops(town)
    assert (shop.timezone, shop.country) == ("America/Bogota", "CO")


async def test_a_guess_that_is_right_is_one_press(town: Town) -> None:
    lupe = await town.person("Lupe", language_code="es")
    await found_shop(lupe)
    await lupe.press("✅ Madrid, España")
    [shop] = await shops(town)
    assert shop.timezone == "Europe/Madrid"
    await lupe.say("Bogotá")
    assert (await shops(town))[0].timezone == "Europe/Madrid"


async def test_whose_language_says_where_is_not_asked(town: Town) -> None:
    mira = await town.person("Mira", language_code="de")
    await found_shop(mira)
    assert "Stadt" not in mira.last.words


async def count_of_updates(town: Town) -> int:
    def count(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(telegram_update)).scalar_one()

    return await town.runtime.database.read(count)


async def test_it_ends_with_a_poster_that_hands_out_cards(town: Town, mira: Person) -> None:
    await found_shop(mira)
    [shop] = await shops(town)
    link = f"https://t.me/{BOT}?start=j_{shop.slug}"
    [poster] = [message for message in mira.messages if message.document]
    assert read_codes(await mira.picture(poster)) == [link]
    assert link in poster.words
    assert link in [button.value for button in mira.last.buttons]
    lena = await town.person("Lena")
    await lena.open(link)
    assert lena.last.photo is not None


async def test_who_founds_a_shop_owns_it(mira: Person) -> None:
    await found_shop(mira)
    await mira.say("/shop")
    assert "Café Müller" in mira.last.words
    assert {"⭐ Program", "🔑 API"} <= set(mira.last.labels)


async def test_who_works_nowhere_is_offered_a_shop(town: Town, mira: Person) -> None:
    await mira.say("/shop")
    await mira.press("Open a shop")
    await found_shop(mira, *FOUR[1:])
    assert len(await shops(town)) == 1


async def test_the_usual_numbers_of_stamps_are_buttons(town: Town, mira: Person) -> None:
    await found_shop(mira, "/newshop", "Café Müller")
    assert mira.last.labels[:3] == ["8", "10", "12"]
    await mira.press("12")
    await mira.say("A cake")
    [shop] = await shops(town)
    assert (await terms(town, shop)).stamps_required == 12


async def test_the_questions_are_one_message_that_is_edited(mira: Person) -> None:
    await mira.say("/newshop")
    asked = mira.last.id
    for message in (*FOUR[1:3], "x" * 101):
        await mira.say(message)
        assert mira.last.id == asked


@pytest.mark.parametrize("wrong", ["0", "101", "-3", "8.5", "ten", "999999999999999999999", "8 stamps"])
async def test_a_number_that_cannot_be_is_explained_and_asked_for_again(town: Town, mira: Person, wrong: str) -> None:
    await found_shop(mira, "/newshop", "Café Müller", wrong)
    assert "1 " in mira.last.words
    assert "100" in mira.last.words
    await found_shop(mira, "100", "A cake")
    [shop] = await shops(town)
    assert (await terms(town, shop)).stamps_required == 100


async def test_figures_of_any_script_are_numbers(town: Town, mira: Person) -> None:
    await found_shop(mira, "/newshop", "Café Müller", "١٢", "A cake")
    [shop] = await shops(town)
    assert (await terms(town, shop)).stamps_required == 12


async def test_a_name_or_reward_that_is_too_long_is_asked_for_again(town: Town, mira: Person) -> None:
    await found_shop(mira, "/newshop", "x" * 61, "Café Müller", "8", "y" * 101, "A cake")
    [shop] = await shops(town)
    assert shop.name == "Café Müller"
    assert (await terms(town, shop)).reward_description == "A cake"


async def test_a_restart_between_the_messages_is_not_noticed(town: Town, mira: Person) -> None:
    for message in FOUR:
        await mira.say(message)
        await town.restart()
    assert [shop.name for shop in await shops(town)] == ["Café Müller"]


async def test_a_new_owner_is_asked_what_becomes_of_stamps_above_the_goal(town: Town, mira: Person) -> None:
    await found_shop(mira)
    [shop] = await shops(town)
    assert "more stamps than the card still needs" in mira.last.words
    assert (await terms(town, shop)).surplus is Surplus.RESET
    await mira.press("go on to the next card")
    assert (await terms(town, shop)).surplus is Surplus.CARRY


async def test_the_last_message_delivered_twice_makes_one_shop(town: Town, mira: Person) -> None:
    await found_shop(mira)
    await town.sandbox.redeliver(BOT)
    assert len(await shops(town)) == 1


async def test_an_owner_who_could_not_be_told_is_told_once_telegram_answers_again(town: Town, mira: Person) -> None:
    await found_shop(mira, *FOUR[:3])
    await town.sandbox.order_fault(BOT, "server_error", method="sendDocument")
    await mira.say(FOUR[3])
    assert len(await shops(town)) == 1
    assert [message.document is not None for message in mira.messages].count(True) == 1
    assert "Café Müller" in mira.last.words
    assert "🏪 My shop" in mira.last.labels
    await found_shop(mira, "/newshop", "Another", "8", "A cake")
    assert [shop.name for shop in await shops(town)] == ["Café Müller", "Another"]


@pytest.mark.parametrize("other", ["/cancel", "/shop", "/card", "/help", "/start"])
async def test_another_command_ends_it(town: Town, mira: Person, other: str) -> None:
    await found_shop(mira, *FOUR[:3], other, FOUR[3])
    assert await shops(town) == []


async def test_a_button_ends_it(town: Town, mira: Person) -> None:
    await found_shop(mira, *FOUR[:3])
    await mira.press("cancel")
    await mira.say(FOUR[3])
    assert await shops(town) == []


async def test_a_number_pressed_late_changes_nothing(town: Town, mira: Person) -> None:
    await found_shop(mira, "/newshop", "Café Müller", "8")
    assert await mira.press_data(mira.last.id, "goal:12") is not None
    await mira.say("A cake")
    await mira.press_data(mira.last.id, "goal:10")
    [shop] = await shops(town)
    assert (await terms(town, shop)).stamps_required == 8


async def test_somebody_may_own_five_shops(town: Town, mira: Person) -> None:
    for number in range(5):
        await found_shop(mira, "/newshop", f"Shop {number}", "8", "A cake")
    await found_shop(mira)
    assert [shop.name for shop in await shops(town)] == [f"Shop {number}" for number in range(5)]


async def test_a_shops_own_bot_opens_no_other_shop(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    lena = await shop.join()
    await own_bot(Cafe(town=town, shop=shop, ana=mira, lena=lena), "bean_bot")
    there = mira.at("bean_bot")
    await found_shop(there)
    assert len(await shops(town)) == 1


async def test_a_name_is_shown_as_it_was_typed(town: Town, mira: Person) -> None:
    await found_shop(mira, "/newshop", "<b>Tom & Söhne</b> {x}", "8", "<i>Cake</i> {shop}")
    [shop] = await shops(town)
    assert shop.name == "<b>Tom & Söhne</b> {x}"
    assert "<b>Tom & Söhne</b> {x}" in mira.last.words
    assert "<i>Cake</i> {shop}" in mira.last.words


@pytest.mark.parametrize("press", [True, False])
async def test_an_answer_that_comes_again_does_not_answer_the_next_question(
    town: Town, mira: Person, *, press: bool
) -> None:
    await found_shop(mira, "/newshop", "Moon")
    await town.sandbox.order_fault(BOT, "server_error", method="editMessageText")
    await (mira.press("10") if press else mira.say("10"))
    assert "Moon · 3 of 3" in mira.last.words
    await mira.say("A cake")
    [shop] = await shops(town)
    kept = await terms(town, shop)
    assert (shop.name, kept.stamps_required, kept.reward_description) == ("Moon", 10, "A cake")


async def test_a_name_that_comes_again_is_no_number_and_no_reward(town: Town, mira: Person) -> None:
    await mira.say("/newshop")
    await town.sandbox.order_fault(BOT, "server_error", method="editMessageText")
    await mira.say("12")
    assert "12 · 2 of 3" in mira.last.words
    assert await shops(town) == []


async def test_an_answer_that_cannot_be_used_is_explained_when_it_comes_again_too(town: Town, mira: Person) -> None:
    await found_shop(mira, "/newshop", "Moon")
    await town.sandbox.order_fault(BOT, "server_error", method="editMessageText")
    await mira.say("101")
    assert "☝️" in mira.last.words
    assert "Moon · 2 of 3" in mira.last.words
