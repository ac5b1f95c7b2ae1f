"""The card in the chat: one message, edited in place, no matter who stamps; what is worth a message of its own."""

import pytest
from msgspec import structs

from bots.words import words_for
from loyalty_app.chat.card_queue import cards_of, send_again
from loyalty_app.db import tables
from loyalty_app.moving import departures
from loyalty_app.shops.invites import invite
from loyalty_core.access import Role
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.fields import BotId, UserId
from loyalty_core.programs import Surplus
from loyalty_core.steps import Step
from testkit.builders import NOON
from testkit.half_deleted import begin_deleting
from testkit.town import BOT, Town
from tests.bots.customers import (
    card_of,
    cards_on,
    code_on,
    come_in,
    mark,
    only,
    open_named,
    sent,
    silence,
    stamp,
)


async def test_a_stamp_by_the_api_edits_the_card_in_place_and_sends_nothing(either_town: Town) -> None:
    shop = await either_town.open_shop()
    lena = await come_in(either_town, shop)
    before, customer = await card_of(lena), await only(shop)
    picture, since = await lena.picture(before), await mark(either_town)
    await stamp(either_town, shop, customer, 3)
    after = await card_of(lena)
    assert (after.id, after.edited is not None) == (before.id, True)
    assert "3 of 10 stamps" in after.words
    assert await code_on(lena, after) == [customer.qr_code]
    assert await lena.picture(after) != picture
    assert await sent(either_town, since=since) == []


async def test_a_card_names_the_next_reward_and_marks_its_step(town: Town) -> None:
    shop = await town.open_shop(steps=(Step(3, "A cookie"),))
    lena = await come_in(town, shop)
    customer = await only(shop)
    await stamp(town, shop, customer)
    assert "2 more for: A cookie" in (await card_of(lena)).words
    await stamp(town, shop, customer, 2)
    assert "7 more for: A coffee" in (await card_of(lena)).words
    said = (await lena.screen()).from_bot[-1].words
    assert ("A cookie" in said, "is full" in said) == (True, False)


async def test_one_to_go_is_told_once_and_so_is_the_reward_each_with_an_effect(town: Town) -> None:
    shop = await town.open_shop(stamps_required=3)
    lena = await come_in(town, shop)
    customer, since = await only(shop), await mark(town)
    await stamp(town, shop, customer)
    assert await sent(town, since=since) == []
    await stamp(town, shop, customer)
    [near] = await sent(town, since=since)
    since = await mark(town)
    await stamp(town, shop, customer)
    [there] = await sent(town, since=since)
    assert "One stamp to go" in near["params"]["text"]
    assert "A coffee" in there["params"]["text"]
    assert [message.effect is not None for message in (await lena.screen()).from_bot] == [False, True, True]
    assert near["params"]["message_effect_id"] != there["params"]["message_effect_id"]


@pytest.mark.parametrize(("surplus", "dropped"), [(Surplus.RESET, True), (Surplus.CARRY, False)])
async def test_the_customer_reads_which_stamps_went_to_no_card(town: Town, *, surplus: Surplus, dropped: bool) -> None:
    shop = await town.open_shop(surplus=surplus)
    await come_in(town, shop)
    customer = await only(shop)
    await stamp(town, shop, customer, 8)
    since = await mark(town)
    await stamp(town, shop, customer, 3)
    [told] = await sent(town, since=since)
    assert ("1 stamp above the goal was not carried over." in told["params"]["text"]) is dropped


async def test_a_card_that_arrives_while_it_is_asked_for_again_is_sent_once(either_town: Town) -> None:
    shop = await either_town.open_shop()
    lena = await come_in(either_town, shop)
    [bot_id], database = either_town.supervisor.bots, either_town.runtime.database
    [held] = await database.read(lambda connection: cards_of(connection, BotId(bot_id), UserId(lena.id)))
    before_it_came = structs.replace(held, message_id=None)
    await send_again(database, before_it_came, now=either_town.clock())
    await either_town.idle()
    assert (await card_of(lena)).id == held.message_id


async def test_news_brings_the_card_down_by_its_button(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    await stamp(town, shop, await only(shop))
    await lena.press("Show my card")
    assert (lena.last.id, "1 of 2" in lena.last.words) == ((await card_of(lena)).id, True)


@pytest.mark.parametrize("by", ["customer", "shop"])
async def test_a_card_that_was_silenced_brings_nothing_and_is_up_to_date(town: Town, by: str) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    if by == "shop":
        await silence(shop)
    else:
        await lena.press_data(lena.last.id, f"mymute:{shop.business.id}:1")
    since, customer = await mark(town), await only(shop)
    await stamp(town, shop, customer)
    await stamp(town, shop, customer)
    assert await sent(town, since=since) == []
    assert "1 reward is waiting" in (await card_of(lena)).words


async def test_several_rewards_at_once_are_one_message_and_named_as_they_were_earned(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2, surplus=Surplus.CARRY)
    lena = await come_in(town, shop)
    since = await mark(town)
    await shop.change(reward_description="A <cake> & more")
    await stamp(town, shop, await only(shop), 4)
    [told] = await sent(town, since=since)
    assert "2 rewards" in told["params"]["text"]
    assert "2 × 🎁 A &lt;cake&gt; &amp; more" in told["params"]["text"]
    await shop.change(reward_description="Water")
    await town.idle()
    await lena.press("Rewards (2)")
    assert "2 × 🎁 A <cake> & more" in (await card_of(lena)).words


async def test_an_undo_is_no_news_even_if_it_leaves_one_to_go(town: Town) -> None:
    shop = await town.open_shop(stamps_required=3)
    lena = await come_in(town, shop)
    customer = await only(shop)
    await stamp(town, shop, customer, 2)
    last = await stamp(town, shop, customer)
    since = await mark(town)
    await shop.void(last)
    await town.idle()
    assert await sent(town, since=since) == []
    assert "2 of 3 stamps" in (await card_of(lena)).words


async def test_what_was_undone_is_struck_out_in_the_history(either_town: Town) -> None:
    shop = await either_town.open_shop(stamps_required=2)
    lena = await come_in(either_town, shop)
    customer = await only(shop)
    await stamp(either_town, shop, customer, 2)
    await shop.redeem(customer.id)
    await shop.void(await stamp(either_town, shop, customer))
    await either_town.idle()
    await lena.press("History")
    card = await card_of(lena)
    [struck] = [entity for entity in card.entities if entity["type"] == "strikethrough"]
    line = card.words.encode("utf-16-le")[2 * struck["offset"] :][: 2 * struck["length"]].decode("utf-16-le")
    assert line.endswith("1 stamp")
    assert card.words.count("undone") == 1
    assert "redeemed: A coffee" in card.words
    assert card.words.splitlines()[-1].endswith("2 stamps")


async def test_the_history_says_what_was_a_gift_and_of_what(town: Town) -> None:
    whole_week = BonusHours(weekdays=(1, 2, 3, 4, 5, 6, 7), begin="00:00", end="24:00", factor=2)
    shop = await town.open_shop(opening_stamps=2, bonus_hours=(whole_week,))
    lena = await come_in(town, shop)
    await stamp(town, shop, await only(shop))
    await lena.press("History")
    doubled, begun = (await card_of(lena)).words.splitlines()[-2:]
    assert doubled.endswith("2 stamps, 1 as a gift: bonus hours")
    assert begun.endswith("2 stamps as a gift, to begin with")


async def test_the_history_holds_the_last_ten_things_and_the_picture_stays(town: Town) -> None:
    shop = await town.open_shop(stamps_required=100)
    lena = await come_in(town, shop)
    customer = await only(shop)
    for _ in range(12):
        await shop.stamp(customer.id)
    await town.idle()
    since = await mark(town)
    await lena.press("History")
    assert (await card_of(lena)).words.count("1 stamp") == 10
    await lena.press("Back")
    assert "12 of 100" in (await card_of(lena)).words
    assert await sent(town, since=since) == []
    assert not [call for call in await town.sandbox.calls(since=since) if call["method"] == "editMessageMedia"]


async def test_whatever_shops_and_rewards_are_called_the_texts_are_short_enough(town: Town) -> None:
    shop = await open_named(town, "🦊" * 200, stamps_required=1, reward_description="🍰" * 200, surplus=Surplus.CARRY)
    lena = await come_in(town, shop)
    await stamp(town, shop, await only(shop), 10)
    for label in ("Rewards (10)", "Back", "History"):
        await lena.press(label)
    assert len((await card_of(lena)).words.encode("utf-16-le")) // 2 <= 1024
    refused = [call for call in await town.sandbox.calls() if not call["answer"]["ok"]]
    assert refused == []


async def test_who_has_blocked_the_bot_is_not_written_to_and_sees_the_card_as_it_is_when_they_are_back(
    town: Town,
) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    await lena.block()
    since = await mark(town)
    await stamp(town, shop, await only(shop), 2)
    assert [call for call in await town.sandbox.calls(BOT, since=since) if "chat_id" in call["params"]] == []
    await lena.start()
    assert "1 reward is waiting" in (await card_of(lena)).words
    assert lena.last.photo is not None


@pytest.mark.usefixtures("connections")
async def test_what_may_have_arrived_is_not_sent_again(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2)
    await town.sandbox.order_fault(BOT, "lost_answer", method="sendPhoto", times=1)
    await town.sandbox.order_fault(BOT, "lost_answer", method="sendMessage", times=1)
    lena = await come_in(town, shop)
    assert len(await cards_on(lena)) == 1
    await stamp(town, shop, await only(shop))
    assert [message.effect is not None for message in (await lena.screen()).from_bot if not message.photo] == [True]


async def test_of_a_card_that_is_too_old_to_be_taken_away_only_the_new_one_has_buttons(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await town.sandbox.pass_time(49 * 3_600)
    await lena.say("/card")
    old, new = await cards_on(lena)
    assert (old.words, old.buttons) == ("⬇️ Your card is further down.", [])
    assert "0 of 10 stamps" in new.words
    await shop.erase((await only(shop)).id)
    await town.idle()
    assert [card.id for card in await cards_on(lena)] == [old.id]


async def test_the_picture_of_an_erased_card_that_is_too_old_to_be_taken_away_is_empty(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await town.sandbox.pass_time(49 * 3_600)
    await shop.erase((await only(shop)).id)
    await town.idle()
    left = await card_of(lena)
    assert (left.words, left.buttons) == ("", [])
    assert await code_on(lena, left) == []


async def test_a_card_that_was_taken_out_of_the_chat_comes_back_with_the_next_stamp(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await lena.delete(lena.last.id)
    await stamp(town, shop, await only(shop))
    assert "1 of 10 stamps" in (await card_of(lena)).words


@pytest.mark.parametrize("way", ["card", "command"])
async def test_another_language_turns_the_cards_to_it_in_place(town: Town, way: str) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    before, arabic = await card_of(lena), words_for("ar")
    picture = await lena.picture(before)
    if way == "card":
        await lena.press("More")
        await lena.press("Language")
    else:
        await lena.say("/language")
    await lena.press("العربية")
    after = await card_of(lena)
    assert after.id == before.id
    assert after.labels[0] == arabic.label("🎁 Rewards")
    assert await lena.picture(after) != picture


async def test_all_rewards_are_on_one_screen(town: Town) -> None:
    bean, moon = await town.open_shop(stamps_required=1), await open_named(town, "Moon", stamps_required=4)
    lena = await come_in(town, bean)
    await stamp(town, bean, await only(bean))
    await lena.start(f"j_{moon.business.slug}")
    await lena.say("/rewards")
    text = lena.last.words
    assert text.index("Bean & Leaf") < text.index("🎁 A coffee") < text.index("Moon") < text.index("4 stamps to go")
    assert lena.last.labels == ["Bean & Leaf · 🎁 1", "Moon · 0/4"]


async def test_what_is_said_by_a_customer_without_sense_is_answered_with_help(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    screen = await lena.say("hello?")
    assert "/card" in screen.last.words
    assert [message.words for message in screen.messages if message.sender == "person"][1:] == []


@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_card_of_a_shop_that_has_moved_stays_in_the_chat_and_its_holder_reads_where_the_shop_is(
    town: Town, language: str
) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop, language_code=language)
    await departures.hold(shop.database, [shop.business.id])
    await departures.close_shops(shop.database, [shop.business.id], place="https://two.example.com", now=NOON)
    said = {"en": "This shop has moved: https://two.example.com.", "de": "Dieser Laden ist umgezogen: "}[language]
    await lena.say("/card")
    await town.idle()
    assert said in lena.last.words
    assert len(await cards_on(lena)) == 1
    toast = await lena.press("History" if language == "en" else "Verlauf")
    assert said in f"{toast} {lena.last.words}"


SAID_OF_CLOSED = {
    "en": "This shop is no longer here. Its cards are being deleted.",
    "de": "Diesen Laden gibt es hier nicht mehr. Seine Karten werden gelöscht.",
    "es": "Esta tienda ya no está aquí. Sus tarjetas se están borrando.",
    "ru": "Этого заведения здесь больше нет. Его карты удаляются.",
    "hi": "यह दुकान अब यहाँ नहीं है। इसके कार्ड हटाए जा रहे हैं।",
    "ar": "لم يعد هذا المتجر هنا. يجري حذف بطاقاته.",
}


@pytest.mark.parametrize("language", SAID_OF_CLOSED)
async def test_a_shop_that_is_being_deleted_hands_out_no_card_and_shows_none_whatever_link_is_tapped(
    town: Town, language: str
) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    [card] = await shop.customers()
    ben = await town.person("Ben", language_code=language)
    invitation = await invite(shop.database, shop.business.id, Role.STAFF, now=town.clock())
    await begin_deleting(shop.database, shop.business.id)
    for link in (f"j_{shop.business.slug}", f"r_{card.qr_code}", invitation):
        await ben.start(link)
        assert SAID_OF_CLOSED[language] in ben.last.words
    await lena.start(f"r_{card.qr_code}")
    assert SAID_OF_CLOSED["en"] in lena.last.words
    toast = await lena.press_data((await card_of(lena)).id, f"history:{shop.business.id}")
    assert SAID_OF_CLOSED["en"] in f"{toast} {lena.last.words}"
    assert [one.name for one in await shop.customers()] == ["Lena"]
    assert await shop.rows(tables.staff) == []
