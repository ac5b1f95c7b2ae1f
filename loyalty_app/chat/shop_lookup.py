"""Doors: which shop somebody comes to, by which link and through which bot."""

from sqlalchemy import Connection, select

from loyalty_app.db.tables import business, telegram_bot
from loyalty_app.shops.businesses import Business, business_of


def shop_of_link(connection: Connection, slug: str, *, bot_id: int) -> Business | None:
    """The shop of that slug, as a bot knows it: a shop's own bot knows no other shop. None if there is none."""
    row = connection.execute(select(business).where(business.c.slug == slug)).one_or_none()
    own = own_shop(connection, bot_id)
    return business_of(row) if row is not None and own in {None, row.id} else None


def own_shop(connection: Connection, bot_id: int) -> int | None:
    """The shop whose own a bot is; None for the shared one."""
    found: int | None = connection.scalar(select(telegram_bot.c.business_id).where(telegram_bot.c.bot_id == bot_id))
    return found
