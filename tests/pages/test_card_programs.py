"""The card page in a shop with several programs: all cards are there, the main one first, and all are live."""

import re
from datetime import UTC, datetime

import pytest

from api.pages.card_view import told_deed
from api.pages.page_words import PageName, words_of
from loyalty_app.customers.personal_data import Deed
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.ledger import SYSTEM, Entry, EntryType, Gift
from loyalty_core.steps import Step
from testkit.concurrency import until
from testkit.shop import Shop
from tests.browser import Tab
from tests.pages.place import Place
from tests.pages.private_cards import address_of, browser_of, let_join
from tests.pages.scanning import plain

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHOLE_WEEK = BonusHours(weekdays=(1, 2, 3, 4, 5, 6, 7), begin="00:00", end="24:00", factor=2)
PANEL = re.compile(r'<section class="card.*?</section>', re.DOTALL)


async def with_salads(place: Place, **terms: object) -> tuple[Shop, int]:
    """A shop with coffees and salads, and the number of the second program."""
    shop = await place.town.open_shop(steps=(Step(4, "A cookie"),))
    await shop.change(title="☕ Coffee")
    return shop, await shop.make_program("🥗 Salad", **{"stamps_required": 4, **terms})


async def page_of(address: str, *, language: str = "en") -> str:
    """The page of a card as it is sent, without marks of direction."""
    async with browser_of({"Accept-Language": language}) as browser:
        answer = await browser.get(address)
    assert answer.status_code == 200
    return re.sub(r"[\u2066-\u2069]", "", answer.text)


def words_in(html: str) -> str:
    """What a part of a page says, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


async def test_a_card_draws_its_steps_on_their_stamps_and_names_the_next_reward(place: Place) -> None:
    shop = await place.town.open_shop(steps=(Step(4, "A cookie"), Step(7, "A cake")))
    lena = await shop.join("Lena")
    address = await address_of(place, shop, lena.id)
    await shop.stamp(lena.id, 3)
    [card] = PANEL.findall(await page_of(address))
    assert words_in(card) == (
        "Bean & Leaf Lena 3 of 10 stamps 🎁 🎁 1 more for: A cookie "
        "4 stamps: A cookie 7 stamps: A cake 10 stamps: A coffee"
    ).replace("&", "&amp;")
    places = re.findall(r"<li([^>]*)>", card.partition("</ol>")[0])
    assert places == [' class="done"'] * 3 + [' class="step"', "", "", ' class="step"', "", "", ""]
    await shop.stamp(lena.id, 2)
    [card] = PANEL.findall(await page_of(address))
    assert card.count('class="done step"') == 1
    assert "2 more for: A cake" in card
    assert words_in(card).count("✓") == 1


async def test_the_page_shows_the_cards_of_all_programs_and_says_which_reward_and_entry_is_of_which(
    place: Place,
) -> None:
    shop, salads = await with_salads(place, opening_stamps=1, bonus_hours=(WHOLE_WEEK,))
    lena = await shop.join("Lena")
    address = await address_of(place, shop, lena.id)
    assert len(PANEL.findall(await page_of(address))) == 1
    await shop.stamp(lena.id, 2)
    await shop.stamp(lena.id, 2, program_id=salads)
    page = await page_of(address)
    coffee, salad = map(words_in, PANEL.findall(page))
    assert coffee.startswith("Bean &amp; Leaf Lena ☕ Coffee 2 of 10 stamps 🎁 2 more for: A cookie")
    assert salad == "🥗 Salad 0 of 4 stamps 4 more for: A salad"
    said = words_in(page)
    assert "Your rewards 🎁 A salad 🥗 Salad" in said
    assert "4 stamps, 2 as a gift: bonus hours 🥗 Salad ·" in said
    assert "2 stamps ☕ Coffee ·" in said
    await shop.programs_deed(promote=salads)
    assert words_in(PANEL.findall(await page_of(address))[0]).startswith("Bean &amp; Leaf Lena 🥗 Salad 0 of 4")
    assert "2 rewards waiting" not in await page_of(f"{address}/erase")
    assert "1 reward waiting for you will be gone too." in await page_of(f"{address}/erase")


async def test_a_running_card_of_an_archived_program_stays_and_says_so_and_an_empty_one_goes(place: Place) -> None:
    shop, salads = await with_salads(place)
    lena = await shop.join("Lena")
    address = await address_of(place, shop, lena.id)
    await shop.stamp(lena.id, 3, program_id=salads)
    await shop.programs_deed(archive=salads)
    coffee, salad = map(words_in, PANEL.findall(await page_of(address)))
    assert "☕" not in coffee
    assert salad == (
        "🥗 Salad 3 of 4 stamps A salad This card takes no new stamps any more. Its rewards can still be redeemed."
    )
    other, salads = await with_salads(place)
    kim = await other.join("Kim")
    await other.stamp(kim.id, 4, program_id=salads)
    await other.programs_deed(archive=salads)
    page = await page_of(await address_of(place, other, kim.id))
    assert len(PANEL.findall(page)) == 1
    assert "🎁 A salad 🥗 Salad" in words_in(page)


@pytest.mark.parametrize(
    ("stamps", "occasion", "said"),
    [
        (0, Gift.BIRTHDAY, "A gift: A cake (a birthday)"),
        (3, Gift.REFERRAL, "3 stamps as a gift (bring a friend)"),
        (3, Gift.HEAD_START, "3 stamps as a gift, to begin with"),
    ],
)
async def test_the_history_names_a_gift_and_for_what_it_was(stamps: int, occasion: Gift, said: str) -> None:
    gift = Entry(
        id=1,
        business_id=1,
        customer_id=1,
        type=EntryType.BONUS,
        actor=SYSTEM,
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        program_version=1,
        stamps=stamps,
        bonus_stamps=stamps,
        occasion=occasion,
    )
    assert told_deed(Deed(gift, None if stamps else "A cake"), words_of(PageName.CARD, "en")) == said


async def test_the_page_of_joining_says_what_each_card_makes(place: Place) -> None:
    shop, _ = await with_salads(place)
    page = words_in(await page_of(await let_join(place, shop)))
    assert "☕ Coffee: 10 stamps: A coffee 🥗 Salad: 4 stamps: A salad" in page


async def test_in_telegram_all_cards_of_a_shop_are_shown_and_each_is_live(place: Place, phone: Tab) -> None:
    shop, salads = await with_salads(place)
    lena = await place.town.person("Lena")
    await lena.start(f"j_{shop.business.slug}")
    [customer] = await shop.customers()
    await shop.stamp(customer.id, 1)
    await place.open(phone, "card", lena)
    await phone.page.get_by_role("heading", name="Show this code each time you pay").wait_for()
    assert await phone.page.locator("section.card").count() == 1
    watch = place.town.runtime.card_watch
    await until(lambda: _is_watched(len(watch) > 0))
    await shop.stamp(customer.id, 3, program_id=salads)
    await phone.page.get_by_role("heading", name="🥗 Salad").wait_for()
    said = plain(await phone.page.locator("#says").inner_text())
    assert said == "☕ Coffee: 1 of 10 stamps and 🥗 Salad: 3 of 4 stamps"
    await shop.stamp(customer.id, 1, program_id=salads)
    await phone.page.get_by_role("heading", name="Your rewards").wait_for()
    await shop.stamp(customer.id, 2)
    await phone.until("document.querySelectorAll('section.card')[0].querySelectorAll('.done').length === 3")
    assert phone.problems == []
    client = await place.signed_in(lena)
    [line] = (await client.get("api/cards")).json()["data"]
    assert "☕ Coffee: 3 of 10 stamps" in plain(line["says"])


async def _is_watched(condition: bool) -> bool:  # noqa: FBT001  # a value, not a switch
    return condition
