"""Links that sign a person in outside Telegram: asked for in the chat, good for ten minutes, once.

A link carries 256 random bits; only its SHA-256 is stored. Looking at it does not spend it: programs look at links too.
"""

import secrets
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import sign_in_link
from loyalty_app.sign_in.sessions import TOKEN_BYTES, PagePerson, token_hash
from loyalty_core.fields import BotId

VALID_FOR = timedelta(minutes=10)


class SpentLink(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a link has signed in, and the page where they wanted to go."""

    person: PagePerson
    page: str


async def make_link(database: Database, person: PagePerson, page: str, *, now: datetime) -> str:
    """The path of a new link that leads a person to a page of their bot: `/app/<bot>/in/<token>`."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "token_hash": token_hash(token),
        **msgspec.structs.asdict(person),
        "page": page,
        "expires_at": now + VALID_FOR,
    }
    await database.write(lambda connection: database.insert(connection, sign_in_link, [row]))
    return f"/app/{person.bot_id}/in/{token}"


async def is_good(database: Database, bot_id: BotId, token: str, *, now: datetime) -> bool:
    """Whether a link can still be spent."""
    good = select(sign_in_link.c.bot_id).where(*_good(bot_id, token, now))
    return await database.glance(lambda connection: connection.execute(good).first()) is not None


async def spend_link(database: Database, bot_id: BotId, token: str, *, now: datetime) -> SpentLink | None:
    """Spend a link; None if it was spent before, is too old, or is none. Of two who try at once, one succeeds."""
    good = _good(bot_id, token, now)

    def work(connection: Connection) -> SpentLink | None:
        row = connection.execute(select(sign_in_link).where(*good).with_for_update()).one_or_none()
        if row is None or connection.execute(update(sign_in_link).where(*good).values(used_at=now)).rowcount != 1:
            return None
        person = PagePerson(bot_id=row.bot_id, user_id=row.user_id, language=row.language)
        return SpentLink(person=person, page=row.page)

    return await database.write(work)


def _good(bot_id: BotId, token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    link = sign_in_link.c
    return link.token_hash == token_hash(token), link.bot_id == bot_id, link.used_at.is_(None), link.expires_at > now
