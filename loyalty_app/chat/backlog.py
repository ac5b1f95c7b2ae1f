"""The backlog of the chat: updates that wait to be handled, and cards that are due to be shown again.

What was left for a bot that is not there any more waits for nobody, and does not count.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from loyalty_app.chat.bots import LIVE
from loyalty_app.chat.card_queue import SERVES
from loyalty_app.chat.update_queue import WAITING
from loyalty_app.db.tables import telegram_bot, telegram_card, telegram_update
from loyalty_app.observability.queue_depths import QueueDepth


def chat_depths(connection: Connection, now: datetime, *, shared_bot: bool = True) -> Iterator[QueueDepth]:
    """What waits for the bots of an installation; `shared_bot` says whether it has a shared one."""
    there = _bots_there(shared=shared_bot)
    updates = select(func.count()).where(WAITING, telegram_update.c.bot_id.in_(there))
    cards = select(func.count()).where(telegram_card.c.due_at <= now, telegram_card.c.bot_id.in_(there), SERVES)
    yield QueueDepth(
        "loyalty_updates_waiting",
        "Updates of Telegram that wait to be handled.",
        connection.execute(updates).scalar_one(),
    )
    yield QueueDepth(
        "loyalty_cards_due", "Cards in chats that are due to be shown anew.", connection.execute(cards).scalar_one()
    )


def _bots_there(*, shared: bool) -> Select[tuple[int]]:
    """The bots that somebody runs; a shared one whose token was taken out of the settings is still in the table."""
    own = select(telegram_bot.c.bot_id).where(LIVE)
    return own if shared else own.where(telegram_bot.c.business_id.is_not(None))
