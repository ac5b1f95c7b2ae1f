"""A batch: many waiting requests, one transaction.

Each request is decided in the order of arrival and sees what the ones before it did. A refusal is that request's
answer and leaves the others alone. What is written is durable before anybody is answered.

The clock is read once the cards are locked: whoever had to wait for a card comes after the one who held it.
"""

from sqlalchemy import Connection

from loyalty_app.clock import Clock
from loyalty_app.counter.book import Book, Versions
from loyalty_app.counter.decide import Desk, decide
from loyalty_app.counter.load import load
from loyalty_app.counter.orders import Answer, Request
from loyalty_app.counter.write import Paper, encode, write
from loyalty_app.db.engine import Database
from loyalty_core.errors import CustomerNotFound, IdempotencyKeyReused, LoyaltyError

Outcome = Answer | LoyaltyError


class Batch:
    """Runs requests on one connection, inside the transaction that the caller has begun and will commit."""

    def __init__(self, database: Database, connection: Connection, *, versions: Versions, clock: Clock) -> None:
        self.database, self.connection, self.clock = database, connection, clock
        self.book = Book(database, connection, versions)
        self.deliveries = self.due = 0
        self.told: list[list[str]] = []
        """The webhook-ids of what each request has sent."""

    def run(self, requests: list[Request]) -> list[Outcome]:
        """Decide and write all requests; one outcome for each, in their order."""
        with self.database.ids(self.connection, len(requests)) as ids:
            load(self.book, requests, ids)
            desk = Desk(self.book, Paper(self.clock()), ids)
            outcomes = [self._tell_apart(request, desk) for request in requests]
            write(desk.paper, self.book, ids)
        self.deliveries, self.due = desk.paper.deliveries, desk.paper.due
        return outcomes

    def _tell_apart(self, request: Request, desk: Desk) -> Outcome:
        """The outcome of a request; the events that it sent are noted as its own."""
        outcome = self._outcome(request, desk)
        self.told.append(desk.paper.told)
        desk.paper.told = []
        return outcome

    def _outcome(self, request: Request, desk: Desk) -> Outcome:
        try:
            request = self.book.rights.authorised(request)
            return self._replay(request) or self._decide(request, desk)
        except LoyaltyError as refusal:
            return refusal

    def _replay(self, request: Request) -> Answer | None:
        """The first answer to a request that is made again. Raises IdempotencyKeyReused."""
        key = request.caller.key
        kept = self.book.answers.get((request.business_id, key)) if key is not None else None
        if kept is None:
            return None
        fingerprint, body = kept
        if fingerprint != request.fingerprint():
            raise IdempotencyKeyReused
        if body is None:
            raise CustomerNotFound
        return Answer(body, replayed=True)

    def _decide(self, request: Request, desk: Desk) -> Answer:
        outcome, customer_id = decide(request, desk)
        body = encode(outcome)
        if request.caller.key is not None:
            self.book.answers[request.business_id, request.caller.key] = (request.fingerprint(), body)
            desk.paper.add_answer(request, customer_id, body)
        return Answer(body)
