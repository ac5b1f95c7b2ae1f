"""Opening: creates a shop with everything it needs on its first day, in one transaction."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import staff, telegram_chat
from loyalty_app.shops.api_keys import NewKey, ShownKey, add_key
from loyalty_app.shops.businesses import Business, NewBusiness, add_business
from loyalty_app.shops.invites import add_invite
from loyalty_app.shops.staff import Newcomer, Position, add_staff
from loyalty_core.access import Role
from loyalty_core.customers import clean_name
from loyalty_core.errors import ShopLimitReached
from loyalty_core.fields import UserId
from loyalty_core.programs import Terms

FIRST_KEY = "First key"
MOST_OWNED = 5


class DraftGone(Exception):
    """The person's draft has changed or was finished before; no shop was opened."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A new shop; the key and the owner's invitation are shown once."""

    business: Business
    key: ShownKey
    owner_invite: str


class ShopFounder(msgspec.Struct, frozen=True, kw_only=True):
    """A person who opens a shop in a chat, their draft, and the draft that follows it, if any."""

    bot_id: int
    chat_id: int
    draft: bytes
    name: str
    after: bytes | None = None


async def open_shop(database: Database, new: NewBusiness, terms: Terms, *, now: datetime) -> Opened:
    """Open a shop with its program, a first API key and an invitation for its owner. Raises InvalidRequest."""

    def work(connection: Connection) -> Opened:
        business = add_business(database, connection, new=new, terms=terms)
        key = add_key(database, connection, NewKey(business_id=business.id, name=FIRST_KEY, now=now))
        payload = add_invite(database, connection, business_id=business.id, role=Role.OWNER, now=now)
        return Opened(business=business, key=key, owner_invite=payload)

    return await database.write(work)


async def open_shop_in_chat(
    database: Database, new: NewBusiness, terms: Terms, *, founder: ShopFounder, now: datetime
) -> Position:
    """Open a shop owned by the person of a private chat, and end the draft there, both or neither.

    Raises DraftGone unless the chat holds exactly that draft, ShopLimitReached, InvalidRequest.
    """
    owner = Newcomer(UserId(founder.chat_id), clean_name(founder.name), now)

    def work(connection: Connection) -> Position:
        _end_draft(connection, founder)
        _check_room(connection, owner.user_id)
        business = add_business(database, connection, new=new, terms=terms)
        return add_staff(database, connection, business.id, new=owner, role=Role.OWNER)

    return await database.write(work)


def _end_draft(connection: Connection, founder: ShopFounder) -> None:
    chat = telegram_chat.c.bot_id == founder.bot_id, telegram_chat.c.chat_id == founder.chat_id
    held = update(telegram_chat).where(*chat, telegram_chat.c.draft == founder.draft)
    if not connection.execute(held.values(draft=founder.after)).rowcount:
        raise DraftGone


def _check_room(connection: Connection, user_id: int) -> None:
    owned = select(func.count()).where(
        staff.c.user_id == user_id, staff.c.role == Role.OWNER.value, staff.c.removed_at.is_(None)
    )
    if connection.execute(owned).scalar_one() >= MOST_OWNED:
        raise ShopLimitReached(MOST_OWNED)
