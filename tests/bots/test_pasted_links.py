"""Links and codes of ours that are pasted into a chat: understood as if they were opened, by whichever bot."""

import pytest

from loyalty_app.clock import utc_now
from loyalty_app.shops.invites import invite
from loyalty_app.shops.pasted_links import StartPayload, payload_in
from loyalty_core.access import Role
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import BOT, Town
from tests.bots.cafe import Cafe, open_cafe, own_bot
from tests.bots.customers import cards_on, come_in, only

TOKEN, SLUG, CODE = "0aB1cD2eF3gH4iJ5kL6mN7", "bean-leaf-3fa2b1", "CUS12AB34CD56"

LINKS = [
    "https://t.me/stamp_bot?start={}",
    "http://telegram.me/stamp_bot?start={}",
    "t.me/stamp_bot?start={}",
    "T.ME/Stamp_Bot?START={}",
    "https://www.t.me/stamp_bot/?start={}&x=1",
    "https://stamp_bot.t.me?start={}",
    "tg://resolve?domain=stamp_bot&start={}",
    "tg:resolve?domain=stamp_bot&amp;start={}",
    "https://t.me/share/url?url=https%3A%2F%2Ft.me%2Fstamp_bot%3Fstart%3D{}&text=Hi",
    "Open this link on your phone: https://t.me/stamp_bot?start={}. Thanks!",
    "\u200e<https://t.me/stamp_bot?start={}>\u200f",
    "/start@stamp_bot {}",
]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("payload", [f"i_{TOKEN}", f"j_{SLUG}", f"c_{CODE}"])
def test_a_link_is_read_in_every_spelling_and_names_its_bot(link: str, payload: str) -> None:
    read = payload_in(link.format(payload))
    assert read is not None
    assert (read.prefix + read.rest, str(read.bot).lower()) == (payload, "stamp_bot")


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        (f"i_{TOKEN}", f"i_{TOKEN}"),
        (f"I_{TOKEN}", f"i_{TOKEN}"),
        (f" “i_{TOKEN}”\n", f"i_{TOKEN}"),
        (f"/start i_{TOKEN}", f"i_{TOKEN}"),
        (f"j_{SLUG}", f"j_{SLUG}"),
        (f"HTTPS://T.ME/STAMP_BOT?START=J_{SLUG.upper()}", f"j_{SLUG}"),
        (f"my code is c_{CODE.lower()}", f"c_{CODE.lower()}"),
    ],
)
def test_a_payload_is_read_without_a_link_and_in_capitals(text: str, payload: str) -> None:
    read = payload_in(text)
    assert read is not None
    assert read.prefix + read.rest == payload


@pytest.mark.parametrize(
    "text",
    [
        "",
        "i_love coffee",
        "j_",
        "c_offee",
        TOKEN,
        "https://t.me/stamp_bot",
        "https://t.me/stamp_bot?start=x_1",
        f"https://example.com/stamp_bot?start=i_{TOKEN}",
        f"https://not-t.me.example/?start=i_{TOKEN}",
        "https://t.me/stamp_bot?start=i_a/b",
    ],
)
def test_what_is_no_link_of_ours_is_none(text: str) -> None:
    assert payload_in(text) is None


def test_a_payload_without_a_link_names_no_bot() -> None:
    assert payload_in(f"i_{TOKEN}") == StartPayload(prefix="i_", rest=TOKEN)


async def invited(shop: Shop, role: Role = Role.OWNER) -> str:
    """The payload of a fresh invitation, as the command prints it."""
    return await invite(shop.database, shop.business.id, role, now=utc_now())


@pytest.mark.parametrize("form", ["{}", "https://t.me/stamp_bot?start={}", "/start@stamp_bot {}", "bare"])
async def test_an_invitation_that_is_pasted_lets_its_person_in(town: Town, form: str) -> None:
    shop = await town.open_shop()
    mira = await town.person("Mira")
    payload = await invited(shop)
    await mira.say(payload[2:] if form == "bare" else form.format(payload))
    assert "You are an owner" in mira.last.words


@pytest.mark.parametrize("form", ["j_{}", "https://t.me/stamp_bot?start=j_{}", "{}"])
async def test_a_posters_link_that_is_pasted_hands_out_the_card(town: Town, form: str) -> None:
    shop = await town.open_shop()
    lena = await town.person("Lena")
    await lena.say(form.format(shop.business.slug))
    assert len(await cards_on(lena)) == 1


async def test_a_link_is_no_answer_to_a_question(town: Town) -> None:
    shop = await town.open_shop()
    lena = await town.person("Lena")
    await lena.say("/newshop")
    await lena.say(f"https://t.me/{BOT}?start=j_{shop.business.slug}")
    assert len(await cards_on(lena)) == 1


async def test_holders_and_staff_open_a_card_by_its_pasted_link_and_nobody_else(town: Town) -> None:
    shop = await town.open_shop()
    lena, ana, paul = await come_in(town, shop), await town.hire(shop, "Ana"), await town.person("Paul")
    link = f"https://t.me/{BOT}?start=c_{(await only(shop)).qr_code}"
    for person in (lena, ana, paul):
        await person.say(link)
    assert [lena.last.photo is not None, "+1" in ana.last.labels, "Only the person who holds" in paul.last.words] == [
        True
    ] * 3


async def with_own_bot(town: Town) -> tuple[Cafe, Person]:
    """A café with a bot of its own, and somebody who has met both bots."""
    cafe = await open_cafe(town)
    await own_bot(cafe, "bean_bot")
    return cafe, await town.person("Paul", bot="bean_bot")


async def test_what_belongs_to_another_bot_gets_a_button_to_that_bot(town: Town) -> None:
    cafe, paul = await with_own_bot(town)
    payload, card = await invited(cafe.shop), f"c_{cafe.lena.qr_code}"
    await paul.at(BOT).start()
    for text in (payload, f"j_{cafe.shop.business.slug}", f"t.me/Bean_Bot?start={card}", f"/start@bean_bot {payload}"):
        said = (await paul.at(BOT).say(text)).last
        [button] = said.buttons
        assert button.url == f"https://t.me/bean_bot?start={text.split('=')[-1].split(' ')[-1]}"
    assert "You are an owner" in (await paul.say(payload)).last.words


async def test_a_link_of_the_bot_of_all_shops_is_understood_by_the_shops_own(town: Town) -> None:
    cafe, paul = await with_own_bot(town)
    await paul.say(f"https://t.me/{BOT}?start=j_{cafe.shop.business.slug}")
    assert len(await cards_on(paul)) == 1


async def test_a_bare_start_in_a_shops_own_bot_is_joining(town: Town) -> None:
    cafe, paul = await with_own_bot(town)
    assert "/start" in (await paul.say("hello?")).last.words
    await paul.start()
    await paul.start()
    assert len(await cards_on(paul)) == 1
    assert [customer.name for customer in await cafe.shop.customers()] == ["Lena Meyer", "Paul"]


async def test_a_bare_start_of_somebody_who_works_there_is_not(town: Town) -> None:
    cafe, _ = await with_own_bot(town)
    assert "How to stamp" in (await cafe.ana.at("bean_bot").start()).last.words
    assert len(await cafe.shop.customers()) == 1
