"""The chat's side of the database: bots, their updates and chats, and the cards in those chats.

Nothing here speaks Telegram: that is `bots`. Nothing here stamps cards: that is the counter.
"""
