"""Once-only: a press counts once, however often it comes, and whatever gets lost on the way."""

import asyncio

import pytest

from bots.buttons import is_second_tap, new_nonce
from testkit.town import BOT, Town
from tests.bots.cafe import Cafe, button, link, open_cafe, press_raw, screen_of

pytestmark = pytest.mark.usefixtures("unhurried", "connections")

OLD_NONCE = "00000000000000"


@pytest.fixture
async def cafe(town: Town) -> Cafe:
    return await open_cafe(town)


async def test_two_presses_at_once_are_one_stamp(either_town: Town) -> None:
    cafe = await open_cafe(either_town)
    await cafe.ana.open(link(cafe.lena))
    plus = button(cafe.ana, "+1")
    await asyncio.gather(*(press_raw(cafe, cafe.ana, plus) for _ in range(3)))
    await cafe.town.sandbox.settle(BOT)
    await cafe.ana.screen()
    assert await cafe.stamps() == 1
    assert "1 of 10" in screen_of(cafe.ana).words


QUICK = "Too quick, so nothing was done. Press again if you meant it."


@pytest.mark.usefixtures("slow_eyes")
async def test_the_second_tap_of_a_double_tap_is_no_stamp_though_it_lands_on_the_next_screen(
    cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("buttons", "staff.screen"):  # a busy machine must not make it a slow finger
        monkeypatch.setattr(f"bots.{module}.SECOND_TAP_SECONDS", 60.0)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    await cafe.ana.press("+1")
    assert await cafe.stamps() == 1
    assert [toast["text"] for toast in (await cafe.ana.screen()).toasts] == [QUICK]


@pytest.mark.usefixtures("slow_eyes")
async def test_a_yes_that_came_too_quickly_says_so_and_hands_out_nothing(
    cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cafe.shop.stamp(cafe.lena.id, 10)
    await cafe.ana.open(link(cafe.lena))
    for module in ("buttons", "staff.screen"):
        monkeypatch.setattr(f"bots.{module}.SECOND_TAP_SECONDS", 60.0)
    await cafe.ana.press("Redeem")
    await cafe.ana.press("Yes")
    assert (await cafe.card()).card.rewards_available == 1
    assert [toast["text"] for toast in (await cafe.ana.screen()).toasts] == [QUICK]


@pytest.mark.parametrize(
    ("seconds", "meant"), [(0.0, False), (0.5, False), (0.8, True), (3_600.0, True), (-60.0, True)]
)
@pytest.mark.usefixtures("slow_eyes")
def test_a_tap_counts_once_the_screen_could_be_read(*, seconds: float, meant: bool) -> None:
    assert is_second_tap(new_nonce(ago=seconds)) is not meant


async def test_an_update_that_comes_again_under_another_number_changes_nothing(either_town: Town) -> None:
    cafe = await open_cafe(either_town)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+2")
    await cafe.town.sandbox.redeliver(BOT)
    assert await cafe.stamps() == 2
    await cafe.ana.press("Undo")
    await cafe.town.sandbox.redeliver(BOT)
    await cafe.ana.screen()
    assert await cafe.stamps() == 0
    assert len(await cafe.shop.ledger()) == 2
    assert "0 of 10" in screen_of(cafe.ana).words


@pytest.mark.parametrize("method", ["editMessageText", "answerCallbackQuery"])
async def test_when_an_answer_is_lost_the_stamp_is_there_once_and_the_screen_right(cafe: Cafe, method: str) -> None:
    await cafe.ana.open(link(cafe.lena))
    await cafe.town.sandbox.order_fault(BOT, "lost_answer", method=method)
    await cafe.ana.press("+1")
    assert await cafe.stamps() == 1
    assert "1 of 10" in screen_of(cafe.ana).words
    await cafe.ana.press("+1")
    assert await cafe.stamps() == 2


async def test_buttons_go_on_after_a_restart(either_town: Town) -> None:
    cafe = await open_cafe(either_town)
    await cafe.ana.open(link(cafe.lena))
    used = button(cafe.ana, "+1")
    await cafe.ana.press("+1")
    await cafe.town.restart()
    cafe.shop.database = cafe.town.runtime.database
    await cafe.ana.press_data(cafe.ana.last.id, used)
    assert await cafe.stamps() == 1
    await cafe.ana.press("+1")
    assert await cafe.stamps() == 2
    assert len(cafe.ana.messages) == 1


async def test_a_screen_does_one_thing_and_then_shows_the_newest(cafe: Cafe) -> None:
    await cafe.ana.open(link(cafe.lena))
    other = button(cafe.ana, "+5")
    await cafe.ana.press("+1")
    assert await cafe.ana.press_data(cafe.ana.last.id, other) == "This screen was used already. Here is the newest."
    assert await cafe.stamps() == 1
    await cafe.ana.press("+5")
    assert await cafe.stamps() == 6


async def test_a_screen_of_yesterday_is_brought_up_to_date_before_it_acts(cafe: Cafe) -> None:
    await cafe.ana.open(link(cafe.lena))
    await cafe.shop.stamp(cafe.lena.id, 4)
    said = await cafe.ana.press_data(cafe.ana.last.id, cafe.data("stamp", OLD_NONCE, 1))
    assert said == "This screen was old. Here is how it is now: please press again."
    assert await cafe.stamps() == 4
    assert "4 of 10" in screen_of(cafe.ana).words
    await cafe.ana.press("+1")
    assert await cafe.stamps() == 5


async def test_two_of_the_staff_at_one_card_both_count_and_both_see_it(either_town: Town) -> None:
    cafe = await open_cafe(either_town)
    ben = await cafe.town.hire(cafe.shop, "Ben")
    for person in (cafe.ana, ben):
        await person.open(link(cafe.lena))
    presses = [press_raw(cafe, person, button(person, "+2")) for person in (cafe.ana, ben)]
    await asyncio.gather(*presses)
    await cafe.town.sandbox.settle(BOT)
    assert await cafe.stamps() == 4
    for person in (cafe.ana, ben):
        await person.screen()
    assert {"2 of 10", "4 of 10"} == {screen_of(person).words.splitlines()[0][-7:] for person in (cafe.ana, ben)}
    for person in (cafe.ana, ben):
        await person.press("+1")
    assert await cafe.stamps() == 6
