"""The phone number: offered, never demanded; only one's own finds a card."""

from loyalty_core.customers import Customer
from loyalty_core.views import CustomerView
from tests.app.shop import Shop
from tests.bots.customers import card_of, code_on, come_in, only, restart, stamp
from tests.bots.people import Person
from tests.bots.town import Town

PHONE = "+14155552671"


async def living(shop: Shop) -> Customer:
    """The one customer of a shop whose data was not erased."""
    [customer] = [each for each in await shop.customers() if each.erased_at is None]
    return customer


async def with_a_card_before(town: Town, stamps: int = 4) -> tuple[Shop, CustomerView, Person]:
    """A shop that has a card for a number already, and the owner of the number, who has just joined in the chat."""
    shop = await town.open_shop()
    known = await shop.join("L. Berg", phone=PHONE)
    await shop.stamp(known.id, stamps)
    return shop, known, await come_in(town, shop, phone=PHONE)


async def test_the_own_number_brings_the_card_that_the_shop_has_for_it(either_town: Town) -> None:
    shop, known, lena = await with_a_card_before(either_town)
    await lena.press("Use my number")
    screen = await lena.press_reply("📱 Share my number")
    assert "Found!" in screen.last.words
    assert screen.reply_keyboard is None
    card = await card_of(lena)
    assert await code_on(lena, card) == [known.qr_code]
    assert "4 of 10 stamps" in card.words
    assert (await living(shop)).id == known.id


async def test_stamps_of_the_card_in_the_chat_come_along(town: Town) -> None:
    shop, known, lena = await with_a_card_before(town)
    [new] = [each for each in await shop.customers() if each.id != known.id]
    await stamp(town, shop, new, 2)
    await lena.share_contact()
    assert "6 of 10 stamps" in (await card_of(lena)).words


async def test_a_contact_without_a_question_is_for_the_only_card_and_of_several_for_none(town: Town) -> None:
    shop, _, lena = await with_a_card_before(town)
    other = await town.open_shop()
    await lena.start(f"j_{other.business.slug}")
    before = await shop.customers()
    screen = await lena.share_contact()
    assert "For which shop?" in screen.last.words
    assert await shop.customers() == before


async def test_somebody_else_s_number_finds_nothing(town: Town) -> None:
    shop, _, _ = await with_a_card_before(town)
    before = await shop.customers()
    paul = await come_in(town, shop, "Paul", phone="+14155550000")
    for user_id in (paul.id + 1, None):
        screen = await paul.share_contact(phone=PHONE, user_id=user_id)
        assert "not your own number" in screen.last.words
    assert (await shop.customers())[:2] == before


async def test_a_number_that_nobody_has_becomes_the_number_of_the_card(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop, phone="14155552671")
    screen = await lena.share_contact()
    assert "knows your number now" in screen.last.words
    assert (await only(shop)).phone == PHONE
    assert "Use my number" not in " ".join((await card_of(lena)).labels)
    await lena.press("More")
    await lena.press("My number")
    assert PHONE in (await card_of(lena)).words


async def test_a_number_whose_card_is_in_another_chat_is_refused_and_nothing_changes(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop, phone=PHONE)
    await lena.share_contact()
    paul = await come_in(town, shop, "Paul", phone=PHONE)
    before = await shop.customers()
    screen = await paul.share_contact()
    assert "Another card of this shop has that phone number" in screen.last.words
    assert await shop.customers() == before


async def test_the_question_outlives_a_restart_and_leaves_the_chat_with_the_answer(town: Town) -> None:
    shop, known, lena = await with_a_card_before(town)
    await lena.press("Use my number")
    [shop] = await restart(town, shop)
    screen = await lena.press_reply("📱 Share my number")
    assert (await living(shop)).id == known.id
    assert not [message for message in screen.messages if message.contact or "press the button" in message.words]


async def test_who_would_rather_not_keeps_the_number_and_the_chat_its_letters(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await lena.press("Use my number")
    screen = await lena.press_reply("Not now")
    assert "nothing was shared" in screen.last.words
    assert screen.reply_keyboard is None
    assert (await only(shop)).phone is None
    assert "/card" in (await lena.say("hello")).last.words


async def test_who_types_instead_of_sharing_gets_the_letters_back(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await lena.press("Use my number")
    assert (await lena.screen()).reply_keyboard is not None
    screen = await lena.say("What for?")
    assert "nothing was shared" in screen.last.words
    assert screen.reply_keyboard is None


async def test_a_number_is_claimed_for_the_shop_that_asked(town: Town) -> None:
    bean, moon = await town.open_shop(), await town.open_shop()
    lena = await come_in(town, bean, phone=PHONE)
    await lena.start(f"j_{moon.business.slug}")
    await lena.press_data(lena.last.id, f"myphone:{moon.business.id}")
    await lena.press_reply("📱 Share my number")
    assert ((await only(bean)).phone, (await only(moon)).phone) == (None, PHONE)


async def test_a_contact_that_is_delivered_again_changes_nothing_more(town: Town) -> None:
    shop, known, lena = await with_a_card_before(town)
    await lena.press("Use my number")
    await lena.press_reply("📱 Share my number")
    before = await living(shop)
    await town.sandbox.redeliver(lena.bot)
    assert await living(shop) == before
    assert before.id == known.id
