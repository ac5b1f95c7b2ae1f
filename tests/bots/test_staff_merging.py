"""Merging in the chat: a manager makes two cards of one person one, and two again."""

import re

import pytest
from sqlalchemy import update

from bots.buttons import new_nonce
from loyalty_app.db import tables
from loyalty_core.access import Role
from testkit.screens import Shown
from testkit.shop import open_next_door
from testkit.town import Town
from tests.bots.cafe import Cafe, link, open_cafe

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def cafe(town: Town) -> Cafe:
    return await open_cafe(town, role=Role.MANAGER)


async def ask(cafe: Cafe, text: str) -> Shown:
    """Ask for the other card of Lena, and name it."""
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("Merge with another card")
    await cafe.ana.say(text)
    return cafe.ana.last


async def test_a_manager_merges_two_cards_and_separates_them_again(either_town: Town) -> None:
    cafe = await open_cafe(either_town, role=Role.MANAGER)
    other = await cafe.shop.join("Lena M.", phone="+14155550124")
    await cafe.shop.stamp(cafe.lena.id, 3)
    await cafe.shop.stamp(other.id, 4)
    shown = (await ask(cafe, "+14155550124")).words
    for code, state in ((cafe.lena.qr_code, "3 of 10"), (other.qr_code, "4 of 10")):
        assert re.search(rf"Lena · …{code[-4:]}\n\S*  {state}\n🕘 Last visit", shown)
    await cafe.ana.press("Make them one card")
    assert cafe.ana.last.words.startswith("🔗 One card now: Lena – 7 of 10")
    assert (await cafe.shop.customer(other.qr_code)).id == cafe.lena.id
    await cafe.ana.press("Merge with another card")
    await cafe.ana.press("Separate Lena again")
    assert cafe.ana.last.words.startswith("↩️ Two cards again. This is the one of Lena:")
    assert (await cafe.shop.customer(other.id)).card.current_stamps == 4


async def test_the_other_card_is_found_by_name_and_code_but_it_is_never_the_same(cafe: Cafe) -> None:
    other, third = await cafe.shop.join("Zoë Meyer"), await cafe.shop.join("Zoe Adler")
    assert f"…{other.qr_code[-4:]}" in (await ask(cafe, other.qr_code)).words
    choice = await ask(cafe, "zoe")
    assert all(any(one.qr_code[-4:] in label for label in choice.labels) for one in (other, third))
    await cafe.ana.press(third.qr_code[-4:])
    assert f"…{third.qr_code[-4:]}" in cafe.ana.last.words
    await cafe.ana.press("they stay two")
    assert cafe.ana.last.words.startswith("Lena · Bean & Leaf")
    said = await ask(cafe, cafe.lena.qr_code)
    assert said.words.startswith("No other card of your shop is found by")


async def test_a_refused_merge_is_said_and_changes_nothing(cafe: Cafe) -> None:
    other = await cafe.shop.join("Zoë Meyer")
    await cafe.shop.merge(cafe.lena.id, other.id)
    await cafe.ana.open(link(cafe.lena))
    before = await cafe.shop.customers()
    for data in (cafe.data("unite", new_nonce(), other.id), cafe.data("bothcards", other.id)):
        assert await cafe.ana.press_data(cafe.ana.last.id, data) == "These two are one card already."
    assert await cafe.shop.customers() == before


async def test_merges_that_cannot_be_are_refused_and_change_nothing(cafe: Cafe) -> None:
    next_door = await open_next_door(cafe.shop)
    foreign, other = await next_door.join("Nina"), await cafe.shop.join("Zoë Meyer")
    await cafe.ana.open(link(cafe.lena))
    before = await cafe.shop.customers()
    for deed, number, said in (
        ("unite", cafe.lena.id, "That cannot be right. Please check it."),
        ("unite", foreign.id, "There is no such card in this shop."),
        ("unite", 999_999, "There is no such card in this shop."),
        ("split", other.id, "These two cards were not merged."),
    ):
        assert await cafe.ana.press_data(cafe.ana.last.id, cafe.data(deed, new_nonce(), number)) == said
    for number, said in ((foreign.id, "no such card"), (cafe.lena.id, "one card already")):
        assert said in str(await cafe.ana.press_data(cafe.ana.last.id, cafe.data("bothcards", number)))
    assert await cafe.shop.customers() == before


async def test_staff_are_not_offered_to_merge_and_a_made_up_button_is_refused(town: Town) -> None:
    cafe = await open_cafe(town)
    other = await cafe.shop.join("Zoë Meyer")
    await cafe.ana.open(link(cafe.lena))
    assert not any("Merge" in label for label in cafe.ana.last.labels)
    for verb in ("merge", "unite", "split", "bothcards"):
        refusal = await cafe.ana.press_data(cafe.ana.last.id, cafe.data(verb, new_nonce(), other.id))
        assert refusal == "Only managers and owners can do that."
    assert (await cafe.shop.customer(other.id)).id == other.id


async def test_a_number_that_two_cards_have_shows_both_and_managers_how_to_make_them_one(town: Town) -> None:
    cafe = await open_cafe(town, role=Role.MANAGER)
    ben, other = await town.hire(cafe.shop, "Ben"), await cafe.shop.join("Lena M.", phone="+5491166773399")
    await store(cafe, cafe.lena.id, "+541166773399")
    for person in (cafe.ana, ben):
        await person.say("+5491166773399")
        assert all(any(one.qr_code[-4:] in label for label in person.last.labels) for one in (cafe.lena, other))
    assert not [label for label in ben.last.labels if "One person?" in label]
    await cafe.ana.press("One person?")
    await cafe.ana.press("Make them one card")
    assert cafe.ana.last.words.startswith("🔗 One card now: Lena")
    assert (await cafe.shop.customer(cafe.lena.id)).id == (await cafe.shop.customer(other.id)).id


async def store(cafe: Cafe, customer_id: int, phone: str) -> None:
    """Store a number as an earlier release did."""
    own = update(tables.customer).where(tables.customer.c.id == customer_id).values(phone=phone)
    await cafe.shop.database.write(lambda connection: connection.execute(own).close())
