"""Histories: customers of a business with all that happened to them, many at a time, for those who look at all.

They are built from plain rows, for there are millions; those can be shown to somebody on the way, so that a table is
read once for two purposes. Nothing is proven or decided here.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Select, Table, select, true

from loyalty_app.db.plain_rows import PlainRow, plain_rows
from loyalty_app.db.rows import CARD_FIELDS, OWN_FIELDS
from loyalty_app.db.tables import customer, reward, transaction
from loyalty_app.shops.further_programs import with_cards
from loyalty_core.customers import Card, Customer
from loyalty_core.ledger import Actor, ActorType, Entry, EntryType, Gift
from loyalty_core.rewards import Reward, RewardStatus

AT_ONCE = 200

Which = Callable[[Column[int]], ColumnElement[bool]]
"""Which customers, by the column with their numbers."""

Seen = Callable[[Table, list[PlainRow]], None]
"""Is shown all rows of customers, entries and rewards that are read, whole."""

CUSTOMER_NAMES = customer.columns.keys()
PICK_ENTRY = itemgetter(
    *map(
        transaction.columns.keys().index,
        (
            *("id", "business_id", "customer_id", "type", "occurred_at", "program_version", "stamps", "reward_id"),
            *("branch_id", "order_ref", "voids", "voided_by", "reason", "code_key", "stamps_voided", "of_customer"),
            *("bonus_stamps", "occasion", "program_id", "actor_type", "actor_id", "actor_name"),
        ),
    )
)
PICK_REWARD = itemgetter(
    *map(
        reward.columns.keys().index,
        (
            *("id", "business_id", "customer_id", "transaction_id", "description", "status", "earned_at"),
            *("expires_at", "redeemed_at", "of_customer", "of_transaction", "program_id"),
        ),
    )
)
TYPES = {one.value: one for one in EntryType}
GIFTS: dict[str | None, Gift | None] = {None: None} | {one.value: one for one in Gift}
STATUSES = {one.value: one for one in RewardStatus}


class CustomerHistory(msgspec.Struct, frozen=True):
    """One customer with the whole ledger and all rewards."""

    customer: Customer
    entries: list[Entry]
    rewards: list[Reward]


def histories(
    connection: Connection,
    business_id: int,
    *,
    at_once: int,
    seen: Seen | None = None,
    after: int = 0,
    until: int | None = None,
) -> Iterator[CustomerHistory]:
    """The customers of a business with their histories, erased ones too, read `at_once` at a time.

    All of them, or those whose numbers come after one, up to another.
    """
    last, reading = after, _Reading(connection, business_id, seen)
    up_to = true() if until is None else customer.c.id <= until
    while True:
        page = select(customer).where(customer.c.business_id == business_id, customer.c.id > last, up_to)
        found = reading.customers(page.order_by(customer.c.id).limit(at_once))
        if not found:
            return
        first, last = found[0].id, found[-1].id
        yield from reading.histories(found, lambda whose, first=first, last=last: whose.between(first, last))  # type: ignore[misc]  # bound


def histories_of(connection: Connection, business_id: int, numbers: Sequence[int]) -> Iterator[CustomerHistory]:
    """Some customers of a business with their histories; those that are not there are left out."""
    reading = _Reading(connection, business_id, None)
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        own = select(customer).where(customer.c.business_id == business_id, customer.c.id.in_(some))
        if found := reading.customers(own.order_by(customer.c.id)):
            yield from reading.histories(found, lambda whose, some=some: whose.in_(some))  # type: ignore[misc]  # bound


class _Reading:
    """Reads for one business."""

    def __init__(self, connection: Connection, business_id: int, seen: Seen | None) -> None:
        self._connection, self._business_id, self._seen = connection, business_id, seen

    def customers(self, asked: Select[Any]) -> list[Customer]:
        return [_customer(row) for row in self._rows(customer, asked)]

    def histories(self, customers: list[Customer], which: Which) -> Iterator[CustomerHistory]:
        found: dict[int, CustomerHistory] = {}
        for one in with_cards(self._connection, customers):
            found[one.id] = CustomerHistory(one, [], [])
        for entry in map(_entry, self._theirs(transaction, which)):
            found[entry.customer_id].entries.append(entry)
        for earned in map(_reward, self._theirs(reward, which)):
            found[earned.customer_id].rewards.append(earned)
        yield from found.values()

    def _theirs(self, table: Table, which: Which) -> list[PlainRow]:
        own = (table.c.business_id == self._business_id, which(table.c.customer_id))
        return self._rows(table, select(table).where(*own).order_by(table.c.customer_id, table.c.id))

    def _rows(self, table: Table, asked: Select[Any]) -> list[PlainRow]:
        rows = plain_rows(self._connection, [*table.columns], asked)
        if self._seen is not None:
            self._seen(table, rows)
        return rows


def _customer(row: PlainRow) -> Customer:
    values = dict(zip(CUSTOMER_NAMES, row, strict=True))
    card = Card(**{name: values[name] for name in CARD_FIELDS})
    return Customer(card=card, **{name: values[name] for name in OWN_FIELDS})


def _entry(row: PlainRow) -> Entry:
    picked = PICK_ENTRY(row)
    number, business_id, customer_id, kind, occurred_at, program_version, stamps, reward_id = picked[:8]
    branch_id, order_ref, voids, voided_by, reason, code_key, stamps_voided, of_customer = picked[8:16]
    bonus_stamps, occasion, program_id, actor_type, actor_id, actor_name = picked[16:]
    return Entry(
        id=number,
        business_id=business_id,
        customer_id=customer_id,
        type=TYPES[kind],
        actor=_actor(actor_type, actor_id, actor_name),
        occurred_at=occurred_at,
        program_version=program_version,
        stamps=stamps,
        reward_id=reward_id,
        branch_id=branch_id,
        order_ref=order_ref,
        voids=voids,
        voided_by=voided_by,
        reason=reason,
        code_key=code_key,
        stamps_voided=stamps_voided or 0,
        of_customer=of_customer,
        bonus_stamps=bonus_stamps or 0,
        occasion=GIFTS[occasion],
        program_id=program_id,
    )


@lru_cache(1_024)
def _actor(kind: str, number: int | None, name: str | None) -> Actor:
    """Most entries of a shop are by the same few."""
    return Actor(ActorType(kind), number, name)


def _reward(row: PlainRow) -> Reward:
    picked = PICK_REWARD(row)
    number, business_id, customer_id, transaction_id, description, status = picked[:6]
    earned_at, expires_at, redeemed_at, of_customer, of_transaction, program_id = picked[6:]
    return Reward(
        id=number,
        business_id=business_id,
        customer_id=customer_id,
        transaction_id=transaction_id,
        description=description,
        earned_at=earned_at,
        expires_at=expires_at,
        status=STATUSES[status],
        redeemed_at=redeemed_at,
        of_customer=of_customer,
        of_transaction=of_transaction,
        program_id=program_id,
    )
