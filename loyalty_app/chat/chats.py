"""Chats: what is stored about a person's chat with a bot, and the card they hold in it.

What is said in a chat is not known here. `card_queue` holds the cards that are due.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, or_, select, update

from loyalty_app.chat.bots import bot_there
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import write_once
from loyalty_app.db.tables import telegram_chat
from loyalty_core.fields import BotId, BusinessId, ChatId, CustomerId, UserId

KEY = ("bot_id", "chat_id")


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A private chat.

    `language` was chosen, `language_code` comes from Telegram. `business_id` and `branch_id` are where the person
    works. `screen_id` is the message with the screen, `last_id` the last message seen. `draft` is what the person is
    entering.
    """

    bot_id: BotId
    chat_id: ChatId
    language: str | None = None
    language_code: str | None = None
    business_id: BusinessId | None = None
    branch_id: int | None = None
    screen_id: int | None = None
    last_id: int | None = None
    draft: bytes | None = None
    blocked_at: datetime | None = None


class ChatChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to change in a chat; unset fields stay as they are."""

    language: str | UnsetType | None = UNSET
    language_code: str | UnsetType | None = UNSET
    business_id: BusinessId | UnsetType | None = UNSET
    branch_id: int | UnsetType | None = UNSET
    screen_id: int | UnsetType | None = UNSET
    last_id: int | UnsetType | None = UNSET
    draft: bytes | UnsetType | None = UNSET
    blocked_at: datetime | UnsetType | None = UNSET


def find_chat(connection: Connection, bot_id: BotId, chat_id: ChatId) -> Chat:
    """A person's chat with a bot; an empty one if nothing is stored yet."""
    own = select(telegram_chat).where(telegram_chat.c.bot_id == bot_id, telegram_chat.c.chat_id == chat_id)
    row = connection.execute(own).one_or_none()
    if row is None:
        return Chat(bot_id=bot_id, chat_id=chat_id)
    return Chat(**{name: getattr(row, name) for name in Chat.__struct_fields__})


async def change_chat(database: Database, bot_id: BotId, chat_id: ChatId, change: ChatChange, *, now: datetime) -> None:
    """Store a change of a chat; create the chat if need be, unless its bot is gone with its shop."""
    asked = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not UNSET}

    def work(connection: Connection) -> None:
        known = database.fetch(connection, telegram_chat, KEY, [(bot_id, chat_id)], lock=True)
        row = {"bot_id": bot_id, "chat_id": chat_id, **asked}
        if known:
            database.update(connection, telegram_chat, [row] if asked else [], key=KEY)
        elif connection.execute(bot_there(database, bot_id)).first() is not None:
            database.insert(connection, telegram_chat, [{**row, "created_at": now}])

    await write_once(database, work)


def note_sent(connection: Connection, bot_id: BotId, chat_id: ChatId, message_id: int) -> None:
    """Note that a message was sent into a chat, apart from what its person does, in the caller's transaction."""
    last = telegram_chat.c.last_id
    own = update(telegram_chat).where(telegram_chat.c.bot_id == bot_id, telegram_chat.c.chat_id == chat_id)
    connection.execute(own.where(or_(last.is_(None), last < message_id)).values(last_id=message_id))


Place = tuple[int, int, int]
"""A business, a bot and a person: a chat, in which one card of that business can hang."""


class HeldCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card in a chat: whose it is, the message that shows it, and the state it shows.

    `shown_rewards` counts all rewards ever earned, and `shown_stamps` the stamps on the cards of all programs. `due_at`
    is set while the card is to be shown again; `tries` counts failed showings since. `news` are the messages about it,
    as `card_news` writes them. `told_gift` is the last entry of a gift that they were
    told of. `telegram_name` is the name of the person in Telegram when they were last here; a card with the same name
    follows it.
    """

    business_id: BusinessId
    bot_id: BotId
    user_id: UserId
    customer_id: CustomerId
    created_at: datetime
    message_id: int | None = None
    shown_version: int = 0
    shown_stamps: int = 0
    shown_rewards: int = 0
    muted: bool = False
    news: str | None = None
    due_at: datetime | None = None
    tries: int = 0
    lease: str | None = None
    lease_until: datetime | None = None
    told_gift: int | None = None
    telegram_name: str | None = None

    @property
    def place(self) -> Place:
        """Where the card hangs."""
        return self.business_id, self.bot_id, self.user_id


def held_card_of(row: Row[Any]) -> HeldCard:
    """Read a row of the table `telegram_card`."""
    return HeldCard(**{name: getattr(row, name) for name in HeldCard.__struct_fields__})
