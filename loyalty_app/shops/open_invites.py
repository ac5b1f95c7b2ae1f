"""Open invitations: those that nobody has used yet, as a page of the shop gives, lists and withdraws them.

How an invitation is made and accepted is in `invites`. An open one is known by the digest of its token: the token
itself is shown once, to the person who gave it.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedRequest, Locks, answer_once
from loyalty_app.db.tables import invite, staff
from loyalty_app.shops.businesses import require_staff
from loyalty_app.shops.invites import Offer, add_invite, token_digest
from loyalty_app.shops.links import INVITE_PREFIX
from loyalty_core.access import Role, role_to_manage
from loyalty_core.errors import InviteInvalid
from loyalty_core.fields import BusinessId


class OpenInvite(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that lets somebody in until `expires_at`; `by` is the one who gave it, empty for the operator."""

    digest: str
    role: Role
    by: str
    expires_at: datetime


async def invite_keyed(database: Database, request: KeyedRequest, offer: Offer, *, vault: Locks) -> str:
    """Invite somebody by a request with a key: return the `/start` payload, the same one if it comes again.

    Raises what `invites.invite` raises, IdempotencyKeyReused, and InviteInvalid if it comes again once the invitation
    was used, withdrawn or has expired.
    """
    shop, role, now, by = offer.business_id, offer.role, offer.now, offer.by

    def work(connection: Connection) -> bytes:
        payload = add_invite(database, connection, business_id=shop, role=role, now=now, by=by)
        return msgspec.json.encode(payload)

    answer = await answer_once(database, request, work, now=now, vault=vault)
    payload = msgspec.json.decode(answer.body, type=str)
    if answer.replayed:
        digest = token_digest(payload.removeprefix(INVITE_PREFIX)).hex()
        still_open = await database.read(lambda connection: open_invites(connection, BusinessId(shop), now))
        if digest not in {one.digest for one in still_open}:
            raise InviteInvalid
    return payload


def open_invites(connection: Connection, business_id: BusinessId, now: datetime) -> list[OpenInvite]:
    """The open invitations of a shop, the newest first."""
    giver = and_(staff.c.business_id == invite.c.business_id, staff.c.id == invite.c.invited_by)
    found = (
        select(invite, staff.c.name.label("giver"))
        .join_from(invite, staff, giver, isouter=True)
        .where(invite.c.business_id == business_id, invite.c.used_at.is_(None), invite.c.expires_at > now)
        .order_by(invite.c.created_at.desc(), invite.c.token_hash)
    )
    return [
        OpenInvite(digest=row.token_hash.hex(), role=Role(row.role), by=row.giver or "", expires_at=row.expires_at)
        for row in connection.execute(found)
    ]


async def withdraw_invite(
    database: Database, business_id: BusinessId, digest: str, *, now: datetime, by: int | None = None
) -> None:
    """End an open invitation at once; one that has ended stays so. `by` is the person who asks, None the operator.

    A person who may give an invitation may withdraw it. Raises InviteInvalid if there is none or somebody has used it,
    NotOnStaff, RoleRequired.
    """
    own = and_(invite.c.business_id == business_id, invite.c.token_hash == _read(digest))

    def work(connection: Connection) -> None:
        role = connection.scalar(select(invite.c.role).where(own))
        if role is None:
            raise InviteInvalid
        require_staff(connection, business_id, by, role_to_manage(Role(role)))
        ended = update(invite).where(own, invite.c.used_at.is_(None)).values(expires_at=now)
        if connection.execute(ended).rowcount == 0:  # somebody was faster
            raise InviteInvalid

    await database.write(work)


def _read(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        raise InviteInvalid from None
