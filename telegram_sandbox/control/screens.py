"""A chat as a phone shows it: messages, keyboards, toasts, commands, the menu. Nothing is changed here."""

import mimetypes
from typing import Any

from telegram_sandbox.chats import Chat, Message
from telegram_sandbox.control.inhabitants import as_shown
from telegram_sandbox.people import Bot, Json, Person, commands_for, menu_for, text_for
from telegram_sandbox.world import World

DEEDS = {
    "callback_data": "callback",
    "url": "url",
    "copy_text": "copy_text",
    "web_app": "web_app",
    "login_url": "login_url",
    "switch_inline_query": "switch_inline_query",
}


def screen(world: World, chat: Chat) -> Json:
    """Everything that a phone shows of a chat."""
    action, until = chat.acting
    return {
        "person": chat.person,
        "bot": as_shown(chat.bot) | described(chat.bot, chat.person),
        "messages": [shown_message(message) for message in chat.messages.values()],
        "toasts": chat.toasts,
        "commands": commands_for(chat.bot, chat.person),
        "menu": menu_for(chat.bot, chat.person),
        "reply_keyboard": chat.reply_keyboard,
        "pinned": chat.pinned[-1] if chat.pinned else None,
        "typing": action if until > world.now() else None,
        "unanswered": [each.id for each in chat.pressed if each.answered is None],
        "started": chat.started,
        "blocked": chat.blocked,
    }


def described(bot: Bot, person: Person) -> Json:
    """The bot's name and description in the person's language."""
    known = {kind: text_for(bot, kind, person.language_code or "") for kind in ("name", "description")}
    return {kind: text for kind, text in known.items() if text}


def shown_message(message: Message) -> Json:
    """One message, as `GET /control/chats/…` shows it."""
    content = message.content
    return {
        "id": message.id,
        "from": "bot" if message.by_bot else "person",
        "date": message.date,
        "edited": message.edit_date,
        "text": content.get("text"),
        "caption": content.get("caption"),
        "entities": content.get("entities") or content.get("caption_entities") or [],
        "photo": shown_photo(content),
        "document": shown_document(content),
        "contact": content.get("contact"),
        "pinned_message": content.get("pinned_message", {}).get("message_id"),
        "reply_to": message.reply_to,
        "keyboard": [[shown_button(each) for each in row] for row in message.keyboard or []],
        "effect": message.effect_id,
        "reaction": [each["emoji"] for each in message.reaction if "emoji" in each],
        "silent": message.silent,
    }


def shown_photo(content: Json) -> Json | None:
    """The largest size of a photo; its url is relative to the sandbox's address."""
    if "photo" not in content:
        return None
    size = content["photo"][-1]
    return {name: size[name] for name in ("file_id", "width", "height")} | {"url": url_of(size)}


def shown_document(content: Json) -> Json | None:
    """A file."""
    if "document" not in content:
        return None
    document = content["document"]
    return {
        "file_id": document["file_id"],
        "name": document["file_name"],
        "size": document["file_size"],
        "mime_type": document.get("mime_type") or mimetypes.guess_type(document["file_name"])[0],
        "url": url_of(document),
    }


def url_of(file: Json) -> str:
    """The address from which the page gets a file."""
    return f"control/files/{file['file_unique_id']}"


def shown_button(button: Json) -> Json:
    """A button: its text and what it does."""
    field = next((field for field in DEEDS if field in button), "other")
    deed: Any = button.get(field)
    value = deed if isinstance(deed, str) else next(iter((deed or {}).values()), None)
    looks = {name: button[name] for name in ("style",) if name in button}
    named = "data" if field == "callback_data" else "url" if field in {"url", "web_app"} else "value"
    return {"text": button["text"], "kind": DEEDS.get(field, "other"), named: value, **looks}
