"""Invites: how somebody joins the staff of a shop. Their rights are decided elsewhere.

An invitation is a token of 128 bits, valid once and for a day; only its SHA-256 is stored. Staff members who could have
given it do not use it up: it is for another person.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, delete, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import write_once
from loyalty_app.db.tables import invite as invite_table
from loyalty_app.db.tables import staff
from loyalty_app.shops.businesses import Business, check_here, find_business, require_no_twin, require_staff
from loyalty_app.shops.links import INVITE_PREFIX
from loyalty_app.shops.notice_facts import StaffEvent, StaffFacts
from loyalty_app.shops.owner_notices import add_notice, owners_of
from loyalty_app.shops.staff import Newcomer, Position, add_staff, find_member, position_in
from loyalty_core.access import Role, base62, higher, reaches, role_to_manage
from loyalty_core.customers import clean_name
from loyalty_core.errors import InviteInvalid
from loyalty_core.fields import UserId

TOKEN_BYTES, TOKEN_LETTERS = 16, 22
VALID_FOR = timedelta(hours=24)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An offered place on the staff of a shop. `by` is the person who offers it, None the operator."""

    business_id: int
    role: Role
    now: datetime
    by: int | None = None


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has joined the staff, or has a higher role there now.

    `left` means nothing changed: they could have given this invitation, and it waits for another person.
    """

    position: Position
    business: Business
    left: bool = False


def token_digest(token: str) -> bytes:
    """The stored form of a token: its SHA-256, 32 bytes. The payload's prefix is not part of the token."""
    return hashlib.sha256(token.encode()).digest()


async def invite(database: Database, business_id: int, role: Role, *, now: datetime, by: int | None = None) -> str:
    """Invite somebody: return the `/start` payload that admits its bearer. `by` is the one who asks, None the operator.

    Raises InvalidRequest if there is no such shop, NotOnStaff, RoleRequired.
    """
    return await database.write(
        lambda connection: add_invite(database, connection, business_id=business_id, role=role, now=now, by=by)
    )


async def invite_once(database: Database, offer: Offer, *, seed: bytes) -> str:
    """Invite somebody under a secret seed: the same seed always gives the same invitation.

    Raises what `invite` raises, and InviteInvalid once it was used or has expired.
    """
    token = _token(seed)

    def work(connection: Connection) -> str:
        known = connection.execute(_known(token_digest(token))).one_or_none()
        if known is None:
            return _add(database, connection, offer, token)
        require_staff(connection, offer.business_id, offer.by, role_to_manage(offer.role))
        if known.used_at is not None or known.expires_at <= offer.now:
            raise InviteInvalid
        return INVITE_PREFIX + token

    return await write_once(database, work)


def add_invite(
    database: Database, connection: Connection, *, business_id: int, role: Role, now: datetime, by: int | None = None
) -> str:
    """Invite somebody inside the caller's transaction; expired unused invitations of the shop are deleted.

    Raises what `invite` raises.
    """
    offer = Offer(business_id=business_id, role=role, now=now, by=by)
    return _add(database, connection, offer, _token(secrets.token_bytes(TOKEN_BYTES)))


def _token(random: bytes) -> str:
    return base62(int.from_bytes(random[:TOKEN_BYTES], "big"), TOKEN_LETTERS)


def _add(database: Database, connection: Connection, offer: Offer, token: str) -> str:
    require_no_twin(connection, offer.business_id)
    require_staff(connection, offer.business_id, offer.by, role_to_manage(offer.role))
    lapsed = invite_table.c.expires_at <= offer.now, invite_table.c.used_at.is_(None)
    connection.execute(delete(invite_table).where(invite_table.c.business_id == offer.business_id, *lapsed))
    row = {
        "business_id": offer.business_id,
        "token_hash": token_digest(token),
        "role": offer.role.value,
        "created_at": offer.now,
        "expires_at": offer.now + VALID_FOR,
        "invited_by": offer.by,
    }
    database.insert(connection, invite_table, [row])
    return INVITE_PREFIX + token


async def accept(database: Database, payload_or_token: str, *, user_id: int, name: str, now: datetime) -> Accepted:
    """Join the staff, or get a higher role. The same person may repeat it and gets the same answer.

    The owners and the person who gave the invitation are told, once. Raises InviteInvalid, ShopMoved, ShopClosed,
    InvalidRequest if the name cannot be used.
    """
    digest, new = (
        token_digest(payload_or_token.removeprefix(INVITE_PREFIX)),
        Newcomer(UserId(user_id), clean_name(name), now),
    )

    def work(connection: Connection) -> Accepted:
        given = _find(connection, digest)
        check_here(find_business(connection, given.business_id))
        position = position_in(connection, new.user_id, given.business_id)
        if position is not None and _is_for_others(given, position, new.now):
            return Accepted(position=position, business=position.business, left=True)
        accepted = _use(database, connection, given, new)
        if given.used_at is None:
            event = StaffEvent.JOINED if position is None or position.role is accepted.role else StaffEvent.PROMOTED
            _tell(database, connection, given, accepted, event=event, new=new)
        return Accepted(position=accepted, business=accepted.business)

    return await write_once(database, work)  # one person may use two invitations at once


def shop_inviting(connection: Connection, payload_or_token: str) -> int | None:
    """The shop of an invitation, even an expired one; None if there is no such invitation."""
    digest = token_digest(payload_or_token.removeprefix(INVITE_PREFIX))
    found: int | None = connection.scalar(select(invite_table.c.business_id).where(invite_table.c.token_hash == digest))
    return found


def _known(digest: bytes) -> Select[Any]:
    return select(invite_table).where(invite_table.c.token_hash == digest)


def _find(connection: Connection, digest: bytes) -> Row[Any]:
    row = connection.execute(_known(digest).with_for_update()).one_or_none()
    if row is None:
        raise InviteInvalid
    return row


def _is_for_others(given: Row[Any], position: Position, now: datetime) -> bool:
    """Whether somebody uses a valid link that they could have made themselves."""
    fresh = given.used_at is None and given.expires_at > now
    return fresh and reaches(position.role, role_to_manage(Role(given.role)))


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


def _tell(
    database: Database,
    connection: Connection,
    given: Row[Any],
    position: Position,
    *,
    event: StaffEvent,
    new: Newcomer,
) -> None:
    """Leave a notice for the owners and for the person who gave the invitation."""
    shop = given.business_id
    inviter = find_member(connection, shop, given.invited_by) if given.invited_by is not None else None
    by = inviter.name if inviter is not None else None
    facts = StaffFacts(event=event, name=position.name, role=position.role, by=by)
    those = {*owners_of(connection, shop), *([inviter.user_id] if inviter is not None and inviter.user_id else [])}
    add_notice(database, connection, shop, facts=facts, now=new.now, people=sorted(those - {new.user_id}))
