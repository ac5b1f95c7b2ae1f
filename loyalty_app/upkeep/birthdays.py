"""Birthdays: each morning, at 9:00 by the clock of each shop, customers get what their shop gives for the day.

The rules, in words:
- A day is done once all its gifts are given. Only then it is noted: a process that stops in the middle goes on with the
  rest.
- The core says whether a gift is due, with the ledger at hand: two processes at once give it once.

How a gift is told is not known here.
"""

import asyncio
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, and_, or_, select, update

from loyalty_app.clock import Clock
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.each_shard import ask_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business as business_table
from loyalty_app.db.tables import customer, program, transaction
from loyalty_app.shops.businesses import Business, business_of
from loyalty_app.shops.programs import read_program
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.birthdays import YEAR, dates_due, last_day
from loyalty_core.customers import EARLIEST_BIRTHDAY
from loyalty_core.errors import CustomerNotFound, LoyaltyError
from loyalty_core.ledger import SYSTEM, Gift
from loyalty_core.views import main_of

EVERY_SECONDS = 60
AT_ONCE = 100
"""How many gifts are given together. Why so few: a stamp waits for the gifts of its batch."""


async def give_birthdays(database: Database, counter: Counter, *, now: datetime, stop: Stop | None = None) -> int:
    """Give what is due in all shops whose morning has come; return how many gifts those were.

    No shop waits for another that cannot be served now. What failed is raised at the end.
    """
    stop, given, failures = stop or Stop(), 0, list[LoyaltyError]()
    for shop in await ask_each_shard(database, lambda connection: _due(connection, now)):
        try:
            given += await _give_in(database, counter, shop, now=now, stop=stop)
            if stop.asked:
                return given
            await database.write(partial(_note, shop=shop, day=last_day(now.astimezone(shop.zone))))
        except LoyaltyError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return given


async def _give_in(database: Database, counter: Counter, shop: Business, *, now: datetime, stop: Stop) -> int:
    """Give the gifts of one shop, some at a time."""
    last, given, caller = 0, 0, Caller(business=shop, actor=SYSTEM)
    while not stop.asked:
        found = await database.read(partial(_celebrating, shop=shop, now=now, after=last))
        if not found:
            break
        answers = (counter.give_birthday(caller, number) for number in found)
        for answer in await asyncio.gather(*answers, return_exceptions=True):
            if isinstance(answer, BaseException) and not isinstance(answer, CustomerNotFound):
                raise answer
            given += int(not isinstance(answer, BaseException) and answer.outcome is not None)
        last = found[-1]
    return given


def _due(connection: Connection, now: datetime) -> list[Business]:
    """The shops that give something for birthdays, and have not yet done so today."""
    shop = business_table.c
    in_force = and_(program.c.business_id == shop.id, program.c.version == shop.program_version)
    giving = or_(program.c.birthday.is_not(None), shop.main_program_id.is_not(None))
    rows = connection.execute(
        select(business_table).join(program, in_force).where(giving, shop.moved_to.is_(None)).order_by(shop.id)
    ).all()
    shops = ((business_of(row), row.birthdays_on or date.min) for row in rows)
    due = [one for one, done in shops if done < last_day(now.astimezone(one.zone))]
    return [one for one in due if main_of(read_program(connection, one.id)).terms.birthday is not None]


def _celebrating(connection: Connection, *, shop: Business, now: datetime, after: int) -> list[int]:
    """Some customers whose birthday has come, and who had nothing for it in a year, by their ids.

    A customer who had something a year ago, but later that day, is asked for too: the core counts days, not hours.
    """
    local, entry = now.astimezone(shop.zone), transaction.c
    had = select(entry.id).where(
        entry.business_id == shop.id,
        entry.customer_id == customer.c.id,
        entry.occasion == Gift.BIRTHDAY.value,
        entry.occurred_at > now - YEAR + timedelta(days=1),
    )
    found = select(customer.c.id).where(
        customer.c.business_id == shop.id,
        customer.c.birthday.in_(dates_due(local, EARLIEST_BIRTHDAY)),
        customer.c.erased_at.is_(None),
        customer.c.id > after,
        ~had.exists(),
    )
    return list(connection.scalars(found.order_by(customer.c.id).limit(AT_ONCE)))


def _note(connection: Connection, *, shop: Business, day: date) -> None:
    done = business_table.c.birthdays_on
    own = update(business_table).where(business_table.c.id == shop.id, or_(done.is_(None), done < day))
    connection.execute(own.values(birthdays_on=day)).close()


def birthdays(database: Database, counter: Counter, clock: Clock) -> Every:
    """Look each minute for shops whose morning has come."""

    async def give(stop: Stop) -> None:
        await give_birthdays(database, counter, now=clock(), stop=stop)

    return Every(EVERY_SECONDS, give, "gifts for birthdays could not be given")
