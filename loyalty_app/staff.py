"""Staff: inviting the people who work in a shop.

An invitation is a token of 128 bits that its bearer shows once, within a day; only its SHA-256 is kept. Who accepts it,
and how, is a matter of the chat.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from loyalty_app.businesses import find_business
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import invite as invite_table
from loyalty_core.access import Role, base62

TOKEN_BYTES, TOKEN_LETTERS = 16, 22
PREFIX = "i_"
VALID_FOR = timedelta(hours=24)


def token_digest(token: str) -> bytes:
    """What is kept of a token: its SHA-256, 32 bytes. The prefix of the payload is no part of the token."""
    return hashlib.sha256(token.encode()).digest()


async def invite(database: Database, business_id: int, role: Role, *, now: datetime) -> str:
    """Invite somebody: the `/start` payload that lets its bearer in. Raises InvalidRequest if there is no such shop."""
    return await database.write(
        lambda connection: add_invite(database, connection, business_id=business_id, role=role, now=now)
    )


def add_invite(database: Database, connection: Connection, *, business_id: int, role: Role, now: datetime) -> str:
    """Invite somebody inside a transaction that may hold more. Raises InvalidRequest."""
    find_business(connection, business_id)
    token = base62(int.from_bytes(secrets.token_bytes(TOKEN_BYTES), "big"), TOKEN_LETTERS)
    row = {
        "business_id": business_id,
        "token_hash": token_digest(token),
        "role": role.value,
        "created_at": now,
        "expires_at": now + VALID_FOR,
    }
    database.insert(connection, invite_table, [row])
    return PREFIX + token
