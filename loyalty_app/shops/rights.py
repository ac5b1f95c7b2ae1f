"""Rights: whether somebody on the staff may do what they ask for, looked up in the transaction that does it.

Writing to cards has its own look at the staff (`counter/rights.py`); what a role may do is a rule of the core.
"""

from sqlalchemy import Connection, select

from loyalty_app.db.tables import staff
from loyalty_core.access import Role, require_role
from loyalty_core.errors import NotOnStaff


def require_staff(connection: Connection, business_id: int, staff_id: int | None, needed: Role) -> None:
    """Raise NotOnStaff or RoleRequired unless that member of the staff may do so now.

    The row stays locked to the end of the transaction, so that nobody is removed meanwhile. None is an API key or the
    operator, who were let in elsewhere.
    """
    if staff_id is None:
        return
    own = (staff.c.business_id == business_id, staff.c.id == staff_id, staff.c.removed_at.is_(None))
    role = connection.execute(select(staff.c.role).where(*own).with_for_update(read=True)).scalar_one_or_none()
    if role is None:
        raise NotOnStaff
    require_role(Role(role), needed)
