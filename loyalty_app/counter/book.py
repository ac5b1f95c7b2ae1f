"""The book of a batch: all that its requests need to know, loaded with one query for each kind of thing.

Every change that is decided is noted here at once, so that a later request of the same batch sees it. Rows are locked
customers first, then totals, each in the order of their ids, so that two processes cannot wait for each other.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection

from loyalty_app.businesses import Business, business_of
from loyalty_app.counter.holdings import Holdings, Overtaken
from loyalty_app.counter.requests import (
    Claim,
    CustomerRef,
    Erase,
    Expire,
    GiveStamp,
    Join,
    Redeem,
    Request,
    Update,
    Void,
)
from loyalty_app.counter.rights import Rights
from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_app.db.rows import customer_of, entry_of, reward_of, terms_of
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
    """What is known to one batch. Loaded once, then kept up with what is decided."""

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
        self.rights = Rights()
        self.answers: dict[tuple[int, str], tuple[bytes, bytes | None]] = {}
        self.counts: dict[int, int] = defaultdict(int)
        self.whole: set[Key] = set()
        self.holdings = Holdings(database, connection)
        self.claimable: set[Key] = set()

    def load(self, requests: list[Request]) -> None:
        """Read and lock what the requests are about."""
        self._load_targets(requests)
        self._load_customers(requests)
        self._load_businesses({request.business_id for request in requests})
        self._load_answers(requests)
        self._load_histories(requests)
        self._load_named(requests)
        self._load_counts(requests)
        self._load_holdings(requests)
        self.rights.load(requests, self.database, self.connection)

    def _load_targets(self, requests: list[Request]) -> None:
        wanted = [(r.business_id, r.order.transaction_id) for r in requests if isinstance(r.order, Void)]
        for row in self.database.fetch(self.connection, tables.transaction, ("business_id", "id"), wanted):
            self._keep_entry(entry_of(row))

    def _load_customers(self, requests: list[Request]) -> None:
        refs = [(r.business_id, ref) for r in requests if (ref := self._ref(r)) is not None]
        ids = [(business, ref) for business, ref in refs if isinstance(ref, int)]
        codes = [(business, ref) for business, ref in refs if isinstance(ref, str)]
        found = self.database.fetch(self.connection, tables.customer, ("business_id", "qr_code"), codes)
        ids += [(row.business_id, row.id) for row in found]
        self.claimable = self.holdings.look_ahead(requests)
        ids += self.claimable
        for row in self.database.fetch(self.connection, tables.customer, ("business_id", "id"), ids, lock=True):
            self._keep_customer(customer_of(row))

    def _ref(self, request: Request) -> CustomerRef | None:
        match request.order:
            case Join() | Claim():
                return None
            case Void(transaction_id=target):
                entry = self.entries.get((request.business_id, target))
                return entry.customer_id if entry else None
            case order:
                return order.customer

    def _load_businesses(self, ids: set[int]) -> None:
        for row in self.database.fetch(self.connection, tables.business, ("id",), [(number,) for number in ids]):
            self.businesses[row.id] = business_of(row)
        stale = [
            number
            for number, business in self.businesses.items()
            if len(self.versions.get(number, ())) < business.program_version
        ]
        rows = self.database.fetch(self.connection, tables.program, ("business_id",), [(number,) for number in stale])
        for number in stale:
            terms = (terms_of(row) for row in rows if row.business_id == number)
            self.versions[number] = tuple(sorted(terms, key=lambda version: version.version))

    def _load_answers(self, requests: list[Request]) -> None:
        wanted = [(r.business_id, r.caller.key) for r in requests if r.caller.key is not None]
        for row in self.database.fetch(self.connection, tables.idempotency, ("business_id", "key"), wanted):
            self.answers[row.business_id, row.key] = (row.fingerprint, row.answer)

    def _load_histories(self, requests: list[Request]) -> None:
        whole = self._found(r for r in requests if isinstance(r.order, Void))
        some = [r for r in requests if isinstance(r.order, Void | Redeem | Erase | Expire)]
        columns = ("business_id", "customer_id")
        for row in self.database.fetch(self.connection, tables.transaction, columns, whole):
            self._keep_entry(entry_of(row))
        self.whole = set(whole)
        owners = [*self._found(some), *self.claimable]
        for row in self.database.fetch(self.connection, tables.reward, columns, owners):
            self._keep_reward(reward_of(row))

    def _found(self, requests: Iterable[Request]) -> list[Key]:
        found: set[Key] = set()
        for request in requests:
            customer = self._find(request.business_id, self._ref(request))
            if customer:
                found.add((customer.business_id, customer.id))
        return sorted(found)

    def _load_named(self, requests: list[Request]) -> None:
        """Load who has the phone numbers, order references and branches that requests name."""
        stamps = [(r.business_id, r.order.order) for r in requests if isinstance(r.order, GiveStamp)]
        refs = [(business, order.order_ref) for business, order in stamps if order.order_ref]
        for row in self.database.fetch(self.connection, tables.transaction, ("business_id", "order_ref"), refs):
            if row.voided_by is None:
                self.order_refs[row.business_id, row.order_ref] = row.id
        branches = [(business, order.branch_id) for business, order in stamps if order.branch_id]
        for row in self.database.fetch(self.connection, tables.branch, ("business_id", "id"), branches):
            self.branches.add((row.business_id, row.id))
        phones = [(r.business_id, phone) for r in requests if (phone := _phone(r))]
        for row in self.database.fetch(self.connection, tables.customer, ("business_id", "phone"), phones):
            self.phones[row.business_id, row.phone] = row.id

    def _load_counts(self, requests: list[Request]) -> None:
        """Count customers if their number or what they hold may change.

        All totals that may change are locked then, in the order of their ids.
        """
        if not any(isinstance(r.order, Join | Claim) for r in requests):
            return
        wanted = {(r.business_id,) for r in requests}
        for row in self.database.fetch(self.connection, tables.business_total, ("business_id",), wanted, lock=True):
            self.counts[row.business_id] = row.customers

    def _load_holdings(self, requests: list[Request]) -> None:
        """Load who holds which cards. A card that was not to be locked may be looked at, and no more."""
        unknown = self.holdings.load(requests, self.claimable) - self.customers.keys()
        for row in self.database.fetch(self.connection, tables.customer, ("business_id", "id"), unknown):
            self._keep_customer(customer_of(row))

    def _keep_customer(self, customer: Customer) -> None:
        self.customers[customer.business_id, customer.id] = customer
        self.codes[customer.business_id, customer.qr_code] = customer.id
        if customer.phone:
            self.phones[customer.business_id, customer.phone] = customer.id

    def _keep_entry(self, entry: Entry) -> None:
        self.entries[entry.business_id, entry.id] = entry

    def _keep_reward(self, reward: Reward) -> None:
        self.rewards.setdefault((reward.business_id, reward.customer_id), {})[reward.id] = reward

    def _find(self, business_id: int, ref: CustomerRef | None) -> Customer | None:
        number = self.codes.get((business_id, ref)) if isinstance(ref, str) else ref
        return self.customers.get((business_id, number)) if number is not None else None

    def customer(self, business_id: int, ref: CustomerRef) -> Customer:
        """The customer, as they are after the requests before. Raises CustomerNotFound."""
        customer = self._find(business_id, ref)
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
        self._keep_customer(change.customer)
        for reward in (*change.issued, *change.settled):
            self._keep_reward(reward)
        if change.entry:
            self._note_entry(change.entry, change.voided)
        return before

    def _note_entry(self, entry: Entry, voided: tuple[int, ...]) -> None:
        self._keep_entry(entry)
        if entry.order_ref:
            self.order_refs[entry.business_id, entry.order_ref] = entry.id
        for number in voided:
            undone = self.entries[entry.business_id, number]
            self._keep_entry(msgspec.structs.replace(undone, voided_by=entry.id))
            if undone.order_ref:
                self.order_refs.pop((entry.business_id, undone.order_ref), None)


def _phone(request: Request) -> str | None:
    match request.order:
        case Join(profile=profile):
            return profile.phone
        case Update(change=change):
            return change.phone if isinstance(change.phone, str) else None
        case Claim(phone=phone):
            return phone
        case _:
            return None
