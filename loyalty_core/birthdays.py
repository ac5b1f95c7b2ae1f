"""Birthdays: when a customer is given something for theirs, and what happens then.

The rules, in words:
- The gift is due from 9:00 on the day, by the clock of the shop. 29 February is on the 28th in other years.
- It comes once in 365 days, whatever happens to the date.
- There is none for a date that was told or changed less than 30 days before the day, and none on the day of birth.
- If nothing ran on the day, it comes within a week. None comes for a day before the shop began to give.

What is given is in `gifts`, how in `giving`.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Customer
from loyalty_core.giving import give
from loyalty_core.ledger import Entry, Gift
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import Program

MORNING = time(9)
YEAR, KNOWN_FOR, LATEST = timedelta(days=365), timedelta(days=30), timedelta(days=7)


def birthday_in(year: int, birthday: date) -> date:
    """The day of a year on which somebody has their birthday."""
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def last_day(now: datetime) -> date:
    """The last day whose birthdays are due; `now` is by the clock of the shop."""
    return now.date() if now.time() >= MORNING else now.date() - timedelta(days=1)


def dates_due(now: datetime, earliest: date) -> tuple[date, ...]:
    """All dates of birth, from `earliest` on, whose birthdays are due at `now`, those of the last week included."""
    days = tuple(last_day(now) - timedelta(days=back) for back in range(LATEST.days + 1))
    years = range(earliest.year, now.year + 1)
    return tuple(sorted({born for day in days for year in years for born in _born_on(day, year)}))


def _born_on(day: date, year: int) -> list[date]:
    """The dates in a year of birth whose birthday is on a day."""
    near = [date(year, 3, 1) - timedelta(days=1)] if (day.month, day.day) == (2, 28) else []
    dates = [*near, birthday_in(year, day)]
    return [born for born in dates if birthday_in(day.year, born) == day]


def given_since(program: Program) -> datetime | None:
    """Since when the shop gives something for birthdays without a break; None if it does not."""
    since = None
    for terms in reversed(program.versions):
        if terms.birthday is None:
            break
        since = terms.updated_at
    return since


def birthday_is_due(customer: Customer, entries: Iterable[Entry], now: datetime, *, since: date = date.min) -> bool:
    """Whether a customer is to have the gift at `now`, by the clock of the shop; `entries` are their whole ledger.

    The shop gives something since the day `since`.
    """
    day = _last_birthday(customer, now)
    if day is None or day < since or now.date() - day > LATEST:
        return False
    told_at = (customer.birthday_set_at or customer.created_at).astimezone(now.tzinfo)
    if day - told_at.date() < KNOWN_FOR:
        return False
    given = [entry.occurred_at for entry in entries if entry.occasion is Gift.BIRTHDAY]
    return all(now.date() - moment.astimezone(now.tzinfo).date() >= YEAR for moment in given)


def _last_birthday(customer: Customer, now: datetime) -> date | None:
    """The last birthday that has come, after the day of birth; None if there was none."""
    if customer.birthday is None:
        return None
    last = last_day(now)
    day = birthday_in(last.year, customer.birthday)
    day = day if day <= last else birthday_in(last.year - 1, customer.birthday)
    return day if day > customer.birthday else None


def give_birthday(
    customer: Customer, program: Program, entries: Iterable[Entry], *, at: Occasion
) -> Change[Stamped] | None:
    """Give what the main program gives for a birthday; None if it gives nothing, or if nothing is due.

    The card at hand is the one of that program; `entries` are those of all cards.
    """
    since = given_since(program)
    if since is None or not birthday_is_due(customer, entries, at.now, since=since.astimezone(at.now.tzinfo).date()):
        return None
    return give(customer, program, Gift.BIRTHDAY, at=at)
