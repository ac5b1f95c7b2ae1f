"""Card gifts: the gifts that the chat of a card is to be told of, and the mark of what was told.

A gift is marked before it is told. So nobody is told twice, even if the process ends in between: the card itself shows
what was given. What is said is not known here.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Update, and_, or_, select, update

from loyalty_app.chat.chats import HeldCard
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import reward, telegram_card, transaction
from loyalty_core.ledger import ActorType, EntryType, Gift

TOLD = (Gift.BIRTHDAY.value, Gift.WIN_BACK.value, Gift.REFERRAL.value)
"""The occasions that are told of."""
FRESH = timedelta(days=3)
"""For how long a gift is news. Why: people who were away, or did not want to be told, are not told of it long after."""


class GivenGift(msgspec.Struct, frozen=True, kw_only=True):
    """A gift: its entry and when it was given, and the stamps, or the reward with its id and end.

    Of a referral `is_thanks` says whether it is for the customer who brought a friend along.
    """

    transaction_id: int
    occasion: Gift
    given_at: datetime
    stamps: int
    reward_id: int | None = None
    reward_description: str | None = None
    expires_at: datetime | None = None
    is_thanks: bool = False


def untold_gifts(connection: Connection, card: HeldCard, now: datetime) -> tuple[GivenGift, ...]:
    """The fresh gifts since the last one that the chat was told of, the oldest first."""
    entry = transaction.c
    earned = and_(reward.c.business_id == entry.business_id, reward.c.transaction_id == entry.id, entry.stamps == 0)
    given = (
        select(
            *(entry.id, entry.occasion, entry.occurred_at, entry.stamps, entry.actor_type),
            *(reward.c.id.label("reward_id"), reward.c.description, reward.c.expires_at),
        )
        .outerjoin(reward, and_(earned, reward.c.customer_id == entry.customer_id))
        .where(entry.business_id == card.business_id, entry.customer_id == card.customer_id)
        .where(entry.type == EntryType.BONUS.value, entry.occasion.in_(TOLD), entry.id > (card.told_gift or 0))
        .where(entry.occurred_at >= max(card.created_at, now - FRESH))
    )
    return tuple(
        GivenGift(
            transaction_id=row.id,
            occasion=Gift(row.occasion),
            given_at=row.occurred_at,
            stamps=row.stamps,
            reward_id=row.reward_id,
            reward_description=row.description,
            expires_at=row.expires_at,
            is_thanks=row.actor_type == ActorType.SYSTEM.value,
        )
        for row in connection.execute(given.order_by(entry.id))
    )


def gift_rewards(connection: Connection, card: HeldCard) -> frozenset[int]:
    """The ids of the rewards of a card that are gifts: no full card has earned them."""
    entry = transaction.c
    given = (
        select(reward.c.id)
        .join(transaction, and_(entry.business_id == reward.c.business_id, entry.id == reward.c.transaction_id))
        .where(reward.c.business_id == card.business_id, reward.c.customer_id == card.customer_id)
        .where(entry.type == EntryType.BONUS.value, entry.stamps == 0)
    )
    return frozenset(connection.scalars(given))


async def mark_told(database: Database, card: HeldCard, gift: GivenGift) -> bool:
    """Note that a gift is told of; False if it was already, here or by another process."""
    told = telegram_card.c.told_gift
    own = _own(card).where(or_(told.is_(None), told < gift.transaction_id)).values(told_gift=gift.transaction_id)
    return bool(await database.write(lambda connection: connection.execute(own).rowcount))


async def mark_untold(database: Database, card: HeldCard, gift: GivenGift) -> None:
    """Take that back: the message was refused for now, and is certainly not in the chat."""
    own = _own(card).where(telegram_card.c.told_gift == gift.transaction_id)
    before = own.values(told_gift=gift.transaction_id - 1)
    await database.write(lambda connection: connection.execute(before).close())


def _own(card: HeldCard) -> Update:
    place = (telegram_card.c.business_id == card.business_id, telegram_card.c.bot_id == card.bot_id)
    return update(telegram_card).where(*place, telegram_card.c.user_id == card.user_id)
