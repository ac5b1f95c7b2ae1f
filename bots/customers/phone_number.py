"""The phone number: offered, never demanded. People who share their own number find the card that the shop has for it.

Telegram shares a number only by a button in place of the keyboard; the user id in the contact shows that it is the
person's own. The draft of the chat keeps for which shop it was asked.
"""

from telegram import Contact, KeyboardButton, ReplyKeyboardMarkup, ReplyKeyboardRemove

from bots.buttons import button, new_nonce
from bots.customers.moving import ask_holders, told_meanwhile
from bots.customers.own_cards import back_row, find_own, pressed_card, turn_over
from bots.turn import Draft, Turn
from bots.words import Html, reply
from loyalty_app.chat.chats import ChatChange
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import Holder, chat_key
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.customers.staff_view import with_phone
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.notice_facts import SameNumberFacts
from loyalty_app.shops.owner_notices import add_notice_once, managers_of
from loyalty_core.errors import Busy, CardInUse, CustomerExists, LoyaltyError
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.ledger import Actor, ActorType

KIND = "mynumber"


async def show_number(turn: Turn) -> None:
    """Show the number that the shop knows, and the button to share another."""
    snapshot = await pressed_card(turn)
    if snapshot is None:
        return
    words, shop = turn.words, snapshot.business
    known = words.say("Your number at <b>{shop}</b>: {phone}", shop=shop.name, phone=snapshot.customer.phone)
    none = words.say(
        "<b>{shop}</b> does not know your number. If you had a card there before, your number finds it.",
        shop=shop.name,
    )
    share = button(words.label("📱 Use my number"), "myphone", shop.id)
    text = known if snapshot.customer.phone else none
    await turn_over(turn, snapshot, text, [[share], *back_row(turn, snapshot, "mymore")])


async def ask_number(turn: Turn) -> None:
    """Ask for the number, with Telegram's own button for it."""
    snapshot = await pressed_card(turn)
    if snapshot is None:
        return
    words = turn.words
    keys = [
        [KeyboardButton(words.label("📱 Share my number"), request_contact=True)],
        [KeyboardButton(words.label("Not now"))],
    ]
    message = await turn.sent(
        turn.bot.send_message,
        text=words.say(
            "Why your number? The staff of <b>{shop}</b> find your card with it, even without your phone, and a card "
            "that you had there before comes here with all its stamps. Only this shop sees it.\n\n"
            "To share it, press the button below.",
            shop=snapshot.business.name,
        ),
        reply_markup=ReplyKeyboardMarkup(keys, resize_keyboard=True, one_time_keyboard=True),
    )
    question_id = message.message_id if message else None
    turn.ask(Draft(KIND, {"shop": snapshot.business.id, "message": question_id, "nonce": new_nonce()}))


async def take_contact(turn: Turn) -> None:
    """Take a shared contact: one's own number finds or completes a card, any other number changes nothing.

    A forwarded contact does not count, whatever it says.
    """
    message, draft = turn.incoming.message, _draft(turn)
    contact = message.contact if message else None
    snapshot = await find_own(turn, BusinessId(int(draft.answers.get("shop") or 0))) if draft else None
    if message is None or contact is None:
        return
    if contact.user_id != turn.user_id or message.forward_origin is not None:
        said = turn.words.say("That is not your own number, so nothing was changed. Only your own finds your card.")
    elif snapshot is None:
        said = turn.words.say("For which shop? Open its card with /card and press “My number” there.")
    else:
        said = await _claim(turn, snapshot, contact, nonce=draft.answers.get("nonce") if draft else None)
    await _end(turn, draft, said)


def _draft(turn: Turn) -> Draft | None:
    draft = turn.draft
    return draft if draft is not None and draft.kind == KIND else None


async def _claim(turn: Turn, snapshot: CardSnapshot, contact: Contact, *, nonce: str | int | None) -> Html:
    words, shop = turn.words, snapshot.business
    digits = contact.phone_number.lstrip("+")
    actor, key = Actor(ActorType.CUSTOMER, snapshot.customer.id), chat_key(str(nonce)) if nonce else None
    caller = Caller(business=shop, actor=actor, key=key)
    holder = Holder(turn.bot_id, turn.user_id)
    try:
        try:
            answer = await turn.counter.claim(caller, holder, f"+{digits}")
        except CustomerExists as known:
            if not await ask_holders(turn, shop, CustomerId(known.customer_id)):
                await _tell_managers(turn, snapshot, known.customer_id)
                return told_meanwhile(turn, shop)
            answer = await turn.counter.claim(caller, holder, f"+{digits}")
    except Busy:
        raise
    except LoyaltyError as refusal:
        if isinstance(refusal, CardInUse):
            await _tell_managers(turn, snapshot, await _holder_of(turn, shop, digits))
        return words.say("{text}", text=reply(words, refusal, turn.now(shop)))
    if answer.outcome.replaced is None:
        return words.say("✅ <b>{shop}</b> knows your number now.", shop=shop.name)
    return words.say("✅ Found! The card that <b>{shop}</b> had for your number is in this chat now.", shop=shop.name)


async def _holder_of(turn: Turn, shop: Business, digits: str) -> int | None:
    found = await turn.read(lambda connection: with_phone(connection, shop, f"+{digits}"))
    return found.id if found else None


async def _tell_managers(turn: Turn, snapshot: CardSnapshot, holder_id: int | None) -> None:
    """Tell the managers of the shop, once, that somebody with another card has proven the number of a card."""
    shop, database, now = snapshot.business, turn.runtime.database, turn.now()
    if holder_id is None or holder_id == snapshot.customer.id:
        return
    facts = SameNumberFacts(business_id=shop.id, customer_id=holder_id, other_id=snapshot.customer.id)
    await database.write(
        lambda connection: add_notice_once(
            database, connection, shop.id, facts=facts, now=now, people=managers_of(connection, shop.id)
        )
    )


async def _end(turn: Turn, draft: Draft | None, said: Html) -> None:
    """Say the outcome and restore the keyboard; question and contact leave the chat."""
    await turn.swallow()
    question_id = draft.answers.get("message") if draft else None
    if isinstance(question_id, int):
        await turn.remove(question_id)
    await turn.sent(turn.bot.send_message, text=said, reply_markup=ReplyKeyboardRemove())
    if draft is not None:
        turn.note(ChatChange(draft=None))


async def stop_asking(turn: Turn, _text: str) -> None:
    """Any text instead of a shared number means: not now."""
    await _end(turn, _draft(turn), turn.words.say("All right, nothing was shared."))


PRESSES = {"mynumber": show_number, "myphone": ask_number}
DRAFTS = {KIND: stop_asking}
