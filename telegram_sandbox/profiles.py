"""What a bot says about itself to a person: commands, texts and the menu button, by language and scope.

How bots set them is in `calls.myself`.
"""

from telegram_sandbox.people import Bot, Json, Person

USUAL_MENU: Json = {"type": "commands"}


def key_of(scope: str, person_id: int | None, language_code: str) -> tuple[str, str]:
    """Where commands of a scope and language are kept."""
    return f"{scope} {person_id or ''}", language_code


def commands_for(bot: Bot, person: Person) -> list[Json]:
    """The commands a person sees: the nearest scope, in the person's language before the one for all."""
    scopes = ("chat", person.id), ("all_private_chats", None), ("default", None)
    languages = dict.fromkeys([language_of(person.language_code), ""])
    keys = [key_of(scope, person_id, language) for scope, person_id in scopes for language in languages]
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
