"""Evenings: once a day, at 21:00 by the clock of each shop, its owners are told what was flagged.

The rules, in words:
- There is a message only if something was flagged, or if the owners asked for the figures of the day.
- A day is told once, by the process that comes first: the day is noted with the message, in one transaction.
- If nothing ran at that time, the last evening is told later; between 22:00 and 8:00 the message waits for the morning.
- Shops without an owner in the chat are looked at too, so that what was flagged there is known when somebody asks.
"""

from datetime import date, datetime, time, timedelta
from functools import partial

from sqlalchemy import Connection, or_, select, update

from loyalty_app.clock import Clock
from loyalty_app.customers.analytics import read_summary
from loyalty_app.customers.flags import FlagView, look, note_told, untold_flags
from loyalty_app.customers.owed import read_rewards_summary
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business as business_table
from loyalty_app.shops.businesses import Business, business_of
from loyalty_app.shops.flag_rules import read_flag_rules
from loyalty_app.shops.notice_facts import EveningFacts, EveningFigures, FlagLine
from loyalty_app.shops.owner_notices import add_notice_for_later, owners_of
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.errors import LoyaltyError
from loyalty_core.ledger import EntryType

EVERY_SECONDS = 60
EVENING, NIGHT, MORNING = time(21), time(22), time(8)
MOST_LINES = 8


async def tell_evenings(database: Database, *, now: datetime, stop: Stop | None = None) -> int:
    """Tell the owners of all shops whose evening has come; return how many shops those were."""
    due, stop = await database.read(lambda connection: _due(connection, now)), stop or Stop()
    told, failures = 0, list[LoyaltyError]()
    for shop, day in due:
        if stop.asked:
            return told
        try:
            await look(database, shop, now=now)
            await database.write(partial(_tell, database, shop, day=day, now=now))
        except LoyaltyError as failure:  # no shop waits for another that cannot be served now
            failures.append(failure)
        else:
            told += 1
    if failures:
        raise failures[0]
    return told


def evening_day(business: Business, now: datetime) -> date:
    """The day of the last evening that has come."""
    local = now.astimezone(business.zone)
    return local.date() if local.time() >= EVENING else local.date() - timedelta(days=1)


def waits_until(business: Business, now: datetime) -> datetime | None:
    """The end of the night, if it is night at the shop."""
    local = now.astimezone(business.zone)
    if MORNING <= local.time() < NIGHT:
        return None
    day = local.date() + timedelta(days=int(local.time() >= NIGHT))
    return datetime.combine(day, MORNING, tzinfo=business.zone)


def _due(connection: Connection, now: datetime) -> list[tuple[Business, date]]:
    """The shops whose last evening was not told. A shop that opened after it has none, nor has what test keys write."""
    told, shop = business_table.c.flags_told_on, business_table.c
    today_somewhere = (now + timedelta(days=1)).date()
    here = (shop.test_of.is_(None), shop.moved_to.is_(None))
    asked = select(business_table).where(*here, or_(told.is_(None), told < today_somewhere))
    due = []
    for row in connection.execute(asked.order_by(shop.id)):
        found = business_of(row)
        day = evening_day(found, now)
        opened = row.created_at.astimezone(found.zone)
        if (row.flags_told_on or date.min) < day and opened < datetime.combine(day, EVENING, tzinfo=found.zone):
            due.append((found, day))
    return due


def _tell(database: Database, shop: Business, connection: Connection, *, day: date, now: datetime) -> None:
    """Note the day, and leave a notice if there is something to say; nothing if another process was first."""
    own, told = business_table.c.id == shop.id, business_table.c.flags_told_on
    first = update(business_table).where(own, or_(told.is_(None), told < day)).values(flags_told_on=day)
    if connection.execute(first).rowcount == 0:
        return
    flags = untold_flags(connection, shop.id, until=day)
    note_told(connection, shop.id, [flag.id for flag in flags], now=now)
    figures = _figures(connection, shop, day, now) if read_flag_rules(connection, shop.id).evening_summary else None
    if not (flags or figures) or not owners_of(connection, shop.id):
        return
    lines = tuple(_line(shop, flag) for flag in flags[:MOST_LINES])
    facts = EveningFacts(business_id=shop.id, day=day, flags=lines, more=len(flags) - len(lines), figures=figures)
    add_notice_for_later(database, connection, shop.id, facts=facts, now=now, not_before=waits_until(shop, now))


def _line(shop: Business, flag: FlagView) -> FlagLine:
    return FlagLine(
        kind=flag.kind,
        transaction_id=flag.transaction_id,
        by=flag.actor.name,
        at=flag.occurred_at.astimezone(shop.zone),
        stamps=flag.stamps,
        number=flag.number,
        can_be_undone=flag.type is EntryType.STAMP and not flag.undone,
    )


def _figures(connection: Connection, shop: Business, day: date, now: datetime) -> EveningFigures:
    """The figures of a day: so far, or of the whole day if it is over."""
    end = datetime.combine(day, time(23, 59, 59), tzinfo=shop.zone)
    summary = read_summary(connection, shop, days=1, now=min(now, end))
    owed = read_rewards_summary(connection, shop, now=now)
    return EveningFigures(
        visits=summary.visits,
        stamps=summary.stamps.added - summary.stamps.voided,
        new_customers=summary.customers.new,
        rewards_redeemed=summary.rewards.redeemed,
        outstanding=owed.outstanding,
        cost=owed.cost,
        currency=owed.currency,
    )


def evenings(database: Database, clock: Clock) -> Every:
    """Look each minute for shops whose evening has come."""

    async def tell(stop: Stop) -> None:
        await tell_evenings(database, now=clock(), stop=stop)

    return Every(EVERY_SECONDS, tell, "owners could not be told of the evening")
