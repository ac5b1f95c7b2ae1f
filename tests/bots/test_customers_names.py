"""Names on cards: customers change them; others follow their Telegram names."""

import pytest

from loyalty_app.moving import departures
from testkit.builders import NOON
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town
from tests.bots.customers import come_in, only

pytestmark = pytest.mark.usefixtures("unhurried")


async def come_as(town: Town, person: Person, first_name: str, *, update_id: int = 900_000_001) -> None:
    """The person sends /card under another name in Telegram."""
    message = {
        "message_id": 77,
        "date": 1,
        "chat": {"id": person.id, "type": "private"},
        "from": {"id": person.id, "is_bot": False, "first_name": first_name},
        "text": "/card",
        "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
    }
    [bot_id] = town.supervisor.bots
    await town.supervisor.intake.take(bot_id, [{"update_id": update_id, "message": message}])
    await town.idle()


async def name_on(shop: Shop) -> str:
    return (await only(shop)).name


async def change_name(person: Person, name: str) -> None:
    await person.press("More")
    await person.press("My name")
    await person.say(name)


async def test_who_never_changed_the_name_follows_the_one_in_telegram(either_town: Town) -> None:
    shop = await either_town.open_shop()
    lena = await come_in(either_town, shop)
    assert await name_on(shop) == "Lena"
    await come_as(either_town, lena, "Léna Marie")
    assert await name_on(shop) == "Léna Marie"
    await come_as(either_town, lena, "\u200b", update_id=900_000_002)
    assert await name_on(shop) == "Léna Marie"


async def test_a_customer_changes_the_name_on_the_card_and_it_stays(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await change_name(lena, "  Frau   Meyer ")
    assert "is in the name of Frau Meyer now" in lena.last.words
    assert await name_on(shop) == "Frau Meyer"
    await come_as(town, lena, "Someone Else")
    assert await name_on(shop) == "Frau Meyer"


async def test_a_name_that_the_shop_has_given_stays(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await shop.update((await only(shop)).id, name="Lena from next door")
    await come_as(town, lena, "Someone Else")
    await come_as(town, lena, "Lena", update_id=900_000_002)
    assert await name_on(shop) == "Lena from next door"


async def test_a_name_that_cannot_be_used_is_explained_and_can_be_sent_again(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await change_name(lena, "x" * 201)
    assert "at most 200 letters" in lena.last.words
    await lena.say("Lea")
    assert await name_on(shop) == "Lea"


async def test_who_presses_something_else_is_not_asked_any_more(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await lena.press("More")
    await lena.press("My name")
    await lena.press("Back")
    await lena.say("hello")
    assert await name_on(shop) == "Lena"


async def test_a_shop_that_has_moved_keeps_no_other_from_following_the_name(town: Town) -> None:
    gone, here = await town.open_shop(), await town.open_shop()
    lena = await come_in(town, gone)
    await lena.start(f"j_{here.business.slug}")
    await departures.hold(gone.database, [gone.business.id])
    await departures.close_shops(gone.database, [gone.business.id], place="https://two.example.com", now=NOON)
    await come_as(town, lena, "Lenka")
    assert (await name_on(here), await name_on(gone)) == ("Lenka", "Lena")
    assert not [message for message in (await lena.screen()).from_bot if "has moved" in (message.text or "")]
