"""Staff: the people who work in a shop, how they come and how they go.

They are invited and accept in `invites`, are found in `positions`, listed and removed in `members`. What they may do at
the counter is looked up by the counter itself.
"""

from loyalty_app.shops.staff.invites import (
    Accepted,
    Offer,
    accept,
    add_invite,
    invite,
    invite_once,
    shop_inviting,
    token_digest,
)
from loyalty_app.shops.staff.members import StaffMember, list_staff, remove_staff
from loyalty_app.shops.staff.positions import Position, position_in, positions

__all__ = [
    "Accepted",
    "Offer",
    "Position",
    "StaffMember",
    "accept",
    "add_invite",
    "invite",
    "invite_once",
    "list_staff",
    "position_in",
    "positions",
    "remove_staff",
    "shop_inviting",
    "token_digest",
]
