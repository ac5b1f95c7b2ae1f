"""Guests without a phone in hand: staff make their card, find it by name, and the guest takes it into a chat later."""

import pytest

from loyalty_app.customers.staff_view import code_ends
from loyalty_core.customers import Customer
from testkit.builders import a_customer
from testkit.people import Person
from testkit.screens import Shown
from testkit.town import BOT, Town
from tests.bots.cafe import Cafe, open_cafe, table_of
from tests.bots.customers import card_of, come_in

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def cafe(town: Town) -> Cafe:
    return await open_cafe(town)


async def say(person: Person, *texts: str) -> Shown:
    for text in texts:
        await person.say(text)
    return person.last


async def test_a_card_is_made_in_three_messages_and_can_be_stamped_at_once(either_town: Town) -> None:
    cafe = await open_cafe(either_town)
    made = await say(cafe.ana, "/newcard", "(415) 555-0188", "Otto")
    assert made.words.splitlines()[0].startswith("✅ Otto has a card now.")
    await cafe.ana.press("+1")
    [otto] = [each for each in await cafe.shop.customers() if each.name == "Otto"]
    assert (otto.phone, otto.card.current_stamps) == ("+14155550188", 1)


async def test_a_number_of_nobody_is_offered_a_card(cafe: Cafe) -> None:
    said = await say(cafe.ana, "+49 151 23456789")
    assert said.labels == ["➕ New card for +4915123456789"]
    await cafe.ana.press("➕ New card")
    await say(cafe.ana, "Nina Berg")
    assert [(each.name, each.phone) for each in await cafe.shop.customers()][1:] == [("Nina Berg", "+4915123456789")]


async def test_a_text_that_is_no_number_is_offered_nothing(cafe: Cafe) -> None:
    assert (await say(cafe.ana, "CUS12AB34CD5")).labels == []


async def test_the_guest_takes_the_card_into_the_chat_by_the_own_number(cafe: Cafe) -> None:
    await say(cafe.ana, "/newcard", "+34600111222", "Lola")
    await cafe.ana.press("+3")
    lola = await come_in(cafe.town, cafe.shop, "Lola", phone="+34600111222")
    await lola.press("📱 Use my number")
    await lola.share_contact()
    await cafe.town.idle()
    assert "3 of 10 stamps" in (await card_of(lola)).words
    assert [each.name for each in await cafe.shop.customers() if each.erased_at is None] == ["Lena Meyer", "Lola"]


async def test_a_number_that_has_a_card_leads_to_that_card(cafe: Cafe) -> None:
    said = await say(cafe.ana, "/newcard", "+1 415 555 0123", "Lena")
    assert said.words.splitlines()[0] == "This number has a card already:"
    assert len(await cafe.shop.customers()) == 1


@pytest.mark.parametrize("text", ["my dog", "12", "555-2671", "/"])
async def test_a_wrong_number_is_asked_again(cafe: Cafe, text: str) -> None:
    assert "whole phone number" in (await say(cafe.ana, "/newcard", text)).words
    assert "first name" in (await say(cafe.ana, "+34600111222")).words


async def test_a_name_that_cannot_be_used_is_asked_again_and_an_update_that_comes_twice_makes_one_card(
    cafe: Cafe,
) -> None:
    assert "at most 200 letters" in (await say(cafe.ana, "/newcard", "+34600111222", "x" * 201)).words
    await say(cafe.ana, "Otto")
    await cafe.town.sandbox.redeliver(BOT)
    assert [each.name for each in await cafe.shop.customers()] == ["Lena Meyer", "Otto"]


async def test_nobody_else_makes_cards(cafe: Cafe) -> None:
    paul = await cafe.town.person("Paul")
    assert "not on the staff" in (await say(paul, "/newcard")).words
    data = f"guest:{cafe.shop.business.id}:+34600111222"
    assert "not on the staff" in (await paul.press_data(paul.last.id, data) or "")


@pytest.mark.parametrize("typed", ["Lena", "lena", "MEYER", "Meyer Lena", "Len", "léna"])
async def test_a_customer_is_found_by_name_in_any_spelling(cafe: Cafe, typed: str) -> None:
    assert (await say(cafe.ana, typed)).words.startswith("Lena · Bean & Leaf")


async def test_of_several_with_a_name_one_is_chosen_and_their_labels_differ(cafe: Cafe) -> None:
    other = await cafe.shop.join("Lena Müller")
    await cafe.shop.join("Magdalena")
    said = await say(cafe.ana, "Lena")
    ends = [other.qr_code[-4:], cafe.lena.qr_code[-4:]]
    assert sorted(said.labels) == sorted(f"Lena · 0 stamps · …{end}" for end in ends)
    assert "Meyer" not in f"{said.words} {said.labels}"
    await cafe.ana.press(next(label for label in said.labels if label.endswith(ends[0])))
    await cafe.ana.press("+1")
    assert (await cafe.shop.customer(other.id)).card.current_stamps == 1


async def test_two_guests_of_a_picture_with_one_first_name_have_labels_that_differ(cafe: Cafe) -> None:
    other, otto = await cafe.shop.join("Lena Müller"), await cafe.shop.join("Otto")
    await cafe.ana.send_photo(table_of(cafe.lena, other, otto))
    labels = [label for label in cafe.ana.last.labels if "stamps" in label]
    assert labels == [
        f"Lena · 0 stamps · …{cafe.lena.qr_code[-4:]}",
        f"Lena · 0 stamps · …{other.qr_code[-4:]}",
        "Otto · 0 stamps",
    ]


async def test_a_name_of_nobody_a_phone_and_an_e_mail_are_no_names(cafe: Cafe) -> None:
    await cafe.shop.join("Otto", email="otto@example.com")
    for text in ("Paul", "example", "L", "otto@example.com"):
        assert not (await say(cafe.ana, text)).words.startswith(("Lena ·", "Otto ·")), text
    paul = await cafe.town.person("Paul")
    assert "Lena" not in (await say(paul, "Lena")).words


def of_code(code: str, name: str = "Lena") -> Customer:
    return a_customer(qr_code=code, name=name)


def test_ends_of_codes_are_as_long_as_it_takes() -> None:
    codes = ["CUS00000A1111", "CUS00000B1111", "CUS0000CC1111"]
    assert code_ends([of_code(code) for code in codes[:2]]) == {codes[0]: "A1111", codes[1]: "B1111"}
    assert set(code_ends([of_code(codes[0]), of_code(codes[1], "LENA x"), of_code(codes[2], "Otto")])) == set(codes[:2])
    assert code_ends([of_code(codes[0]), of_code(codes[1], "Otto")]) == {}
