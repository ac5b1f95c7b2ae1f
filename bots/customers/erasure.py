"""Erasure: people have their data deleted, at one shop or at all shops, after they confirmed it."""

import re
from html import escape

from bots.buttons import RISKY, Rows, button, new_nonce
from bots.customers.own_cards import turn_over
from bots.customers.own_data import pressed_cards
from bots.turn import Turn
from bots.words import TEXT, Html, fitted, listed, reply
from loyalty_app.chat.chats import ChatChange
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import chat_key
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_core.errors import CustomerNotFound, ShopClosed, ShopMoved
from loyalty_core.ledger import Actor, ActorType

NONCE = re.compile(r"[0-9A-Za-z]{1,40}")


async def ask(turn: Turn) -> None:
    """Ask for confirmation, and say what is deleted and what stays."""
    cards = await pressed_cards(turn)
    if not cards:
        return
    if turn.press.number(0):
        await turn_over(turn, cards[0], _question(turn, cards), _rows(turn, cards[0].business.id))
    else:
        await turn.screen(_question(turn, cards), _rows(turn, 0))


def _question(turn: Turn, cards: list[CardSnapshot]) -> Html:
    words = turn.words
    waiting = sum(snapshot.customer.rewards_available for snapshot in cards)
    parts = [
        words.say(
            "Delete your card at {shops}? Your name, your number and your stamps will be gone for good.",
            shops=listed([snapshot.business.name for snapshot in cards], words),
        )
    ]
    if waiting:
        parts.append(
            words.count(
                "⚠️ {n} reward waiting for you will be gone too.",
                "⚠️ {n} rewards waiting for you will be gone too.",
                waiting,
            )
        )
    return Html("\n".join(parts))


def _rows(turn: Turn, shop: int) -> Rows:
    words = turn.words
    return [
        [button(words.label("🗑 Yes, delete"), "myerase", shop, new_nonce(), look=RISKY)],
        [button(words.label("‹ Back"), "mydata", shop)],
    ]


async def erase(turn: Turn) -> None:
    """Delete what the question named; the card worker takes the cards out of the chat.

    A shop that has moved or is being deleted is not in the way of others: its refusal is told beside them. Raises
    ShopMoved, ShopClosed if there is no other.
    """
    nonce = turn.press.text(1)
    cards = await pressed_cards(turn) if NONCE.fullmatch(nonce) else []
    if not cards:
        return
    refusals = [await _refusal(turn, snapshot, nonce) for snapshot in cards]
    done = [snapshot for snapshot, refusal in zip(cards, refusals, strict=True) if refusal is None]
    gone = [(snapshot, refusal) for snapshot, refusal in zip(cards, refusals, strict=True) if refusal is not None]
    if not done:
        raise gone[-1][1]
    if not turn.press.number(0):
        turn.note(ChatChange(language=None))
    await turn.screen(fitted(_done(turn, done), [_gone(turn, *one) for one in gone], most=TEXT))


async def _refusal(turn: Turn, snapshot: CardSnapshot, nonce: str) -> ShopMoved | ShopClosed | None:
    """Delete a card; return why not, if its shop is not here any more."""
    try:
        await _erase(turn, snapshot, nonce)
    except (ShopMoved, ShopClosed) as refusal:
        return refusal
    return None


def _gone(turn: Turn, snapshot: CardSnapshot, refusal: ShopMoved | ShopClosed) -> Html:
    name = turn.words.say("<b>{shop}</b>", shop=snapshot.business.name)
    return Html(f"\n{name}: {escape(reply(turn.words, refusal, turn.now()))}")


async def _erase(turn: Turn, snapshot: CardSnapshot, nonce: str) -> None:
    customer_id = snapshot.customer.id
    caller = Caller(business=snapshot.business, actor=Actor(ActorType.CUSTOMER, customer_id), key=chat_key(nonce))
    try:
        await turn.counter.erase(caller, customer_id)
    except CustomerNotFound:  # the shop has just erased the customer
        return


def _done(turn: Turn, cards: list[CardSnapshot]) -> Html:
    words = turn.words
    return words.say(
        "🗑 Deleted at {shops}: your name, your number, your card and your rewards. "
        "Only figures stay there, and they say nothing about you.",
        shops=listed([snapshot.business.name for snapshot in cards], words),
    )


PRESSES = {"myleave": ask, "myerase": erase}
