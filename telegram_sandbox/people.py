"""Bots and people, and how Telegram shows them. What they say to each other is in `chats`."""

from typing import Any

from msgspec import Struct, field

from telegram_sandbox.files import File
from telegram_sandbox.updates import Queue

Json = dict[str, Any]

SAY_NOTHING_TO_STRANGERS = {"can_join_groups": False, "can_read_all_group_messages": False}


class Person(Struct, kw_only=True):
    """Somebody with a phone."""

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
    """A press on a button, which may be answered for a minute. `answered` is what the phone shows then."""

    id: str
    person_id: int
    pressed_at: float
    answered: Json | None = None


class Bot(Struct, kw_only=True):
    """A bot with all that is its own: updates, file ids, queries, and what it says about itself.

    What it says about itself is kept by method and language: `texts["name", "de"]`; commands by scope and language.
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

    def as_user(self) -> Json:
        """A `User`."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def as_itself(self) -> Json:
        """The `User` that getMe answers, which says more."""
        more = {"supports_inline_queries": False, "can_connect_to_business": False, "has_main_web_app": False}
        return self.as_user() | SAY_NOTHING_TO_STRANGERS | more
