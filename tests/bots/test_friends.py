"""Friends in the chat: a button shares the link of a card, friends who come by it begin with a gift, both are told."""

from urllib.parse import parse_qs, urlsplit

import pytest

from loyalty_core.customers import Customer
from loyalty_core.gifts import ReferralGift
from testkit.people import Person
from testkit.screens import Shown
from testkit.shop import Shop
from testkit.town import BOT, Town
from tests.bots.customers import card_of, cards_on, come_in, give_own_bot, open_named, restart
from tests.bots.test_card_news import texts

pytestmark = pytest.mark.usefixtures("unhurried")
BOTH = ReferralGift(stamps_for_friend=2, stamps_for_referrer=3, monthly_cap=2)


@pytest.fixture
async def shop(town: Town) -> Shop:
    """A shop that gives two stamps to friends, and three to the customers who bring them."""
    return await town.open_shop(referral=BOTH)


@pytest.fixture
async def lena(town: Town, shop: Shop) -> Person:
    return await come_in(town, shop)


def shared(card: Shown) -> tuple[str, str]:
    """The link that the button below a card shares, and the words with it."""
    [button] = [button for row in card.keyboard for button in row if "Bring a friend" in button.text]
    assert button.url is not None
    address = urlsplit(button.url)
    assert (address.netloc, address.path) == ("t.me", "/share/url")
    asked = parse_qs(address.query)
    return asked["url"][0], asked["text"][0]


async def named(shop: Shop, name: str) -> Customer:
    return next(one for one in await shop.customers() if one.name == name and one.erased_at is None)


async def friend_of(town: Town, lena: Person, name: str = "Ben") -> Person:
    """Somebody who opens the link that Lena shared."""
    ben = await town.person(name)
    await ben.open(shared(await card_of(lena))[0])
    return ben


async def test_one_tap_shares_the_link_and_a_friend_who_opens_it_has_a_card_with_the_gift(
    town: Town, shop: Shop, lena: Person
) -> None:
    link, words = shared(await card_of(lena))
    assert link == f"https://t.me/{BOT}?start=r_{(await named(shop, 'Lena')).qr_code}"
    assert words == "My stamp card at Bean & Leaf. Get yours here, with 2 stamps as a gift from me:"
    assert "👥 Bring a friend: +3" in (await card_of(lena)).labels
    ben = await friend_of(town, lena)
    assert "2 of 10 stamps" in (await card_of(ben)).words
    assert await texts(ben) == ["👋 A friend brought you to Bean & Leaf: 2 stamps are on your card to begin with."]


async def test_at_the_first_visit_who_brought_the_friend_is_told_once(town: Town, shop: Shop, lena: Person) -> None:
    await friend_of(town, lena)
    ben = await named(shop, "Ben")
    for _ in range(2):
        await shop.stamp(ben.id)
        await town.idle()
    [told] = await texts(lena)
    assert told.startswith("👥 A friend of yours came to Bean & Leaf! 3 stamps are a gift for you.")
    assert "3 of 10 stamps" in (await card_of(lena)).words
    await lena.press("History")
    assert "3 stamps as a gift: a friend of yours came" in (await card_of(lena)).words


async def test_without_a_gift_there_is_no_button_and_it_comes_and_goes_with_the_gift(town: Town) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    for gift, there in ((BOTH, True), (None, False)):
        await shop.change(referral=gift)
        town.runtime.wakeups.cards.notify()
        await town.idle()
        assert any("Bring a friend" in label for label in (await card_of(lena)).labels) is there


async def test_ones_own_link_and_one_for_who_has_a_card_say_so_and_give_nothing(
    town: Town, shop: Shop, lena: Person
) -> None:
    own, _ = shared(await card_of(lena))
    await lena.open(own)
    assert any("This is your own link" in message.words for message in lena.messages)
    ben = await come_in(town, shop, "Ben")
    await ben.open(own)
    assert any("You have a card here already" in message.words for message in ben.messages)
    assert [one.card.current_stamps for one in await shop.customers()] == [0, 0]


async def test_who_erased_their_card_and_comes_again_by_a_link_joins_without_a_gift(
    town: Town, shop: Shop, lena: Person
) -> None:
    link, _ = shared(await card_of(lena))
    ben = await come_in(town, shop, "Ben")
    await shop.erase((await named(shop, "Ben")).id)
    await town.idle()
    await ben.open(link)
    assert "0 of 10 stamps" in (await cards_on(ben))[-1].words


@pytest.mark.parametrize("payload", ["r_", "r_CUS0000000000", "r_nonsense", "r_" + "x" * 60])
async def test_a_link_of_no_card_is_told_so(town: Town, shop: Shop, payload: str) -> None:
    omar = await town.person("Omar")
    assert "leads to no card" in (await omar.start(payload)).last.words
    assert await shop.customers() == []


async def test_a_link_that_came_as_a_text_is_opened_too(town: Town, shop: Shop, lena: Person) -> None:
    link, _ = shared(await card_of(lena))
    ben = await town.person("Ben")
    await ben.say(f"Look: {link}")
    assert "2 of 10 stamps" in (await card_of(ben)).words
    assert (await named(shop, "Ben")).card.current_stamps == 2


async def test_a_link_of_an_erased_card_leads_to_the_shop_without_a_gift(town: Town, shop: Shop, lena: Person) -> None:
    link, _ = shared(await card_of(lena))
    await shop.erase((await named(shop, "Lena")).id)
    ben = await town.person("Ben")
    await ben.open(link)
    assert "0 of 10 stamps" in (await card_of(ben)).words


async def test_a_bot_of_one_shop_hands_out_no_card_of_another(town: Town) -> None:
    bakery = await open_named(town, "Bakery", referral=BOTH)
    stranger = await bakery.join("Omar")
    shop = await town.open_shop(referral=BOTH)
    bot = await give_own_bot(town, shop, "bean_bot")
    [bakery] = await restart(town, bakery)
    ben = (await town.person("Ben")).at(bot)
    assert "leads to no card" in (await ben.start(f"r_{stranger.qr_code}")).last.words
    await ben.say(f"https://t.me/{BOT}?start=r_{stranger.qr_code}")
    assert "This belongs to another bot" in ben.last.words
    assert len(await bakery.customers()) == 1


async def test_who_wants_no_messages_to_many_is_still_thanked_without_their_button(
    town: Town, shop: Shop, lena: Person
) -> None:
    await friend_of(town, lena)
    await shop.update((await named(shop, "Lena")).id, opted_out=True)
    await shop.stamp((await named(shop, "Ben")).id)
    await town.idle()
    [told] = [message for message in (await lena.screen()).from_bot if "A friend of yours came" in message.words]
    assert told.labels == ["💳 Show my card"]
