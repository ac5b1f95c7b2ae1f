"""Figures, what is owed and the poster: the chat says what the API says, and what stands in the books."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from bots.owners.analytics import SPANS, chart_of
from bots.scan import read_codes
from bots.words import words_for
from loyalty_app.customers.analytics import read_summary
from loyalty_app.shops.workplaces import add_branch
from loyalty_core.access import Role
from loyalty_core.analytics import Summary
from testkit.people import Person
from testkit.screens import Shown
from testkit.shop import Shop
from testkit.town import BOT, Town
from tests.bots.till import Json, open_till

pytestmark = pytest.mark.usefixtures("unhurried", "noon")


@pytest.fixture
async def shop(town: Town) -> Shop:
    """A shop with a few visits of today: 17 stamps, one of them undone, a reward open and one handed out."""
    shop = await town.open_shop()
    lena, tom = await shop.join("Lena Meyer"), await shop.join("Tom")
    for customer in (lena, tom):
        await shop.stamp(customer.id, 5)
        await shop.stamp(customer.id, 5)
    await shop.redeem(tom.id)
    await shop.void((await shop.stamp(lena.id, 3)).transaction_id)
    return shop


@pytest.fixture
async def mira(town: Town, shop: Shop) -> Person:
    """The owner, before her shop's screen."""
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    return mira


def as_said(summary: Json) -> list[int]:
    """The figures of the API in the order in which the chat says them."""
    customers, rewards, stamps = summary["customers"], summary["rewards"], summary["stamps"]
    return [
        summary["visits"],
        stamps["added"] - stamps["voided"],
        customers["new"],
        customers["active"],
        customers["returning"],
        rewards["earned"],
        rewards["redeemed"],
        customers["total"],
        rewards["outstanding"],
    ]


@pytest.mark.parametrize(("label", "days"), [("Today", 1), ("7 days", 7), ("30 days", 30), ("A year", 365)])
async def test_the_figures_in_words_are_those_of_the_api(
    town: Town, shop: Shop, mira: Person, label: str, days: int
) -> None:
    await mira.press("Figures")
    await mira.press(label)
    said = [int(figure) for figure in re.findall(r": (\d+)", mira.last.words)]
    async with open_till(town) as till:
        summary = await till.data("/v1/analytics", shop, days=days)
    assert said == as_said(summary)
    assert said[:3] == [4, 20, 2]


async def read_figures(town: Town, shop: Shop, days: int) -> Summary:
    now = town.clock()
    return await shop.database.read(lambda connection: read_summary(connection, shop.business, days=days, now=now))


@pytest.mark.parametrize("days", [7, 30])
async def test_a_chart_has_a_bar_for_each_day_as_high_as_its_visits(town: Town, shop: Shop, days: int) -> None:
    summary = await read_figures(town, shop, days)
    chart = chart_of(words_for("en"), shop.business, SPANS[days], daily=summary.daily)
    assert chart.bars == (*[0] * (days - 1), 4)
    assert chart.dots == (*[0] * (days - 1), 2)
    assert len(chart.labels) == days


async def test_the_bars_of_a_year_are_the_months_of_the_calendar(town: Town, shop: Shop) -> None:
    summary = await read_figures(town, shop, 365)
    chart = chart_of(words_for("en"), shop.business, SPANS[365], daily=summary.daily)
    months = {(day.date.year, day.date.month) for day in summary.daily}
    assert len(chart.bars) == len(chart.labels) == len(months)
    assert (sum(chart.bars), chart.bars[-1]) == (4, 4)


async def test_the_figures_are_one_picture_that_is_edited_in_place(town: Town, mira: Person) -> None:
    await mira.press("Figures")
    picture, since = mira.last.id, len(await town.sandbox.calls(BOT))
    for label in ("Today", "7 days", "A year", "30 days"):
        await mira.press(label)
        assert Image.open(BytesIO(await mira.picture())).size == (1000, 600)
    assert mira.last.id == picture
    assert [message.id for message in mira.messages if message.sender == "bot"][-1] == picture
    sent = {call["method"] for call in (await town.sandbox.calls(BOT))[since:]}
    assert sent <= {"editMessageMedia", "answerCallbackQuery", "getUpdates"}


async def test_back_from_a_picture_the_screen_is_a_text_and_the_picture_is_gone(mira: Person) -> None:
    await mira.press("Figures")
    await mira.press("« My shop")
    assert mira.last.text is not None
    assert not any(message.photo for message in mira.messages)


async def test_today_stands_on_the_shops_screen_in_one_line(mira: Person) -> None:
    assert "Today: 4 visits, 2 new customers and 1 reward handed out" in mira.last.words


async def test_what_is_owed_says_first_names_and_since_when(town: Town, mira: Person) -> None:
    await mira.press("What you owe")
    assert "1 open reward" in mira.last.words
    assert "• Lena: " in mira.last.words
    assert "Meyer" not in mira.last.words
    assert "Tom" not in mira.last.words
    assert f"{town.clock().year}" in mira.last.words


async def test_what_is_owed_says_its_age_its_branches_its_money_and_the_share_that_was_handed_out(
    shop: Shop, mira: Person
) -> None:
    await mira.press("What you owe")
    assert "In money" not in mira.last.words
    assert "By branch" not in mira.last.words
    await add_branch(shop.database, shop.business.id, name="Harbour", now=shop.clock.now)
    await mira.press("« My shop")
    await mira.press("Program")
    await mira.press("Cost of a reward")
    await mira.say("2,50 eur")
    assert "Cost of a reward: €2.50" in mira.last.words
    await mira.press("« My shop")
    await mira.press("What you owe")
    for line in (
        "In money: €2.50",
        "By age: 1 up to 7 days",
        "By branch: at no branch: 1",
        "Handed out in the last 90 days: 50% of what could have been",
    ):
        assert line in mira.last.words


async def test_what_is_owed_is_turned_page_by_page_on_one_message(shop: Shop, mira: Person) -> None:
    for number in range(1, 24):
        await shop.join(f"Guest{number}", opening_stamps=10)
    await mira.press("What you owe")
    screen, pages = mira.last.id, [names(mira)]
    for _ in range(2):
        await mira.press("Newer")
        pages.append(names(mira))
    assert "Newer ›" not in mira.last.labels
    assert [len(page) for page in pages] == [10, 10, 4]
    assert [name for page in pages for name in page] == ["Lena", *(f"Guest{number}" for number in range(1, 24))]
    await mira.press("Older")
    assert names(mira) == pages[1]
    assert mira.last.id == screen


def names(person: Person) -> list[str]:
    return re.findall(r"• (\w+):", person.last.words)


async def test_a_reward_with_an_end_says_its_last_day(town: Town) -> None:
    shop = await town.open_shop(reward_valid_days=30)
    await shop.join("Lena", opening_stamps=10)
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    await mira.press("What you owe")
    last = (town.clock() + timedelta(days=30)).day
    assert re.search(rf"until {last} ", mira.last.words)


@pytest.mark.usefixtures("real_posters")
async def test_the_poster_leads_to_a_card_and_says_what_it_is_good_for(town: Town, shop: Shop, mira: Person) -> None:
    await mira.press("Poster")
    link = f"https://t.me/{BOT}?start=j_{shop.business.slug}"
    assert mira.last.document is not None
    assert mira.last.document.name.endswith(".png")
    picture = await mira.picture()
    assert Image.open(BytesIO(picture)).size == (1748, 2480)
    assert read_codes(picture) == [link]
    assert link in mira.last.words
    lena = await town.person("Lena")
    await lena.open(link)
    assert lena.last.photo is not None


@pytest.mark.parametrize("button", ["A5", "A4", "Table tent", "Stickers"])
async def test_a_sheet_to_print_comes_as_a_pdf(mira: Person, button: str) -> None:
    await mira.press("Poster")
    await mira.press(button)
    [sheet] = sheets(mira)
    assert (await mira.picture(sheet)).startswith(b"%PDF-")
    assert "rint" in sheet.words


def png_of(colour: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (300, 100), colour).save(file, "PNG")
    return file.getvalue()


def sheets(person: Person) -> list[Shown]:
    return [message for message in person.messages if message.document and message.document.name.endswith(".pdf")]


async def test_the_sheets_come_with_the_logo_that_was_sent(mira: Person) -> None:
    await mira.press("Poster")
    await mira.press("With your logo")
    await mira.send_document(b"no picture", name="logo.svg")
    assert "cannot be used as a logo" in mira.last.words
    assert sheets(mira) == []
    await mira.send_document(png_of("red"), name="logo.png")
    assert len(sheets(mira)) == 4
    await mira.send_photo(png_of("red"))
    assert "I see no card" in mira.last.words, "the question is answered"


async def test_who_types_instead_of_sending_a_logo_is_not_waited_for(mira: Person) -> None:
    await mira.press("Poster")
    await mira.press("With your logo")
    await mira.say("later")
    await mira.send_document(png_of("red"), name="card.png")
    assert sheets(mira) == []


@pytest.mark.parametrize("language", ["en", "hi", "es", "ru", "ar", "de"])
async def test_every_language_gets_its_chart_and_its_poster(town: Town, shop: Shop, language: str) -> None:
    ana = await town.person("Ana", language_code=language)
    await town.employ(shop, ana, Role.OWNER)
    await ana.start()
    await ana.say("/shop")
    number = shop.business.id
    for verb in ("figures:{}:30", "poster:{}", "colours:{}"):
        await ana.press_data(ana.last.id, verb.format(number))
        assert ana.last.photo or ana.last.document
