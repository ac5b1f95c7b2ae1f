"""Ids: one type for each kind, so that the id of a shop and that of a customer cannot be mixed up.

At run time all are plain whole numbers. They become ids where they are read: from a row of the database, a path of the
API, a press or an update of Telegram. Which numbers are given out next is `loyalty_app/ids.py`.
"""

from typing import NewType

BusinessId = NewType("BusinessId", int)
CustomerId = NewType("CustomerId", int)
TransactionId = NewType("TransactionId", int)
"""The number of an entry of the ledger."""
BotId = NewType("BotId", int)
"""Telegram's number of a bot, with which its token begins."""
UserId = NewType("UserId", int)
"""Telegram's number of a person."""
ChatId = NewType("ChatId", int)
"""Telegram's number of a chat; the private chat of a person has theirs."""
