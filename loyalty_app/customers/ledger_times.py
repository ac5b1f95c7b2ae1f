"""Times of the ledger: between which ids the entries of a period are.

Ids of a shop's ledger rise with time, but a stamp may be booked days after it was given. Why no index by time: it would
cost every stamp. So a period is looked for among the ids of some days around it. For a large shop upkeep keeps spans
(`ledger_spans.py`), which tell it to the hour, together with the stragglers that are found behind it.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    bindparam,
    select,
    text,
    true,
)

from loyalty_app.db.tables import ledger_span, straggler
from loyalty_app.db.types import BigId, UtcDateTime
from loyalty_core.fields import BusinessId
from loyalty_core.stamping import EARLIEST

CLOCKS = timedelta(hours=1)
"""How far the clocks of servers may be apart, or be set back, without anything being missed."""
DISORDER = EARLIEST + CLOCKS
"""How much later than another an entry with a lower id may be: a stamp may be booked days after it was given."""
AHEAD = timedelta(days=7)
"""How far ahead a clock may have been for a while, without anything being missed that spans have."""
LEAP = DISORDER + AHEAD
"""A span that reaches a moment and so much more has a time of a clock that was wrong, or follows a pause."""
STRAGGLING = timedelta(hours=1)
"""An entry that is earlier by more than this than one with a lower id is a straggler."""
MOST_STRAGGLERS = 500
"""So many are looked up one by one in a millisecond or two; with more, the days around are read."""

AT_THE_MIDDLE = (
    '(SELECT occurred_at FROM "transaction" WHERE business_id = :business_id AND id >= (low + high) / 2 '
    "ORDER BY id LIMIT 1)"
)
HALVING = text(
    f"""
    WITH RECURSIVE halving(low, high) AS (
        SELECT (SELECT min(id) FROM "transaction" WHERE business_id = :business_id),
               (SELECT max(id) + 1 FROM "transaction" WHERE business_id = :business_id)
        UNION ALL
        SELECT CASE WHEN {AT_THE_MIDDLE} < :moment THEN (low + high) / 2 + 1 ELSE low END,
               CASE WHEN {AT_THE_MIDDLE} < :moment THEN high ELSE (low + high) / 2 END
        FROM halving WHERE low < high
    )
    SELECT coalesce(max(low), 0) FROM halving
    """  # noqa: S608  # our own words
).bindparams(bindparam("business_id", type_=BigId), bindparam("moment", type_=UtcDateTime))


class Stretch(msgspec.Struct, frozen=True):
    """Where all entries of a period are: from the id `first` on and before `end`, and further on.

    Further on are the `stragglers`, and what is in `tail`, from an id on and before another. None is no bound. Other
    entries may be there, too.
    """

    first: int | None = None
    end: int | None = None
    stragglers: tuple[int, ...] = ()
    tail: tuple[int, int] | None = None

    def conditions(self, column: Column[int]) -> list[ColumnElement[bool]]:
        """The same of a column of ids, in parts that share none: each is to be asked for alone, in its order."""
        parts = [_between(column, self.first, self.end)]
        if self.stragglers:
            parts.append(column.in_(self.stragglers))
        if self.tail is not None:
            parts.append(_between(column, *self.tail))
        return parts


def _between(column: Column[int], first: int | None, end: int | None) -> ColumnElement[bool]:
    bounds = [] if first is None else [column >= first]
    return and_(true(), *bounds, *([] if end is None else [column < end]))


def first_entry_since(connection: Connection, business_id: BusinessId, moment: datetime) -> int:
    """The id of the first entry of a shop at a moment or after it, as if its times rose with its ids.

    With times that are out of order by less than `DISORDER`, ask for a moment that is that much earlier to have all
    that follow it, and that much later to have all that precede it. It halves the ledger until the entry is found.
    """
    return int(connection.execute(HALVING, {"business_id": business_id, "moment": moment}).scalar_one())


def stretch_of(
    connection: Connection, business_id: BusinessId, *, since: datetime | None, until: datetime | None
) -> Stretch:
    """Where the entries of a period are. `since` is included, `until` is not; None is no bound."""
    if since is None and until is None:
        return Stretch()
    told = _told(connection, business_id, since, until)
    first = None if since is None else _first(connection, business_id, told, since)
    if until is None:
        return Stretch(first)
    behind = None if told.end is None else _behind(connection, business_id, (told.end, told.covered), (since, until))
    if behind is not None and told.is_over:
        return Stretch(first, told.end, behind)
    end = first_entry_since(connection, business_id, until + DISORDER)
    if behind is None:
        return Stretch(first, end)
    return Stretch(first, told.end, behind, (told.covered, end) if told.covered < end else None)


def _first_span(column: Column[int], moment: str) -> ScalarSelect[int]:
    """The first span by whose end the ledger has reached a moment."""
    span = ledger_span.c
    own = select(column).where(
        span.business_id == bindparam("business_id", type_=BigId),
        span.reached >= bindparam(moment, type_=UtcDateTime),
    )
    return own.order_by(span.reached, span.first_id).limit(1).scalar_subquery()


TOLD = select(
    _first_span(ledger_span.c.first_id, "since").label("first"),
    _first_span(ledger_span.c.reached, "since").label("reached"),
    _first_span(ledger_span.c.end_id, "straggling").label("end"),
    _first_span(ledger_span.c.end_id, "over").label("over"),
    select(ledger_span.c.end_id)
    .where(ledger_span.c.business_id == bindparam("business_id", type_=BigId))
    .order_by(ledger_span.c.first_id.desc())
    .limit(1)
    .scalar_subquery()
    .label("covered"),
)


class _Told(msgspec.Struct, frozen=True):
    """What spans tell of a period; None where they do not.

    What precedes the first span that reaches `since` is earlier. What follows a span that has reached `until`, and an
    hour more, is later or a straggler, as far as spans go; and `is_over` says that so much was reached that nothing can
    have been booked for the period any more, in no entry that follows.
    """

    first: int | None
    reached: datetime | None
    end: int | None
    is_over: bool
    covered: int


def _told(connection: Connection, business_id: BusinessId, since: datetime | None, until: datetime | None) -> _Told:
    asked = {"business_id": business_id, "since": since}
    asked |= {"straggling": until and until + STRAGGLING, "over": until and until + DISORDER}
    row = connection.execute(TOLD, asked).one()
    return _Told(row.first, row.reached, row.end, row.over is not None, row.covered or 0)


def _first(connection: Connection, business_id: BusinessId, told: _Told, since: datetime) -> int:
    """The id that all entries since then have at least. Where a ledger leapt over it, times tell more than spans do."""
    if told.first is None or told.reached is None:
        return first_entry_since(connection, business_id, since - DISORDER)
    if told.reached - since <= LEAP:
        return told.first
    return max(told.first, first_entry_since(connection, business_id, since - LEAP))


def _behind(
    connection: Connection, business_id: BusinessId, ids: tuple[int, int], period: tuple[datetime | None, datetime]
) -> tuple[int, ...] | None:
    """The stragglers of a period between two ids; None if they are very many."""
    since, until = period
    earliest = until - DISORDER - AHEAD
    earliest = earliest if since is None else max(since, earliest)
    own = (straggler.c.business_id == business_id, straggler.c.id >= ids[0], straggler.c.id < ids[1])
    of_period = (straggler.c.occurred_at >= earliest, straggler.c.occurred_at < until)
    found = connection.scalars(select(straggler.c.id).where(*own, *of_period).limit(MOST_STRAGGLERS + 1)).all()
    return tuple(found) if len(found) <= MOST_STRAGGLERS else None
