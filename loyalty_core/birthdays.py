"""Birthdays: when a customer is given something for theirs, and what happens then.

The rules, in words:
- The gift is due from 9:00 on the day, by the clock of the shop. 29 February is on the 28th in other years.
- It comes once in 365 days, whatever happens to the date.
- There is none for a date that was told or changed less than 30 days before the day, and none on the day of birth.
- If nothing ran on the day, it comes within a week. None comes for a day before the shop began to give.

What is given is in `gifts`.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from loyalty_core.analytics import DayTotals
from loyalty_core.booking import (
    Booked,
    Given,
    book,
    book_head_start,
    earned_events,
    following,
    head_start_is_due,
    new_entry,
)
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Customer
from loyalty_core.events import Event, StampAdded
from loyalty_core.ledger import Entry, EntryType, Gift, dropped_stamps
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import Program
from loyalty_core.stamping import stamped_answer
from loyalty_core.views import customer_view, reward_view, utc

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


def gift_stamps(program: Program) -> int:
    """How many stamps the shop gives for a birthday; none if it gives a reward, or nothing."""
    return program.terms.birthday.given_stamps if program.terms.birthday else 0


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
    opened = book_head_start(customer, program, at=at) if head_start_is_due(customer, program) else None
    if opened:
        customer, at = opened.customer, following(at, opened)
    stamps = gift_stamps(program)
    entry = new_entry(customer, program, EntryType.BONUS, at=at, given=Given(stamps, stamps, Gift.BIRTHDAY))
    return _change_of(customer, program, book(customer, entry, program, at=at), opened=opened, at=at)


def _change_of(
    customer: Customer, program: Program, booked: Booked, *, opened: Booked | None, at: Occasion
) -> Change[Stamped]:
    entry, rewards = booked.entry, (*(opened.rewards if opened else ()), *booked.rewards)
    seen, views = customer_view(booked.customer, program), tuple(map(reward_view, rewards))
    dropped = dropped_stamps(customer.card, program, entry.stamps) if booked.rewards and entry.stamps else 0
    stamped = stamped_answer(entry, booked.customer.card, program, seen=seen, rewards=views, dropped=dropped)
    added = entry.stamps + (opened.entry.stamps if opened else 0)
    told: tuple[Event, ...] = (StampAdded(utc(at.now), stamped),) if entry.stamps else ()
    return Change(
        answer=stamped,
        customer=booked.customer,
        entry=entry,
        opening=opened.entry if opened else None,
        issued=rewards,
        events=(*told, *earned_events(views, seen, at.now)),
        totals=((at.now.date(), DayTotals(stamps_added=added, rewards_earned=len(rewards))),),
    )
