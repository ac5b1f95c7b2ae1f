"""The line of deliveries: which of each endpoint come first, found without looking at all that wait.

A receiver that was down for a day leaves a hundred thousand deliveries behind. So no question here reads more of an
endpoint than its first few, by the index `ix_delivery_line`, and those that are leased, by `ix_delivery_leased`; and
the endpoints for which something waits are found by steps along that index, not by reading it through.

Statements only. Which of these are claimed, and how many at once, is decided in `delivery_queue`.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)

from loyalty_app.db.tables import delivery, webhook_endpoint
from loyalty_app.queues.leased_table import NOW, free
from loyalty_app.webhooks.outbox import QUEUED


def _awaited() -> Subquery:
    """The endpoints for which something is queued, due or not, each with its business."""
    first = select(func.min(delivery.c.endpoint_id).label("endpoint_id")).where(delivery.c.status == QUEUED)
    steps = first.cte("steps", recursive=True)
    other = delivery.alias("other")
    following = (
        select(func.min(other.c.endpoint_id))
        .where(other.c.status == QUEUED, other.c.endpoint_id > steps.c.endpoint_id)
        .scalar_subquery()
    )
    steps = steps.union_all(select(following).where(steps.c.endpoint_id.is_not(None)))
    theirs = delivery.alias("theirs")
    owner = (
        select(theirs.c.business_id)
        .where(theirs.c.status == QUEUED, theirs.c.endpoint_id == steps.c.endpoint_id)
        .limit(1)
        .scalar_subquery()
    )
    return select(steps.c.endpoint_id, owner.label("business_id")).where(steps.c.endpoint_id.is_not(None)).subquery()


def first_in_line(chosen: ColumnElement[bool], most: int, *, failing: ColumnElement[bool]) -> Select[Any]:
    """The keys of the first `most` due and free deliveries of each chosen endpoint, first places first, then by age.

    Of an endpoint that is `failing` it is the first alone. Leased ones hold the first places of their endpoint, so with
    two of them the first free one has place 3. Each place is asked for by itself: PostgreSQL would compare the
    deliveries of a shop with a list of the first few, one by one.

    Why keys only: joined with the deliveries in the same statement, PostgreSQL went through all of a shop for each of
    them, as long as it had no statistics of the table.
    """
    endpoints = _chosen(chosen)
    places: list[Select[Any]] = [
        select(
            endpoints.c.business_id,
            _waiting(endpoints, place).label("id"),
            (endpoints.c.held + place + 1).label("place"),
        )
        for place in range(most)
    ]
    listed = union_all(*places).subquery("listed")
    in_turn = and_(listed.c.place <= most, or_(listed.c.place == 1, ~failing))
    found = select(listed.c.business_id, listed.c.id).where(listed.c.id.is_not(None), in_turn)
    return found.order_by(listed.c.place, listed.c.id).limit(bindparam("room"))


def _chosen(chosen: ColumnElement[bool]) -> CTE:
    """The chosen endpoints for which something is queued, each with how many of its deliveries are leased."""
    awaited, leased = _awaited(), delivery.alias("leased")
    held = (
        select(func.count())
        .where(leased.c.status == QUEUED, leased.c.endpoint_id == awaited.c.endpoint_id, leased.c.lease_until > NOW)
        .scalar_subquery()
    )
    columns = (awaited.c.endpoint_id, awaited.c.business_id, held.label("held"))
    return select(*columns).join_from(awaited, webhook_endpoint, _is_theirs(awaited)).where(chosen).cte("endpoints")


def _waiting(endpoints: CTE, place: int) -> ScalarSelect[int]:
    """The due and free delivery of an endpoint that so many others precede."""
    waiting = delivery.alias(f"waiting_{place}")
    return (
        select(waiting.c.id)
        .where(_due(waiting, endpoints), free(waiting.c.lease_until))
        .order_by(waiting.c.next_at, waiting.c.id)
        .offset(place)
        .limit(1)
        .correlate(endpoints)
        .scalar_subquery()
    )


def anything_due(chosen: ColumnElement[bool]) -> Select[Any]:
    """Whether any delivery of a chosen endpoint is due and free."""
    awaited, waiting = _awaited(), delivery.alias("waiting")
    due = select(waiting.c.id).where(_due(waiting, awaited), free(waiting.c.lease_until)).exists()
    found = select(awaited.c.endpoint_id).join_from(awaited, webhook_endpoint, _is_theirs(awaited)).where(chosen, due)
    return select(found.exists())


def _is_theirs(awaited: Subquery) -> ColumnElement[bool]:
    return and_(webhook_endpoint.c.business_id == awaited.c.business_id, webhook_endpoint.c.id == awaited.c.endpoint_id)


def _due(waiting: FromClause, awaited: FromClause) -> ColumnElement[bool]:
    is_queued = waiting.c.status == QUEUED
    return and_(is_queued, waiting.c.endpoint_id == awaited.c.endpoint_id, waiting.c.next_at <= NOW)
