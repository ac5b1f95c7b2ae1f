"""Sending messages: texts, and what all sending methods share: replies, effects and keyboards."""

from msgspec import Struct

from telegram_sandbox.calls.call import Call
from telegram_sandbox.calls.texts import text_content
from telegram_sandbox.chats import Chat
from telegram_sandbox.keyboards import checked
from telegram_sandbox.people import Json
from telegram_sandbox.refusals import bad_request

EFFECTS = {
    "5104841245755180586": "🔥",
    "5107584321108051014": "👍",
    "5104858069142078462": "👎",
    "5159385139981059251": "❤️",
    "5046509860389126442": "🎉",
    "5046589136895476101": "💩",
}


class Sending(Struct, kw_only=True):
    """The parameters that all sending methods share."""

    chat_id: int | str = 0
    disable_notification: bool = False
    protect_content: bool = False
    allow_paid_broadcast: bool = False
    message_effect_id: str | None = None
    reply_parameters: Json | None = None
    reply_markup: Json | None = None


class SendMessage(Sending, kw_only=True):
    """Parameters of sendMessage."""

    text: str = ""
    parse_mode: str | None = None
    entities: list[Json] | None = None
    link_preview_options: Json | None = None


def send_message(call: Call, asked: SendMessage) -> Json:
    """Send a text."""
    chat = call.open_chat(asked.chat_id)
    content = text_content(asked.text, asked.parse_mode, asked.entities)
    if asked.link_preview_options:
        content["link_preview_options"] = asked.link_preview_options
    return sent(call, chat, asked, content)


def sent(call: Call, chat: Chat, asked: Sending, content: Json) -> Json:
    """Put a message into a chat, with everything that comes with it. Raises Refused before anything is done."""
    markup = checked(asked.reply_markup)
    effect = checked_effect(asked.message_effect_id)
    replied = replied_to(chat, asked.reply_parameters)
    if asked.protect_content:
        content = content | {"has_protected_content": True}
    message = chat.add(content, by_bot=True, date=call.now())
    message.markup, message.effect_id, message.reply_to = markup, effect, replied
    message.silent = asked.disable_notification
    show_reply_keyboard(chat, markup)
    chat.acting = ("", 0.0)
    call.world.tell(chat, "message")
    return chat.wire(message)


def checked_effect(effect_id: str | None) -> str | None:
    """An effect that Telegram knows, or None. Raises Refused."""
    if effect_id and effect_id not in EFFECTS:
        raise bad_request("EFFECT_ID_INVALID")
    return effect_id or None


def replied_to(chat: Chat, reply: Json | None) -> int | None:
    """The number of the message that is replied to, or None. Raises Refused."""
    if not reply:
        return None
    if reply.get("message_id") in chat.messages:
        return int(reply["message_id"])
    if reply.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def show_reply_keyboard(chat: Chat, markup: Json | None) -> None:
    """Show a keyboard in place of the letters, or remove it."""
    if markup and "keyboard" in markup:
        chat.reply_keyboard = markup
    elif markup and ("remove_keyboard" in markup or "force_reply" in markup):
        chat.reply_keyboard = None
