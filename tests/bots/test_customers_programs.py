"""Customers of a shop with several programs: one message shows the card stamped last, and tells of the others."""

from typing import Literal

import pytest

from loyalty_core.bonus_hours import BonusHours
from loyalty_core.several_programs import MOST_PROGRAMS
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town
from tests.bots.customers import card_of, code_on, come_in, mark, only, open_named, sent

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def shop(town: Town) -> Shop:
    shop = await town.open_shop()
    await shop.change(title="☕ Coffee")
    return shop


@pytest.fixture
async def salads(shop: Shop) -> int:
    return await shop.make_program("🥗 Salad", stamps_required=4)


@pytest.fixture
async def lena(town: Town, shop: Shop, salads: int) -> Person:
    """Lena holds a card of the shop, which has both programs."""
    assert salads
    return await come_in(town, shop)


async def stamp(town: Town, shop: Shop, stamps: int = 1, program_id: int | None = None) -> int:
    """Stamp as a till does, and wait until the chat shows it."""
    stamped = await shop.stamp((await only(shop)).id, stamps, program_id=program_id)
    await town.idle()
    return stamped.transaction_id


async def told(person: Person) -> list[str]:
    """The first lines of the messages beside the card."""
    return [message.words.splitlines()[0] for message in (await person.screen()).from_bot if not message.photo]


async def test_the_card_that_was_stamped_last_is_shown_and_the_other_has_a_line_and_a_button(
    town: Town, shop: Shop, lena: Person, salads: int
) -> None:
    assert "Salad" not in (await card_of(lena)).words
    await stamp(town, shop, 3)
    since = await mark(town)
    await stamp(town, shop, 2, salads)
    card = await card_of(lena)
    assert card.words.startswith("Bean & Leaf\n🥗 Salad\n2 of 4 stamps\n2 more for: A salad\n☕ Coffee: 3 of 10")
    assert card.labels[0] == "☕ Coffee"
    assert await code_on(lena, card) == [(await only(shop)).qr_code]
    await stamp(town, shop)
    card = await card_of(lena)
    assert card.words.startswith("Bean & Leaf\n☕ Coffee\n4 of 10 stamps\n")
    assert card.labels[0] == "🥗 Salad"
    assert await sent(town, since=since) == []


async def test_a_button_turns_to_the_other_card_and_its_picture(
    town: Town, shop: Shop, lena: Person, salads: int
) -> None:
    await stamp(town, shop, 3)
    coffee = await lena.picture(await card_of(lena))
    await stamp(town, shop, 2, salads)
    salad, message = await lena.picture(await card_of(lena)), (await card_of(lena)).id
    await lena.press("☕ Coffee")
    turned = await card_of(lena)
    assert (turned.id, turned.labels[0]) == (message, "🥗 Salad")
    assert turned.words.startswith("Bean & Leaf\n☕ Coffee\n3 of 10 stamps\n")
    assert await lena.picture(turned) == coffee
    await lena.press("Rewards")
    await lena.press("Back")
    assert (await card_of(lena)).words.startswith("Bean & Leaf\n🥗 Salad\n2 of 4 stamps\n")
    assert await lena.picture(await card_of(lena)) == salad


async def test_news_is_of_the_card_that_was_stamped_and_stays_true_when_another_is(
    town: Town, shop: Shop, lena: Person, salads: int
) -> None:
    await stamp(town, shop, 5)
    third = await stamp(town, shop, 3, salads)
    await stamp(town, shop)
    [near] = [message.words for message in (await lena.screen()).from_bot if not message.photo]
    assert near == "🔥 One stamp to go at Bean & Leaf!\nThen it is yours: A salad"
    await stamp(town, shop, 2)
    assert len(await told(lena)) == 1
    await shop.void(third)
    await town.idle()
    assert (await told(lena))[0].startswith("↩️ A stamp was taken back")


async def test_rewards_of_all_programs_are_counted_told_and_listed(
    town: Town, shop: Shop, lena: Person, salads: int
) -> None:
    await stamp(town, shop, 10)
    await stamp(town, shop, 4, salads)
    assert [line for line in await told(lena) if "is full" in line] == [
        "🎉 Your card at Bean & Leaf is full! Your reward:"
    ] * 2
    card = await card_of(lena)
    assert "2 rewards are waiting" in card.words
    await lena.press_data(card.id, f"myrewards:{shop.business.id}")
    listed = (await card_of(lena)).words
    assert "🎁 A coffee · ☕ Coffee\n" in listed
    assert "🎁 A salad · 🥗 Salad\n" in listed


async def test_without_a_reward_the_list_says_what_is_missing_on_each_card(
    town: Town, shop: Shop, lena: Person, salads: int
) -> None:
    await stamp(town, shop, 3)
    await stamp(town, shop, 1, salads)
    await lena.press("Rewards")
    missing = (await card_of(lena)).words.splitlines()[-2:]
    assert missing == [
        "None yet: 3 stamps to go for A salad · 🥗 Salad",
        "None yet: 7 stamps to go for A coffee · ☕ Coffee",
    ]


async def test_the_card_of_an_archived_program_says_so_and_promises_nothing(
    town: Town, shop: Shop, lena: Person, salads: int
) -> None:
    await stamp(town, shop, 3)
    await stamp(town, shop, 1, salads)
    await shop.programs_deed(archive=salads)
    await town.idle()
    card = await card_of(lena)
    assert "takes no new stamps" in card.words
    assert "A salad" not in card.words
    await lena.press("Rewards")
    assert (await card_of(lena)).words.splitlines()[-1] == "None yet: 7 stamps to go for A coffee · ☕ Coffee"


@pytest.mark.parametrize(("factor", "said"), [(2, "⏰ Doubled: bonus hours"), (3, "⏰ Tripled: bonus hours")])
async def test_news_of_a_stamp_that_counted_more_than_once_says_so(
    town: Town, shop: Shop, lena: Person, factor: Literal[2, 3], said: str
) -> None:
    week = BonusHours(weekdays=(1, 2, 3, 4, 5, 6, 7), begin="00:00", end="24:00", factor=factor)
    soups = await shop.make_program("Soup", stamps_required=2 * factor + 1, bonus_hours=(week,))
    await stamp(town, shop, 2, soups)
    await stamp(town, shop, 1, soups)
    near, full = [message.words for message in (await lena.screen()).from_bot if not message.photo]
    assert near == f"🔥 One stamp to go at Bean & Leaf!\nThen it is yours: A salad\n{said}"
    assert said in full.splitlines()
    await shop.change_of(soups, bonus_hours=())
    await stamp(town, shop, 2 * factor + 1, soups)
    last = (await lena.screen()).from_bot[-1].words
    assert "is full" in last
    assert "⏰" not in last


async def test_the_history_says_to_which_card_each_entry_belongs(
    town: Town, shop: Shop, lena: Person, salads: int
) -> None:
    await stamp(town, shop, 3)
    await lena.press_data((await card_of(lena)).id, f"myhistory:{shop.business.id}")
    assert "·" not in (await card_of(lena)).words
    await stamp(town, shop, 2, salads)
    await lena.press_data((await card_of(lena)).id, f"myhistory:{shop.business.id}")
    lines = (await card_of(lena)).words.splitlines()
    assert [line.partition(": ")[2] for line in lines if "stamp" in line] == [
        "2 stamps · 🥗 Salad",
        "3 stamps · ☕ Coffee",
    ]


async def test_nobody_turns_to_a_program_that_is_not_there(town: Town, shop: Shop, lena: Person, salads: int) -> None:
    await stamp(town, shop, 2, salads)
    await lena.press_data((await card_of(lena)).id, f"turn:{shop.business.id}:987654")
    assert (await card_of(lena)).words.startswith("Bean & Leaf\n☕ Coffee\n0 of 10 stamps\n")


async def test_a_card_of_ten_programs_fits_below_its_picture_whatever_they_are_called(town: Town) -> None:
    shop = await open_named(town, "n" * 200, reward_description="r" * 200)
    lena = await come_in(town, shop)
    for number in range(2, MOST_PROGRAMS + 1):
        await stamp(town, shop, 1, await shop.make_program(f"{number} " + "x" * 197, reward_description="r" * 200))
    card = await card_of(lena)
    assert len(card.words) <= 1024
    assert len([one for one in card.buttons if str(one.data).startswith("turn:")]) == MOST_PROGRAMS - 1
    assert "10 x" in card.words.splitlines()[1]
