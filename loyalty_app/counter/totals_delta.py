"""Totals delta: what a batch adds to the totals of shops and days, so that reading them needs no counting.

A shop's totals are its customers, and its rewards by status. A day has its figures, and how many customers made their
last visit then: a customer who returns moves from the old day to the new. Nothing is decided here.
"""

from collections import Counter, defaultdict
from datetime import date
from operator import add, attrgetter

from msgspec.structs import astuple

from loyalty_app.counter.answers import AnyOutcome
from loyalty_app.db import tables
from loyalty_app.db.bulk import BulkAdd, BulkWrite, Values
from loyalty_core.analytics import OF_PROGRAMS, DayTotals
from loyalty_core.changes import Change
from loyalty_core.customers import Customer, last_visit_of

OF_PROGRAM = attrgetter(*OF_PROGRAMS)
OF_SHOPS = ("customers", "outstanding", "redeemed", "expired", "voided")
OF_DAYS = (*DayTotals.__struct_fields__, "last_visits", "last_visits_again")
LAST_VISITS, LAST_VISITS_AGAIN = len(OF_DAYS) - 2, len(OF_DAYS) - 1


class TotalsDelta:
    """What is to be added, merged: each shop and each day once, however many requests there were."""

    def __init__(self) -> None:
        self.shops: dict[int, Counter[str]] = defaultdict(Counter)
        self.days: dict[tuple[int, date], list[int]] = defaultdict(lambda: [0] * len(OF_DAYS))
        self._figures: dict[tuple[int, date], list[DayTotals]] = defaultdict(list)
        """What is to be added to `days`, not yet summed up."""
        self._program_figures: dict[tuple[int, int, date], list[DayTotals]] = defaultdict(list)
        """What is to be added for further programs."""

    def add(self, change: Change[AnyOutcome], before: Customer | None) -> None:
        """Count a change; `before` is the customer as they were, None if they have just joined."""
        after = change.customer
        owed = _owed(after) - (_owed(before) if before else 0)
        joined = 0 if before and before.erased_at is after.erased_at else living(after) - living(before)
        if joined or owed or change.issued:
            shop = self.shops[after.business_id]
            shop["customers"] += joined
            shop["outstanding"] += owed
            shop["voided"] += len(change.issued) - owed
        for day, figures in change.totals:
            self._add_figures(after.business_id, day, figures)
        if change.entry is not None and change.entry.program_id is not None:
            for day, figures in change.totals:
                self._add_to_program(after.business_id, change.entry.program_id, day, figures)
        for number, day, figures in change.program_totals:
            self._add_to_program(after.business_id, number, day, figures)
        self._move(after.business_id, last_visit(before), last_visit(after))

    def _add_figures(self, business_id: int, day: date, figures: DayTotals) -> None:
        self._figures[business_id, day].append(figures)
        if figures.rewards_redeemed or figures.rewards_expired:
            shop = self.shops[business_id]
            shop["redeemed"] += figures.rewards_redeemed
            shop["expired"] += figures.rewards_expired
            shop["voided"] -= figures.rewards_redeemed + figures.rewards_expired

    def _add_to_program(self, business_id: int, program_id: int, day: date, figures: DayTotals) -> None:
        self._program_figures[business_id, program_id, day].append(figures)

    def _move(self, business_id: int, old: tuple[date, bool] | None, new: tuple[date, bool] | None) -> None:
        if old == new:
            return
        for place, sign in ((old, -1), (new, 1)):
            if place is not None:
                totals = self.days[business_id, place[0]]
                totals[LAST_VISITS] += sign
                totals[LAST_VISITS_AGAIN] += sign * place[1]

    def _sum_up(self) -> None:
        for key, figures in self._figures.items():
            totals = self.days[key]
            for one in figures:
                totals[:LAST_VISITS] = map(add, totals, astuple(one))
        self._figures.clear()

    def writes(self) -> list[BulkWrite]:
        """The rows to add, in the order in which they are locked."""
        self._sum_up()
        shops: list[Values] = [
            {"business_id": number, **{name: sums[name] for name in OF_SHOPS}}
            for number, sums in sorted(self.shops.items())
            if any(sums.values())
        ]
        days: list[Values] = [
            {"business_id": number, "day": day, **dict(zip(OF_DAYS, sums, strict=True))}
            for (number, day), sums in sorted(self.days.items())
            if any(sums)
        ]
        return [
            BulkAdd(tables.business_total, shops, ("business_id",)),
            BulkAdd(tables.daily_total, days, ("business_id", "day")),
            *self._program_writes(),
        ]

    def _program_writes(self) -> list[BulkWrite]:
        summed = {
            key: [*map(sum, zip(*map(OF_PROGRAM, figures), strict=True))]
            for key, figures in self._program_figures.items()
        }
        rows: list[Values] = [
            {"business_id": number, "program_id": program, "day": day, **dict(zip(OF_PROGRAMS, sums, strict=True))}
            for (number, program, day), sums in sorted(summed.items())
            if any(sums)
        ]
        return [BulkAdd(tables.program_day, rows, ("business_id", "program_id", "day"))] if rows else []


def living(customer: Customer | None) -> int:
    """One for a customer who is one now; none for one who was erased or merged into another."""
    return int(customer is not None and customer.erased_at is None)


def last_visit(customer: Customer | None) -> tuple[date, bool] | None:
    """The day of a customer's last visit, and whether it was not their first; None if erased or never here."""
    if customer is None or customer.erased_at is not None:
        return None
    if not customer.others:
        return None if customer.card.day is None else (customer.card.day, customer.card.total_visits > 1)
    return last_visit_of([customer.card, *[held.card for held in customer.others]])


def _owed(customer: Customer) -> int:
    """How many rewards a customer can redeem."""
    if not customer.others:
        return customer.card.rewards_available
    return customer.card.rewards_available + sum([held.card.rewards_available for held in customer.others])
