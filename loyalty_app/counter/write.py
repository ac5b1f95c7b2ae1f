"""Writing: stores stamps and everything else that a batch has decided, in its transaction, with few statements.

Nothing is decided here.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec
from msgspec.structs import asdict
from sqlalchemy import Connection, tuple_

from loyalty_app.card_pages.links import CardId, forget_links, revoke_link
from loyalty_app.chat.chats import HeldCard
from loyalty_app.counter.further_cards import card_writes, delete_gone
from loyalty_app.counter.referrals import referral_writes, remember_holders, remember_people
from loyalty_app.counter.state import BatchState, NewEvent, Overtaken
from loyalty_app.db import tables
from loyalty_app.db.bulk import BulkInsert, BulkUpdate, BulkWrite, Lookup, Values
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import forget_answers, kept_answer_row
from loyalty_app.db.merged_customers import delete_merges, forget_merges, free_phones
from loyalty_app.db.rows import card_row, customer_row, entry_row, reward_row
from loyalty_app.db.search_index import noted_changes, rewritten, with_words_of_merged, word_rows
from loyalty_app.shops.notice_facts import RoomFacts
from loyalty_app.shops.owner_notices import add_notice_once
from loyalty_app.webhooks.outbox import forget, queued
from loyalty_core.access import PLANS
from loyalty_core.customers import Customer
from loyalty_core.events import event_type
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.joining import newly_full
from loyalty_core.ledger import Entry
from loyalty_core.rewards import Reward

encode = msgspec.json.Encoder().encode
OWN_KEY = ("business_id", "id")
REWRITTEN = (*OWN_KEY, "stamps", "stamps_voided", "customer_id", "of_customer")
PLACE = ("business_id", "bot_id", "user_id")


class Written(NamedTuple):
    """What a batch has left for others to do."""

    deliveries: int
    """Deliveries in the outbox, and notes of such."""
    cards_due: int
    """Cards in chats to be shown again."""
    changed: Mapping[int, Customer]
    """The customers that were changed, by their ids."""
    proof: Callable[[], Lookup | None]
    """Names a row that only this batch can have written, if there is one."""


def write(database: Database, connection: Connection, state: BatchState) -> Written:
    """Write everything: totals last, in the order of their locks (see `load`), everything else at once.

    Raises Overtaken if a card in a chat was removed meanwhile.
    """
    free_phones(connection, [key for key in state.merges.phones_to_free if key[1] in state.changed_profiles])
    delete_merges(connection, list(state.merges.removed))
    delete_gone(connection, state.further_cards)
    remember_holders(database, connection, state.erased)
    _forget_erased(connection, state)
    _tell_of_full_plans(database, connection, state)
    events = [_event_row(one, state) for one in state.new_events]
    outgoing = queued(events, state.endpoints, state.ids)
    if state.merges.new:  # what customers are found by depends on them
        database.put(connection, _past(state))
    writes = [
        *_cards(connection, state),
        *([] if state.merges.new else _past(state)),
        _answers(state),
        BulkInsert(tables.event, events),
        BulkInsert(tables.delivery, outgoing.deliveries),
        BulkInsert(tables.fan_out, outgoing.fan_outs),
    ]
    if state.chat_cards.new or state.chat_cards.changed or state.chat_cards.dropped:
        database.put(connection, writes)
        cards_due = _hang(database, connection, state)
        database.put(connection, state.totals.writes())
    else:
        counts = database.put(connection, [*writes, _due(state), *state.totals.writes()])
        cards_due = counts[len(writes)]
    return Written(
        len(outgoing.deliveries) + len(outgoing.fan_outs),
        cards_due,
        state.changed_customers,
        partial(_proof, events, state),
    )


def _proof(events: Sequence[Values], state: BatchState) -> Lookup | None:
    """A row by which a batch can be recognised: its number alone may be another's after a failover."""
    written = {event["id"] for event in events}
    for new in state.new_events:
        if new.id in written:
            return Lookup(tables.event, OWN_KEY, [(new.customer.business_id, new.id)])
    for entry in state.new_entries.values():
        mark = (*OWN_KEY, "customer_id", "occurred_at")
        return Lookup(tables.transaction, mark, [(entry.business_id, entry.id, entry.customer_id, entry.occurred_at)])
    for one in (*state.new_customers.values(), *state.changed_customers.values()):
        mark = (*OWN_KEY, "version", "updated_at")
        return Lookup(tables.customer, mark, [(one.business_id, one.id, one.version, one.updated_at)])
    return None


def _cards(connection: Connection, state: BatchState) -> list[BulkWrite]:
    """Customers with their words, entries and rewards."""
    changed = [(customer, _is_written_whole(customer, state)) for customer in state.changed_customers.values()]
    new = [customer_row(customer) for customer in state.new_customers.values()]
    told = with_words_of_merged(connection, [customer_row(customer) for customer, profile in changed if profile])
    profiles = rewritten(connection, told)
    undone: list[Values] = [
        {"business_id": one.business_id, "id": one.entry_id, "voided_by": one.voided_by} for one in state.undone
    ]
    return [
        BulkInsert(tables.customer, new),
        BulkUpdate(tables.customer, [card_row(customer) for customer, profile in changed if not profile], OWN_KEY),
        BulkUpdate(tables.customer, profiles, OWN_KEY),
        *card_writes(state.further_cards, state.customers),
        *referral_writes(state.referrals),
        BulkInsert(tables.customer_word, [*word_rows((*new, *profiles))]),
        noted_changes((*new, *profiles)),
        BulkInsert(tables.transaction, [_keyed_row(entry, state) for entry in state.new_entries.values()]),
        BulkUpdate(tables.transaction, undone, OWN_KEY),
        BulkUpdate(tables.transaction, [_counting(entry) for entry in state.rewritten.values()], OWN_KEY),
        BulkInsert(tables.reward, [_earned_row(reward, state) for reward in state.new_rewards.values()]),
        BulkUpdate(tables.reward, [reward_row(reward) for reward in state.changed_rewards.values()], OWN_KEY),
    ]


def _is_written_whole(customer: Customer, state: BatchState) -> bool:
    """Whether the whole row of a customer is written: the profile has changed, or by whose words they are found."""
    return customer.id in state.changed_profiles or (customer.business_id, customer.id) in state.merges.phones_to_free


def _past(state: BatchState) -> list[BulkWrite]:
    """New merges, and the profiles from before."""
    return [
        BulkInsert(tables.customer_merge, [asdict(record) for record in state.merges.new.values()]),
        BulkInsert(tables.past_profile, [asdict(profile) for profile in state.replays.new_profiles]),
    ]


def _counting(entry: Entry) -> Values:
    """What counts differently from before: how many stamps, and for whom."""
    row = entry_row(entry)
    return {name: row.get(name) for name in REWRITTEN}


def _keyed_row(entry: Entry, state: BatchState) -> Values:
    """An entry, with what it keeps of its idempotency key and its answer."""
    row, kept = entry_row(entry), state.replays.once.get(entry.id)
    if kept is not None:
        row["once_key"], row["once"] = kept
    return row


def _earned_row(reward: Reward, state: BatchState) -> Values:
    """A new reward, with the branch where it was earned: 0 for none, NULL if its entry is not in this batch."""
    row, entry = reward_row(reward), state.new_entries.get(reward.transaction_id)
    row["branch_id"] = None if entry is None else entry.branch_id or 0
    return {name: value for name, value in row.items() if value is not None}


def _answers(state: BatchState) -> BulkWrite:
    return BulkInsert(tables.idempotency, [kept_answer_row(state.answers[key]) for key in state.new_answers])


def _event_row(new: NewEvent, state: BatchState) -> dict[str, object]:
    return {
        "business_id": new.customer.business_id,
        "id": new.id,
        "type": event_type(new.event),
        "customer_id": new.customer.id,
        "body": encode(new.event),
        "created_at": state.now,
    }


def _due(state: BatchState) -> BulkWrite:
    """Changed cards are due to be shown again in chats."""
    changed = state.changed_customers.values()
    rows = [{"business_id": one.business_id, "customer_id": one.id, "due_at": state.now} for one in changed]
    return BulkUpdate(tables.telegram_card, rows, ("business_id", "customer_id"))


def _hang(database: Database, connection: Connection, state: BatchState) -> int:
    """Write which cards hang where, then mark changed ones as due; return how many are.

    A card that somebody has proven to be theirs loses its private link: another may have it.
    Raises Overtaken if a card that was to be changed is gone: cards in chats are not locked before.
    """
    for card in state.chat_cards.changed.values():
        if _came_with_merge(card, state):
            continue
        revoke_link(connection, CardId(card.business_id, CustomerId(card.customer_id)), state.now)
    gone = tuple_(*(tables.telegram_card.c[name] for name in PLACE)).in_(state.chat_cards.dropped)
    if state.chat_cards.dropped:
        connection.execute(tables.telegram_card.delete().where(gone)).close()
        remember_people(database, connection, [(place[0], place[2]) for place in state.chat_cards.dropped])
    new, changed = ([*map(asdict, cards.values())] for cards in (state.chat_cards.new, state.chat_cards.changed))
    database.insert(connection, tables.telegram_card, new)
    moved = database.update(connection, tables.telegram_card, changed, key=PLACE)
    if moved < len(changed):
        raise Overtaken
    return len(new) + moved + database.put(connection, [_due(state)])[0]


def _came_with_merge(card: HeldCard, state: BatchState) -> bool:
    """Whether a card is in a chat because two customers were merged, or are two again: nobody new has it."""
    return (card.business_id, card.customer_id) in state.merges.phones_to_free


def _forget_erased(connection: Connection, state: BatchState) -> None:
    """Remove erased customers, and those merged into them, from earlier answers and events, and their links."""
    for business_id, erased in state.erased:
        merged = state.merges.merged_into(business_id, erased)
        forget_merges(connection, [(business_id, number) for number in merged])
        for customer_id in (erased, *sorted(merged)):
            forget_answers(connection, business_id, customer_id)
            forget(connection, business_id, customer_id)
            forget_links(connection, CardId(BusinessId(business_id), CustomerId(customer_id)))


def _tell_of_full_plans(database: Database, connection: Connection, state: BatchState) -> None:
    """Leave a notice for the owners of a shop that has reached four fifths of its plan's customers, or all of them."""
    for business_id, before in state.customers_before.items():
        shop = state.businesses.get(business_id)
        count = newly_full(shop.plan, before, state.customer_counts[business_id]) if shop is not None else None
        if shop is not None and count is not None:
            facts = RoomFacts(business_id=business_id, customers=count, limit=PLANS[shop.plan].customers or 0)
            add_notice_once(database, connection, business_id, facts=facts, now=state.now)
