"""Positions: in which shops a person of the chat works, and as what. How they came to it is not known here."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business, staff
from loyalty_app.ids import Kind
from loyalty_app.shops.businesses import Business, business_of, find_business
from loyalty_core.access import Role
from loyalty_core.ledger import Actor, ActorType


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A person's place on the staff of a shop."""

    business: Business
    staff_id: int
    name: str
    role: Role

    @property
    def actor(self) -> Actor:
        """The person as who acts at the counter."""
        return Actor(ActorType.STAFF, self.staff_id, self.name, self.role)


def positions(connection: Connection, user_id: int) -> list[Position]:
    """All shops on whose staff a person is now, the oldest position first; `user_id` is Telegram's number."""
    return [_position_of(row) for row in connection.execute(_of_person(user_id))]


def position_in(connection: Connection, user_id: int, business_id: int) -> Position | None:
    """A person's position in one shop; None if they are not on its staff, or not any more."""
    row = connection.execute(_of_person(user_id).where(staff.c.business_id == business_id)).one_or_none()
    return _position_of(row) if row is not None else None


def _of_person(user_id: int) -> Select[Any]:
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
    """Somebody of the chat who comes onto a staff: Telegram's number, a clean name, and when."""

    user_id: int
    name: str
    now: datetime


def add_staff(database: Database, connection: Connection, business_id: int, *, new: Newcomer, role: Role) -> Position:
    """Put somebody on the staff inside a transaction that may hold more. Raises InvalidRequest."""
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
