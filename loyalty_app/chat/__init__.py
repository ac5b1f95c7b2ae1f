"""The chat's side of the database: bots, the updates they were sent, the chats they are in, and cards that hang there.

Nothing here speaks Telegram: that is `bots`. Nothing here writes to cards: that is the counter.
"""
