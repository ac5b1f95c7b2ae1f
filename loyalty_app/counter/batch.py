"""A batch: many waiting requests, one transaction. Load, decide each, write.

Each request is decided in the order of arrival and sees what the ones before it did. A refusal is that request's
answer and leaves the others alone. What is written is durable before anybody is answered.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from loyalty_app.clock import Clock
from loyalty_app.counter.answers import Reply
from loyalty_app.counter.decide import authorised, decide
from loyalty_app.counter.load import load
from loyalty_app.counter.orders import Request
from loyalty_app.counter.state import BatchState, Versions
from loyalty_app.counter.write import Written, write
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import replayed
from loyalty_core.errors import LoyaltyError

encode = msgspec.json.Encoder().encode


class Served(NamedTuple):
    """What became of one request, and the webhook-ids of the events that it has sent."""

    reply: Reply | LoyaltyError
    events: list[str]


class BatchResult(NamedTuple):
    """What became of all requests, in their order, and what is left to do for others."""

    served: list[Served]
    written: Written


def run(
    database: Database, connection: Connection, *, requests: Sequence[Request], clock: Clock, versions: Versions
) -> BatchResult:
    """Decide and write all requests, inside the transaction that the caller has begun and will commit.

    `versions` are those of programs that are known already; more are added. Raises Overtaken, or what the database
    raises: then nothing may be committed.
    """
    with database.ids(connection, len(requests)) as ids:
        state = BatchState(ids, versions)
        load(database, connection, state, requests)
        state.begin(clock())  # not before the locks: who waited for a card comes after the one who held it
        served = [_serve(request, state) for request in requests]
        written = write(database, connection, state)
    return BatchResult(served, written)


def _serve(request: Request, state: BatchState) -> Served:
    """Decide one request, or find its first answer; a refusal changes nothing."""
    try:
        request = authorised(request, state)
        body = _first_answer(request, state)
        return Served(Reply(body), []) if body is not None else _decide(request, state)
    except LoyaltyError as refusal:
        return Served(refusal, [])


def _first_answer(request: Request, state: BatchState) -> bytes | None:
    """The answer that is kept of a request that is made again; None if it is new. Raises what `replayed` raises."""
    key = request.caller.key
    kept = state.answers.get((request.business_id, key)) if key is not None else None
    return replayed(kept, request.fingerprint()) if kept is not None else None


def _decide(request: Request, state: BatchState) -> Served:
    decided = decide(request, state)
    events = [event for change in decided.changes for event in state.apply(change)]
    state.chat_cards.hang(decided.cards_to_hang)
    body = encode(decided.outcome)
    state.keep_answer(request, decided.customer_id, body)
    return Served(Reply(body, decided.outcome), events)
