"""Moving a card: somebody has a new Telegram account, and proves the number of a card that is in their old chat.

If the old chat is gone (blocked, or the account deleted), the card moves at once. Otherwise its holder is asked there,
and it moves once they agree. A manager can put both cards together (`staff/merging.py`).
"""

from telegram.error import Forbidden, TimedOut

from bots.buttons import button, keyboard, new_nonce
from bots.customers.own_cards import pressed_card
from bots.turn import Turn
from bots.words import Html, reply, words_for
from loyalty_app.chat.card_queue import cards_of_customer
from loyalty_app.chat.chats import ChatChange, HeldCard, change_chat, find_chat
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import Holder, chat_key
from loyalty_app.shops.businesses import Business
from loyalty_core.errors import Busy, LoyaltyError
from loyalty_core.fields import ChatId, CustomerId
from loyalty_core.ledger import Actor, ActorType


async def ask_holders(turn: Turn, shop: Business, customer_id: CustomerId) -> bool:
    """Ask those in whose chats a card is whether it may move here; True if all of these chats are gone."""
    cards = await turn.read(lambda connection: cards_of_customer(connection, shop.id, customer_id))
    others = [card for card in cards if card.user_id != turn.user_id]
    gone = [card.bot_id == turn.bot_id and await _is_gone(turn, shop, card) for card in others]
    return all(gone)


async def _is_gone(turn: Turn, shop: Business, card: HeldCard) -> bool:
    """Ask one holder; True if nothing can be sent to them."""
    chat_id = ChatId(card.user_id)
    chat = await turn.read(lambda connection: find_chat(connection, card.bot_id, chat_id))
    words = words_for(chat.language or chat.language_code)
    question = words.say(
        "📱 Somebody has shown with another Telegram account that your number at <b>{shop}</b> is theirs. Is that you? "
        "Then your card can move there.",
        shop=shop.name,
    )
    rows = [
        [button(words.label("✅ That is me, move it"), "mymove", shop.id, turn.user_id, new_nonce())],
        [button(words.label("✖ No, it stays here"), "mystay", shop.id)],
    ]
    try:
        await turn.bot.send_message(chat_id, question, reply_markup=keyboard(rows))
    except TimedOut:  # it may have arrived
        return False
    except Forbidden:
        now = turn.now()
        await change_chat(turn.runtime.database, card.bot_id, chat_id, ChatChange(blocked_at=now), now=now)
        return True
    return False


def told_meanwhile(turn: Turn, shop: Business) -> Html:
    """What somebody hears whose number belongs to a card in another chat."""
    return turn.words.say(
        "The card with your number at <b>{shop}</b> is in another Telegram chat. I have asked there whether it may "
        "move here. If you cannot answer there any more, ask at the counter: a manager can put both cards together.",
        shop=shop.name,
    )


async def move(turn: Turn) -> None:
    """[That is me, move it]: shop, the new account, nonce. The card leaves this chat."""
    snapshot = await pressed_card(turn)
    if snapshot is None:
        return
    words, shop, new_account = turn.words, snapshot.business, turn.press.number(1)
    actor, key = Actor(ActorType.CUSTOMER, snapshot.customer.id), chat_key(turn.press.text(2))
    caller = Caller(business=shop, actor=actor, key=key)
    try:
        await turn.counter.claim(
            caller, Holder(turn.bot_id, new_account), snapshot.customer.phone or "", released_by=turn.user_id
        )
    except Busy:
        raise
    except LoyaltyError as refusal:
        await turn.toast(reply(words, refusal, turn.now(shop)), alert=True)
        return
    if snapshot.card.message_id is not None:
        await turn.remove(snapshot.card.message_id)
    await turn.screen(words.say("✅ Your card at <b>{shop}</b> has moved to your other account.", shop=shop.name))


async def stay(turn: Turn) -> None:
    """[No, it stays here]: shop. Nothing changes."""
    await turn.screen(turn.words.say("All right, your card stays here."))


PRESSES = {"mymove": move, "mystay": stay}
