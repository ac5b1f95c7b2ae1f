"""Sessions: who is signed in to the pages of a bot. A session says who somebody is, never what they may do.

A token is 256 random bits; only its SHA-256 is stored. A session ends when its person signs out, or after 12 hours in
which it was not used. Init data opens one session: the same data, shown again, opens none, unless it is the same
client that asks once more because it got no answer (`retry`).
"""

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from loyalty_app.chat.chats import find_chat
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import write_once
from loyalty_app.db.tables import page_session
from loyalty_core.fields import BotId, ChatId, UserId

IDLE = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=5)
"""How exactly it is known when a session was last used. Why: not every look at a page is a write."""
TOKEN_BYTES = 32


class PagePerson(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in: a person of Telegram, at the pages of one bot, and the language that they read."""

    bot_id: BotId
    user_id: UserId
    language: str | None = None


class OpenedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that was opened now, with its token, which is not stored."""

    token: str
    person: PagePerson


class ProofUsed(msgspec.Struct, frozen=True):
    """That init data has opened a session before."""


def token_hash(token: str) -> bytes:
    """The stored form of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()


async def open_session(
    database: Database, person: PagePerson, *, now: datetime, proof: str | None = None, retry: str | None = None
) -> OpenedSession | ProofUsed:
    """Open a session for a person whose identity is proven. `proof` is the init data that proved it, if any did.

    `retry` is a random text of the client's, which lets it ask again with the same proof until the session is used.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)

    def work(connection: Connection) -> OpenedSession | ProofUsed:
        if proof is not None and not _may_open(connection, proof, retry):
            return ProofUsed()
        known = msgspec.structs.replace(person, language=_language(connection, person))
        row = {
            "token_hash": token_hash(token),
            **msgspec.structs.asdict(known),
            "proof": None if proof is None else token_hash(proof),
            "retry": None if retry is None else token_hash(retry),
            "created_at": now,
        }
        database.insert(connection, page_session, [row])
        return OpenedSession(token=token, person=known)

    return await write_once(database, work)


def _may_open(connection: Connection, proof: str, retry: str | None) -> bool:
    """Whether init data may open a session. One that its client never got to use is given up for it."""
    same = page_session.c.proof == token_hash(proof)
    row = connection.execute(select(page_session).where(same).with_for_update()).one_or_none()
    if row is None:
        return True
    if retry is None or row.retry != token_hash(retry) or row.seen_at is not None or row.ended_at is not None:
        return False
    connection.execute(delete(page_session).where(same))
    return True


def _language(connection: Connection, person: PagePerson) -> str | None:
    """The language that the person chose in the chat, else the one that they came with."""
    chat = find_chat(connection, person.bot_id, ChatId(person.user_id))
    return chat.language or person.language or chat.language_code


async def find_person(database: Database, bot_id: BotId, token: str, *, now: datetime) -> PagePerson | None:
    """The person who has a session at the pages of a bot; None if there is none, or it has ended."""
    digest = token_hash(token)
    own = select(page_session).where(page_session.c.token_hash == digest, page_session.c.bot_id == bot_id, _live(now))
    row = await database.glance(lambda connection: connection.execute(own).one_or_none())
    if row is None:
        return None
    if row.seen_at is None or row.seen_at <= now - NOTED_EVERY:
        used = update(page_session).where(page_session.c.token_hash == digest).values(seen_at=now)
        await database.write(lambda connection: connection.execute(used).close(), durable=False)
    return PagePerson(bot_id=row.bot_id, user_id=row.user_id, language=row.language)


def _live(now: datetime) -> ColumnElement[bool]:
    used = func.coalesce(page_session.c.seen_at, page_session.c.created_at, type_=page_session.c.created_at.type)
    return (page_session.c.ended_at.is_(None)) & (used > now - IDLE)


def ended_sessions(now: datetime) -> ColumnElement[bool]:
    """Selects the sessions that have ended so long ago that nothing needs them any more."""
    used = func.coalesce(page_session.c.seen_at, page_session.c.created_at, type_=page_session.c.created_at.type)
    return used <= now - IDLE


async def end_session(database: Database, bot_id: BotId, token: str, *, now: datetime) -> None:
    """Sign out. The row stays for a while, so that the same init data opens no other."""
    own = update(page_session).where(page_session.c.token_hash == token_hash(token), page_session.c.bot_id == bot_id)
    await database.write(lambda connection: connection.execute(own.values(ended_at=now)).close())
