"""Opting out: somebody wants no more messages to many, or wants them again. News of their own card stays.

It counts for all messages of the shop, in whichever chat the card hangs. The button is below each such message, and
beside the other settings of a card.
"""

from bots.buttons import keyboard
from bots.customers.own_cards import pressed_card
from bots.gift_news import MORE, NO_MORE, gift_rows, refused_rows
from bots.turn import Turn
from loyalty_app.counter import Caller
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_core.customers import ProfileChange
from loyalty_core.ledger import Actor, ActorType


async def refuse_more(turn: Turn) -> None:
    """[No more of these]: shop. The button becomes the one that takes it back."""
    snapshot = await pressed_card(turn)
    if snapshot is None:
        return
    await opt(turn, snapshot, out=True)
    await _replace_button(turn, snapshot, out=True)


async def want_more(turn: Turn) -> None:
    """[Send them again]: shop."""
    snapshot = await pressed_card(turn)
    if snapshot is None:
        return
    await opt(turn, snapshot, out=False)
    await _replace_button(turn, snapshot, out=False)


async def opt(turn: Turn, snapshot: CardSnapshot, *, out: bool) -> None:
    """Note what the customer wants, and say what it means."""
    actor, number = Actor(ActorType.CUSTOMER, snapshot.customer.id), snapshot.customer.id
    await turn.counter.change_profile(
        Caller(business=snapshot.business, actor=actor), number, ProfileChange(opted_out=out)
    )
    words, shop = turn.words, snapshot.business.name
    await turn.toast(
        words.plain("{shop} sends you no more of these. You still hear of your own card.", shop=shop)
        if out
        else words.plain("{shop} may send you greetings and gifts again.", shop=shop)
    )


async def _replace_button(turn: Turn, snapshot: CardSnapshot, *, out: bool) -> None:
    rows = refused_rows(snapshot, turn.words) if out else gift_rows(snapshot, turn.words)
    if turn.pressed_id is not None:
        await turn.edited(turn.bot.edit_message_reply_markup, turn.pressed_id, reply_markup=keyboard(rows))


PRESSES = {NO_MORE: refuse_more, MORE: want_more}
