"""Tables of the chat: bots, the updates they received, their chats, and the cards that hang there.

A bot's id is Telegram's. A private chat has the id of its person, so `chat_id` and `user_id` are the same numbers.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from loyalty_app.db.types import BigId, UtcDateTime, metadata, options, owned, where

# Bots: `business_id` is NULL for the shared one, whose token is in the settings; the others' are encrypted here.
# `refused_at` is when Telegram first refused the token, until it takes one again. `poll_lease` and `poll_until` are the
# lease of servers of releases before revision 0032, which may run beside this one.
telegram_bot = Table(
    "telegram_bot",
    metadata,
    Column("bot_id", BigId, primary_key=True, autoincrement=False),
    Column("business_id", BigId),
    Column("username", String(64), nullable=False),
    Column("token", LargeBinary),
    Column("secret", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("poll_lease", String(40)),
    Column("poll_until", UtcDateTime),
    Column("refused_at", UtcDateTime),
    ForeignKeyConstraint(["business_id"], ["business.id"]),
)
Index(
    "uq_telegram_bot_business_id",
    telegram_bot.c.business_id,
    unique=True,
    info=where("business_id IS NOT NULL AND removed_at IS NULL"),
)

# One process at a time polls a bot's updates: the one that holds its lease.
polling_lease = Table(
    "polling_lease",
    metadata,
    Column("bot_id", BigId, primary_key=True, autoincrement=False),
    Column("holder", String(40), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

# Updates, by Telegram's numbers. `body` is emptied once an update is handled; the row stays a while, so that the same
# update is not taken twice.
telegram_update = Table(
    "telegram_update",
    metadata,
    Column("bot_id", BigId, nullable=False),
    Column("update_id", BigId, nullable=False),
    Column("person_id", BigId, nullable=False),
    Column("body", LargeBinary),
    Column("received_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("lease", String(40)),
    Column("lease_until", UtcDateTime),
    Column("done_at", UtcDateTime),
    Column("error", Text),
    PrimaryKeyConstraint("bot_id", "update_id"),
    Index(None, "done_at"),
    info=options(sqlite_with_rowid=True),  # rows too long for an index
)
Index(
    "ix_telegram_update_queue",
    telegram_update.c.bot_id,
    telegram_update.c.person_id,
    telegram_update.c.update_id,
    info=where("done_at IS NULL"),
)

# Chats: what a person has chosen, the message that is their screen, the last message seen (so that the bot knows
# whether the screen is still at the bottom), and what they are entering.
telegram_chat = Table(
    "telegram_chat",
    metadata,
    Column("bot_id", BigId, nullable=False),
    Column("chat_id", BigId, nullable=False),
    Column("language", String(8)),
    Column("language_code", String(16)),
    Column("business_id", BigId),
    Column("branch_id", BigId),
    Column("screen_id", BigId),
    Column("last_id", BigId),
    Column("draft", LargeBinary),
    Column("blocked_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("bot_id", "chat_id"),
    info=options(sqlite_with_rowid=False),
)

# Cards in chats: whose card hangs where, and what it shows. A card with `due_at` is to be shown again. `news` lists the
# messages about it that a later change can make untrue, as JSON. `told_gift` is the last entry of a gift that was told.
telegram_card = owned(
    "telegram_card",
    Column("bot_id", BigId, nullable=False),
    Column("user_id", BigId, nullable=False),
    Column("customer_id", BigId, nullable=False),
    Column("message_id", BigId),
    Column("shown_version", Integer, nullable=False),
    Column("shown_stamps", Integer, nullable=False),
    Column("shown_rewards", Integer, nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("news", Text),
    Column("due_at", UtcDateTime),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("lease", String(40)),
    Column("lease_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("telegram_name", Text),
    Column("told_gift", BigId),
    PrimaryKeyConstraint("business_id", "bot_id", "user_id"),
    Index(None, "business_id", "customer_id", "bot_id"),
    Index(None, "user_id"),
    ForeignKeyConstraint(["business_id", "customer_id"], ["customer.business_id", "customer.id"]),
)
Index(
    "ix_telegram_card_queue",
    telegram_card.c.bot_id,
    telegram_card.c.due_at,
    info=where("due_at IS NOT NULL"),
)

# People who had a card of the shop in a chat that is not there any more. `person` is a number made from theirs, by
# which they are recognised and not found.
former_holder = owned(
    "former_holder",
    Column("person", BigInteger, nullable=False),
    PrimaryKeyConstraint("business_id", "person"),
)
