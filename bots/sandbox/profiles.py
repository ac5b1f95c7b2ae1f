"""What a bot says about itself to a person: commands, texts and the menu button, by language and scope.

How bots set them is in `calls.myself`.
"""

import msgspec

from bots.sandbox.people import Bot, Json, Person

encode = msgspec.json.Encoder(order="deterministic").encode

EVERYBODY: Json = {"type": "default"}
PRIVATE: Json = {"type": "all_private_chats"}
USUAL_MENU: Json = {"type": "commands"}


def key_of(scope: Json | None, language_code: str | None) -> tuple[str, str]:
    """Where commands of a scope and language are kept."""
    return encode(scope or EVERYBODY).decode(), language_code or ""


def commands_for(bot: Bot, person: Person) -> list[Json]:
    """The commands a person sees: the nearest scope, in the person's language before the one for all."""
    scopes = {"type": "chat", "chat_id": person.id}, PRIVATE, EVERYBODY
    languages = dict.fromkeys([language_of(person.language_code), ""])
    keys = [key_of(scope, language) for scope in scopes for language in languages]
    return next((bot.commands[key] for key in keys if bot.commands.get(key)), [])


def language_of(code: str | None) -> str:
    """The two letters of a language code."""
    return (code or "")[:2].lower()


def text_for(bot: Bot, kind: str, language_code: str) -> str:
    """A text in a language, else the one for all."""
    own = bot.texts.get((kind, language_of(language_code)))
    return own or bot.texts.get((kind, ""), "")


def menu_for(bot: Bot, person: Person) -> Json:
    """The menu button a person sees."""
    return bot.menus.get(person.id) or bot.menus.get(0) or USUAL_MENU
