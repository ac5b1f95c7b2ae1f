"""Gifts at the desk over HTTP: off until an owner switches them on, changed one by one, refused with what was typed."""

import re
from datetime import timedelta

import pytest

from loyalty_app.counter import Counter
from loyalty_core.access import Role
from loyalty_core.gifts import BirthdayGift, ReferralGift, WinBack
from loyalty_core.stamping import StampOrder
from tests.browser import Tab
from tests.pages.desk_page import DeskPage, desk_of, form_of
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "Please write a whole number of stamps from 1 to 100."
CAKE = {"birthday": "reward", "birthday_reward_description": "Cake"}
FRIEND = {"referral": "both", "referral_stamps_for_friend": "1"}
BACK = {"win_back": "stamps", "win_back_stamps": "2", "win_back_after_days": "60"}


async def send(desk: DeskPage, gift: str, **typed: str) -> tuple[int, str]:
    """Send the form of a gift with what is typed; the status and the page that come back."""
    form = await desk.form("gifts", f"gifts/{gift}")
    page = await desk.send(f"gifts/{gift}", form, **typed)
    return page.status_code, page.text


async def birthday_of(desk: DeskPage) -> BirthdayGift | None:
    return (await desk.shop.program()).terms.birthday


async def test_a_birthday_gift_is_switched_on_changed_and_switched_off(place: Place) -> None:
    desk = await desk_of(place)
    assert await birthday_of(desk) is None
    cake = {"birthday_reward_description": "A slice of cake", "birthday_valid_days": "١٤", "birthday_stamps": "3"}
    for typed, kept in (
        ({"birthday": "stamps", "birthday_stamps": "3"}, BirthdayGift(stamps=3)),
        ({"birthday": "reward", **cake}, BirthdayGift(reward_description="A slice of cake", valid_days=14)),
        ({"birthday": "reward", "birthday_valid_days": ""}, BirthdayGift(reward_description="A slice of cake")),
        ({"birthday": "nothing", **cake}, None),
    ):
        status, page = await send(desk, "birthday", **typed)
        assert (status, "Saved." in page, await birthday_of(desk)) == (200, True, kept)
    assert "Nothing was different" in (await send(desk, "birthday"))[1]


@pytest.mark.parametrize(
    ("gift", "typed", "said"),
    [
        ("birthday", {"birthday": "stamps", "birthday_stamps": "11"}, "birthday: A gift has to be at most as many"),
        ("birthday", {"birthday": "stamps", "birthday_stamps": "0"}, f"birthday_stamps: {NUMBER}"),
        ("birthday", {"birthday": "stamps", "birthday_stamps": ""}, f"birthday_stamps: {NUMBER}"),
        ("birthday", {"birthday": "reward", "birthday_reward_description": ""}, "birthday_reward_description: Please"),
        ("birthday", {**CAKE, "birthday_valid_days": "0"}, "birthday_valid_days: Please write a whole number of days"),
        ("birthday", {**CAKE, "birthday_reward_description": "\u200b"}, "birthday: A gift has to be"),
        ("birthday", {"birthday": "money"}, "birthday: Please choose what is given, or nothing."),
        ("referral", {**FRIEND, "referral_stamps_for_friend": "0"}, "referral_stamps_for_friend: Please write a whole"),
        ("referral", {**FRIEND, "referral_monthly_cap": "often"}, "referral_monthly_cap: Please write a whole number"),
        ("referral", {**FRIEND, "referral_stamps_for_referrer": "10"}, "referral: Gifts for friends have to be fewer"),
        ("win_back", {**BACK, "win_back_after_days": "13"}, "win_back_after_days: Please write a whole number of days"),
        ("win_back", {**BACK, "win_back_after_days": ""}, "win_back_after_days: Please write a whole number of days"),
        ("win_back", {**BACK, "win_back_stamps": "11"}, "win_back: A gift has to be at most as many"),
    ],
)
async def test_a_gift_that_cannot_be_is_said_beside_it_with_what_was_typed(
    place: Place, gift: str, typed: dict[str, str], said: str
) -> None:
    desk = await desk_of(place)
    before = await desk.shop.program()
    status, page = await send(desk, gift, **typed)
    assert status == 400
    beside, _, sentence = said.partition(": ")
    assert re.search(rf'id="fault-{beside}">{re.escape(sentence)}', page)
    for name, value in typed.items():
        assert name == gift or f'name="{name}" value="{value}"' in page
    assert await desk.shop.program() == before


async def test_bringing_friends_is_switched_on_with_usual_numbers_changed_and_switched_off(place: Place) -> None:
    desk = await desk_of(place)
    usual = ReferralGift(stamps_for_friend=1, stamps_for_referrer=1, monthly_cap=5)
    other = ReferralGift(stamps_for_friend=2, stamps_for_referrer=3, monthly_cap=10)
    numbers = {"stamps_for_friend": "2", "stamps_for_referrer": "٣", "monthly_cap": "10"}
    zeros = {"referral_stamps_for_friend": "0", "referral_stamps_for_referrer": "0"}
    for typed, kept in (
        ({"referral": "both"}, usual),
        ({f"referral_{name}": number for name, number in numbers.items()}, other),
        ({"referral": "nothing"}, None),
        ({"referral": "both"}, usual),
        (zeros, None),
    ):
        status, page = await send(desk, "referral", **typed)
        assert (status, "Saved." in page, (await desk.shop.program()).terms.referral) == (200, True, kept)


async def test_a_customer_s_page_says_who_brought_them_along(place: Place) -> None:
    desk = await desk_of(place)
    await desk.shop.change(referral=ReferralGift(stamps_for_friend=2, stamps_for_referrer=3, monthly_cap=2))
    lena, ben = await place.town.person("Lena"), await place.town.person("Ben")
    await lena.start(f"j_{desk.shop.business.slug}")
    [card] = await desk.shop.customers()
    await ben.start(f"r_{card.qr_code}")
    friend = (await desk.shop.customers())[-1]
    told = f'<dt>Brought along by</dt><dd><a href="/app/{place.bot_id}/{desk.path}/customers/{card.id}"><bdi>Lena'
    assert [told in (await desk.get(f"customers/{one.id}")).text for one in (card, friend)] == [False, True]
    assert "2 stamps as a gift: bring a friend" in (await desk.get("ledger")).text


async def test_a_head_start_that_is_too_large_beside_a_gift_for_friends_is_said_beside_it(place: Place) -> None:
    desk = await desk_of(place)
    await desk.shop.change(referral=ReferralGift(stamps_for_friend=5, stamps_for_referrer=1, monthly_cap=5))
    program = f"programs/{desk.shop.business.id}"
    page = await desk.send(program, await desk.form(program, program), opening_stamps="5")
    assert (page.status_code, 'id="fault-opening_stamps">The head start has to be below' in page.text) == (400, True)


async def test_before_customers_are_won_back_the_owner_sees_to_how_many_and_how_it_looks(place: Place) -> None:
    desk = await desk_of(place)
    shop = desk.shop
    lena = await place.town.person("Lena")
    await lena.start(f"j_{shop.business.slug}")
    [card] = await shop.customers()
    past = Counter(shop.database, clock=shop.clock)
    for days_ago in (80, 70):
        shop.clock.now = place.town.clock() - timedelta(days=days_ago)
        await past.give_stamp(shop.caller(), card.id, StampOrder())
    await past.close()
    reward = {"win_back": "reward", "win_back_reward_description": "A <b>cake</b>", "win_back_valid_days": "10"}
    page = ""
    for days, count in (("60", "1 customer"), ("90", "0 customers")):
        status, page = await send(desk, "win_back", **reward, win_back_after_days=days)
        assert (status, f"With this, {count} would be written to now." in page) == (200, True)
        assert re.search(r"has missed you! A gift for you: A &lt;b&gt;cake&lt;/b&gt;\s+It is yours until", page)
        assert (await shop.program()).terms.win_back is None, "it is only looked at"
    form = form_of(page, f"/{desk.path}/gifts/win_back")
    for _ in range(2):
        assert "Saved." in (await desk.send("gifts/win_back", form)).text
    kept = WinBack(after_days=90, reward_description="A <b>cake</b>", valid_days=10)
    assert (await shop.program()).terms.win_back == kept
    assert "Nothing was different" in (await send(desk, "win_back"))[1]
    assert "Saved." in (await send(desk, "win_back", win_back="nothing"))[1]
    assert (await shop.program()).terms.win_back is None


async def test_a_manager_notes_that_a_customer_wants_no_more_messages(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    lena = await desk.shop.join("Lena")
    page, no_more = f"customers/{lena.id}", f"customers/{lena.id}/no-more"
    form = await desk.form(page, no_more)
    for _ in range(2):
        assert "Wants no more messages to many" in (await desk.send(no_more, form)).text
    assert (await desk.shop.customer(lena.id)).opted_out_at is not None
    assert no_more not in (await desk.get(page)).text, "only the customer takes it back"


async def test_a_change_of_a_gift_leaves_other_terms_as_somebody_else_changed_them_and_is_of_the_main_program(
    place: Place,
) -> None:
    desk = await desk_of(place)
    salad = await desk.shop.make_program("Salad")
    form = await desk.form("gifts", "gifts/birthday")
    await desk.shop.change(reward_description="Tea")
    await desk.shop.programs_deed(promote=salad)
    page = await desk.send("gifts/birthday", form, birthday="stamps", birthday_stamps="2")
    assert "They are for the main card: Salad." in page.text
    main = await desk.shop.program()
    assert (main.id, main.terms.birthday) == (salad, BirthdayGift(stamps=2))
    assert [(one.terms.reward_description, one.terms.birthday) for one in main.others] == [("Tea", None)]


async def test_managers_have_no_gifts_and_other_gifts_are_not_there(place: Place) -> None:
    desk, manager = await desk_of(place), await desk_of(place, Role.MANAGER)
    key = {"key": "k" * 20, "was": "null", "birthday": "stamps", "birthday_stamps": "2"}
    assert (await manager.send("gifts/birthday", key)).status_code == 403
    assert (await desk.send("gifts/wedding", key)).status_code == 404
    assert (await desk.send("gifts/birthday", {**key, "key": ""})).status_code == 400
    assert [await birthday_of(one) for one in (desk, manager)] == [None, None]


async def test_who_fills_in_what_belongs_to_a_choice_has_chosen_it(place: Place, phone: Tab) -> None:
    desk = await desk_of(place)
    await place.open(phone, f"{desk.path}/gifts", desk.person)
    await phone.page.locator("[name=birthday_stamps]").fill("2")
    await phone.page.get_by_role("button", name="Save Birthday gift").click()
    await phone.page.get_by_text("Saved.").wait_for()
    assert await birthday_of(desk) == BirthdayGift(stamps=2)
    assert phone.problems == []
