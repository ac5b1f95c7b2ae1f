"""Absent customers: those who would be written to now because they were not here for long, found a part at a time.

The rules, in words:
- Only who can be told is looked at: their card hangs in a chat of a bot that serves the shop, the bot is not blocked,
  and they have not turned the notices of the card off.
- A part is a number of cards in chats, in the order of customers. So no question reads more than a part of a shop,
  however many customers it has, and a stamp waits for none of it.
- The questions and the rule (`loyalty_core/win_back.py`) say the same; under the lock of the customer the rule decides.
"""

from datetime import date, datetime, time, timedelta
from functools import partial

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select

from loyalty_app.chat.card_queue import SERVES
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import card, customer, reward, telegram_card, telegram_chat, transaction
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.programs import read_program
from loyalty_core.ledger import Gift
from loyalty_core.win_back import AT_LEAST_VISITS, BETWEEN, USUAL_DAYS

CARDS_AT_ONCE = 1_000
"""How many cards in chats a part has. Measured: a part takes some milliseconds."""

WIN_BACK: ColumnElement[str] = literal_column(f"'{Gift.WIN_BACK.value}'")
"""Written out, so that the index of these entries is used."""
OF_CUSTOMER = (card.c.business_id == customer.c.business_id, card.c.customer_id == customer.c.id)


class AbsentPart(msgspec.Struct, frozen=True):
    """The customers of a part who would be written to, by their ids; the part ends with the customer `last`."""

    customers: tuple[int, ...]
    last: int


class WinBackPreview(msgspec.Struct, frozen=True):
    """How many customers would be written to now, if the shop wrote to those who were away for so many days."""

    after_days: int
    customers: int


async def preview(
    database: Database, business: Business, after_days: int | None = None, *, now: datetime
) -> WinBackPreview:
    """The same for so many days, or for those that the shop has set, or the usual ones."""
    if after_days is None:
        win_back = (await database.read(lambda connection: read_program(connection, business.id))).terms.win_back
        after_days = USUAL_DAYS if win_back is None else win_back.after_days
    return WinBackPreview(after_days, await count_absent(database, business, after_days, now=now))


async def count_absent(database: Database, business: Business, after_days: int, *, now: datetime) -> int:
    """How many customers would be written to at `now` if the shop wrote to those who were away for so many days."""
    count, part = 0, AbsentPart((), 0)
    while True:
        ask = partial(absent_part, business=business, after_days=after_days, now=now, after=part.last)
        following = await database.read(ask)
        if following is None:
            return count
        count, part = count + len(following.customers), following


def absent_part(
    connection: Connection, *, business: Business, after_days: int, now: datetime, after: int = 0
) -> AbsentPart | None:
    """The part that follows the customer `after`; None at the end, and where the shop sends no messages of its own."""
    if not business.card_notices:
        return None
    held = telegram_card.c
    some = select(held.customer_id).where(held.business_id == business.id, held.customer_id > after)
    ids = connection.scalars(some.order_by(held.customer_id).limit(CARDS_AT_ONCE)).all()
    if not ids:
        return None
    asked = _away(business, after_days, now).where(customer.c.id.in_(ids))
    return AbsentPart(tuple(sorted(row.id for row in connection.execute(asked))), ids[-1])


def _away(business: Business, after_days: int, now: datetime) -> Select[tuple[int]]:
    """The customers who can be told, are away for so long, and had nothing for it."""
    row, today = customer.c, now.astimezone(business.zone).date()
    seen_before = _begin_of(today - timedelta(days=after_days - 1), business)
    had_since = _begin_of(today - BETWEEN + timedelta(days=1), business)
    asked = (
        select(row.id)
        .where(row.business_id == business.id, row.erased_at.is_(None), row.opted_out_at.is_(None))
        .where(or_(row.last_visit_at.is_(None), row.last_visit_at < seen_before))
        .where(_can_be_told(), ~_redeemed(seen_before), ~_was_given(had_since, business))
    )
    if not business.programs_version:
        return asked.where(row.total_visits >= AT_LEAST_VISITS)
    further = select(func.coalesce(func.sum(card.c.total_visits), 0)).where(*OF_CUSTOMER).scalar_subquery()
    return asked.where(
        row.total_visits + further >= AT_LEAST_VISITS, ~_stamped_elsewhere(card.c.last_visit_at >= seen_before)
    )


def _can_be_told() -> ColumnElement[bool]:
    """Whether a card of the customer hangs in a chat in which something can be told."""
    held, chat = telegram_card.c, telegram_chat.c
    hangs = (
        select(held.user_id)
        .outerjoin(telegram_chat, and_(chat.bot_id == held.bot_id, chat.chat_id == held.user_id))
        .where(held.business_id == customer.c.business_id, held.customer_id == customer.c.id)
        .where(held.muted.is_(False), chat.blocked_at.is_(None), SERVES)
    )
    return hangs.exists()


def _begin_of(day: date, business: Business) -> datetime:
    return datetime.combine(day, time(0), tzinfo=business.zone)


def _redeemed(since: datetime) -> ColumnElement[bool]:
    """Whether a customer had a reward handed out since then."""
    own = (reward.c.business_id == customer.c.business_id, reward.c.customer_id == customer.c.id)
    return select(reward.c.id).where(*own, reward.c.redeemed_at >= since).exists()


def _was_given(since: datetime, business: Business) -> ColumnElement[bool]:
    """Whether a customer was given something in this absence, or since then."""
    entry, last = transaction.c, customer.c.last_visit_at
    own = (entry.business_id == customer.c.business_id, entry.customer_id == customer.c.id, entry.occasion == WIN_BACK)
    in_absence = or_(last.is_(None), entry.occurred_at >= last)
    if business.programs_version:
        in_absence = and_(in_absence, ~_stamped_elsewhere(card.c.last_visit_at > entry.occurred_at))
    return select(entry.id).where(*own, or_(entry.occurred_at >= since, in_absence)).exists()


def _stamped_elsewhere(when: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a customer has a card of a further program that was last stamped then."""
    return select(card.c.program_id).where(*OF_CUSTOMER, when).correlate(customer, transaction).exists()
