"""The staff's screen: stamps, rewards and undoing, each once, whatever happens on the way, and all on one message."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from bots.buttons import new_nonce
from loyalty_app.settings import Settings
from loyalty_app.shops.workplaces import add_branch
from loyalty_core.access import Role
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.ledger import EntryType
from loyalty_core.programs import Surplus
from loyalty_core.steps import Step
from testkit.bot_api import check_calls
from testkit.clocks import Clock
from testkit.town import Town, open_town
from tests.bots.cafe import Cafe, link, open_cafe, screen_of

pytestmark = pytest.mark.usefixtures("unhurried")

EVERY_SEND = ("sendMessage", "sendPhoto", "sendDocument")


@pytest.fixture
async def cafe(town: Town) -> Cafe:
    return await open_cafe(town)


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed_town(sqlite_settings: Settings, clock: Clock) -> AsyncIterator[Town]:
    """A town whose clock is the test's."""
    async with open_town(sqlite_settings, clock=clock) as town:
        yield town
        check_calls(await town.sandbox.calls())


async def test_from_the_camera_to_a_stamp_it_takes_two_taps_and_no_new_message(either_town: Town) -> None:
    """The record: open, +1. The first screen is a message; nothing after it is."""
    cafe = await open_cafe(either_town)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    assert await cafe.stamps() == 1
    sent = len(await cafe.calls(*EVERY_SEND))
    tom = await cafe.shop.join("Tom")
    for customer in (tom, cafe.lena, tom):
        await cafe.ana.open(link(customer))
        for label in ("+2", "6–10", "Undo"):
            await cafe.ana.press(label)
    assert len(await cafe.calls(*EVERY_SEND)) == sent
    assert len(cafe.ana.messages) == 1


async def test_staff_read_of_a_step_and_of_what_bonus_hours_have_added(cafe: Cafe) -> None:
    whole_week = BonusHours(weekdays=(1, 2, 3, 4, 5, 6, 7), begin="00:00", end="24:00", factor=2)
    await cafe.shop.change(steps=(Step(3, "A biscuit"),), bonus_hours=(whole_week,))
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+2")
    said = cafe.ana.last.words
    assert "+4" in said
    assert "2 of them are a gift" in said
    assert "A biscuit" in said
    assert "is full" not in said


@pytest.mark.parametrize("count", [1, 2, 5])
async def test_a_button_gives_as_many_stamps_as_it_says(cafe: Cafe, count: int) -> None:
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press(f"+{count}")
    assert await cafe.stamps() == count
    assert screen_of(cafe.ana).words.startswith(f"✅ +{count} for Lena – {count} of 10\n")


async def test_six_to_ten_stamps_are_behind_more(cafe: Cafe) -> None:
    await cafe.ana.open(link(cafe.lena))
    assert "+8" not in screen_of(cafe.ana).labels
    await cafe.ana.press("6–10")
    await cafe.ana.press("+8")
    assert await cafe.stamps() == 8


async def test_one_stamp_is_wide_and_green_and_the_first(cafe: Cafe) -> None:
    await cafe.ana.open(link(cafe.lena))
    [first] = screen_of(cafe.ana).keyboard[0]
    assert (first.text, first.style) == ("+1", "success")


async def test_the_next_press_is_one_tap(cafe: Cafe) -> None:
    await cafe.ana.open(link(cafe.lena))
    for _ in range(3):
        await cafe.ana.press("+1")
    assert await cafe.stamps() == 3


async def test_a_full_card_is_said_and_its_reward_is_handed_out_after_one_question(either_town: Town) -> None:
    cafe = await open_cafe(either_town)
    await cafe.shop.stamp(cafe.lena.id, 9)
    await cafe.ana.open(link(cafe.lena))
    assert not any("Redeem" in label for label in screen_of(cafe.ana).labels)
    await cafe.ana.press("+1")
    assert screen_of(cafe.ana).words.startswith("🎉 +1 for Lena – the card is full!\nReward earned: A coffee\n")
    await cafe.ana.press("Redeem")
    assert screen_of(cafe.ana).words == "🎁 Hand out A coffee to Lena?"
    assert (await cafe.card()).card.rewards_available == 1
    await cafe.ana.press("Yes")
    assert screen_of(cafe.ana).words.startswith("🎁 Handed out to Lena: A coffee\n")
    assert (await cafe.card()).card.rewards_available == 0
    assert not any("Redeem" in label for label in screen_of(cafe.ana).labels)


@pytest.mark.parametrize(("surplus", "dropped"), [(Surplus.RESET, True), (Surplus.CARRY, False)])
async def test_stamps_above_the_goal_that_are_dropped_are_told(town: Town, *, surplus: Surplus, dropped: bool) -> None:
    cafe = await open_cafe(town, surplus=surplus)
    await cafe.shop.stamp(cafe.lena.id, 8)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+5")
    assert ("3 stamps above the goal were not carried over." in screen_of(cafe.ana).words) is dropped


async def test_one_can_go_back_without_handing_out(cafe: Cafe) -> None:
    await cafe.shop.stamp(cafe.lena.id, 10)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("Redeem")
    await cafe.ana.press("Back")
    assert (await cafe.card()).card.rewards_available == 1
    assert "+1" in screen_of(cafe.ana).labels


async def test_of_different_rewards_one_is_chosen(cafe: Cafe) -> None:
    await cafe.shop.stamp(cafe.lena.id, 10)
    await cafe.shop.change(reward_description="A slice of cake")
    await cafe.shop.stamp(cafe.lena.id, 10)
    await cafe.ana.open(link(cafe.lena))
    assert "2 rewards are waiting" in screen_of(cafe.ana).words
    await cafe.ana.press("Redeem")
    assert screen_of(cafe.ana).labels[:2] == ["A coffee", "A slice of cake"]
    await cafe.ana.press("A slice of cake")
    assert "Handed out to Lena: A slice of cake" in screen_of(cafe.ana).words
    assert [reward.redeemed_at is None for reward in await cafe.shop.rewards()] == [True, False]


async def test_a_reward_that_a_colleague_has_just_handed_out_is_refused_in_words(cafe: Cafe) -> None:
    await cafe.shop.stamp(cafe.lena.id, 10)
    ben = await cafe.town.hire(cafe.shop, "Ben")
    for person in (cafe.ana, ben):
        await person.open(link(cafe.lena))
        await person.press("Redeem")
    await cafe.ana.press("Yes")
    assert await ben.press("Yes") == "This reward was already redeemed, 1 second ago."
    assert [entry.type for entry in await cafe.shop.ledger()].count(EntryType.REDEEM) == 1


async def test_a_stamp_and_a_redemption_can_be_undone_on_the_spot(either_town: Town) -> None:
    cafe = await open_cafe(either_town)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+3")
    await cafe.ana.press("Undo +3")
    assert screen_of(cafe.ana).words.startswith("↩️ Undone: +3 for Lena – 0 of 10\n")
    assert await cafe.stamps() == 0
    await cafe.shop.stamp(cafe.lena.id, 10)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("Redeem")
    await cafe.ana.press("Yes")
    await cafe.ana.press("Undo the reward")
    assert screen_of(cafe.ana).words.startswith("↩️ Undone: the reward waits for Lena again\n")
    assert (await cafe.card()).card.rewards_available == 1


async def test_a_part_of_several_stamps_can_be_undone(cafe: Cafe) -> None:
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    assert not any("part" in label for label in screen_of(cafe.ana).labels)
    await cafe.ana.press("+4")
    await cafe.ana.press("Undo a part")
    await cafe.ana.press("\u22123")
    assert screen_of(cafe.ana).words.startswith("↩️ Undone: +3 for Lena – 2 of 10\n")
    assert await cafe.stamps() == 2
    assert (await cafe.card()).card.total_visits == 2
    entry = (await cafe.shop.ledger())[-2]
    refusal = await cafe.ana.press_data(cafe.ana.last.id, cafe.data("part", new_nonce(), entry.id, 2))
    assert refusal == "That stamp has fewer left to undo by now. Please look again."
    assert await cafe.stamps() == 2


async def test_after_ten_minutes_staff_are_refused_and_a_manager_is_not(timed_town: Town, clock: Clock) -> None:
    cafe = await open_cafe(timed_town)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    clock.wait(minutes=11)
    assert await cafe.ana.press("Undo") == "That was more than 10 minutes ago. A manager can undo it."
    assert await cafe.stamps() == 1
    assert not any("Undo" in label for label in screen_of(cafe.ana).labels)
    mira = await cafe.town.hire(cafe.shop, "Mira", Role.MANAGER)
    await mira.open(link(cafe.lena))
    await mira.press("Undo +1")
    assert await cafe.stamps() == 0


async def test_staff_are_not_offered_to_undo_what_a_colleague_did(cafe: Cafe) -> None:
    ben = await cafe.town.hire(cafe.shop, "Ben")
    await ben.open(link(cafe.lena))
    await ben.press("+1")
    await cafe.ana.open(link(cafe.lena))
    assert not any("Undo" in label for label in screen_of(cafe.ana).labels)
    entry = (await cafe.shop.ledger())[-1]
    refusal = await cafe.ana.press_data(cafe.ana.last.id, cafe.data("undo", new_nonce(), entry.id, 1))
    assert refusal == "Somebody else did that. A manager can undo it."
    assert await cafe.stamps() == 1


async def test_a_refusal_names_who_stamped_and_when_it_goes_on_by_the_shops_clock(
    timed_town: Town, clock: Clock
) -> None:
    """Noon in London is seven in the morning in New York."""
    cafe = await open_cafe(timed_town, timezone="America/New_York", cooldown_seconds=3_600)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    clock.wait(minutes=6)
    ben = await cafe.town.hire(cafe.shop, "Ben")
    await ben.open(link(cafe.lena))
    assert await ben.press("+1") == "Already stamped 6 minutes ago by Ana; next stamp at 08:00."
    assert "Last visit: 07:00" in screen_of(ben).words
    assert await cafe.stamps() == 1


async def test_a_day_holds_no_more_than_its_cap_and_the_refusal_says_until_when(timed_town: Town) -> None:
    cafe = await open_cafe(timed_town, daily_stamp_cap=4)
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+3")
    refusal = await cafe.ana.press("+2")
    assert refusal == "No more than 4 stamps a day: 3 were given today. More from Tue 3 Mar, 00:00."
    assert await cafe.stamps() == 3


async def test_stamps_name_the_branch_that_was_chosen_once(cafe: Cafe) -> None:
    assert await branch_of_a_stamp(cafe) is None
    centre = await add_branch(cafe.shop.database, cafe.shop.business.id, name="Centre", now=now(cafe))
    assert await branch_of_a_stamp(cafe) == centre.id
    harbour = await add_branch(cafe.shop.database, cafe.shop.business.id, name="Harbour", now=now(cafe))
    assert await branch_of_a_stamp(cafe) is None
    await cafe.ana.press("Where are you?")
    await cafe.ana.press("Harbour")
    assert screen_of(cafe.ana).words.startswith("📍 You work at Harbour now.\n")
    assert await branch_of_a_stamp(cafe) == harbour.id
    await cafe.town.restart()
    cafe.shop.database = cafe.town.runtime.database
    assert await branch_of_a_stamp(cafe) == harbour.id


def now(cafe: Cafe) -> datetime:
    return cafe.town.clock()


async def branch_of_a_stamp(cafe: Cafe) -> int | None:
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    return (await cafe.shop.ledger())[-1].branch_id


async def test_a_card_of_many_stamps_is_shown_as_a_bar(town: Town) -> None:
    cafe = await open_cafe(town, stamps_required=100)
    await cafe.shop.join("Tom", opening_stamps=51)
    tom = (await cafe.shop.customers())[-1]
    await cafe.ana.say(tom.qr_code)
    assert "●●●●●●●●●●○○○○○○○○○○  51 of 100" in screen_of(cafe.ana).words


async def test_a_customer_who_was_erased_is_no_longer_shown(cafe: Cafe) -> None:
    await cafe.ana.open(link(cafe.lena))
    await cafe.shop.erase(cafe.lena.id)
    assert await cafe.ana.press("+1") == "There is no such card in this shop."
    assert screen_of(cafe.ana).words == "There is no such card in this shop."
    assert not screen_of(cafe.ana).buttons
