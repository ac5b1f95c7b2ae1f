"""Pausing: stops all deliveries of a business until somebody resumes them.

Why: a restored backup must not send again what was sent long ago. Events are still queued meanwhile.
"""

from collections import Counter
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select, true, update

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business, delivery, fan_out
from loyalty_app.shops.businesses import find_business
from loyalty_app.webhooks.fan_out import fan_out_shop
from loyalty_app.webhooks.outbox import FAILED, QUEUED


class Pause(msgspec.Struct, frozen=True):
    """A business, since when its deliveries are paused (None: they are not), and how many wait."""

    business_id: int
    name: str
    paused_at: datetime | None
    waiting: int


def _of(business_id: int | None) -> ColumnElement[bool]:
    return true() if business_id is None else business.c.id == business_id


def pause_on(connection: Connection, *, now: datetime, business_id: int | None = None) -> None:
    """Pause the deliveries of one business or all, inside the caller's transaction."""
    own = (_of(business_id), business.c.deliveries_paused_at.is_(None))
    connection.execute(update(business).where(*own).values(deliveries_paused_at=now))


async def pause(database: Database, business_id: int | None, *, now: datetime) -> list[Pause]:
    """Pause the deliveries of one business or all. Raises InvalidRequest if there is no such business."""

    def work(connection: Connection) -> list[Pause]:
        _check(connection, business_id)
        pause_on(connection, now=now, business_id=business_id)
        return _pauses(connection, business_id)

    return await database.write(work)


async def resume(database: Database, business_id: int | None, *, drop_waiting: bool = False) -> list[Pause]:
    """Resume deliveries; with `drop_waiting`, give up those that wait. Return how things were before."""

    def work(connection: Connection) -> list[Pause]:
        _check(connection, business_id)
        before = [one for one in _pauses(connection, business_id) if one.paused_at is not None]
        for one in before if drop_waiting else ():
            _give_up(connection, database, one.business_id)
        connection.execute(update(business).where(_of(business_id)).values(deliveries_paused_at=None))
        return before

    return await database.write(work)


def _give_up(connection: Connection, database: Database, business_id: int) -> None:
    """Give up what waits for a shop, also what is only noted."""
    fan_out_shop(connection, database, business_id)
    given_up = update(delivery).where(delivery.c.business_id == business_id, delivery.c.status == QUEUED)
    connection.execute(given_up.values(status=FAILED, next_at=None, lease=None, lease_until=None))


async def list_pauses(database: Database) -> list[Pause]:
    """All businesses, with how many deliveries wait."""
    return await database.read(lambda connection: _pauses(connection, None))


def paused_since(connection: Connection, business_id: int) -> datetime | None:
    """Since when the deliveries of a business are paused; None if they are not."""
    found: datetime | None = connection.scalar(select(business.c.deliveries_paused_at).where(_of(business_id)))
    return found


def _check(connection: Connection, business_id: int | None) -> None:
    if business_id is not None:
        find_business(connection, business_id)


def _pauses(connection: Connection, business_id: int | None) -> list[Pause]:
    """Asked in two steps: on a cluster, deliveries are on other machines than the list of shops."""
    queued = select(delivery.c.business_id, func.count()).where(delivery.c.status == QUEUED)
    theirs = queued if business_id is None else queued.where(delivery.c.business_id == business_id)
    waiting = Counter({row.business_id: row[1] for row in connection.execute(theirs.group_by(delivery.c.business_id))})
    noted = select(fan_out.c.business_id, func.sum(fan_out.c.deliveries)).group_by(fan_out.c.business_id)
    of_them = noted if business_id is None else noted.where(fan_out.c.business_id == business_id)
    waiting.update({row.business_id: row[1] for row in connection.execute(of_them)})
    found = select(business.c.id, business.c.name, business.c.deliveries_paused_at).where(_of(business_id))
    return [Pause(*row, waiting[row.id]) for row in connection.execute(found.order_by(business.c.id))]
