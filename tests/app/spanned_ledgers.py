"""Ledgers with spans, for the tests: made, searched page by page, and searched plainly."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from loyalty_app.customers import ledger_spans
from loyalty_app.customers.ledger_times import Stretch, stretch_of
from loyalty_app.customers.transactions import LedgerSearch, list_ledger
from loyalty_app.db.tables import ledger_span
from loyalty_app.pagination import PageRequest
from loyalty_app.upkeep import span_keeping as keeping
from loyalty_core.ledger import EntryType
from testkit.shop import Shop
from testkit.timed_ledgers import Booked, generate, write

ENTRIES = 20
DAY = timedelta(days=1)


async def make(shop: Shop, **more: Any) -> int:  # noqa: ANN401  # what `keep_spans` takes
    """Make the spans that can be made; how many."""
    return await keeping.keep_spans(shop.database, shop.clock, **more)


async def filled(shop: Shop, seed: int, *, entries: int = 600, late: float = 0.1) -> list[Booked]:
    """A shop with a generated ledger, which ends now."""
    customers = [(await shop.join()).id for _ in range(3)]
    dice = Random(seed)
    ledger = generate(dice, end=shop.clock.now, entries=entries, customers=customers, late=late)
    await write(shop, ledger)
    return ledger


async def pages(shop: Shop, search: LedgerSearch, limit: int) -> tuple[list[int], set[int]]:
    """The ids that a search finds, page by page along cursors, and which totals are told."""
    ids: list[int] = []
    totals, wanted = set(), PageRequest(limit=limit)
    while True:
        page = await shop.database.read(
            lambda c, wanted=wanted: list_ledger(c, shop.business.id, search, wanted=wanted)  # type: ignore[misc]  # bound
        )
        ids += [one.id for one in page.data]
        totals.add(page.pagination.total)
        if page.pagination.next_cursor is None:
            return ids, totals
        wanted = PageRequest(limit=limit, cursor=page.pagination.next_cursor)


def plainly(ledger: Sequence[Booked], search: LedgerSearch) -> list[int]:
    """The ids of the entries of which all is true that a search asks for, the newest first."""
    return [
        one.id
        for one in reversed(ledger)
        if (search.since is None or one.occurred_at >= search.since)
        and (search.until is None or one.occurred_at < search.until)
        and (search.customer is None or one.customer_id == search.customer)
        and (search.type is None or one.type is search.type)
    ]


def searches(dice: Random, ledger: Sequence[Booked], now: datetime) -> list[LedgerSearch]:
    """Searches of periods short and long, some of which begin or end at an entry."""
    found = [LedgerSearch(since=now + DAY, until=now + 2 * DAY), LedgerSearch(since=now - 99 * DAY, until=now + DAY)]
    for _ in range(20):
        since = dice.choice((now - 45 * DAY * dice.random(), dice.choice(ledger).occurred_at))
        until = since + dice.choice((timedelta(hours=3), DAY, 5 * DAY, 20 * DAY, timedelta(microseconds=1)))
        bounds: dict[str, Any] = dice.choice(({"since": since, "until": until}, {"since": since}, {"until": until}))
        also: dict[str, Any] = dice.choice(
            ({}, {}, {"type": dice.choice(list(EntryType))}, {"customer": ledger[0].customer_id})
        )
        found.append(LedgerSearch(**bounds, **also))
    return found


async def agrees(shop: Shop, dice: Random, ledger: Sequence[Booked]) -> bool:
    """Whether searches find what is true of the entries, page by page, and their totals."""
    for search in searches(dice, ledger, shop.clock.now):
        expected = plainly(ledger, search)
        assert await pages(shop, search, dice.choice((23, 100))) == (expected, {len(expected)}), search
    return True


async def kept(shop: Shop) -> list[tuple[int, int, datetime]]:
    """The spans of a shop: first, end, reached."""
    own = select(ledger_span).where(ledger_span.c.business_id == shop.business.id).order_by(ledger_span.c.first_id)
    rows = await shop.database.read(lambda connection: connection.execute(own).all())
    return [(row.first_id, row.end_id, row.reached) for row in rows]


async def stretch(shop: Shop, since: datetime | None, until: datetime | None) -> Stretch:
    """Where a period is looked for."""
    return await shop.database.read(lambda c: stretch_of(c, shop.business.id, since=since, until=until))


async def forget(shop: Shop, first_id: int = 0) -> None:
    """Forget spans, as if they had not been made yet."""
    await shop.database.write(lambda c: ledger_spans.forget_spans(c, shop.business.id, first_id))
