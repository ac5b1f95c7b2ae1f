"""Rights: who of those that ask is on the staff now, under which name and in which role.

Only that is looked up here; what a role may do is a rule of the core.
"""

from typing import Any

import msgspec
from sqlalchemy import Row

from loyalty_app.counter.orders import Request
from loyalty_app.db import tables
from loyalty_app.db.lookups import Lookup
from loyalty_app.db.rows import staff_actor
from loyalty_core.errors import NotOnStaff
from loyalty_core.ledger import Actor, ActorType


class Rights:
    """The staff among those who ask in a batch; what they say of themselves does not count."""

    def __init__(self) -> None:
        self.staff: dict[tuple[int, int], Actor] = {}

    def question(self, requests: list[Request]) -> Lookup:
        """Who is on the staff; to be asked when all cards are locked, so that whoever was removed meanwhile is out."""
        actors = [(r.business_id, r.caller.actor) for r in requests if r.caller.actor.type is ActorType.STAFF]
        return Lookup(tables.staff, ("business_id", "id"), [(business, actor.id) for business, actor in actors])

    def keep(self, row: Row[Any]) -> None:
        """Note somebody of the staff, unless they were removed."""
        if row.removed_at is None:
            self.staff[row.business_id, row.id] = staff_actor(row)

    def authorised(self, request: Request) -> Request:
        """The request with the name and role that its asker has now. Raises NotOnStaff."""
        caller = request.caller
        if caller.actor.type is not ActorType.STAFF:
            return request
        actor = self.staff.get((request.business_id, caller.actor.id or 0))
        if actor is None:
            raise NotOnStaff
        return msgspec.structs.replace(request, caller=msgspec.structs.replace(caller, actor=actor))
