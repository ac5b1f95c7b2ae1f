"""Proof: checks that every card equals the fold of its ledger, and that all totals agree with it.

The ledger is the truth; balances, totals and rewards are stored so that nobody has to add it up. Nothing is written or
repaired here.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from functools import reduce
from operator import add
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, select

from loyalty_app.db.rows import CARD_FIELDS, customer_of, entry_of, reward_of
from loyalty_app.db.tables import business_total, customer, daily_total, reward, transaction
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.programs import read_program
from loyalty_core.analytics import DayTotals
from loyalty_core.customers import Card, Customer
from loyalty_core.ledger import Entry, EntryType, Folded, fold
from loyalty_core.programs import Program
from loyalty_core.rewards import Reward, RewardStatus

AT_ONCE = 200


class CustomerHistory(msgspec.Struct, frozen=True):
    """One customer with the whole ledger and all rewards."""

    customer: Customer
    entries: list[Entry]
    rewards: list[Reward]


def histories(connection: Connection, business_id: int, *, at_once: int) -> Iterator[CustomerHistory]:
    """All customers of a business with their histories, erased ones too, read `at_once` at a time."""
    last = 0
    while True:
        following = select(customer).where(customer.c.business_id == business_id, customer.c.id > last)
        rows = connection.execute(following.order_by(customer.c.id).limit(at_once)).all()
        if not rows:
            return
        found = {row.id: CustomerHistory(customer_of(row), [], []) for row in rows}
        first, last = rows[0].id, rows[-1].id
        for row in connection.execute(_between(transaction, business_id, first=first, last=last)):
            found[row.customer_id].entries.append(entry_of(row))
        for row in connection.execute(_between(reward, business_id, first=first, last=last)):
            found[row.customer_id].rewards.append(reward_of(row))
        yield from found.values()


def _between(table: Table, business_id: int, *, first: int, last: int) -> Select[Any]:
    own = (table.c.business_id == business_id, table.c.customer_id.between(first, last))
    return select(table).where(*own).order_by(table.c.customer_id, table.c.id)


FIRST_SHOWN = 20

LastVisits = tuple[int, int]
"""How many customers were last here on a day, and how many of them had been here before."""


class Difference(msgspec.Struct, frozen=True):
    """A stored figure that the ledger contradicts. `of` says whose figure it is."""

    business_id: int
    of: str
    figure: str
    kept: object
    ledger: object

    def __str__(self) -> str:
        """The difference in one sentence."""
        where = f"Business {self.business_id}, {self.of}"
        return f"{where}: {self.figure} is kept as {_plain(self.kept)}, the ledger gives {_plain(self.ledger)}"


def _plain(value: object) -> str:
    if value is None:
        return "nothing"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


class Proof:
    """Proves one business; afterwards it holds the number of differences found, and the first of them."""

    def __init__(self, business: Business, *, at_once: int = AT_ONCE) -> None:
        """`at_once` is how many customers are read at once."""
        self.business, self._at_once = business, at_once
        self.customers = self.entries = self.found = 0
        self.differences: list[Difference] = []
        self._living = self._owed = self._voided = 0
        self._days: dict[date, DayTotals] = {}
        self._last_visits: dict[date, LastVisits] = {}

    def run(self, connection: Connection) -> None:
        """Prove everything, on a connection that sees one state of the data."""
        program = read_program(connection, self.business.id)
        for history in histories(connection, self.business.id, at_once=self._at_once):
            self._prove_card(history, program)
        self._prove_totals(connection)
        self._prove_days(connection)
        self._prove_last_visits(connection)

    def _compare(self, of: str, figure: str, *, kept: object, ledger: object) -> None:
        if kept != ledger:
            self.found += 1
            if len(self.differences) < FIRST_SHOWN:
                self.differences.append(Difference(self.business.id, of, figure, kept, ledger))

    def _prove_card(self, history: CustomerHistory, program: Program) -> None:
        folded = fold(history.entries, program, self.business.zone)
        erased = history.customer.erased_at is not None
        card = msgspec.structs.replace(folded.card, rewards_available=0) if erased else folded.card
        whose = f"customer {history.customer.id}"
        for name in CARD_FIELDS:
            self._compare(whose, name, kept=getattr(history.customer.card, name), ledger=getattr(card, name))
        self._compare(whose, "entries", kept=history.customer.entries, ledger=len(history.entries))
        self._prove_rewards(whose, history.rewards, folded, erased=erased)
        self._count(history, folded)

    def _prove_rewards(self, whose: str, rewards: list[Reward], folded: Folded, *, erased: bool) -> None:
        """Erasing voids open rewards, so only those of other customers can match the ledger."""
        if erased:
            available = sum(reward.status is RewardStatus.AVAILABLE for reward in rewards)
            self._compare(whose, "the number of open rewards", kept=available, ledger=0)
            return
        standing: dict[int, list[Reward]] = {number: [] for number in folded.earned}
        for one in rewards:
            if one.status is not RewardStatus.VOIDED:
                standing.setdefault(one.transaction_id, []).append(one)
        for number, there in sorted(standing.items()):
            self._prove_texts(whose, number, kept=there, ledger=folded.earned.get(number, ()))
        available = sum(reward.status is RewardStatus.AVAILABLE for reward in rewards)
        ledger = folded.card.rewards_available
        self._compare(whose, "the number of open rewards", kept=available, ledger=ledger)

    def _prove_texts(self, whose: str, number: int, *, kept: list[Reward], ledger: tuple[str, ...]) -> None:
        """Compare the rewards of an entry; those that a merge has moved may have another text."""
        of = f"rewards of transaction {number}"
        self._compare(whose, f"the number of {of}", kept=len(kept), ledger=len(ledger))
        texts = Counter(reward.description for reward in kept if reward.of_transaction is None)
        if len(kept) == len(ledger) and not texts <= Counter(ledger):
            self._compare(whose, f"the texts of the {of}", kept=sorted(texts), ledger=sorted(ledger))

    def _count(self, history: CustomerHistory, folded: Folded) -> None:
        self.customers += 1
        self.entries += len(history.entries)
        if history.customer.erased_at is None:
            self._living += 1
            self._owed += folded.card.rewards_available
            self._count_last_visit(folded.card)
        self._voided += sum(reward.status is RewardStatus.VOIDED for reward in history.rewards)
        self._add(history.customer.created_at, DayTotals(new_customers=1))
        for entry in history.entries:
            self._add(entry.occurred_at, figures_of(entry, len(folded.earned.get(entry.id, ()))))

    def _add(self, moment: datetime, figures: DayTotals) -> None:
        day = moment.astimezone(self.business.zone).date()
        self._days[day] = self._days.get(day, DayTotals()) + figures

    def _prove_totals(self, connection: Connection) -> None:
        own = select(business_total).where(business_total.c.business_id == self.business.id)
        row = connection.execute(own).one_or_none()
        whole = reduce(add, self._days.values(), DayTotals())
        figures = {
            "customers": self._living,
            "outstanding": self._owed,
            "redeemed": whole.rewards_redeemed,
            "expired": whole.rewards_expired,
            "voided": self._voided,
        }
        for name, ledger in figures.items():
            self._compare("the totals", name, kept=row and getattr(row, name), ledger=ledger)

    def _prove_days(self, connection: Connection) -> None:
        names = DayTotals.__struct_fields__
        own = select(daily_total).where(daily_total.c.business_id == self.business.id)
        kept = {row.day: DayTotals(**{name: getattr(row, name) for name in names}) for row in connection.execute(own)}
        for day in sorted(kept.keys() | self._days.keys()):
            there, wanted = kept.get(day, DayTotals()), self._days.get(day, DayTotals())
            for name in names:
                self._compare(f"the day {day}", name, kept=getattr(there, name), ledger=getattr(wanted, name))

    def _count_last_visit(self, card: Card) -> None:
        if card.day is not None:
            all_of_them, again = self._last_visits.get(card.day, (0, 0))
            self._last_visits[card.day] = all_of_them + 1, again + (card.total_visits > 1)

    def _prove_last_visits(self, connection: Connection) -> None:
        own = select(daily_total).where(daily_total.c.business_id == self.business.id)
        kept = {row.day: (row.last_visits, row.last_visits_again) for row in connection.execute(own)}
        for day in sorted(kept.keys() | self._last_visits.keys()):
            there, wanted = kept.get(day, (0, 0)), self._last_visits.get(day, (0, 0))
            for name, number, ledger in zip(("last_visits", "last_visits_again"), there, wanted, strict=True):
                self._compare(f"the day {day}", name, kept=number, ledger=ledger)


def figures_of(entry: Entry, earned: int) -> DayTotals:
    """What an entry adds to its day; an undone stamp counts both as given and as undone, also in part."""
    stands = int(entry.voided_by is None)
    match entry.type:
        case EntryType.STAMP:
            given, counting = entry.stamps + entry.stamps_voided, entry.stamps * stands
            return DayTotals(visits=stands, stamps_added=given, stamps_voided=given - counting, rewards_earned=earned)
        case EntryType.BONUS:
            return DayTotals(stamps_added=entry.stamps, rewards_earned=earned)
        case EntryType.REDEEM:
            return DayTotals(rewards_redeemed=stands)
        case EntryType.EXPIRE:
            return DayTotals(rewards_expired=stands)
        case _:
            return DayTotals(rewards_earned=earned)
