"""The book of a batch: all that its requests need to know; `loading` fills it.

Every change that is decided is noted here at once, so that a later request of the same batch sees it.
"""

from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import Connection

from loyalty_app.counter.chat_cards import ChatCards, Overtaken
from loyalty_app.counter.orders import CustomerRef
from loyalty_app.counter.rights import Rights
from loyalty_app.db.engine import Database
from loyalty_app.shops.businesses import Business
from loyalty_core.changes import Change
from loyalty_core.customers import Customer
from loyalty_core.errors import (
    CustomerExists,
    CustomerNotFound,
    InvalidRequest,
    OrderRefUsed,
    TransactionNotFound,
)
from loyalty_core.ledger import Entry
from loyalty_core.programs import Program, Terms
from loyalty_core.rewards import Reward

Key = tuple[int, int]
"""A business's id and the id of something it owns."""

Versions = dict[int, tuple[Terms, ...]]
"""All versions of the programs of businesses; a version never changes, so they may be kept between batches."""


class Book:
    """What is known to one batch. Filled once, then kept up with what is decided."""

    def __init__(self, database: Database, connection: Connection, versions: Versions) -> None:
        self.database, self.connection, self.versions = database, connection, versions
        self.businesses: dict[int, Business] = {}
        self.customers: dict[Key, Customer] = {}
        self.codes: dict[tuple[int, str], int] = {}
        self.phones: dict[tuple[int, str], int] = {}
        self.entries: dict[Key, Entry] = {}
        self.rewards: dict[Key, dict[int, Reward]] = {}
        self.order_refs: dict[tuple[int, str], int] = {}
        self.branches: set[Key] = set()
        self.endpoints: list[Any] = []
        """The webhook endpoints of the businesses, as rows."""
        self.rights = Rights()
        self.answers: dict[tuple[int, str], tuple[bytes, bytes | None]] = {}
        self.counts: dict[int, int] = defaultdict(int)
        self.whole: set[Key] = set()
        self.holdings = ChatCards(database, connection)
        self.claimable: set[Key] = set()

    def keep_customer(self, customer: Customer) -> None:
        """Know a customer, as they are now."""
        self.customers[customer.business_id, customer.id] = customer
        self.codes[customer.business_id, customer.qr_code] = customer.id
        if customer.phone:
            self.phones[customer.business_id, customer.phone] = customer.id

    def keep_entry(self, entry: Entry) -> None:
        """Know an entry."""
        self.entries[entry.business_id, entry.id] = entry

    def keep_reward(self, reward: Reward) -> None:
        """Know a reward, as it is now."""
        self.rewards.setdefault((reward.business_id, reward.customer_id), {})[reward.id] = reward

    def find(self, business_id: int, ref: CustomerRef | None) -> Customer | None:
        """The customer, be they erased or not; None if there is none."""
        number = self.codes.get((business_id, ref)) if isinstance(ref, str) else ref
        return self.customers.get((business_id, number)) if number is not None else None

    def customer(self, business_id: int, ref: CustomerRef) -> Customer:
        """The customer, as they are after the requests before. Raises CustomerNotFound."""
        customer = self.find(business_id, ref)
        if customer is None or customer.erased_at is not None:
            raise CustomerNotFound
        return customer

    def customer_in_chat(self, business_id: int, user_id: int) -> Customer | None:
        """The customer whose card a person holds in a chat, through any bot; None if there is none, or no more."""
        held = (self.customers[business_id, number] for number in self.holdings.of_person(business_id, user_id))
        return next((customer for customer in held if customer.erased_at is None), None)

    def customer_of_phone(self, business_id: int, phone: str) -> Customer | None:
        """The customer who has that number. Raises what `claimed` raises."""
        number = self.phones.get((business_id, phone))
        return self.claimed(business_id, number) if number is not None else None

    def claimed(self, business_id: int, customer_id: int) -> Customer:
        """A customer whom a claim may change. Raises Overtaken if it was seen too late that it would."""
        if (business_id, customer_id) not in self.claimable:
            raise Overtaken
        return self.customers[business_id, customer_id]

    def program(self, business_id: int) -> Program:
        """The program of a business."""
        business = self.businesses[business_id]
        return Program(business.name, self.versions[business_id][: business.program_version])

    def target(self, business_id: int, transaction_id: int) -> Entry:
        """The entry to be undone; one that this batch makes is not there yet. Raises TransactionNotFound."""
        entry = self.entries.get((business_id, transaction_id))
        if entry is None or (business_id, entry.customer_id) not in self.whole:
            raise TransactionNotFound(transaction_id)
        return entry

    def entries_of(self, customer: Customer) -> tuple[Entry, ...]:
        """All entries of a customer in the order of their ids."""
        own = (e for e in self.entries.values() if e.customer_id == customer.id)
        return tuple(sorted(own, key=lambda entry: entry.id))

    def rewards_of(self, customer: Customer) -> tuple[Reward, ...]:
        """The rewards of a customer."""
        return tuple(self.rewards.get((customer.business_id, customer.id), {}).values())

    def check_phone(self, business_id: int, phone: str | None, *, own_id: int | None = None) -> None:
        """Raise CustomerExists if somebody else of the business has that number."""
        holder = self.phones.get((business_id, phone)) if phone else None
        if holder is not None and holder != own_id:
            raise CustomerExists(holder)

    def check_stamp(self, business_id: int, order_ref: str | None, branch_id: int | None) -> None:
        """Raise OrderRefUsed for an order that was stamped, InvalidRequest for a branch that is not there."""
        used = self.order_refs.get((business_id, order_ref)) if order_ref else None
        if order_ref and used is not None:
            raise OrderRefUsed(order_ref, used)
        if branch_id is not None and (business_id, branch_id) not in self.branches:
            raise InvalidRequest.field("branch_id", "must be the id of a branch of this business, or null")

    def note(self, change: Change[Any]) -> Customer | None:
        """Keep what was decided, for the requests that follow; gives back the customer as they were, if they were."""
        before = self.customers.get((change.customer.business_id, change.customer.id))
        if before and before.phone and before.phone != change.customer.phone:
            del self.phones[before.business_id, before.phone]
        if before is None:
            self.claimable.add((change.customer.business_id, change.customer.id))
        self.counts[change.customer.business_id] += int(before is None) - int(change.customer.erased_at is not None)
        self.keep_customer(change.customer)
        for reward in (*change.issued, *change.settled):
            self.keep_reward(reward)
        if change.entry:
            self._note_entry(change.entry, change.voided)
        return before

    def _note_entry(self, entry: Entry, voided: tuple[int, ...]) -> None:
        self.keep_entry(entry)
        if entry.order_ref:
            self.order_refs[entry.business_id, entry.order_ref] = entry.id
        for number in voided:
            undone = self.entries[entry.business_id, number]
            self.keep_entry(msgspec.structs.replace(undone, voided_by=entry.id))
            if undone.order_ref:
                self.order_refs.pop((entry.business_id, undone.order_ref), None)
