"""The private chat of a person with a bot: its messages, and what a phone shows around them.

`control.screens` shows the whole chat; what bots may do to messages is in `calls`.
"""

from collections import deque
from typing import Any

from msgspec import Struct, field

from telegram_sandbox.people import Bot, Json, Person, Query

REMEMBERED_PRESSES = 100
REMEMBERED_HAPTICS = 1_000


class Message(Struct, kw_only=True):
    """One message. `content` holds fields of the wire's `Message`."""

    id: int
    by_bot: bool
    date: int
    content: Json
    edit_date: int | None = None
    markup: Json | None = None
    effect_id: str | None = None
    reply_to: int | None = None
    reaction: list[Json] = field(default_factory=list)
    silent: bool = False

    @property
    def keyboard(self) -> list[list[Json]] | None:
        """The buttons under the message."""
        return self.markup.get("inline_keyboard") if self.markup else None

    @property
    def may_be_edited(self) -> bool:
        """Whether bots may edit it: their own messages, unless these changed the keyboard."""
        return self.by_bot and (self.markup is None or self.keyboard is not None)


class Chat(Struct, kw_only=True):
    """The messages between one person and one bot. They are numbered from 1; deleted ones are gone.

    `storages` is what the bot's Mini Apps keep for this person, `haptics` how they have shaken the phone.
    """

    bot: Bot
    person: Person
    messages: dict[int, Message] = field(default_factory=dict)
    next_id: int = 1
    started: bool = False
    blocked: bool = False
    pressed: deque[Query] = field(default_factory=lambda: deque(maxlen=REMEMBERED_PRESSES))
    toasts: list[Json] = field(default_factory=list)
    reply_keyboard: Json | None = None
    pinned: list[int] = field(default_factory=list)
    acting: tuple[str, float] = ("", 0.0)
    storages: dict[str, dict[str, str]] = field(default_factory=dict)
    haptics: deque[Json] = field(default_factory=lambda: deque(maxlen=REMEMBERED_HAPTICS))

    def add(self, content: Json, *, by_bot: bool, date: int) -> Message:
        """Add a new message."""
        message = Message(id=self.next_id, by_bot=by_bot, date=date, content=content)
        self.messages[message.id] = message
        self.next_id += 1
        return message

    def remove(self, message_id: int) -> None:
        """Remove a message from both sides."""
        self.messages.pop(message_id)
        self.pinned = [pinned for pinned in self.pinned if pinned != message_id]

    def wire(self, message: Message, *, quoting: bool = True) -> Json:
        """The `Message` that a bot gets. A quoted message quotes no other."""
        sender = self.bot if message.by_bot else self.person
        more: dict[str, Any] = {
            "edit_date": message.edit_date,
            "effect_id": message.effect_id,
            "reply_to_message": self.quoted(message) if quoting else None,
            "reply_markup": message.markup if message.keyboard is not None else None,
        }
        return {
            "message_id": message.id,
            "from": sender.as_user(),
            "chat": self.person.as_chat(),
            "date": message.date,
            **message.content,
            **{name: value for name, value in more.items() if value is not None},
        }

    def quoted(self, message: Message) -> Json | None:
        """The message that is replied to, if it still exists."""
        other = self.messages.get(message.reply_to or 0)
        return self.wire(other, quoting=False) if other else None
