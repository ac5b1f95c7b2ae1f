"""The methods of the Bot API that the sandbox knows: the table below, one module for each family.

A method is a function of the call and its parameters. `gateway` receives calls.
"""

from collections.abc import Callable
from typing import Any, get_type_hints

from msgspec import Struct

from telegram_sandbox.calls import chats, edits, media, messages, myself, updates


class Method(Struct, frozen=True):
    """A method: its name, the struct of its parameters, and its function."""

    name: str
    wants: type[Struct]
    do: Callable[..., Any]


NAMED: dict[str, Callable[..., Any]] = {
    "getMe": myself.get_me,
    # Receiving updates.
    "getUpdates": updates.get_updates,
    "setWebhook": updates.set_webhook,
    "deleteWebhook": updates.delete_webhook,
    "getWebhookInfo": updates.get_webhook_info,
    # Messages.
    "sendMessage": messages.send_message,
    "sendPhoto": media.send_photo,
    "sendDocument": media.send_document,
    "getFile": media.get_file,
    "editMessageText": edits.edit_message_text,
    "editMessageCaption": edits.edit_message_caption,
    "editMessageMedia": edits.edit_message_media,
    "editMessageReplyMarkup": edits.edit_message_reply_markup,
    "deleteMessage": chats.delete_message,
    "deleteMessages": chats.delete_messages,
    # Around messages.
    "answerCallbackQuery": chats.answer_callback_query,
    "sendChatAction": chats.send_chat_action,
    "setMessageReaction": chats.set_message_reaction,
    "pinChatMessage": chats.pin_chat_message,
    "unpinChatMessage": chats.unpin_chat_message,
    "unpinAllChatMessages": chats.unpin_all_chat_messages,
    "getChat": chats.get_chat,
    # A bot's profile.
    "setMyCommands": myself.set_my_commands,
    "getMyCommands": myself.get_my_commands,
    "deleteMyCommands": myself.delete_my_commands,
    "setMyName": myself.set_my_name,
    "getMyName": myself.get_my_name,
    "setMyDescription": myself.set_my_description,
    "getMyDescription": myself.get_my_description,
    "setMyShortDescription": myself.set_my_short_description,
    "getMyShortDescription": myself.get_my_short_description,
    "setChatMenuButton": myself.set_chat_menu_button,
    "getChatMenuButton": myself.get_chat_menu_button,
}

METHODS = {name.lower(): Method(name, get_type_hints(do)["asked"], do) for name, do in NAMED.items()}
