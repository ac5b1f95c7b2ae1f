"""Staffing: who may bring people into a shop's staff, and who may send them away.

The rules, in words:
- Owners invite and remove anybody. Managers invite and remove staff. Staff do neither.
- A shop keeps one owner at least, so nobody removes the last one, not even themselves.
- Who accepts a second invitation has the higher of the two roles.
"""

from loyalty_core.access import Role
from loyalty_core.errors import LastOwner


def role_to_manage(role: Role) -> Role:
    """The lowest role that may invite or remove somebody of that role."""
    return Role.MANAGER if role is Role.STAFF else Role.OWNER


def higher(first: Role, second: Role) -> Role:
    """The one of two roles that may do more."""
    return max(first, second, key=list(Role).index)


def check_removal(role: Role, owners: int) -> None:
    """Raise LastOwner if somebody of that role cannot go, while there are so many owners."""
    if role is Role.OWNER and owners <= 1:
        raise LastOwner
