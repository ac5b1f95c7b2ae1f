"""Rights: what strangers, staff, managers and owners may press, whatever their phone says."""

import pytest
from sqlalchemy import Connection, select

from bots.owners import PRESSES
from loyalty_app.clock import utc_now
from loyalty_app.db.tables import metadata, telegram_chat, telegram_update
from loyalty_app.moving import departures
from loyalty_app.shops.staff import remove_staff
from loyalty_core.access import Role
from testkit.concurrency import until
from testkit.half_deleted import begin_deleting
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town
from tests.bots.cafe import Cafe, own_bot
from tests.bots.test_owner_notice_worker import told

pytestmark = pytest.mark.usefixtures("unhurried")

OWNERS_ONLY = ("program", "ask", "choose", "keys", "newkey", "makekey", "key", "closekey")
OF_A_SHOP = [verb for verb in PRESSES if verb not in {"newshop", "goal", "cancel", "shops", "shop", "wipe"}]
FOR_ALL_STAFF = {"computer"}
"""They get to the scanner by it."""
OF_THE_CHAT = {telegram_chat.name, telegram_update.name, "telegram_bot", "polling_lease"}
"""What changes while a bot runs, whatever people do."""


def dump(connection: Connection) -> dict[str, list[object]]:
    """All that is kept, except the chats and bots themselves."""
    tables = [table for table in metadata.sorted_tables if table.name not in OF_THE_CHAT]
    return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in tables}


async def seen(person: Person) -> list[tuple[int, str]]:
    return [(message.id, message.words) for message in (await person.screen()).messages]


async def press_everything(person: Person, shop: Shop, verbs: list[str]) -> list[str | None]:
    """Press all buttons that there are, as if they stood below the newest message."""
    args = {"invited": "owner", "left": "1", "leave": "1", "choose": "stamps_required:50", "ask": "surplus",
            "painted": "3", "paint": "3", "notify": "0", "zoned": "Asia/Tokyo", "makekey": "nonce1:till",
            "closekey": "1", "key": "1", "figures": "30", "owed": "1"}  # fmt: skip
    return [
        await person.press_data(person.last.id, f"{verb}:{shop.business.id}:{args.get(verb, '')}") for verb in verbs
    ]


@pytest.fixture
async def shop(town: Town) -> Shop:
    shop = await town.open_shop()
    await town.employ(shop, await town.person("Mira"), Role.OWNER)
    lena = await shop.join("Lena Meyer", phone="+14155550123")
    await shop.stamp(lena.id, 10)
    return shop


@pytest.mark.parametrize("who", ["a stranger", "an owner of another shop", "staff"])
async def test_who_may_not_changes_nothing_and_learns_nothing(town: Town, shop: Shop, who: str) -> None:
    next_door = await town.open_shop()
    person = await town.person("Eve")
    if who != "a stranger":
        await town.employ(shop if who == "staff" else next_door, person, Role.STAFF if who == "staff" else Role.OWNER)
    await person.start()
    before, messages = await shop.database.read(dump), await seen(person)
    verbs = [verb for verb in OF_A_SHOP if who != "staff" or verb not in FOR_ALL_STAFF]
    toasts = await press_everything(person, shop, verbs)
    assert await shop.database.read(dump) == before
    assert await seen(person) == messages
    assert len(set(toasts)) <= 2
    assert None not in toasts


async def test_a_manager_may_not_do_what_only_owners_may(town: Town, shop: Shop) -> None:
    manager = await town.hire(shop, "Max", Role.MANAGER)
    await manager.say("/shop")
    assert not {"⭐ Program", "🔑 API"} & set(manager.last.labels)
    before, messages = await shop.database.read(dump), await seen(manager)
    assert None not in await press_everything(manager, shop, list(OWNERS_ONLY))
    assert await shop.database.read(dump) == before
    assert await seen(manager) == messages


async def test_every_button_of_a_shop_is_refused_to_strangers_by_its_very_table(town: Town, shop: Shop) -> None:
    """A new button has to say who may press it."""
    eve = await town.person("Eve")
    await eve.start()
    for verb in PRESSES:
        await eve.press_data(eve.last.id, f"{verb}:{shop.business.id}:1")
    assert not any("Bean" in message.words for message in eve.messages)


async def test_staff_see_how_to_stamp_and_no_figures(town: Town, shop: Shop) -> None:
    ana = await town.hire(shop, "Ana", Role.STAFF)
    await ana.say("/shop")
    assert "How to stamp" in ana.last.words
    assert ana.last.labels == []


@pytest.mark.parametrize("typed", ["12", "A cake", "Tokyo", "Till"])
@pytest.mark.parametrize("question", ["ask:{shop}:stamps_required", "rename:{shop}", "zone:{shop}", "newkey:{shop}"])
async def test_an_answer_of_somebody_who_was_removed_meanwhile_is_not_taken(
    town: Town, shop: Shop, question: str, typed: str
) -> None:
    otto = await town.person("Otto")
    number = await town.employ(shop, otto, Role.OWNER)
    await otto.start()
    await otto.press_data(otto.last.id, question.format(shop=shop.business.id))
    await remove_staff(shop.database, shop.business.id, number, now=utc_now())
    await until(lambda: told(shop))
    before = await shop.database.read(dump)
    await otto.say(typed)
    assert await shop.database.read(dump) == before
    assert "Bean" not in otto.last.words


async def test_an_owner_who_is_removed_is_out_at_the_next_press_of_any_button(either_town: Town) -> None:
    """Also on the screen that is open, and when they come back as staff."""
    shop = await either_town.open_shop()
    await either_town.employ(shop, await either_town.person("Mira"), Role.OWNER)
    otto = await either_town.person("Otto")
    number = await either_town.employ(shop, otto, Role.OWNER)
    await otto.say("/shop")
    await remove_staff(shop.database, shop.business.id, number, now=utc_now())
    await until(lambda: told(shop))
    before, messages = await shop.database.read(dump), await seen(otto)
    assert set(await press_everything(otto, shop, [*OF_A_SHOP, "shop"])) == {"You are not on the staff of this shop."}
    await either_town.employ(shop, otto, Role.STAFF)
    assert None not in await press_everything(otto, shop, OF_A_SHOP)
    assert await seen(otto) == messages
    assert (await shop.database.read(dump))["transaction"] == before["transaction"]
    assert (await shop.database.read(dump))["business"] == before["business"]


async def move_away(shop: Shop) -> None:
    """The shop is served elsewhere from now on."""
    await departures.hold(shop.database, [shop.business.id])
    await departures.close_shops(shop.database, [shop.business.id], place="https://two.example.com", now=utc_now())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "This shop has moved: https://two.example.com."),
        ("de", "Dieser Laden ist umgezogen: https://two.example.com."),
        ("ru", "Это заведение переехало: https://two.example.com."),
    ],
)
async def test_the_staff_of_a_shop_that_has_moved_read_where_it_is_whatever_they_press_or_write(
    town: Town, shop: Shop, language: str, words: str
) -> None:
    otto = await town.person("Otto", language_code=language)
    await town.employ(shop, otto, Role.OWNER)
    await otto.say("/shop")
    await move_away(shop)
    before = await shop.database.read(dump)
    toasts = await press_everything(otto, shop, [*OF_A_SHOP, "shop"])
    assert all(words in (toast or "") for toast in toasts), toasts
    await otto.say("/shop")
    assert words in otto.last.words
    assert await shop.database.read(dump) == before


async def test_the_staff_of_a_shop_that_is_being_deleted_are_told_so_whatever_they_press_or_write(
    town: Town, shop: Shop
) -> None:
    words = "Diesen Laden gibt es hier nicht mehr. Seine Karten werden gelöscht."
    otto = await town.person("Otto", language_code="de")
    await town.employ(shop, otto, Role.OWNER)
    await shop.join("Lena")
    await otto.say("/shop")
    await begin_deleting(shop.database, shop.business.id)
    before = await shop.database.read(dump)
    toasts = await press_everything(otto, shop, [*OF_A_SHOP, "shop"])
    assert all(words in (toast or "") for toast in toasts), toasts
    for written in ("/shop", (await shop.customers())[0].qr_code):
        await otto.say(written)
        assert words in otto.last.words
    await otto.say("Lena")
    assert words in f"{await otto.press('Lena')} {otto.last.words}"
    assert await shop.database.read(dump) == before


async def test_who_works_at_another_shop_too_is_led_to_that_one_once_one_has_moved(town: Town, shop: Shop) -> None:
    mira = await town.hire(shop, "Mira", Role.OWNER)
    next_door = await town.open_shop()
    await town.employ(next_door, mira, Role.OWNER)
    await mira.say("/shop")
    await mira.press_data(mira.last.id, f"shop:{shop.business.id}")
    await move_away(shop)
    await mira.say("/shop")
    pressed = {button.data for row in mira.last.keyboard or [] for button in row}
    assert f"program:{next_door.business.id}" in pressed
    assert f"program:{shop.business.id}" not in pressed


async def test_who_works_at_several_shops_chooses_one_and_stays_there(town: Town, shop: Shop) -> None:
    mira = await town.hire(shop, "Mira", Role.OWNER)
    next_door = await town.open_shop()
    await town.employ(next_door, mira, Role.STAFF)
    await mira.say("/shop")
    assert len(mira.last.labels) == 2
    await mira.press_data(mira.last.id, f"shop:{next_door.business.id}")
    await mira.say("/shop")
    assert "How to stamp" in mira.last.words
    await mira.press("Another shop")
    await mira.press_data(mira.last.id, f"shop:{shop.business.id}")
    await mira.say("/shop")
    assert "📊 Figures" in mira.last.labels


async def test_a_shops_own_bot_knows_that_shop_only(town: Town, shop: Shop) -> None:
    mira = await town.hire(shop, "Mira", Role.OWNER)
    next_door = await town.open_shop()
    await town.employ(next_door, mira, Role.OWNER)
    await own_bot(Cafe(town=town, shop=shop, ana=mira, lena=await shop.join()), "bean_bot")
    there = mira.at("bean_bot")
    await there.start()
    await there.say("/shop")
    assert "📊 Figures" in there.last.labels
    for verb in OF_A_SHOP:
        assert await there.press_data(there.last.id, f"{verb}:{next_door.business.id}:1") is not None


async def test_absurd_presses_change_nothing(town: Town, shop: Shop) -> None:
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    before = await shop.database.read(dump)
    number = shop.business.id
    absurd = ["figures:{}:-1", "figures:{}:9999", "owed:{}:99999999", "painted:{}:99", "paint:{}:x", "invited:{}:king"]
    absurd += [
        "zoned:{}:Mars",
        "closekey:{}:77",
        "key:{}:x",
        "leave:{}:x",
        "left:{}:x",
        "figures::",
        "shop:x",
        "goal:12",
    ]
    for data in absurd:
        await mira.press_data(mira.last.id, data.format(number))
    assert await shop.database.read(dump) == before
