"""Merging in the chat: a manager makes two cards of one person one, and two again."""

import pytest

from bots.buttons import new_nonce
from loyalty_core.access import Role
from testkit.screens import Shown
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
    assert "Which card becomes one with that of Lena?" in (await ask(cafe, "+14155550124")).words
    await cafe.ana.press(other.qr_code[-4:])
    assert cafe.ana.last.words.startswith("🔗 One card now: Lena – 7 of 10")
    assert (await cafe.shop.customer(other.qr_code)).id == cafe.lena.id
    await cafe.ana.press("Merge with another card")
    await cafe.ana.press("Separate Lena again")
    assert cafe.ana.last.words.startswith("↩️ Two cards again. This is the one of Lena:")
    assert (await cafe.shop.customer(other.id)).card.current_stamps == 4


async def test_the_other_card_is_found_by_name_and_code_but_it_is_never_the_same(cafe: Cafe) -> None:
    other = await cafe.shop.join("Zoë Meyer")
    for text in ("zoe", other.qr_code):
        assert any(other.qr_code[-4:] in label for label in (await ask(cafe, text)).labels)
    said = await ask(cafe, cafe.lena.qr_code)
    assert said.words.startswith("No other card of your shop is found by")


async def test_a_refused_merge_is_said_and_changes_nothing(cafe: Cafe) -> None:
    other = await cafe.shop.join("Zoë Meyer")
    await cafe.shop.merge(cafe.lena.id, other.id)
    await cafe.ana.open(link(cafe.lena))
    before = await cafe.shop.customers()
    refusal = await cafe.ana.press_data(cafe.ana.last.id, cafe.data("unite", new_nonce(), other.id))
    assert refusal == "These two are one card already."
    assert await cafe.shop.customers() == before


async def test_staff_are_not_offered_to_merge_and_a_made_up_button_is_refused(town: Town) -> None:
    cafe = await open_cafe(town)
    other = await cafe.shop.join("Zoë Meyer")
    await cafe.ana.open(link(cafe.lena))
    assert not any("Merge" in label for label in cafe.ana.last.labels)
    for verb in ("merge", "unite", "split"):
        refusal = await cafe.ana.press_data(cafe.ana.last.id, cafe.data(verb, new_nonce(), other.id))
        assert refusal == "Only managers and owners can do that."
    assert (await cafe.shop.customer(other.id)).id == other.id
