"""Invites: how somebody comes onto the staff of a shop.

An invitation is a token of 128 bits that its bearer shows once, within a day; only its SHA-256 is kept.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.exc import IntegrityError

from loyalty_app.businesses import Business, find_business
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import invite as invite_table
from loyalty_app.db.tables import staff
from loyalty_app.rights import require_staff
from loyalty_app.staff.positions import Newcomer, Position, add_staff, position_in
from loyalty_core.access import Role, base62
from loyalty_core.customers import clean_name
from loyalty_core.errors import InviteInvalid
from loyalty_core.staffing import higher, role_to_manage

TOKEN_BYTES, TOKEN_LETTERS = 16, 22
PREFIX = "i_"
VALID_FOR = timedelta(hours=24)


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has come onto the staff, or has a higher role there now."""

    position: Position
    business: Business


def token_digest(token: str) -> bytes:
    """What is kept of a token: its SHA-256, 32 bytes. The prefix of the payload is no part of the token."""
    return hashlib.sha256(token.encode()).digest()


async def invite(database: Database, business_id: int, role: Role, *, now: datetime, by: int | None = None) -> str:
    """Invite somebody: the `/start` payload that lets its bearer in. `by` is who of the staff asks, None the operator.

    Raises InvalidRequest if there is no such shop, NotOnStaff, RoleRequired.
    """
    return await database.write(
        lambda connection: add_invite(database, connection, business_id=business_id, role=role, now=now, by=by)
    )


def add_invite(
    database: Database, connection: Connection, *, business_id: int, role: Role, now: datetime, by: int | None = None
) -> str:
    """Invite somebody inside a transaction that may hold more; what has lapsed unused is forgotten by the way.

    Raises what `invite` raises.
    """
    find_business(connection, business_id)
    require_staff(connection, business_id, by, role_to_manage(role))
    lapsed = invite_table.c.expires_at <= now, invite_table.c.used_at.is_(None)
    connection.execute(delete(invite_table).where(invite_table.c.business_id == business_id, *lapsed))
    token = base62(int.from_bytes(secrets.token_bytes(TOKEN_BYTES), "big"), TOKEN_LETTERS)
    row = {
        "business_id": business_id,
        "token_hash": token_digest(token),
        "role": role.value,
        "created_at": now,
        "expires_at": now + VALID_FOR,
        "invited_by": by,
    }
    database.insert(connection, invite_table, [row])
    return PREFIX + token


async def accept(database: Database, payload_or_token: str, *, user_id: int, name: str, now: datetime) -> Accepted:
    """Come onto the staff, or to a higher role. The same person may say it again and gets the same answer.

    Raises InviteInvalid, InvalidRequest if that is no name.
    """
    digest, new = token_digest(payload_or_token.removeprefix(PREFIX)), Newcomer(user_id, clean_name(name), now)

    def work(connection: Connection) -> Accepted:
        position = _use(database, connection, _find(connection, digest), new)
        return Accepted(position=position, business=position.business)

    try:
        return await database.write(work)
    except IntegrityError:  # they have come by another invitation meanwhile: now it can be seen
        return await database.write(work)


def shop_inviting(connection: Connection, payload_or_token: str) -> int | None:
    """The shop to whose staff an invitation leads, even one that has lapsed; None if there is no such invitation."""
    digest = token_digest(payload_or_token.removeprefix(PREFIX))
    found: int | None = connection.scalar(select(invite_table.c.business_id).where(invite_table.c.token_hash == digest))
    return found


def _find(connection: Connection, digest: bytes) -> Row[Any]:
    known = select(invite_table).where(invite_table.c.token_hash == digest).with_for_update()
    row = connection.execute(known).one_or_none()
    if row is None:
        raise InviteInvalid
    return row


def _use(database: Database, connection: Connection, given: Row[Any], new: Newcomer) -> Position:
    position = position_in(connection, new.user_id, given.business_id)
    if given.used_at is not None:
        if position is None or position.staff_id != given.used_by:
            raise InviteInvalid
        return position
    if given.expires_at <= new.now:
        raise InviteInvalid
    if position is None:
        position = add_staff(database, connection, given.business_id, new=new, role=Role(given.role))
    else:
        position = _raise_role(connection, position, Role(given.role))
    used = update(invite_table).where(invite_table.c.token_hash == given.token_hash)
    connection.execute(used.values(used_at=new.now, used_by=position.staff_id))
    return position


def _raise_role(connection: Connection, position: Position, offered: Role) -> Position:
    role = higher(position.role, offered)
    own = staff.c.business_id == position.business.id, staff.c.id == position.staff_id
    connection.execute(update(staff).where(*own).values(role=role.value))
    return msgspec.structs.replace(position, role=role)
