"""Greeting: everybody who comes without a link is told what to do next, and nothing that is not for them."""

from bots.words import LANGUAGES
from loyalty_core.access import Role
from testkit.concurrency import until
from testkit.town import BOT, Town
from tests.bots.customers import cards_on, come_in, give_own_bot, open_named, restart


async def test_a_stranger_is_told_how_to_get_a_card_and_how_to_open_a_shop(town: Town) -> None:
    paul = await town.person("Paul")
    said = (await paul.start()).last.words
    assert "Hello Paul" in said
    assert "Scan the poster" in said
    assert "/newshop" in said


async def test_a_shop_s_own_bot_opens_no_other_shops(town: Town) -> None:
    shop = await town.open_shop()
    own = await give_own_bot(town, shop, "bean_bot")
    await restart(town)
    assert "/newshop" not in (await (await town.person("Paul", bot=own)).start()).last.words


async def test_who_has_a_card_comes_back_to_it_and_who_has_several_to_a_choice(town: Town) -> None:
    bean, moon = await town.open_shop(), await open_named(town, "Moon")
    lena = await come_in(town, bean)
    await lena.start()
    assert [card.id for card in await cards_on(lena)] == [lena.last.id]
    await lena.start(f"j_{moon.business.slug}")
    await lena.start()
    assert lena.last.labels == ["Bean & Leaf · 0/10", "Moon · 0/10"]


async def test_who_works_in_a_shop_is_told_how_to_stamp_and_finds_their_own_card_too(town: Town) -> None:
    shop = await town.open_shop()
    ana = await town.hire(shop, "Ana")
    assert "How to stamp" in ana.last.words
    await ana.start(f"j_{shop.business.slug}")
    await ana.start()
    await ana.press("My cards")
    assert ana.last.photo is not None


async def test_a_shop_s_own_bot_does_not_know_who_works_next_door(town: Town) -> None:
    shop = await town.open_shop()
    own, next_door = await give_own_bot(town, shop, "bean_bot"), await open_named(town, "Moon")
    _, next_door = await restart(town, shop, next_door)
    bob = await town.hire(next_door, "Bob", Role.STAFF)
    assert next_door.business.name in bob.last.words
    for screen in (await bob.at(own).start(), await bob.at(own).say("/help")):
        assert next_door.business.name not in screen.last.words
        assert "How to stamp" not in screen.last.words


async def test_its_menu_is_offered_in_every_language(all_menus: None, town: Town) -> None:
    del all_menus

    async def offered() -> bool:
        calls = await town.sandbox.calls(BOT, method="setMyCommands")
        return {call["params"].get("language_code", "") for call in calls} == {"", *LANGUAGES}

    await until(offered)
