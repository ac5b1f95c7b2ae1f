"""Joining: one tap leads to the card; one person holds one card of a shop, whatever they press and how often."""

import asyncio

import pytest
from telegram import User

from bots.customers.join import name_of
from bots.words import words_for
from loyalty_core.access import Plan
from testkit.town import BOT, Town
from tests.bots.customers import card_of, cards_on, code_on, come_in, give_own_bot, only, open_named, restart, sent


async def test_one_tap_leads_to_the_card(town: Town) -> None:
    shop = await town.open_shop()
    lena = await town.person("Lena", last_name="Berg")
    await lena.start(f"j_{shop.business.slug}")
    [answer] = await sent(town)
    card, customer = await card_of(lena), await only(shop)
    assert answer["method"] == "sendPhoto"
    assert await code_on(lena, card) == [customer.qr_code]
    assert customer.name == "Lena Berg"
    assert "0 of 10 stamps" in card.words
    assert card.labels == ["🎁 Rewards", "🕘 History", "📱 Use my number", "⋯ More"]


async def test_a_link_that_is_opened_twice_at_once_and_delivered_again_makes_one_customer(either_town: Town) -> None:
    shop = await either_town.open_shop()
    lena = await either_town.person("Lena")
    await asyncio.gather(*[lena.start(f"j_{shop.business.slug}") for _ in range(2)])
    await either_town.sandbox.redeliver(BOT)
    await either_town.idle()
    await only(shop)
    assert (await card_of(lena)).words.startswith("Bean & Leaf")


async def test_who_joins_again_sees_the_same_card_at_the_bottom(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    first = await card_of(lena)
    await lena.start(f"j_{shop.business.slug}")
    again = await card_of(lena)
    assert (lena.last.id, again.id > first.id) == (again.id, True)
    assert await code_on(lena, again) == [(await only(shop)).qr_code]


@pytest.mark.parametrize("slug", ["nobody-knows-me", "", "Bean_Leaf", "x" * 62])
async def test_a_link_to_no_shop_is_told_so(town: Town, slug: str) -> None:
    shop = await town.open_shop()
    lena = await come_in_by(town, f"j_{slug}")
    assert "leads to no shop" in lena
    assert await shop.customers() == []


async def come_in_by(town: Town, payload: str) -> str:
    return (await (await town.person("Lena")).start(payload)).last.words


async def test_the_customer_after_the_last_one_of_a_trial_is_sent_to_the_shop(town: Town) -> None:
    shop = await town.open_shop(plan=Plan.TRIAL)
    await asyncio.gather(*[shop.join(f"Guest {number}") for number in range(25)])
    lena = await come_in(town, shop)
    assert "cannot hand out more cards" in lena.last.words
    assert len(await shop.customers()) == 25


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("Lena", "Berg", "Lena Berg"),
        ("  Lena\n", None, "Lena"),
        ("Le\x00na", "\u2029", "Le na"),
        ("\u200b", "\u3164", "Gast"),
        ("\u200b\u200e", None, "Gast"),
        ("\x07", None, "Gast"),
        ("محمد", None, "محمد"),
        ("👩‍🚀", None, "👩‍🚀"),
        ("x" * 150, "y" * 150, "x" * 150 + " " + "y" * 49),
    ],
)
def test_a_name_is_taken_as_telegram_knows_it_and_a_guest_is_one_without(
    first: str, last: str | None, name: str
) -> None:
    words = words_for("de")
    wanted = words.plain("Guest") if name == "Gast" else name
    assert name_of(User(1, first, is_bot=False, last_name=last), words) == wanted


async def test_a_shop_s_own_bot_hands_out_its_cards_and_knows_no_other_shop(town: Town) -> None:
    shop, other = await town.open_shop(), await town.open_shop()
    own = await give_own_bot(town, shop, "bean_bot")
    shop, other = await restart(town, shop, other)
    lena = await town.person("Lena", bot=own)
    await lena.start(f"j_{other.business.slug}")
    assert "leads to no shop" in lena.last.words
    await lena.start(f"j_{shop.business.slug}")
    assert await code_on(lena, await card_of(lena)) == [(await only(shop)).qr_code]
    assert await other.customers() == []


async def test_through_another_bot_a_person_sees_the_same_card(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    there = lena.at(await give_own_bot(town, shop, "bean_bot"))
    [shop] = await restart(town, shop)
    await there.start(f"j_{shop.business.slug}")
    assert await code_on(there, await card_of(there)) == [(await only(shop)).qr_code]
    assert len(await cards_on(lena)) == 1


async def test_who_opens_somebody_else_s_card_learns_nothing(town: Town) -> None:
    shop = await town.open_shop()
    lena, paul = await come_in(town, shop), await come_in(town, await open_named(town, "Moon"), "Paul")
    code = (await only(shop)).qr_code
    there = (await paul.start(f"c_{code}")).last.words
    nowhere = (await paul.start("c_CUS0000000000")).last.words
    nonsense = (await paul.start("c_")).last.words
    assert there == nowhere == nonsense
    assert "Only the person who holds this card" in there
    assert "Lena" not in there
    assert "Bean" not in there
    await lena.start(f"c_{code}")
    assert lena.last.photo is not None


async def test_several_shops_are_several_cards_in_one_chat(town: Town) -> None:
    bean, moon = await town.open_shop(), await town.open_shop()
    lena = await come_in(town, bean)
    await lena.start(f"j_{moon.business.slug}")
    assert len(await cards_on(lena)) == 2
    await lena.say("/card")
    assert lena.last.labels == ["Bean & Leaf (1) · 0/10", "Bean & Leaf (2) · 0/10"]
    await lena.press(f"mycard:{bean.business.id}")
    assert len(await cards_on(lena)) == 2
    assert await code_on(lena, lena.last) == [(await only(bean)).qr_code]


async def test_without_a_card_one_is_told_how_to_get_one(town: Town) -> None:
    lena = await town.person("Lena")
    for command in ("/card", "/rewards"):
        assert "Scan the poster" in (await lena.say(command)).last.words
    assert len((await lena.screen()).messages) == 1
