"""Screens of owners: their common parts: the way back, a headline, a repeated question, a picture.

A picture with buttons takes the place of the screen, and is edited in place from then on. The text of a screen is in
the module of its subject.
"""

from typing import Any

from telegram import InlineKeyboardButton, InputMediaPhoto, Message

from bots.buttons import Rows, button, keyboard
from bots.card_delivery import NO_PARSE_MODE
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.staff import Position


def back(words: Words, position: Position) -> list[InlineKeyboardButton]:
    """The way back to the shop's screen."""
    return [button(words.label("« My shop"), "shop", position.business.id)]


def below(head: Html | None, text: Html) -> Html:
    """A text below a headline with what was done, or was wrong; without a headline, the text alone."""
    return Html(f"{head}\n\n{text}") if head else text


def ask_again(words: Words, question: Html, wrong: str) -> Html:
    """A question, below what was wrong with the last answer; alone if it is asked for the first time."""
    return words.say("☝️ {wrong}\n\n{question}", wrong=wrong, question=question) if wrong else question


async def show_picture(turn: Turn, picture: bytes, caption: Html, rows: Rows) -> None:
    """Show a picture on the person's screen: in place of the pressed picture, or as a new message.

    `picture` is a PNG or JPEG, `rows` are the buttons below it. The earlier screen is removed.
    """
    pressed, keys = turn.pressed_id, keyboard(rows)
    if pressed is not None and _is_photo(turn):
        media = InputMediaPhoto(picture, caption=caption, filename="picture.png")
        edit: dict[str, Any] = {"media": media, "reply_markup": keys, "api_kwargs": NO_PARSE_MODE}
        if await turn.edited(turn.bot.edit_message_media, pressed, **edit):
            return
    message = await turn.sent(turn.bot.send_photo, photo=picture, caption=caption, reply_markup=keys)
    if message is None:
        return
    for old in {turn.chat.screen_id, pressed} - {None, message.message_id}:
        await turn.remove(old or 0)
    turn.note(ChatChange(screen_id=message.message_id))


def _is_photo(turn: Turn) -> bool:
    query = turn.incoming.callback_query
    return query is not None and isinstance(query.message, Message) and bool(query.message.photo)
