"""One call of a method: its bot, world and files; and the checks that many methods share."""

from typing import Any

from msgspec import Struct

from telegram_sandbox.chats import Chat, Message
from telegram_sandbox.files import Upload
from telegram_sandbox.people import Bot
from telegram_sandbox.refusals import Refused, bad_request, forbidden
from telegram_sandbox.world import World


class Nothing(Struct):
    """The parameters of a method that takes none."""


class Said(Struct):
    """A result with a description."""

    result: Any
    description: str


class Call(Struct, kw_only=True):
    """The bot, the world, and the files that came with the call."""

    world: World
    bot: Bot
    uploads: dict[str, Upload]

    def chat(self, chat_id: int | str) -> Chat:
        """The chat with that id. Raises Refused if Telegram knows none."""
        if not chat_id:
            raise bad_request("chat_id is empty")
        person = self.world.people.get(chat_id) if isinstance(chat_id, int) else None
        if person is None:
            raise bad_request("chat not found")
        return self.world.chat(self.bot, person)

    def open_chat(self, chat_id: int | str) -> Chat:
        """The chat, if the bot may write in it. Raises Refused."""
        chat = self.chat(chat_id)
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        return chat

    def message(self, chat: Chat, message_id: int, otherwise: Refused) -> Message:
        """A message of a chat; raises `otherwise` if it does not exist."""
        if message_id not in chat.messages:
            raise otherwise
        return chat.messages[message_id]

    def now(self) -> int:
        """The time in seconds since 1970, as Telegram counts."""
        return int(self.world.now())
