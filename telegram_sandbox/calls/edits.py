"""Editing messages in place."""

from typing import Literal

import msgspec
from msgspec import Struct

from telegram_sandbox.calls.call import Call
from telegram_sandbox.calls.media import document_content, photo_content, photo_looks
from telegram_sandbox.calls.texts import caption_content, text_content
from telegram_sandbox.chats import Chat, Message
from telegram_sandbox.keyboards import checked
from telegram_sandbox.people import Json
from telegram_sandbox.refusals import bad_request

MEDIA = ("photo", "document")
STAYS = ("has_protected_content",)
NOT_FOUND = bad_request("message to edit not found")
NOT_MODIFIED = bad_request(
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


class Editing(Struct, kw_only=True):
    """The message to edit, and its keyboard afterwards: none if none is given."""

    chat_id: int | str = 0
    message_id: int = 0
    inline_message_id: str | None = None
    reply_markup: Json | None = None


class EditMessageText(Editing, kw_only=True):
    """Parameters of editMessageText."""

    text: str = ""
    parse_mode: str | None = None
    entities: list[Json] | None = None
    link_preview_options: Json | None = None


class EditMessageCaption(Editing, kw_only=True):
    """Parameters of editMessageCaption."""

    caption: str | None = None
    parse_mode: str | None = None
    caption_entities: list[Json] | None = None
    show_caption_above_media: bool = False


class Media(Struct, kw_only=True, forbid_unknown_fields=True):
    """An `InputMediaPhoto` or `InputMediaDocument`."""

    type: Literal["photo", "document"]
    media: str
    thumbnail: str | None = None
    caption: str | None = None
    parse_mode: str | None = None
    caption_entities: list[Json] | None = None
    show_caption_above_media: bool = False
    has_spoiler: bool = False
    disable_content_type_detection: bool = False


class EditMessageMedia(Editing, kw_only=True):
    """Parameters of editMessageMedia."""

    media: Json


class EditMessageReplyMarkup(Editing, kw_only=True):
    """Parameters of editMessageReplyMarkup."""


def edit_message_text(call: Call, asked: EditMessageText) -> Json:
    """Replace the text of a message."""
    content = text_content(asked.text, asked.parse_mode, asked.entities)
    if asked.link_preview_options:
        content["link_preview_options"] = asked.link_preview_options
    chat, message = meant(call, asked)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return edited(call, chat, message, content | part(message, STAYS), asked.reply_markup)


def edit_message_caption(call: Call, asked: EditMessageCaption) -> Json:
    """Replace the caption of a message."""
    caption = caption_content(asked.caption, asked.parse_mode, asked.caption_entities)
    above = {"show_caption_above_media": True} if asked.show_caption_above_media else {}
    chat, message = meant(call, asked)
    if not message.content.keys() & set(MEDIA):
        raise bad_request("there is no caption in the message to edit")
    stays = part(message, (*MEDIA, *STAYS, "has_media_spoiler"))
    return edited(call, chat, message, stays | caption | above, asked.reply_markup)


async def edit_message_media(call: Call, asked: EditMessageMedia) -> Json:
    """Replace the picture or file of a message, with its caption."""
    try:
        media = msgspec.convert(asked.media, Media)
    except msgspec.ValidationError as error:
        raise bad_request(f"can't parse InputMedia: {error}") from error
    caption = caption_content(media.caption, media.parse_mode, media.caption_entities)
    meant(call, asked)
    if media.type == "photo":
        content = await photo_content(call, media.media) | photo_looks(media)
    else:
        content = document_content(call, media.media)
    chat, message = meant(call, asked)  # the message may be gone by now
    return edited(call, chat, message, content | caption | part(message, STAYS), asked.reply_markup)


def edit_message_reply_markup(call: Call, asked: EditMessageReplyMarkup) -> Json:
    """Replace the keyboard of a message."""
    chat, message = meant(call, asked)
    return edited(call, chat, message, message.content, asked.reply_markup)


def meant(call: Call, asked: Editing) -> tuple[Chat, Message]:
    """The message to edit. Raises Refused."""
    if asked.inline_message_id:
        raise bad_request("MESSAGE_ID_INVALID")
    chat = call.open_chat(asked.chat_id)
    message = call.message(chat, asked.message_id, NOT_FOUND)
    if not message.may_be_edited:
        raise bad_request("message can't be edited")
    return chat, message


def part(message: Message, names: tuple[str, ...]) -> Json:
    """Some fields of a message's content."""
    return {name: message.content[name] for name in names if name in message.content}


def edited(call: Call, chat: Chat, message: Message, content: Json, markup: Json | None) -> Json:
    """Store the edit, and return the message. Raises Refused if nothing changes."""
    keyboard = checked(markup, inline_only=True)
    if (content, keyboard) == (message.content, message.markup):
        raise NOT_MODIFIED
    message.content, message.markup, message.edit_date = content, keyboard, call.now()
    call.world.tell(chat, "edited")
    return chat.wire(message)
