"""The phone number: offered, never demanded; only one's own finds a card."""

import pytest

from bots.buttons import new_nonce
from loyalty_app.db import tables
from loyalty_core.access import Role
from loyalty_core.customers import Customer
from loyalty_core.views import CustomerView
from testkit.concurrency import until
from testkit.people import Person
from testkit.screens import Screen, Shown
from testkit.shop import Shop
from testkit.town import Town
from tests.bots.customers import card_of, code_on, come_in, only, restart, stamp
from tests.bots.test_owner_notice_worker import told

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
    await lena.press("Use my number")
    await stamp(town, shop, new, 2)
    await lena.press_reply("📱 Share my number")
    assert "6 of 10 stamps" in (await card_of(lena)).words


async def answer(person: Person) -> Screen:
    """Share the number below the card, as it is asked for."""
    await person.press("Use my number")
    return await person.press_reply("📱 Share my number")


async def test_a_contact_that_nobody_asked_for_is_for_no_card(town: Town) -> None:
    shop, _, lena = await with_a_card_before(town)
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
    screen = await answer(lena)
    assert "knows your number now" in screen.last.words
    assert (await only(shop)).phone == PHONE
    assert "Use my number" not in " ".join((await card_of(lena)).labels)
    await lena.press("More")
    await lena.press("My number")
    assert PHONE in (await card_of(lena)).words


async def two_accounts(town: Town) -> tuple[Shop, Person, Person]:
    """Lena's card is in her chat, and her new account proves the same number."""
    shop = await town.open_shop()
    lena = await come_in(town, shop, phone=PHONE)
    await answer(lena)
    await shop.stamp((await only(shop)).id, 4)
    await town.idle()
    return shop, lena, await come_in(town, shop, "Lena B", phone=PHONE)


async def test_a_number_whose_card_is_in_another_chat_changes_nothing_until_it_is_answered_there(town: Town) -> None:
    shop, lena, new = await two_accounts(town)
    before = await shop.customers()
    screen = await answer(new)
    assert "is in another Telegram chat. I have asked there" in screen.last.words
    assert await shop.customers() == before
    assert "Somebody has shown with another Telegram account" in (await lena.screen()).last.words
    await lena.press("No, it stays here")
    assert "your card stays here" in lena.last.words
    assert await shop.customers() == before


async def test_the_holder_lets_the_card_move_to_the_new_account(either_town: Town) -> None:
    town = either_town
    shop, lena, new = await two_accounts(town)
    await answer(new)
    await lena.screen()
    await lena.press("That is me, move it")
    assert "has moved to your other account" in lena.last.words
    await town.idle()
    assert "4 of 10 stamps" in (await card_of(new)).words
    assert [row.user_id for row in await shop.rows(tables.telegram_card)] == [new.id]
    assert (await living(shop)).phone == PHONE


async def test_a_card_whose_name_nobody_changed_follows_the_name_of_the_new_account(town: Town) -> None:
    shop, lena, new = await two_accounts(town)
    await lena.say("/card")
    await lena.block()
    await answer(new)
    await new.say("/card")
    await town.idle()
    assert (await living(shop)).name == "Lena B"


async def test_a_card_whose_name_was_chosen_keeps_it_in_the_new_account(town: Town) -> None:
    shop, lena, new = await two_accounts(town)
    await lena.say("/card")
    [first] = [one for one in await shop.customers() if one.phone == PHONE]
    await shop.update(first.id, name="Lena of the bakery")
    await lena.block()
    await answer(new)
    await new.say("/card")
    await town.idle()
    assert (await living(shop)).name == "Lena of the bakery"


async def test_a_card_in_a_chat_that_was_blocked_moves_at_once(town: Town) -> None:
    shop, lena, new = await two_accounts(town)
    await lena.block()
    screen = await answer(new)
    assert "Found!" in screen.last.words
    await town.idle()
    assert "4 of 10 stamps" in (await card_of(new)).words
    assert [row.user_id for row in await shop.rows(tables.telegram_card)] == [new.id]


async def test_a_made_up_button_moves_only_the_card_of_who_presses_it(town: Town) -> None:
    shop, lena, new = await two_accounts(town)
    paul = await come_in(town, shop, "Paul", phone="+14155550000")
    before = await shop.customers()
    await paul.press_data(paul.last.id, f"mymove:{shop.business.id}:{new.id}:{new_nonce()}")
    assert await shop.customers() == before
    assert len(await shop.rows(tables.telegram_card)) == 3
    assert lena.id != new.id


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


async def test_a_contact_that_was_forwarded_is_nobody_s_own(town: Town) -> None:
    shop, _, lena = await with_a_card_before(town)
    await lena.press("Use my number")
    before, user = await shop.customers(), {"id": lena.id, "is_bot": False, "first_name": "Lena"}
    message = {
        "message_id": 77,
        "date": 1,
        "chat": {"id": lena.id, "type": "private"},
        "from": user,
        "forward_origin": {"type": "user", "date": 1, "sender_user": user},
        "contact": {"phone_number": PHONE, "first_name": "Lena", "user_id": lena.id},
    }
    [bot_id] = town.supervisor.bots
    await town.supervisor.intake.take(bot_id, [{"update_id": 900_000_001, "message": message}])
    await town.idle()
    assert "not your own number" in (await lena.screen()).last.words
    assert await shop.customers() == before


async def test_a_contact_ends_no_question_but_its_own(town: Town) -> None:
    lena = await come_in(town, await town.open_shop(), phone=PHONE)
    await lena.say("/newshop")
    await lena.share_contact()
    await lena.say("Moon")
    assert "Moon · 2 of 3" in lena.last.words


@pytest.mark.usefixtures("unhurried")
async def test_a_number_whose_answer_could_not_be_told_is_told_again(town: Town) -> None:
    shop, known, lena = await with_a_card_before(town)
    await lena.press("Use my number")
    await town.sandbox.order_fault(lena.bot, "server_error", method="sendMessage")
    screen = await lena.press_reply("📱 Share my number")
    assert "Found!" in " ".join(message.words for message in screen.from_bot)
    assert (await living(shop)).id == known.id


async def told_of(person: Person, town: Town, shop: Shop) -> list[Shown]:
    """The notices about two cards in a chat, once all notices are told."""
    await until(lambda: told(shop))
    await town.idle()
    return [message for message in (await person.screen()).from_bot if message.words.startswith("🔗 Bean & Leaf")]


@pytest.mark.usefixtures("unhurried")
async def test_managers_are_offered_once_to_put_both_cards_together(either_town: Town) -> None:
    town = either_town
    shop, _, new = await two_accounts(town)
    mira, ben = await town.hire(shop, "Mira", Role.OWNER), await town.hire(shop, "Ben", Role.MANAGER)
    await town.hire(shop, "Ana")
    kept, other = await shop.customers()
    await answer(new)
    await shop.stamp(other.id, 2)
    await new.press_data((await card_of(new)).id, f"myphone:{shop.business.id}")
    await new.press_reply("📱 Share my number")
    assert [len(await told_of(person, town, shop)) for person in (mira, ben)] == [1, 1]
    await ben.press("Look at both cards")
    assert all(f"…{one.qr_code[-4:]}" in ben.last.words for one in (kept, other))
    await ben.press("Make them one card")
    assert ben.last.words.startswith("🔗 One card now: Lena – 6 of 10")
    await town.idle()
    assert "6 of 10 stamps" in (await card_of(new)).words
    assert (await living(shop)).id == kept.id
    await mira.screen()
    assert await mira.press("Look at both cards") == "These two are one card already."


@pytest.mark.usefixtures("unhurried")
async def test_managers_are_offered_to_merge_where_a_reward_bars_the_claim(town: Town) -> None:
    shop, known, lena = await with_a_card_before(town)
    ben = await town.hire(shop, "Ben", Role.MANAGER)
    [new] = [each for each in await shop.customers() if each.id != known.id]
    await lena.press("Use my number")
    await stamp(town, shop, new, 10)
    assert "Redeem the reward" in (await lena.press_reply("📱 Share my number")).last.words
    [notice] = await told_of(ben, town, shop)
    assert "Perhaps both cards are of one person" in notice.words
    await ben.press("Look at both cards")
    await ben.press("Make them one card")
    merged = await living(shop)
    assert (merged.id, merged.card.rewards_available) == (known.id, 1)


@pytest.mark.usefixtures("unhurried")
async def test_a_card_that_moves_by_itself_is_told_to_no_manager(town: Town) -> None:
    shop, lena, new = await two_accounts(town)
    ben = await town.hire(shop, "Ben", Role.MANAGER)
    await lena.block()
    await answer(new)
    assert await told_of(ben, town, shop) == []
