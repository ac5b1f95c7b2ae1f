"""Pictures as screens: a photo with buttons takes the place of the screen, and is edited in place from then on."""

from typing import Any

from telegram import InputMediaPhoto, Message

from bots.buttons import Rows, keyboard
from bots.card_messages import NO_PARSE_MODE
from bots.turn import Turn
from bots.words import Html
from loyalty_app.chat.chats import ChatChange


async def show_picture(turn: Turn, picture: bytes, caption: Html, rows: Rows) -> None:
    """Show a picture on the person's screen: in place of the picture whose button was pressed, or else anew."""
    pressed, keys = turn.pressed_id, keyboard(rows)
    if pressed is not None and _is_photo(turn):
        media = InputMediaPhoto(picture, caption=caption, filename="picture.png")
        shown: dict[str, Any] = {"media": media, "reply_markup": keys, "api_kwargs": NO_PARSE_MODE}
        if await turn.edited(turn.bot.edit_message_media, pressed, **shown):
            return
    message = await turn.sent(turn.bot.send_photo, photo=picture, caption=caption, reply_markup=keys)
    if message is None:
        return
    for old in {turn.chat.screen_id, pressed} - {None, message.message_id}:
        await turn.remove(old or 0)
    turn.note(ChatChange(screen_id=message.message_id))


def _is_photo(turn: Turn) -> bool:
    query = turn.came.callback_query
    return query is not None and isinstance(query.message, Message) and bool(query.message.photo)
