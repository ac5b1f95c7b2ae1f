"""The staff's screen in a shop with several programs: a tap stamps the card of the program that the button names."""

import pytest

from loyalty_core.several_programs import MOST_PROGRAMS
from testkit.town import Town
from tests.bots.cafe import Cafe, button, link, open_cafe, press_raw, screen_of

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def cafe(town: Town) -> Cafe:
    return await open_cafe(town)


@pytest.fixture
async def salads(cafe: Cafe) -> int:
    """A second program, next to the coffee's."""
    await cafe.shop.change(title="☕ Coffee")
    return await cafe.shop.make_program("🥗 Salad", stamps_required=4)


async def cards(cafe: Cafe) -> dict[int, int]:
    """The stamps on each of Lena's cards, by program; 0 is the first one."""
    return {one.program_id or 0: one.card.current_stamps for one in (await cafe.card()).cards}


async def test_each_program_has_a_wide_button_and_stamping_is_still_one_tap(cafe: Cafe, salads: int) -> None:
    await cafe.ana.open(link(cafe.lena))
    wide = [row[0] for row in screen_of(cafe.ana).keyboard if len(row) == 1 and row[0].style == "success"]
    assert [one.text for one in wide] == ["☕ Coffee  +1", "🥗 Salad  +1"]
    await cafe.ana.press("🥗 Salad  +1")
    assert screen_of(cafe.ana).words.startswith("🥗 Salad: ✅ +1 for Lena – 1 of 4\n")
    await cafe.ana.press("☕ Coffee  +1")
    assert screen_of(cafe.ana).words.startswith("☕ Coffee: ✅ +1 for Lena – 1 of 10\n")
    assert "☕ Coffee: 1 of 10\n🥗 Salad: 1 of 4\n" in screen_of(cafe.ana).words
    assert await cards(cafe) == {0: 1, salads: 1}
    assert len(cafe.ana.messages) == 1


async def test_more_stamps_of_a_program_are_behind_its_second_button(cafe: Cafe, salads: int) -> None:
    await cafe.ana.open(link(cafe.lena))
    assert not {"+3", "+8"} & set(screen_of(cafe.ana).labels)
    await cafe.ana.press("🥗 Salad  +2")
    await cafe.ana.press("+3")
    assert await cards(cafe) == {0: 0, salads: 3}
    await cafe.ana.press("☕ Coffee  +2")
    await cafe.ana.press("+8")
    assert await cards(cafe) == {0: 8, salads: 3}


async def test_what_was_done_last_to_each_card_can_be_undone_by_itself_and_in_part(cafe: Cafe, salads: int) -> None:
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("🥗 Salad  +2")
    await cafe.ana.press("+3")
    await cafe.ana.press("☕ Coffee  +1")
    await cafe.ana.press("↩️ Undo a part")
    await cafe.ana.press("−2")
    assert screen_of(cafe.ana).words.startswith("🥗 Salad: ↩️ Undone: +2 for Lena – 1 of 4\n")
    await cafe.ana.press("↩️ Undo +1 · ☕ Coffee")
    assert screen_of(cafe.ana).words.startswith("☕ Coffee: ↩️ Undone: +1 for Lena – 0 of 10\n")
    await cafe.ana.press("↩️ Undo +1 · 🥗 Salad")
    assert await cards(cafe) == {0: 0, salads: 0}


async def test_a_button_that_is_pressed_twice_stamps_once(cafe: Cafe, salads: int) -> None:
    await cafe.ana.open(link(cafe.lena))
    data = button(cafe.ana, "🥗 Salad  +1")
    screen = screen_of(cafe.ana).id
    await press_raw(cafe, cafe.ana, data)
    await cafe.ana.press_data(screen, data)
    await cafe.ana.press("☕ Coffee  +1")
    assert await cards(cafe) == {0: 1, salads: 1}


async def test_rewards_of_all_programs_are_offered_to_hand_out(cafe: Cafe, salads: int) -> None:
    await cafe.shop.stamp(cafe.lena.id, 4, program_id=salads)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("Redeem")
    assert screen_of(cafe.ana).words == "🎁 Hand out A salad to Lena?"
    await cafe.shop.stamp(cafe.lena.id, 10)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("Redeem")
    assert screen_of(cafe.ana).labels[:2] == ["A salad", "A coffee"]
    await cafe.ana.press("A coffee")
    assert [reward.status for reward in await cafe.shop.rewards()] == ["available", "redeemed"]


async def test_an_archived_program_is_not_offered_and_its_old_button_stamps_nothing(cafe: Cafe, salads: int) -> None:
    await cafe.shop.stamp(cafe.lena.id, 4, program_id=salads)
    await cafe.ana.open(link(cafe.lena))
    old = button(cafe.ana, "🥗 Salad  +1")
    await cafe.shop.programs_deed(archive=salads)
    said = await cafe.ana.press_data(screen_of(cafe.ana).id, old)
    assert said == "This card takes no new stamps any more. Its rewards can still be redeemed."
    assert "🥗" not in " ".join(screen_of(cafe.ana).labels)
    assert await cards(cafe) == {0: 0, salads: 0}
    await cafe.ana.press("Redeem")
    await cafe.ana.press("Yes")
    assert [reward.status for reward in await cafe.shop.rewards()] == ["redeemed"]


async def test_with_one_program_in_use_the_screen_is_that_of_one(cafe: Cafe, salads: int) -> None:
    await cafe.shop.programs_deed(archive=salads)
    await cafe.ana.open(link(cafe.lena))
    assert screen_of(cafe.ana).labels[:6] == ["+1", "+2", "+3", "+4", "+5", "6–10 …"]
    assert "0 of 10" in screen_of(cafe.ana).words


async def test_a_button_from_the_time_of_one_program_stamps_nothing_and_shows_the_others(cafe: Cafe) -> None:
    await cafe.ana.open(link(cafe.lena))
    old = button(cafe.ana, "+1")
    await cafe.shop.make_program("🥗 Salad")
    said = await cafe.ana.press_data(screen_of(cafe.ana).id, old)
    assert str(said).startswith("This screen was old.")
    assert await cards(cafe) == {0: 0}
    assert "🥗 Salad  +1" in screen_of(cafe.ana).labels


async def test_the_main_card_is_shown_where_another_program_is_the_main_one(cafe: Cafe, salads: int) -> None:
    await cafe.shop.programs_deed(promote=salads)
    await cafe.ana.open(link(cafe.lena))
    wide = [row[0].text for row in screen_of(cafe.ana).keyboard if row[0].style == "success"]
    assert wide == ["🥗 Salad  +1", "☕ Coffee  +1"]
    await cafe.ana.press("☕ Coffee  +1")
    assert await cards(cafe) == {0: 1}


async def test_programs_whose_titles_look_alike_on_buttons_are_told_apart(cafe: Cafe) -> None:
    big, small = ("Coffee to take away, the " + size for size in ("big one", "small one"))
    await cafe.shop.change(title=big)
    second = await cafe.shop.make_program(small)
    await cafe.ana.open(link(cafe.lena))
    wide = [row[0].text for row in screen_of(cafe.ana).keyboard if row[0].style == "success"]
    assert wide == ["Coffee to take away, th… (1)  +1", "Coffee to take away, th… (2)  +1"]
    await cafe.ana.press("(2)  +1")
    assert screen_of(cafe.ana).words.startswith(f"{small}: ✅ +1 for Lena – 1 of 10\n")
    assert await cards(cafe) == {0: 0, second: 1}


async def test_a_shop_with_ten_programs_has_a_button_for_each_and_all_fit(cafe: Cafe) -> None:
    for number in range(2, MOST_PROGRAMS + 1):
        await cafe.shop.make_program(f"{number} " + "x" * 197)
    await cafe.shop.stamp(cafe.lena.id, 3)
    await cafe.ana.open(link(cafe.lena))
    wide = [row for row in screen_of(cafe.ana).keyboard if row[0].style == "success"]
    assert [len(row) for row in wide] == [1] * MOST_PROGRAMS
    await cafe.ana.press(wide[-1][0].text)
    assert (await cafe.card()).cards[-1].card.current_stamps == 1
