"""Proof: checks that every card equals the fold of its ledger, and that all totals agree with it.

The ledger is the truth; balances, totals and rewards are stored so that nobody has to add it up. Nothing is written or
repaired here.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from functools import reduce
from operator import add

import msgspec
from sqlalchemy import Connection, select

from loyalty_app.customers.day_figures import DayFigures, figures_of
from loyalty_app.customers.histories import AT_ONCE, CustomerHistory, Seen, histories, histories_of
from loyalty_app.db.rows import CARD_FIELDS
from loyalty_app.db.tables import business_total, daily_total, program_day, referral
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.programs import read_program
from loyalty_core.analytics import OF_PROGRAMS, DayTotals
from loyalty_core.customers import Card, last_visit_of
from loyalty_core.ledger import Entry, Folded, Gift, fold
from loyalty_core.programs import Program
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.win_back import untimely_gifts

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
        self._figures = DayFigures()
        self._last_visits: dict[date, LastVisits] = {}
        self._thanks, self._brought = set[int](), set[int]()

    def run(self, connection: Connection, *, seen: Seen | None = None) -> None:
        """Prove everything, on a connection that sees one state of the data; `seen` is shown what is read for it."""
        self.run_cards(connection, seen=seen)
        self.prove_totals(connection)

    def run_cards(
        self, connection: Connection, *, seen: Seen | None = None, after: int = 0, until: int | None = None
    ) -> None:
        """Prove the cards alone, of all customers or of those with numbers after one, up to another."""
        program = read_program(connection, self.business.id)
        those = histories(connection, self.business.id, at_once=self._at_once, seen=seen, after=after, until=until)
        for history in those:
            self._prove_cards(history, program)

    def include(self, other: "Proof") -> None:
        """Add what another proof has found of other customers of the same business."""
        self.found += other.found
        self.differences = [*self.differences, *other.differences][:FIRST_SHOWN]
        self._combine(other, 1)

    def take_out(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Take customers out of the sums, as they are now; they will change, and then be put in again."""
        program = read_program(connection, self.business.id)
        for history in histories_of(connection, self.business.id, numbers):
            silent = Proof(self.business)
            silent._prove_cards(history, program)  # another one of the same
            self._combine(silent, -1)

    def put_in(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Prove customers, and add them to the sums; `prove_totals` then compares these."""
        program = read_program(connection, self.business.id)
        for history in histories_of(connection, self.business.id, numbers):
            self._prove_cards(history, program)

    def _combine(self, other: "Proof", sign: int) -> None:
        """Add the sums of another proof, or with -1 take them away."""
        self.customers += sign * other.customers
        self.entries += sign * other.entries
        self._living += sign * other._living  # noqa: SLF001  # another one of the same
        self._owed += sign * other._owed  # noqa: SLF001
        self._voided += sign * other._voided  # noqa: SLF001
        self._thanks = self._thanks | other._thanks if sign > 0 else self._thanks - other._thanks  # noqa: SLF001
        self._brought = self._brought | other._brought if sign > 0 else self._brought - other._brought  # noqa: SLF001
        self._figures.combine(other._figures, sign)  # noqa: SLF001
        for day, (number, again) in other._last_visits.items():  # noqa: SLF001
            there = self._last_visits.get(day, (0, 0))
            self._last_visits[day] = there[0] + sign * number, there[1] + sign * again

    def prove_totals(self, connection: Connection) -> None:
        """Compare the sums with the totals that are kept."""
        self._prove_totals(connection)
        self._prove_days(connection)
        self._prove_program_days(connection)
        self._prove_last_visits(connection)
        self._prove_referrals(connection)

    def _compare(self, of: str, figure: str, *, kept: object, ledger: object) -> None:
        if kept != ledger:
            self.found += 1
            if len(self.differences) < FIRST_SHOWN:
                self.differences.append(Difference(self.business.id, of, figure, kept, ledger))

    def _prove_cards(self, history: CustomerHistory, program: Program) -> None:
        """Prove each card of a customer by the entries of its program."""
        whose = f"customer {history.customer.id}"
        self._compare(whose, "entries", kept=history.customer.entries, ledger=len(history.entries))
        untimely = untimely_gifts(history.entries, self.business.zone)
        self._compare(whose, "the number of gifts that came too early", kept=len(untimely), ledger=0)
        named = {entry.program_id for entry in history.entries} | {one.program_id for one in history.customer.cards}
        folds = [
            self._prove_card(_of_program(history, number), number, program) for number in sorted(named, key=_first)
        ]
        self._count(history, folds)

    def _prove_card(self, history: CustomerHistory, program_id: int | None, program: Program) -> Folded:
        whose = f"customer {history.customer.id}" + (f", program {program_id}" if program_id is not None else "")
        turned = program.turned_to(program_id)
        self._compare(whose, "the program", kept=turned is not None, ledger=True)
        folded = fold(history.entries, turned or program, self.business.zone)
        erased = history.customer.erased_at is not None
        card = msgspec.structs.replace(folded.card, rewards_available=0) if erased else folded.card
        if history.customer.card != card:
            for name in CARD_FIELDS:
                self._compare(whose, name, kept=getattr(history.customer.card, name), ledger=getattr(card, name))
        self._prove_rewards(whose, history.rewards, folded, erased=erased)
        return folded

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

    def _count(self, history: CustomerHistory, folds: list[Folded]) -> None:
        self.customers += 1
        self.entries += len(history.entries)
        if history.customer.erased_at is None:
            self._living += 1
            self._owed += sum(folded.card.rewards_available for folded in folds)
            self._count_last_visit([folded.card for folded in folds])
        self._voided += sum(reward.status is RewardStatus.VOIDED for reward in history.rewards)
        self._add(history.customer.created_at, DayTotals(new_customers=1))
        earned = {number: len(texts) for folded in folds for number, texts in folded.earned.items()}
        for entry in history.entries:
            self._add(entry.occurred_at, figures_of(entry, earned.get(entry.id, 0)), entry.program_id)
            if entry.occasion is Gift.REFERRAL:
                self._count_referral(entry)

    def _count_referral(self, entry: Entry) -> None:
        if entry.is_thanks:
            self._thanks.add(entry.id)
        else:
            self._brought.add(entry.of_customer or entry.customer_id)

    def _add(self, moment: datetime, figures: DayTotals, program_id: int | None = None) -> None:
        self._figures.add(moment.astimezone(self.business.zone).date(), figures, program_id)

    def _prove_totals(self, connection: Connection) -> None:
        own = select(business_total).where(business_total.c.business_id == self.business.id)
        row = connection.execute(own).one_or_none()
        whole = reduce(add, self._figures.by_day().values(), DayTotals())
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
        days = self._figures.by_day()
        for day in sorted(kept.keys() | days.keys()):
            there, wanted = kept.get(day, DayTotals()), days.get(day, DayTotals())
            for name in names:
                self._compare(f"the day {day}", name, kept=getattr(there, name), ledger=getattr(wanted, name))

    def _prove_program_days(self, connection: Connection) -> None:
        own = select(program_day).where(program_day.c.business_id == self.business.id)
        kept = {
            (row.program_id, row.day): DayTotals(**{name: getattr(row, name) for name in OF_PROGRAMS})
            for row in connection.execute(own)
        }
        days = self._figures.by_program_and_day()
        for key in sorted(kept.keys() | days.keys()):
            there, wanted = kept.get(key, DayTotals()), days.get(key, DayTotals())
            whose = f"program {key[0]} on the day {key[1]}"
            for name in OF_PROGRAMS:
                self._compare(whose, name, kept=getattr(there, name), ledger=getattr(wanted, name))

    def _count_last_visit(self, cards: list[Card]) -> None:
        if (last := last_visit_of(cards)) is not None:
            all_of_them, again = self._last_visits.get(last[0], (0, 0))
            self._last_visits[last[0]] = all_of_them + 1, again + last[1]

    def _prove_last_visits(self, connection: Connection) -> None:
        own = select(daily_total).where(daily_total.c.business_id == self.business.id)
        kept = {row.day: (row.last_visits, row.last_visits_again) for row in connection.execute(own)}
        for day in sorted(kept.keys() | self._last_visits.keys()):
            there, wanted = kept.get(day, (0, 0)), self._last_visits.get(day, (0, 0))
            for name, number, ledger in zip(("last_visits", "last_visits_again"), there, wanted, strict=True):
                self._compare(f"the day {day}", name, kept=number, ledger=ledger)

    def _prove_referrals(self, connection: Connection) -> None:
        """A friend who was brought along began with a gift, and each gift for bringing one belongs to one of them."""
        own = select(referral.c.customer_id, referral.c.transaction_id)
        rows = connection.execute(own.where(referral.c.business_id == self.business.id)).all()
        kept = {row.customer_id: row.transaction_id for row in rows}
        for number in sorted(kept.keys() | self._brought):
            whose = f"the referral of customer {number}"
            self._compare(whose, "being there", kept=number in kept, ledger=number in self._brought)
        thanked = Counter(number for number in kept.values() if number is not None)
        for number in sorted(thanked.keys() | self._thanks):
            whose = f"the referral of transaction {number}"
            self._compare(whose, "the number of friends", kept=thanked[number], ledger=int(number in self._thanks))


def _first(program_id: int | None) -> int:
    return program_id or 0


def _of_program(history: CustomerHistory, program_id: int | None) -> CustomerHistory:
    """The history of one card, which is at hand."""
    if program_id is None and not history.customer.others and not any(one.program_id for one in history.entries):
        return history  # that of most
    return CustomerHistory(
        history.customer.turned_to(program_id),
        [entry for entry in history.entries if entry.program_id == program_id],
        [reward for reward in history.rewards if reward.program_id == program_id],
    )
