"""Win back: which customers are written to because they were not here for long, and what they are given.

The rules, in words:
- A customer who had at least two visits that stand, of whichever program, and then none for `after_days` whole days of
  the shop, is given something, and gets one message. One who had a reward handed out meanwhile was here, too.
- It comes once an absence: the next one begins with a visit. It comes at most once in 60 days.
- It comes between 10 and 20 o'clock by the clock of the shop.
- A customer who wants no more of such messages gets neither. They say so, or the shop says it for them; only they can
  take it back.

Whether a customer can be told at all (in a chat that is open), and how, is not known here. What is given is in `gifts`.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Customer
from loyalty_core.gifts import WinBack
from loyalty_core.giving import give
from loyalty_core.ledger import Entry, EntryType, Gift
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import Program

OPENS, CLOSES = time(10), time(20)
"""The hours in which messages to many are sent, by the clock of the shop."""
AT_LEAST_VISITS = 2
USUAL_DAYS = 60
"""The days that are proposed where none were set."""
BETWEEN = timedelta(days=60)
"""How far apart two gifts for one customer are at least."""
WAS_HERE = (EntryType.STAMP, EntryType.REDEEM)


def is_time_to_write(now: datetime) -> bool:
    """Whether messages to many may be sent; `now` is by the clock of the shop."""
    return OPENS <= now.time() < CLOSES


def next_time_to_write(now: datetime) -> datetime:
    """When they may be sent, in the zone of `now`: now, or at the next opening."""
    if is_time_to_write(now):
        return now
    day = now.date() + timedelta(days=int(now.time() >= CLOSES))
    return datetime.combine(day, OPENS, tzinfo=now.tzinfo)


def absent_until(win_back: WinBack, today: date) -> date:
    """The last day on which somebody was here who is away for long enough today."""
    return today - timedelta(days=win_back.after_days)


def win_back_is_due(win_back: WinBack, entries: Iterable[Entry], now: datetime) -> bool:
    """Whether a customer with this whole ledger is away for so long, and had nothing for it yet.

    `now` is by the clock of the shop, whose days are meant; the hour does not count.
    """
    ledger, zone = tuple(entries), now.tzinfo
    here = [entry for entry in ledger if entry.type in WAS_HERE and entry.voided_by is None]
    visits = [entry.occurred_at for entry in here if entry.type is EntryType.STAMP]
    if len(visits) < AT_LEAST_VISITS:
        return False
    if max(entry.occurred_at for entry in here).astimezone(zone).date() > absent_until(win_back, now.date()):
        return False
    given = [entry.occurred_at for entry in ledger if entry.occasion is Gift.WIN_BACK]
    return not given or (max(given) < max(visits) and now.date() - max(given).astimezone(zone).date() >= BETWEEN)


def give_win_back(
    customer: Customer, program: Program, entries: Iterable[Entry], *, at: Occasion
) -> Change[Stamped] | None:
    """Give what the main program gives to win a customer back; None if it gives nothing, or if nothing is due now.

    The card at hand is the one of that program; `entries` are those of all cards.
    """
    win_back = program.terms.win_back
    if win_back is None or customer.opted_out_at is not None or not is_time_to_write(at.now):
        return None
    if not win_back_is_due(win_back, entries, at.now):
        return None
    return give(customer, program, Gift.WIN_BACK, at=at)


def untimely_gifts(entries: Iterable[Entry], zone: tzinfo | None) -> tuple[int, ...]:
    """The ids of those gifts in a whole ledger that should not be there: less than 60 days, or no visit, after another.

    Those of whom was merged into the customer are looked at by themselves. A visit counts though it was undone since.
    """
    ledger, wrong = tuple(entries), list[int]()
    stamps = [entry.id for entry in ledger if entry.type is EntryType.STAMP]
    given: dict[int, list[Entry]] = {}
    for entry in ledger:
        if entry.occasion is Gift.WIN_BACK:
            given.setdefault(entry.of_customer or entry.customer_id, []).append(entry)
    for earlier, later in (pair for own in given.values() for pair in pairwise(own)):
        days = later.occurred_at.astimezone(zone).date() - earlier.occurred_at.astimezone(zone).date()
        if days < BETWEEN or not any(earlier.id < number < later.id for number in stamps):
            wrong.append(later.id)
    return tuple(wrong)


def set_since(program: Program) -> datetime | None:
    """Since when the shop wins back in the present way; None if it does not."""
    if program.terms.win_back is None:
        return None
    same = program.terms.updated_at
    for terms in reversed(program.versions):
        if terms.win_back != program.terms.win_back:
            break
        same = terms.updated_at
    return same
