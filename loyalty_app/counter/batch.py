"""A batch: many waiting requests, one transaction. Load, decide each, write.

Requests are decided in order of arrival, and each sees what earlier ones did. A refusal answers one request and leaves
the others alone. Nobody is answered before everything written is durable.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from loyalty_app.clock import Clock
from loyalty_app.counter.answers import Reply
from loyalty_app.counter.decide import authorised, decide
from loyalty_app.counter.load import load
from loyalty_app.counter.orders import GiveStamp, Request
from loyalty_app.counter.replays import CardHistory, KeyedEntry, outcome_again
from loyalty_app.counter.state import BatchState
from loyalty_app.counter.versions import Versions
from loyalty_app.counter.write import Written, write
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import check_of, replayed
from loyalty_app.db.outages import RETRY_SECONDS
from loyalty_app.shops.businesses import check_served
from loyalty_core.errors import Busy, BusyReason, CustomerNotFound, IdempotencyKeyReused, LoyaltyError
from loyalty_core.referrals import visits_of

encode = msgspec.json.Encoder().encode


class Served(msgspec.Struct, frozen=True):
    """The result of one request, and the webhook-ids of its events."""

    reply: Reply | LoyaltyError
    events: list[str]


class BatchResult(NamedTuple):
    """The results of all requests, in their order, and what was written for others to do."""

    served: list[Served]
    written: Written


def run(
    database: Database,
    connection: Connection,
    *,
    requests: Sequence[Request],
    clock: Clock,
    versions: Versions,
    patient: bool = True,
) -> BatchResult:
    """Decide and write all requests, in the caller's transaction.

    Unless it is `patient`, a request whose card somebody else holds is refused as Busy, for being LOCKED.
    `versions` caches program versions; new ones are added to it. Raises Overtaken and the database's errors: then the
    caller must not commit.
    """
    with database.ids(connection, len(requests)) as ids:
        state = BatchState(ids, versions, patient=patient)
        load(database, connection, state, requests)
        state.begin(clock())  # after the locks: a request that waited for a card comes later
        served = [_serve(request, state) for request in requests]
        written = write(database, connection, state)
    return BatchResult(served, written)


def _serve(request: Request, state: BatchState) -> Served:
    """Decide one request, or find its first answer; a refusal changes nothing."""
    try:
        check_served(state.businesses.get(request.business_id))
        request = authorised(request, state)
        if state.is_held_elsewhere(request):
            raise Busy(RETRY_SECONDS, BusyReason.LOCKED)
        body = _first_answer(request, state)
        return Served(Reply(body), []) if body is not None else _decide(request, state)
    except LoyaltyError as refusal:
        return Served(refusal, [])


def _first_answer(request: Request, state: BatchState) -> bytes | None:
    """The stored answer of a repeated request; None if the request is new. Raises what `replayed` raises."""
    key = request.key
    if key is None:
        return None
    kept = state.answers.get((request.business_id, key))
    if kept is not None:
        return replayed(kept, request.fingerprint())
    entry = state.replays.entries.get((request.business_id, request.once_key))
    return None if entry is None else _answer_again(entry, key, request, state)


def _answer_again(kept: KeyedEntry, key: str, request: Request, state: BatchState) -> bytes:
    """The first answer of a request that made an entry; it raises what `replayed` raises."""
    if kept.check != check_of(key, request.fingerprint()):
        raise IdempotencyKeyReused
    theirs = [state.customers[request.business_id, number] for number in (kept.entry.customer_id, kept.whose)]
    if any(one.erased_at is not None and one.merged_into is None for one in theirs):
        raise CustomerNotFound
    return encode(outcome_again(kept, _history_of(kept, state)))


def _history_of(kept: KeyedEntry, state: BatchState) -> CardHistory:
    """What the answer about an entry is made of again: the customer for whom it was booked, as they are now."""
    entry, booked_for = kept.entry, kept.whose
    business_id = entry.business_id
    rewards = state.rewards.get((business_id, entry.customer_id), {}).values()
    profiles = state.replays.profiles[business_id, booked_for]
    customer, terms = state.customers[business_id, booked_for], state.versions.terms[business_id]
    return CardHistory(customer, profiles, tuple(rewards), terms)


def _decide(request: Request, state: BatchState) -> Served:
    decided = decide(request, state)
    events = [event for change in decided.changes for event in state.apply(change)]
    state.chat_cards.drop(decided.cards_to_drop)
    state.chat_cards.hang(decided.cards_to_hang)
    if decided.merged is not None:
        state.merges.add(decided.merged)
    if decided.unmerged is not None:
        state.merges.remove(decided.unmerged)
    if decided.referral is not None:
        state.referrals.note(decided.referral)
    body = encode(decided.outcome)
    state.keep_answer(request, decided.customer_id, decided.outcome, body)
    return Served(Reply(body, decided.outcome, _newcomer(request, decided.customer_id, state)), events)


def _newcomer(request: Request, customer_id: int, state: BatchState) -> int | None:
    """The customer, if that was their first visit and the shop gives something for friends who come."""
    if not isinstance(request.order, GiveStamp) or state.program(request.business_id).terms.referral is None:
        return None
    return customer_id if visits_of(state.customers[request.business_id, customer_id]) == 1 else None
