"""Writing: all that a batch has decided, in as few statements as can be however many requests there were.

Nothing is decided here.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import Connection, and_, update

from loyalty_app.counter.book import Book
from loyalty_app.counter.chat_cards import Overtaken
from loyalty_app.counter.orders import Request
from loyalty_app.counter.totals_delta import TotalsDelta
from loyalty_app.db import tables
from loyalty_app.db.bulk_writes import BulkInsert, BulkUpdate, BulkWrite, Values
from loyalty_app.db.rows import card_row, customer_row, entry_row, reward_row
from loyalty_app.ids import Ids
from loyalty_app.webhooks.outbox import EventIds, forget, queued
from loyalty_core.changes import Change
from loyalty_core.customers import Customer
from loyalty_core.events import Event, event_type
from loyalty_core.ledger import Entry
from loyalty_core.rewards import Reward

encode = msgspec.json.Encoder().encode
OWN_KEY = ("business_id", "id")
PLACE = ("business_id", "bot_id", "user_id")


class Paper:
    """What a batch will write: the last state of everything, whatever happened in between."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.new_customers: dict[int, Customer] = {}
        self.customers: dict[int, Customer] = {}
        self.renamed: set[int] = set()
        """Which of them have another profile than before; of the others the card alone is written."""
        self.entries: list[Entry] = []
        self.new_rewards: dict[int, Reward] = {}
        self.rewards: dict[int, Reward] = {}
        self.voided: list[Values] = []
        self.events: list[Values] = []
        self.told: list[str] = []
        """The ids of the events of one request; whoever runs the batch takes them away after each."""
        self.answers: list[dict[str, object]] = []
        self.deliveries = self.due = 0
        self.erased: list[tuple[int, int]] = []
        self.sums = TotalsDelta()
        self._event_ids = EventIds(now)

    def add(self, change: Change[Any], before: Customer | None, request: Request) -> None:
        """Put a change on paper; `before` is the customer as they were, None if they have just joined."""
        customer, business_id = change.customer, request.business_id
        new = before is None or customer.id in self.new_customers
        (self.new_customers if new else self.customers)[customer.id] = customer
        if before is not None and _profile(before) != _profile(customer):
            self.renamed.add(customer.id)
        self.sums.add(change, before)
        if customer.erased_at is not None:
            self._forget(business_id, customer.id)
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
        self.entries = [replace(one, voided_by=entry.id) if one.id in voided else one for one in self.entries]
        new = {one.id for one in self.entries}
        self.voided += [
            {"business_id": entry.business_id, "id": number, "voided_by": entry.id}
            for number in voided
            if number not in new
        ]
        self.entries.append(entry)

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
            "id": self._event_ids.next(),
            "type": event_type(event),
            "customer_id": customer.id,
            "body": encode(event),
            "created_at": self.now,
        }


def write(paper: Paper, book: Book, ids: Ids) -> None:
    """Write it all: totals last, as they are locked (see `loading`), and all else at once."""
    _forget(paper, book.connection)
    deliveries = queued(paper.events, book.endpoints, ids)
    paper.deliveries = len(deliveries)
    writings = [*_cards(paper), *_kept(paper), BulkInsert(tables.delivery, deliveries)]
    if book.holdings.new or book.holdings.changed:
        book.database.put(book.connection, writings)
        paper.due = _hang(paper, book)
        book.database.put(book.connection, paper.sums.writings())
    else:
        counts = book.database.put(book.connection, [*writings, _due(paper), *paper.sums.writings()])
        paper.due = counts[len(writings)]


def _cards(paper: Paper) -> list[BulkWrite]:
    """Customers, entries and rewards."""
    changed = [(customer, customer.id in paper.renamed) for customer in paper.customers.values()]
    return [
        BulkInsert(tables.customer, [customer_row(customer) for customer in paper.new_customers.values()]),
        BulkUpdate(tables.customer, [card_row(customer) for customer, renamed in changed if not renamed], OWN_KEY),
        BulkUpdate(tables.customer, [customer_row(customer) for customer, renamed in changed if renamed], OWN_KEY),
        BulkInsert(tables.transaction, [entry_row(entry) for entry in paper.entries]),
        BulkUpdate(tables.transaction, paper.voided, OWN_KEY),
        BulkInsert(tables.reward, [reward_row(reward) for reward in paper.new_rewards.values()]),
        BulkUpdate(tables.reward, [reward_row(reward) for reward in paper.rewards.values()], OWN_KEY),
    ]


def _profile(customer: Customer) -> tuple[object, ...]:
    """What of a customer is no part of the card."""
    return customer.name, customer.phone, customer.email, customer.birthday, customer.erased_at


def _kept(paper: Paper) -> list[BulkWrite]:
    """What is kept for who asks again, and for who wants to be told."""
    return [BulkInsert(tables.idempotency, paper.answers), BulkInsert(tables.event, paper.events)]


def _due(paper: Paper) -> BulkWrite:
    """Cards in chats that have changed are to be shown anew."""
    changed = paper.customers.values()
    rows = [{"business_id": one.business_id, "customer_id": one.id, "due_at": paper.now} for one in changed]
    return BulkUpdate(tables.telegram_card, rows, ("business_id", "customer_id"))


def _hang(paper: Paper, book: Book) -> int:
    """Write which cards hang where, then that those that have changed are to be shown anew; says how many are.

    Raises Overtaken if one that was to be changed has been taken down meanwhile: cards are not locked before.
    """
    new, changed = ([*map(asdict, held.values())] for held in (book.holdings.new, book.holdings.changed))
    book.database.insert(book.connection, tables.telegram_card, new)
    moved = book.database.update(book.connection, tables.telegram_card, changed, key=PLACE)
    if moved < len(changed):
        raise Overtaken
    return len(new) + moved + book.database.put(book.connection, [_due(paper)])[0]


def _forget(paper: Paper, connection: Connection) -> None:
    """Take personal data of erased customers out of answers and events that were kept before this batch."""
    answers = tables.idempotency
    for business_id, customer_id in paper.erased:
        kept = and_(answers.c.business_id == business_id, answers.c.customer_id == customer_id)
        connection.execute(update(answers).where(kept).values(answer=None))
        forget(connection, business_id, customer_id)
