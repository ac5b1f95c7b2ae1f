"""Staff: who works in which shop in which role, and how people are added to the staff and removed.

Removing works at once, because every transaction looks up the rights it uses. Invitations are in `invites`, rights in
the chat in `workplaces`.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, delete, exists, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business, invite, staff
from loyalty_app.ids import Kind
from loyalty_app.shops.businesses import Business, business_of, find_business
from loyalty_app.shops.notice_facts import StaffEvent, StaffFacts
from loyalty_app.shops.owner_notices import add_notice, owners_of
from loyalty_core.access import Role, check_removal, require_role, role_to_manage
from loyalty_core.errors import InvalidRequest, NotOnStaff
from loyalty_core.fields import BusinessId, UserId
from loyalty_core.ledger import Actor, ActorType


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A person's place on the staff of a shop."""

    business: Business
    staff_id: int
    name: str
    role: Role

    @property
    def actor(self) -> Actor:
        """The person as an actor at the counter."""
        return Actor(ActorType.STAFF, self.staff_id, self.name, self.role)


def positions(connection: Connection, user_id: UserId) -> list[Position]:
    """All current positions of a person, the oldest first; `user_id` is Telegram's id."""
    return [_position_of(row) for row in connection.execute(_of_person(user_id))]


def position_in(connection: Connection, user_id: UserId, business_id: BusinessId) -> Position | None:
    """A person's position in one shop; None if they are not on its staff (any more)."""
    row = connection.execute(_of_person(user_id).where(staff.c.business_id == business_id)).one_or_none()
    return _position_of(row) if row is not None else None


def was_on_a_staff(connection: Connection, user_id: UserId) -> bool:
    """Whether a person is or was on the staff of any shop."""
    return connection.scalar(select(exists().where(staff.c.user_id == user_id))) or False


def _of_person(user_id: UserId) -> Select[Any]:
    own = (staff.c.id.label("staff_id"), staff.c.name.label("staff_name"), staff.c.role)
    return (
        select(business, *own)
        .join(staff, staff.c.business_id == business.c.id)
        .where(staff.c.user_id == user_id, staff.c.removed_at.is_(None))
        .order_by(staff.c.created_at, staff.c.id)
    )


def _position_of(row: Row[Any]) -> Position:
    return Position(business=business_of(row), staff_id=row.staff_id, name=row.staff_name, role=Role(row.role))


class Newcomer(msgspec.Struct, frozen=True):
    """A person who joins a staff: Telegram's id, a clean name, and when."""

    user_id: UserId
    name: str
    now: datetime


def add_staff(
    database: Database, connection: Connection, business_id: BusinessId, *, new: Newcomer, role: Role
) -> Position:
    """Add somebody to the staff inside the caller's transaction. Raises InvalidRequest."""
    business = find_business(connection, business_id)
    with database.ids(connection) as ids:
        position = Position(business=business, staff_id=ids.take(Kind.STAFF), name=new.name, role=role)
    row = {
        "business_id": business_id,
        "id": position.staff_id,
        "name": position.name,
        "role": role.value,
        "created_at": new.now,
        "user_id": new.user_id,
    }
    database.insert(connection, staff, [row])
    return position


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the staff; `user_id` is Telegram's id."""

    staff_id: int
    name: str
    role: Role
    created_at: datetime
    user_id: UserId | None


def _member_of(row: Row[Any]) -> StaffMember:
    return StaffMember(
        staff_id=row.id,
        name=row.name,
        role=Role(row.role),
        created_at=row.created_at,
        user_id=row.user_id,
    )


async def list_staff(database: Database, business_id: BusinessId) -> list[StaffMember]:
    """The staff of a shop, in the order they joined. Raises InvalidRequest if there is no such shop."""

    def work(connection: Connection) -> list[StaffMember]:
        find_business(connection, business_id)
        here = select(staff).where(staff.c.business_id == business_id, staff.c.removed_at.is_(None))
        return [_member_of(row) for row in connection.execute(here.order_by(staff.c.id))]

    return await database.read(work)


async def remove_staff(
    database: Database, business_id: BusinessId, staff_id: int, *, now: datetime, by: int | None = None
) -> StaffMember:
    """Remove somebody from the staff, with the unused invitations they gave; removing them again changes nothing.

    The owners and the removed person are told.

    `by` is the member of the staff who asks, None the operator. Raises InvalidRequest if there is no such person,
    NotOnStaff, RoleRequired, LastOwner.
    """

    def work(connection: Connection) -> StaffMember:
        find_business(connection, business_id)
        here = _lock_all(connection, business_id)
        if by is not None and by not in here:
            raise NotOnStaff
        leaving = here.get(staff_id) or find_member(connection, business_id, staff_id)
        if by is not None:
            require_role(here[by].role, role_to_manage(leaving.role))
        if staff_id in here:
            check_removal(leaving.role, sum(one.role is Role.OWNER for one in here.values()))
            _remove(connection, business_id, staff_id, now)
            _tell(database, connection, business_id, gone=leaving, by=here.get(by or 0), now=now)
        return leaving

    return await database.write(work)


def _lock_all(connection: Connection, business_id: BusinessId) -> dict[int, StaffMember]:
    """The whole staff, locked, so that two owners cannot remove each other at once."""
    here = select(staff).where(staff.c.business_id == business_id, staff.c.removed_at.is_(None))
    rows = connection.execute(here.order_by(staff.c.id).with_for_update())
    return {row.id: _member_of(row) for row in rows}


def find_member(connection: Connection, business_id: BusinessId, staff_id: int) -> StaffMember:
    """Somebody who is or was on the staff. Raises InvalidRequest if there is no such person."""
    own = select(staff).where(staff.c.business_id == business_id, staff.c.id == staff_id)
    row = connection.execute(own).one_or_none()
    if row is None:
        raise InvalidRequest.field("staff", f"business {business_id} has nobody {staff_id} on its staff")
    return _member_of(row)


def _remove(connection: Connection, business_id: BusinessId, staff_id: int, now: datetime) -> None:
    own = staff.c.business_id == business_id, staff.c.id == staff_id
    connection.execute(update(staff).where(*own).values(removed_at=now))
    given = invite.c.business_id == business_id, invite.c.invited_by == staff_id
    connection.execute(delete(invite).where(*given, invite.c.used_at.is_(None)))


def _tell(
    database: Database,
    connection: Connection,
    business_id: BusinessId,
    *,
    gone: StaffMember,
    by: StaffMember | None,
    now: datetime,
) -> None:
    """Leave notices for the owners except the one who did it, and for the removed person."""
    left = by is not None and by.staff_id == gone.staff_id
    event = StaffEvent.LEFT if left else StaffEvent.REMOVED
    facts = StaffFacts(event=event, name=gone.name, role=gone.role, by=by.name if by is not None else None)
    owners = [owner for owner in owners_of(connection, business_id) if by is None or owner != by.user_id]
    add_notice(database, connection, business_id, facts=facts, now=now, people=owners)
    if gone.user_id is not None and not left:
        dismissed = msgspec.structs.replace(facts, event=StaffEvent.DISMISSED)
        add_notice(database, connection, business_id, facts=dismissed, now=now, people=[gone.user_id])
