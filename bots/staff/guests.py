"""Guests: staff make a card for somebody who has no phone in hand, from a phone number and a first name.

Three messages: /newcard, the number, the name; or the number of nobody, a press, the name. The guest can take the card
into their own chat later, by sharing that number (`customers/phone_number.py`). The answers are kept in the draft.
"""

from collections.abc import Sequence

from bots.buttons import Rows, button, new_nonce
from bots.rights import own_position
from bots.staff.screen import show
from bots.staff.shift import Shift, find_shift, positions_here_first
from bots.turn import Draft, Turn
from bots.words import Html
from loyalty_app.chat.chats import ChatChange
from loyalty_app.contacts import checked_phone
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.staff import Position
from loyalty_core.access import Role
from loyalty_core.customers import Profile, clean_name
from loyalty_core.errors import CustomerExists, InvalidRequest, NotOnStaff
from loyalty_core.fields import NAME_LENGTH, BusinessId, CustomerId

KIND = "guest"
PHONE, NAME = "guest.phone", "guest.name"
MOST_OFFERS = 3


async def begin_card(turn: Turn) -> None:
    """[/newcard] Ask for the guest's number, for the shop of this chat. Raises NotOnStaff."""
    positions = await positions_here_first(turn)
    if not positions:
        raise NotOnStaff
    await _ask_phone(turn, positions[0].business)


async def _ask_phone(turn: Turn, shop: Business, *, wrong: str = "") -> None:
    words = turn.words
    turn.ask(Draft(PHONE, {"business": shop.id}))
    question = words.say(
        "💳 <b>New card at {shop}</b> · 1 of 2\n\nWhat is the guest's phone number? The guest can use the card in "
        "Telegram later, with that number.",
        shop=shop.name,
    )
    await _show(turn, question, wrong)


async def _ask_name(turn: Turn, shop: Business, phone: str, *, wrong: str = "") -> None:
    words = turn.words
    turn.ask(Draft(NAME, {"business": shop.id, "phone": phone, "nonce": new_nonce()}))
    question = words.say(
        "💳 <b>New card at {shop}</b> · 2 of 2\n\nWhat is the first name of the guest with {phone}?",
        shop=shop.name,
        phone=phone,
    )
    await _show(turn, question, wrong)


async def _show(turn: Turn, question: Html, wrong: str) -> None:
    words = turn.words
    text = words.say("☝️ {wrong}\n\n{question}", wrong=wrong, question=question) if wrong else question
    await turn.screen(text, [[button(words.label("✖ Cancel"), "cancel")]])


def offer_rows(turn: Turn, positions: Sequence[Position], typed: str) -> Rows:
    """Buttons to make a card for a number that nobody has, one for each shop where it is a phone number."""
    offers: Rows = []
    for position in positions[:MOST_OFFERS]:
        shop = position.business
        try:
            phone = checked_phone(typed, shop.country)
        except InvalidRequest:
            continue
        label = turn.words.label("➕ New card for {phone}", phone=phone)
        several = turn.words.label("➕ New card at {shop}", shop=shop.name[:24])
        offers.append([button(label if len(positions) == 1 else several, "guest", shop.id, phone)])
    return offers


async def press_offer(turn: Turn) -> None:
    """[New card]: shop, phone. Raises NotOnStaff."""
    position = await own_position(turn, turn.press.business_id, Role.STAFF)
    await _take_phone(turn, position.business, turn.press.text(1))


async def take_answer(turn: Turn, text: str) -> None:
    """Take the number or the name; an answer that cannot be used is explained. Raises NotOnStaff."""
    draft = turn.draft or Draft(PHONE)
    position = await own_position(turn, BusinessId(int(draft.answers.get("business") or 0)), Role.STAFF)
    if draft.kind == NAME and not turn.has_asked(draft):
        await _take_name(turn, position.business, draft, text)
    else:
        await _take_phone(turn, position.business, text)


async def _take_phone(turn: Turn, shop: Business, text: str) -> None:
    try:
        phone = checked_phone(text, shop.country)
    except InvalidRequest:
        words = turn.words
        wrong = words.plain("Please send a whole phone number, with its country code if it is from abroad.")
        await _ask_phone(turn, shop, wrong=wrong)
        return
    await _ask_name(turn, shop, phone)


async def _take_name(turn: Turn, shop: Business, draft: Draft, text: str) -> None:
    phone, nonce = str(draft.answers.get("phone") or ""), str(draft.answers.get("nonce") or "")
    try:
        name = clean_name(" ".join(text.split()))
    except InvalidRequest:
        wrong = turn.words.plain("Please send a name of at most {n} letters.", n=NAME_LENGTH)
        await _ask_name(turn, shop, phone, wrong=wrong)
        return
    shift = await find_shift(turn, shop.id)
    if shift is None:
        raise NotOnStaff
    turn.note(ChatChange(draft=None))
    customer_id, headline = await _make(turn, shift, Profile(name=name, phone=phone), nonce)
    await show(turn, shift, customer_id, headline=headline)


async def _make(turn: Turn, shift: Shift, profile: Profile, nonce: str) -> tuple[CustomerId, Html]:
    """Make the card, once; a number that somebody has already leads to their card."""
    words = turn.words
    try:
        answer = await turn.counter.join(shift.caller(nonce), profile)
    except CustomerExists as known:
        return CustomerId(known.customer_id), words.say("This number has a card already:")
    name = first_name(answer.outcome.name)
    said = words.say(
        "✅ <b>{name}</b> has a card now. To see it in Telegram: scan the poster, then press {button}.",
        name=name,
        button=words.label("📱 Use my number"),
    )
    return answer.outcome.id, said


PRESSES = {"guest": press_offer}
DRAFTS = {KIND: take_answer}
