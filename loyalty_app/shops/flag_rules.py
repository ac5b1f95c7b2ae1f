"""Flag rules: what a shop flags for its owner, read and changed, and the last day whose flags were told.

What the rules mean is in the core.
"""

from datetime import date, datetime

import msgspec
from sqlalchemy import Connection, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedAnswer, KeyedRequest, answer_once
from loyalty_app.db.tables import business
from loyalty_app.shops.businesses import require_staff
from loyalty_core.access import Role
from loyalty_core.flags import FlagRules, FlagRulesChange, changed_rules


def read_flag_rules(connection: Connection, business_id: int) -> FlagRules:
    """The rules of a shop; those of the house where the owner changed none."""
    kept = connection.scalar(select(business.c.flag_rules).where(business.c.id == business_id))
    return msgspec.json.decode(kept, type=FlagRules) if kept else FlagRules()


def last_told(connection: Connection, business_id: int) -> date | None:
    """The last day whose flags the owners were told, or would have been."""
    told: date | None = connection.scalar(select(business.c.flags_told_on).where(business.c.id == business_id))
    return told


async def change_flag_rules(
    database: Database, business_id: int, change: FlagRulesChange, *, by: int | None = None
) -> FlagRules:
    """Change what a shop flags. `by` is the asking owner on the staff. Raises NotOnStaff, RoleRequired."""

    def work(connection: Connection) -> FlagRules:
        require_staff(connection, business_id, by, Role.OWNER)
        return _write_change(connection, business_id, change)

    return await database.write(work)


async def change_flag_rules_once(
    database: Database, request: KeyedRequest, change: FlagRulesChange, *, now: datetime
) -> KeyedAnswer:
    """The same for an API key, whose request happens once if it has a key. Raises IdempotencyKeyReused."""

    def work(connection: Connection) -> bytes:
        return msgspec.json.encode(_write_change(connection, request.business_id, change))

    return await answer_once(database, request, work, now=now)


def _write_change(connection: Connection, business_id: int, change: FlagRulesChange) -> FlagRules:
    own = business.c.id == business_id
    connection.execute(select(business.c.id).where(own).with_for_update()).close()
    rules = changed_rules(read_flag_rules(connection, business_id), change)
    connection.execute(update(business).where(own).values(flag_rules=msgspec.json.encode(rules).decode()))
    return rules
