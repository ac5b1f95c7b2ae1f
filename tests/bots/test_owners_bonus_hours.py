"""Bonus hours in the chat: an owner sees them, adds and removes them in few taps; what cannot be changes nothing."""

import pytest

from loyalty_app.shops.programs import read_program
from loyalty_core.access import Role
from loyalty_core.bonus_hours import MOST_ROWS, BonusHours
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town

pytestmark = pytest.mark.usefixtures("unhurried")

WORKDAYS = (1, 2, 3, 4, 5)


@pytest.fixture
async def shop(town: Town) -> Shop:
    return await town.open_shop()


@pytest.fixture
async def mira(town: Town, shop: Shop) -> Person:
    """The owner, before the bonus hours of her shop: two taps from /shop."""
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    await press(mira, "Program", "Bonus hours")
    return mira


async def press(person: Person, *labels: str) -> None:
    for label in labels:
        await person.press(label)


async def hours(shop: Shop) -> list[tuple[tuple[int, ...], str, str, int]]:
    """The rows of the main program."""
    rows = (await shop.program()).terms.bonus_hours
    return [(row.weekdays, row.begin, row.end, row.factor) for row in rows]


def row(*weekdays: int, begin: str = "14:00", end: str = "16:00") -> BonusHours:
    return BonusHours(weekdays=weekdays, begin=begin, end=end, factor=2)


async def test_usual_hours_are_added_by_two_taps_and_removed_by_one(shop: Shop, mira: Person) -> None:
    assert "There are none yet." in mira.last.words
    await press(mira, "Add hours", "Add these hours")
    assert await hours(shop) == [(WORKDAYS, "14:00", "16:00", 2)]
    assert mira.last.words.startswith("✅ Saved.")
    assert "• 14:00–16:00 ×2 · Mon–Fri" in mira.last.words
    await press(mira, "« Program")
    assert "Bonus hours: 14:00–16:00 ×2 · Mon–Fri" in mira.last.words
    await press(mira, "Bonus hours", "✖ 14:00–16:00")
    assert await hours(shop) == []
    await press(mira, "Put it back")
    assert await hours(shop) == [(WORKDAYS, "14:00", "16:00", 2)]


async def test_days_hours_and_factor_are_put_together_by_taps(shop: Shop, mira: Person) -> None:
    await press(mira, "Add hours", "Mon", "Sat", "22:00–02:00", "×3", "Add these hours")
    assert await hours(shop) == [((2, 3, 4, 5, 6), "22:00", "02:00", 3)]
    await press(mira, "Add hours", "every day", "08:00", "Add these hours")
    assert (await hours(shop))[1] == ((1, 2, 3, 4, 5, 6, 7), "08:00", "10:00", 2)


@pytest.mark.parametrize(("language", "widest"), [("de", 3), ("hi", 2), ("ar", 2)])
async def test_hours_with_words_in_them_have_room(town: Town, language: str, widest: int) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER, language_code=language)
    await mira.say("/shop")
    await mira.press_data(mira.last.id, f"newhours:{shop.business.id}:0")
    rows = [[one.text for one in row] for row in mira.last.keyboard]
    assert {len(row) for row in rows if any("–" in text and ":" in text for text in row)} == {widest}


async def test_the_last_day_of_a_row_stays(shop: Shop, mira: Person) -> None:
    await press(mira, "Add hours", "Mon", "Tue", "Wed", "Thu", "Fri", "Add these hours")
    assert await hours(shop) == [((5,), "14:00", "16:00", 2)]


@pytest.mark.parametrize(
    ("typed", "begin", "end"),
    [
        ("9:30-11", "09:30", "11:00"),
        ("20:00 – 24:00", "20:00", "24:00"),
        ("23.30 — 1.15", "23:30", "01:15"),
        ("١٤:٠٠-١٥:٠٠", "14:00", "15:00"),
    ],
)
async def test_hours_can_be_typed_also_after_a_restart(  # what is typed, and what it means
    town: Town, shop: Shop, mira: Person, typed: str, begin: str, end: str
) -> None:
    await press(mira, "Add hours", "×3")
    await town.restart()
    await mira.say(typed)
    await press(mira, "Add these hours")
    program = await town.runtime.database.read(lambda connection: read_program(connection, shop.business.id))
    [added] = program.terms.bonus_hours
    assert (added.weekdays, added.begin, added.end, added.factor) == (WORKDAYS, begin, end, 3)


@pytest.mark.parametrize("typed", ["24:00-2:00", "14:00-24:30", "25-26", "14:60-16:00", "at noon", "14", "14-16-18"])
async def test_times_that_cannot_be_are_explained_and_asked_again(shop: Shop, mira: Person, typed: str) -> None:
    await press(mira, "Add hours")
    await mira.say(typed)
    assert mira.last.words.startswith("☝️ Please send two times of day")
    assert await hours(shop) == []
    await press(mira, "Add these hours")
    assert await hours(shop) == [(WORKDAYS, "14:00", "16:00", 2)]


async def test_empty_hours_are_refused(shop: Shop, mira: Person) -> None:
    await press(mira, "Add hours")
    await mira.say("14:00-14:00")
    assert mira.last.words.startswith("☝️ These hours are empty")
    await mira.press_data(mira.last.id, f"addhours:{shop.business.id}:0:1.1400.1400.2")
    assert mira.last.words.startswith("☝️ These hours are empty")
    assert await hours(shop) == []


async def test_hours_that_overlap_are_refused_and_name_the_others_across_midnight_too(shop: Shop, mira: Person) -> None:
    await shop.change(bonus_hours=(row(7, begin="22:00", end="02:00"), row(3)))
    before = await hours(shop)
    await press(mira, "« Program", "Bonus hours", "Add hours", "Tue", "Wed", "Thu", "Fri")
    await mira.say("1:00-3:00")
    await press(mira, "Add these hours")
    assert mira.last.words.startswith("☝️ These hours overlap with 22:00–02:00 ×2 · Sun. Nothing was changed.")
    assert await hours(shop) == before


async def test_the_usual_hours_are_those_that_are_free(shop: Shop, mira: Person) -> None:
    await press(mira, "Add hours", "Add these hours", "Add hours", "Add these hours")
    assert [(begin, end) for _, begin, end, _ in await hours(shop)] == [("14:00", "16:00"), ("16:00", "18:00")]


async def test_an_eighth_row_is_refused(shop: Shop, mira: Person) -> None:
    await shop.change(bonus_hours=tuple(row(day) for day in range(1, MOST_ROWS + 1)))
    before = await hours(shop)
    await press(mira, "« Program", "Bonus hours")
    assert "7 rows are the most" in mira.last.words
    assert not [label for label in mira.last.labels if "Add hours" in label]
    await mira.press_data(mira.last.id, f"addhours:{shop.business.id}:0:1.1800.1900.2")
    assert mira.last.words.startswith("☝️ 7 rows are the most")
    assert await hours(shop) == before


@pytest.mark.parametrize(
    "forged",
    [
        "addhours:{shop}:0:1.1400.1600.0",
        "addhours:{shop}:0:1.1400.1600.4",
        "addhours:{shop}:0:8.1400.1600.2",
        "addhours:{shop}:0:.1400.1600.2",
        "addhours:{shop}:0:1.2400.0200.2",
        "addhours:{shop}:0:1.1400.2460.2",
        "addhours:{shop}:0:",
        "addhours:{shop}:999999:1.1400.1600.2",
        "newhours:{shop}:0:1.1400.1600.9",
        "endhours:{shop}:0:x",
    ],
)
async def test_forged_rows_are_refused_and_change_nothing(shop: Shop, mira: Person, forged: str) -> None:
    assert await mira.press_data(mira.last.id, forged.format(shop=shop.business.id))
    assert await hours(shop) == []


async def test_presses_that_come_twice_count_once(shop: Shop, mira: Person) -> None:
    await press(mira, "Add hours")
    screen, [add] = mira.last.id, [one.data for one in mira.last.buttons if one.text == "✅ Add these hours"]
    assert add is not None
    await mira.press_data(screen, add)
    await mira.press_data(screen, add)
    assert mira.last.words.startswith("✅ Saved.")
    assert await hours(shop) == [(WORKDAYS, "14:00", "16:00", 2)]
    await mira.press_data(screen, add.replace("addhours", "endhours"))
    await mira.press_data(screen, add.replace("addhours", "endhours"))
    assert await hours(shop) == []


async def test_each_program_has_hours_of_its_own(shop: Shop, mira: Person) -> None:
    await shop.make_program("🥗 Salad")
    await mira.say("/shop")
    await press(mira, "Program", "🥗 Salad", "Bonus hours", "Add hours", "Add these hours", "« Program")
    assert "Program of 🥗 Salad" in mira.last.words
    main, salad = (await shop.program()).all_of_shop
    assert (len(main.terms.bonus_hours), len(salad.terms.bonus_hours)) == (0, 1)


async def test_managers_change_no_bonus_hours(town: Town, shop: Shop) -> None:
    ben = await town.hire(shop, "Ben", Role.MANAGER)
    await ben.say("/shop")
    await ben.press_data(ben.last.id, f"addhours:{shop.business.id}:0:1.1400.1600.2")
    assert await hours(shop) == []
