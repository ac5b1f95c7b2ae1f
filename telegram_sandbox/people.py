"""Bots and people, how Telegram shows them, and a bot's profile: commands, texts and the menu button.

Their messages are in `chats`; how bots set their profile is in `calls.myself`.
"""

from typing import Any

from msgspec import Struct, field

from telegram_sandbox.files import File
from telegram_sandbox.updates import Queue

Json = dict[str, Any]

USUAL_MENU: Json = {"type": "commands"}
SAY_NOTHING_TO_STRANGERS = {"can_join_groups": False, "can_read_all_group_messages": False}


class Person(Struct, kw_only=True):
    """A person with a phone."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    phone: str

    def names(self) -> Json:
        """The names that are set."""
        known = {"first_name": self.first_name, "last_name": self.last_name, "username": self.username}
        return {name: value for name, value in known.items() if value}

    def as_user(self) -> Json:
        """A `User`."""
        language = {"language_code": self.language_code} if self.language_code else {}
        return {"id": self.id, "is_bot": False, **self.names(), **language}

    def as_chat(self) -> Json:
        """The private `Chat` with this person."""
        return {"id": self.id, "type": "private", **self.names()}


class Query(Struct, kw_only=True):
    """A press on a button, which may be answered for a minute. The phone shows `answered` then."""

    id: str
    person_id: int
    pressed_at: float
    answered: Json | None = None


class Bot(Struct, kw_only=True):
    """A bot with all that is its own: updates, file ids, queries, and its profile.

    Texts of the profile are stored by kind and language: `texts["name", "de"]`; commands by scope and language.
    `apps` has the addresses of its Mini Apps by their names in links; the main one is called "".
    """

    id: int
    token: str
    username: str
    name: str
    queue: Queue = field(default_factory=Queue)
    files: dict[str, File] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    menus: dict[int, Json] = field(default_factory=dict)
    apps: dict[str, str] = field(default_factory=dict)

    def as_user(self) -> Json:
        """A `User`."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def as_itself(self) -> Json:
        """The `User` that getMe answers, which has more fields."""
        more = {"supports_inline_queries": False, "can_connect_to_business": False, "has_main_web_app": "" in self.apps}
        return self.as_user() | SAY_NOTHING_TO_STRANGERS | more


def key_of(scope: str, person_id: int | None, language_code: str) -> tuple[str, str]:
    """The key for the commands of a scope and language."""
    return f"{scope} {person_id or ''}", language_code


def commands_for(bot: Bot, person: Person) -> list[Json]:
    """The commands that a person sees: those of the nearest scope, in the person's language if it has any."""
    scopes = ("chat", person.id), ("all_private_chats", None), ("default", None)
    languages = dict.fromkeys([language_of(person.language_code), ""])
    keys = [key_of(scope, person_id, language) for scope, person_id in scopes for language in languages]
    return next((bot.commands[key] for key in keys if bot.commands.get(key)), [])


def language_of(code: str | None) -> str:
    """The two letters of a language code."""
    return (code or "")[:2].lower()


def text_for(bot: Bot, kind: str, language_code: str) -> str:
    """A text in a language, else the one for all languages."""
    own = bot.texts.get((kind, language_of(language_code)))
    return own or bot.texts.get((kind, ""), "")


def menu_for(bot: Bot, person: Person) -> Json:
    """The menu button that a person sees."""
    return bot.menus.get(person.id) or bot.menus.get(0) or USUAL_MENU
