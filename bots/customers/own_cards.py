"""One's own cards: the cards of the person who writes, and their messages in the chat.

What a button says is never trusted: a card is looked up by the person's own user id. Cards are only requested here; the
card worker sends and edits them.
"""

from contextlib import suppress
from typing import Any

from telegram import InputMediaPhoto

from bots.buttons import Rows, button, keyboard
from bots.card_delivery import NO_PARSE_MODE
from bots.card_messages import picture_of
from bots.turn import Turn
from bots.words import Html
from loyalty_app.chat.card_queue import send_again
from loyalty_app.customers.card_pictures import render_card
from loyalty_app.customers.card_snapshots import CardSnapshot, look_at_all, look_for
from loyalty_app.pictures.render_thread import drawn
from loyalty_app.shops.businesses import check_here, check_served
from loyalty_core.errors import Busy
from loyalty_core.fields import BusinessId


async def find_own(turn: Turn, business_id: BusinessId, turned_to: int | None = None) -> CardSnapshot | None:
    """The person's card of a shop, turned to the program of that number; None if they hold none."""
    bot_id, user_id, now = turn.bot_id, turn.user_id, turn.now()
    return await turn.read(
        lambda c: look_for(c, business_id, bot_id=bot_id, user_id=user_id, now=now, turned_to=turned_to)
    )


async def find_all(turn: Turn) -> list[CardSnapshot]:
    """All cards that the person holds in this chat, the oldest first."""
    bot_id, user_id, now = turn.bot_id, turn.user_id, turn.now()
    return await look_at_all(turn.runtime.database, bot_id, user_id, now=now)


async def find_some(turn: Turn) -> list[CardSnapshot]:
    """The same where something else can be offered: none if they may be on a machine that is away."""
    with suppress(Busy):
        return await find_all(turn)
    return []


async def pressed_card(turn: Turn, turned_to: int | None = None) -> CardSnapshot | None:
    """The person's card of the shop that a button names; if there is none, the person is told.

    Raises ShopMoved, ShopClosed.
    """
    snapshot = await find_own(turn, turn.press.business_id, turned_to)
    if snapshot is None:
        await turn.toast(turn.words.plain("This card is no longer here."), alert=True)
    else:
        check_here(snapshot.business)
    return snapshot


async def bring_down(turn: Turn, snapshot: CardSnapshot) -> None:
    """Request that a card is sent to the bottom of the chat; its earlier message is taken away.

    Raises ShopMoved, ShopClosed, and Busy while the shop moves: then nobody would send the card, and its message stays.
    """
    check_served(snapshot.business)
    card = snapshot.card
    if card.message_id is not None:
        await _put_away(turn, card.message_id)
        await turn.swallow()
    await turn.finish()  # the card worker reads the language there, and whether the person is back
    await send_again(turn.runtime.database, card, now=turn.now())
    turn.runtime.wakeups.cards.notify()


async def _put_away(turn: Turn, message_id: int) -> None:
    """Delete a card's message.

    Telegram does not delete one older than two days: its caption then points further down.
    """
    if not await turn.edited(turn.bot.delete_message, message_id):
        said = turn.words.say("⬇️ Your card is further down.")
        await turn.edited(turn.bot.edit_message_caption, message_id, caption=said, reply_markup=None)


async def turn_over(turn: Turn, snapshot: CardSnapshot, text: Html, rows: Rows) -> None:
    """Show a text below the picture of a card, in place of the present one.

    A press under any other message, such as news, brings the card down instead.
    """
    message_id = snapshot.card.message_id
    if turn.pressed_id is None or turn.pressed_id != message_id or not await _caption(turn, message_id, text, rows):
        await bring_down(turn, snapshot)


async def draw_over(turn: Turn, snapshot: CardSnapshot, text: Html, rows: Rows) -> None:
    """The same with the picture of the snapshot, in place of that of another program."""
    message_id = snapshot.card.message_id
    if turn.pressed_id is None or turn.pressed_id != message_id:
        await bring_down(turn, snapshot)
        return
    picture = await drawn(render_card, picture_of(snapshot))
    media = InputMediaPhoto(picture, caption=text, filename="card.jpg")
    edit: dict[str, Any] = {"media": media, "reply_markup": keyboard(rows), "api_kwargs": NO_PARSE_MODE}
    if not await turn.edited(turn.bot.edit_message_media, message_id, **edit):
        await bring_down(turn, snapshot)


async def _caption(turn: Turn, message_id: int, text: Html, rows: Rows) -> bool:
    return await turn.edited(turn.bot.edit_message_caption, message_id, caption=text, reply_markup=keyboard(rows))


def back_row(turn: Turn, snapshot: CardSnapshot, verb: str = "mycard") -> Rows:
    """The row with the button that leads back."""
    return [[button(turn.words.label("‹ Back"), verb, snapshot.business.id)]]
