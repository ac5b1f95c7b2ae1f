"""The program in the chat: what is changed there is what the API says and what cards show."""

import pytest
from sqlalchemy import Connection

from loyalty_app.shops.programs import read_program
from loyalty_core.access import Role
from loyalty_core.gifts import BirthdayGift, ReferralGift
from loyalty_core.steps import Step
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import Town
from tests.bots.till import open_till

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


async def test_every_rule_that_is_changed_in_the_chat_reaches_the_api(town: Town, shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Stamps", "12", "Extra stamps", "go on", "Waiting time", "4 hours")
    await press(mira, "Daily limit", "2 stamps", "Validity", "90 days", "Codes", "stamps and rewards", "Reward")
    await mira.say("A slice of cake")
    await press(mira, "Head start", "2", "Steps")
    await mira.say("5 A biscuit\n8  A tea with lemon")
    await press(mira, "Birthday gift")
    await mira.say("A slice of cake\n14")
    await press(mira, "Bring a friend", "2 stamps", "Name of the shop")
    await mira.say("Leaf & Bean")
    async with open_till(town) as till:
        program = await till.data("/v1/program", shop)
    assert {name: program[name] for name in program if name not in {"updated_at", "version"}} == {
        "id": shop.business.id,
        "title": None,
        "main": True,
        "archived": False,
        "name": "Leaf & Bean",
        "stamps_required": 12,
        "reward_description": "A slice of cake",
        "surplus": "carry",
        "cooldown_seconds": 14_400,
        "daily_stamp_cap": 2,
        "reward_valid_days": 90,
        "card_codes": "rotating_all",
        "steps": [
            {"stamps": 5, "reward_description": "A biscuit"},
            {"stamps": 8, "reward_description": "A tea with lemon"},
        ],
        "opening_stamps": 2,
        "bonus_hours": [],
        "birthday": {"reward_description": "A slice of cake", "valid_days": 14},
        "win_back": None,
        "referral": {"stamps_for_friend": 2, "stamps_for_referrer": 2, "monthly_cap": 5},
    }


@pytest.mark.parametrize(
    ("rule", "typed", "field", "value"),
    [
        ("Stamps", "7", "stamps_required", 7),
        ("Waiting time", "45", "cooldown_seconds", 2_700),
        ("Waiting time", "0", "cooldown_seconds", 0),
        ("Daily limit", "3", "daily_stamp_cap", 3),
        ("Validity", "14", "reward_valid_days", 14),
    ],
)
async def test_a_rule_can_be_typed(  # an example has four parts
    shop: Shop, mira: Person, rule: str, typed: str, field: str, value: int
) -> None:
    await press(mira, "Program", rule)
    await mira.say(typed)
    assert "Saved" in mira.last.words
    assert getattr((await shop.program()).terms, field) == value


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("Stamps", "0"),
        ("Stamps", "a lot"),
        ("Reward", "x" * 101),
        ("Extra stamps", "both"),
        ("Waiting time", "-5"),
        ("Waiting time", "999999999"),
        ("Daily limit", "0"),
        ("Daily limit", "1001"),
        ("Validity", "10 years"),
        ("Head start", "10"),
        ("Head start", "100"),
        ("Steps", "A biscuit"),
        ("Steps", "10 A biscuit"),
        ("Steps", "3"),
        ("Steps", "5 A biscuit\n3 A tea"),
        ("Validity", "3651"),
    ],
)
async def test_what_cannot_be_is_explained_and_asked_for_again(shop: Shop, mira: Person, rule: str, wrong: str) -> None:
    before = (await shop.program()).terms
    await press(mira, "Program", rule)
    await mira.say(wrong)
    assert mira.last.words.startswith("☝️")
    assert "« Program" in mira.last.labels
    assert (await shop.program()).terms == before


@pytest.mark.parametrize("typed", ["5 A biscuit\n5 A tea", "5 A biscuit\n3 A tea"])
async def test_steps_at_one_height_or_out_of_order_are_told_apart(shop: Shop, mira: Person, typed: str) -> None:
    await press(mira, "Program", "Steps")
    await mira.say(typed)
    assert mira.last.words.startswith("☝️ Please put the steps in order: each needs more stamps than the one before.")
    assert (await shop.program()).terms.steps == ()


async def test_a_rule_can_be_lifted_again(shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Daily limit", "2 stamps", "Daily limit", "no limit")
    await press(mira, "Validity", "30 days", "Validity", "for ever")
    await press(mira, "Steps")
    await mira.say("5 A biscuit")
    await press(mira, "Steps", "none")
    terms = (await shop.program()).terms
    assert (terms.daily_stamp_cap, terms.reward_valid_days, terms.steps) == (None, None, ())


async def test_a_goal_below_a_step_is_refused_and_asked_for_again(shop: Shop, mira: Person) -> None:
    await shop.change(steps=(Step(6, "A biscuit"),))
    await press(mira, "Program", "Stamps", "6")
    assert "above every step" in mira.last.words
    assert (await shop.program()).terms.stamps_required == 10


async def test_a_larger_goal_does_not_lengthen_a_card_and_a_smaller_one_is_shown_at_once(
    town: Town, shop: Shop, mira: Person
) -> None:
    lena = await town.person("Lena")
    await lena.start(f"j_{shop.business.slug}")
    [card] = await shop.customers()
    await shop.stamp(card.id, 3)
    await press(mira, "Program", "Stamps", "15")
    await lena.screen()
    assert "3 of 10" in lena.last.words
    await press(mira, "Stamps", "8")
    await lena.screen()
    assert "3 of 8" in lena.last.words


async def test_a_draft_of_the_program_outlives_a_restart(town: Town, shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Reward")
    await town.restart()
    await mira.say("A slice of cake")
    assert "Saved" in mira.last.words
    program = await town.runtime.database.read(lambda connection: read(connection, shop))
    assert program == "A slice of cake"


def read(connection: Connection, shop: Shop) -> str:
    return read_program(connection, shop.business.id).terms.reward_description


@pytest.mark.parametrize(
    "forged",
    [
        "choose:{shop}:stamps_required:1000",
        "choose:{shop}:name:x",
        "choose:{shop}:version:9",
        "choose:{shop}::",
        "choose:{shop}",
        "ask:{shop}:version",
        "ask:{shop}",
        "choose:{shop}:reward_description:none",
    ],
)
async def test_forged_values_change_nothing(shop: Shop, mira: Person, forged: str) -> None:
    before = await shop.program()
    await mira.press_data(mira.last.id, forged.format(shop=shop.business.id))
    assert await shop.program() == before


@pytest.mark.parametrize(
    ("typed", "cost", "currency"),
    [
        ("2.50 EUR", 250, "EUR"),
        ("€2,5", 250, "EUR"),
        ("300 jpy", 300, "JPY"),
        ("0 USD", 0, "USD"),
        ("٣ KWD", 3000, "KWD"),
    ],
)
async def test_the_cost_of_a_reward_is_typed_with_its_currency(
    shop: Shop, mira: Person, typed: str, cost: int | None, currency: str | None
) -> None:
    await press(mira, "Program", "Cost of a reward")
    await mira.say(typed)
    terms = (await shop.program()).terms
    assert (terms.reward_cost, terms.currency) == (cost, currency)


@pytest.mark.parametrize("typed", ["2.50", "two euros", "1.234 EUR", "5 QQQ", "-1 EUR", "EUR"])
async def test_a_cost_that_cannot_be_is_explained_and_asked_again(shop: Shop, mira: Person, typed: str) -> None:
    await press(mira, "Program", "Cost of a reward")
    await mira.say(typed)
    assert "Please send an amount with its currency" in mira.last.words
    assert (await shop.program()).terms.reward_cost is None
    await mira.say("1 EUR")
    await press(mira, "Cost of a reward")
    await mira.say("1.50")
    assert (await shop.program()).terms.reward_cost == 150
    await press(mira, "Cost of a reward", "not known")
    assert (await shop.program()).terms.reward_cost is None


async def test_a_birthday_gift_is_set_and_ended_and_a_wrong_one_changes_nothing(shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Birthday gift", "2 stamps")
    assert (await shop.program()).terms.birthday == BirthdayGift(stamps=2)
    for typed, said in (
        ("11", "at most as many stamps as fill a card"),
        ("A cake\nsoon", "a number of days"),
        ("3\n5\n7", "a number of days"),
    ):
        await press(mira, "Birthday gift")
        await mira.say(typed)
        assert said in (await mira.screen()).last.words, typed
        await press(mira, "« Program")
    assert (await shop.program()).terms.birthday == BirthdayGift(stamps=2)
    await press(mira, "Birthday gift", "nothing")
    assert (await shop.program()).terms.birthday is None


async def test_gifts_for_friends_are_set_by_one_tap_or_three_numbers(shop: Shop, mira: Person) -> None:
    await press(mira, "Program", "Bring a friend", "2 stamps")
    usual = ReferralGift(stamps_for_friend=2, stamps_for_referrer=2, monthly_cap=5)
    assert (await shop.program()).terms.referral == usual
    assert "2 for the friend, 2 for the customer who brings them, at most 5 a month" in mira.last.words
    for typed, said in (
        ("10", "have to be fewer stamps than fill a card"),
        ("9 9 0", "send three numbers"),
        ("1 2 3 4", "send three numbers"),
        ("two", "send three numbers"),
        ("0 3", "send three numbers"),
    ):
        await press(mira, "Bring a friend")
        await mira.say(typed)
        assert said in (await mira.screen()).last.words, typed
        await press(mira, "« Program")
    assert (await shop.program()).terms.referral == usual
    for typed, gift in (("١, 3 / 10", (1, 3, 10)), ("4 2", (4, 2, 5)), ("1", (1, 1, 5))):
        await press(mira, "Bring a friend")
        await mira.say(typed)
        now = (await shop.program()).terms.referral
        assert now is not None
        assert (now.stamps_for_friend, now.stamps_for_referrer, now.monthly_cap) == gift
    await press(mira, "Bring a friend", "nothing")
    assert (await shop.program()).terms.referral is None
    for zero in ("0", "٠ 0 0"):
        await press(mira, "Bring a friend", "1 stamp", "Bring a friend")
        await mira.say(zero)
        assert (await shop.program()).terms.referral is None
