"""Several programs in the chat: owners make, change and archive them, and choose the main one, in few taps."""

import pytest

from loyalty_app.chat.chats import ChatChange, change_chat, find_chat
from loyalty_app.shops.programs import read_program
from loyalty_core.access import Role
from loyalty_core.fields import BotId, ChatId
from loyalty_core.gifts import BirthdayGift
from loyalty_core.programs import Program
from loyalty_core.several_programs import MOST_PROGRAMS
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def shop(town: Town) -> Shop:
    return await town.open_shop()


@pytest.fixture
async def mira(town: Town, shop: Shop) -> Person:
    """The owner, before her shop's screen."""
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    return mira


async def press(person: Person, *labels: str) -> None:
    for label in labels:
        await person.press(label)


async def programs(shop: Shop) -> dict[str, Program]:
    """The programs of the shop by their titles."""
    return {one.title or "": one for one in (await shop.program()).all_of_shop}


async def test_another_program_is_made_by_three_taps_on_what_is_offered(shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Another program", "🥗 Salad", "10", "One for free")
    assert mira.last.words.startswith("✅ 🥗 Salad is there. Staff can stamp it now.")
    made = (await programs(shop))["🥗 Salad"]
    assert (made.main, made.terms.stamps_required, made.terms.reward_description) == (False, 10, "One for free")


async def test_each_answer_can_be_typed_and_what_cannot_be_is_asked_again(town: Town, shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Another program")
    await town.restart()
    for wrong, right in (("x" * 41, "🍲 Soup & stew"), ("a lot", "7"), ("y" * 101, "A bowl")):
        await mira.say(wrong)
        assert mira.last.words.startswith("☝️")
        await mira.say(right)
    main = await town.runtime.database.read(lambda connection: read_program(connection, shop.business.id))
    [made] = main.others
    assert (made.title, made.terms.stamps_required, made.terms.reward_description) == ("🍲 Soup & stew", 7, "A bowl")


async def test_the_last_answer_that_comes_twice_makes_one_program(town: Town, shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Another program", "🥗 Salad", "10")
    screen, data = mira.last.id, next(one.data for one in mira.last.buttons if one.text == "One for free")
    assert data is not None
    [bot_id], chat_id = town.supervisor.bots, ChatId(mira.id)
    chat = await shop.database.read(lambda connection: find_chat(connection, BotId(bot_id), chat_id))
    await mira.press_data(screen, data)
    assert await mira.press_data(screen, data) == "That was answered already."
    as_if_cut_off = ChatChange(draft=chat.draft)
    await change_chat(shop.database, BotId(bot_id), chat_id, as_if_cut_off, now=town.clock())
    await mira.press_data(screen, data)
    assert mira.last.words.startswith("✅ 🥗 Salad is there.")
    assert len((await shop.program()).all_of_shop) == 2


async def test_a_program_is_changed_by_itself(shop: Shop, mira: Person) -> None:
    number = await shop.make_program("🥗 Salad")
    await press(mira, "Program", "🥗 Salad", "Stamps", "6", "Reward")
    await mira.say("A big salad")
    assert "Saved" in mira.last.words
    await press(mira, "Title")
    await mira.say("🥬 Greens")
    main, greens = (await shop.program()).all_of_shop
    assert (greens.id, greens.title) == (number, "🥬 Greens")
    assert (greens.terms.stamps_required, greens.terms.reward_description) == (6, "A big salad")
    assert (main.terms.stamps_required, main.terms.reward_description) == (10, "A coffee")


async def test_another_program_is_made_the_main_one_and_the_old_one_archived(shop: Shop, mira: Person) -> None:
    await shop.change(title="☕ Coffee")
    await shop.make_program("🥗 Salad")
    await press(mira, "Program", "☕ Coffee")
    assert not [label for label in mira.last.labels if "Archive" in label]
    await press(mira, "« Programs", "🥗 Salad", "main one")
    assert mira.last.words.startswith("⭐ The main one now: 🥗 Salad")
    await press(mira, "☕ Coffee", "Archive", "Yes, archive it")
    assert mira.last.words.startswith("🗄 Archived: ☕ Coffee")
    found = await programs(shop)
    assert (found["🥗 Salad"].main, found["☕ Coffee"].main) == (True, False)
    assert found["☕ Coffee"].archived_at is not None
    await press(mira, "🗄 ☕ Coffee")
    assert "takes no new stamps" in mira.last.words


async def test_the_eleventh_program_is_refused_in_words_before_anything_is_asked(shop: Shop, mira: Person) -> None:
    for number in range(2, MOST_PROGRAMS + 1):
        await shop.make_program(f"Card {number}")
    await press(mira, "Program")
    assert await mira.press("Another program") == (
        "A shop can have 10 cards in use, and this one does already. Archive one first."
    )
    assert len(await programs(shop)) == MOST_PROGRAMS


@pytest.mark.parametrize(
    "forged",
    [
        "archived:{shop}:{shop}",
        "archived:{shop}:999999",
        "archived:{shop}",
        "mainprogram:{shop}:999999",
        "added:{shop}:title:99",
        "added:{shop}:reward:0",
        "choose:{shop}:stamps_required:5:999999",
    ],
)
async def test_forged_presses_change_nothing(shop: Shop, mira: Person, forged: str) -> None:
    await shop.make_program("🥗 Salad")
    before = await shop.program()
    await mira.press_data(mira.last.id, forged.format(shop=shop.business.id))
    assert await shop.program() == before


async def test_managers_neither_make_nor_archive_programs(town: Town, shop: Shop) -> None:
    number = await shop.make_program("🥗 Salad")
    ben = await town.hire(shop, "Ben", Role.MANAGER)
    await ben.say("/shop")
    before = await shop.program()
    for data in (f"addprogram:{shop.business.id}", f"archived:{shop.business.id}:{number}"):
        await ben.press_data(ben.last.id, data)
    assert await shop.program() == before


async def test_a_main_program_has_to_be_large_enough_for_the_gifts_of_the_shop(shop: Shop, mira: Person) -> None:
    await shop.change(birthday=BirthdayGift(stamps=3))
    await shop.make_program("Tiny", stamps_required=2)
    await press(mira, "Program", "Tiny")
    assert "Birthday gift" not in mira.last.words
    await press(mira, "Make it the main one")
    assert mira.last.words.startswith("A gift of the shop is more stamps than fill this card.")
    assert (await shop.program()).title is None


async def test_the_screen_of_the_shop_says_what_each_program_makes(shop: Shop, mira: Person) -> None:
    assert "10 stamps make: A coffee" in mira.last.words.splitlines()
    await shop.change(title="☕ Coffee")
    salads = await shop.make_program("🥗 Salad", stamps_required=4)
    await mira.say("/shop")
    lines = mira.last.words.splitlines()
    assert lines[:3] == ["🏪 Bean & Leaf", "☕ Coffee: 10 stamps make: A coffee", "🥗 Salad: 4 stamps make: A salad"]
    await shop.programs_deed(archive=salads)
    await mira.say("/shop")
    assert "10 stamps make: A coffee" in mira.last.words.splitlines()
