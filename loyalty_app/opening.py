"""Opening: a shop with all that it needs on its first day, made in one transaction or not at all."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from loyalty_app.businesses import Business, NewBusiness, add_business
from loyalty_app.db.engine import Database
from loyalty_app.keys import ShownKey, add_key
from loyalty_app.staff import add_invite
from loyalty_core.access import Role
from loyalty_core.programs import Terms

FIRST_KEY = "First key"


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A shop just opened; the key and the owner's invitation are shown once."""

    business: Business
    key: ShownKey
    owner_invite: str


async def open_shop(database: Database, new: NewBusiness, terms: Terms, *, now: datetime) -> Opened:
    """Open a shop with its program, a first API key and an invitation for its owner. Raises InvalidRequest."""

    def work(connection: Connection) -> Opened:
        business = add_business(database, connection, new=new, terms=terms)
        key = add_key(database, connection, business_id=business.id, name=FIRST_KEY)
        payload = add_invite(database, connection, business_id=business.id, role=Role.OWNER, now=now)
        return Opened(business=business, key=key, owner_invite=payload)

    return await database.write(work)
