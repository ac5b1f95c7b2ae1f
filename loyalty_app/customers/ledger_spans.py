"""Spans of a ledger: how far it had got by the end of some entries that follow each other, and which straggle.

The rules, in words:
- Spans follow each other from the first entry on, without a gap. Each has `ENTRIES` entries.
- What a ledger has reached is the latest time of all its entries so far. It never gets less.
- A straggler is earlier than what was reached before it, by more than an hour: each is kept by its time.
- A span is made once nothing can be written any more among its ids. That is known elsewhere (`upkeep/span_keeping.py`).

So nothing that a write does depends on spans, and what is not kept is looked for in another way (`ledger_times.py`).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import msgspec
from sqlalchemy import Connection, delete, select

from loyalty_app.customers.ledger_times import STRAGGLING
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import ledger_span, straggler, transaction
from loyalty_core.fields import BusinessId

ENTRIES = 1_000
"""How many entries a span has: they are read in a millisecond."""
THE_BEGINNING = datetime.min.replace(tzinfo=UTC)

Timed = tuple[int, datetime]
"""The id of an entry, and its time."""


class LedgerSpan(msgspec.Struct, frozen=True):
    """The entries from one id on and before another: what was reached by their end, and the stragglers among them."""

    first_id: int
    end_id: int
    reached: datetime
    stragglers: tuple[Timed, ...] = ()


NONE_YET = LedgerSpan(0, 0, THE_BEGINNING)
"""What precedes the first span."""


def span_after(before: LedgerSpan, entries: Sequence[Timed]) -> LedgerSpan:
    """The span of the entries that follow another; there must be some."""
    reached, behind = before.reached, list[Timed]()
    for number, at in entries:
        if at < reached and reached - at > STRAGGLING:
            behind.append((number, at))
        reached = max(reached, at)
    return LedgerSpan(before.end_id, entries[-1][0] + 1, reached, tuple(behind))


def last_span(connection: Connection, business_id: BusinessId) -> LedgerSpan:
    """The last span of a shop, without its stragglers; that before the first if it has none."""
    return next(newest_spans(connection, business_id, 1), NONE_YET)


def newest_spans(connection: Connection, business_id: BusinessId, most: int | None = None) -> Iterator[LedgerSpan]:
    """The last spans of a shop, or all, without their stragglers, the newest first."""
    own = select(ledger_span).where(ledger_span.c.business_id == business_id)
    for row in connection.execute(own.order_by(ledger_span.c.first_id.desc()).limit(most)):
        yield LedgerSpan(row.first_id, row.end_id, row.reached)


def next_span(connection: Connection, business_id: BusinessId, end: int) -> LedgerSpan | None:
    """The span that is to follow the last, if so many entries are there before the id `end`."""
    before = last_span(connection, business_id)
    entries = _entries(connection, business_id, before.end_id, end)
    return span_after(before, entries) if len(entries) == ENTRIES else None


def _entries(connection: Connection, business_id: BusinessId, first: int, end: int) -> list[Timed]:
    """The entries of a shop between two ids, as many as a span has at most."""
    own = (transaction.c.business_id == business_id, transaction.c.id >= first, transaction.c.id < end)
    some = select(transaction.c.id, transaction.c.occurred_at).where(*own).order_by(transaction.c.id).limit(ENTRIES)
    return [(row.id, row.occurred_at) for row in connection.execute(some)]


def keep_span(database: Database, connection: Connection, business_id: BusinessId, span: LedgerSpan) -> bool:
    """Keep the span that follows the last; return whether it still does.

    Raises IntegrityError if another process keeps it at this moment.
    """
    _lock(connection, business_id)
    if last_span(connection, business_id).end_id != span.first_id:
        return False
    row = {"business_id": business_id, "first_id": span.first_id, "end_id": span.end_id, "reached": span.reached}
    database.insert(connection, ledger_span, [row])
    new = sorted({*span.stragglers} - _kept(connection, business_id, span.stragglers))
    if new:
        rows = [{"business_id": business_id, "occurred_at": at, "id": number} for number, at in new]
        database.insert(connection, straggler, rows)
    return True


def forget_spans(connection: Connection, business_id: BusinessId, first_id: int) -> None:
    """Forget the spans of a shop from one on: they will be made again.

    Stragglers stay. A reader of a period may have its spans already; and one too many makes no difference.
    """
    _lock(connection, business_id)
    own = (ledger_span.c.business_id == business_id, ledger_span.c.first_id >= first_id)
    connection.execute(delete(ledger_span).where(*own)).close()


def _lock(connection: Connection, business_id: BusinessId) -> None:
    """Wait for others who change the spans of a shop: the first one is locked for all. Its maker is alone anyway."""
    first = select(ledger_span.c.first_id).where(ledger_span.c.business_id == business_id, ledger_span.c.first_id == 0)
    connection.execute(first.with_for_update()).close()


def _kept(connection: Connection, business_id: BusinessId, behind: Sequence[Timed]) -> set[Timed]:
    """Those that are kept of some stragglers, perhaps with others of their time."""
    if not behind:
        return set()
    times = [at for _, at in behind]
    own = (straggler.c.business_id == business_id, straggler.c.occurred_at.between(min(times), max(times)))
    found = connection.execute(select(straggler.c.id, straggler.c.occurred_at).where(*own))
    return {(row.id, row.occurred_at) for row in found}


def newest_pairs(connection: Connection, business_id: BusinessId, most: int) -> list[tuple[LedgerSpan, LedgerSpan]]:
    """The last spans of a shop, each after the one before it; the oldest first."""
    spans = [*newest_spans(connection, business_id, most + 1)][::-1]
    return [*pairwise(spans if len(spans) > most else [NONE_YET, *spans])]


def proven_spans(connection: Connection, business_id: BusinessId) -> tuple[int, LedgerSpan | None]:
    """How many spans a shop has, and the first that is not as its entries give it."""
    spans = [NONE_YET, *[*newest_spans(connection, business_id)][::-1]]
    untrue = (span for before, span in pairwise(spans) if not is_true(connection, business_id, before, span))
    return len(spans) - 1, next(untrue, None)


def is_true(connection: Connection, business_id: BusinessId, before: LedgerSpan, span: LedgerSpan) -> bool:
    """Whether a span that follows another is kept as its entries give it."""
    entries = _entries(connection, business_id, span.first_id, span.end_id)
    if len(entries) != ENTRIES:
        return False
    given = span_after(before, entries)
    same = (given.first_id, given.end_id, given.reached) == (span.first_id, span.end_id, span.reached)
    return same and {*given.stragglers} <= _kept(connection, business_id, given.stragglers)
