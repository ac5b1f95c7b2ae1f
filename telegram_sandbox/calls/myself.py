"""A bot's profile: commands, texts, the menu button. What people see of it is in `people`."""

import re
from collections.abc import Callable

from msgspec import Struct

from telegram_sandbox.calls.call import Call, Nothing
from telegram_sandbox.entities import units
from telegram_sandbox.keyboards import is_app_link
from telegram_sandbox.people import USUAL_MENU, Json, key_of, text_for
from telegram_sandbox.refusals import bad_request

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"[a-z]{2}")
MOST_COMMANDS = 100
LONGEST_COMMAND_DESCRIPTION = 256
LONGEST = {"name": 64, "description": 512, "short_description": 120}
MENUS = {"commands", "default", "web_app"}
SCOPES = {
    *("default", "all_private_chats", "all_group_chats", "all_chat_administrators"),
    *("chat", "chat_administrators", "chat_member"),
}


class Scope(Struct):
    """A `BotCommandScope`."""

    type: str = ""
    chat_id: int | str | None = None
    user_id: int | None = None


class OfCommands(Struct, kw_only=True):
    """Whom commands are for: a scope and a language."""

    scope: Scope | None = None
    language_code: str = ""


class SetMyCommands(OfCommands, kw_only=True):
    """Parameters of setMyCommands."""

    commands: list[dict[str, str]]


class InLanguage(Struct, kw_only=True):
    """A language, "" for all others."""

    language_code: str = ""


class SetMyName(InLanguage, kw_only=True):
    """Parameters of setMyName."""

    name: str = ""


class SetMyDescription(InLanguage, kw_only=True):
    """Parameters of setMyDescription."""

    description: str = ""


class SetMyShortDescription(InLanguage, kw_only=True):
    """Parameters of setMyShortDescription."""

    short_description: str = ""


class OfMenu(Struct, kw_only=True):
    """Parameters of getChatMenuButton."""

    chat_id: int = 0


class SetChatMenuButton(OfMenu, kw_only=True):
    """Parameters of setChatMenuButton."""

    menu_button: Json | None = None


def get_me(call: Call, asked: Nothing) -> Json:
    """The bot itself."""
    del asked
    return call.bot.as_itself()


def set_my_commands(call: Call, asked: SetMyCommands) -> bool:
    """Set the commands for a scope and a language."""
    if len(asked.commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for each in asked.commands:
        if not COMMAND.fullmatch(each.get("command", "").removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= units(each.get("description", "")) <= LONGEST_COMMAND_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    call.bot.commands[place(call, asked)] = asked.commands
    return True


def get_my_commands(call: Call, asked: OfCommands) -> list[dict[str, str]]:
    """The commands of exactly this scope and language."""
    return call.bot.commands.get(place(call, asked), [])


def delete_my_commands(call: Call, asked: OfCommands) -> bool:
    """Remove the commands of this scope and language."""
    call.bot.commands.pop(place(call, asked), None)
    return True


def place(call: Call, asked: OfCommands) -> tuple[str, str]:
    """The key under which commands are stored. Raises Refused."""
    scope = asked.scope or Scope("default")
    if scope.type not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    person_id = None if scope.chat_id is None else call.chat(scope.chat_id).person.id
    return key_of(scope.type, person_id, known_language(asked.language_code))


def known_language(code: str) -> str:
    """Two letters, or "" for all languages. Raises Refused."""
    if code and not LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


def set_text(kind: str, call: Call, text: str, language_code: str) -> bool:
    """Set a text in a language; "" removes it."""
    if units(text) > LONGEST[kind]:
        raise bad_request(f"bot {kind.replace('_', ' ')} is too long")
    call.bot.texts[kind, known_language(language_code)] = text
    return True


def set_my_name(call: Call, asked: SetMyName) -> bool:
    """Set the name in a language."""
    return set_text("name", call, asked.name, asked.language_code)


def set_my_description(call: Call, asked: SetMyDescription) -> bool:
    """Set the text of an empty chat."""
    return set_text("description", call, asked.description, asked.language_code)


def set_my_short_description(call: Call, asked: SetMyShortDescription) -> bool:
    """Set the text of the bot's profile."""
    return set_text("short_description", call, asked.short_description, asked.language_code)


def gives(kind: str) -> Callable[[Call, InLanguage], Json]:
    """The method that returns a text."""

    def get_text(call: Call, asked: InLanguage) -> Json:
        text = text_for(call.bot, kind, known_language(asked.language_code))
        return {kind: text or (call.bot.name if kind == "name" else "")}

    return get_text


get_my_name, get_my_description, get_my_short_description = map(gives, LONGEST)


def set_chat_menu_button(call: Call, asked: SetChatMenuButton) -> bool:
    """Set the menu button for one person, or for all."""
    menu = asked.menu_button or {"type": "default"}
    if menu.get("type") not in MENUS:
        raise bad_request("can't parse menu button: Unsupported type specified")
    if menu["type"] == "web_app":
        check_app(menu)
    chat = call.chat(asked.chat_id) if asked.chat_id else None
    call.bot.menus.pop(asked.chat_id, None)
    if menu["type"] != "default":
        call.bot.menus[asked.chat_id] = menu
    if chat is not None:
        call.world.tell(chat, "menu")  # a phone that has the chat open shows the button at once
    return True


def check_app(menu: Json) -> None:
    """Raise Refused unless a menu button opens a page."""
    target = menu.get("web_app")
    if not menu.get("text") or not isinstance(target, dict) or not is_app_link(str(target.get("url", ""))):
        raise bad_request("menu button Web App URL is invalid: Only HTTPS links are allowed")


def get_chat_menu_button(call: Call, asked: OfMenu) -> Json:
    """The menu button of one person, or of all."""
    return call.bot.menus.get(asked.chat_id) or call.bot.menus.get(0) or USUAL_MENU
