"""Screens: what a phone shows of a chat, as the sandbox describes it. Acts on a phone are in `people`."""

from typing import Any

from msgspec import Struct, field

Json = dict[str, Any]


class Button(Struct, kw_only=True):
    """A button under a message. Only buttons of the kind "callback" have data."""

    text: str
    kind: str
    data: str | None = None
    url: str | None = None
    value: str | None = None
    style: str | None = None


class Picture(Struct, kw_only=True):
    """A picture in a message."""

    file_id: str
    width: int
    height: int
    url: str


class Document(Struct, kw_only=True):
    """A file in a message."""

    file_id: str
    name: str
    size: int
    url: str
    mime_type: str | None = None


class Shown(Struct, kw_only=True):
    """A message as the phone shows it; `words` is its text or caption."""

    id: int
    sender: str = field(name="from")
    date: int
    edited: int | None
    text: str | None
    caption: str | None
    entities: list[Json]
    photo: Picture | None
    document: Document | None
    contact: Json | None
    pinned_message: int | None
    reply_to: int | None
    keyboard: list[list[Button]]
    effect: str | None
    reaction: list[str]
    silent: bool

    @property
    def words(self) -> str:
        """The text or the caption."""
        return self.text or self.caption or ""

    @property
    def buttons(self) -> list[Button]:
        """All its buttons, in reading order."""
        return [button for row in self.keyboard for button in row]

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons."""
        return [button.text for button in self.buttons]


class Screen(Struct, kw_only=True):
    """A chat on a phone. `unanswered` are presses whose button still spins."""

    messages: list[Shown]
    toasts: list[Json]
    commands: list[dict[str, str]]
    menu: Json
    bot: Json
    person: Json
    reply_keyboard: Json | None
    pinned: int | None
    typing: str | None
    started: bool
    blocked: bool
    unanswered: list[str]

    @property
    def last(self) -> Shown:
        """The newest message."""
        return self.messages[-1]

    @property
    def from_bot(self) -> list[Shown]:
        """The messages that the bot sent and did not delete."""
        return [message for message in self.messages if message.sender == "bot"]
