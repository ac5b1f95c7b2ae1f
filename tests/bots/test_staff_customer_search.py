"""Finding: the ways in which staff come to a customer, and that nobody else comes to them."""

import pytest
from PIL import Image
from sqlalchemy import Connection, Update, update

from loyalty_app.db.tables import customer
from loyalty_app.shops.staff import remove_staff
from testkit.concurrency import until
from testkit.town import BOT, Town
from tests.bots.cafe import Cafe, link, open_cafe, own_bot, picture, png, screen_of, table_of
from tests.bots.test_owner_notice_worker import told

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def cafe(town: Town) -> Cafe:
    return await open_cafe(town)


async def test_the_link_of_a_card_leads_to_whom_to_stamp(either_town: Town) -> None:
    cafe = await open_cafe(either_town)
    await cafe.shop.stamp(cafe.lena.id, 7)
    await cafe.ana.open(link(cafe.lena))
    shown = screen_of(cafe.ana)
    assert "Lena · Bean & Leaf\n●●●●●●●○○○  7 of 10" in shown.words
    assert shown.labels == ["+1", "+2", "+3", "+4", "+5", "6–10 …"]


async def test_the_staff_see_the_first_name_and_nothing_else_of_who_it_is(cafe: Cafe) -> None:
    await cafe.shop.update(cafe.lena.id, email="lena@example.com")
    await cafe.ana.open(link(cafe.lena))
    words = cafe.ana.last.words
    assert "Lena" in words
    assert not any(private in words for private in ("Meyer", "415", "lena@", cafe.lena.qr_code))


async def test_a_customer_whose_stored_name_cannot_be_seen_is_a_guest(cafe: Cafe) -> None:
    own = update(customer).where(customer.c.id == cafe.lena.id)
    for name, shown in (("\u3164", "Guest"), ("\u2800 Lena", "Lena")):
        renamed = own.values(name=name)

        def rename(connection: Connection, renamed: Update = renamed) -> None:
            connection.execute(renamed)

        await cafe.shop.database.write(rename)
        await cafe.ana.open(link(cafe.lena))
        assert f"{shown} · Bean & Leaf" in screen_of(cafe.ana).words


async def test_a_photo_of_a_card_leads_to_its_customer(cafe: Cafe) -> None:
    await cafe.ana.send_photo(picture(cafe.lena))
    assert "Lena" in screen_of(cafe.ana).words


async def test_a_picture_sent_as_a_file_leads_to_its_customer(cafe: Cafe) -> None:
    await cafe.ana.send_document(picture(cafe.lena), name="card.jpg", mime_type="image/jpeg")
    assert "Lena" in screen_of(cafe.ana).words


async def test_of_several_cards_in_a_photo_one_is_chosen_and_the_others_stay_at_hand(cafe: Cafe) -> None:
    tom = await cafe.shop.join("Tom", opening_stamps=10)
    await cafe.ana.send_photo(table_of(cafe.lena, tom))
    assert screen_of(cafe.ana).labels[:2] == ["Lena · 0 stamps", "Tom · 0 stamps 🎁"]
    await cafe.ana.press("Lena")
    await cafe.ana.press("+1")
    await cafe.ana.press("All cards")
    assert "Lena · 1 stamp" in screen_of(cafe.ana).labels
    await cafe.ana.press("Tom")
    await cafe.ana.press("+3")
    assert (await cafe.shop.customer(tom.id)).card.current_stamps == 3


async def test_of_an_album_all_cards_are_to_be_chosen_from(cafe: Cafe) -> None:
    tom, kim = await cafe.shop.join("Tom"), await cafe.shop.join("Kim")
    no_card = png(Image.new("RGB", (400, 300), "red"))
    await cafe.ana.send_album(picture(cafe.lena), no_card, picture(tom), picture(cafe.lena))
    assert screen_of(cafe.ana).labels[:2] == ["Lena · 0 stamps", "Tom · 0 stamps"]
    assert screen_of(cafe.ana).words.startswith("2 cards are in the picture")
    await cafe.ana.press("Tom")
    await cafe.ana.press("+1")
    assert (await cafe.shop.customer(tom.id)).card.current_stamps == 1
    await cafe.ana.send_album(picture(kim), no_card)
    assert "Kim · Bean & Leaf" in screen_of(cafe.ana).words, "an album of its own"
    await cafe.ana.say(cafe.lena.qr_code)
    assert "Lena" in screen_of(cafe.ana).words, "nothing was asked"


async def test_an_album_without_a_card_is_answered_with_a_tip(cafe: Cafe) -> None:
    await cafe.ana.send_album(*[png(Image.new("RGB", (400, 300), colour)) for colour in ("red", "blue")])
    assert screen_of(cafe.ana).words.startswith("I see no card in this picture.")


async def test_cards_of_other_shops_in_a_photo_are_unknown(cafe: Cafe) -> None:
    next_door = await cafe.town.open_shop()
    theirs = await next_door.join("Olga")
    await cafe.ana.send_photo(table_of(cafe.lena, theirs))
    assert "Lena · Bean & Leaf" in screen_of(cafe.ana).words
    await cafe.ana.send_photo(picture(theirs))
    assert screen_of(cafe.ana).words == "No card of your shop is in this picture."


async def test_a_picture_without_a_card_is_answered_with_a_tip(cafe: Cafe) -> None:
    await cafe.ana.send_photo(png(Image.new("RGB", (400, 300), "red")))
    assert screen_of(cafe.ana).words.startswith("I see no card in this picture. Take it from close by")
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.send_document(b"%PDF-1.7 no picture", name="bill.pdf", mime_type="application/pdf")
    assert screen_of(cafe.ana).words.startswith("I see no card in this picture.")


async def test_a_file_that_is_too_large_is_not_fetched(cafe: Cafe) -> None:
    await cafe.ana.send_document(bytes(20_000_001), name="huge.png")
    assert screen_of(cafe.ana).words.startswith("I see no card in this picture.")
    assert not await cafe.calls("getFile")


async def test_a_typed_code_is_forgiven_what_people_get_wrong(cafe: Cafe) -> None:
    letters = cafe.lena.qr_code.removeprefix("CUS")
    wrong = letters.replace("0", "O").replace("1", "l")
    for typed in (cafe.lena.qr_code, letters.lower(), f"cus {letters[:5]}-{letters[5:]}", wrong, link(cafe.lena)):
        await cafe.ana.say(typed)
        assert "Lena" in screen_of(cafe.ana).words, typed
        await cafe.ana.say("CUS0000000000")
        assert "No card of your shop has the code" in screen_of(cafe.ana).words


async def test_a_phone_number_is_looked_up_as_people_of_the_country_write_it(cafe: Cafe) -> None:
    pasted = ("tel:+1-415-555-0123", "\u202a+1\u00a0415\u2011555\u20110123\u202c", "Lena (415)\u2060 555-0123")
    for typed in ("+1 415 555 0123", "(415) 555-0123", "4155550123", "٤١٥٥٥٥٠١٢٣", *pasted):
        await cafe.ana.say(typed)
        assert "Lena" in screen_of(cafe.ana).words, typed
        await cafe.ana.say("+1 415 555 9999")
        assert "+1 415 555 9999" in screen_of(cafe.ana).words


async def test_in_several_shops_a_code_says_which_and_a_number_is_of_the_shop_one_was_last_in(cafe: Cafe) -> None:
    corner = await cafe.town.open_shop()
    await cafe.town.employ(corner, cafe.ana)
    kim = await corner.join("Kim", phone="+14155550123")
    await cafe.ana.open(link(kim))
    await cafe.ana.say("4155550123")
    assert "Kim" in screen_of(cafe.ana).words
    await cafe.ana.say(cafe.lena.qr_code)
    await cafe.ana.say("4155550123")
    assert "Lena" in screen_of(cafe.ana).words
    mia = await corner.join("Mia", phone="+14155550777")
    await cafe.ana.say("4155550777")
    assert "Mia" in screen_of(cafe.ana).words
    await cafe.ana.press("+2")
    assert (await corner.customer(mia.id)).card.current_stamps == 2


async def test_a_shops_own_bot_knows_the_cards_of_no_other_shop(cafe: Cafe) -> None:
    await own_bot(cafe, "bean_bot")
    corner = await cafe.town.open_shop()
    await cafe.town.employ(corner, cafe.ana)
    kim = await corner.join("Kim")
    there = cafe.ana.at("bean_bot")
    await there.start(f"c_{kim.qr_code}")
    assert "Kim" not in there.last.words
    await there.start(f"c_{cafe.lena.qr_code}")
    assert "Lena" in there.last.words
    await there.press_data(there.last.id, cafe.stamping(customer=kim.id, shop=corner.business.id))
    assert "Kim" not in there.last.words
    assert (await corner.customer(kim.id)).card.current_stamps == 0


@pytest.mark.parametrize("who", ["a stranger", "a customer", "staff of another shop", "staff who were removed"])
async def test_nobody_else_learns_from_a_card(cafe: Cafe, who: str) -> None:
    """Neither a name, nor whether there is such a card."""
    if who == "staff of another shop":
        person = await cafe.town.hire(await cafe.town.open_shop(), "Otto")
    else:
        person = await cafe.town.person("Otto")
        await person.start()
    if who == "a customer":
        await person.start(f"j_{cafe.shop.business.slug}")
    if who == "staff who were removed":
        number = await cafe.town.employ(cafe.shop, person)
        await remove_staff(cafe.shop.database, cafe.shop.business.id, number, now=cafe.town.clock())
        await until(lambda: told(cafe.shop))
    await person.open(f"https://t.me/{BOT}?start=c_CUS0000000000")
    unknown = person.last.words
    await person.open(link(cafe.lena))
    assert person.last.words == unknown
    assert "Lena" not in unknown
    for typed in (cafe.lena.qr_code, "+1 415 555 0123"):
        await person.say(typed)
        assert not any("Lena" in message.words for message in person.messages)
    await person.send_photo(picture(cafe.lena))
    assert not any("Lena" in message.words for message in person.messages)


async def test_a_name_that_nobody_has_is_said_to_be_nobody_s_and_what_is_no_name_gets_help(cafe: Cafe) -> None:
    for typed in ("Zoë", "wilhelm  tell", "सीता"):
        await cafe.ana.say(typed)
        assert cafe.ana.last.words.startswith(f"Nobody with a card of your shop is called {typed}."), typed
    for typed in ("?!", "z", "Is there anything else that I could send to you, please? I do not know."):
        await cafe.ana.say(typed)
        assert "is called" not in cafe.ana.last.words, typed
    otto = await cafe.town.person("Otto")
    await otto.say("Zoë")
    assert "is called" not in otto.last.words
