"""Writing: all that a batch has decided, one statement for each table however many requests there were.

Nothing is decided here.
"""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, update

from loyalty_app.counter.book import Book
from loyalty_app.counter.holdings import Overtaken
from loyalty_app.counter.requests import Request
from loyalty_app.db import tables
from loyalty_app.db.engine import Numbers
from loyalty_app.db.rows import customer_row, entry_row, reward_row
from loyalty_app.outbox import append, forget, new_event_id
from loyalty_core.changes import Change
from loyalty_core.customers import Customer
from loyalty_core.events import Event, event_type
from loyalty_core.ledger import Entry
from loyalty_core.rewards import Reward
from loyalty_core.totals import DayTotals

encode = msgspec.json.Encoder().encode
OWN_KEY = ("business_id", "id")
PLACE = ("business_id", "bot_id", "user_id")


class Paper:
    """What a batch will write: the last state of everything, whatever happened in between."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.new_customers: dict[int, Customer] = {}
        self.customers: dict[int, Customer] = {}
        self.entries: list[Entry] = []
        self.new_rewards: dict[int, Reward] = {}
        self.rewards: dict[int, Reward] = {}
        self.voided: list[dict[str, object]] = []
        self.events: list[dict[str, object]] = []
        self.told: list[str] = []
        """The ids of the events of one request; whoever runs the batch takes them away after each."""
        self.answers: list[dict[str, object]] = []
        self.deliveries = self.due = 0
        self.erased: list[tuple[int, int]] = []
        self.days: dict[tuple[int, date], DayTotals] = defaultdict(DayTotals)
        self.customer_counts: dict[int, int] = defaultdict(int)
        self.outstanding: dict[int, int] = defaultdict(int)

    def add(self, change: Change[Any], before: Customer | None, request: Request) -> None:
        """Put a change on paper; `before` is the customer as they were, None if they have just joined."""
        customer, business_id = change.customer, request.business_id
        new = before is None or customer.id in self.new_customers
        (self.new_customers if new else self.customers)[customer.id] = customer
        owed_before = before.card.rewards_available if before else 0
        self.outstanding[business_id] += customer.card.rewards_available - owed_before
        self.customer_counts[business_id] += int(before is None) - int(customer.erased_at is not None)
        if customer.erased_at is not None:
            self._forget(business_id, customer.id)
        for day, totals in change.totals:
            self.days[business_id, day] += totals
        told = [self._event(event, customer) for event in change.events]
        self.events += told
        self.told += [str(event["id"]) for event in told]
        self._add_rewards(change)
        if change.entry:
            self._add_entry(change.entry, change.voided)

    def _forget(self, business_id: int, customer_id: int) -> None:
        """Take what this batch has put on paper about a person off it again; the figures stay."""
        self.erased.append((business_id, customer_id))
        self.events = [event for event in self.events if event["customer_id"] != customer_id]
        for answer in self.answers:
            if answer["customer_id"] == customer_id:
                answer["answer"] = None

    def _add_rewards(self, change: Change[Any]) -> None:
        self.new_rewards.update({reward.id: reward for reward in change.issued})
        for reward in change.settled:
            (self.new_rewards if reward.id in self.new_rewards else self.rewards)[reward.id] = reward

    def _add_entry(self, entry: Entry, voided: tuple[int, ...]) -> None:
        self.entries.append(entry)
        self.voided += [{"business_id": entry.business_id, "id": n, "voided_by": entry.id} for n in voided]

    def add_answer(self, request: Request, customer_id: int, body: bytes) -> None:
        """Keep an answer under the caller's idempotency key."""
        self.answers.append(
            {
                "business_id": request.business_id,
                "key": request.caller.key,
                "fingerprint": request.fingerprint(),
                "customer_id": customer_id,
                "answer": body,
                "created_at": self.now,
            }
        )

    def _event(self, event: Event, customer: Customer) -> dict[str, object]:
        return {
            "business_id": customer.business_id,
            "id": new_event_id(self.now),
            "type": event_type(event),
            "customer_id": customer.id,
            "body": encode(event),
            "created_at": self.now,
        }


def write(paper: Paper, book: Book, numbers: Numbers) -> None:
    """Write it all: customers first, totals last, as they are locked (see `book`)."""
    database, connection = book.database, book.connection
    database.insert(connection, tables.customer, map(customer_row, paper.new_customers.values()))
    database.update(connection, tables.customer, map(customer_row, paper.customers.values()), key=OWN_KEY)
    database.insert(connection, tables.transaction, map(entry_row, paper.entries))
    database.update(connection, tables.transaction, paper.voided, key=OWN_KEY)
    database.insert(connection, tables.reward, map(reward_row, paper.new_rewards.values()))
    database.update(connection, tables.reward, map(reward_row, paper.rewards.values()), key=OWN_KEY)
    paper.due = _hang(paper, book)
    _forget(paper, connection)
    database.insert(connection, tables.idempotency, paper.answers)
    database.insert(connection, tables.event, paper.events)
    paper.deliveries = append(connection, database, numbers, paper.events)
    _add_totals(paper, book)


def _hang(paper: Paper, book: Book) -> int:
    """Write which cards hang where, and that those that have changed are to be shown anew; says how many are.

    Raises Overtaken if one that was to be changed has been taken down meanwhile: cards are not locked before.
    """
    new, changed = book.holdings.new.values(), book.holdings.changed.values()
    book.database.insert(book.connection, tables.telegram_card, map(msgspec.structs.asdict, new))
    rows = map(msgspec.structs.asdict, changed)
    moved = book.database.update(book.connection, tables.telegram_card, rows, key=PLACE)
    if moved < len(changed):
        raise Overtaken
    due = ({"business_id": c.business_id, "customer_id": c.id, "due_at": paper.now} for c in paper.customers.values())
    shown = book.database.update(book.connection, tables.telegram_card, due, key=("business_id", "customer_id"))
    return len(new) + moved + shown


def _forget(paper: Paper, connection: Connection) -> None:
    """Take personal data of erased customers out of answers and events that were kept before this batch."""
    answers = tables.idempotency
    for business_id, customer_id in paper.erased:
        kept = and_(answers.c.business_id == business_id, answers.c.customer_id == customer_id)
        connection.execute(update(answers).where(kept).values(answer=None))
        forget(connection, business_id, customer_id)


def _add_totals(paper: Paper, book: Book) -> None:
    totals = [
        {"business_id": number, "customers": paper.customer_counts[number], "outstanding": paper.outstanding[number]}
        for number in sorted(paper.outstanding)
        if paper.customer_counts[number] or paper.outstanding[number]
    ]
    book.database.add(book.connection, tables.business_total, totals, key=("business_id",))
    days = [
        {"business_id": business_id, "day": day, **msgspec.structs.asdict(figures)}
        for (business_id, day), figures in sorted(paper.days.items())
    ]
    book.database.add(book.connection, tables.daily_total, days, key=("business_id", "day"))
