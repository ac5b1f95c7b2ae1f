"""Changes: what one accepted request alters, decided by the rules and then written as a whole.

A rule takes an `Occasion` besides the state, and returns a `Change`. Neither knows a database.
"""

from datetime import date, datetime
from typing import Generic, TypeVar

import msgspec

from loyalty_core.analytics import DayTotals
from loyalty_core.customers import Customer
from loyalty_core.events import Event
from loyalty_core.ledger import Actor, Entry
from loyalty_core.rewards import Reward
from loyalty_core.views import utc


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts and when, with the ids reserved for what may come of it.

    - `now` is in the time zone of the business, whose days are those of caps and totals.
    - `actor` is noted in the entry, and decides what may be undone.
    - `transaction_id` is for the entry, `opening_id` for the head start that comes before it, if one is due; rewards
      take the ids from `first_reward_id` upwards.
    - `code_key` is the number of the rotating code that is used up, if one is.
    - `now_in_utc` is the same moment, if the caller knows it: to work it out again and again costs a tenth of a stamp.
    """

    now: datetime
    actor: Actor
    transaction_id: int = 0
    opening_id: int = 0
    first_reward_id: int = 0
    code_key: int | None = None
    now_in_utc: datetime | None = None

    @property
    def booked_at(self) -> datetime:
        """`now` in UTC."""
        return self.now_in_utc or utc(self.now)


Answer_co = TypeVar("Answer_co", covariant=True)


class Change(msgspec.Struct, Generic[Answer_co], frozen=True, kw_only=True):
    """All that one accepted request alters.

    - `answer` is what the caller gets, and `customer` the customer as they are now.
    - `entry` joins the ledger, after `opening`, the head start of a card that is made by its first stamp; `voided` are
      the ids of the entries that it undoes.
    - `rewritten` are entries that count for less, or for another customer, than before.
    - `issued` are new rewards; `settled` are rewards that have a new status.
    - `events` go to webhooks.
    - `totals` are added to those of their days. They are of the program of the entry; without an entry `program_totals`
      say which part of them is of further programs.

    The stamp that fills a card gives a change with a `Stamped`, an entry of type `stamp`, one issued reward, the events
    `stamp.added` and `reward.earned`, and one visit for the day.
    """

    answer: Answer_co
    customer: Customer
    entry: Entry | None = None
    opening: Entry | None = None
    issued: tuple[Reward, ...] = ()
    settled: tuple[Reward, ...] = ()
    voided: tuple[int, ...] = ()
    rewritten: tuple[Entry, ...] = ()
    events: tuple[Event, ...] = ()
    totals: tuple[tuple[date, DayTotals], ...] = ()
    program_totals: tuple[tuple[int, date, DayTotals], ...] = ()
