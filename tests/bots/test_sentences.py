"""What the bot says, as people read it: signs on their side, one wording for one right, a reason, the right advice."""

from typing import Any

import pytest

from bots.extract_messages import PLURALS, collect, translated
from bots.staff.invitation import RIGHTS
from bots.words import LANGUAGES, words_for
from loyalty_app.clock import utc_now
from loyalty_app.shops.businesses import BusinessChange, change_business, list_businesses
from loyalty_app.shops.invites import invite
from loyalty_core.access import Role
from testkit.people import Person
from testkit.town import Town
from tests.bots.cafe import open_cafe
from tests.bots.customers import come_in

pytestmark = pytest.mark.usefixtures("unhurried")
STIFF = ("shall", "whoever", "So many", "So long", "Too much to do", "never was one", "of late", "it stands")


def test_no_sentence_is_stiff() -> None:
    said = [text for sentence in collect() for text in (sentence.one, sentence.many) if text]
    assert [text for text in said if any(word in text for word in STIFF)] == []


@pytest.mark.parametrize("code", PLURALS)
def test_where_a_word_says_one_or_two_no_number_says_it_again(code: str) -> None:
    forms = [form for message in translated(code) if isinstance(message.string, tuple) for form in message.string]
    assert [form for form in forms if "({n})" in form] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_sign_of_an_amount_stays_on_its_left(code: str) -> None:
    words = words_for(code)
    amount = words.plus(1)
    inside = amount.strip("\u2066\u2069")
    assert inside[0] == "+"
    assert (amount != inside) == words.rtl
    assert amount in words.label("↩️ Undo {amount}", amount=amount)


async def test_staff_who_read_arabic_see_one_more_and_not_more_one(town: Town) -> None:
    cafe = await open_cafe(town)
    await cafe.ana.say("/language")
    await cafe.ana.press("العربية")
    await cafe.ana.start(f"c_{cafe.lena.qr_code}")
    assert cafe.ana.last.labels[0] == "\u2066+1\u2069"
    await cafe.ana.press("\u2066+1\u2069")
    assert "\u2066+1\u2069" in cafe.ana.last.words


async def test_what_a_manager_may_do_is_said_in_the_same_words_everywhere(town: Town) -> None:
    shop = await town.open_shop()
    mira, max_ = await town.hire(shop, "Mira", Role.OWNER), await town.person("Max")
    await max_.start(await invite(shop.database, shop.business.id, Role.MANAGER, now=utc_now()))
    await mira.say("/shop")
    await mira.press("👥 Staff")
    await mira.press("➕ Invite")
    for person in (max_, mira):
        read = "\n".join(message.words for message in (await person.screen()).from_bot)
        assert (RIGHTS[Role.STAFF] in read, RIGHTS[Role.MANAGER] in read) == (True, True)


async def test_the_question_for_the_number_says_why(town: Town) -> None:
    lena = await come_in(town, await town.open_shop())
    await lena.press("📱 Use my number")
    said = lena.last.words
    assert ("even without your phone" in said, "all its stamps" in said, "Only this shop sees it" in said) == (
        True,
    ) * 3


async def open_in_chat(person: Person, name: str) -> None:
    for text in ("/newshop", name, "8", "A coffee"):
        await person.say(text)


async def test_a_second_shop_starts_with_the_time_zone_and_country_of_the_first(town: Town) -> None:
    mira, database = await town.person("Mira", language_code="en"), town.runtime.database
    await open_in_chat(mira, "Moon")
    [moon] = await list_businesses(database)

    def nothing(*_given: Any, **_named: Any) -> None:  # noqa: ANN401  # nothing is shown here
        return

    change = BusinessChange(timezone="America/New_York", country="US")
    await change_business(database, moon.id, change, now=town.clock(), repaint=nothing)
    await open_in_chat(mira, "Sun")
    [_, sun] = await list_businesses(database)
    assert (sun.name, sun.timezone, sun.country) == ("Sun", "America/New_York", "US")
    assert "Which city" not in mira.last.words


@pytest.mark.parametrize(
    ("name", "kind"), [("card.heic", "image/heic"), ("card.tiff", "image/tiff"), ("a.pdf", "application/pdf")]
)
async def test_a_file_that_cannot_be_read_is_told_how_to_be_sent(town: Town, name: str, kind: str) -> None:
    cafe = await open_cafe(town)
    await cafe.ana.send_document(b"\x00\x00\x00\x18ftypheic", name=name, mime_type=kind)
    assert "as a photo, not as a file" in cafe.ana.last.words
    await cafe.ana.send_document(b"no picture", name="card.png", mime_type="image/png")
    assert "I see no card in this picture" in cafe.ana.last.words
