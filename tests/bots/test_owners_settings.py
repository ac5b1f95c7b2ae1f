"""Settings in the chat: name, colour, notices and time zone, and that cards in chats follow."""

from io import BytesIO

import pytest
from msgspec.structs import force_setattr, replace
from PIL import Image

from loyalty_app.shops.businesses import Business, find_business
from loyalty_app.shops.invites import invite
from loyalty_core.access import Role
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def shop(town: Town) -> Shop:
    return await town.open_shop()


@pytest.fixture
async def mira(town: Town, shop: Shop) -> Person:
    """The owner, before the settings."""
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    await mira.press("Settings")
    return mira


@pytest.fixture
async def lena(town: Town, shop: Shop) -> Person:
    """A customer whose card hangs in her chat."""
    lena = await town.person("Lena")
    await lena.start(f"j_{shop.business.slug}")
    return lena


async def as_it_is(shop: Shop) -> Business:
    return await shop.database.read(lambda connection: find_business(connection, shop.business.id))


def is_blue(picture: bytes) -> bool:
    """Whether there is more blue than red in the corner of a card."""
    red, _, blue = Image.open(BytesIO(picture)).convert("RGB").getpixel((20, 20))  # type: ignore[misc]  # a tuple
    return bool(blue > red)


async def test_a_colour_is_tried_first_and_reaches_the_cards_once_it_is_taken(
    town: Town, shop: Shop, mira: Person, lena: Person
) -> None:
    card = lena.last.id
    assert not is_blue(await lena.picture())
    await mira.press("Colour")
    screen = mira.last.id
    await mira.press("Ocean")
    assert is_blue(await mira.picture())
    assert (await as_it_is(shop)).card_color is None
    assert await mira.press("Take this colour") is not None
    assert mira.last.id == screen
    await town.idle()
    await lena.screen()
    assert [message.id for message in lena.messages if message.photo] == [card]
    assert is_blue(await lena.picture())


async def test_another_name_reaches_the_cards(mira: Person, lena: Person) -> None:
    await mira.press("Name")
    await mira.say("x" * 61)
    assert mira.last.words.startswith("☝️")
    await mira.say("Leaf & Bean")
    await lena.screen()
    assert "Leaf & Bean" in lena.last.words


async def test_a_shop_may_send_its_customers_no_messages(shop: Shop, mira: Person, lena: Person) -> None:
    await mira.press("Switch messages off")
    assert not (await as_it_is(shop)).card_notices
    [card] = await shop.customers()
    await shop.stamp(card.id, 9)
    await shop.stamp(card.id)
    await lena.screen()
    assert len(lena.messages) == 1 + sum(message.sender == "person" for message in lena.messages)
    await mira.press("Switch messages on")
    assert (await as_it_is(shop)).card_notices


async def test_joining_without_telegram_is_switched_on_and_off_where_the_server_has_an_address(
    town: Town, shop: Shop, mira: Person
) -> None:
    switch = "Let people join without Telegram"
    assert not any(switch in label for label in mira.last.labels)
    public = replace(town.runtime.settings, public_url="https://cards.example.com")
    force_setattr(town.runtime, "settings", public)
    await mira.say("/shop")
    await mira.press("Settings")
    await mira.press(switch)
    assert f"https://cards.example.com/join/{shop.business.slug}" in mira.last.words
    assert (await as_it_is(shop)).join_by_page
    await mira.press("No joining without Telegram")
    assert not (await as_it_is(shop)).join_by_page


async def test_the_time_zone_follows_from_a_city_and_the_country_from_the_time_zone(shop: Shop, mira: Person) -> None:
    await mira.press("Time zone")
    await mira.say("nowhere at all")
    assert "nowhere at all" in mira.last.words
    await mira.say("Sao Paulo")
    found = await as_it_is(shop)
    assert (found.timezone, found.country) == ("America/Sao_Paulo", "BR")


async def test_an_owner_who_comes_to_a_shop_without_a_city_is_asked_for_it_at_once(town: Town, shop: Shop) -> None:
    database, now = town.runtime.database, town.runtime.clock()
    payload = await invite(database, shop.business.id, role=Role.OWNER, now=now)
    otto = await town.person("Otto")
    await otto.start(payload)
    assert "Welcome to" in otto.last.words
    assert "Which city is the shop in?" in otto.last.words
    await otto.say("Graz")
    found = await as_it_is(shop)
    assert (found.timezone, found.country) == ("Europe/Vienna", "AT")
    other = await invite(database, shop.business.id, role=Role.OWNER, now=now)
    vera = await town.person("Vera")
    await vera.start(other)
    assert "Which city" not in vera.last.words


async def test_of_several_cities_one_is_pressed(shop: Shop, mira: Person) -> None:
    await mira.press("Time zone")
    await mira.say("Santiago")
    await mira.press("Santiago, Chile · ")
    found = await as_it_is(shop)
    assert (found.timezone, found.country) == ("America/Santiago", "CL")


async def test_an_abbreviation_of_a_time_zone_is_asked_about(shop: Shop, mira: Person) -> None:
    await mira.press("Time zone")
    await mira.say("CET")
    assert (await as_it_is(shop)).timezone == shop.business.timezone
    await mira.press("Vienna, Austria · ")
    assert (await as_it_is(shop)).timezone == "Europe/Vienna"


async def test_a_manager_changes_settings_too(town: Town, shop: Shop) -> None:
    max_ = await town.hire(shop, "Max", Role.MANAGER)
    await max_.say("/shop")
    await max_.press("Settings")
    await max_.press("Name")
    await max_.say("Leaf & Bean")
    assert (await as_it_is(shop)).name == "Leaf & Bean"
