"""Members: who is on the staff of a shop, and how somebody is removed.

Removing works at once, because rights are looked up in the transaction that uses them, here and elsewhere.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import invite, staff
from loyalty_app.shops.businesses import find_business
from loyalty_core.access import Role, check_removal, require_role, role_to_manage
from loyalty_core.errors import InvalidRequest, NotOnStaff


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the staff; `user_id` is Telegram's number."""

    staff_id: int
    name: str
    role: Role
    created_at: datetime
    user_id: int | None


def _member_of(row: Row[Any]) -> StaffMember:
    return StaffMember(
        staff_id=row.id, name=row.name, role=Role(row.role), created_at=row.created_at, user_id=row.user_id
    )


async def list_staff(database: Database, business_id: int) -> list[StaffMember]:
    """The staff of a shop, whoever came first first. Raises InvalidRequest if there is no such shop."""

    def work(connection: Connection) -> list[StaffMember]:
        find_business(connection, business_id)
        here = select(staff).where(staff.c.business_id == business_id, staff.c.removed_at.is_(None))
        return [_member_of(row) for row in connection.execute(here.order_by(staff.c.id))]

    return await database.read(work)


async def remove_staff(
    database: Database, business_id: int, staff_id: int, *, now: datetime, by: int | None = None
) -> StaffMember:
    """Take somebody off the staff, and back the invitations that they have given; doing it again changes nothing.

    `by` is who of the staff asks, None the operator. Raises InvalidRequest if there is no such person, NotOnStaff,
    RoleRequired, LastOwner.
    """

    def work(connection: Connection) -> StaffMember:
        find_business(connection, business_id)
        here = _lock_all(connection, business_id)
        if by is not None and by not in here:
            raise NotOnStaff
        leaving = here.get(staff_id) or _find(connection, business_id, staff_id)
        if by is not None:
            require_role(here[by].role, role_to_manage(leaving.role))
        if staff_id in here:
            check_removal(leaving.role, sum(one.role is Role.OWNER for one in here.values()))
            _remove(connection, business_id, staff_id, now)
        return leaving

    return await database.write(work)


def _lock_all(connection: Connection, business_id: int) -> dict[int, StaffMember]:
    """The whole staff, so that two owners who remove each other do so one after the other."""
    here = select(staff).where(staff.c.business_id == business_id, staff.c.removed_at.is_(None))
    rows = connection.execute(here.order_by(staff.c.id).with_for_update())
    return {row.id: _member_of(row) for row in rows}


def _find(connection: Connection, business_id: int, staff_id: int) -> StaffMember:
    own = select(staff).where(staff.c.business_id == business_id, staff.c.id == staff_id)
    row = connection.execute(own).one_or_none()
    if row is None:
        raise InvalidRequest.field("staff", f"business {business_id} has nobody {staff_id} on its staff")
    return _member_of(row)


def _remove(connection: Connection, business_id: int, staff_id: int, now: datetime) -> None:
    own = staff.c.business_id == business_id, staff.c.id == staff_id
    connection.execute(update(staff).where(*own).values(removed_at=now))
    given = invite.c.business_id == business_id, invite.c.invited_by == staff_id
    connection.execute(delete(invite).where(*given, invite.c.used_at.is_(None)))
