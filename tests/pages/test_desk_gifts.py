"""Gifts at the desk over HTTP: off until an owner switches them on, changed one by one, refused with what was typed."""

import re

import pytest

from loyalty_core.access import Role
from loyalty_core.gifts import BirthdayGift
from tests.pages.desk_page import DeskPage, desk_of
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
    cake = {"birthday_reward": "A slice of cake", "birthday_days": "١٤", "birthday_stamps": "3"}
    for typed, kept in (
        ({"birthday": "stamps", "birthday_stamps": "3"}, BirthdayGift(stamps=3)),
        ({"birthday": "reward", **cake}, BirthdayGift(reward_description="A slice of cake", valid_days=14)),
        ({"birthday": "reward", "birthday_days": ""}, BirthdayGift(reward_description="A slice of cake")),
        ({"birthday": "nothing", **cake}, None),
    ):
        status, page = await send(desk, "birthday", **typed)
        assert (status, "Saved." in page, await birthday_of(desk)) == (200, True, kept)
    assert "Nothing was different" in (await send(desk, "birthday"))[1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"birthday": "stamps", "birthday_stamps": "11"}, "at most as many stamps as fill a card"),
        ({"birthday": "stamps", "birthday_stamps": "0"}, "a whole number of stamps from 1 to 100"),
        ({"birthday": "stamps", "birthday_stamps": ""}, "a whole number of stamps from 1 to 100"),
        ({"birthday": "reward", "birthday_reward": ""}, "Please write a reward of at most 200 letters."),
        ({"birthday": "reward", "birthday_reward": "Cake", "birthday_days": "0"}, "from 1 to 3650, or empty"),
        ({"birthday": "money"}, "Please choose one of the three."),
    ],
)
async def test_a_gift_that_cannot_be_is_said_beside_it_with_what_was_typed(
    place: Place, typed: dict[str, str], said: str
) -> None:
    desk = await desk_of(place)
    before = await desk.shop.program()
    status, page = await send(desk, "birthday", **typed)
    assert status == 400
    assert re.search(rf'id="fault-birthday">[^<]*{re.escape(said)}', page)
    for name, value in typed.items():
        assert name == "birthday" or f'name="{name}" value="{value}"' in page
    assert await desk.shop.program() == before


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
